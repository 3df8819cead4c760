"""The text of a level in a pane: line numbers, a caret, and problems at their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pygame

from game.text.level import Problem
from game.view.draw.spots import Press, Spot
from game.view.draw.theme import Colour, Typeset, mix
from game.view.model.text_caret import Caret

NUMBER_DIGITS = 4  # of line numbers
PROBLEM_LINES = 3  # of the problem at the bottom


class TextPaneView:
    """Where the pane's lines and columns were drawn."""

    def __init__(self, rect: pygame.Rect, first: int, left: int, shift: int, type: Typeset) -> None:
        self.rect, self.first, self.left, self.shift = rect, first, left, shift
        self.letter = type.width("m", "mono")
        self.line = type.height("mono")

    def caret_at(self, at: tuple[int, int]) -> Caret:
        """Return the place in the text at a place in px."""
        column = round((at[0] - self.left) / self.letter) + self.shift
        return Caret(self.first + (at[1] - self.rect.top) // self.line, max(column, 0))


def shown_lines(rect: pygame.Rect, type: Typeset) -> int:
    """Return the number of lines that a pane shows, above the room for a problem."""
    room = rect.height - PROBLEM_LINES * type.height("small") - 2 * type.unit
    return max(1, room // type.height("mono"))


def draw_text_pane(
    surface: pygame.Surface,
    rect: pygame.Rect,
    lines: Sequence[str],
    caret: Caret,
    is_active: bool,
    first: int,
    problems: Sequence[Problem],
    marked: Mapping[int, int],
    press: Press,
    type: Typeset,
) -> tuple[TextPaneView, Spot]:
    """Draw the lines from number `first` on, and the problem nearest to the caret at the bottom.

    `marked` gives the column to tint of some lines: where the board's cursor is. Return where the
    lines are, and the pane's spot, which does `press`.
    """
    palette, unit = type.palette, type.unit
    count = shown_lines(rect, type)
    area = pygame.Rect(rect.left, rect.top, rect.width, count * type.height("mono"))
    pygame.draw.rect(surface, palette.faint, area.inflate(0, unit), border_radius=unit // 2)
    if is_active:
        pygame.draw.rect(surface, palette.agent, area.inflate(0, unit), 2, border_radius=unit // 2)
    gutter = NUMBER_DIGITS * type.width("0", "mono") + unit
    left = area.left + gutter
    columns = max(1, (area.right - left - unit) // type.width("m", "mono"))
    shift = max(0, caret.column - columns + 1)
    view = TextPaneView(area, first, left, shift, type)
    wrong = {problem.line - 1: problem.column - 1 for problem in reversed(problems)}
    for i in range(first, min(first + count, len(lines))):
        y = area.top + (i - first) * view.line
        if i in marked and marked[i] >= shift:
            x = left + (marked[i] - shift) * view.letter
            tint = mix(palette.agent, palette.card, 0.6)
            surface.fill(tint, pygame.Rect(x, y, view.letter, view.line).clip(area))
        hue = palette.alert if i in wrong else palette.muted
        number = (area.left + gutter - unit, y)
        type.write(surface, str(i + 1), "mono", hue, topright=number)
        text = lines[i].removesuffix("\r")[shift : shift + columns]
        type.write(surface, text, "mono", _ink(lines[i], type), topleft=(left, y))
        if i in wrong and wrong[i] >= shift:
            _underline(surface, left + (wrong[i] - shift) * view.letter, y, view, palette.alert)
    if is_active and first <= caret.line < first + count:
        x = left + (caret.column - shift) * view.letter
        surface.fill(
            palette.agent, (x - 1, area.top + (caret.line - first) * view.line, 2, view.line)
        )
    _draw_problem(
        surface, pygame.Rect(rect.left, area.bottom + unit, rect.width, 0), problems, caret, type
    )
    return view, Spot(area, press, press)


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
    for line in type.wrap(text, "small", rect.width, PROBLEM_LINES):
        y = type.write(surface, line, "small", type.palette.alert, topleft=(rect.left, y)).bottom
