"""Work beside the drawing: no frame may stall on a file or on a plan.

A thread of its own does such errands, the last one asked for first, and the screens ask again in
the next frame.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

MOST_KEPT = 2000  # results of errands


class BackgroundJobs:
    """Work that is done by a thread, one piece after the other; `at_once`: by whoever asks."""

    def __init__(self, at_once: bool = False) -> None:
        self._at_once = at_once
        self._done: dict[Hashable, Any] = {}
        self._wanted: dict[Hashable, Callable[[], Any]] = {}
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None
        self._doing: Hashable = None

    def ask(self, key: Hashable, work: Callable[[], Any], patience: float = 0.0) -> Any:
        """The result of the work, or None as long as there is none; it is waited for so many
        seconds, when it is asked for the first time."""
        if key in self._done:
            return self._done[key]
        if self._at_once:
            self._done[key] = work()
            return self._done[key]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        with self._bell:
            if key != self._doing:
                patience = 0.0 if key in self._wanted else patience
                self._wanted.pop(key, None)
                self._wanted[key] = work  # asked last, done first
                self._bell.notify_all()
                if patience:
                    self._bell.wait_for(lambda: key in self._done, patience)
        return self._done.get(key)

    @property
    def count(self) -> int:
        """How many results there are by now."""
        return len(self._done)

    def forget(self, key: Hashable) -> None:
        """Do this errand again when it is asked for the next time."""
        self._done.pop(key, None)

    def _run(self) -> None:
        while True:
            with self._bell:
                while not self._wanted:
                    self._bell.wait()
                key, work = self._wanted.popitem()
                self._doing = key
            if key not in self._done:
                result = work()
                if len(self._done) > MOST_KEPT:
                    self._done.clear()
                self._done[key] = result
            with self._bell:
                self._doing = None
                self._bell.notify_all()
