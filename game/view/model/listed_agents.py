"""The list of agents for a pack: what each of them is, and first those that suit the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from game.session.messages import AgentCard, Agents, NoAgent
from game.tasks.packs import Pack
from game.view.model.agent_tasks import is_training_pack


@dataclass(frozen=True)
class ListedAgent:
    """An agent with a few words on what it is, and whether it suits the pack."""

    name: str
    about: str
    suits: bool = True


def read_cards(agents: Agents) -> dict[str, AgentCard | str]:
    """Return the card of each agent by its name, or why it cannot be used."""
    found: dict[str, AgentCard | str] = {}
    for name in agents.names():
        try:
            found[name] = agents.card(name, "")
        except NoAgent as error:
            found[name] = str(error)
    return found


def list_agents(
    cards: Mapping[str, AgentCard | str], agents: Agents, pack: Pack | None
) -> list[ListedAgent]:
    """Return the agents in this order: the pack's own and others that were trained on it, those
    for any level, those that need no training, then the others."""
    own, generalists = agents.defaults(pack), agents.defaults(None)

    def rank(name: str) -> tuple[int, int]:
        """Return the group of an agent, the last of which does not suit the pack, and its place."""
        card = cards[name]
        if isinstance(card, str):
            return 4, 0
        if not card.learned:
            return 3, 0
        if name in own:
            return 0, own.index(name)
        if pack and is_training_pack(card, pack):
            return 1, 0
        return (2, generalists.index(name)) if name in generalists else (4, 0)

    return [ListedAgent(n, _about(cards[n]), rank(n)[0] < 4) for n in sorted(cards, key=rank)]


def _about(card: AgentCard | str) -> str:
    """Return how an agent adapts and what it was trained on, or why it cannot be used."""
    if isinstance(card, str):
        return card
    trained = f"trained on {card.pack}" if card.pack else "not trained"
    return " · ".join(part for part in (trained, card.adapts_by or card.about) if part)
