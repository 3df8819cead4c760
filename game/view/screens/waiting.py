"""The waiting screen: a level file or a pack that cannot be read, until it has been mended."""

from __future__ import annotations

from pathlib import Path

import pygame

from game.view.draw.layout import frame
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.theme import Appearance, Typeset
from game.view.screens.key_binding import Key
from game.view.screens.navigation_request import Navigation
from game.view.screens.screen import Screen

SENTENCE = "Mend the file in any editor and save it, or press Ctrl E."
OPENS = "As soon as it is saved without errors, it opens here by itself."
WIDEST = 900  # px at scale 1: of the card


class WaitingScreen(Screen):
    """Shows the errors of a file. The app replaces it as soon as the file has none."""

    def __init__(self, path: Path, appearance: Appearance | None = None) -> None:
        super().__init__(appearance)
        self.path = path
        self.problem = ""  # what is wrong with the file; "" while it is being read

    def edit(self) -> None:
        """Open the editor with the file."""
        self.navigation = Navigation("edit", path=self.path)

    def open_gallery(self) -> None:
        """Open the gallery to choose another level."""
        self.navigation = Navigation("gallery")

    def body_snapshot(self) -> object:
        """Return the errors on screen."""
        return self.problem

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw the errors on a card."""
        size = surface.get_size()
        type = self.appearance.typeset(size)
        surface.fill(type.palette.paper)
        height = self.footer_height(size[0], type)
        header, main, footer = frame(size, type.unit, header_height(size[0], type), height)
        draw_header(surface, header, SENTENCE if self.problem else "Reading the file…", type)
        if self.problem:
            draw_errors(surface, main, self.path, self.problem, type)
        self.draw_footer(surface, footer, type)


def draw_errors(
    surface: pygame.Surface, rect: pygame.Rect, path: Path, problem: str, type: Typeset
) -> None:
    """Draw a card in the middle of `rect`: the file, its folder, its errors and what comes then.

    Errors that find no room are left out from the end.
    """
    palette, unit = type.palette, type.unit
    width = min(rect.width, round(WIDEST * type.scale)) - 4 * unit
    heading, small, mono = (type.height(style) for style in ("heading", "small", "mono"))
    closing = type.wrap(OPENS, "small", width)
    around = heading + small + len(closing) * small + 7 * unit
    lines = type.wrap(problem.replace(str(path), path.name), "mono", width)
    most = max(1, (rect.height - around) // mono)
    lines = lines if len(lines) <= most else [*lines[: most - 1], "…"]
    box = pygame.Rect(0, 0, width + 4 * unit, around + len(lines) * mono)
    box.center = rect.center
    pygame.draw.rect(surface, palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, palette.alert, box, 2, border_radius=unit)
    left, y = box.left + 2 * unit, box.top + 3 * unit // 2
    title = type.fit(f"{path.name} has errors", "heading", width)
    y = type.write(surface, title, "heading", palette.alert, topleft=(left, y)).bottom
    folder = type.fit(f"in {path.absolute().parent}", "small", width)
    y = type.write(surface, folder, "small", palette.muted, topleft=(left, y)).bottom + 2 * unit
    for line in lines:
        type.write(surface, line, "mono", palette.ink, topleft=(left, y))
        y += mono
    y += 2 * unit
    for line in closing:
        type.write(surface, line, "small", palette.muted, topleft=(left, y))
        y += small


# fmt: off
WaitingScreen.keys = (
    Key("Ctrl E", "edit the file",  (pygame.K_e,), WaitingScreen.edit, ctrl=True, short="edit", group="go"),
    Key("G", "gallery: choose another level", (pygame.K_g,), WaitingScreen.open_gallery, short="gallery", group="go"),
)
# fmt: on
