"""The doors of the first screen: where a newcomer can go from there, as keys of the watch screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pygame

from game.view.screens.key_binding import Key
from game.view.screens.navigation_request import Navigation

WELCOME = (
    "Learning to learn: this agent has never seen the level, and gets good at it in a few tries."
)


@dataclass(frozen=True)
class Door:
    """A door: its word, what is behind it in a few words, and the navigation request.

    `on_this_level` says whether the request is about the level on screen.
    """

    word: str
    line: str
    leads_to: Navigation
    on_this_level: bool = True


DOORS = (
    Door("Tour", "see how it works", Navigation("tour"), on_this_level=False),
    Door("Watch", "agents learn a level", Navigation("gallery", mode="watch")),
    Door("Play", "try it yourself", Navigation("play")),
    Door("Make", "draw your own level", Navigation("edit"), on_this_level=False),
    Door("Train", "meta-train an agent", Navigation("gallery", mode="train"), on_this_level=False),
)


def _go_through(door: Door, screen: Any) -> None:
    """Ask the app for what is behind a door."""
    task = screen.run.task if door.on_this_level else None
    screen.navigation = replace(door.leads_to, task=task)


def _door_key(number: int, door: Door) -> Key:
    """Return the key of a door: its number, also on the numeric keypad."""
    return Key(
        str(number),
        f"{door.word.lower()}: {door.line}",
        (pygame.K_0 + number, pygame.K_KP1 + number - 1),
        partial(_go_through, door),
        str(number),
        priority=1,
        short=door.word.lower(),
        group="go",
    )


DOOR_KEYS = tuple(_door_key(number, door) for number, door in enumerate(DOORS, 1))
DOOR_TEXTS = tuple((key.cap, door.word, door.line) for key, door in zip(DOOR_KEYS, DOORS))
