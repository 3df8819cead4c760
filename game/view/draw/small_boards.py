"""Small boards of many tasks: each with walks of one adaptation step, a ball, and its score."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pygame

from game.session.trace import Ints
from game.text.level import Level
from game.view.draw.actors import Token, draw_walk, segments, small_trail_width
from game.view.draw.board import Board, grid_size
from game.view.draw.dynamic_tiles import draw_as_written
from game.view.draw.theme import Colour, Palette, Typeset, mix, number

WALK_OPACITY = 110  # 0..255
LEAST_TOKEN = 12  # px: smaller cells have a ball that is larger than they are
SIGNS = {1: "▲", 0: "", -1: "▼"}  # before the score: better or worse than before adaptation


@dataclass(frozen=True)
class BoardWalks:
    """A task's walks and score in one adaptation step."""

    paths: Ints  # [n, moves + 1] cells `row * width + column`; -1 after the end
    score: float
    change: int  # 1: the score is better than before adaptation, -1: worse


def slots_of(
    rect: pygame.Rect, levels: Sequence[Level], caption: int, gap: int
) -> list[pygame.Rect]:
    """Return a place for each board within `rect`, in rows, as large as fits.

    `caption` px below each board are left free, and `gap` px between two.
    """
    grids = [grid_size(level) for level in levels]

    def fitted(columns: int) -> list[tuple[float, float]]:
        """Return (width, height) of each board where so many stand in a row."""
        rows = -(-len(levels) // columns)
        width = (rect.width + gap) / columns - gap
        height = (rect.height + gap) / rows - gap - caption
        cells = (max(min(width / wide, height / high), 1.0) for wide, high in grids)
        return [(cell * wide, cell * high) for cell, (wide, high) in zip(cells, grids)]

    def total(columns: int) -> float:
        """Return the area of all boards."""
        return sum(wide * high for wide, high in fitted(columns))

    columns = max(range(1, len(levels) + 1), key=total)
    width, height = (math.ceil(max(sides)) for sides in zip(*fitted(columns)))
    used = columns * (width + gap) - gap
    left = rect.left + (rect.width - used) // 2
    return [
        pygame.Rect(
            left + (i % columns) * (width + gap),
            rect.top + (i // columns) * (height + caption + gap),
            width,
            height,
        )
        for i in range(len(levels))
    ]


class SmallBoards:
    """The boards of some tasks in a part of the window, for one agent's colour.

    Boards are painted when there is time for them; until then their places are grey.
    """

    def __init__(
        self, levels: Sequence[Level], rect: pygame.Rect, hue: Colour, type: Typeset
    ) -> None:
        self._levels, self._hue, self._type = levels, hue, type
        caption = type.height("small")
        self.slots = slots_of(rect, levels, caption, type.unit)
        self._boards: dict[int, Board] = {}
        self._pictures: dict[int, pygame.Surface] = {}  # boards with what stands on them
        self._walked: dict[int, tuple[object, pygame.Surface]] = {}  # with walks, by their key
        self.painted = 0  # pictures so far: another number is another picture
        self._tokens: dict[int, Token] = {}  # by size

    @property
    def bottom(self) -> int:
        """The y in px below all boards and their scores."""
        return max(slot.bottom for slot in self.slots) + self._type.height("small")

    def at(self, mouse: tuple[int, int]) -> int | None:
        """Return the index of the task whose board is at a place in px."""
        caption = self._type.height("small")
        for i, slot in enumerate(self.slots):
            if pygame.Rect(slot.x, slot.y, slot.width, slot.height + caption).collidepoint(mouse):
                return i
        return None

    def paint(self, key: object, walks: Sequence[BoardWalks], seconds: float) -> None:
        """Paint what is missing, for about so many seconds; at least one picture.

        `key` is another one for other walks.
        """
        end = time.perf_counter() + seconds
        for i in range(len(self._levels)):
            missing = i not in self._pictures
            stale = bool(walks) and (i not in self._walked or self._walked[i][0] != key)
            if missing:
                self._pictures[i] = self._paint_board(i)
            if stale:
                self._walked[i] = key, self._paint_walks(i, walks[i])
            self.painted += missing + stale
            if (missing or stale) and time.perf_counter() > end:
                return

    def _paint_board(self, i: int) -> pygame.Surface:
        """Return the board of a task with what stands on it at the beginning."""
        level, (columns, rows) = self._levels[i], grid_size(self._levels[i])
        cell = max(1, int(min(self.slots[i].width / columns, self.slots[i].height / rows)))
        board = self._boards[i] = Board(level, cell, self._type.palette)
        picture = board.surface.copy()
        draw_as_written(picture, level, board)
        return picture

    def _paint_walks(self, i: int, walks: BoardWalks) -> pygame.Surface:
        """Return the board of a task with its walks."""
        board, picture = self._boards[i], self._pictures[i].copy()
        cells, width = cells_of(self._levels[i]), small_trail_width(board, 4)
        for path in walks.paths:
            trail = pygame.Surface(board.size, pygame.SRCALPHA)
            draw_walk(trail, segments(board, cells, path, 0.0), self._hue, width)
            trail.set_alpha(WALK_OPACITY)
            picture.blit(trail, (0, 0))
        return picture

    def draw(
        self,
        surface: pygame.Surface,
        walks: Sequence[BoardWalks],
        walk: int,
        moves_made: float,
        marked: int | None,
    ) -> None:
        """Draw all boards; each ball has made so many moves of a walk of its task.

        `walk` counts the walks that have been shown, and `marked` is the task with a frame.
        """
        palette = self._type.palette
        for i, slot in enumerate(self.slots):
            at = slot
            if i in self._pictures:
                picture = self._walked[i][1] if walks and i in self._walked else self._pictures[i]
                at = picture.get_rect(center=slot.center)
                surface.blit(picture, at)
                if walks:
                    path = walks[i].paths[walk % len(walks[i].paths)]
                    self._draw_token(surface, i, at, path, moves_made)
            else:
                pygame.draw.rect(surface, palette.faint, slot, border_radius=4)
            if i == marked:
                pygame.draw.rect(surface, palette.ink, at.inflate(6, 6), 2, 5)
        if walks:
            self._draw_scores(surface, walks)

    def _draw_token(
        self, surface: pygame.Surface, i: int, at: pygame.Rect, path: Ints, moves_made: float
    ) -> None:
        """Draw the ball of a task where it is after so many moves of a walk."""
        board = self._boards[i]
        length = int((path >= 0).sum()) - 1
        move = min(int(moves_made), length)
        fraction = moves_made - move if move < length else 0.0
        cells = cells_of(self._levels[i])
        here, there = cells[path[move]], cells[path[min(move + 1, length)]]
        way = tuple(np.sign(there - here).tolist())
        row, column = here + (there - here) * fraction
        x, y = board.centre(row, column)
        size = max(board.cell, LEAST_TOKEN)
        if size not in self._tokens:
            self._tokens[size] = Token(size, self._hue)
        self._tokens[size].draw(surface, (at.left + x, at.top + y), way)

    def _draw_scores(self, surface: pygame.Surface, walks: Sequence[BoardWalks]) -> None:
        """Write each task's score below its board, in the shortest form that all need."""
        type, pitch = self._type, self.slots[0].width + self._type.unit
        for form in ("{} {}%", "{}{}"):
            texts = [form.format(SIGNS[w.change], number(100 * w.score, 0)).strip() for w in walks]
            if all(type.width(text, "small") <= pitch for text in texts):
                break
        for slot, one, text in zip(self.slots, walks, texts):
            colour = change_hue(one.change, type.palette)
            type.write(surface, text, "small", colour, midtop=(slot.centerx, slot.bottom + 1))


def change_hue(change: int, palette: Palette) -> Colour:
    """Return the colour of a text about a score that is better (1) or worse (-1) than before."""
    hue = {1: palette.goal, -1: palette.alert}.get(change, palette.muted)
    return mix(hue, palette.ink, 0.3) if change else hue


def cells_of(level: Level) -> Ints:
    """Return the (row, column) of each cell number of a level's map [cells, 2]."""
    numbers = np.arange(level.height * level.width)
    return np.stack(np.divmod(numbers, level.width), -1)
