"""The agents that are tried on a level while it is drawn."""

from __future__ import annotations

from game.session.messages import BASELINE_AGENT, Agents, NoAgent
from game.view.model.agent_trial import TriedAgent


def tried_agents(agents: Agents) -> list[TriedAgent]:
    """Return the default agents of any level, each with learning from scratch beside it.

    Agents whose files cannot be used are left out.
    """
    found = []
    for name in agents.defaults(None):
        if name == BASELINE_AGENT:
            continue
        try:
            card = agents.card(name, "")
            _, scratch = agents.compared((name, BASELINE_AGENT), "")
        except (NoAgent, ValueError):
            continue
        found.append(TriedAgent(name, card.short_name or card.name, scratch, card.coverage))
    return found
