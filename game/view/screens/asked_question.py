"""Questions over a screen, each with a key for every answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pygame

from game.view.draw.question import draw_question
from game.view.draw.theme import Typeset


def _nothing() -> None:
    """Do nothing but close the question."""


@dataclass(frozen=True)
class Answer:
    """An answer to a question: its key, what it means, and what it does."""

    cap: str
    code: int
    meaning: str
    action: Callable[[], object] = _nothing


@dataclass
class Question:
    """A question over the screen, which nothing but one of its answers closes."""

    heading: str
    text: str
    answers: tuple[Answer, ...]
    places: list[pygame.Rect] = field(default_factory=list)  # of the answers on screen

    def answer_to(self, event: pygame.event.Event) -> Answer | None:
        """Return the answer that a key or a click gives."""
        if event.type == pygame.KEYDOWN:
            return next((one for one in self.answers if one.code == event.key), None)
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            pairs = zip(self.places, self.answers)
            return next((one for box, one in pairs if box.collidepoint(event.pos)), None)
        return None

    def draw(self, surface: pygame.Surface, type: Typeset) -> None:
        """Draw the question over the screen."""
        answers = [(one.cap, one.meaning) for one in self.answers]
        self.places = draw_question(surface, self.heading, self.text, answers, type)
