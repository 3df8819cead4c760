"""The agents and learners that the window offers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from agents.agent_catalog import (
    UNTRAINED,
    agent_card,
    list_pretrained,
    list_runs,
)
from agents.default_agents import default_agents
from agents.learner import AgentError
from agents.learner_registry import run_name, trainable_learners
from agents.scratch_agents import with_scratch
from game.session.messages import RUNS, AgentCard, NoAgent, unexpected
from game.tasks.packs import Pack


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

    def defaults(self, pack: Pack | None) -> tuple[str, ...]:
        """The agents that are watched on a pack, or on any level, where none is named."""
        return default_agents(pack)

    def card(self, name: str, pack: str) -> AgentCard:
        """The card of an agent. Raises NoAgent."""
        with _no_agent(name):
            return agent_card(name, pack)

    def compared(self, names: Sequence[str], pack: str) -> list[str]:
        """Return the agents to run. Raises NoAgent."""
        with _no_agent(", ".join(names)):
            return with_scratch(names, pack)


@contextlib.contextmanager
def _no_agent(names: str) -> Iterator[None]:
    """Turn whatever reading an agent's files raises into NoAgent."""
    try:
        yield
    except AgentError as error:
        raise NoAgent(error) from None
    except Exception as error:  # of files that somebody else wrote
        raise NoAgent(f"{names}: cannot be read ({unexpected(error)})") from None
