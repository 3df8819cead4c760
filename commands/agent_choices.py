"""The agents and learners that the window offers."""

from __future__ import annotations

from pathlib import Path

from agents.agent_catalog import RUNS, UNTRAINED, agent_card, list_pretrained, list_runs
from agents.learner import AgentError
from agents.learner_registry import run_name, trainable_learners
from game.session.messages import AgentCard, NoAgent, unexpected


class AgentChoices:
    """Own runs, shipped agents, and agents that need no run: see `game.session.messages.Agents`."""

    def names(self) -> list[str]:
        """Names as `--agent` takes them."""
        return [*list_runs(), *list_pretrained(), *UNTRAINED]

    def learners(self) -> list[str]:
        """Names as `train --learner` takes them."""
        return trainable_learners()

    def run_folder(self, learner: str, pack: str) -> Path:
        """The folder where a run of a learner on a pack goes by default."""
        return RUNS / run_name(learner, pack)

    def card(self, name: str, pack: str) -> AgentCard:
        """The card of an agent. Raises NoAgent."""
        try:
            return agent_card(name, pack)
        except AgentError as error:
            raise NoAgent(error) from None
        except Exception as error:  # of files that somebody else wrote
            raise NoAgent(f"{name}: its files cannot be read ({unexpected(error)})") from None
