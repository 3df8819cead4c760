"""The ways from the editor to other screens: play, watch, duel and train on its level."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import pygame

from game.session.messages import Agents
from game.tasks.pack_file import PACK_FILE
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.level_snapshots import LevelSnapshots, load_edited
from game.view.model.training_run import training_args
from game.view.screens.asked_question import Answer, Question
from game.view.screens.current_verdict import CurrentVerdict
from game.view.screens.editor_files import DialogHost, FileDialogs
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice

TRAIN, TRAIN_LEARNER, TRAIN_MINUTES = "train", "maml", "2"
OPENING = "Opening…"
FEW_TASKS = (
    "An agent needs at least five tasks to train on: paint more candidates '?', or let a value be "
    "drawn from a range or a set."
)


class DepartureHost(DialogHost, Protocol):
    """The screen that other screens are opened from."""

    files: FileDialogs
    verdict: CurrentVerdict


class Departure(NamedTuple):
    """A screen to open as soon as the level is loaded from a path."""

    kind: str
    path: Path
    is_snapshot: bool = False
    task: Task | None = None


class Departures:
    """Loads the level as it is now in a background job, and asks the app for a screen with it."""

    def __init__(self, host: DepartureHost, agents: Agents, jobs: BackgroundJobs) -> None:
        self._host, self._agents, self._jobs = host, agents, jobs
        self._snapshots = LevelSnapshots()
        self._waiting: Departure | None = None

    def open(self, kind: str) -> None:
        """Open another screen with the level, if it has no problems."""
        if self._host.verdict.require_sound():
            self._open(kind, None)

    def play(self, task: Task) -> None:
        """Play a task of the level, whose problems do not matter then."""
        self._open("play", task)

    def _open(self, kind: str, task: Task | None) -> None:
        """Open another screen with the level, saved or not, as soon as it is loaded."""
        try:
            path, is_snapshot = self._snapshots.file_of(self._host.editor.draft)
        except OSError as error:
            self._host.notice = Notice("The level cannot be opened", str(error))
            return
        self._wait_for(Departure(kind, path, is_snapshot, task))

    def train(self) -> None:
        """Train an agent on the level's file, which is saved first, or on its whole folder."""
        if not self._host.verdict.require_sound():
            return
        draft = self._host.editor.draft
        if draft.is_changed or draft.path is None:
            self._host.files.save(self._train)
        else:
            self._train()

    def _train(self) -> None:
        """Train on the level's file, or on its folder if that is a pack: the person decides."""
        path = self._host.editor.draft.path
        assert path
        file, folder = Departure(TRAIN, path), Departure(TRAIN, path.parent)
        if not (path.parent / PACK_FILE).is_file():
            self._wait_for(file)
            return
        self._host.question = Question(
            "Train on the level or its pack?",
            f"{path.name} is one of the levels of the pack {path.parent.resolve().name}.",
            (
                Answer("L", pygame.K_l, "this level", partial(self._wait_for, file)),
                Answer("P", pygame.K_p, "the whole pack", partial(self._wait_for, folder)),
                Answer("Esc", pygame.K_ESCAPE, "neither"),
            ),
        )

    def _wait_for(self, departure: Departure) -> None:
        self._waiting = departure
        self._host.editor.message = OPENING

    def update(self) -> None:
        """Ask the app for the screen, once the level is loaded."""
        if self._waiting is None:
            return
        kind, path, is_snapshot, task = self._waiting
        key = ("edited", path, self._host.editor.text)
        loaded = self._jobs.ask(key, lambda: load_edited(path), str)
        if loaded is None:
            return
        self._waiting = None
        self._host.editor.message = ""
        if isinstance(loaded, str):
            self._host.notice = Notice("The level cannot be opened", loaded)
        elif kind == TRAIN:
            self._open_training(loaded)
        else:
            self._host.navigation = Navigation(kind, loaded, task, is_unlisted=is_snapshot)

    def _open_training(self, pack: Pack) -> None:
        split = pack.split("train")
        if not (split.tasks or split.unlimited):
            self._host.notice = Notice("There are no training tasks", FEW_TASKS)
            return
        args = training_args(self._agents, pack, TRAIN_LEARNER, TRAIN_MINUTES)
        self._host.navigation = Navigation(TRAIN, pack, args=args)

    def close(self) -> None:
        """Remove what the screens were opened with."""
        self._snapshots.close()
