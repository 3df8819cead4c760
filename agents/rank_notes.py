"""Notes that ranks leave each other when they end: whoever leaves none was lost.

They are in the store that torchrun keeps, which outlives the ranks and their connections.
"""

from __future__ import annotations

import contextlib
import time

from agents import ranks

NOTE_TIMEOUT = 3.0  # seconds to wait for the notes of ranks that end
POLL_INTERVAL = 0.05  # seconds between two checks for a note


def leave_note(said: str = "") -> None:
    """Tell the others that this rank ends by itself, and what it would have `said`."""
    with contextlib.suppress(RuntimeError):  # torchrun has ended
        if store := ranks.store():
            store.set(f"ends/{ranks.rank()}", said)


def note_of(number: int) -> str | None:
    """Return the note that a rank has left; None if it has left none."""
    with contextlib.suppress(RuntimeError):
        if (store := ranks.store()) and store.check([f"ends/{number}"]):
            return str(store.get(f"ends/{number}").decode())
    return None


def notes_of_others() -> dict[int, str | None]:
    """Return the notes of all other ranks, by rank, once they had NOTE_TIMEOUT to leave them; None
    for a rank that has left none."""
    deadline = time.monotonic() + NOTE_TIMEOUT
    others = [number for number in range(ranks.n_ranks()) if number != ranks.rank()]
    while True:
        notes = {number: note_of(number) for number in others}
        if None not in notes.values() or ranks.launcher_has_ended() or time.monotonic() > deadline:
            return notes
        time.sleep(POLL_INTERVAL)


def await_note(number: int, seconds: float) -> None:
    """Wait at most so many seconds until a rank has left a note; not where there can be none."""
    deadline = time.monotonic() + seconds
    while ranks.store() and note_of(number) is None and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)


def claim_report() -> bool:
    """Whether this rank is the first to ask, and so is the one that says what has happened."""
    with contextlib.suppress(RuntimeError):
        return bool((store := ranks.store()) and store.add("report", 1) == 1)
    return False  # torchrun has ended; rank 0 does not ask
