"""Exit codes of the command line, and how a command says what is done or wrong."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TextIO

from game.text.visible import visible

DONE = 0
AT_FAULT = 1  # the input is at fault
UNUSABLE = 2  # usage or environment: no display, no such agent
INTERRUPTED = 130  # by Ctrl-C
TERMINATED = 143  # by SIGTERM, or because the terminal was closed
NOTE = "note: "  # begins a message about something that was left out
NOTHING_SAVED = "stopped before the first iteration was done: nothing is saved"


def when_told_to_end(handler: Callable[[int, FrameType | None], object]) -> None:
    """Handle SIGTERM and SIGHUP, which schedulers and terminals send, unless they are ignored."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def fail(message: object, code: int) -> int:
    """Print a message to stderr, and return the exit code."""
    say(message, sys.stderr)
    return code


def say(message: object, stream: TextIO | None = None) -> None:
    """Print a message or a report, to stdout unless there is another stream."""
    print(_shown(message), file=stream)


def _shown(message: object) -> str:
    """Return a text for the terminal: names and titles in it may contain its control codes."""
    return visible(str(message), keep="\n")
