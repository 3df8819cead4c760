"""The term of the glossary that the mouse is on, which explains itself once the mouse rests."""

from __future__ import annotations

import pygame

from game.view.draw.term_spots import TermSpot, draw_term_card, draw_term_line
from game.view.draw.theme import Typeset

TERM_SECONDS = 0.4  # for which the mouse rests on a term until it is explained


class HoveredTerm:
    """The term below the mouse, if there is one, and for how long the mouse has been there."""

    def __init__(self) -> None:
        self.spot: TermSpot | None = None
        self._rested = 0.0  # seconds since the mouse came there

    def move_to(self, spot: TermSpot | None) -> None:
        """Note which term the mouse is on now; its time begins when it comes there."""
        if spot != self.spot:
            self.spot, self._rested = spot, 0.0

    def pass_time(self, seconds: float) -> None:
        """Let the mouse rest for a number of seconds."""
        self._rested += seconds

    @property
    def _explains(self) -> bool:
        """Whether the mouse has rested on a term for long enough to explain it."""
        return self.spot is not None and self._rested >= TERM_SECONDS

    def snapshot(self) -> object:
        """Return the state that the drawing depends on."""
        return self.spot, self._explains

    def draw(self, surface: pygame.Surface, type: Typeset) -> None:
        """Draw a line below the term and, once the mouse has rested, what it means."""
        if self.spot:
            draw_term_line(surface, self.spot, type)
            if self._explains:
                draw_term_card(surface, self.spot, type)
