"""The fields of the gallery: the mode, the agents, and what a training needs."""

from __future__ import annotations

from collections.abc import Sequence

MODES = {
    "watch": "Watch an agent adapt to the level.",
    "play": "Search for the goal yourself, over several episodes.",
    "duel": "Compete with an agent: same goal, same number of episodes.",
    "train": "Meta-train a new agent on the whole pack.",
}
LEVELS = "levels"  # the field that is the grid of cards
AGENT, SECOND_AGENT, NO_AGENT = "agent", "second agent", "none"
AGENT_FIELDS = (AGENT, SECOND_AGENT)  # each is chosen from a list
FIELDS = {  # the fields of each mode
    "watch": (LEVELS, AGENT, SECOND_AGENT, "mode"),
    "play": (LEVELS, "mode"),
    "duel": (LEVELS, AGENT, "mode"),
    "train": (LEVELS, "learner", "minutes", "mode"),
}
MINUTES = ("1", "2", "5", "15", "60")


class GalleryFields:
    """The chosen agents, the options of the other fields, and the field that the keys change.

    While nobody has chosen agents (`by_default`), they are those of the selected level's pack.
    """

    def __init__(self, learners: Sequence[str], agents: Sequence[str], by_default: bool) -> None:
        """Choose the first two of `agents`."""
        self.by_default = by_default
        self._agents = dict.fromkeys(AGENT_FIELDS, NO_AGENT) | dict(zip(AGENT_FIELDS, agents))
        self.options = {
            "mode": list(MODES),
            "learner": list(learners),
            "minutes": list(MINUTES),
        }
        self.chosen = dict.fromkeys(self.options, 0)  # index of the option of each field
        self.active = LEVELS

    def value(self, field: str) -> str:
        """Return the chosen agent or option of a field."""
        return (
            self._agents[field]
            if field in AGENT_FIELDS
            else self.options[field][self.chosen[field]]
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of the chosen mode."""
        return FIELDS[self.value("mode")]

    @property
    def agents(self) -> tuple[str, ...]:
        """The chosen agents, without a second one if there is none."""
        second = self.value(SECOND_AGENT)
        return (self.value(AGENT), *(() if second == NO_AGENT else (second,)))

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

    def choose_mode(self, mode: str) -> None:
        """Choose a mode; "" leaves the one that is chosen."""
        if mode:
            self.chosen["mode"] = self.options["mode"].index(mode)
            self.active = LEVELS

    def choose_agent(self, field: str, name: str) -> None:
        """Choose an agent, for whichever level is selected from now on."""
        self._agents[field], self.by_default = name, False

    def follow(self, defaults: Sequence[str]) -> None:
        """Take the first two of a pack's agents, unless somebody has chosen others."""
        if self.by_default:
            self._agents.update({SECOND_AGENT: NO_AGENT} | dict(zip(AGENT_FIELDS, defaults)))
