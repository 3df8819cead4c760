"""The open list of agents: keys and mouse choose one of them for a field of the gallery."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.agents_card import draw_agent_list
from game.view.draw.theme import Typeset
from game.view.model.listed_agents import ListedAgent
from game.view.screens.key_binding import CTRL

PAGE = 8  # agents that PgUp and PgDn move by
MOVES = {
    pygame.K_UP: -1,
    pygame.K_DOWN: 1,
    pygame.K_LEFT: -1,
    pygame.K_RIGHT: 1,
    pygame.K_PAGEUP: -PAGE,
    pygame.K_PAGEDOWN: PAGE,
}


class AgentList:
    """A list of agents over the gallery, with the selected one at number `at`."""

    def __init__(self, field: str, agents: Sequence[ListedAgent], at: int) -> None:
        self.field, self.agents, self.at = field, agents, at
        self.taken = ""  # the agent that was chosen
        self.closed = False
        self.box = pygame.Rect(0, 0, 0, 0)
        self.places: list[tuple[pygame.Rect, int]] = []  # of the agents in view; their numbers

    def handle(self, event: pygame.event.Event) -> bool:
        """Move, choose or close. Return False for an event that is none of the list's."""
        if event.type == pygame.KEYDOWN:
            return self._press(event)
        if event.type == pygame.MOUSEWHEEL:
            self._move(-event.y)
        elif event.type == pygame.MOUSEBUTTONDOWN:
            self._click(event)
        return event.type in (pygame.MOUSEWHEEL, pygame.MOUSEBUTTONDOWN)

    def _press(self, event: pygame.event.Event) -> bool:
        if event.key in MOVES:
            self._move(MOVES[event.key])
        elif event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self._take(self.at)
        elif event.key in (pygame.K_ESCAPE, pygame.K_TAB):
            self.closed = True
        else:  # letters do not go into the search that lies below
            return event.unicode.isprintable() and event.unicode != "" and not event.mod & CTRL
        return True

    def _click(self, event: pygame.event.Event) -> None:
        """Take the agent that is clicked, or close the list with a click beside it."""
        if event.button != 1:
            return
        number = next((i for row, i in self.places if row.collidepoint(event.pos)), None)
        if number is not None:
            self._take(number)
        self.closed = self.closed or not self.box.collidepoint(event.pos)

    def _move(self, by: int) -> None:
        self.at = min(max(self.at + by, 0), len(self.agents) - 1)

    def _take(self, number: int) -> None:
        self.taken, self.closed = self.agents[number].name, True

    def draw(self, surface: pygame.Surface, room: pygame.Rect, type: Typeset) -> None:
        """Draw the list over the right part of `room`."""
        heading = f"Choose the {self.field}"
        self.box, self.places = draw_agent_list(surface, room, heading, self.agents, self.at, type)
