"""How the tasks of a pack relate to an agent's training: seen in it, held out, or neither."""

from __future__ import annotations

from game.session.messages import AgentCard
from game.tasks.packs import LEVELS, Pack


def is_training_pack(card: AgentCard, pack: Pack) -> bool:
    """Whether an agent was trained on a pack.

    Another folder may have the same name: then the packs share no training task, or it is not the
    shipped pack of that name.
    """
    if card.pack != pack.name:
        return False
    if card.trained_on:
        return any(task.id in card.trained_on for task in pack.split("train").tasks)
    shipped = LEVELS / pack.name
    return not shipped.is_dir() or pack.path.resolve() == shipped.resolve()


def seen_ids(card: AgentCard, pack: Pack) -> frozenset[str]:
    """Return the ids of a pack's tasks that the agent was trained on.

    Where training drew new tasks all the time, those are the training tasks that its pack lists.
    """
    if not card.trained_on and is_training_pack(card, pack):
        return frozenset(task.id for task in pack.split("train").tasks)
    return card.trained_on


def held_out_ids(card: AgentCard, pack: Pack) -> frozenset[str]:
    """Return the ids of the tasks that the agent's curve on unseen tasks is expected on: the
    held-out tasks of the pack that it was trained on. Empty for any other pack."""
    if not is_training_pack(card, pack):
        return frozenset()
    return frozenset(task.id for task in pack.split("test").tasks) - seen_ids(card, pack)
