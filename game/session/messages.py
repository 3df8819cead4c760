"""Messages between the window and the learner's process: plain data.

The window requests one adaptation or training at a time and polls for answers. Each request has a
number; messages with the number of an earlier request are out of date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from game.session.trace import AdaptationStep, AdaptationTrace, Floats, Ints
from game.tasks.coverage import Coverage
from game.tasks.evaluated_levels import EvaluatedLevel
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.drawn_values import move_goal

BASELINE_AGENT = "scratch"  # learns from scratch: what adaptation is compared with
STEPS = 5  # adaptation steps, unless a request says otherwise
MOST_STEPS = 1000  # adaptation steps in a request
MOST_EPISODES_PER_STEP = 1000  # in an adaptation step, where a request sets it
RUNS = Path("runs")  # default folder of `train`
NOT_KEPT = "gridapt-demonstration-"  # begins the names of folders that are removed in the end
MOST_AGENTS = 4  # in a request, the watched one included


@dataclass(frozen=True)
class Change:
    """A change from an adaptation step on: the goal moves to a cell (row, column), or, without one,
    the agent forgets what it has learned."""

    step: int
    goal: tuple[int, int] | None = None


@dataclass(frozen=True)
class Request:
    """Adapt agents (named as for `--agent`, for a pack of this name, which is at `path`) to a task.

    `episodes` replaces the agents' own number of episodes in each adaptation step; `step_size`
    multiplies their step sizes; `changes` apply during adaptation.
    """

    number: int
    task: Task
    seed: int
    steps: int
    agents: tuple[str, ...]
    pack: str = ""
    episodes: int | None = None
    step_size: float = 1.0
    path: str = ""
    changes: tuple[Change, ...] = ()

    def task_at(self, step: int) -> Task:
        """The task at an adaptation step, after the changes up to it."""
        goals = [one.goal for one in self.changes if one.goal and one.step <= step]
        return (
            replace(self.task, level=move_goal(self.task.level, goals[-1])) if goals else self.task
        )


@dataclass(frozen=True)
class TasksRequest:
    """Adapt as a request says, but to these tasks at once in place of its own.

    Each task gets the adaptation that it would get by itself. Changes of the task are left out.
    """

    request: Request
    tasks: tuple[Task, ...]

    @property
    def number(self) -> int:
        """The number of the request."""
        return self.request.number


@dataclass(frozen=True)
class TrainRequest:
    """Meta-train with a command line ('train', PACK ...). The next request ends the training as
    Ctrl-C does, and saves it."""

    number: int
    args: tuple[str, ...]


@dataclass(frozen=True)
class Stop:
    """End the current request; `Finished` follows once all is saved."""

    number: int


@dataclass(frozen=True)
class Ready:
    """The learner's process has started and waits for requests."""


@dataclass(frozen=True)
class AgentNote:
    """A text about the agent with this index: how its step size is chosen, and then what it is."""

    number: int
    agent: int
    text: str


@dataclass(frozen=True)
class Stepped:
    """One adaptation step (of one task: T = 1) of the agent with this index."""

    number: int
    agent: int
    step: AdaptationStep


@dataclass(frozen=True)
class ScoreStatistics:
    """The statistics of an agent's scores on tasks at one adaptation step, as `eval` has them."""

    mean: float
    low: float
    """Lower end of the 95% bootstrap interval of the mean over tasks."""
    high: float
    worse: float
    """Share of the tasks that adaptation has made worse."""


@dataclass(frozen=True)
class TasksStepped:
    """One adaptation step of T tasks of the agent with this index."""

    number: int
    agent: int
    step: int
    episodes: int  # spent on each task before this step
    scores: Floats  # [T]
    changes: Ints
    """[T] 1 where the score is better than before adaptation, -1 where it is worse, else 0."""
    paths: Ints
    """[T, n, moves + 1] cells `row * width + column` of a few episodes; -1 after the end."""
    statistics: ScoreStatistics


@dataclass(frozen=True)
class TasksAdapting:
    """Part of a step of the agent with this index is done: that of the first `done` tasks."""

    number: int
    agent: int
    step: int
    done: int


@dataclass(frozen=True)
class Failed:
    """A request has failed, or (number None) the feed as a whole."""

    number: int | None
    text: str


@dataclass(frozen=True)
class Finished:
    """All steps of all agents of a request have been sent."""

    number: int


@dataclass(frozen=True)
class Begun:
    """Meta-training begins. It takes `minutes`, or else `iterations`. `Evaluated` messages show the
    adaptation to the task `sample`."""

    number: int
    learner: str
    pack: Path
    title: str
    out: Path
    sample: Task
    iterations: int
    minutes: float | None
    tasks: int = 0
    """Tasks of each iteration; 0 if that is not known."""
    different_tasks: int = 0
    """Tasks that those of an iteration are drawn from; 0 if there is no end of them."""

    @property
    def is_kept(self) -> bool:
        """Whether the agent is kept; the folder of a demonstration is removed in the end."""
        return not self.out.name.startswith(NOT_KEPT)


class Phase(StrEnum):
    """What a meta-training does: parts of the outer loop, and within it of the inner loop."""

    TASKS = "tasks"
    """Outer loop: draw the tasks of an iteration."""
    EPISODES = "episodes"
    """Inner loop: sample episodes of the policies."""
    ADAPTATION = "adaptation"
    """Inner loop: take a gradient step on each task."""
    UPDATE = "update"
    """Outer loop: update the meta-parameters."""
    EVALUATION = "evaluation"
    """Measure the scores on validation tasks."""


@dataclass(frozen=True)
class Doing:
    """Meta-training begins a phase. Learners that do not report theirs have fewer."""

    number: int
    phase: Phase


@dataclass(frozen=True)
class Trained:
    """The state of meta-training: `progress` is 0 to 1, `env_steps` counts all sampled steps."""

    number: int
    iteration: int
    progress: float
    seconds: float
    env_steps: int


@dataclass(frozen=True)
class Evaluated:
    """An evaluation during training: the mean score on validation tasks after each adaptation step,
    and the adaptation to the sample task."""

    number: int
    iteration: int
    seconds: float
    scores: tuple[float, ...]
    steps: tuple[AdaptationStep, ...]


Asked = Request | TasksRequest | TrainRequest | Stop
Message = (
    Ready
    | AgentNote
    | Stepped
    | TasksAdapting
    | TasksStepped
    | Failed
    | Finished
    | Begun
    | Doing
    | Trained
    | Evaluated
)


def unexpected(error: BaseException) -> str:
    """Return what the window says of an error that no code of ours foresees: its kind and text."""
    kind = type(error).__name__
    try:
        text = str(error)
    except Exception:  # the error of somebody else's code: its text may fail as well
        return kind
    return f"{kind}: {text}" if text else kind


class Feed(Protocol):
    """The source of adaptation steps. No method blocks."""

    def request(self, request: Asked) -> None:
        """Cancel the current request, and start this one."""
        ...

    def poll(self) -> list[Message]:
        """The messages since the last poll, oldest first."""
        ...

    def close(self) -> None:
        """Stop; the feed is not used afterwards."""
        ...


class RecordedFeed:
    """A feed of finished adaptations: every request gets the same traces."""

    def __init__(self, traces: Sequence[AdaptationTrace]) -> None:
        self._traces = tuple(traces)
        self._waiting: list[Message] = []

    def request(self, request: Asked) -> None:
        """Prepare the complete answer for the next poll."""
        self._waiting = [Ready()]
        assert isinstance(request, Request)
        for agent, trace in enumerate(self._traces):
            if trace.note:
                self._waiting.append(AgentNote(request.number, agent, trace.note))
            self._waiting += [Stepped(request.number, agent, step) for step in trace.steps]
        self._waiting.append(Finished(request.number))

    def poll(self) -> list[Message]:
        """The complete answer, once."""
        messages, self._waiting = self._waiting, []
        return messages

    def close(self) -> None:
        """Nothing is running."""


# --- agents ----------------------------------------------------------------------


class NoAgent(Exception):
    """There is no such agent, or its files cannot be used; the message says why."""


@dataclass(frozen=True)
class AgentCard:
    """The facts of an agent that are known without loading it."""

    name: str
    episodes: int
    """Environment episodes of each of its adaptation steps."""
    least_episodes: int = 2
    """Fewest episodes of a step that it can learn from; a duel takes steps of so many."""
    adapts_by: str = ""
    """How it adapts, in words that follow "adapts by"."""
    about: str = ""
    """What it is, in a few words, where it was not meta-trained."""
    short_name: str = ""
    """A shorter name, for use where no other agent has it; "" if there is none."""
    learned: bool = True
    """Whether it was meta-trained."""
    pack: str = ""
    """The pack that it was meta-trained on; "" where it was not."""
    trained_on: frozenset[str] = frozenset()
    """Ids of its training tasks; none where every task was new."""
    training_seconds: float | None = None
    """Seconds that its meta-training took; None where it was not meta-trained or no file says."""
    training_levels: int | None = None
    """Levels that its meta-training drew, or the tasks of a finite split; None as above."""
    coverage: Coverage | None = None
    """The sizes, tiles and goals that it was trained on; None where its files do not say."""
    usual: tuple[tuple[int, float], ...] = ()
    """(episodes, mean score) on held-out tasks of its pack, where that was measured."""
    tested: tuple[EvaluatedLevel, ...] = ()
    """The test levels with their scores after these numbers of episodes, where they are known."""

    @property
    def fits_duel(self) -> bool:
        """Whether it loses nothing by a duel's short steps: it learns from every episode, or its
        usual steps are as short."""
        return self.least_episodes == 1 or self.episodes <= self.least_episodes


class Agents(Protocol):
    """The agents and learners that the window offers."""

    def names(self) -> list[str]:
        """Names of agents, as `Request.agents` takes them."""
        ...

    def learners(self) -> list[str]:
        """Names of learners, as `train --learner` takes them."""
        ...

    def run_folder(self, learner: str, pack: str) -> Path:
        """The folder where a run of a learner on a pack goes by default."""
        ...

    def defaults(self, pack: Pack | None) -> tuple[str, ...]:
        """The agents that are watched on a pack, or on any level, where none is named.

        The watched one comes first.
        """
        ...

    def card(self, name: str, pack: str) -> AgentCard:
        """The card of an agent, offered or not. Raises NoAgent."""
        ...

    def compared(self, names: Sequence[str], pack: str) -> list[str]:
        """The agents to run: `scratch` stands for one with the inner loop of each other agent.

        Raises NoAgent.
        """
        ...


def labels(cards: Sequence[AgentCard]) -> tuple[str, ...]:
    """Return the names that agents have beside each other, short where that is enough."""
    short = [card.short_name or card.name for card in cards]
    return tuple(s if short.count(s) == 1 else card.name for s, card in zip(short, cards))
