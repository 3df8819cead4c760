"""The table of numbers below a plot: one row for each agent, columns aligned to the right."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.text.percentage import percentage
from game.view.draw.curve_markers import marker_picture
from game.view.draw.plot_axes import Curve
from game.view.draw.theme import Typeset, number

COLUMNS = ("return", "score", "episodes", "env steps")
NO_NUMBERS = ("–",) * len(COLUMNS)
NAME_SHARE, MOST_NAME_SHARE = 0.22, 0.5  # least and greatest share of the width for agents' names


@dataclass(frozen=True)
class TableRow:
    """An agent's row: its curve, which gives name and marker, and one text for each column."""

    curve: Curve
    numbers: tuple[str, ...]


def numbers_of(value: float, score: float, episodes: int, env_steps: int) -> tuple[str, ...]:
    """Return the texts for `COLUMNS`: return, score in per cent, episodes and environment steps."""
    return number(value), percentage(score), f"{episodes:,}", f"{env_steps:,}"


def table_height(rows: int, type: Typeset) -> int:
    """Return the height in px of a table with this many rows below its heads."""
    return _line_height(type) * (rows + 1)


def draw_table(
    surface: pygame.Surface,
    rect: pygame.Rect,
    y: int,
    columns: Sequence[str],
    rows: Sequence[TableRow],
    type: Typeset,
) -> None:
    """Draw the table across `rect` from `y` down. Columns that have no room are left out."""
    share = name_share([row.curve.name for row in rows], rect.width, type)
    while len(columns) > 1 and _too_wide(columns, rect.width * (1 - share), type):
        columns = columns[:-1]
    ends = column_ends(rect, columns, share, type)
    for text, right in zip(columns, ends, strict=True):
        type.write(surface, text, "small", type.palette.muted, topright=(right, y))
    for row in rows:
        y += _line_height(type)
        pygame.draw.line(surface, type.palette.faint, (rect.left, y - 3), (rect.right, y - 3))
        middle = y + type.height("small") // 2
        picture = marker_picture(row.curve.hue, type)
        box = surface.blit(picture, picture.get_rect(midleft=(rect.left, middle)))
        name = type.fit(row.curve.name, "label", rect.width * share - box.width)
        at = (box.right + type.unit // 2, middle)
        type.write(surface, name, "label", type.palette.texts[row.curve.hue], midleft=at)
        for text, right in zip(row.numbers, ends):
            type.write(surface, text, "small", type.palette.ink, midright=(right, middle))


def name_share(names: Sequence[str], width: int, type: Typeset) -> float:
    """Return the share of the table's width that the names of the agents need."""
    most = max((type.width(name, "label") for name in names), default=0) + 4 * type.unit
    return min(max(NAME_SHARE, most / max(width, 1)), MOST_NAME_SHARE)


def column_ends(
    rect: pygame.Rect, columns: Sequence[str], share: float, type: Typeset
) -> list[float]:
    """Return the right end of each column in px: columns as wide as their heads, equal gaps.

    `share` is the share of the width that the names take.
    """
    widths = [type.width(head, "small") for head in columns]
    gap = (rect.width * (1 - share) - sum(widths)) / len(widths)
    ends = itertools.accumulate(width + gap for width in widths)
    return [rect.left + rect.width * share + end for end in ends]


def _too_wide(columns: Sequence[str], room: float, type: Typeset) -> bool:
    """Whether the columns would touch each other in the room beside the names, in px."""
    return sum(type.width(head, "small") + type.unit for head in columns) > room


def _line_height(type: Typeset) -> int:
    return type.height("small") + type.unit * 3 // 4
