"""One adaptation of agents to many tasks: the steps that have arrived, and the playback of their
walks. No pygame."""

from __future__ import annotations

from game.session.messages import (
    AgentNote,
    Failed,
    Finished,
    Message,
    TasksAdapting,
    TasksRequest,
    TasksStepped,
)
from game.view.model.playback import Pace


class TasksRun:
    """The steps of all agents of a request that have arrived so far."""

    def __init__(self, asked: TasksRequest) -> None:
        self.asked = asked
        agents = len(asked.request.agents)
        self.steps: list[list[TasksStepped]] = [[] for _ in range(agents)]
        self.notes = [""] * agents
        self.failure, self.finished = "", False
        self._part: TasksAdapting | None = None  # what the worker is at, within a step

    @property
    def number(self) -> int:
        """The number of the request."""
        return self.asked.number

    def take(self, message: Message) -> None:
        """Store a message of the feed; those of other requests are ignored."""
        if getattr(message, "number", None) not in (None, self.number):
            return
        if isinstance(message, TasksStepped):
            self._part = None
            if message.step == len(self.steps[message.agent]):
                self.steps[message.agent].append(message)
        elif isinstance(message, TasksAdapting):
            self._part = message
        elif isinstance(message, AgentNote):
            self.notes[message.agent] = message.text
        elif isinstance(message, Failed):
            self.failure = message.text
        elif isinstance(message, Finished):
            self.finished = True

    @property
    def progress(self) -> float:
        """The share 0..1 of the work that is done."""
        if self.finished:
            return 1.0
        done = float(sum(map(len, self.steps)))
        if self._part:
            done += self._part.done / len(self.asked.tasks)
        return done / (len(self.steps) * (self.asked.request.steps + 1))

    def episodes_per_step(self, agent: int, otherwise: int) -> int:
        """Return the episodes of an agent's steps, or `otherwise` before its second step."""
        steps = self.steps[agent]
        return steps[1].episodes if len(steps) > 1 else otherwise


class TasksPlayback:
    """The clock of the walks of all tasks: each shows one walk of the step at the same time.

    After the walk comes the next step, if it has arrived; else another walk of the step. Times are
    in seconds.
    """

    def __init__(self, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.paused = False
        self.step = self.furthest = 0  # the step on screen, and the last one that was
        self.walk = 0  # keeps counting while walks of a step repeat
        self.clock = 0.0  # since the walk began

    def go_to(self, step: int) -> None:
        """Show a step from the beginning of its first walk."""
        self.step, self.walk, self.clock = max(step, 0), 0, 0.0
        self.furthest = max(self.furthest, self.step)

    def moves_made(self, longest: int) -> float:
        """Return the moves that have been made, with fractions; the longest walk has `longest`."""
        return self.clock * self._rate(longest)

    def advance(self, seconds: float, arrived: int, longest: int) -> None:
        """Go on by some seconds; `arrived` steps can be shown, and the longest walk of this one has
        `longest` moves."""
        if self.paused or not arrived:
            return
        self.clock += seconds
        if self.clock < longest / self._rate(longest) + self.pace.rest:
            return
        if self.step + 1 < arrived:
            self.go_to(self.step + 1)
        else:
            self.walk, self.clock = self.walk + 1, 0.0

    def _rate(self, longest: int) -> float:
        """Return the moves per second; long walks are shown faster."""
        return max(self.pace.moves_per_second, longest / self.pace.longest)
