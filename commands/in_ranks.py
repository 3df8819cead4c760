"""Training in several ranks under `torchrun`: who speaks, and how the ranks end."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from agents import rank_notes, ranks
from agents.training.processes import ignore_signals
from commands.exit_codes import AT_FAULT, NOTHING_SAVED, UNUSABLE, fail

if TYPE_CHECKING:
    from rich.console import Console

    from agents.training.train import Training

LONGEST_SAVE = 25.0  # seconds that a rank waits for the first one to save, of torchrun's 30


def run_in_ranks(argv: Sequence[str], run: Callable[[list[str]], int]) -> int:
    """Run a command line on this rank, of which the first one alone prints anything.

    Only `train` runs in several ranks, and without a window.
    """
    with _silence_others() as said:
        if {"--help", "-h"} & set(argv):
            return run([*argv])
        with ranks.joined():
            code = run([*argv]) if _can_run(argv) else UNUSABLE
            _end(code, said.getvalue())
            return code


def _can_run(argv: Sequence[str]) -> bool:
    """Whether this command runs in several ranks; says so if it does not."""
    if argv[:1] == ["train"] and "--window" not in argv:
        return True
    what = "training in a window" if argv[:1] == ["train"] else "any command but 'train'"
    fail(f"torchrun cannot run {what} - start it with python instead", UNUSABLE)
    return False


@contextlib.contextmanager
def _silence_others() -> Iterator[io.StringIO]:
    """Let only the first rank write to stdout and stderr; yield what another one would have written
    to stderr."""
    said = io.StringIO()
    if ranks.launched_rank() == 0:
        yield said
        return
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(said),
    ):
        yield said


def _end(code: int, said: str) -> None:
    """Leave the other ranks. One that ends with an error leaves them what it `said`.

    As soon as one rank has ended with an error, torchrun tells the others to end. So the first one
    ends first: it may be about to save, and to say what is wrong.
    """
    rank_notes.leave_note(said.strip() if code else "")
    if code and ranks.is_connected() and not ranks.is_first():
        ranks.disconnect()  # the first one may know of no error yet
        rank_notes.await_note(0, LONGEST_SAVE)


def end_training(training: Training, error: BaseException, console: Console) -> int:
    """End a training that was told to end, or that has lost a rank; the first rank saves it.

    Returns an exit code, or raises the KeyboardInterrupt that told it to end.
    """
    # Nothing may interrupt the end: torchrun tells all ranks to end when one has ended.
    ignore_signals("SIGINT", "SIGTERM", "SIGHUP")
    if not ranks.is_first():
        return _end_after_first(training, error)
    training.save(with_curves=False)  # before torchrun loses patience: curves take long to draw
    try:
        return _end_first(training, error, console)
    finally:
        training.save()


def _end_first(training: Training, error: BaseException, console: Console) -> int:
    """Say how the training has ended, whose checkpoint the first rank has saved."""
    from commands.console import show_stopped

    ranks.disconnect()  # others may wait for this one, if it alone was told to end
    notes = rank_notes.notes_of_others()
    rank_notes.leave_note()
    lost = [number for number, note in notes.items() if note is None]
    wrong = "; ".join(f"rank {number}: {note}" for number, note in notes.items() if note)
    if lost or wrong or not isinstance(error, KeyboardInterrupt):
        rank_notes.claim_report()
        return fail(f"{wrong or _about_lost(lost)}; {_about_kept(lost, training)}", AT_FAULT)
    show_stopped(training, console)
    raise error


def _end_after_first(training: Training, error: BaseException) -> int:
    """End this rank once the first one has saved; if that is lost, one of the others says so."""
    rank_notes.leave_note()
    ranks.disconnect()
    if not _first_has_ended(training) and rank_notes.claim_report():
        with contextlib.redirect_stderr(sys.__stderr__):
            fail(f"{_about_lost([0])}; {_about_kept([0], training)}", AT_FAULT)
    if isinstance(error, KeyboardInterrupt):
        raise error
    return AT_FAULT


def _first_has_ended(training: Training) -> bool:
    """Wait for the first rank: whether it has saved the training, rather than being lost.

    The system frees the lock of the run's folder when its owner ends, however it ends. A rank on
    another machine may not see that folder.
    """
    from agents.run_folder import wait_until_free

    if ranks.ranks_here() == ranks.n_ranks():
        wait_until_free(training.out, LONGEST_SAVE)
    else:
        rank_notes.await_note(0, LONGEST_SAVE)
    return rank_notes.note_of(0) is not None


def _about_lost(lost: Sequence[int]) -> str:
    """Return what has happened, given the ranks that were `lost`, if any."""
    if ranks.launcher_has_ended():
        return "torchrun ended unexpectedly (killed?)"
    if not lost:
        return f"another rank of {ranks.n_ranks()} was told to end"
    who = f"rank{'s' * (len(lost) > 1)} {', '.join(map(str, lost))}"
    causes = "killed, stopped, or out of memory?"
    return f"{who} of {ranks.n_ranks()} ended unexpectedly or does not answer ({causes})"


def _about_kept(lost: Sequence[int], training: Training) -> str:
    """Return what is kept of a training that has `lost` ranks, and how to go on."""
    from agents.agent_catalog import CHECKPOINT
    from agents.run_folder import run_file

    if not run_file(training.out, CHECKPOINT):
        return NOTHING_SAVED
    kept = (
        f"training up to its last save is kept in {training.out}"
        if 0 in lost
        else f"all {training.status.iteration:,} iterations so far are saved in {training.out}"
    )
    pack, out = shlex.quote(str(training.pack.path)), shlex.quote(str(training.out))
    todo = f"train {pack} --out {out} --resume"
    return f"{kept} - go on, with any number of ranks: python main.py {todo}"
