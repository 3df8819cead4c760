"""The screen with many tasks: agents adapt to up to 20 tasks of a pack at the same time.

One level may be lucky or hard. The small boards show the walks on each task, and the panel the mean
score over the tasks with its interval, and how many of them adaptation has made worse.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pygame

from game.session.messages import Feed, Ready, Request, TasksRequest, TasksStepped
from game.tasks.task import Task
from game.view.draw.panel import PLOT, TALL_PLOT, PanelFacts
from game.view.draw.small_boards import BoardWalks
from game.view.draw.text_boxes import draw_notice, draw_tip
from game.view.draw.theme import Appearance, Typeset
from game.view.model.playback import Pace
from game.view.model.tasks_run import TasksPlayback, TasksRun
from game.view.screens.key_binding import Key
from game.view.screens.many_frame import ManyFrame, ManyFrameKey
from game.view.screens.many_texts import (
    MOST_TASKS,
    ManySetup,
    board_tip,
    many_facts,
    point_tip,
    sentence,
    shown_tasks,
)
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice
from game.view.screens.screen import Screen
from game.view.screens.slider_keys import ENTER, SLIDER_KEYS
from game.view.screens.watch import NO_OTHER
from game.view.screens.watch_experiments import Experiments
from game.view.screens.watch_texts import START_OVER, reset_hint, settings_in_force

PAINTING = 0.006  # seconds of a frame for the boards that are missing
SHOWN = 20.0  # seconds: of all steps of an adaptation, at most
NARROW = 600  # px: the sentence of narrower windows leaves out the other agents
ALL_SHOWN = ("These are all tasks", "The split has no more than are shown.")


def pace_for(steps: int, pace: Pace) -> Pace:
    """Return the pace at which an adaptation of so many steps is shown in about SHOWN seconds."""
    longest, rest = min(pace.longest, 0.8 * SHOWN / max(1, steps)), 0.2 * SHOWN / max(1, steps)
    return replace(pace, longest=longest, rest=min(pace.rest, rest))


class ManyScreen(Screen):
    """Watch agents adapt to many tasks of a pack at the same time."""

    mouse = (("click a board", "watch this task"), ("click a point", "go to its step"))

    def __init__(
        self,
        setup: ManySetup,
        feed: Feed,
        appearance: Appearance | None = None,
        numbers: Iterator[int] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """The screens of one feed share `numbers`, the numbers of requests."""
        super().__init__(appearance)
        self.setup, self.feed = setup, feed
        self.feed_ready = False
        self.eager = False  # whether all missing boards are drawn at once, not a few per frame
        self.agent = 0  # index of the agent whose walks are shown
        self.marked = setup.marked  # index of the board with a frame
        self.experiments = Experiments(setup.request.steps)  # for the sliders
        self._pace = pace or Pace()
        self.playback = TasksPlayback(pace_for(setup.request.steps, self._pace))
        self._numbers = itertools.count() if numbers is None else numbers
        self._first = setup.first
        self._mouse: tuple[int, int] | None = None
        self._frame: ManyFrame | None = None
        self.own: TasksRun | None = None  # with the agents' own settings, to compare
        self.run = self._start(setup.request)

    # --- the runs

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that are shown."""
        return shown_tasks(self.setup.tasks, self._first)

    def settings_in_force(self) -> str:
        """Return the settings that are not the agents' own, in words."""
        request = self.run.asked.request
        return settings_in_force(self.setup.usual, request, request.steps)

    def _start(self, request: Request) -> TasksRun:
        """Send a request for the tasks that are shown, under a new number. Return its run."""
        tasks = self.tasks
        asked = TasksRequest(replace(request, number=next(self._numbers), task=tasks[0]), tasks)
        self.feed.request(asked)
        return TasksRun(asked)

    def _restart(self, request: Request) -> None:
        """Replace the run by that of a request. What can be compared with it stays as a ghost."""
        if self.run.finished and not self.run.failure and not self.settings_in_force():
            self.own = self.run
        paused = self.playback.paused
        self.run = self._start(request)
        self.playback = TasksPlayback(pace_for(request.steps, self._pace))
        self.playback.paused = paused
        if self.own and not (self.own.finished and self._is_comparable(self.own)):
            self.own = None

    def _own_request(self) -> Request:
        """Return the request with the agents' own settings."""
        request, steps = self.run.asked.request, self.setup.usual.steps
        return replace(request, step_size=1.0, episodes=None, steps=steps)

    def _is_comparable(self, own: TasksRun) -> bool:
        """Whether a run has the tasks and the seed of the one on screen."""
        ours, theirs = self.run.asked, own.asked
        same_tasks = [t.id for t in ours.tasks] == [t.id for t in theirs.tasks]
        return same_tasks and ours.request.seed == theirs.request.seed

    def _compute_ghost(self) -> None:
        """Once the run is finished, adapt with the agents' own settings, if others are in force."""
        done = self.run.finished and not self.run.failure
        if done and self.own is None and self.settings_in_force():
            self.own = self._start(self._own_request())

    # --- actions of the keys

    def toggle_pause(self) -> None:
        """Pause the walks, or let them go on."""
        self.playback.paused = not self.playback.paused

    def change_step(self, by: int) -> None:
        """Show another adaptation step, if it has arrived."""
        arrived = len(self.run.steps[self.agent])
        if arrived:
            self.playback.go_to(min(self.playback.step + by, arrived - 1))

    def rewind(self) -> None:
        """Show the time before adaptation again."""
        self.playback.go_to(0)

    def mark(self, by: int) -> None:
        """Mark another board."""
        self.marked = (self.marked + by) % len(self.tasks)

    def watch(self) -> None:
        """Watch the agents adapt to the marked task."""
        task = self.tasks[self.marked]
        names = list(self.run.asked.request.agents)
        agents = (names.pop(self.agent), *names)
        request = replace(self.run.asked.request, task=task, agents=agents)
        self.navigation = Navigation("watch", task=task, request=request)

    def restart(self) -> None:
        """Adapt to the same tasks again, with a new seed."""
        request = self.run.asked.request
        self._restart(replace(request, seed=request.seed + 1))

    @property
    def _shows_all(self) -> bool:
        """Whether all tasks of the split are on screen."""
        return len(self.setup.tasks) <= MOST_TASKS

    def next_tasks(self) -> None:
        """Adapt to the next tasks of the split; after its last task comes its first."""
        if self._shows_all:
            self.notice = Notice(*ALL_SHOWN, transient=True)
            return
        self._first = (self._first + MOST_TASKS) % len(self.setup.tasks)
        self.marked, self._frame = 0, None
        self._restart(self.run.asked.request)

    def switch_agent(self) -> None:
        """Show the walks of the next agent."""
        count = len(self.run.steps)
        if count == 1:
            self.notice = Notice("There is no other agent to watch", NO_OTHER, transient=True)
            return
        self.agent, self._frame = (self.agent + 1) % count, None
        self.change_step(0)

    def open_gallery(self) -> None:
        """Open the gallery at the marked task."""
        self.navigation = Navigation("gallery", task=self.tasks[self.marked])

    def toggle_sliders(self) -> None:
        """Open or close the sliders of the adaptation."""
        self.experiments.toggle_sliders(self.run.asked.request)

    def change_slider(self, down: int, right: int) -> None:
        """Select another slider, or move the selected one."""
        sliders = self.experiments.sliders
        if sliders:
            sliders.choose(down)
            if right and sliders.move(right):
                self._restart(self.experiments.slider_request(self.run.asked.request))

    def reset_settings(self) -> None:
        """Adapt again with the agents' own settings."""
        self.experiments.steps = self.setup.usual.steps
        self._restart(self._own_request())
        if self.experiments.sliders:
            self.experiments.sliders = None
            self.toggle_sliders()

    def all_keys(self) -> list[Key]:
        """Return all keys. Some differ while the sliders are open, and where no tasks are left."""
        now: tuple[Key, ...] = SLIDER_KEYS if self.experiments.sliders else ()
        now = (*now, ALL_SHOWN_KEY) if self._shows_all else now
        caps = {key.cap for key in now}
        return [*now, *(key for key in super().all_keys() if key.cap not in caps)]

    # --- events and time

    def on_event(self, event: pygame.event.Event) -> None:
        """Handle the mouse: move a slider, watch the task or go to the step that is clicked."""
        if event.type == pygame.MOUSEMOTION:
            self._mouse = event.pos
            if event.buttons[0]:
                self._move_slider(event.pos)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._mouse = event.pos
            if not self._move_slider(event.pos):
                self._click(event.pos)

    def _move_slider(self, at: tuple[int, int]) -> bool:
        """Move the slider at a place. Return whether the place is on the card of sliders."""
        sliders = self.experiments.sliders
        moved = sliders.click(at) if sliders else None
        if moved:
            self._restart(self.experiments.slider_request(self.run.asked.request))
        return moved is not None

    def _click(self, at: tuple[int, int]) -> None:
        """Watch the task whose board is at a place, or go to the step of the point there."""
        board = self._frame.boards.at(at) if self._frame else None
        point = self._frame.point_at(at) if self._frame else None
        if board is not None:
            self.marked = board
            self.watch()
        elif point:
            self.playback.go_to(min(point[1], len(self.run.steps[self.agent]) - 1))

    def update(self, seconds: float) -> None:
        """Take the feed's messages and advance by a number of seconds. Never blocks."""
        for message in self.feed.poll():
            self.feed_ready = self.feed_ready or isinstance(message, (Ready, TasksStepped))
            self.run.take(message)
            if self.own:
                self.own.take(message)
        self._compute_ghost()
        arrived = self.run.steps[self.agent]
        self.playback.advance(seconds, len(arrived), self._longest())

    def _longest(self) -> int:
        """Return the number of moves of the longest walk on screen."""
        steps = self.run.steps[self.agent]
        if not steps:
            return 0
        paths = steps[self.playback.step].paths
        walk = paths[:, self.playback.walk % paths.shape[1]]
        return max(int((walk >= 0).sum(-1).max()) - 1, 1)

    def on_suspend(self) -> None:
        """Free the pictures."""
        self._frame = None

    def on_resume(self) -> None:
        """Start a run again that another screen's request has cut short."""
        if self.own and not self.own.finished:
            self.own = None
        if not self.run.finished:
            self._restart(self.run.asked.request)

    # --- for the guided tour

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places that the tour can point at."""
        return super().anchors() | (self._frame.anchors() if self._frame else {})

    def is_ready(self) -> bool:
        """Whether all adaptation steps have arrived."""
        return self.run.finished

    def is_over(self) -> bool:
        """Whether all adaptation steps have been shown, beside the agents' own where needed."""
        has_ghost = not self.settings_in_force() or bool(self.own and self.own.finished)
        shown = self.playback.furthest >= self.run.asked.request.steps
        return self.run.finished and has_ghost and shown

    # --- texts and drawing

    def sentence(self, brief: bool = False) -> str:
        """Return the header's sentence: what is on screen."""
        order = [self.agent, *(i for i in range(len(self.run.steps)) if i != self.agent)]
        step, shown = self.playback.step, []
        for steps in (self.run.steps[i] for i in order):
            if not steps:
                break
            shown.append(steps[min(step, len(steps) - 1)])
        names = [self.setup.usual.agents[i] for i in order]
        return sentence(self.setup, self.run.asked.tasks, names, shown, brief)

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences on screen that may name keys."""
        request = self.run.asked.request
        settings = settings_in_force(self.setup.usual, request, request.steps)
        failure = START_OVER if self.run.failure else ""
        return (*super().sentences(), reset_hint(settings), failure)

    def facts(self) -> PanelFacts:
        """Return everything that the panel shows at this moment."""
        return many_facts(
            self.setup,
            self.run,
            self.own,
            self.playback,
            self._first,
            self.agent,
            self.feed_ready,
        )

    def walks(self) -> list[BoardWalks]:
        """Return what the boards show at this moment; [] before the first step has arrived."""
        steps = self.run.steps[self.agent]
        if not steps:
            return []
        now = steps[self.playback.step]
        return [
            BoardWalks(paths, float(score), int(change))
            for paths, score, change in zip(now.paths, now.scores, now.changes)
        ]

    def body_snapshot(self) -> object:
        """Return the positions, what has arrived, and the states of mouse and sliders."""
        playback, sliders = self.playback, self.experiments.sliders
        moment = playback.step, playback.walk, playback.clock, playback.paused, playback.furthest
        arrived = self.run.number, self.run.progress, self.run.failure, self.feed_ready
        ghost = self.own and self.own.progress
        painted = self._frame.boards.painted if self._frame else None
        moved = sliders and (sliders.chosen, *(slider.at for slider in sliders.sliders))
        return moment, arrived, ghost, painted, moved, self._mouse, self.marked, self.agent

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw boards and panel."""
        size = surface.get_size()
        type, walks = self.appearance.typeset(size), self.walks()
        sliders = self.experiments.sliders
        below = sliders.height(type) + type.unit if sliders else 0
        footer = self.footer_height(size[0], type)
        key = ManyFrameKey(size, type, self._first, self.agent, footer, below)
        if self._frame is None or self._frame.key != key:
            hue = type.palette.agents[self.agent]
            self._frame = ManyFrame(key, self.tasks, hue, self._frame)
        frame, playback = self._frame, self.playback
        words = self.facts(), self.sentence(size[0] < NARROW), self.footer_caps()
        with type.noting() as written:
            lines = TALL_PLOT if self.pointed_at == "chart" else PLOT
            frame.refresh_texts(*words, lines, self.draw_footer)
        self._noted = written or self._noted
        surface.blit(frame.background, (0, 0))
        frame.boards.paint((self.run.number, playback.step), walks, 60 if self.eager else PAINTING)
        moves = playback.moves_made(self._longest())
        frame.boards.draw(surface, walks, playback.walk, moves, self.marked)
        if sliders and frame.slider_area:
            sliders.draw(surface, frame.slider_area, type)
        if self.run.failure:
            draw_notice(surface, frame.main, "The adaptation failed", self.run.failure, type)
        elif self._mouse:
            self._draw_tip(surface, frame, self._mouse, walks, type)

    def _draw_tip(
        self,
        surface: pygame.Surface,
        frame: ManyFrame,
        mouse: tuple[int, int],
        walks: list[BoardWalks],
        type: Typeset,
    ) -> None:
        """Draw the tip for the board or the point of the plot at the mouse, if there is one."""
        board, point = frame.boards.at(mouse), frame.point_at(mouse)
        if board is not None and walks:
            before = float(self.run.steps[self.agent][0].scores[board])
            tip = board_tip(self.tasks[board], walks[board].score, before)
            draw_tip(surface, mouse, tip, type)
        elif point:
            agent, step = point
            tip = point_tip(self.setup.usual.agents[agent], self.run.steps[agent][step])
            draw_tip(surface, mouse, tip, type)


# fmt: off
ALL_SHOWN_KEY = Key("N", "next tasks: all are on screen", (pygame.K_n,), ManyScreen.next_tasks, priority=2, short="next tasks", group="go")
KEYS: tuple[Key, ...] = (
    #   cap      text                        codes              action
    Key("Space", "pause or continue",        (pygame.K_SPACE,), ManyScreen.toggle_pause, is_on=lambda page: page.playback.paused, short="pause", group="time"),
    Key("←",     "previous adaptation step", (pygame.K_LEFT,),  lambda page: page.change_step(-1), short="", group="time"),
    Key("→",     "next adaptation step",     (pygame.K_RIGHT,), lambda page: page.change_step(1), short="step", group="time"),
    Key("↑",     "mark the previous task",   (pygame.K_UP,),    lambda page: page.mark(-1), priority=2, short="", group="look"),
    Key("↓",     "mark the next task",       (pygame.K_DOWN,),  lambda page: page.mark(1), priority=2, short="mark", group="look"),
    Key("Enter", "watch the marked task (or click a board)", ENTER, ManyScreen.watch, priority=1, short="watch task", group="go"),
    Key("Home",  "rewind",                   (pygame.K_HOME,),  ManyScreen.rewind, priority=2, group="time"),
    Key("R",     "start over with a new seed", (pygame.K_r,),   ManyScreen.restart, priority=1, short="new seed"),
    Key("N",     f"next {MOST_TASKS} tasks", (pygame.K_n,),     ManyScreen.next_tasks, group="go"),
    Key("W",     "watch the next agent",     (pygame.K_w,),     ManyScreen.switch_agent, priority=1, short="next agent", group="go"),
    Key("X",     "sliders: step size, episodes, steps", (pygame.K_x,), ManyScreen.toggle_sliders, priority=1, is_on=lambda page: page.experiments.sliders is not None, short="sliders"),
    Key("Bksp",  "reset the sliders to the agent's own settings", (pygame.K_BACKSPACE,), ManyScreen.reset_settings, priority=2, short="reset sliders"),
    Key("G",     "gallery: choose another level, agent or mode", (pygame.K_g,), ManyScreen.open_gallery, priority=1, short="gallery", group="go"),
)
# fmt: on
ManyScreen.keys = KEYS
