"""Output of the `levels` commands: bytes for machines, tables for terminals."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

from commands.exit_codes import say

INDENT = 4  # of the further lines of a folded row
NARROWEST = 20


def print_bytes(text: str) -> None:
    """Print text as UTF-8 with plain newlines, whatever the locale and the platform are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def print_report(text: str, as_json: bool) -> None:
    """Print JSON for machines, or tables with their long rows folded between words."""
    if as_json:
        print_bytes(f"{text}\n")
    else:
        say(fold(text, terminal_width()))


def terminal_width() -> int | None:
    """Return the number of columns of the terminal, as set by COLUMNS; None without a terminal."""
    if not (sys.stdout.isatty() or os.environ.get("COLUMNS")):
        return None
    return max(NARROWEST, shutil.get_terminal_size().columns)


def fold(text: str, width: int | None) -> str:
    """Return text with lines over the width folded between words; numbers stay whole."""
    if width is None:
        return text
    lines = []
    for line in text.split("\n"):
        lines += [line] if len(line) <= width else _folded(line, width)
    return "\n".join(lines)


def _folded(line: str, width: int) -> list[str]:
    """Return the lines of a row that is too long."""
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
        expand_tabs=False,
        replace_whitespace=False,
    )
