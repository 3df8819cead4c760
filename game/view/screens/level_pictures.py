"""Pictures of levels for the gallery, and boards without their hidden goals."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pygame

from game.tasks.task import Task
from game.text.drawn_values import without_goals
from game.text.level import ENDS_BOXES, Cell, Level
from game.text.tiles import BY_CHAR, CANDIDATE, FLOOR, FLOOR_COLOUR, GOAL
from game.view.draw.board import Board, grid_size
from game.view.draw.dynamic_tiles import draw_as_written
from game.view.draw.theme import Palette, Typeset

MOST_THUMBNAILS = 72  # kept at a time
NEW_CELLS = 6  # along a side of the picture of a new level
GROUNDS = ".,:%~I"  # tiles that can be painted where a goal is hidden


def is_goal_hidden(level: Level) -> bool:
    """Whether the level has a goal cell that agents do not see."""
    return level.goal == "hidden" and level.ends != ENDS_BOXES


def without_goal(level: Level) -> Level:
    """Return the level as a person sees it: without its goal if that is hidden.

    The goal's cell gets the ground around it. Floor in the middle of sand would tell where it is.
    Without its world, a level has none of the things hidden there.
    """
    if not is_goal_hidden(level):
        return level
    if level.world and level.world.things:
        return replace(level, world=None)
    bare = without_goals(level)
    rows = [list(row) for row in bare.rows]
    for cell in level.find(GOAL, CANDIDATE):
        rows[cell[0]][cell[1]] = _ground_around(bare, cell)
    return replace(bare, rows=tuple("".join(row) for row in rows))


def _ground_around(level: Level, cell: Cell) -> str:
    """Return the character of the commonest ground beside a cell; floor in case of a tie.

    What stands on floor counts as floor.
    """
    row, column = cell
    grounds = Counter({FLOOR: 0})
    for r, c in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
        if 0 <= r < level.height and 0 <= c < level.width:
            char, tile = level.rows[r][c], level.tiles[r][c]
            if tile in GROUNDS:
                grounds[char] += 1
            elif BY_CHAR[tile].colour == FLOOR_COLOUR:
                grounds[FLOOR] += 1
    return max(grounds, key=lambda char: (grounds[char], char == FLOOR))


class LevelPictures:
    """Thumbnails of levels and one large picture, painted when they are first needed.

    At most one picture is painted per frame, so that no frame takes long.
    """

    def __init__(self) -> None:
        self.painted = 0  # pictures so far
        self._can_paint = True  # in this frame
        self._thumbnails: dict[object, pygame.Surface] = {}
        self._large: tuple[object, pygame.Surface] | None = None

    def begin_frame(self) -> None:
        """Allow one more picture to be painted."""
        self._can_paint = True

    def thumbnail(
        self, task: Task, side: int, palette: Palette, goal_hidden: bool
    ) -> pygame.Surface | None:
        """Return the picture of a task's level in a square of `side` px, once it is painted."""
        key = (task.id, side, palette.name, goal_hidden)
        if key not in self._thumbnails and self._can_paint:
            while len(self._thumbnails) >= MOST_THUMBNAILS:
                del self._thumbnails[next(iter(self._thumbnails))]
            self._thumbnails[key] = self._paint(task.level, side, palette, goal_hidden)
        return self._thumbnails.get(key)

    def large(
        self, task: Task, side: int, palette: Palette, goal_hidden: bool, paint: bool
    ) -> pygame.Surface | None:
        """Return the large picture of a task's level. Only the last one is kept.

        Return None if it has not been painted and `paint` is false.
        """
        key = (task.id, side, palette.name, goal_hidden)
        if self._large is None or self._large[0] != key:
            if not (paint and self._can_paint):
                return None
            on_card = replace(palette, paper=palette.card)  # its round corners lie on the panel
            self._large = (key, self._paint(task.level, side, on_card, goal_hidden))
        return self._large[1]

    def _paint(
        self, level: Level, side: int, palette: Palette, goal_hidden: bool
    ) -> pygame.Surface:
        """Paint a level in a square of `side` px."""
        self._can_paint = False
        self.painted += 1
        level = without_goal(level) if goal_hidden else level
        board = Board(level, max(1, int(side / max(grid_size(level)))), palette)
        draw_as_written(board.surface, level, board)
        return board.surface


def new_level_picture(side: int, type: Typeset) -> pygame.Surface:
    """Return the picture of the card for a new level: an empty grid with a plus."""
    palette = type.palette
    picture = pygame.Surface((side, side))
    picture.fill(palette.paper)
    box = picture.get_rect()
    pygame.draw.rect(picture, palette.card, box, border_radius=type.unit)
    for i in range(1, NEW_CELLS):
        at = side * i // NEW_CELLS
        pygame.draw.line(picture, palette.faint, (at, 2), (at, side - 3))
        pygame.draw.line(picture, palette.faint, (2, at), (side - 3, at))
    pygame.draw.rect(picture, palette.rule, box, 2, border_radius=type.unit)
    middle, reach, thick = side // 2, side // 6, max(3, side // 24)
    pygame.draw.line(
        picture, palette.goal, (middle - reach, middle), (middle + reach, middle), thick
    )
    pygame.draw.line(
        picture, palette.goal, (middle, middle - reach), (middle, middle + reach), thick
    )
    return picture
