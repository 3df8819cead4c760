"""The fields of the gallery: the mode, the agents, and what a training needs."""

from __future__ import annotations

from collections.abc import Sequence

from game.session.messages import BASELINE_AGENT

MODES = {
    "watch": "Watch an agent adapt to the level.",
    "play": "Search for the goal yourself, over several episodes.",
    "duel": "Compete with an agent: same goal, same number of episodes.",
    "train": "Meta-train a new agent on the whole pack.",
}
LEVELS = "levels"  # the field that is the grid of cards
SECOND_AGENT, NO_AGENT = "second agent", "none"
FIELDS = {  # the fields of each mode
    "watch": (LEVELS, "agent", SECOND_AGENT, "mode"),
    "play": (LEVELS, "mode"),
    "duel": (LEVELS, "agent", "mode"),
    "train": (LEVELS, "learner", "minutes", "mode"),
}
MINUTES = ("1", "2", "5", "15", "60")


class GalleryFields:
    """The options of every field, the chosen ones, and the field that the arrow keys change."""

    def __init__(
        self, agents: Sequence[str], learners: Sequence[str], chosen_agents: Sequence[str] = ()
    ) -> None:
        """Choose the first two of `chosen_agents`, whether or not they are among `agents`."""
        first, second = chosen_agents[:1], chosen_agents[1:]
        self.options = {
            "agent": _distinct(*first, *agents),
            SECOND_AGENT: _distinct(NO_AGENT, BASELINE_AGENT, *second, *agents),
            "mode": list(MODES),
            "learner": list(learners),
            "minutes": list(MINUTES),
        }
        self.chosen = dict.fromkeys(self.options, 0)  # index of the option of each field
        if second:
            self.chosen[SECOND_AGENT] = self.options[SECOND_AGENT].index(second[0])
        self.active = LEVELS

    def value(self, field: str) -> str:
        """Return the chosen option of a field."""
        return self.options[field][self.chosen[field]]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of the chosen mode."""
        return FIELDS[self.value("mode")]

    @property
    def agents(self) -> tuple[str, ...]:
        """The chosen agents, without a second one if there is none."""
        second = self.value(SECOND_AGENT)
        return (self.value("agent"), *(() if second == NO_AGENT else (second,)))

    @property
    def goal_hidden(self) -> bool:
        """Whether the mode hides goals from the person."""
        return self.value("mode") in ("play", "duel")

    def activate_next(self) -> None:
        """Make the next field of the mode the active one."""
        index = self.names.index(self.active)
        self.active = self.names[(index + 1) % len(self.names)]

    def change(self, field: str, by: int) -> None:
        """Choose the next (`by` = 1) or the previous (-1) option of a field."""
        self.chosen[field] = (self.chosen[field] + by) % len(self.options[field])

    def update_agents(self, names: Sequence[str]) -> None:
        """Offer these agents, and keep the chosen ones."""
        for field, first in (("agent", ()), (SECOND_AGENT, (NO_AGENT, BASELINE_AGENT))):
            kept = self.value(field)
            self.options[field] = _distinct(*first, kept, *names)
            self.chosen[field] = self.options[field].index(kept)


def _distinct(*names: str) -> list[str]:
    """Return the names without repetitions, in the order of their first occurrence."""
    return list(dict.fromkeys(names))
