"""The text of a level in a pane: line numbers, a caret, a selection, and problems in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.text.level import Problem
from game.view.draw.scroll_bar import draw_scroll_bar
from game.view.draw.spots import Press, Spot
from game.view.draw.theme import Colour, Typeset, mix
from game.view.model.text_caret import Caret, content

NUMBER_DIGITS = 4  # of line numbers
PROBLEM_LINES = 3  # of the problem at the bottom
LOW = 10  # lines: a lower pane has one line of the problem


@dataclass(frozen=True)
class PaneText:
    """All that the pane shows of a text.

    `selected` is the begin and the end of the selection, and `marked` the line and the column of
    the board's cursor.
    """

    lines: Sequence[str]
    caret: Caret
    is_active: bool
    selected: tuple[Caret, Caret] | None = None
    marked: tuple[int, int] | None = None
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class PaneScroll:
    """The first line and the first column that a pane shows, from 0."""

    line: int = 0
    column: int = 0

    def showing(self, caret: Caret, lines: int, columns: int) -> PaneScroll:
        """Return the nearest scroll with which a pane of this size shows a place."""
        return PaneScroll(
            min(max(self.line, caret.line - lines + 1), caret.line),
            min(max(self.column, caret.column - columns + 1), caret.column),
        )


class TextPaneView:
    """Where the pane's lines and columns are in px."""

    def __init__(self, rect: pygame.Rect, scroll: PaneScroll, type: Typeset) -> None:
        self.letter, self.line = type.width("m", "mono"), type.height("mono")
        self.rect, self.scroll = rect, scroll
        self.gutter = NUMBER_DIGITS * type.width("0", "mono") + type.unit
        self.left = rect.left + self.gutter

    def caret_at(self, at: tuple[int, int]) -> Caret:
        """Return the place in the text at a place in px, also of one outside of the pane."""
        column = round((at[0] - self.left) / self.letter) + self.scroll.column
        line = self.scroll.line + (at[1] - self.rect.top) // self.line
        return Caret(max(line, 0), max(column, 0))

    def x(self, column: int) -> int:
        """Return the left edge of a column."""
        return self.left + (column - self.scroll.column) * self.letter

    def y(self, line: int) -> int:
        """Return the upper edge of a line."""
        return self.rect.top + (line - self.scroll.line) * self.line


def pane_size(rect: pygame.Rect, type: Typeset) -> tuple[int, int]:
    """Return the numbers of lines and columns that a pane shows, above the room for a problem."""
    room = rect.height - _problem_lines(rect, type) * type.height("small") - 2 * type.unit
    wide = rect.width - NUMBER_DIGITS * type.width("0", "mono") - 2 * type.unit
    return max(1, room // type.height("mono")), max(1, wide // type.width("m", "mono"))


def _problem_lines(rect: pygame.Rect, type: Typeset) -> int:
    """Return the number of lines that there is room for below the text, for a problem."""
    return PROBLEM_LINES if rect.height >= LOW * type.height("small") else 1


def draw_text_pane(
    surface: pygame.Surface,
    rect: pygame.Rect,
    text: PaneText,
    scroll: PaneScroll,
    press: Press,
    drag: Press,
    type: Typeset,
) -> tuple[TextPaneView, Spot]:
    """Draw the lines in view, and the problem nearest to the caret at the bottom.

    Return where the lines are, and the spot of the pane, which does `press` and `drag`.
    """
    palette, unit = type.palette, type.unit
    count, columns = pane_size(rect, type)
    high = count * type.height("mono")
    area = pygame.Rect(rect.left, rect.top + unit // 2, rect.width, high)
    pygame.draw.rect(surface, palette.faint, area.inflate(0, unit), border_radius=unit // 2)
    if text.is_active:
        pygame.draw.rect(surface, palette.agent, area.inflate(0, unit), 2, border_radius=unit // 2)
    view = TextPaneView(area, scroll, type)
    wrong = {problem.line - 1: problem.column - 1 for problem in reversed(text.problems)}
    for i in range(scroll.line, min(scroll.line + count, len(text.lines))):
        _draw_tints(surface, i, text, view, columns, type)
        hue = palette.alert if i in wrong else palette.muted
        type.write(surface, str(i + 1), "mono", hue, topright=(view.left - unit, view.y(i)))
        shown = content(text.lines[i])[scroll.column : scroll.column + columns]
        ink = _ink(text.lines[i], type)
        type.write(surface, shown, "mono", ink, topleft=(view.left, view.y(i)))
        if i in wrong and scroll.column <= wrong[i] < scroll.column + columns:
            _underline(surface, view.x(wrong[i]), view.y(i), view, palette.alert)
    caret = text.caret
    if text.is_active and scroll.showing(caret, count, columns + 1) == scroll:
        place = view.x(caret.column) - 1, view.y(caret.line), 2, view.line
        surface.fill(palette.agent, place)
    draw_scroll_bar(surface, area, scroll.line, count, len(text.lines), type)
    below = pygame.Rect(rect.left, area.bottom + unit, rect.width, 0)
    below.height = _problem_lines(rect, type) * type.height("small")
    _draw_problem(surface, below, text.problems, caret, type)
    return view, Spot(area, press, drag)


def _draw_tints(
    surface: pygame.Surface,
    line: int,
    text: PaneText,
    view: TextPaneView,
    columns: int,
    type: Typeset,
) -> None:
    """Tint what is selected of a line, and the cell of the board's cursor."""
    palette = type.palette
    room = pygame.Rect(view.left, view.y(line), columns * view.letter, view.line)
    if text.marked and text.marked[0] == line:
        cell = pygame.Rect(view.x(text.marked[1]), room.top, view.letter, view.line)
        surface.fill(mix(palette.agent, palette.card, 0.6), cell.clip(room))
    if text.selected and text.selected[0].line <= line <= text.selected[1].line:
        begin, end = text.selected
        first = begin.column if line == begin.line else 0
        last = end.column if line == end.line else len(content(text.lines[line])) + 1
        span = pygame.Rect(view.x(first), room.top, (last - first) * view.letter, view.line)
        surface.fill(mix(palette.agents[1], palette.card, 0.6), span.clip(room))


def _ink(line: str, type: Typeset) -> Colour:
    """Return the colour of a line: a comment is pale."""
    palette = type.palette
    return palette.muted if line.lstrip().startswith(";") else palette.ink


def _underline(surface: pygame.Surface, x: int, y: int, view: TextPaneView, hue: Colour) -> None:
    """Draw a zigzag below a character."""
    low = y + view.line - 2
    points = [(x + i, low - (i // 3) % 2 * 3) for i in range(0, view.letter + 4, 3)]
    pygame.draw.lines(surface, hue, False, points, 2)


def _draw_problem(
    surface: pygame.Surface,
    rect: pygame.Rect,
    problems: Sequence[Problem],
    caret: Caret,
    type: Typeset,
) -> None:
    """Draw the problem on the caret's line, or else the first one."""
    if not problems:
        return
    here = next((one for one in problems if one.line == caret.line + 1), problems[0])
    text = f"{here.line}:{here.column}: {here.what} - {here.todo}"
    y = rect.top
    for line in type.wrap(text, "small", rect.width, rect.height // type.height("small")):
        y = type.write(surface, line, "small", type.palette.alert, topleft=(rect.left, y)).bottom
