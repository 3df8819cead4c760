"""Spots: the places of a drawing that can be clicked or dragged, with what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pygame

Press = Callable[[tuple[int, int]], None]  # gets the place of the mouse in px


class Spot(NamedTuple):
    """A place that reacts to the mouse: when it is pressed there, and while it is dragged.

    `hint` says what is there while the mouse is over it.
    """

    rect: pygame.Rect
    press: Press
    drag: Press | None = None
    hint: str = ""


def spot_at(spots: Iterable[Spot], at: tuple[int, int]) -> Spot | None:
    """Return the first spot at a place."""
    return next((spot for spot in spots if spot.rect.collidepoint(at)), None)


def clicked(action: Callable[..., object], *args: object) -> Press:
    """Return an action with its arguments as that of a spot, wherever the spot is pressed."""

    def press(at: tuple[int, int]) -> None:
        action(*args)

    return press


def explained(rect: pygame.Rect, hint: str) -> Spot:
    """Return a spot that only says what is there."""
    return Spot(rect, lambda at: None, hint=hint)
