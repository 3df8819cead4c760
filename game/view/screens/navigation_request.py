"""Navigation requests: what a screen asks of the app."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pygame

from game.session.messages import Request
from game.tasks.packs import Pack
from game.tasks.task import Task


@dataclass(frozen=True)
class Navigation:
    """A screen's request to the app: open another screen, or record what is on this one.

    `kind` is the screen to open ("gallery", "watch", "many", "play", "duel", "train" or "edit";
    "switch" for a watch screen in place of this one; "tour" for the guided tour) or the recording
    to make: "photo" (a picture), "film" (a GIF of `request`), "page" (an HTML file of it) or "copy"
    (its replay line).
    """

    kind: str
    pack: Pack | None = None
    task: Task | None = None
    agents: tuple[str, ...] = ()
    episodes: int = 0  # to play; 0: the pack's usual number
    request: Request | None = None  # the one adaptation to watch or to record
    args: tuple[str, ...] = ()  # the command line of a training
    path: Path | None = None  # of a pack that is not loaded yet
    by_default: bool = False  # whether nobody has named the agents: another pack has its own
    is_unlisted: bool = False  # whether the pack is not to be listed among the recent ones
    marks_goals: bool = False  # whether the editor begins with the marking of goals
    picture: pygame.Surface | None = None  # to save as "photo", if not that of the screen
    mode: str = ""  # of the gallery, if not the one that it is in
    is_first_sight: bool = False  # whether the watch screen has the doors of the first screen
