"""The watch screen: agents adapt to a level before one's eyes.

`WatchScreen` knows nothing of windows: it takes events, lets time pass and draws onto any surface.
So the window, the pictures written without a display and the tests all run the same code.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pygame

from game.session.messages import Change, Failed, Feed, Finished, Message, Ready, Request, Stepped
from game.session.trace import AdaptationStep, AdaptationTrace
from game.tasks.task import Task
from game.text.draws import can_move_goal
from game.text.tiles import GOAL
from game.view.draw import hud
from game.view.draw.board import Board, grid_size
from game.view.draw.layout import Heights, Layout, arrange
from game.view.draw.overlays import OVERLAYS, Overlay
from game.view.draw.pane import GLANCE, Pane, Timeline, draw_names
from game.view.draw.plot import Axes, Curve, nearest
from game.view.draw.sliders import Sliders, adaptation_sliders
from game.view.draw.theme import Appearance, Typeset, number
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import BaselineCache, PlannedTask
from game.view.model.families import Families
from game.view.model.playback import Pace, Playback, PlaybackPosition
from game.view.screens.screen import Key, Navigation, Notice, Screen
from game.world.tables import Tables

UNSEEN = "A meta-trained agent meets a level it has never seen, and learns it in a few steps."
SEEN = "A meta-trained agent meets a level from its training, and adapts to it in a few steps."
CARRIED = "Put the goal on any floor, for the agent to look for it there: drop it, or press Enter."
NO_PLACE = "It can be wherever there is plain floor, and a way to it."
MOVED = "The goal has moved: the agent has to unlearn where it was, and to learn anew."
FORGOTTEN = "Amnesia: what was learned is thrown away, and the agent begins from where it began."
BAYES = (
    "the most that anybody reaches in a first episode",
    "who does not know where the goal is, in the mean",
    "over all places where it may be",
)
MOST_STEPS = 1000
HARM = 0.02  # of score: adaptation that loses more than this has done harm
LEAST_BOARD = 0.42  # of the window's shorter side, before other things are left out
REACH = 14  # px between the mouse and a point of the plot that it means


def nothing(task: Task) -> tuple[str, ...]:
    """No task is out of the agent's distribution."""
    return ()


def never(task: Task) -> bool:
    """No task was in the agent's training."""
    return False


@dataclass(frozen=True)
class WatchSetup:
    """What is watched: everything but where the adaptation steps come from."""

    tasks: tuple[Task, ...]
    pack_title: str
    agents: tuple[str, ...]  # names; the first is watched, the others are compared with it
    seed: int = 0
    steps: int = 5
    episodes: int = 20  # of each adaptation step of the watched agent
    seen: Callable[[Task], bool] = never  # whether the agent met the task in training
    outside: Callable[[Task], tuple[str, ...] | None] = nothing  # why it is of no training pack
    sentence: str | None = None  # the header, where the usual one would not be true
    given: tuple[str, ...] = ()  # the agents as a feed takes them, where that is not their names
    pack: str = ""
    usual: tuple[tuple[int, float], ...] = ()  # (episodes, score) of the agent on held-out tasks
    longest: int = 0  # episodes of all steps of the agent that takes most
    unlike: bool = False  # whether the agents' steps have very different numbers of episodes
    request: Request | None = None  # what to begin with, where more is asked than all of this
    families: Families | None = None  # of the tasks, where their pack is known


@dataclass(frozen=True, eq=False)
class Part:
    """The task as it is from an adaptation step on."""

    step: int
    task: Task
    known: PlannedTask
    axes: Axes


class Run:
    """One adaptation: what was asked of the feed, and what has come of it."""

    def __init__(
        self, request: Request, plans: BaselineCache, subject: WatchSetup, pace: Pace
    ) -> None:
        self.request, self._plans, self._subject = request, plans, subject
        self.number, self.task, self.seed = request.number, request.task, request.seed
        self.steps, self.episodes = request.steps, subject.episodes
        if request.episodes and subject.episodes > 1:
            self.episodes = request.episodes
        self.playback = Playback(self.steps, pace, len(subject.agents))
        self.failure, self.finished = "", False
        self.traces = tuple(AdaptationTrace(name, 0.0, 1.0) for name in subject.agents)
        self.parts = [Part(0, self.task, PlannedTask(), Axes(self.steps, self.episodes, 0.0, 1.0))]
        self._known: dict[str, PlannedTask] = {}  # by task id
        self.planned = False  # whether what there is to know of the task is known
        self.plan()

    def plan(self) -> None:
        """Take what is known of the task by now."""
        parts = None if self.planned else self._divide()
        if parts is None:
            return
        self.planned, self.parts = True, parts
        self.failure = next((part.known.failure for part in parts if part.known.failure), "")
        first, *others = ((p.step, p.axes.random, p.axes.optimal) for p in parts)
        for trace in self.traces:
            trace.random_return, trace.optimal_return = first[1:]
            trace.moved = tuple(others)

    def _divide(self) -> list[Part] | None:
        """The task from each change of the goal on, all with the same span of returns; None as long
        as one of them is being planned."""
        request, subject = self.request, self._subject
        steps = [0, *(one.step for one in request.changes if one.goal)]
        tasks = [request.task_at(step) for step in steps]
        for task in tasks:
            found = self._known.get(task.id) or self._plans.of(task)
            if found is None:
                return None
            self._known[task.id] = found
        known = [self._known[task.id] for task in tasks]
        span = min(one.random_return for one in known), max(one.optimal_return for one in known)
        most = self.steps * self.episodes
        longest = 0 if request.episodes else subject.longest * self.steps // max(1, subject.steps)
        as_usual = not request.changes and not request.episodes and request.step_size == 1
        parts = []
        for step, task, one in zip(steps, tasks, known):
            random, optimal = one.random_return, one.optimal_return
            room = optimal - random
            usual = tuple((e, random + s * room) for e, s in subject.usual if e <= most)
            axes = Axes(
                self.steps,
                self.episodes,
                random,
                optimal,
                max(longest, most),
                usual=usual if as_usual else (),
                logarithmic=subject.unlike,
                span=span,
                events=tuple(one.step * self.episodes for one in request.changes),
            )
            parts.append(Part(step, task, one, axes))
        return parts

    def part(self, step: int) -> Part:
        """The task as it is at a step."""
        return [part for part in self.parts if part.step <= step][-1]

    @property
    def here(self) -> Part:
        """The task as it is on screen."""
        position = self.playback.position()
        return self.part(position.step if position else 0)

    @property
    def axes(self) -> Axes:
        """Of the task on screen."""
        return self.here.axes

    def take(self, agent: int, step: AdaptationStep) -> None:
        """An adaptation step has arrived, or once more one that is there."""
        if step.step == len(self.traces[agent].steps):
            self.traces[agent].steps.append(step)
            self.playback.add((step.moves[0] >= 0).sum(-1).tolist(), agent)


@dataclass
class WatchFrame:
    """Pictures for one level at one size of window; what it says is drawn again when it changes."""

    size: tuple[int, int]
    type: Typeset
    number: int  # of the run
    layout: Layout
    frame: pygame.Surface
    panes: list[Pane]
    timelines: list[Timeline]
    part: Part  # of the run
    below: pygame.Rect | None  # where the sliders are, if they are open
    said: object = None
    plot: pygame.Rect | None = None
    facts: hud.Facts | None = field(default=None)


class WatchScreen(Screen):
    """Watch agents adapt to one task after the other."""

    def __init__(
        self,
        subject: WatchSetup,
        feed: Feed,
        pace: Pace | None = None,
        appearance: Appearance | None = None,
        abreast: bool = False,
        numbers: Iterator[int] | None = None,
        jobs: BackgroundJobs | None = None,
    ) -> None:
        super().__init__(appearance)
        self.subject, self.feed = subject, feed
        self.pace = pace or Pace()
        self.ready = False
        self.abreast = abreast and len(subject.agents) > 1
        self.eager = False  # whether nothing may be left for the next frame
        self.active_overlays: list[Overlay] = []  # that are on, the last one explained
        self._numbers = itertools.count() if numbers is None else numbers
        self._index = 0
        self._age = 0.0  # seconds
        self._mouse: tuple[int, int] | None = None
        self._stage: WatchFrame | None = None
        self._goal: tuple[int, int] | None = None  # where it is being moved to
        self._plans = BaselineCache(jobs)
        self.sliders: Sliders | None = None  # if they are open
        self._allowed: tuple[object, bool] = (None, False)  # whether the goal may be in a cell
        self.run = self._begin(subject.request or self._usual(subject.seed))
        self._steps = self.run.steps  # as many the agent gets, after a change once more

    # --- what the keys do

    def all_keys(self) -> list[Key]:
        """Some mean something else as long as the goal or a slider is being moved."""
        others = GOAL_KEYS if self._goal else SLIDER_KEYS if self.sliders else ()
        now = {key.cap: key for key in others}
        return [now.get(key.cap, key) for key in super().all_keys()]

    def pause(self) -> None:
        """Stop the clock, or let it go on."""
        self.run.playback.paused = not self.run.playback.paused

    def next_step(self) -> None:
        """Go on to the next adaptation step."""
        self.run.playback.next_step()

    def previous_step(self) -> None:
        """Go back to the adaptation step before."""
        self.run.playback.previous_step()

    def next_episode(self) -> None:
        """Go on to the next episode."""
        self.run.playback.change_episode(1)

    def previous_episode(self) -> None:
        """Go back to the episode before."""
        self.run.playback.change_episode(-1)

    def next_move(self) -> None:
        """Pause, and go on one environment step."""
        self.run.playback.change_move(1)

    def previous_move(self) -> None:
        """Pause, and go back one environment step."""
        self.run.playback.change_move(-1)

    def rewind(self) -> None:
        """Show it all again from the beginning."""
        self.run.playback.rewind()

    def restart(self) -> None:
        """Adapt to the same task again, with new randomness."""
        request = replace(self.run.request, steps=self._steps, changes=())
        self._restart(replace(request, seed=self.run.seed + 1))

    def faster(self) -> None:
        """The next higher speed."""
        self.run.playback.change_speed(1)

    def slower(self) -> None:
        """The next lower speed."""
        self.run.playback.change_speed(-1)

    def advance(self) -> None:
        """Go on to the next task; after the last comes the first."""
        self._index = (self._index + 1) % len(self.subject.tasks)
        setting = self.run.request
        request = self._usual(self.subject.seed)
        self._restart(
            replace(
                request,
                steps=self._steps,
                episodes=setting.episodes,
                step_size=setting.step_size,
            )
        )

    def to_gallery(self) -> None:
        """Choose another level, agent or mode."""
        self.navigation = Navigation("gallery", task=self.run.task)

    def play(self) -> None:
        """Play this level oneself."""
        self.navigation = Navigation("play", task=self.run.task)

    def duel(self) -> None:
        """Play this level against the agent."""
        self.navigation = Navigation("duel", task=self.run.task)

    def forget(self) -> None:
        """Throw away what the agent has learned: back to its meta-parameters."""
        self._change(None)

    def carry(self) -> None:
        """Take up the goal, to put it elsewhere by arrows and Enter."""
        goals = self.run.here.task.level.find(GOAL)
        if goals and self.run.playback.position():
            self._goal = goals[0]

    def move_goal(self, down: int, right: int) -> None:
        """Move the goal that has been taken up by so many cells."""
        if self._goal:
            level = self.run.here.task.level
            row, column = self._goal[0] + down, self._goal[1] + right
            self._goal = min(max(row, 0), level.height - 1), min(max(column, 0), level.width - 1)

    def let_go(self) -> None:
        """Leave the goal where it is."""
        self._goal = None

    def change_slider(self, down: int, right: int) -> None:
        """Choose another slider, or move the one that is chosen."""
        if self.sliders:
            self.sliders.choose(down)
            if right and self.sliders.move(right):
                self._apply_sliders()

    def open_sliders(self) -> None:
        """Show the sliders of the adaptation, or take them away."""
        if self.sliders:
            self.sliders = None
            return
        self.sliders, request = adaptation_sliders(), self.run.request
        values = request.step_size, request.episodes, self._steps
        for slider, value in zip(self.sliders.sliders, values):
            slider.put(value)

    def film(self) -> None:
        """Make a GIF of this adaptation."""
        self.navigation = Navigation("film", request=self.run.request)

    def copy(self) -> None:
        """Copy all that it takes to see this adaptation again, as one line of text."""
        self.navigation = Navigation("copy", request=self.run.request)

    def stand_abreast(self) -> None:
        """Show all agents on boards side by side, or only the first one."""
        self.abreast = not self.abreast and len(self.subject.agents) > 1
        self._stage = None

    def cover(self) -> None:
        """Another screen is on now."""
        self._stage = None

    def resume(self) -> None:
        """Begin again what another screen's requests have cut short."""
        if not self.run.finished:
            self._restart(self.run.request)

    # --- experiments

    def _change(self, goal: tuple[int, int] | None) -> None:
        """From the next step on the goal is elsewhere, or what was learned is forgotten.

        What has been on screen stays; the agent gets as many steps again.
        """
        old, position = self.run, self.run.playback.position()
        if position is None or old.failure or not old.planned:
            return
        now, request = position.step, old.request
        kept = (one for one in request.changes if one.step <= now)
        steps = min(MOST_STEPS, max(request.steps, now + 1 + self._steps))
        if now + 1 > steps:
            return
        changes = (*kept, Change(now + 1, goal))
        self._restart(replace(request, steps=steps, changes=changes), old.playback.paused)
        for agent, trace in enumerate(old.traces):
            for step in trace.steps[: now + 1]:
                self.run.take(agent, step)
        self.run.playback.go_to(now)
        self.run.playback.next_step()

    def _apply_sliders(self) -> None:
        """Adapt once more as the sliders say."""
        assert self.sliders
        size, episodes, steps = (slider.value for slider in self.sliders.sliders)
        self._steps = int(steps or 1)
        request = replace(
            self.run.request,
            step_size=size or 1.0,
            episodes=int(episodes) if episodes else None,
            steps=self._steps,
            changes=(),
        )
        self._restart(request, self.run.playback.paused)

    def put_down(self) -> None:
        """Put the goal down where it is being moved to, if it can be there."""
        cell, self._goal = self._goal, None
        if cell is None or cell in self.run.here.task.level.find(GOAL):
            return
        if self._may_be(cell):
            self._change(cell)
        else:
            self.notice = Notice("The goal stays where it was", NO_PLACE, calm=True)

    def _may_be(self, cell: tuple[int, int]) -> bool:
        """Whether the goal may be there."""
        key = (self.run.number, cell)
        if self._allowed[0] != key:
            self._allowed = key, can_move_goal(self.run.task.level, cell)
        return self._allowed[1]

    def _cell_at(self, at: tuple[int, int]) -> tuple[int, int] | None:
        """The cell of a board's map that is there."""
        for pane in self._stage.panes if self._stage else ():
            corner = pane.where.board
            if corner.collidepoint(at):
                return pane.board.cell_at((at[0] - corner.left, at[1] - corner.top))
        return None

    # --- time

    def on_event(self, event: pygame.event.Event) -> None:
        """The mouse: a click on a point of the plot or on a thumbnail goes to that step."""
        if event.type == pygame.MOUSEMOTION:
            self._mouse = event.pos
            if self._goal and event.buttons[0]:
                self._goal = self._cell_at(event.pos) or self._goal
            elif self.sliders and event.buttons[0] and self.sliders.click(event.pos):
                self._apply_sliders()
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            if self._goal:
                self.put_down()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._mouse = event.pos
            moved = self.sliders.click(event.pos) if self.sliders else None
            if moved is not None:
                if moved:
                    self._apply_sliders()
                return
            cell = self._cell_at(event.pos)
            if cell in self.run.here.task.level.find(GOAL) and self.run.playback.position():
                self._goal = cell
            step = self._step_at(event.pos)
            if step is not None:
                self.run.playback.go_to(step)

    def update(self, seconds: float) -> None:
        """Take what the feed has, and let time pass. Never blocks."""
        for message in self.feed.poll():
            self._take(message)
        self.run.plan()
        self.run.playback.shown = len(self.subject.agents) if self.abreast else 1
        self.run.playback.advance(seconds if self.run.planned else 0.0)
        self._age += seconds

    def _take(self, message: Message) -> None:
        if isinstance(message, Ready):
            self.ready = True
        elif message.number not in (None, self.run.number):
            return  # nobody waits for it any more
        elif isinstance(message, Stepped):
            self.run.take(message.agent, message.step)
        elif isinstance(message, Failed):
            self.run.failure = message.text
        elif isinstance(message, Finished):
            self.run.finished = True

    @property
    def task(self) -> Task:
        """The task that is on."""
        return self.subject.tasks[self._index]

    def _usual(self, seed: int) -> Request:
        """What is asked for if there is no special wish."""
        subject = self.subject
        agents = subject.given or subject.agents
        return Request(0, self.task, seed, subject.steps, agents, subject.pack)

    def _begin(self, request: Request) -> Run:
        request = replace(request, number=next(self._numbers))
        run = Run(request, self._plans, self.subject, self.pace)
        if not run.failure:
            self.feed.request(request)
        return run

    def _restart(self, request: Request, paused: bool = False) -> None:
        speed = self.run.playback.speed_index
        self.run = self._begin(request)
        self.run.playback.speed_index = speed
        self.run.playback.paused = paused
        self._stage = None

    # --- the mouse

    def _point_at(self, at: tuple[int, int]) -> tuple[int, int] | None:
        """(agent, step) of the plot's point that is there."""
        stage = self._stage
        if stage is None or stage.plot is None or stage.facts is None:
            return None
        rows = [row for row in stage.facts.rows if row.curve.values]
        curves = [row.curve for row in rows]
        found = nearest(curves, self.run.axes, stage.plot, at, REACH * stage.type.scale)
        return (curves[found[0]].hue, found[1]) if found else None

    def _step_at(self, at: tuple[int, int]) -> int | None:
        if self._stage is None:
            return None
        point = self._point_at(at)
        if point:
            return point[1]
        steps = (timeline.step_at(at) for timeline in self._stage.timelines)
        return next((step for step in steps if step is not None), None)

    # --- drawing

    def current(self) -> object:
        """The moments on screen, and what has come; while nobody has come, the agent's glances."""
        run, playback = self.run, self.run.playback
        positions = tuple(playback.position(i) for i in range(playback.shown))
        glances = None if positions[0] else int(self._age / GLANCE)
        thumbs = sum(timeline.count for timeline in self._stage.timelines) if self._stage else 0
        come = run.number, run.failure, run.planned, self.ready, playback.furthest, playback.speed
        sliders = self.sliders and (
            self.sliders.chosen,
            *(slider.at for slider in self.sliders.sliders),
        )
        return positions, glances, come, thumbs, self._mouse, self._goal, sliders

    def draw_body(self, surface: pygame.Surface) -> None:
        """Boards, timelines and panel; only what moves is drawn for every frame."""
        type = self.appearance.typeset(surface.get_size())
        stage = self._stage
        key = (surface.get_size(), type, self.run.here, self.sliders is not None)
        if stage is None or (stage.size, stage.type, stage.part, stage.below is not None) != key:
            stage = self._stage = self._set_stage(surface.get_size(), type)
        playback = self.run.playback
        positions = [playback.position(pane.agent) for pane in stage.panes]
        self._refresh(stage, positions)
        surface.blit(stage.frame, (0, 0))
        for pane, position in zip(stage.panes, positions):
            pane.draw(surface, position, self.active_overlays, self._age)
        for timeline, position in zip(stage.timelines, positions):
            while timeline.make_one(playback.furthest) and self.eager:
                pass
            timeline.draw(surface, position.step if position else None)
        if self._goal:
            for pane in stage.panes:
                pane.draw_carried(surface, self._goal, self._may_be(self._goal))
        if self.sliders and stage.below:
            self.sliders.draw(surface, stage.below, type)
        if self.run.failure:
            rect, text = stage.layout.board, self.run.failure
            hud.draw_notice(surface, rect, "This did not work", text, stage.type)
        elif self._mouse and (point := self._point_at(self._mouse)):
            hud.draw_tip(surface, self._mouse, self._reading(*point), stage.type)
        elif self._mouse and stage.plot and stage.facts and stage.facts.axes:
            self._explain_line(surface, stage, stage.plot, stage.facts.axes, self._mouse)

    def _explain_line(
        self,
        surface: pygame.Surface,
        stage: WatchFrame,
        plot: pygame.Rect,
        axes: Axes,
        at: tuple[int, int],
    ) -> None:
        """What the Bayes bound is, to who points at its line."""
        inside = plot.left <= at[0] <= plot.right + 8 * stage.type.unit
        if axes.bayes is not None and inside and abs(axes.y(axes.bayes, plot) - at[1]) < REACH:
            hud.draw_tip(surface, at, [f"Bayes bound {number(axes.bayes)}", *BAYES], stage.type)

    def _refresh(self, stage: WatchFrame, positions: list[PlaybackPosition | None]) -> None:
        """Draw the words again, if they have changed."""
        facts = self.facts()
        sentence = self._explained(stage, positions[0])
        if stage.said == (facts, sentence, self.lit()):
            return
        stage.said, stage.facts = (facts, sentence, self.lit()), facts
        frame, layout, type = stage.frame, stage.layout, stage.type
        hud.draw_header(frame, layout.header, sentence, type)
        stage.plot = hud.draw_panel(frame, layout.panel, facts, type)
        self.draw_footer(frame, layout.footer, type)
        if self.abreast:
            names = [trace.name for trace in self.run.traces]
            told = [row.numbers[:2] if row.curve.values else ("", "") for row in facts.rows]
            draw_names(frame, layout.boards, names, told, type)

    def _explained(self, stage: WatchFrame, position: PlaybackPosition | None) -> str:
        """The header: what there is to see, or what the last overlay shows."""
        if not self.active_overlays or position is None or self._goal or not self.run.planned:
            return self.sentence()
        return stage.panes[0].layer(
            self.active_overlays[-1], position, len(self.active_overlays) == 1
        )[1]

    def _set_stage(self, size: tuple[int, int], type: Typeset) -> WatchFrame:
        run, count = self.run, len(self.subject.agents) if self.abreast else 1
        part, old = run.here, self._stage
        level, tables = part.task.level, part.known.tables
        grid, legend = grid_size(level), hud.legend_items(level, type)
        layout, below = self._arrange(size, type, grid, legend, count), None
        if self.sliders:
            layout, below = _with_room_below(layout, self.sliders.height(type) + type.unit)
        board = Board(level, layout.cell, type.palette)
        frame = pygame.Surface(size)
        frame.fill(type.palette.paper)
        if layout.legend.height:
            hud.draw_legend(frame, layout.legend, legend, type)
        panes, timelines = [], []
        for i, (trace, where) in enumerate(zip(run.traces, layout.boards)):
            frame.blit(board.surface, where.board)
            pane = Pane(trace, tables, board, where, type, i, count == 1)
            families = self.subject.families
            pane.family = families.of(part.task) if families else None
            pane.since = part.step
            panes.append(pane)
            if tables and where.timeline.height:
                timelines.append(
                    Timeline(trace, self._tables_at, where.timeline, run.steps, i, type)
                )
        if old and old.timelines and (old.size, old.type, old.number) == (size, type, run.number):
            timelines = old.timelines  # only the goal has moved
        return WatchFrame(size, type, run.number, layout, frame, panes, timelines, part, below)

    def _tables_at(self, step: int) -> Tables:
        tables = self.run.part(step).known.tables
        assert tables is not None
        return tables

    def _arrange(
        self,
        size: tuple[int, int],
        type: Typeset,
        grid: tuple[float, float],
        legend: list[tuple[pygame.Surface, str]],
        count: int,
    ) -> Layout:
        """The layout; the board comes first: for its sake timeline and legend are left out."""
        footer = self.footer_height(max(size[0], 1) - 6 * type.unit, type)
        top = hud.header_height(size[0], type)
        name = type.height("label") + type.unit // 2
        thumbs = min(10 * type.unit, size[1] // 9) + type.height("small")
        for timeline, explained in ((thumbs, True), (0, True), (0, False)):
            high = 0
            for _ in range(3):  # a higher legend makes the board smaller, and so the legend higher
                heights = Heights(top, high, footer, name, timeline)
                layout = arrange(size, grid, type.unit, heights, type.scale, count)
                if explained:
                    _, high = hud.legend_places(legend, layout.legend.width, type)
            least = LEAST_BOARD * min(size) / max(1, count) ** 0.5
            if max(layout.board.size) >= least:
                break
        return layout

    def sentence(self) -> str:
        """What there is to see."""
        if self._goal:
            return CARRIED
        position = self.run.playback.position()
        now = position.step if position else 0
        past = [one for one in self.run.request.changes if one.step <= now]
        if past:
            return MOVED if past[-1].goal else FORGOTTEN
        return self.subject.sentence or (SEEN if self.subject.seen(self.run.task) else UNSEEN)

    # --- what the panel says

    def facts(self) -> hud.Facts:
        """All that the panel says at this moment."""
        subject, run = self.subject, self.run
        position, playback = run.playback.position(), run.playback
        seen, why = subject.seen(run.task), subject.outside(run.task)
        badge = "unseen, out of distribution" if why else "unseen in training"
        step = position.step if position else None
        alone = not self.abreast
        return hud.Facts(
            title=run.task.name,
            badge="seen in training" if seen else badge,
            seen=seen,
            about="; ".join(why or (subject.pack_title,)),
            identity=f"task {run.task.id}  seed {run.seed}  {subject.agents[0]}",
            step=step,
            steps=run.steps,
            state=self._state(step),
            doing=self._doing(position),
            trail=position.episode % 3 if position and alone else None,
            tempo="paused" if playback.paused else tempo(playback.speed),
            axes=self._axes() if run.planned else None,
            rows=tuple(self._row(i, trace, step) for i, trace in enumerate(run.traces)),
        )

    def _axes(self) -> Axes:
        """Those of the run, with the Bayes bound as soon as that is known."""
        axes, task, families = self.run.axes, self.run.here.task, self.subject.families
        bound = families.bound(task) if families else None
        if bound is None:
            return axes
        return replace(axes, bayes=axes.random + bound * (axes.optimal - axes.random))

    def _state(self, step: int | None) -> str:
        if self.run.failure:
            return "stopped"
        if step is None or not self.run.planned:
            return "adapting" if self.ready else "loading"
        trace = self.run.traces[0]
        if trace.score(trace.steps[step]) < trace.score(trace.steps[0]) - HARM:
            return "worse than before"
        return (
            "before adaptation"
            if step == 0
            else "adapted"
            if step == self.run.steps
            else "adapting"
        )

    def _doing(self, position: PlaybackPosition | None) -> str:
        if self.run.failure:
            return "press R to start over"
        if not self.run.planned:
            return "a large level: its optimum is being planned"
        if position is None:
            return "waiting for the first episodes" if self.ready else "the agent is loading…"
        if position.step == self.run.steps and position.episode >= self.pace.episodes:
            return "replaying the adapted policy"
        if self.run.episodes == 1:
            return "one episode a step"
        return f"episode {position.index + 1} of {self.run.episodes} in this step"

    def _row(self, agent: int, trace: AdaptationTrace, step: int | None) -> hud.Row:
        """An agent's curve as far as it has been shown, and its numbers at the step on screen."""
        here = step is not None and self.run.planned
        shown = trace.steps[: self.run.playback.furthest + 1 if here else 0]
        name = "agent" if agent == 0 and len(self.subject.agents) <= 2 else trace.name
        values = tuple(trace.exact(s) for s in shown)
        curve = Curve(name, tuple(s.episodes for s in shown), values, agent)
        if not shown:
            return hud.Row(curve, hud.NO_NUMBERS)
        now = shown[min(step or 0, len(shown) - 1)]
        spent = now.episodes, int(now.env_steps[0])
        return hud.Row(curve, hud.numbers_of(trace.exact(now), trace.score(now), *spent))

    def _reading(self, agent: int, step: int) -> list[str]:
        """What a point of the plot says."""
        trace = self.run.traces[agent]
        point = trace.steps[step]
        value, score = number(trace.exact(point)), number(100 * trace.score(point), 0)
        return [
            f"{trace.name}, step {step}",
            f"after {point.episodes:,} episodes",
            f"return {value}, score {score} %",
        ]


def _with_room_below(layout: Layout, height: int) -> tuple[Layout, pygame.Rect]:
    """A layout whose panel is that much shorter, and what is free below it."""
    panel = layout.panel
    height = min(height, panel.height)
    short = pygame.Rect(panel.left, panel.top, panel.width, panel.height - height)
    return replace(layout, panel=short), pygame.Rect(panel.left, short.bottom, panel.width, height)


def tempo(speed: float) -> str:
    """A speed in words."""
    return "all at once" if speed == math.inf else f"speed {speed:g}×"


def overlay_key(overlay: Overlay) -> Key:
    """The key of an overlay, for any screen that has `active_overlays`."""
    code = ord(overlay.cap.lower())  # as pygame numbers the letters
    act: Callable[[Any], None] = partial(_look, overlay)
    return Key(
        overlay.cap,
        overlay.word,
        (code,),
        act,
        minor=1,
        on=lambda page: overlay in page.active_overlays,
    )


def _look(overlay: Overlay, screen: Any) -> None:
    """Show an overlay, or take it away."""
    if overlay in screen.active_overlays:
        screen.active_overlays.remove(overlay)
    else:
        screen.active_overlays.append(overlay)


def _move_goal(down: int, right: int, screen: WatchScreen) -> None:
    screen.move_goal(down, right)


def _change_slider(down: int, right: int, screen: WatchScreen) -> None:
    screen.change_slider(down, right)


ARROWS = (  # cap, its key, (down, right)
    ("←", pygame.K_LEFT, (0, -1)),
    ("→", pygame.K_RIGHT, (0, 1)),
    ("↑", pygame.K_UP, (-1, 0)),
    ("↓", pygame.K_DOWN, (1, 0)),
)

# fmt: off
KEYS: tuple[Key, ...] = (
    #   cap      what it does        codes                                action
    Key("Space", "pause",            (pygame.K_SPACE,),                   WatchScreen.pause, on=lambda page: page.run.playback.paused),
    Key("←",     "one step back",    (pygame.K_LEFT,),                    WatchScreen.previous_step, short=""),
    Key("→",     "one step on",      (pygame.K_RIGHT,),                   WatchScreen.next_step, short="step"),
    Key("↑",     "episode before",   (pygame.K_UP,),                      WatchScreen.previous_episode, minor=2, short=""),
    Key("↓",     "next episode",     (pygame.K_DOWN,),                    WatchScreen.next_episode, minor=2, short="episode"),
    Key(",",     "move before",      (pygame.K_COMMA,),                   WatchScreen.previous_move, ",", minor=2, short=""),
    Key(".",     "next move",        (pygame.K_PERIOD,),                  WatchScreen.next_move, ".", minor=2, short="move"),
    Key("Home",  "rewind",           (pygame.K_HOME,),                    WatchScreen.rewind, minor=2),
    Key("−",     "slower",           (pygame.K_MINUS, pygame.K_KP_MINUS), WatchScreen.slower, "-", minor=2, short=""),
    Key("+",     "faster",           (pygame.K_PLUS, pygame.K_KP_PLUS),   WatchScreen.faster, "+=", minor=2, short="speed"),
    Key("R",     "start over, with new randomness", (pygame.K_r,),        WatchScreen.restart, minor=1, short="start over"),
    Key("N",     "next level",       (pygame.K_n,),                       WatchScreen.advance),
    *(overlay_key(overlay) for overlay in OVERLAYS),
    Key("S",     "all agents side by side", (pygame.K_s,),                WatchScreen.stand_abreast, minor=1, on=lambda page: page.abreast, short="side by side"),
    Key("G",     "gallery: another level, agent or mode", (pygame.K_g,),  WatchScreen.to_gallery, short="gallery"),
    Key("Enter", "play this level yourself", (pygame.K_RETURN, pygame.K_KP_ENTER), WatchScreen.play, minor=1, short="play"),
    Key("M",     "move the goal (or drag it)", (pygame.K_m,),             WatchScreen.carry, minor=1, on=lambda page: page._goal is not None, short="move goal"),
    Key("A",     "amnesia: forget what was learned", (pygame.K_a,),       WatchScreen.forget, minor=1, short="amnesia"),
    Key("X",     "sliders: step size, episodes, steps", (pygame.K_x,),    WatchScreen.open_sliders, minor=1, on=lambda page: page.sliders is not None, short="sliders"),
    Key("L",     "copy the line that shows this again", (pygame.K_l,),    WatchScreen.copy, minor=2, short="copy line"),
    Key("F11",   "film the adaptation as a GIF", (pygame.K_F11,),         WatchScreen.film, minor=2, short="film"),
    Key("D",     "a duel with the agent", (pygame.K_d,),                  WatchScreen.duel, minor=2, short="duel"),
)
GOAL_KEYS: tuple[Key, ...] = (
    *(
        Key(cap, "move the goal", (code,), partial(_move_goal, *by), short="move the goal" if cap == "↓" else "")
        for cap, code, by in ARROWS
    ),
    Key("Enter", "put the goal down",         (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_m), WatchScreen.put_down, short="put it down"),
    Key("Esc",   "leave the goal where it is", (pygame.K_ESCAPE,), WatchScreen.let_go, short="leave it"),
)
SLIDER_KEYS: tuple[Key, ...] = (
    *(
        Key(cap, "move the slider" if by[1] else "choose a slider", (code,), partial(_change_slider, *by), short=short)
        for (cap, code, by), short in zip(ARROWS, ("", "move", "", "choose"))
    ),
    Key("Enter", "close the sliders",         (pygame.K_RETURN, pygame.K_KP_ENTER), WatchScreen.open_sliders, short="close"),
    Key("Esc",   "close the sliders",         (pygame.K_ESCAPE,), WatchScreen.open_sliders, short="close"),
)
# fmt: on
WatchScreen.keys = KEYS
