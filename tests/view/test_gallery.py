"""The gallery: its cards, its panel, and the agents that it offers."""

from __future__ import annotations

import itertools
from typing import Any

import pygame
import pytest

from game.tasks.packs import load_pack
from game.view.draw.theme import Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.library import Library
from game.view.screens.gallery import Gallery
from tests.view_data import AGENTS, FixedAgents

pytestmark = pytest.mark.usefixtures("fonts")
SIZES = [(960, 640), (1280, 800)]


def gallery(*packs: str) -> Gallery:
    """Return a gallery of these shipped packs alone, with everything loaded."""
    library = Library((), BackgroundJobs(at_once=True))
    library.shipped = [load_pack(name).path for name in packs]
    screen = Gallery(library, FixedAgents(), chosen=AGENTS)
    screen.update(1.0)
    return screen


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, pygame.Rect, pygame.Rect]]:
    """The texts that are written, each with its place in the window and the part that is seen."""
    found: list[tuple[str, pygame.Rect, pygame.Rect]] = []
    write = Typeset.write

    def note(
        self: Typeset, surface: pygame.Surface, text: str, *rest: Any, **at: Any
    ) -> pygame.Rect:
        place = write(self, surface, text, *rest, **at)
        corner = surface.get_abs_offset()
        found.append((text, place.move(corner), place.clip(surface.get_rect()).move(corner)))
        return place

    monkeypatch.setattr(Typeset, "write", note)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_no_text_lies_over_another_while_scrolling(
    size: tuple[int, int], written: list[tuple[str, pygame.Rect, pygame.Rect]]
) -> None:
    screen, surface = gallery("showcase", "goals-5x5", "rewards"), pygame.Surface(size)
    for scroll in range(0, 1500, 53):
        screen.grid.scroll = scroll
        written.clear()
        screen.draw(surface)
        for (one, _, here), (other, _, there) in itertools.combinations(written, 2):
            shared = here.clip(there)
            assert shared.width < 2 or shared.height < 3, (one, other, scroll)
