"""The phases of a training at a pace that the eye can follow. No pygame."""

from __future__ import annotations

from collections import deque

from game.session.messages import Phase

LEAST_SECONDS = 0.6  # that a phase stays on screen


class PacedPhases:
    """Shows the reported phases in their order, each for a while.

    A training may be faster than that. Then whole iterations are left out, but never a part of one,
    and no evaluation, and `is_slowed` says so.
    """

    def __init__(self) -> None:
        self.shown: Phase | None = None
        self.is_slowed = False  # whether what is shown lies behind what the training does
        self.reported: set[Phase] = set()  # all kinds of phases so far
        self._waiting: deque[Phase] = deque()
        self._since = LEAST_SECONDS  # seconds since `shown` has changed

    def add(self, phase: Phase) -> None:
        """Take a phase that has begun. A waiting iteration gives way to the one that begins."""
        self.reported.add(phase)
        if phase is Phase.TASKS and phase in self._waiting:
            waiting = list(self._waiting)
            first = waiting.index(Phase.TASKS)
            kept = [one for one in waiting[first:] if one is Phase.EVALUATION]
            self._waiting = deque([*waiting[:first], *kept[:1]])
        self._waiting.append(phase)

    def update(self, seconds: float) -> None:
        """Advance by a number of seconds."""
        self._since += seconds
        if self._waiting and self._since >= LEAST_SECONDS:
            self.shown, self._since = self._waiting.popleft(), 0.0
            self.is_slowed = bool(self._waiting)

    def stop(self) -> None:
        """Show no phase: the training has ended."""
        self.shown, self.is_slowed = None, False
        self._waiting.clear()
