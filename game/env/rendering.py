"""Levels as images and as text, for `render`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from game.text.tiles import BY_CHAR
from game.world.tables import Tables

CELL_PIXELS = 24
AGENT_COLOUR = (213, 94, 0)
GOAL_COLOUR = (0, 138, 98)


def render_image(tables: Tables, state: int) -> NDArray[np.uint8]:
    """[height, width, 3] an image: the tiles' colours, the goal framed, the agent as a disc."""
    level, n = tables.level, CELL_PIXELS
    image = np.array([[BY_CHAR[char].colour for char in row] for row in level.tiles], np.uint8)
    image = image.repeat(n, 0).repeat(n, 1)
    for row, column in level.find("G"):
        cell = image[row * n : (row + 1) * n, column * n : (column + 1) * n]
        inner = cell[3:-3, 3:-3].copy()
        cell[:] = GOAL_COLOUR
        cell[3:-3, 3:-3] = inner
    row, column = tables.cell[state]
    offset = np.arange(n) - (n - 1) / 2
    disc = offset[:, None] ** 2 + offset**2 < (0.35 * n) ** 2
    image[row * n : (row + 1) * n, column * n : (column + 1) * n][disc] = AGENT_COLOUR
    return image


def render_text(tables: Tables, state: int) -> str:
    """The map as text, with the agent as `*`."""
    rows = [list(row) for row in tables.level.rows]
    row, column = tables.cell[state]
    rows[row][column] = "*"
    return "\n".join("".join(row) for row in rows)
