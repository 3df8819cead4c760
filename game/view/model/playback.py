"""The playback of an adaptation: which step, episode and move is on screen. No pygame.

The playback shows a few episodes of each adaptation step and goes on to the next step if that has
arrived. Otherwise it repeats the episodes of the current step, so the screen is never empty. After
the last step it repeats the episodes of the adapted policy until the screen is closed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, math.inf)
NORMAL = SPEEDS.index(1.0)


@dataclass(frozen=True)
class Pace:
    """The speed at which an adaptation is shown. Long episodes are shown faster."""

    moves_per_second: float = 6.0
    longest: float = 2.5
    """Longest duration of an episode in seconds."""
    glide: float = 0.11
    """Seconds from cell to cell; the agent stands for the rest of a move's time."""
    rest: float = 0.45
    """Pause between two episodes in seconds."""
    first_episodes: int = 2
    """Episodes shown before adaptation, when they are longest."""
    episodes: int = 3
    """Episodes shown of each later adaptation step."""


@dataclass(frozen=True)
class PlaybackPosition:
    """The position of the playback: adaptation step, episode, move, and progress of the move."""

    step: int
    episode: int  # keeps counting while the episodes of a step repeat; see `index`
    index: int  # of the episode among the recorded episodes of the step
    move: int  # moves completed
    fraction: float  # 0..1: progress to the next cell, eased
    rested: float  # 0..1: progress of the pause after the episode; 0 while the episode runs


class Playback:
    """The clock of a playback. Times are in seconds at normal speed.

    Several agents share one clock. The first agent's steps determine the steps of the playback.
    Each agent moves at its own pace; the next episode begins when the first `shown` agents have
    finished theirs.
    """

    def __init__(self, last: int, pace: Pace | None = None, agents: int = 1) -> None:
        """`last` is the number of the last adaptation step; `agents` is the number of agents."""
        self.last = last
        self.pace = pace or Pace()
        self.paused = False
        self.shown = agents
        self.speed_index = NORMAL
        self._lengths: list[list[tuple[int, ...]]] = [[] for _ in range(agents)]
        self.furthest = 0  # the last step that has been shown
        self._step, self._episode, self._clock = 0, 0, 0.0
        self._jump = False  # whether to go to the next step as soon as it arrives

    @property
    def speed(self) -> float:
        """The factor of the normal speed; infinite shows the last step at once."""
        return SPEEDS[self.speed_index]

    @property
    def arrived(self) -> int:
        """The number of adaptation steps that have arrived."""
        return len(self._lengths[0])

    def change_speed(self, by: int) -> None:
        """Go up or down the list of speeds; at its ends the speed stays."""
        self.speed_index = min(max(self.speed_index + by, 0), len(SPEEDS) - 1)

    def add(self, lengths: Sequence[int], agent: int = 0) -> None:
        """Add an agent's next adaptation step: the number of moves of each of its episodes."""
        self._lengths[agent].append(tuple(lengths))
        if self._jump and agent == 0:
            self.next_step()

    # --- seeking

    def next_step(self) -> None:
        """Go to the next adaptation step now, or as soon as it arrives.

        While paused, go to the end of its episodes, so that their trails are visible.
        """
        self._jump = self._step + 1 >= self.arrived and self._step < self.last
        if self._step + 1 < self.arrived:
            self.go_to(self._step + 1)

    def previous_step(self) -> None:
        """Go to the previous adaptation step, or to the beginning of the first."""
        self.go_to(max(0, self._step - 1))

    def go_to(self, step: int) -> None:
        """Go to the first episode of an adaptation step, if the step has arrived."""
        if step < self.arrived:
            self._jump = False
            self._step, self._episode, self._clock = step, 0, 0.0
            self.furthest = max(self.furthest, step)
            if self.paused:
                self.to_end()

    def rewind(self) -> None:
        """Go to the first move of the first adaptation step."""
        self._step, self._episode, self._clock, self._jump = 0, 0, 0.0, False

    def change_episode(self, by: int) -> None:
        """Go to the beginning of another episode of this step, `by` episodes on or back."""
        if self.arrived:
            self._episode, self._clock = max(0, self._episode + by), 0.0

    def change_move(self, by: int) -> None:
        """Pause and go one move forwards (`by` = 1) or back (-1), across the ends of episodes."""
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
        """Go to the end of the last episode shown of this step."""
        self._episode = self._quota() - 1
        self._clock = self._longest() + self.pace.rest * 0.999

    def to_last(self) -> None:
        """Go to the end of the last step that has arrived."""
        if self.arrived:
            self._step = self.furthest = self.arrived - 1
            self.to_end()

    @property
    def complete(self) -> bool:
        """Whether all that has arrived has been shown once."""
        if not self.arrived:
            return True
        return self._step == self.arrived - 1 and self._episode >= self._quota()

    def advance(self, seconds: float) -> None:
        """Advance by a number of seconds. At infinite speed, go to the last step."""
        if self.paused or not self.arrived or not seconds:
            return
        if self.speed == math.inf:
            self.to_last()
            return
        self._clock += seconds * self.speed
        while self._clock >= self._longest() + self.pace.rest:
            self._clock -= self._longest() + self.pace.rest
            self._next_episode()

    def position(self, agent: int = 0) -> PlaybackPosition | None:
        """Return an agent's current position, or None before its first step has arrived."""
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
        """Go to the next episode, or to the next step if enough episodes have been shown."""
        self._episode += 1
        if self._episode >= self._quota() and self._step + 1 < self.arrived:
            self._step, self._episode = self._step + 1, 0
            self.furthest = max(self.furthest, self._step)

    def _quota(self) -> int:
        """Return the number of episodes of this step that are shown before the next step."""
        wanted = self.pace.episodes if self._step else self.pace.first_episodes
        return min(wanted, len(self._lengths[0][self._step]))

    def _at(self, agent: int) -> tuple[int, tuple[int, ...]]:
        """Return an agent's step (its last if it lags behind) and the lengths of its episodes."""
        step = min(self._step, len(self._lengths[agent]) - 1)
        return step, self._lengths[agent][step]

    def _length(self, agent: int) -> int:
        """Return the number of moves of the agent's current episode."""
        _, episodes = self._at(agent)
        return episodes[self._episode % len(episodes)]

    def _seconds(self, agent: int) -> float:
        """Return the duration of the agent's current episode."""
        return min(self._length(agent) / self.pace.moves_per_second, self.pace.longest)

    def _longest(self) -> float:
        """Return the duration of the longest current episode of the agents shown."""
        return max(self._seconds(i) for i in range(self.shown) if self._lengths[i])


def eased(elapsed: float, per_move: float, glide: float) -> float:
    """Return the progress 0..1 to the next cell, `elapsed` seconds into a move.

    A move shorter than `glide` is linear; a longer one eases in and out during `glide` seconds.
    """
    if per_move <= glide:
        return min(1.0, elapsed / per_move)
    t = min(1.0, elapsed / glide)
    return t * t * (3 - 2 * t)
