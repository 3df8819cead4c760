"""The waiting screen: a level file or a pack that cannot be read, until it has been mended."""

from __future__ import annotations

from pathlib import Path

import pygame

from game.view.draw.layout import frame
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.text_boxes import draw_notice
from game.view.draw.theme import Appearance
from game.view.screens.key_binding import Key
from game.view.screens.navigation_request import Navigation
from game.view.screens.screen import Screen

SENTENCE = "Mend the file in any editor and save it, or press Ctrl E: it opens by itself."


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
            draw_notice(surface, main, f"{self.path.name} has errors", self.problem, type)
        self.draw_footer(surface, footer, type)


# fmt: off
WaitingScreen.keys = (
    Key("Ctrl E", "edit the file",  (pygame.K_e,), WaitingScreen.edit, ctrl=True, short="edit", group="go"),
    Key("G", "gallery: choose another level", (pygame.K_g,), WaitingScreen.open_gallery, short="gallery", group="go"),
)
# fmt: on
