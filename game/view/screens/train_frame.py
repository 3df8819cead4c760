"""The train screen's drawing: layout, board, timeline and panel for one sample and window size."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.board import Board, grid_size
from game.view.draw.layout import Heights, arrange
from game.view.draw.overlays import Overlay
from game.view.draw.pane import Pane, Timeline
from game.view.draw.screen_header import header_height
from game.view.draw.theme import Typeset
from game.view.draw.training_loops import LoopPlaces
from game.view.model.training_run import TrainingRun

EMPTY_GRID = (9.0, 9.0)  # columns and rows of the board before the sample task is known


class TrainFrame:
    """The pictures of one sample adaptation for one size of window."""

    def __init__(
        self, run: TrainingRun, size: tuple[int, int], type: Typeset, footer_height: int
    ) -> None:
        self.size, self.type = size, type
        self._begun, self._iteration = run.begun, _iteration(run)
        level = run.begun.sample.level if run.begun else None
        small = type.height("small")
        timeline = min(10 * type.unit, size[1] // 9) + small if size[1] >= 40 * small else 0
        heights = Heights(header_height(size[0], type), 2 * small, footer_height, timeline=timeline)
        grid = grid_size(level) if level else EMPTY_GRID
        self.layout = arrange(size, grid, type.unit, heights, type.scale)
        self.background = pygame.Surface(size)
        self.background.fill(type.palette.paper)
        self.texts: object = None  # the state that the drawn texts depend on
        self.loops: LoopPlaces | None = None  # where the panel has them
        self.pane: Pane | None = None
        self.timeline: Timeline | None = None
        place, tables = self.layout.boards[0], run.planned.tables
        if level is None or tables is None:
            hue = type.palette.faint
            pygame.draw.rect(self.background, hue, place.board, border_radius=type.unit)
            return
        board = Board(level, self.layout.cell, type.palette)
        self.background.blit(board.surface, place.board)
        trace = run.sample.trace if run.sample else run.trace([])
        self.pane = Pane(trace, tables, board, place, type, 0, True)
        if run.sample and place.timeline.height:
            last = len(trace.steps) - 1
            self.timeline = Timeline(trace, lambda _: tables, place.timeline, last, 0, type)

    def fits(self, run: TrainingRun, size: tuple[int, int], type: Typeset) -> bool:
        """Whether the pictures are those of this size of window, these fonts and this sample."""
        sample = (self._begun, self._iteration) == (run.begun, _iteration(run))
        return (self.size, self.type) == (size, type) and sample

    @property
    def thumbnails(self) -> int:
        """The number of thumbnails that the timeline has by now."""
        return self.timeline.count if self.timeline else 0

    def draw_sample(
        self,
        surface: pygame.Surface,
        run: TrainingRun,
        active_overlays: Sequence[Overlay],
        age: float,
    ) -> None:
        """Draw the agent on its board, and the timeline. `age` is the window's age in seconds."""
        if self.pane is None:
            return
        position = run.sample.playback.position() if run.sample else None
        self.pane.draw(surface, position, active_overlays, age)
        if self.timeline and run.sample and position:
            self.timeline.make_one(len(run.sample.trace.steps) - 1)
            self.timeline.draw(surface, position.step)


def _iteration(run: TrainingRun) -> int | None:
    """Return the iteration of the sample on screen; None before the first one."""
    return run.sample.iteration if run.sample else None
