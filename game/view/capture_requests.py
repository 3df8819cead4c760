"""Requests to record a screen: as a picture, or an adaptation as a GIF, a page or a replay line.

What writes the files is loaded at the first request: the window opens without it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pygame

from game.files import write_atomically
from game.session.replay import ReplayError, line_of
from game.tasks.packs import Pack
from game.view.model.clipboard import copy_text
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice

RECORDINGS = {"film": "GIF", "page": "page"}  # made in the background
CAPTURES = ("photo", "copy", *RECORDINGS)  # kinds of navigation requests that open no screen
FOLDER = "recordings"  # for pictures, GIFs and pages
MOST_SHOWN = 300  # characters of a replay line that is in the clipboard


class Recorder(Protocol):
    """Makes a GIF or a page of a replay line in the background."""

    def start(self, line: str, path: Path, kind: str) -> None:
        """Begin to record what a replay line describes: a "film" into a folder, or a "page"."""
        ...

    def poll(self) -> tuple[str, str, bool] | None:
        """Return a notice (heading, text, whether it succeeded) once it has ended, else None."""
        ...


class ScreenCapture:
    """Answers the requests in `CAPTURES`; each method returns a notice for the screen, or None."""

    def __init__(self, recorder: Recorder | None) -> None:
        self.recorder = recorder
        self.folder = Path(FOLDER)
        self.recording = ""  # what is being made, in a word; "" for nothing
        self._picture_wanted = False
        self._picture: pygame.Surface | None = None  # to save; None: what is drawn

    @property
    def status(self) -> tuple[str, ...]:
        """Two short lines while a GIF or a page is being made; else none."""
        return ("● making", f"a {self.recording}…") if self.recording else ()

    def request(self, navigation: Navigation, pack: Pack | None) -> Notice | None:
        """Save the next picture, record the adaptation, or copy its replay line."""
        from game.view.image_files import free_name

        self._picture_wanted = navigation.kind == "photo"
        self._picture = navigation.picture
        request = navigation.request
        if not request:
            return None
        assert pack
        try:
            line = line_of(pack, request, own_runs=navigation.kind in RECORDINGS)
        except ReplayError as error:
            return Notice("There is no replay line", str(error))
        if navigation.kind == "copy":
            return _copied(line)
        if self.recording or self.recorder is None:
            what = self.recording or "recording"
            return Notice("One recording at a time", f"The last {what} is still being made.")
        kind = navigation.kind
        self.recording = RECORDINGS[kind]
        suffix = ".html" if kind == "page" else ""
        path = free_name(self.folder, f"{request.task.id}-seed{request.seed}", suffix)
        self.recorder.start(line, path, kind)
        place = f"as {path}" if suffix else f"in {path}"
        return Notice("Recording", f"The {self.recording} will be {place}.", transient=True)

    def poll(self) -> Notice | None:
        """Return the recorder's notice if a GIF or a page has just been finished."""
        message = self.recorder.poll() if self.recorder and self.recording else None
        if message is None:
            return None
        self.recording = ""
        return Notice(*message)

    def save_picture(self, surface: pygame.Surface) -> Notice | None:
        """Save what has been drawn, if a picture was requested."""
        if not self._picture_wanted:
            return None
        from game.view.image_files import free_name, save_png

        self._picture_wanted = False
        path = free_name(self.folder, "gridapt", ".png")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: save_png(self._picture or surface, file))
        except (OSError, pygame.error) as error:
            return Notice("The picture could not be saved", str(error))
        return Notice("Saved", str(path), transient=True)


def _copied(line: str) -> Notice:
    """Copy a replay line. Return the notice that says how to use it."""
    copied = copy_text(line)
    heading = "Copied: how to replay this" if copied else "How to replay this"
    if copied and len(line) > MOST_SHOWN:
        line = f"{line[:MOST_SHOWN]}…"
    return Notice(heading, f'python main.py watch --replay "{line}"', transient=True)
