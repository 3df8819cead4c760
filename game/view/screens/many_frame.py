"""The pictures of the screen with many tasks: where its parts are, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pygame

from game.tasks.task import Task
from game.view.draw.layout import PANEL_LEAST, PANEL_MOST, SIDE_BY_SIDE, SMALLEST, frame
from game.view.draw.panel import PanelFacts, chart_place, draw_panel, is_brief
from game.view.draw.plot_axes import nearest
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.small_boards import SmallBoards
from game.view.draw.theme import Colour, Typeset
from game.view.screens.watch_frame import REACH

STACKED_BOARDS = 0.42  # of the height, where the panel is below the boards


class ManyFrameKey(NamedTuple):
    """What the pictures depend on; `first` is the index of the first task that is shown."""

    size: tuple[int, int]
    type: Typeset
    first: int
    agent: int
    footer: int  # height in px
    below: int  # px below the panel, for the sliders

    def has_boards_of(self, other: ManyFrameKey) -> bool:
        """Whether the boards are those of another frame, too."""
        return self._replace(below=0) == other._replace(below=0)


class ManyFrame:
    """The pictures of the screen for one size of window, one agent and one set of tasks."""

    def __init__(
        self,
        key: ManyFrameKey,
        tasks: tuple[Task, ...],
        hue: Colour,
        old: ManyFrame | None,
    ) -> None:
        """The boards of an `old` frame are kept if they are the same."""
        self.key, self._type = key, key.type
        size, type, below = key.size, key.type, key.below
        kept = old.boards if old and old.key.has_boards_of(key) else None
        top = header_height(size[0], type)
        self._header, self.main, self._footer = frame(size, type.unit, top, key.footer)
        area, self._panel = _split(size, self.main, type)
        self.boards: SmallBoards = kept or SmallBoards(
            [task.level for task in tasks], area, hue, type
        )
        if self._panel.top > area.bottom:  # below the boards: it takes the room that they leave
            top = self.boards.bottom + 2 * type.unit
            self._panel.height += self._panel.top - top
            self._panel.top = top
        self.slider_area: pygame.Rect | None = None
        if below:
            room = min(below, self._panel.height)
            self._panel.height -= room
            self.slider_area = pygame.Rect(*self._panel.bottomleft, self._panel.width, room)
        self.background = pygame.Surface(size)
        self.background.fill(type.palette.paper)
        self._texts: object = None  # the state that the drawn texts depend on
        self._facts: PanelFacts | None = None
        self._plot: pygame.Rect | None = None  # inside of the plot's axes
        self._is_brief = False  # whether the panel has little but the plot

    def refresh_texts(
        self,
        facts: PanelFacts,
        sentence: str,
        footer_caps: tuple[frozenset[str], ...],
        lines: int,
        draw_footer: Callable[[pygame.Surface, pygame.Rect, Typeset], None],
    ) -> None:
        """Draw header, panel and footer again if their texts have changed.

        The plot is to be `lines` of text high, if the panel has other things, too.
        """
        if self._texts == (facts, sentence, footer_caps):
            return
        self._texts, self._facts = (facts, sentence, footer_caps), facts
        self._is_brief = is_brief(self._panel, facts, lines, self._type)
        draw_header(self.background, self._header, sentence, self._type)
        self._plot = draw_panel(self.background, self._panel, facts, self._type, lines)
        draw_footer(self.background, self._footer, self._type)

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places of all boards, the last one, panel, chart and sliders.

        Where the panel has no room for a chart, it stands for it.
        """
        slots, plot = self.boards.slots, None if self._is_brief else self._plot
        places = {"boards": slots[0].unionall(slots), "board": slots[-1]}
        places |= {"panel": self._panel, "chart": chart_place(self._panel, plot, self._type)}
        return places | ({"sliders": self.slider_area} if self.slider_area else {})

    def point_at(self, mouse: tuple[int, int]) -> tuple[int, int] | None:
        """Return (agent, step) of the plot's point at the mouse."""
        if self._plot is None or self._facts is None or self._facts.axes is None:
            return None
        rows = self._facts.rows
        curves = [row.curve for row in rows if row.curve.values and not row.curve.fade]
        found = nearest(curves, self._facts.axes, self._plot, mouse, REACH * self._type.scale)
        return (curves[found[0]].hue, found[1]) if found else None


def _split(
    size: tuple[int, int], main: pygame.Rect, type: Typeset
) -> tuple[pygame.Rect, pygame.Rect]:
    """Return the areas of the boards and of the panel, side by side where the window is wide."""
    width, height = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    gap = 2 * type.unit
    if width < height * SIDE_BY_SIDE:
        boards = pygame.Rect(main.left, main.top, main.width, round(main.height * STACKED_BOARDS))
        top = boards.bottom + gap
        return boards, pygame.Rect(main.left, top, main.width, main.bottom - top)
    wide = min(
        max(round(PANEL_LEAST * type.scale), main.width * 2 // 5), PANEL_MOST, main.width // 2
    )
    panel = pygame.Rect(main.right - wide, main.top, wide, main.height)
    return pygame.Rect(main.left, main.top, main.width - wide - gap, main.height), panel
