"""Which moment of an adaptation is on screen: pure logic, no pygame.

The playback shows a few episodes of each adaptation step and then goes on to the next step, if that
has arrived; else it keeps showing episodes of the step it is at. So it never waits with an empty
screen, and after the last step it replays the adapted policy for as long as one likes to look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, math.inf)
NORMAL = SPEEDS.index(1.0)


@dataclass(frozen=True)
class Pace:
    """How fast an adaptation is shown. Long episodes are hurried, so that no wandering bores."""

    moves_per_second: float = 6.0
    longest: float = 2.5
    """Seconds that an episode takes at most."""
    glide: float = 0.11
    """Seconds from cell to cell; what is left of a move's time the agent stands."""
    rest: float = 0.45
    """Seconds between two episodes."""
    first_episodes: int = 2
    """Episodes shown before adaptation, where they are longest."""
    episodes: int = 3
    """Episodes shown of each later step."""


@dataclass(frozen=True)
class PlaybackPosition:
    """What is on screen: adaptation step, episode, move, and how far into the move."""

    step: int
    episode: int  # counts on while a step is replayed; see `index`
    index: int  # of the episode among those that the step carries
    move: int  # moves made before the one under way
    fraction: float  # 0..1 of the way to the next cell, eased
    rested: float  # 0..1 of the rest after the episode; 0 while it runs


class Playback:
    """The clock of the window. Times are seconds at normal speed.

    Several agents go by one clock: the first says which steps there are; each walks at its own
    pace, and who has arrived waits for the others that are `shown`.
    """

    def __init__(self, last: int, pace: Pace | None = None, agents: int = 1) -> None:
        """`last` is the number of the last adaptation step that will ever come."""
        self.last = last
        self.pace = pace or Pace()
        self.paused = False
        self.shown = agents
        self.speed_index = NORMAL
        self._lengths: list[list[tuple[int, ...]]] = [[] for _ in range(agents)]
        self.furthest = 0  # the last step that has been on screen
        self._step, self._episode, self._clock = 0, 0, 0.0
        self._jump = False  # to the next step, as soon as it arrives

    @property
    def speed(self) -> float:
        return SPEEDS[self.speed_index]

    @property
    def arrived(self) -> int:
        """How many adaptation steps there are by now."""
        return len(self._lengths[0])

    def change_speed(self, by: int) -> None:
        """Go up or down the list of speeds; at its ends nothing happens."""
        self.speed_index = min(max(self.speed_index + by, 0), len(SPEEDS) - 1)

    def add(self, lengths: Sequence[int], agent: int = 0) -> None:
        """An agent's next adaptation step has arrived: the number of moves of its episodes."""
        self._lengths[agent].append(tuple(lengths))
        if self._jump and agent == 0:
            self.next_step()

    # --- going about

    def next_step(self) -> None:
        """Go to the next adaptation step now, or as soon as it arrives.

        While paused, go to the end of what is shown of it, so that its trails are to be seen.
        """
        self._jump = self._step + 1 >= self.arrived and self._step < self.last
        if self._step + 1 < self.arrived:
            self.go_to(self._step + 1)

    def previous_step(self) -> None:
        """Go to the adaptation step before, or to the beginning of the first."""
        self.go_to(max(0, self._step - 1))

    def go_to(self, step: int) -> None:
        """Show an adaptation step that has arrived, from its first episode on."""
        if step < self.arrived:
            self._jump = False
            self._step, self._episode, self._clock = step, 0, 0.0
            self.furthest = max(self.furthest, step)
            if self.paused:
                self.to_end()

    def rewind(self) -> None:
        """Go back to the very beginning."""
        self._step, self._episode, self._clock, self._jump = 0, 0, 0.0, False

    def change_episode(self, by: int) -> None:
        """Go to the beginning of the next episode of this step, or of the one before."""
        if self.arrived:
            self._episode, self._clock = max(0, self._episode + by), 0.0

    def change_move(self, by: int) -> None:
        """Stop, and go one environment step on, or back; beyond the end comes the next episode."""
        position = self.position()
        if position is None:
            return
        self.paused = True
        move = position.move + by if by > 0 or position.fraction < 1e-3 else position.move
        if move > self._length(0):
            self._next_episode()
            move = 0
        elif move < 0:
            self._episode = max(0, self._episode - 1)
            move = self._length(0)
        self._clock = self._seconds(0) * move / max(1, self._length(0)) + 1e-9

    def to_end(self) -> None:
        """Go to the end of what is shown of this step."""
        self._episode = self._quota() - 1
        self._clock = self._longest() + self.pace.rest * 0.999

    def to_last(self) -> None:
        """Go to the end of the last step that has arrived."""
        if self.arrived:
            self._step = self.furthest = self.arrived - 1
            self.to_end()

    @property
    def complete(self) -> bool:
        """Whether of all that has arrived what is to be shown has been shown once."""
        if not self.arrived:
            return True
        return self._step == self.arrived - 1 and self._episode >= self._quota()

    def advance(self, seconds: float) -> None:
        """Let time pass. At the last speed all that has arrived is shown at once."""
        if self.paused or not self.arrived:
            return
        if self.speed == math.inf:
            self.to_last()
            return
        self._clock += seconds * self.speed
        while self._clock >= self._longest() + self.pace.rest:
            self._clock -= self._longest() + self.pace.rest
            self._next_episode()

    def position(self, agent: int = 0) -> PlaybackPosition | None:
        """What is on screen now; None before anything of this agent has arrived."""
        if not self._lengths[agent]:
            return None
        step, episodes = self._at(agent)
        length, seconds = self._length(agent), self._seconds(agent)
        index = self._episode % len(episodes)
        if self._clock >= seconds:
            rested = min(1.0, (self._clock - seconds) / self.pace.rest)
            return PlaybackPosition(step, self._episode, index, length, 0.0, rested)
        per_move = seconds / length
        move = min(int(self._clock / per_move), length - 1)
        fraction = eased(self._clock - move * per_move, per_move, self.pace.glide)
        return PlaybackPosition(step, self._episode, index, move, fraction, 0.0)

    def _next_episode(self) -> None:
        self._episode += 1
        if self._episode >= self._quota() and self._step + 1 < self.arrived:
            self._step, self._episode = self._step + 1, 0
            self.furthest = max(self.furthest, self._step)

    def _quota(self) -> int:
        """How many episodes of this step are shown before the next one."""
        wanted = self.pace.episodes if self._step else self.pace.first_episodes
        return min(wanted, len(self._lengths[0][self._step]))

    def _at(self, agent: int) -> tuple[int, tuple[int, ...]]:
        """The agent's step, and the lengths of its episodes: the last one, if it lags behind."""
        step = min(self._step, len(self._lengths[agent]) - 1)
        return step, self._lengths[agent][step]

    def _length(self, agent: int) -> int:
        _, episodes = self._at(agent)
        return episodes[self._episode % len(episodes)]

    def _seconds(self, agent: int) -> float:
        return min(self._length(agent) / self.pace.moves_per_second, self.pace.longest)

    def _longest(self) -> float:
        """Until all agents that are shown have ended this episode."""
        return max(self._seconds(i) for i in range(self.shown) if self._lengths[i])


def eased(elapsed: float, per_move: float, glide: float) -> float:
    """0..1 of the way to the next cell. In a hurry the agent glides on without easing."""
    if per_move <= glide:
        return min(1.0, elapsed / per_move)
    t = min(1.0, elapsed / glide)
    return t * t * (3 - 2 * t)
