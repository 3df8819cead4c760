"""A training in another process: its state and its evaluations, as the feed reports them."""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from game.session.messages import (
    NOT_KEPT,
    Agents,
    Begun,
    Doing,
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
from game.tasks.packs import Pack
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import BaselineCache, PlannedTask
from game.view.model.paced_phases import PacedPhases
from game.view.model.playback import Pace, Playback

SAMPLE_PACE = Pace(
    moves_per_second=10.0, longest=0.9, glide=0.08, rest=0.25, first_episodes=1, episodes=1
)

# a small network and small steps: it begins low, and the rates are large enough to rise in seconds
DEMONSTRATION = (
    *("--hidden", "32", "--step-size", "0.1", "--average", "0.9"),
    *("--learning-rate", "0.005", "--step-size-rate", "0.05"),
)


@dataclass(frozen=True)
class ScoreRecord:
    """The scores of an evaluation during training: before and after each adaptation step."""

    iteration: int
    progress: float  # of training, 0..1
    scores: tuple[float, ...]


@dataclass
class SampleAdaptation:
    """An adaptation to the sample task, at one iteration of training."""

    iteration: int
    trace: AdaptationTrace
    playback: Playback


class TrainingRun:
    """The training of one request.

    `state` is "loading", "learning", "saving", "trained", "stopped" or "failed".
    """

    def __init__(
        self,
        args: tuple[str, ...],
        feed: Feed,
        number: int,
        jobs: BackgroundJobs | None = None,
    ) -> None:
        """Request the training of a command line. `number` identifies the request."""
        self.feed, self.number = feed, number
        self.state = "loading"
        self.failure = ""
        self.begun: Begun | None = None
        self.latest: Trained | None = None  # iteration, time and progress
        self.phases = PacedPhases()  # of the outer and the inner loop
        self.evaluations: list[ScoreRecord] = []
        self.on_validation_tasks = True  # or else the scores are those on the sample task
        self.episodes_per_step = 1  # of adaptation
        self.planned = PlannedTask()  # the sample task, once training has begun
        self.sample: SampleAdaptation | None = None  # on screen
        self._next_sample: SampleAdaptation | None = None  # the newest, shown after that
        self._messages: deque[Message] = deque()  # not taken yet
        self._baselines = BaselineCache(jobs)
        feed.request(TrainRequest(number, args))

    @property
    def is_running(self) -> bool:
        """Whether the training runs or is about to begin."""
        return self.state in ("loading", "learning")

    @property
    def is_saved(self) -> bool:
        """Whether the training has ended and its agent can be used."""
        return self.state in ("trained", "stopped")

    def stop(self) -> None:
        """End the training and save its agent."""
        if self.is_running:
            self.state = "saving"
            self.feed.request(Stop(self.number))

    def mark_stopped(self) -> None:
        """Note that another request has ended the training, which has been saved."""
        if self.is_running or self.state == "saving":
            self.state = "stopped"

    def update(self, seconds: float) -> None:
        """Take the messages of the feed, and advance the sample by a number of seconds."""
        self._messages += self.feed.poll()
        while self._messages and self._is_planned():
            self._take(self._messages.popleft())
        if not self.is_running:
            self.phases.stop()
        self.phases.update(seconds)
        if self.sample:
            self.sample.playback.advance(seconds)
        if self._next_sample and (self.sample is None or _is_shown(self.sample)):
            self.sample, self._next_sample = self._next_sample, None

    def trace(self, steps: list[AdaptationStep]) -> AdaptationTrace:
        """Return an adaptation of these steps to the sample task."""
        name = self.begun.learner if self.begun else ""
        return AdaptationTrace(name, self.planned.random_return, self.planned.optimal_return, steps)

    def _take(self, message: Message) -> None:
        """Take a message of this request, or of the feed as a whole."""
        if isinstance(message, Ready | Stepped) or message.number not in (None, self.number):
            return
        if isinstance(message, Begun):
            self._begin(message)
        elif isinstance(message, Doing):
            self.phases.add(message.phase)
        elif isinstance(message, Trained):
            self.latest = message
        elif isinstance(message, Evaluated):
            self._add_evaluation(message)
        elif isinstance(message, Failed):
            self.failure, self.state = message.text, "failed"
        elif isinstance(message, Finished) and not self.failure:
            self.state = "stopped" if self.state == "saving" else "trained"

    def _begin(self, begun: Begun) -> None:
        self.begun = begun
        if self.is_running:
            self.state = "learning"

    def _is_planned(self) -> bool:
        """Whether the sample task, if there is one, is planned: its scores depend on that."""
        planned = self._baselines.of(self.begun.sample) if self.begun else self.planned
        self.planned = planned or self.planned
        return planned is not None

    def _add_evaluation(self, evaluated: Evaluated) -> None:
        """Add the scores of an evaluation, and show its sample adaptation next."""
        assert self.begun
        steps = list(evaluated.steps)
        trace = self.trace(steps)
        self.on_validation_tasks = bool(evaluated.scores)
        scores = evaluated.scores or tuple(trace.score(step) for step in steps)
        progress = _progress(self.begun, evaluated)
        self.evaluations.append(ScoreRecord(evaluated.iteration, progress, scores))
        self.episodes_per_step = steps[-1].episodes // max(1, len(steps) - 1)
        playback = Playback(len(steps) - 1, SAMPLE_PACE)
        for step in steps:
            playback.add((step.moves[0] >= 0).sum(-1).tolist())
        self._next_sample = SampleAdaptation(evaluated.iteration, trace, playback)


def _progress(begun: Begun, evaluated: Evaluated) -> float:
    """Return the progress of training at an evaluation, 0..1: of its time or its iterations."""
    progress = evaluated.seconds / (60 * begun.minutes) if begun.minutes else 0.0
    return min(progress or evaluated.iteration / begun.iterations, 1.0)


def _is_shown(sample: SampleAdaptation) -> bool:
    """Whether a sample has been shown to its end, so that a newer one may follow."""
    return sample.playback.complete and not sample.playback.paused


def training_args(agents: Agents, pack: Pack, learner: str, minutes: str) -> tuple[str, ...]:
    """Return the command line that trains a learner on a pack, into a folder that is not used."""
    out = _unused_folder(agents.run_folder(learner, pack.name))
    path = str(pack.path)
    return "train", path, "--learner", learner, "--minutes", minutes, "--out", str(out)


def demonstration_args(pack: Path) -> tuple[str, ...]:
    """Return the command line of half a minute of training, in which the scores on `goals-5x5`
    visibly rise. Its folder is a temporary one, which is removed when the program ends."""
    folder = tempfile.mkdtemp(prefix=NOT_KEPT)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    where = ("--minutes", "0.5", "--seed", "2", "--out", folder)
    return ("train", str(pack), "--learner", "maml", *where, *DEMONSTRATION)


def _unused_folder(folder: Path) -> Path:
    """Return the folder, or if it exists one of that name with a number."""
    numbered = (folder.with_name(f"{folder.name}-{i}") for i in itertools.count(2))
    return next(path for path in itertools.chain([folder], numbered) if not path.exists())
