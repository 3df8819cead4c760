"""The moves of the play screen: their keys, gamepads, and keys that are held."""

from __future__ import annotations

import pygame

from game.text.tiles import ACTIONS

REPEAT_DELAY, REPEAT_INTERVAL = 0.24, 0.12  # seconds for which a key is held
STICK_THRESHOLD = 0.6  # deflection from which on a stick counts, of 1

MOVE_KEYS = {  # action: its keys
    ACTIONS.index("left"): (pygame.K_LEFT, pygame.K_a),
    ACTIONS.index("up"): (pygame.K_UP, pygame.K_w),
    ACTIONS.index("down"): (pygame.K_DOWN, pygame.K_s),
    ACTIONS.index("right"): (pygame.K_RIGHT, pygame.K_d),
}


class HeldMove:
    """The move whose key or stick is held, which repeats until it is released."""

    def __init__(self) -> None:
        self.action: int | None = None
        self._left = 0.0  # seconds until the next repetition

    def hold(self, action: int) -> None:
        """Start to hold a move."""
        self.action, self._left = action, REPEAT_DELAY

    def release(self) -> None:
        """Stop to repeat the move."""
        self.action = None

    def is_due(self, seconds: float) -> bool:
        """Advance by a number of seconds. Return whether the move is to be repeated now."""
        due = self._left <= seconds
        self._left = REPEAT_INTERVAL if due else self._left - seconds
        return due


def stick_position(event: pygame.event.Event) -> tuple[float, float] | None:
    """Return the position of a gamepad's stick or cross; None if the event is none of theirs.

    x is positive to the right, y downwards; both are 0 near the centre.
    """
    if event.type == pygame.JOYHATMOTION:
        return event.value[0], -event.value[1]
    if event.type == pygame.JOYAXISMOTION and event.axis in (0, 1):
        value = event.value if abs(event.value) > STICK_THRESHOLD else 0.0
        return (value, 0.0) if event.axis == 0 else (0.0, value)
    return None


def stick_action(x: float, y: float) -> int | None:
    """Return the move of a stick's position, or None in the centre."""
    if not x and not y:
        return None
    if abs(x) >= abs(y):
        return ACTIONS.index("right" if x > 0 else "left")
    return ACTIONS.index("down" if y > 0 else "up")
