"""Training in several ranks under `torchrun`: who speaks, and how the ranks end."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from agents import ranks
from commands.exit_codes import AT_FAULT, NOTHING_SAVED, UNUSABLE, fail

if TYPE_CHECKING:
    from rich.console import Console

    from agents.training.train import Training

LONGEST_SAVE = 25.0  # seconds that a rank waits for the first one to save; torchrun grants 30


def run_in_ranks(argv: Sequence[str], run: Callable[[list[str]], int]) -> int:
    """Run a command line on this rank, of which the first one alone prints anything.

    Only `train` runs in several ranks, and without a window.
    """
    with _silence_others():
        if argv[:1] != ["train"] or "--window" in argv:
            what = "no training in a window" if argv[:1] == ["train"] else "'train' alone"
            hint = "start it with python instead"
            return fail(f"torchrun is for training in several processes, {what} - {hint}", UNUSABLE)
        if {"--help", "-h"} & set(argv):
            return run([*argv])
        with ranks.joined():
            return run([*argv])


@contextlib.contextmanager
def _silence_others() -> Iterator[None]:
    """Let only the first rank write to stdout and stderr."""
    if ranks.launched_rank() == 0:
        yield
        return
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def end_training(training: Training, error: BaseException, console: Console) -> int:
    """End a training that was told to end, or that has lost a rank; the first rank saves it.

    Returns an exit code, or raises the KeyboardInterrupt that told it to end.
    """
    _ignore_signals()
    if not ranks.is_first():
        return _end_after_first(training, error)
    training.save()
    lost = ranks.lost_ranks()
    ranks.leave_note()
    interrupted = isinstance(error, KeyboardInterrupt)
    if lost or not interrupted:
        ranks.speaks()
        return fail(_about_lost(lost, training), AT_FAULT)
    saved = f"the agent so far is saved in {training.out}" if training.status.iteration else ""
    console.print(f"stopped; {saved}" if saved else NOTHING_SAVED, soft_wrap=True)
    raise error


def _end_after_first(training: Training, error: BaseException) -> int:
    """End this rank once the first one has saved; if that is lost, one of the others says so."""
    ranks.leave_note()
    if not _first_has_ended(training) and ranks.speaks():
        with contextlib.redirect_stderr(sys.__stderr__):
            fail(_about_lost([0], training), AT_FAULT)
    if isinstance(error, KeyboardInterrupt):
        raise error
    return AT_FAULT


def _first_has_ended(training: Training) -> bool:
    """Wait for the first rank: whether it has saved the training, rather than being lost.

    The system frees the lock of the run's folder when its owner ends, however it ends.
    """
    from agents.learner import AgentError
    from agents.run_folder import locked

    deadline = time.monotonic() + LONGEST_SAVE
    while time.monotonic() < deadline:
        with contextlib.suppress(AgentError, OSError), locked(training.out):
            return ranks.has_left_note(0)
        time.sleep(ranks.POLL)
    return True  # it is still there


def _about_lost(lost: Sequence[int], training: Training) -> str:
    """Return what has happened, what is kept, and how to go on."""
    from agents.agent_catalog import CHECKPOINT
    from agents.run_folder import run_file

    names = ", ".join(map(str, lost))
    who = f"rank{'s' * (len(lost) > 1)} {names}" if lost else "another rank"
    what = f"{who} of {ranks.n_ranks()} ended unexpectedly (killed, or out of memory?)"
    if not run_file(training.out, CHECKPOINT):
        return f"{what}; {NOTHING_SAVED}"
    kept = (
        f"training up to its last save is kept in {training.out}"
        if 0 in lost
        else f"all {training.status.iteration:,} iterations so far are saved in {training.out}"
    )
    pack, out = shlex.quote(str(training.pack.path)), shlex.quote(str(training.out))
    todo = f"train {pack} --out {out} --resume"
    return f"{what}; {kept} - go on, with any number of ranks: python main.py {todo}"


def _ignore_signals() -> None:
    """Let nothing interrupt the end: torchrun tells all ranks to end when one has ended."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
