"""The seam between the window and whoever adapts the agents: a few messages, all plain data.

The window asks for one adaptation at a time and polls for what has come. Each request has a number,
and messages that carry another number are about a request that nobody waits for any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from game.session.trace import AdaptationStep, AdaptationTrace
from game.tasks.task import Task
from game.text.draws import move_goal


@dataclass(frozen=True)
class Change:
    """From this adaptation step on the goal is in another cell (row, column); or, where there is
    none, what was learned is thrown away."""

    step: int
    goal: tuple[int, int] | None = None


@dataclass(frozen=True)
class Request:
    """Adapt these agents (as `--agent` takes them, for a pack of this name) to a task.

    `episodes` are those of each adaptation step, where they are not to be the agent's own;
    `step_size` multiplies the agents' step sizes. `changes` happen meanwhile.
    """

    number: int
    task: Task
    seed: int
    steps: int
    agents: tuple[str, ...]
    pack: str = ""
    episodes: int | None = None
    step_size: float = 1.0
    changes: tuple[Change, ...] = ()

    def task_at(self, step: int) -> Task:
        """The task as it is at an adaptation step."""
        goals = [one.goal for one in self.changes if one.goal and one.step <= step]
        return (
            replace(self.task, level=move_goal(self.task.level, goals[-1])) if goals else self.task
        )


@dataclass(frozen=True)
class TrainRequest:
    """Meta-train as a command line says ('train', PACK ...), until another request takes its place:
    that ends training as Ctrl-C does, and saves it."""

    number: int
    args: tuple[str, ...]


@dataclass(frozen=True)
class Stop:
    """End what is being done; `Finished` tells that all is saved."""

    number: int


@dataclass(frozen=True)
class Ready:
    """Whoever adapts has started and listens."""


@dataclass(frozen=True)
class Stepped:
    """One adaptation step (of one task, T = 1) of the agent with this index."""

    number: int
    agent: int
    step: AdaptationStep


@dataclass(frozen=True)
class Failed:
    """Something went wrong with a request, or (number None) with the feed as a whole."""

    number: int | None
    text: str


@dataclass(frozen=True)
class Finished:
    """All steps of all agents of this request have been sent."""

    number: int


@dataclass(frozen=True)
class Begun:
    """Meta-training begins. `iterations` and `minutes` are as many as there are to be; the latter
    count where there are any. The adaptation to `sample` is shown from time to time."""

    number: int
    learner: str
    pack: Path
    title: str
    out: Path
    sample: Task
    iterations: int
    minutes: float | None


@dataclass(frozen=True)
class Trained:
    """So far meta-training has come: `progress` is 0 to 1, `env_steps` were sampled in all."""

    number: int
    iteration: int
    progress: float
    seconds: float
    env_steps: int


@dataclass(frozen=True)
class Evaluated:
    """What the learner reaches as it is now: the mean score on validation tasks after each of its
    adaptation steps, and its adaptation to the sample."""

    number: int
    iteration: int
    seconds: float
    scores: tuple[float, ...]
    steps: tuple[AdaptationStep, ...]


Message = Ready | Stepped | Failed | Finished | Begun | Trained | Evaluated


class Feed(Protocol):
    """Where adaptation steps come from. No method ever blocks."""

    def request(self, request: Request | TrainRequest | Stop) -> None:
        """Cancel what was running, and do this."""
        ...

    def poll(self) -> list[Message]:
        """What has come since the last poll, oldest first."""
        ...

    def close(self) -> None:
        """Stop working; the feed is not used afterwards."""
        ...


class RecordedFeed:
    """A feed of finished adaptations: it answers each request with the same traces."""

    def __init__(self, traces: Sequence[AdaptationTrace]) -> None:
        self._traces = tuple(traces)
        self._waiting: list[Message] = []

    def request(self, request: Request | TrainRequest | Stop) -> None:
        """All is known: the answer is complete with the next poll."""
        self._waiting = [Ready()]
        assert isinstance(request, Request)
        for agent, trace in enumerate(self._traces):
            self._waiting += [Stepped(request.number, agent, step) for step in trace.steps]
        self._waiting.append(Finished(request.number))

    def poll(self) -> list[Message]:
        """The whole answer, once."""
        messages, self._waiting = self._waiting, []
        return messages

    def close(self) -> None:
        """Nothing runs."""


# --- which agents there are ----------------------------------------------------------------------


class NoAgent(Exception):
    """There is no such agent, or its files cannot be used; the message says why."""


@dataclass(frozen=True)
class AgentCard:
    """What there is to know of an agent before it is loaded."""

    name: str
    episodes: int
    """Environment episodes of each of its adaptation steps."""
    learned: bool = True
    """Whether it was meta-trained."""
    pack: str = ""
    """The pack that it was meta-trained on; "" where it was not."""
    trained_on: frozenset[str] = frozenset()
    """Ids of its training tasks; none where every task was new."""
    usual: tuple[tuple[int, float], ...] = ()
    """(episodes, mean score) on held-out tasks of its pack, where that was measured."""


class Agents(Protocol):
    """The agents that a person may choose from, and the learners to train others with."""

    def names(self) -> list[str]:
        """As `Request.agents` takes them."""
        ...

    def learners(self) -> list[str]:
        """As `train --learner` takes them."""
        ...

    def card(self, name: str, pack: str) -> AgentCard:
        """The card of one of them, or of any other that `--agent` takes. Raises NoAgent."""
        ...
