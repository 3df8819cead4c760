"""Make a GIF or a page in a process of its own, so that the window stays smooth meanwhile."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from commands.exit_codes import NOTE
from commands.replay_option import STDIN
from game.view.capture_requests import RECORDINGS

FAILED = {kind: f"The {what} could not be made" for kind, what in RECORDINGS.items()}
MAIN = Path(__file__).resolve().parents[1] / "main.py"


class BackgroundRecorder:
    """Records one adaptation at a time: see `game.view.capture_requests.Recorder`."""

    def __init__(self, learners: Sequence[str] = ()) -> None:
        self._learners = learners  # as `--learner` takes them
        self._process: subprocess.Popen[bytes] | None = None
        self._kind, self._result = "film", Path()
        self._failure = ""  # why no process has started

    def start(self, line: str, path: Path, kind: str) -> None:
        """Begin to record what a replay line describes: a "film" into a folder, or a "page"."""
        words, result = {
            "film": (["watch", "--headless"], path / "adaptation.gif"),
            "page": (["export"], path),
        }[kind]
        self._kind, self._result = kind, result
        command = [sys.executable, str(MAIN), *words, "--replay", STDIN, "--out", str(path)]
        if self._learners:
            command += ["--learner", *self._learners]
        null = subprocess.DEVNULL
        try:
            with tempfile.TemporaryFile() as lines:  # a pipe could make the window wait
                lines.write(line.encode())
                lines.seek(0)
                self._process = subprocess.Popen(
                    command, stdin=lines, stdout=null, stderr=subprocess.PIPE
                )
        except (OSError, ValueError) as error:  # no memory, or a text that is no argument
            self._failure = str(error)

    def poll(self) -> tuple[str, str, bool] | None:
        """A note (heading, text, whether it succeeded) once the recording has ended, else None."""
        if self._failure:
            failure, self._failure = self._failure, ""
            return FAILED[self._kind], failure, False
        if self._process is None or self._process.poll() is None:
            return None
        return self._ended(self._process)

    def _ended(self, process: subprocess.Popen[bytes]) -> tuple[str, str, bool]:
        """Return the note about a recording as soon as its process has ended."""
        self._process = None
        message = process.communicate()[1].decode(errors="replace").strip()
        if process.returncode:
            return FAILED[self._kind], message or "The process ended unexpectedly.", False
        notes = [line.removeprefix(NOTE) for line in message.splitlines() if line.startswith(NOTE)]
        return "Saved", " - ".join([f"{self._result.name} in {self._result.parent}", *notes]), True

    @property
    def is_busy(self) -> bool:
        """Whether a recording is under way."""
        return self._process is not None

    def finish(self) -> tuple[str, str, bool] | None:
        """Wait for a recording that is under way. Return a note as `poll` does."""
        return self._ended(self._process) if self._process else None

    def close(self) -> None:
        """Stop a recording that is under way."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
