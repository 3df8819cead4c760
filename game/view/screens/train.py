"""The train screen: an agent is meta-trained before one's eyes.

On the right the curve of adaptation on validation tasks rises over its own past; on the board the
learner as it is at the moment adapts to one of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pygame

from game.session.messages import (
    Begun,
    Evaluated,
    Failed,
    Feed,
    Finished,
    Message,
    Ready,
    Stepped,
    Stop,
    Trained,
    TrainRequest,
)
from game.session.trace import AdaptationStep, AdaptationTrace
from game.view.draw import hud
from game.view.draw.board import Board, grid_size
from game.view.draw.layout import Heights, Layout, arrange
from game.view.draw.overlays import OVERLAYS, Overlay
from game.view.draw.pane import Pane, Timeline
from game.view.draw.plot import Axes, Curve, draw_plot, draw_strip
from game.view.draw.theme import Appearance, Typeset
from game.view.model.baselines import PlannedTask, plan_task
from game.view.model.playback import Pace, Playback
from game.view.screens.screen import Key, Navigation, Screen
from game.view.screens.watch import overlay_key

MOST_PAST = 14  # curves of the past that are drawn
PALEST, FAINTEST = 0.45, 0.8  # how far the youngest and the oldest of them go towards the paper
TELL_EACH = 0.25  # seconds between two changes of the numbers
HURRIED = Pace(
    moves_per_second=10.0, longest=0.9, glide=0.08, rest=0.25, first_episodes=1, episodes=1
)
LEARNING = "Meta-training: from nothing to a policy that learns a new level in a few steps."
DONE = "Trained, and saved: Enter shows how it adapts to levels that it has never seen."
STOPPED = "Stopped, and saved: Enter shows how the agent so far adapts to unseen levels."
STATES = {  # fields of the palette
    "loading": "muted",
    "learning": "agent",
    "saving": "muted",
    "trained": "goal",
    "stopped": "muted",
    "failed": "alert",
}


@dataclass(frozen=True)
class Past:
    """What the learner reached: mean scores after each of its adaptation steps."""

    iteration: int
    share: float  # of training that was done
    scores: tuple[float, ...]


@dataclass
class SampleAdaptation:
    """An adaptation to the sample task, as it is shown."""

    iteration: int
    trace: AdaptationTrace
    playback: Playback


@dataclass
class TrainFrame:
    """Pictures for one size of window and one sample; words are drawn again when they change."""

    key: object
    type: Typeset
    layout: Layout
    frame: pygame.Surface
    pane: Pane | None
    timeline: Timeline | None
    said: object = None


class TrainScreen(Screen):
    """Meta-train as a command line says, and show it."""

    def __init__(
        self,
        args: tuple[str, ...],
        feed: Feed,
        appearance: Appearance | None = None,
        numbers: Iterator[int] | None = None,
    ) -> None:
        super().__init__(appearance)
        self.args, self.feed = args, feed
        self._numbers = itertools.count() if numbers is None else numbers
        self.number = next(self._numbers)
        self.begun: Begun | None = None
        self.at: Trained | None = None  # how far it is
        self.past: list[Past] = []
        self.state_of_it = "loading"
        self.failure = ""
        self.active_overlays: list[Overlay] = []
        self.sample: SampleAdaptation | None = None  # on the board
        self.episodes = 1  # of an adaptation step
        self._next: SampleAdaptation | None = None  # that comes after it
        self._known = PlannedTask()  # of the sample
        self._validates = True  # whether the scores are those on validation tasks
        self._told: Trained | None = None  # what the numbers are of
        self._since = TELL_EACH  # seconds since they were changed
        self._age = 0.0
        self._then: Navigation | None = None  # where to go as soon as all is saved
        self._stage: TrainFrame | None = None
        feed.request(TrainRequest(self.number, args))

    # --- what the keys do

    def pause(self) -> None:
        """Stop the picture, or let it go on; training goes on meanwhile."""
        if self.sample:
            self.sample.playback.paused = not self.sample.playback.paused

    def next_step(self) -> None:
        """Go on to the next adaptation step of the sample."""
        if self.sample:
            self.sample.playback.next_step()

    def previous_step(self) -> None:
        """Go back to the adaptation step before."""
        if self.sample:
            self.sample.playback.previous_step()

    def watch(self) -> None:
        """End training, and watch the agent adapt to levels that it has never seen."""
        if self.begun and self.at:
            agents = (str(self.begun.out), "scratch")
            self._then = Navigation("watch", path=self.begun.pack, agents=agents)
            self._end()

    def leave(self) -> None:
        """End training, save it, and leave."""
        self._end()
        self.quit = True

    def _end(self) -> None:
        if self.going:
            self.state_of_it = "saving"
            self.feed.request(Stop(self.number))

    def resume(self) -> None:
        """Another screen's request has ended training, and saved it."""
        if self.going or self.state_of_it == "saving":
            self.state_of_it = "stopped"

    @property
    def going(self) -> bool:
        """Whether training goes on, or is about to."""
        return self.state_of_it in ("loading", "learning")

    # --- time

    def update(self, seconds: float) -> None:
        """Take what the feed has, and let time pass. Never blocks."""
        for message in self.feed.poll():
            self._take(message)
        self._age += seconds
        self._since += seconds
        if self._since >= TELL_EACH or not self.going:
            self._told, self._since = self.at, 0.0
        if self.sample:
            self.sample.playback.advance(seconds)
        if self._next and (self.sample is None or self._is_shown(self.sample)):
            self.sample, self._next = self._next, None
        if self._then and self.state_of_it in ("trained", "stopped"):
            self.navigation, self._then = self._then, None

    def _is_shown(self, sample: SampleAdaptation) -> bool:
        """Whether the next sample may take its place."""
        return sample.playback.complete and not sample.playback.paused

    def _take(self, message: Message) -> None:
        if isinstance(message, Ready | Stepped) or message.number not in (None, self.number):
            return
        if isinstance(message, Begun):
            self._begin(message)
        elif isinstance(message, Trained):
            self.at = message
        elif isinstance(message, Evaluated):
            self._look_back(message)
        elif isinstance(message, Failed):
            self.failure, self.state_of_it = message.text, "failed"
        elif isinstance(message, Finished):
            early = self.state_of_it == "saving"
            self.state_of_it = "stopped" if early else "trained"

    def _begin(self, begun: Begun) -> None:
        self.begun = begun
        if self.going:
            self.state_of_it = "learning"
        self._known = plan_task(begun.sample)

    def _look_back(self, looked: Evaluated) -> None:
        assert self.begun
        minutes = self.begun.minutes
        share = looked.seconds / (60 * minutes) if minutes else 0.0
        share = share or looked.iteration / self.begun.iterations
        steps = list(looked.steps)
        trace = self._trace(self.begun.learner, steps)
        self._validates = bool(looked.scores)
        scores = looked.scores or tuple(trace.score(step) for step in steps)
        self.past.append(Past(looked.iteration, min(share, 1.0), scores))
        self.episodes = steps[-1].episodes // max(1, len(steps) - 1)
        playback = Playback(len(steps) - 1, HURRIED)
        for step in steps:
            playback.add((step.moves[0] >= 0).sum(-1).tolist())
        self._next = SampleAdaptation(looked.iteration, trace, playback)

    def _trace(self, name: str, steps: list[AdaptationStep]) -> AdaptationTrace:
        return AdaptationTrace(name, self._known.random_return, self._known.optimal_return, steps)

    # --- what is said

    def sentence(self) -> str:
        """The header: what there is to see."""
        stage, position = self._stage, self.sample.playback.position() if self.sample else None
        if self.active_overlays and stage and stage.pane and position:
            return stage.pane.layer(
                self.active_overlays[-1], position, len(self.active_overlays) == 1
            )[1]
        told = {"trained": DONE, "stopped": STOPPED, "saving": "Saving what was learned…"}
        return told.get(self.state_of_it, LEARNING)

    def caption(self) -> str:
        """What is on the board."""
        sample, begun = self.sample, self.begun
        if sample is None or begun is None:
            return "A sample task, as soon as there is something to see."
        position = sample.playback.position()
        step = position.step if position else 0
        when = "before it adapts" if step == 0 else f"after {step} of {len(sample.trace.steps) - 1}"
        when += " steps" if step else ""
        who = f"the agent of iteration {sample.iteration:,}"
        return f"{begun.sample.name}, {self._where()}: {who}, {when}"

    def _where(self) -> str:
        return "held out for validation" if self._validates else "from training"

    def progress(self) -> tuple[str, str, str, float]:
        """Iteration, time, throughput, and the share that is done."""
        at, begun = self._told, self.begun
        if at is None or begun is None:
            doing = "the first iteration is under way…" if begun else "the learner is loading…"
            return "Iteration –", "", doing, 0.0
        iteration = f"Iteration {at.iteration:,}"
        iteration += "" if begun.minutes else f" of {begun.iterations:,}"
        time = clock(at.seconds) + (f" of {clock(60 * begun.minutes)}" if begun.minutes else "")
        seconds = max(at.seconds, 1e-9)
        rates = f"{at.iteration / seconds:.1f} iterations/s"
        rates += f"   {at.env_steps / seconds:,.0f} env steps/s   {millions(at.env_steps)} in all"
        return iteration, time, rates, at.progress

    def curves(self) -> list[Curve]:
        """The curve now, and some of those before, the older the paler."""
        *before, now = self.past
        last = len(before) - 1
        count = min(MOST_PAST, len(before))
        chosen = sorted({round(i * last / max(1, count - 1)) for i in range(count)})
        found = [self._curve(now.scores, "now", 0.0)]
        for i in reversed(chosen):
            fade = FAINTEST + (PALEST - FAINTEST) * (i / max(1, last))
            found.append(self._curve(before[i].scores, "" if i else "at first", fade))
        return found

    def _curve(self, scores: tuple[float, ...], name: str, fade: float) -> Curve:
        return Curve(name, tuple(self.episodes * k for k in range(len(scores))), scores, 0, fade)

    def history(self) -> dict[str, list[tuple[float, float]]]:
        """(share of training, score) before adaptation, after its first step and after its last."""
        steps = len(self.past[-1].scores) - 1
        names = {f"after step {steps}": steps, "after step 1": min(1, steps), "before": 0}
        return {
            name: [(past.share, past.scores[step]) for past in self.past]
            for name, step in names.items()
        }

    def axes(self) -> Axes:
        """Of scores, from the random policy's to the optimum."""
        lowest = min(min(past.scores) for past in self.past)
        steps = len(self.past[-1].scores) - 1
        return Axes(steps, self.episodes, 0.0, 1.0, span=(min(0.0, lowest), 1.0))

    # --- drawing

    def current(self) -> object:
        """How far training is, and the moment on the board."""
        sample = self.sample
        thumbs = self._stage.timeline.count if self._stage and self._stage.timeline else 0
        position = sample.playback.position() if sample else None
        return (
            self.state_of_it,
            self.failure,
            self._told,
            len(self.past),
            sample and (sample.iteration, sample.playback.paused),
            position,
            thumbs,
        )

    def draw_body(self, surface: pygame.Surface) -> None:
        """The board with the sample on it, and the panel with the curves."""
        type = self.appearance.typeset(surface.get_size())
        key = surface.get_size(), type, self.sample and self.sample.iteration, self.begun
        if self._stage is None or self._stage.key != key:
            self._stage = self._set_stage(surface.get_size(), type, key)
        stage = self._stage
        self._refresh(stage)
        surface.blit(stage.frame, (0, 0))
        if stage.pane:
            position = self.sample.playback.position() if self.sample else None
            stage.pane.draw(surface, position, self.active_overlays, self._age)
            if stage.timeline and self.sample and position:
                stage.timeline.make_one(len(self.sample.trace.steps) - 1)
                stage.timeline.draw(surface, position.step)
        if self.failure:
            rect = stage.layout.board
            hud.draw_notice(surface, rect, "Training has ended", self.failure, type)

    def _set_stage(self, size: tuple[int, int], type: Typeset, key: object) -> TrainFrame:
        level = self.begun.sample.level if self.begun else None
        footer = self.footer_height(max(size[0], 480) - 6 * type.unit, type)
        thumbs = min(10 * type.unit, size[1] // 9) + type.height("small")
        heights = Heights(
            hud.header_height(size[0], type),
            2 * type.height("small"),
            footer,
            timeline=thumbs if size[1] >= 40 * type.height("small") else 0,
        )
        grid = grid_size(level) if level else (9.0, 9.0)
        layout = arrange(size, grid, type.unit, heights, type.scale)
        frame = pygame.Surface(size)
        frame.fill(type.palette.paper)
        pane, timeline = None, None
        place = layout.boards[0]
        tables = self._known.tables
        if level and tables:
            board = Board(level, layout.cell, type.palette)
            frame.blit(board.surface, place.board)
            trace = self.sample.trace if self.sample else self._trace("", [])
            pane = Pane(trace, tables, board, place, type, 0, True)
            if self.sample and place.timeline.height:
                last = len(trace.steps) - 1
                timeline = Timeline(trace, lambda _: tables, place.timeline, last, 0, type)
        else:
            pygame.draw.rect(frame, type.palette.faint, place.board, border_radius=type.unit)
        return TrainFrame(key, type, layout, frame, pane, timeline)

    def _refresh(self, stage: TrainFrame) -> None:
        """Draw the words again, if they have changed."""
        said = (
            self.sentence(),
            self.caption(),
            self.progress(),
            len(self.past),
            self.state_of_it,
            self.lit(),
        )
        if stage.said == said:
            return
        stage.said = said
        frame, layout, type = stage.frame, stage.layout, stage.type
        hud.draw_header(frame, layout.header, self.sentence(), type)
        self._draw_caption(frame, layout.legend, type)
        self._draw_panel(frame, layout.panel, type)
        self.draw_footer(frame, layout.footer, type)

    def _draw_caption(self, frame: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        frame.fill(type.palette.paper, rect)
        y = rect.top
        for line in type.wrap(self.caption(), "small", rect.width, 2):
            at = (rect.left, y)
            y = type.write(frame, line, "small", type.palette.muted, topleft=at).bottom

    def _draw_panel(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        palette, unit = type.palette, type.unit
        pygame.draw.rect(surface, palette.card, rect, border_radius=unit + 4)
        pygame.draw.rect(surface, palette.rule, rect, 1, border_radius=unit + 4)
        inside = rect.inflate(-5 * unit, -4 * unit)
        y = self._draw_title(surface, inside, type) + unit
        pygame.draw.line(surface, palette.rule, (inside.left, y), (inside.right, y))
        y = self._draw_progress(surface, inside, y + unit * 3 // 2, type) + 2 * unit
        if not self.past:
            return
        small = type.height("small")
        low = inside.bottom
        if low - y > 24 * small:  # room for both
            low = inside.bottom - 8 * small
            strip = pygame.Rect(inside.left, low + unit, inside.width, 8 * small - unit)
            draw_strip(surface, strip, "As training goes on", self.history(), type)
        head = type.write(
            surface,
            "Score after each adaptation step",
            "label",
            palette.ink,
            topleft=(inside.left, y),
        )
        hint = "on validation tasks" if self._validates else "on this task"
        hint += "; paler: earlier"
        if type.width(hint, "small") < inside.right - head.right - 2 * unit:
            type.write(surface, hint, "small", palette.muted, topright=(inside.right, y))
        top = head.bottom + unit // 2
        plot = pygame.Rect(inside.left, top, inside.width, low - top)
        if plot.height > 4 * small:
            draw_plot(surface, plot, self.axes(), self.curves(), None, type)

    def _draw_title(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> int:
        begun, unit = self.begun, type.unit
        title = f"{begun.learner} on {begun.title}" if begun else "Meta-training"
        style = "title" if type.width(title, "title") <= rect.width else "heading"
        text = type.fit(title, style, rect.width)
        y = type.write(surface, text, style, type.palette.ink, topleft=rect.topleft).bottom
        hue = getattr(type.palette, STATES[self.state_of_it])
        pill = hud.draw_pill(surface, self.state_of_it, hue, (rect.left, y + unit // 2), type)
        out = str(begun.out) if begun else ""
        left = pill.right + unit
        text = type.fit(out, "mono", rect.right - left)
        middle = (left, pill.centery)
        type.write(surface, text, "mono", type.palette.muted, midleft=middle)
        return pill.bottom

    def _draw_progress(
        self, surface: pygame.Surface, rect: pygame.Rect, y: int, type: Typeset
    ) -> int:
        palette, unit = type.palette, type.unit
        iteration, time, rates, share = self.progress()
        head = type.write(surface, iteration, "heading", palette.ink, topleft=(rect.left, y))
        right = (rect.right, head.bottom)
        type.write(surface, time, "body", palette.ink, bottomright=right)
        bar = pygame.Rect(rect.left, head.bottom + unit, rect.width, unit * 3 // 4)
        pygame.draw.rect(surface, palette.rule, bar, border_radius=bar.height // 2)
        bar.width = max(bar.height, round(rect.width * share)) if share else 0
        pygame.draw.rect(surface, palette.agent, bar, border_radius=bar.height // 2)
        text = type.fit(rates, "small", rect.width)
        at = (rect.left, bar.bottom + unit * 3 // 4)
        return type.write(surface, text, "small", palette.muted, topleft=at).bottom


def clock(seconds: float) -> str:
    """Hours, minutes and seconds as a clock shows them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def millions(count: int) -> str:
    """A count, if large in millions."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:,.1f} million"


# fmt: off
TrainScreen.keys = (
    Key("Enter", "end training, and watch the agent adapt", (pygame.K_RETURN, pygame.K_KP_ENTER), TrainScreen.watch, short="watch it adapt"),
    Key("Space", "stop the picture; training goes on",      (pygame.K_SPACE,), TrainScreen.pause, on=lambda page: bool(page.sample and page.sample.playback.paused), short="stop the picture"),
    Key("←",     "one step back",    (pygame.K_LEFT,),      TrainScreen.previous_step, minor=1, short=""),
    Key("→",     "one step on",      (pygame.K_RIGHT,),     TrainScreen.next_step, minor=1, short="step"),
    *(overlay_key(overlay) for overlay in OVERLAYS),
    Key("Esc",   "end training, save, and leave", (pygame.K_ESCAPE,), TrainScreen.leave, short="end and save"),
)
# fmt: on
