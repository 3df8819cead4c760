"""Background jobs: work done in a thread, so that no frame waits for a file or a plan.

The job that was asked for last is done first. Screens ask again in the next frame until there is a
result. Any error of a job becomes its result: the thread lives on.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from game.session.messages import unexpected

MOST_KEPT = 2000  # results
LAST_JOB = 2.0  # seconds that the end of the program waits for the job that is being done
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Job:
    """A job: its work, and the result of work that fails, from the text of the error."""

    key: Hashable
    work: Callable[[], Any]
    failed: Callable[[str], Any]

    def do(self) -> Any:
        """Return the result. Raises nothing: there is nobody to catch it."""
        try:
            return self.work()
        except Exception as error:
            return self.failed(unexpected(error))


class BackgroundJobs:
    """Jobs done by one thread, one after the other; with `at_once`, by the caller of `ask`."""

    def __init__(self, at_once: bool = False) -> None:
        self._at_once = at_once
        self._done: dict[Hashable, Any] = {}
        self._wanted: dict[Hashable, _Job] = {}
        self._changed = threading.Condition()  # guards all of these
        self._thread: threading.Thread | None = None
        self._running: _Job | None = None
        self._stopped = False
        self.count = 0  # of jobs that have been done so far

    def ask(
        self,
        key: Hashable,
        work: Callable[[], T],
        failed: Callable[[str], T],
        patience: float = 0.0,
    ) -> T | None:
        """Return the result of a job, or None while it is not done. `key` identifies the job.

        `failed` gives the result of work that raises any error, from the error's text. The first
        call waits up to `patience` seconds for the result.
        """
        job = _Job(key, work, failed)
        with self._changed:
            if key in self._done:
                return cast(T, self._done[key])
            if self._at_once:
                self._done[key] = result = job.do()
                self.count += 1
                return cast(T, result)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
                atexit.register(self._stop, self._thread)
            if self._running is None or key != self._running.key:
                patience = 0.0 if key in self._wanted else patience
                self._wanted.pop(key, None)
                self._wanted[key] = job  # at the end: popitem takes the last
                self._changed.notify_all()
                if patience:
                    self._changed.wait_for(lambda: key in self._done, patience)
            return self._done.get(key)

    def forget(self, key: Hashable) -> None:
        """Drop a result, so that the next call of `ask` does the job again. The result of a job
        that is being done is dropped, too: what it reads may have changed meanwhile."""
        with self._changed:
            self._done.pop(key, None)
            self._wanted.pop(key, None)
            if self._running and self._running.key == key:
                self._running = None

    def _stop(self, thread: threading.Thread) -> None:
        """End the thread after the job that is being done.

        Python ends threads wherever they are, which aborts the program within C++ code of numpy.
        """
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        thread.join(LAST_JOB)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._wanted or self._stopped):
                    self._changed.wait()
                if self._stopped:
                    return
                job = self._running = self._wanted.popitem()[1]
            result = job.do()
            with self._changed:
                if self._running is job:
                    if len(self._done) > MOST_KEPT:
                        self._done.clear()
                    self._done[job.key] = result
                    self._running = None
                    self.count += 1
                self._changed.notify_all()
