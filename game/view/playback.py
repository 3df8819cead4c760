"""Which moment of an adaptation is on screen: pure logic, no pygame.

The playback shows a few episodes of each adaptation step and then goes on to the next step, if that
has arrived; else it keeps showing episodes of the step it is at. So it never waits with an empty
screen, and after the last step it replays the adapted policy for as long as one likes to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
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
class Moment:
    """What is on screen: adaptation step, episode, move, and how far into the move."""

    step: int
    episode: int  # counts on while a step is replayed; see `index`
    index: int  # of the episode among those that the step carries
    move: int  # moves made before the one under way
    fraction: float  # 0..1 of the way to the next cell, eased
    rested: float  # 0..1 of the rest after the episode; 0 while it runs


class Playback:
    """The clock of the window. Times are seconds at normal speed."""

    def __init__(self, last: int, pace: Pace | None = None) -> None:
        """`last` is the number of the last adaptation step that will ever come."""
        self.last = last
        self.pace = pace or Pace()
        self.paused = False
        self.speed_index = NORMAL
        self._lengths: list[tuple[int, ...]] = []
        self._step, self._episode, self._clock = 0, 0, 0.0
        self._jump = False  # to the next step, as soon as it arrives

    @property
    def speed(self) -> float:
        return SPEEDS[self.speed_index]

    def change_speed(self, by: int) -> None:
        """Go up or down the list of speeds; at its ends nothing happens."""
        self.speed_index = min(max(self.speed_index + by, 0), len(SPEEDS) - 1)

    def add(self, lengths: Sequence[int]) -> None:
        """The next adaptation step has arrived: the number of moves of each of its episodes."""
        self._lengths.append(tuple(lengths))
        if self._jump:
            self.next_step()

    def next_step(self) -> None:
        """Go to the next adaptation step now, or as soon as it arrives.

        While paused, go to the end of what is shown of it, so that its trails are to be seen.
        """
        self._jump = self._step + 1 >= len(self._lengths) and self._step < self.last
        if self._step + 1 < len(self._lengths):
            self._step, self._episode, self._clock = self._step + 1, 0, 0.0
            if self.paused:
                self.to_end()

    def to_end(self) -> None:
        """Go to the end of what is shown of this step."""
        self._episode = self._quota() - 1
        self._clock = self._seconds() + self.pace.rest * 0.999

    def to_last(self) -> None:
        """Go to the end of the last step that has arrived."""
        if self._lengths:
            self._step = len(self._lengths) - 1
            self.to_end()

    @property
    def complete(self) -> bool:
        """Whether of all that has arrived what is to be shown has been shown once."""
        if not self._lengths:
            return True
        return self._step == len(self._lengths) - 1 and self._episode >= self._quota()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if self.paused or not self._lengths:
            return
        self._clock += seconds * self.speed
        while self._clock >= self._seconds() + self.pace.rest:
            self._clock -= self._seconds() + self.pace.rest
            self._next_episode()

    def moment(self) -> Moment | None:
        """What is on screen now; None before anything has arrived."""
        if not self._lengths:
            return None
        length, seconds = self._length(), self._seconds()
        index = self._episode % len(self._lengths[self._step])
        if self._clock >= seconds:
            rested = min(1.0, (self._clock - seconds) / self.pace.rest)
            return Moment(self._step, self._episode, index, length, 0.0, rested)
        per_move = seconds / length
        move = min(int(self._clock / per_move), length - 1)
        fraction = eased(self._clock - move * per_move, per_move, self.pace.glide)
        return Moment(self._step, self._episode, index, move, fraction, 0.0)

    def _next_episode(self) -> None:
        self._episode += 1
        if self._episode >= self._quota() and self._step + 1 < len(self._lengths):
            self._step, self._episode = self._step + 1, 0

    def _quota(self) -> int:
        """How many episodes of this step are shown before the next one."""
        wanted = self.pace.episodes if self._step else self.pace.first_episodes
        return min(wanted, len(self._lengths[self._step]))

    def _length(self) -> int:
        episodes = self._lengths[self._step]
        return episodes[self._episode % len(episodes)]

    def _seconds(self) -> float:
        return min(self._length() / self.pace.moves_per_second, self.pace.longest)


def eased(elapsed: float, per_move: float, glide: float) -> float:
    """0..1 of the way to the next cell. In a hurry the agent glides on without easing."""
    if per_move <= glide:
        return min(1.0, elapsed / per_move)
    t = min(1.0, elapsed / glide)
    return t * t * (3 - 2 * t)
