"""Open the window, with the learner's process behind it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.exit_codes import (
    AT_FAULT,
    DONE,
    NOTHING_SAVED,
    UNUSABLE,
    fail,
    say,
    when_told_to_end,
)
from game.session.messages import STEPS

if TYPE_CHECKING:
    from agents.training.train import Training
    from agents.training.worker import Worker
    from commands.background_recorder import BackgroundRecorder
    from game.session.messages import Request
    from game.tasks.packs import Pack
    from game.tasks.task import Task


def train_as_told(argv: Sequence[str]) -> Training:
    """Return the training that a command line of `train` asks for; see `training_of`.

    Only a worker that trains loads the command.
    """
    from commands.train import training_of

    return training_of(argv)


@contextlib.contextmanager
def learners_process(learners: Sequence[str] = ()) -> Iterator[Worker]:
    """Start the process of the window's learners, which ends with the block.

    It takes long to load: start it before anything else. `learners` are files with your own
    learners, as `--learner` takes them.
    """
    when_told_to_end(lambda *_: sys.exit(DONE))  # as closing the window does
    from agents.training.worker import Worker

    feed = Worker(train_as_told, learners)
    try:
        yield feed
    finally:
        feed.close()


def can_wait_for(level: str) -> bool:
    """Whether a level that cannot be loaded is a file or folder that may be mended."""
    from game.text.reading import split_address

    return os.path.exists(split_address(level)[0])


def open_window(
    feed: Worker,
    screen: str,
    pack: Pack | None = None,
    agents: tuple[str, ...] = (),
    seed: int = 0,
    steps: int = STEPS,
    episodes: int = 0,
    show_goal: bool = False,
    request: Request | None = None,
    args: tuple[str, ...] = (),
    learners: tuple[str, ...] = (),
    by_default: bool = False,
    path: Path | None = None,
    first_sight: Task | None = None,
) -> int:
    """Open the window on a screen ("watch", "play", "duel", "train" or "edit"), and stay until it
    closes.

    `feed` is the learners' process, and `learners` are files with your own learners, as `--learner`
    takes them. `by_default` says that nobody has named the agents. `path` is the file to
    edit, or one with errors that is to be mended before it is watched or played. `first_sight` is
    the task of the first screen with its doors, where the command line asks for nothing.
    """
    from commands.agent_choices import AgentChoices
    from commands.background_recorder import BackgroundRecorder
    from game.session.packed_levels import is_unpacked
    from game.view.app import App
    from game.view.screens.navigation_request import Navigation
    from game.view.settings import settings_file
    from game.view.window import NoDisplay, WrongPygame, run

    began = time.time()
    first = Navigation(
        screen,
        pack,
        task=request.task if request else first_sight,
        agents=agents,
        episodes=episodes,
        request=request,
        args=args,
        by_default=by_default,
        path=path,
        is_unlisted=pack is not None and is_unpacked(pack.path),
        is_first_sight=first_sight is not None,
    )
    recorder = BackgroundRecorder(learners)
    app = App(
        first,
        AgentChoices(),
        feed,
        settings_file(),
        seed,
        steps,
        show_goal=show_goal,
        recorder=recorder,
    )
    try:
        code = run(app)
        finish_recording(recorder)
        return fail(app.failure, AT_FAULT) if app.failure else code
    except (NoDisplay, WrongPygame) as error:
        return fail(error, UNUSABLE)
    finally:
        app.close()
        recorder.close()
        feed.close()  # now, since it saves a training
        for out in app.runs:
            say(saved_message(out, began))
        if screen == "train" and not (app.runs or app.failure):
            say(NOTHING_SAVED)


def finish_recording(recorder: BackgroundRecorder) -> None:
    """Wait until what is being made is finished, and say where it is, or why it failed."""
    if not recorder.is_busy:
        return
    say("finishing the recording (Ctrl-C gives it up)", sys.stderr)
    note = recorder.finish()
    if note:
        heading, text, succeeded = note
        say(f"{heading}: {text}", sys.stdout if succeeded else sys.stderr)


def saved_message(out: Path, began: float) -> str:
    """Return the message about the agent that a training, begun at this time, has saved."""
    from agents.agent_catalog import CHECKPOINT

    last = out / CHECKPOINT
    if last.exists() and last.stat().st_mtime >= began:
        return f"the trained agent is saved in {out}"
    return NOTHING_SAVED
