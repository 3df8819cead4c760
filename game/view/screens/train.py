"""The train screen: shows the progress of a meta-training.

The panel shows the scores on validation tasks over those of earlier evaluations. On the board the
agent of the latest iterations adapts to a sample task.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pygame

from game.session.messages import BASELINE_AGENT, NOT_KEPT, Begun, Feed, Trained
from game.text.percentage import percentage
from game.view.draw.overlays import OVERLAYS, Overlay
from game.view.draw.screen_header import draw_header
from game.view.draw.text_boxes import draw_notice
from game.view.draw.theme import Appearance, Typeset
from game.view.draw.training_loops import LoopFacts
from game.view.draw.waiting_bar import waiting_phase
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.training_run import TrainingRun
from game.view.screens.key_binding import Key
from game.view.screens.navigation_request import Navigation
from game.view.screens.overlay_keys import overlay_key
from game.view.screens.screen import Screen
from game.view.screens.train_frame import TrainFrame
from game.view.screens.train_panel import Progress, draw_train_panel, loop_facts, progress_of

PROGRESS_INTERVAL = 0.25  # seconds between two changes of the numbers
RUNNING = "Meta-training: the agent learns to adapt to a new level in a few steps."
SENTENCES = {  # state of the training: the header's sentence, if it is another
    "saving": "Saving the agent…",
    "trained": "Trained and saved. Press Enter to watch the agent adapt to unseen levels.",
    "stopped": "Stopped and saved. Press Enter to watch the agent adapt to unseen levels.",
}
DEMONSTRATED = {  # the same of a demonstration, whose agent is not kept
    "saving": "Ending the training…",
    "trained": "Trained. Press Enter to watch the agent adapt to unseen levels.",
    "stopped": "Stopped. Press Enter to watch the agent adapt to unseen levels.",
}


class TrainScreen(Screen):
    """Meta-train with the settings of a command line, and show the progress."""

    stays_on_reload = True  # the training goes on with the old version

    def __init__(
        self,
        args: tuple[str, ...],
        feed: Feed,
        appearance: Appearance | None = None,
        numbers: Iterator[int] | None = None,
        jobs: BackgroundJobs | None = None,
    ) -> None:
        """`numbers` numbers the requests to the feed. Without `jobs`, baselines are computed at
        once."""
        super().__init__(appearance)
        self.args = args
        numbers = itertools.count() if numbers is None else numbers
        self.run = TrainingRun(args, feed, next(numbers), jobs)
        self.active_overlays: list[Overlay] = []
        self._shown: Trained | None = None  # the message whose numbers are on screen
        self._since_shown = PROGRESS_INTERVAL  # seconds
        self._age = 0.0  # seconds
        self._after_saving: Navigation | None = None
        self._frame: TrainFrame | None = None

    @property
    def begun(self) -> Begun | None:
        """The first message of the training, with its learner, pack and folder."""
        return self.run.begun

    @property
    def failure(self) -> str:
        """The reason why the training failed; "" if it did not."""
        return self.run.failure

    @property
    def _is_kept(self) -> bool:
        """Whether the agent is kept, also before the training has begun."""
        return not any(Path(arg).name.startswith(NOT_KEPT) for arg in self.args)

    def all_keys(self) -> list[Key]:
        """Return all keys; a demonstration is left without saving."""
        keys = super().all_keys()
        return keys if self._is_kept else [LEAVE if key.cap == LEAVE.cap else key for key in keys]

    # --- actions of the keys

    def toggle_pause(self) -> None:
        """Pause the sample, or continue; the training continues in either case."""
        if self.run.sample:
            self.run.sample.playback.paused = not self.run.sample.playback.paused

    def next_step(self) -> None:
        """Show the next adaptation step of the sample."""
        if self.run.sample:
            self.run.sample.playback.next_step()

    def previous_step(self) -> None:
        """Show the previous adaptation step of the sample."""
        if self.run.sample:
            self.run.sample.playback.previous_step()

    def watch(self) -> None:
        """End the training and, once it is saved, watch the agent adapt to unseen levels."""
        begun = self.run.begun
        if begun and self.run.latest:
            agents = (str(begun.out), BASELINE_AGENT)
            self._after_saving = Navigation("watch", path=begun.pack, agents=agents)
            self.run.stop()

    def on_close(self) -> None:
        """End the training; the agent is saved."""
        self.run.stop()

    # --- time

    def update(self, seconds: float) -> None:
        """Take messages of the feed and advance by a number of seconds. Never blocks."""
        self.run.update(seconds)
        self._age += seconds
        self._since_shown += seconds
        if self._since_shown >= PROGRESS_INTERVAL or not self.run.is_running:
            self._shown, self._since_shown = self.run.latest, 0.0
        if self._after_saving and self.run.is_saved:
            self.navigation, self._after_saving = self._after_saving, None

    def on_resume(self) -> None:
        """Note that the request of another screen has ended the training."""
        self.run.mark_stopped()

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places that the tour can point at."""
        if self._frame is None:
            return super().anchors()
        layout, loops = self._frame.layout, self._frame.loops
        own = {"header": layout.header, "board": layout.board, "panel": layout.panel}
        places = super().anchors() | own
        if loops and loops.outer and loops.inner:
            places |= {"loops": loops.outer, "outer loop": loops.outer, "inner loop": loops.inner}
        return places

    def is_over(self) -> bool:
        """Whether the training has ended."""
        return not self.run.is_running

    def outcome(self) -> int | None:
        """Return which score has risen most: 0, that before adaptation; 1, that after a step."""
        rises = self._rises()
        if rises is None:
            return None
        (before, after) = (last - first for first, last in rises)
        return int(after > before)

    def measured(self) -> str:
        """Return the scores before adaptation and after a step, of the first and last evaluation."""
        rises = self._rises()
        if rises is None:
            return ""
        before, after = (f"{percentage(first)} to {percentage(last)}" for first, last in rises)
        return f"Before: from {before}; after one step: from {after}."

    def _rises(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Return the scores before adaptation and after a step, of the first and last evaluation.

        None where these are not two.
        """
        if len(self.run.evaluations) < 2:
            return None
        first, last = (self.run.evaluations[i].scores for i in (0, -1))
        return (first[0], last[0]), (first[1], last[1])

    # --- texts

    def sentence(self) -> str:
        """Return the header's sentence: that of the newest overlay, or of the training's state."""
        pane = self._frame.pane if self._frame else None
        position = self.run.sample.playback.position() if self.run.sample else None
        if self.active_overlays and pane and position:
            alone = len(self.active_overlays) == 1
            return pane.layer(self.active_overlays[-1], position, alone)[1]
        sentences = SENTENCES if self._is_kept else SENTENCES | DEMONSTRATED
        return sentences.get(self.run.state, RUNNING)

    def caption(self) -> str:
        """Return the text below the board: the sample task, the iteration and the step."""
        sample, begun = self.run.sample, self.run.begun
        if begun is None:
            return "A sample task appears here once the training has begun."
        if sample is None:
            return f"{begun.sample.name}: the agent walks here after the first evaluation."
        position = sample.playback.position()
        step, last = position.step if position else 0, len(sample.trace.steps) - 1
        moment = f"after step {step} of {last}" if step else "before adaptation"
        origin = "held-out validation task" if self.run.on_validation_tasks else "training task"
        agent = f"agent of iteration {sample.iteration:,}"
        return f"{begun.sample.name}, {origin}: {agent}, {moment}"

    def progress(self) -> Progress:
        """Return the progress of training as it is on screen."""
        waiting = waiting_phase(self._age) if self.run.is_running else None
        return progress_of(self.run.begun, self._shown, waiting)

    def loops(self) -> LoopFacts:
        """Return the phase of the outer and the inner loop as it is on screen."""
        return loop_facts(self.run, self._shown)

    # --- drawing

    def body_snapshot(self) -> object:
        """Return the state of the training, and the position of the sample's playback."""
        run, sample = self.run, self.run.sample
        return (
            run.state,
            run.failure,
            self.progress(),
            len(run.evaluations),
            sample and (sample.iteration, sample.playback.paused),
            sample.playback.position() if sample else None,
            self._frame.thumbnails if self._frame else 0,
            self.loops(),
        )

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw the board with the sample on it, and the panel with the scores."""
        size, run = surface.get_size(), self.run
        type = self.appearance.typeset(size)
        if self._frame is None or not self._frame.fits(run, size, type):
            footer = self.footer_height(size[0], type)
            self._frame = TrainFrame(run, size, type, footer)
        self._refresh_texts(self._frame, type)
        surface.blit(self._frame.background, (0, 0))
        self._frame.draw_sample(surface, run, self.active_overlays, self._age)
        if run.failure:
            draw_notice(surface, self._frame.layout.board, "Training failed", run.failure, type)

    def _refresh_texts(self, frame: TrainFrame, type: Typeset) -> None:
        """Draw header, caption, panel and footer again if their texts have changed."""
        run, sentence, caption, progress = (
            self.run,
            self.sentence(),
            self.caption(),
            self.progress(),
        )
        evaluations, loops = len(run.evaluations), self.loops()
        texts = (sentence, caption, progress, evaluations, loops, run.state, self.footer_caps())
        if frame.texts == texts:
            return
        frame.texts = texts
        with type.noting() as self._noted:
            draw_header(frame.background, frame.layout.header, sentence, type)
            _draw_caption(frame.background, frame.layout.legend, caption, type)
            panel, pointed = frame.layout.panel, self.pointed_at
            places = draw_train_panel(frame.background, panel, run, progress, loops, pointed, type)
            frame.loops = places
            self.draw_footer(frame.background, frame.layout.footer, type)


def _draw_caption(surface: pygame.Surface, rect: pygame.Rect, text: str, type: Typeset) -> None:
    """Draw the caption in up to two lines."""
    surface.fill(type.palette.paper, rect)
    y = rect.top
    for line in type.wrap(text, "small", rect.width, 2):
        at = (rect.left, y)
        y = type.write(surface, line, "small", type.palette.muted, topleft=at).bottom


# fmt: off
TrainScreen.keys = (
    Key("Enter", "end training and watch the agent adapt", (pygame.K_RETURN, pygame.K_KP_ENTER), TrainScreen.watch, short="watch the agent", group="go"),
    Key("Space", "pause the sample (training continues)",  (pygame.K_SPACE,), TrainScreen.toggle_pause, is_on=lambda page: bool(page.run.sample and page.run.sample.playback.paused), short="pause sample", group="time"),
    Key("←",     "previous adaptation step",   (pygame.K_LEFT,),      TrainScreen.previous_step, priority=1, short="", group="time"),
    Key("→",     "next adaptation step",       (pygame.K_RIGHT,),     TrainScreen.next_step, priority=1, short="step", group="time"),
    *(overlay_key(overlay) for overlay in OVERLAYS),
    Key("Esc",   "end training, save and leave", (pygame.K_ESCAPE,),  Screen.leave, short="end and save", group="go"),
)
LEAVE = Key("Esc", "end the demonstration and leave", (pygame.K_ESCAPE,), Screen.leave, short="leave", group="go")
# fmt: on
