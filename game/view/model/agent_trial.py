"""What an agent and learning from scratch make of a few tasks, one request after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from game.authoring.figures import CheckedTask
from game.authoring.verdict import AgentScores
from game.session.messages import STEPS, Failed, Feed, Finished, Message, Request, Stepped, Stop
from game.session.trace import AdaptationTrace
from game.tasks.coverage import Coverage
from game.world.features import MAX_SIZE

SMALL = 500  # states of a task up to which the best agent takes some seconds for it
MOST_STATES = 20_000  # of a task: with more of them, even the quickest agent takes too long


@dataclass(frozen=True)
class TriedAgent:
    """An agent that is tried on levels while they are drawn.

    `agent` and `scratch`, which it is compared with, are named as in a request; `scratch` may be
    "". `name` is for people, and `coverage` is what it was trained on, where that is known.
    """

    agent: str
    name: str
    scratch: str = ""
    coverage: Coverage | None = None


def choose_agent(agents: Sequence[TriedAgent], tasks: Sequence[CheckedTask]) -> TriedAgent:
    """Return the agent to try on tasks: the first and best one, or the last where it is too slow.

    Where a map is larger than scratch can observe, the agent is tried without it.
    """
    chosen = agents[0] if max(task.states for task in tasks) <= SMALL else agents[-1]
    levels = (one.task.level for one in tasks)
    if any(max(level.height, level.width) > MAX_SIZE for level in levels):
        return replace(chosen, scratch="")
    return chosen


class AgentTrial:
    """Adaptations to a few tasks, which go through the feed of the window.

    `numbers` are those of requests. Whoever polls the feed hands over its messages.
    """

    def __init__(
        self,
        tasks: Sequence[CheckedTask],
        tried: TriedAgent,
        feed: Feed,
        numbers: Iterator[int],
        seed: int = 0,
        steps: int = STEPS,
    ) -> None:
        self._tasks, self._name = tuple(tasks), tried.name
        self._agents = (tried.agent, tried.scratch) if tried.scratch else (tried.agent,)
        self._feed, self._numbers, self._seed, self._steps = feed, numbers, seed, steps
        self._number: int | None = None  # of the current request
        self._traces: list[tuple[AdaptationTrace, ...]] = []  # by task, and by agent
        self._done: list[tuple[tuple[float, float], ...]] = []  # score before and after, likewise
        self._failure = ""

    @property
    def is_running(self) -> bool:
        """Whether there are messages to come."""
        return self._number is not None

    @property
    def scores(self) -> AgentScores:
        """The mean scores of the tasks that are done."""
        of = len(self._tasks)
        if not self._done:
            return AgentScores(self._name, of=of, failure=self._failure)
        means = np.mean(self._done, 0)  # [agents, 2]
        scratch = float(means[1, 1]) if len(means) > 1 else None
        before, after = map(float, means[0])
        done = len(self._done)
        return AgentScores(self._name, before, after, scratch, done, of, self._failure)

    def start(self) -> None:
        """Request the adaptation to the first task, unless a task is too large for that."""
        states = max((task.states for task in self._tasks), default=0)
        if states > MOST_STATES:
            what = f"{states:,} states are too many to try an agent while you draw"
            self._failure = f"{what} - watch it instead"
            return
        self._request_next()

    def stop(self) -> None:
        """End the current request, if there is one."""
        if self._number is not None:
            self._feed.request(Stop(self._number))
            self._number = None

    def take(self, message: Message) -> None:
        """Take a message of the feed, whosever it is."""
        if self._number is None or getattr(message, "number", None) != self._number:
            return
        if isinstance(message, Stepped):
            self._traces[-1][message.agent].steps.append(message.step)
        elif isinstance(message, Finished):
            ends = [(trace.steps[0], trace.steps[-1]) for trace in self._traces[-1]]
            scores = [tuple(map(t.score, both)) for t, both in zip(self._traces[-1], ends)]
            self._done.append(tuple((before, after) for before, after in scores))
            self._request_next()
        elif isinstance(message, Failed):
            self._failure, self._number = message.text, None

    def _request_next(self) -> None:
        """Request the adaptation to the next task, if there is one."""
        self._number = None
        if len(self._traces) == len(self._tasks):
            return
        one = self._tasks[len(self._traces)]
        returns = one.random_return, one.optimal_return
        self._traces.append(tuple(AdaptationTrace(name, *returns) for name in self._agents))
        self._number = next(self._numbers)
        request = Request(self._number, one.task, self._seed, self._steps, self._agents)
        self._feed.request(request)
