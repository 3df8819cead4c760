"""The watch screen's drawing: layout, boards, timelines and panel for one size of window.

Pictures are kept between frames. Only what moves is drawn for every frame, and texts are drawn
again when they change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pygame

from game.view.draw.board import Board, grid_size
from game.view.draw.board_legend import arrange_with_legend, draw_legend, legend_items
from game.view.draw.doors import doors_height, draw_doors
from game.view.draw.layout import LEAST_BOARD, Heights, Layout, arrange, inside_width
from game.view.draw.overlays import Overlay
from game.view.draw.pane import Pane, Timeline, draw_names
from game.view.draw.panel import PLOT, PanelFacts, chart_place, draw_panel, is_brief
from game.view.draw.plot_axes import nearest
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.slow_motion_view import SlowMotionView, draw_captions
from game.view.draw.text_boxes import draw_notice, draw_tip
from game.view.draw.theme import NotedText, Typeset
from game.view.model.playback import PlaybackPosition
from game.view.model.slow_motion import SlowMoment, SlowStep
from game.view.model.task_families import Families
from game.view.model.tile_words import hidden_settings
from game.view.screens.first_doors import DOOR_TEXTS
from game.view.screens.watch_run import AdaptationRun, TaskPhase
from game.view.screens.watch_texts import bayes_tip, point_tip

FULL_PANEL, BRIEF_PANEL = 23, 11  # lines of text that a panel takes with all its parts, and brief
BARE_PANEL = 8  # lines of text that a panel takes with no more than the chart, and its margins
REACH = 14  # px between the mouse and the point of the plot that it selects


@dataclass(frozen=True)
class FrameKey:
    """The state that the frame's pictures depend on. Another key needs a new frame."""

    size: tuple[int, int]  # of the window
    type: Typeset
    phase: TaskPhase
    boards: int  # number of boards side by side
    footer_height: int  # px
    slider_height: int  # px below the panel; 0 while the sliders are closed
    has_doors: bool = False  # whether the doors of the first screen stand below the header


class WatchFrame:
    """The pictures of one phase of a run for one size of window."""

    def __init__(
        self,
        key: FrameKey,
        run: AdaptationRun,
        families: Families | None,
        previous: WatchFrame | None = None,
    ) -> None:
        self.key, self.run, self._families = key, run, families
        type, level = key.type, key.phase.task.level
        legend = legend_items(level, type, hidden=hidden_settings(key.phase.task))
        self.layout = _arrange(key, grid_size(level), legend)
        self.slider_area: pygame.Rect | None = None
        if key.slider_height:
            self.layout, self.slider_area = _with_room_below(self.layout, key.slider_height)
        self.background = pygame.Surface(key.size)
        self.background.fill(type.palette.paper)
        with type.noting() as self._legend_texts:
            if self.layout.legend.height:
                draw_legend(self.background, self.layout.legend, legend, type)
        self._noted: list[NotedText] = []  # of header, panel and footer
        self.panes: list[Pane] = []
        self.timelines: list[Timeline] = []
        self._add_boards()
        if previous and previous.timelines and previous._fits(key, run):
            self.timelines = previous.timelines  # a move of the goal leaves the thumbnails as is
        self._slow: SlowMotionView | None = None  # of the step that is shown in slow motion
        self.texts: object = None  # the state that the drawn texts depend on
        self.plot: pygame.Rect | None = None  # inside of the plot's axes
        self.plot_lines = PLOT  # of text: the least height of the plot beside other things
        self.doors: list[pygame.Rect] = []  # of the first screen, once they are drawn
        self.facts: PanelFacts | None = None  # that the panel shows

    def _fits(self, key: FrameKey, run: AdaptationRun) -> bool:
        """Whether the timelines can be reused in a frame with another key."""
        same_size = (self.key.size, self.key.type) == (key.size, key.type)
        return same_size and self.run is run

    def _add_boards(self) -> None:
        """Draw the board for each agent on screen, and create its pane and timeline."""
        run, phase, type = self.run, self.key.phase, self.key.type
        tables = phase.baselines.tables
        board = Board(phase.task.level, self.layout.cell, type.palette)
        for agent, (trace, place) in enumerate(zip(run.traces, self.layout.boards)):
            self.background.blit(board.surface, place.board)
            pane = Pane(trace, tables, board, place, type, agent, self.key.boards == 1)
            pane.since = phase.step
            self.panes.append(pane)
            if tables and place.timeline.height:
                self.timelines.append(
                    Timeline(trace, run.tables_at, place.timeline, run.steps, agent, type)
                )

    # --- drawing

    def draw_texts(
        self,
        facts: PanelFacts,
        sentences: Sequence[str],
        draw_footer: Callable[[pygame.Surface, pygame.Rect, Typeset], None],
    ) -> None:
        """Draw header, panel, footer and the agents' names into the background.

        The header has the first of the sentences that it has room for.
        """
        with self.key.type.noting() as self._noted:
            self._draw_texts(facts, sentences, draw_footer)

    def _draw_texts(
        self,
        facts: PanelFacts,
        sentences: Sequence[str],
        draw_footer: Callable[[pygame.Surface, pygame.Rect, Typeset], None],
    ) -> None:
        background, layout, type = self.background, self.layout, self.key.type
        self.facts = facts
        header = self._header()
        if self.key.has_doors:
            below = layout.header.height - header.height - type.unit
            doors = pygame.Rect(header.left, header.bottom + type.unit, header.width, below)
            self.doors = draw_doors(background, doors, DOOR_TEXTS, type)
        draw_header(background, header, sentences, type)
        self.plot = draw_panel(background, layout.panel, facts, type, self.plot_lines)
        draw_footer(background, layout.footer, type)
        if self.key.boards > 1:
            names = [trace.name for trace in self.run.traces]
            numbers = [row.numbers[:2] if row.curve.values else ("", "") for row in facts.rows]
            draw_names(background, layout.boards, names, numbers, type)

    def noted_texts(self) -> list[NotedText]:
        """Return the texts of legend, header, panel and footer with their places."""
        return [*self._legend_texts, *self._noted]

    def draw(
        self,
        surface: pygame.Surface,
        positions: Sequence[PlaybackPosition | None],
        active_overlays: Sequence[Overlay],
        age: float,
        eager: bool,
        percent: bool = True,
    ) -> None:
        """Draw the background, the agents at their positions and the timelines.

        `age` is the screen's, in seconds. One missing thumbnail is made, or all if `eager`.
        `percent` chooses the unit of the timelines' captions.
        """
        surface.blit(self.background, (0, 0))
        family = self._families.of(self.key.phase.task) if self._families else None
        for pane, position in zip(self.panes, positions):
            pane.family = family
            pane.draw(surface, position, active_overlays, age)
        for timeline, position in zip(self.timelines, positions):
            while timeline.make_one(self.run.playback.furthest) and eager:
                pass
            timeline.draw(surface, position.step if position else None, percent)

    @property
    def has_captions(self) -> bool:
        """Whether there is room for captions below the first board."""
        return self.panes[0].where.timeline.height > 0

    def draw_slowly(self, surface: pygame.Surface, slow: SlowStep, moment: SlowMoment) -> None:
        """Draw the first agent's step in slow motion, with captions in place of the timeline."""
        pane = self.panes[0]
        if self._slow is None or self._slow.slow is not slow:
            self._slow = SlowMotionView(pane, slow)
        surface.blit(self.background, (0, 0))
        self._slow.draw(surface, moment)
        if self.has_captions:
            draw_captions(surface, pane.where.timeline, slow, moment, self.key.type)

    def draw_failure(self, surface: pygame.Surface) -> None:
        """Draw why the run has failed, over the board."""
        failure, type = self.run.failure, self.key.type
        draw_notice(surface, self.layout.board, "The adaptation failed", failure, type)

    def draw_tip(self, surface: pygame.Surface, mouse: tuple[int, int]) -> None:
        """Draw the tip for the plot's point or line at the mouse, if there is one."""
        type, axes = self.key.type, self.facts.axes if self.facts else None
        if point := self.point_at(mouse):
            agent, step = point
            draw_tip(surface, mouse, point_tip(self.run.traces[agent], step), type)
        elif self.plot and axes:
            bound = axes.stretch_at(mouse[0], self.plot).bayes
            inside = self.plot.left <= mouse[0] <= self.plot.right + 8 * type.unit
            if bound is not None and inside and abs(axes.y(bound, self.plot) - mouse[1]) < REACH:
                draw_tip(surface, mouse, bayes_tip(axes.text(bound)), type)

    def _header(self) -> pygame.Rect:
        """Return the place of the name and the sentence, without the doors below them."""
        header = self.layout.header.copy()
        if self.key.has_doors:
            header.height = header_height(self.key.size[0], self.key.type)
        return header

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places of header, boards, thumbnails, panel, chart and its halves, by name.

        Where the panel has no room for a chart, it stands for it.
        """
        chart = self._chart()
        begin, end = pygame.Rect(chart), pygame.Rect(chart)
        begin.width = end.width = chart.width // 2 - 2 * self.key.type.unit
        end.right = chart.right
        places = {"header": self._header(), "panel": self.layout.panel, "chart": chart}
        places |= {"chart's begin": begin, "chart's end": end}
        for i, pane in enumerate(self.panes):
            places[f"board {i + 1}" if i else "board"] = pane.where.board
        if self.timelines and self.timelines[0].slots:
            slots = [*self.timelines[0].slots.values()]
            places["thumbnails"] = slots[0].unionall(slots[1:])
        if self.slider_area:
            places["sliders"] = self.slider_area
        return places

    def _chart(self) -> pygame.Rect:
        """Return the place of the plot, or the panel where that has little else."""
        panel, type = self.layout.panel, self.key.type
        brief = self.facts is None or is_brief(panel, self.facts, self.plot_lines, type)
        return chart_place(panel, None if brief else self.plot, type)

    # --- what is at the mouse

    def point_at(self, mouse: tuple[int, int]) -> tuple[int, int] | None:
        """Return (agent, step) of the plot's point at the mouse."""
        if self.plot is None or self.facts is None or self.facts.axes is None:
            return None
        curves = [row.curve for row in self.facts.rows if row.curve.values]
        reach = REACH * self.key.type.scale
        found = nearest(curves, self.facts.axes, self.plot, mouse, reach)
        return (curves[found[0]].hue, found[1]) if found else None

    def step_at(self, mouse: tuple[int, int]) -> int | None:
        """Return the step of the plot's point, or else of the thumbnail, at the mouse."""
        point = self.point_at(mouse)
        if point:
            return point[1]
        steps = (timeline.step_at(mouse) for timeline in self.timelines)
        return next((step for step in steps if step is not None), None)

    def cell_at(self, mouse: tuple[int, int]) -> tuple[int, int] | None:
        """Return (row, column) of the board's cell at the mouse."""
        for pane in self.panes:
            corner = pane.where.board
            if corner.collidepoint(mouse):
                return pane.board.cell_at((mouse[0] - corner.left, mouse[1] - corner.top))
        return None


def _arrange(
    key: FrameKey,
    grid: tuple[float, float],
    legend: list[tuple[pygame.Surface, str]],
) -> Layout:
    """Return the layout. If the boards get too small, timeline and legend are left out."""
    size, type = key.size, key.type
    header = header_height(size[0], type)
    if key.has_doors:
        header += type.unit + doors_height(DOOR_TEXTS, inside_width(size[0], type.unit), type)
    name = type.height("label") + type.unit // 2
    thumbnails = min(10 * type.unit, size[1] // 9) + type.height("small")
    line = type.height("small")
    hides_more = set(hidden_settings(key.phase.task)) - {"goal"}
    full, brief = FULL_PANEL * line, (BRIEF_PANEL + (2 if hides_more else 0)) * line
    if key.slider_height:  # the chart shows what the sliders do
        brief = max(brief, key.slider_height + BARE_PANEL * line)
    for timeline, with_legend in ((thumbnails, True), (0, True), (0, False)):
        heights = Heights(header, 0, key.footer_height, name, timeline, full, brief)
        if with_legend:
            layout = arrange_with_legend(size, grid, heights, legend, type, key.boards)
        else:
            layout = arrange(size, grid, type.unit, heights, type.scale, key.boards)
        least = LEAST_BOARD * min(size) / max(1, key.boards) ** 0.5
        if max(layout.board.size) >= least:
            break
    return layout


def _with_room_below(layout: Layout, height: int) -> tuple[Layout, pygame.Rect]:
    """Return the layout with a panel shorter by `height` px, and the free area below the panel."""
    panel = layout.panel
    height = min(height, panel.height)
    short = pygame.Rect(panel.left, panel.top, panel.width, panel.height - height)
    return replace(layout, panel=short), pygame.Rect(panel.left, short.bottom, panel.width, height)
