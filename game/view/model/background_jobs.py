"""Background jobs: work done in a thread, so that no frame waits for a file or a plan.

The job that was asked for last is done first. Screens ask again in the next frame until there is a
result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

MOST_KEPT = 2000  # results


class BackgroundJobs:
    """Jobs done by one thread, one after the other; with `at_once`, by the caller of `ask`."""

    def __init__(self, at_once: bool = False) -> None:
        self._at_once = at_once
        self._done: dict[Hashable, Any] = {}
        self._wanted: dict[Hashable, Callable[[], Any]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._running: Hashable = None

    def ask(self, key: Hashable, work: Callable[[], Any], patience: float = 0.0) -> Any:
        """Return the result of a job, or None while it is not done. `key` identifies the job.

        The first call waits up to `patience` seconds for the result.
        """
        if key in self._done:
            return self._done[key]
        if self._at_once:
            self._done[key] = work()
            return self._done[key]
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        with self._changed:
            if key != self._running:
                patience = 0.0 if key in self._wanted else patience
                self._wanted.pop(key, None)
                self._wanted[key] = work  # at the end: popitem takes the last
                self._changed.notify_all()
                if patience:
                    self._changed.wait_for(lambda: key in self._done, patience)
        return self._done.get(key)

    @property
    def count(self) -> int:
        """The number of results so far."""
        return len(self._done)

    def forget(self, key: Hashable) -> None:
        """Drop a result, so that the next call of `ask` does the job again."""
        self._done.pop(key, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._wanted:
                    self._changed.wait()
                key, work = self._wanted.popitem()
                self._running = key
            if key not in self._done:
                result = work()
                if len(self._done) > MOST_KEPT:
                    self._done.clear()
                self._done[key] = result
            with self._changed:
                self._running = None
                self._changed.notify_all()
