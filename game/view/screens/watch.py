"""The watch screen: agents adapt to one task after the other.

`WatchScreen` knows nothing of windows: it handles events, advances in time and draws onto any
surface. So the window, the pictures written without a display and the tests run the same code.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pygame

from game.session.messages import (
    AgentNote,
    Failed,
    Feed,
    Finished,
    Message,
    Ready,
    Request,
    Stepped,
)
from game.session.trace import AdaptationTrace
from game.tasks.task import Task
from game.text.tiles import GOAL
from game.view.draw.overlays import Overlay
from game.view.draw.pane import GLANCE
from game.view.draw.panel import PLOT, TALL_PLOT, PanelFacts
from game.view.draw.term_spots import TermSpot
from game.view.draw.theme import Appearance, NotedText, Typeset
from game.view.draw.waiting_bar import waiting_phase
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import BaselineCache
from game.view.model.playback import SPEEDS, Pace, PlaybackPosition
from game.view.model.slow_motion import SlowMoment, SlowStep, slow_step
from game.view.screens.first_doors import DOOR_KEYS, WELCOME
from game.view.screens.key_binding import Key
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice
from game.view.screens.screen import Screen
from game.view.screens.slider_keys import SLIDER_KEYS
from game.view.screens.watch_experiments import Experiments
from game.view.screens.watch_frame import FrameKey, WatchFrame
from game.view.screens.watch_keys import GOAL_KEYS, KEYS, SLOW_KEYS
from game.view.screens.watch_run import AdaptationRun, WatchSetup
from game.view.screens.watch_texts import (
    START_OVER,
    header_text,
    panel_facts,
    reset_hint,
    settings_in_force,
    slow_text,
)

NO_PLACE = "It can be on any plain floor that every start leads to."
NO_OTHER = "Choose agents in the gallery (key G), or name some with --versus."
NOT_YET = "It begins once the first adaptation step has arrived."
NO_GOAL = ("There is no goal to move", "The goal of this level is every box on a target.")


class WatchScreen(Screen):
    """Watch agents adapt to one task after the other."""

    def __init__(
        self,
        setup: WatchSetup,
        feed: Feed,
        pace: Pace | None = None,
        appearance: Appearance | None = None,
        side_by_side: bool = False,
        numbers: Iterator[int] | None = None,
        jobs: BackgroundJobs | None = None,
        has_doors: bool = False,
    ) -> None:
        """The screens of one feed share `numbers`, the numbers of requests. Without `jobs`,
        baselines are computed at once. `has_doors` makes it the first screen, with its doors."""
        super().__init__(appearance)
        welcomes = has_doors and setup.learned  # scratch has a sentence of its own
        self.setup = replace(setup, sentence=WELCOME) if welcomes else setup
        self.feed, self.has_doors = feed, has_doors
        self.pace = pace or Pace()
        self.feed_ready = False
        self.side_by_side = side_by_side and len(setup.agents) > 1
        self.eager = False  # whether all missing thumbnails are drawn at once, not one per frame
        self.active_overlays: list[Overlay] = []  # the header explains the last one
        self._numbers = itertools.count() if numbers is None else numbers
        self._task_index = 0
        self._age = 0.0  # seconds
        self._mouse: tuple[int, int] | None = None
        self._frame: WatchFrame | None = None
        self._cache = BaselineCache(jobs)
        self.run = self._start(setup.request or self._default_request())
        self.experiments = Experiments(self.run.steps)
        self.ghost: AdaptationTrace | None = None  # with the agent's own settings, to compare
        self.slow: SlowMoment | None = None  # while a step is shown in slow motion
        self._slow_step: SlowStep | None = None  # the one that was shown last

    @property
    def task(self) -> Task:
        """The task of the set-up that is watched."""
        return self.setup.tasks[self._task_index]

    def all_keys(self) -> list[Key]:
        """Return all keys. Some differ while the goal is being moved, the sliders are open, or a
        step is shown in slow motion."""
        sliders = SLIDER_KEYS if self.experiments.sliders else ()
        now = GOAL_KEYS if self.experiments.goal else sliders or (SLOW_KEYS if self.slow else ())
        now = (*now, *DOOR_KEYS) if self.has_doors else now
        caps = {key.cap for key in now}
        return [*now, *(key for key in super().all_keys() if key.cap not in caps)]

    # --- actions: which adaptation is watched, and how

    def pause(self) -> None:
        """Pause the playback, or let it go on."""
        self.run.playback.paused = not self.run.playback.paused

    def restart(self) -> None:
        """Adapt to the same task again, with a new seed and without changes of the task."""
        request = replace(self.run.request, steps=self.experiments.steps, changes=())
        self._restart(replace(request, seed=self.run.seed + 1))

    def next_task(self) -> None:
        """Adapt to the next task; the first one follows the last."""
        self._task_index = (self._task_index + 1) % len(self.setup.tasks)
        before = self.run.request
        self._restart(
            replace(
                self._default_request(),
                steps=self.experiments.steps,
                episodes=before.episodes,
                step_size=before.step_size,
            )
        )

    def toggle_slow_motion(self) -> None:
        """Show the watched agent's inner loop in slow motion, or end that.

        It begins at the adaptation step on screen, or at the last one that has a next one.
        """
        position = self.run.playback.position()
        if self.slow:
            self.slow = None
        elif position and self.run.planned:
            self.side_by_side = False
            self.experiments.goal = self.experiments.sliders = None  # whose keys are others
            self._show_slowly(min(position.step, max(0, self.run.steps - 1)))
        else:
            self.notice = Notice("Nothing to show in slow motion yet", NOT_YET, transient=True)

    def _show_slowly(self, step: int, phase: int = 0) -> None:
        """Begin a phase of an adaptation step in slow motion; -1 is its last phase."""
        self.run.playback.go_to(step)
        self.slow = SlowMoment(step)
        self.slow = SlowMoment(step, phase % len(self.slow_step().phases))

    def slow_step(self) -> SlowStep:
        """Return the step that is shown in slow motion."""
        assert self.slow
        run, step = self.run, self.slow.step
        changes = {change.step for change in run.request.changes}
        steps, same_task = run.traces[0].steps, step + 1 not in changes
        self._slow_step = slow_step(steps, step, same_task, self._slow_step)
        return self._slow_step

    def change_slow_phase(self, by: int) -> None:
        """Go to another phase of the slow motion, across the ends of adaptation steps."""
        assert self.slow
        slow, phase = self.slow_step(), self.slow.phase + by
        if 0 <= phase < len(slow.phases):
            self.slow = SlowMoment(self.slow.step, phase)
        elif phase < 0 and self.slow.step:
            self._show_slowly(self.slow.step - 1, -1)
        elif phase > 0 and self.slow.step + 1 < min(self.run.steps, self.run.playback.arrived):
            self._show_slowly(self.slow.step + 1)

    def toggle_side_by_side(self) -> None:
        """Show all agents on boards side by side, or only the first one."""
        self.slow = None
        self.side_by_side = not self.side_by_side and len(self.setup.agents) > 1
        self._frame = None

    def switch_agent(self) -> None:
        """Watch the next agent adapt, with the others beside it."""
        first, *others = self.run.request.agents
        if others:
            request = replace(self.run.request, agents=(*others, first))
            self.navigation = Navigation("switch", agents=request.agents, request=request)
        else:
            self.notice = Notice("There is no other agent to watch", NO_OTHER, transient=True)

    def open_gallery(self) -> None:
        """Open the gallery at this task."""
        self.navigation = Navigation("gallery", task=self.run.task)

    def play(self) -> None:
        """Open the play screen with this task."""
        self.navigation = Navigation("play", task=self.run.task)

    def edit(self) -> None:
        """Open the editor with this level."""
        self.navigation = Navigation("edit", task=self.run.task)

    def duel(self) -> None:
        """Open the play screen with this task, against the agent with its step size in force."""
        self.navigation = Navigation("duel", task=self.run.task, request=self.run.request)

    def show_many(self) -> None:
        """Show the agents on many tasks of the pack at once, with the settings in force."""
        request = replace(self.run.request, steps=self.experiments.steps, changes=())
        self.navigation = Navigation("many", task=self.run.task, request=request)

    def film(self) -> None:
        """Ask the app for a GIF of this adaptation."""
        self.navigation = Navigation("film", request=self.run.request)

    def save_page(self) -> None:
        """Ask the app for a page of this adaptation, to be opened in a browser."""
        self.navigation = Navigation("page", request=self.run.request)

    def copy_replay_line(self) -> None:
        """Ask the app to copy the line of text that replays this adaptation."""
        self.navigation = Navigation("copy", request=self.run.request)

    # --- actions: experiments

    def forget(self) -> None:
        """Reset the agent to its state before adaptation, from the next step on."""
        self._change(None)

    def pick_up_goal(self) -> None:
        """Begin to move the goal by arrow keys or mouse, or say that there is none to move."""
        self._pick_up_goal(None)

    def _pick_up_goal(self, cell: tuple[int, int] | None) -> None:
        """Begin to move the goal in a cell, or else the first one."""
        self.slow = None
        self.experiments.pick_up_goal(self.run, cell)
        if not self.run.phase.task.level.find(GOAL):
            self.notice = Notice(*NO_GOAL, transient=True)

    def put_goal_down(self) -> None:
        """Put the goal into the cell that it was moved to, or explain why it cannot be there."""
        cell, self.experiments.goal = self.experiments.goal, None
        if cell is None or cell in self.run.phase.task.level.find(GOAL):
            return
        if self.experiments.can_place(self.run, cell):
            self._change(cell)
        else:
            self.notice = Notice("The goal stays where it was", NO_PLACE, transient=True)

    def cancel_goal_move(self) -> None:
        """Leave the goal in its old cell."""
        self.experiments.goal = None

    def toggle_sliders(self) -> None:
        """Open or close the sliders of the adaptation."""
        self.slow = None
        self.experiments.toggle_sliders(self.run.request)

    def change_slider(self, down: int, right: int) -> None:
        """Select another slider, or move the selected one."""
        sliders = self.experiments.sliders
        if sliders:
            sliders.choose(down)
            if right and sliders.move(right):
                self._apply_sliders()

    def _apply_sliders(self) -> None:
        """Adapt again with the values of the sliders; the agent's own curve stays as a ghost."""
        ghost = self._ghost_of_next()
        request = self.experiments.slider_request(self.run.request)
        self._restart(request, self.run.playback.paused)
        self.ghost = ghost if self.settings_in_force() else None

    def _ghost_of_next(self) -> AdaptationTrace | None:
        """Return the adaptation to this task with the agent's own settings, if it was seen."""
        run = self.run
        seen = run.planned and run.traces[0].steps and not run.request.changes
        return run.traces[0] if seen and not self.settings_in_force() else self.ghost

    def settings_in_force(self) -> str:
        """Return the settings that are not the agent's own, in words."""
        return settings_in_force(self.setup, self.run.request, self.experiments.steps)

    def reset_settings(self) -> None:
        """Adapt again with the agent's own settings."""
        self.experiments.steps = steps = self.setup.steps
        own = replace(self.run.request, step_size=1.0, episodes=None, steps=steps, changes=())
        self._restart(own, self.run.playback.paused)
        if self.experiments.sliders:
            self.experiments.sliders = None
            self.toggle_sliders()

    def _change(self, goal: tuple[int, int] | None) -> None:
        """From the next step on, move the goal, or make the agent forget if `goal` is None.

        The steps up to the one on screen are kept.
        """
        old, position = self.run, self.run.playback.position()
        request = self.experiments.change_request(old, goal)
        if request and position:
            self._restart(request, old.playback.paused)
            self.run.continue_from(old, position.step)

    # --- events and time

    def on_event(self, event: pygame.event.Event) -> None:
        """Handle the mouse: drag the goal or a slider, or go to the step that is clicked."""
        if event.type == pygame.MOUSEMOTION:
            self._mouse = event.pos
            if event.buttons[0]:
                self._drag(event.pos)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            if self.experiments.goal:
                self.put_goal_down()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._mouse = event.pos
            self._click(event.pos)

    def _drag(self, mouse: tuple[int, int]) -> None:
        experiments = self.experiments
        if experiments.goal:
            cell = self._frame.cell_at(mouse) if self._frame else None
            experiments.goal = cell or experiments.goal
        elif experiments.sliders and experiments.sliders.click(mouse):
            self._apply_sliders()

    def _click(self, mouse: tuple[int, int]) -> None:
        sliders = self.experiments.sliders
        moved = sliders.click(mouse) if sliders else None
        if moved:
            self._apply_sliders()
        if moved is not None or self._frame is None:
            return
        cell, step = self._frame.cell_at(mouse), self._frame.step_at(mouse)
        if cell is not None:
            self._pick_up_goal(cell)
        if step is not None:
            self.run.playback.go_to(step)

    def update(self, seconds: float) -> None:
        """Take the feed's messages and advance by a number of seconds. Never blocks."""
        for message in self.feed.poll():
            self._take(message)
        self.run.fetch_baselines()
        self.run.playback.shown = len(self.setup.agents) if self.side_by_side else 1
        if self.slow:
            self._advance_slowly(seconds)
        else:
            self.run.playback.advance(seconds if self.run.planned else 0.0)
        self._age += seconds

    def _advance_slowly(self, seconds: float) -> None:
        """Advance the slow motion by a number of seconds, at the speed of the playback."""
        playback = self.run.playback
        if self.slow and not playback.paused:
            speed = min(playback.speed, SPEEDS[-2])
            self.slow = self.slow.advanced(self.slow_step(), seconds * speed)

    def _take(self, message: Message) -> None:
        """Store a message of the feed; those of earlier runs are ignored."""
        if isinstance(message, Ready):
            self.feed_ready = True
        elif message.number not in (None, self.run.number):
            return
        elif isinstance(message, AgentNote):
            self.run.traces[message.agent].note = message.text
        elif isinstance(message, Stepped):
            self.run.add_step(message.agent, message.step)
        elif isinstance(message, Failed):
            self.run.failure = message.text
        elif isinstance(message, Finished):
            self.run.finished = True

    def on_suspend(self) -> None:
        """Free the frame's pictures."""
        self._frame = None

    def on_resume(self) -> None:
        """Start a run again that another screen's request has cut short."""
        if not self.run.finished:
            self._restart(self.run.request)

    def _default_request(self) -> Request:
        """Return the request to adapt to the task as the set-up says."""
        setup, agents = self.setup, self.setup.agent_ids or self.setup.agents
        pack = setup.pack
        return Request(0, self.task, setup.seed, setup.steps, agents, pack, path=setup.path)

    def _start(self, request: Request) -> AdaptationRun:
        """Send a request under a new number, unless its task is too large. Return its run."""
        request = replace(request, number=next(self._numbers))
        run = AdaptationRun(request, self._cache, self.setup, self.pace)
        if not run.failure:
            self.feed.request(request)
        return run

    def _restart(self, request: Request, paused: bool = False) -> None:
        """Replace the run by that of a request, at the same speed."""
        speed = self.run.playback.speed_index
        self.run, self.ghost, self.slow = self._start(request), None, None
        self.run.playback.speed_index = speed
        self.run.playback.paused = paused
        self._frame = None

    # --- for the guided tour

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places that the tour can point at."""
        frame = self._frame
        return super().anchors() | (frame.anchors() if frame else {})

    def is_ready(self) -> bool:
        """Whether all adaptation steps have arrived."""
        return self.run.planned and self.run.finished

    def is_over(self) -> bool:
        """Whether the last adaptation step, or phase in slow motion, has been shown."""
        if self.slow:
            return self.slow.phase + 1 == len(self.slow_step().phases)
        return self.run.finished and self.run.playback.furthest >= self.run.steps

    def term_at(self, at: tuple[int, int]) -> TermSpot | None:
        """Return the term at a point, unless a point of the plot has its own tip there."""
        has_tip = self._frame is not None and self._frame.point_at(at) is not None
        return None if has_tip else super().term_at(at)

    def noted_texts(self) -> list[NotedText]:
        """Return the texts on screen, if it has been drawn."""
        return self._frame.noted_texts() if self._frame else []

    # --- texts and drawing

    def sentence(self, short: bool = False) -> str:
        """Return the header's text, without the explanation of an overlay."""
        return header_text(self.setup, self.run, self.experiments.goal is not None, short)

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences on screen that may name keys."""
        settings = reset_hint(self.settings_in_force())
        failure = START_OVER if self.run.failure else ""
        return (*super().sentences(), self.sentence(), settings, failure)

    def facts(self) -> PanelFacts:
        """Return everything that the panel shows at this moment."""
        percent = not self.appearance.plots_returns
        facts = panel_facts(
            self.setup,
            self.run,
            self.feed_ready,
            not self.side_by_side,
            percent,
            self.settings_in_force(),
            self.ghost,
            self._waiting(),
        )
        return replace(facts, doing="in slow motion", trail=None) if self.slow else facts

    def _waiting(self) -> int | None:
        """Return the position of the waiting bar's part, or None once there is something to show."""
        run = self.run
        is_waiting = not run.failure and not (run.planned and run.playback.position())
        return waiting_phase(self._age) if is_waiting else None

    def body_snapshot(self) -> object:
        """Return the positions, what has arrived, and the states of mouse, goal and sliders."""
        run, playback, experiments = self.run, self.run.playback, self.experiments
        positions = tuple(playback.position(i) for i in range(playback.shown))
        glances = None if positions[0] else int(self._age / GLANCE)  # a waiting agent looks around
        thumbnails = sum(one.count for one in self._frame.timelines) if self._frame else 0
        arrived = run.failure, run.planned, run.finished, self.feed_ready
        sliders = experiments.sliders and (
            experiments.sliders.chosen,
            *(slider.at for slider in experiments.sliders.sliders),
        )
        mouse = self._mouse, experiments.goal, sliders
        pace = playback.furthest, playback.speed, self._waiting()
        return run.number, positions, glances, arrived, pace, thumbnails, mouse, self.slow

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw boards, timelines and panel."""
        type = self.appearance.typeset(surface.get_size())
        frame = self._frame = self._current_frame(surface.get_size(), type)
        positions = [self.run.playback.position(pane.agent) for pane in frame.panes]
        self._refresh_texts(frame, positions[0])
        percent = not self.appearance.plots_returns
        if self.slow:
            frame.draw_slowly(surface, self.slow_step(), self.slow)
        else:
            frame.draw(surface, positions, self.active_overlays, self._age, self.eager, percent)
        goal, sliders = self.experiments.goal, self.experiments.sliders
        if goal:
            for pane in frame.panes:
                pane.draw_carried(surface, goal, self.experiments.can_place(self.run, goal))
        if sliders and frame.slider_area:
            sliders.draw(surface, frame.slider_area, type)
        if self.run.failure:
            frame.draw_failure(surface)
        elif self._mouse:
            frame.draw_tip(surface, self._mouse)

    def cell_box(self, cell: tuple[int, int]) -> pygame.Rect | None:
        """Return where the first board shows a cell."""
        if self._frame is None:
            return None
        pane = self._frame.panes[0]
        return pane.board.box(cell, pane.where.board)

    def _current_frame(self, size: tuple[int, int], type: Typeset) -> WatchFrame:
        """Return the frame for this moment, a new one if the old one's key has changed."""
        boards = len(self.setup.agents) if self.side_by_side else 1
        sliders = self.experiments.sliders
        below = sliders.height(type) + type.unit if sliders else 0
        footer = self.footer_height(size[0], type)
        key = FrameKey(size, type, self.run.phase, boards, footer, below, self.has_doors)
        if self._frame and self._frame.key == key:
            return self._frame
        return WatchFrame(key, self.run, self.setup.families, self._frame)

    def _refresh_texts(self, frame: WatchFrame, position: PlaybackPosition | None) -> None:
        """Draw the texts again if they have changed."""
        facts, sentences = self.facts(), self._explained(frame, position)
        lines = TALL_PLOT if self.pointed_at == "chart" else PLOT
        texts = facts, sentences, self.footer_caps(), lines
        if frame.texts != texts:
            frame.texts, frame.plot_lines = texts, lines
            frame.draw_texts(facts, sentences, self.draw_footer)
            self._key_boxes += zip(frame.doors, DOOR_KEYS)

    def _explained(self, frame: WatchFrame, position: PlaybackPosition | None) -> tuple[str, ...]:
        """Return the header's text, and a shorter one for where it has no room.

        The last overlay's explanation comes before the usual sentence.
        """
        overlays = self.active_overlays
        if self.slow:
            return (slow_text(self.slow_step(), self.slow, frame.has_captions),)
        if not overlays or position is None or self.experiments.goal or not self.run.planned:
            return self.sentence(), self.sentence(short=True)
        return (frame.panes[0].layer(overlays[-1], position, len(overlays) == 1)[1],)


WatchScreen.keys = KEYS
