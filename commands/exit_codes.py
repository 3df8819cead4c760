"""Exit codes of the command line, and how a command says what is wrong."""

from __future__ import annotations

import sys

DONE = 0
AT_FAULT = 1  # the input is at fault
UNUSABLE = 2  # usage or environment: no display, no such agent
INTERRUPTED = 130  # by Ctrl-C
TERMINATED = 143  # by SIGTERM, or because the terminal was closed


def fail(message: object, code: int) -> int:
    """Print a message to stderr, and return the exit code."""
    print(message, file=sys.stderr)
    return code
