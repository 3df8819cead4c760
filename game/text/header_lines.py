"""The parts of a header line: its key, its value and its comment, by their offsets in the line."""

from __future__ import annotations

from dataclasses import dataclass

from game.text.header import TEXT_KEYS
from game.text.legend import LEGEND, without_legend_comment
from game.text.quoted import without_comment

BLANKS = " \t"


@dataclass(frozen=True)
class HeaderLine:
    """A line of a header that is not blank; offsets count from 0.

    `end` is where its comment begins, `colon` the offset of the colon (-1: there is none), and the
    value stands from `begin` to `value_end`, without blanks around it.
    """

    line: str
    end: int
    key: str
    key_begin: int
    colon: int
    begin: int
    value_end: int

    @property
    def value(self) -> str:
        return self.line[self.begin : self.value_end]

    @property
    def content(self) -> str:
        """The line without its comment."""
        return self.line[: self.end]

    @property
    def comment(self) -> str:
        """The comment with its semicolon; "" where there is none."""
        return self.line[self.end :].lstrip(BLANKS)


def header_line(line: str) -> HeaderLine | None:
    """Divide a header line; return None for a blank line and for a comment."""
    name = line.partition(":")[0].strip(BLANKS)
    content = without_comment(line, line.partition(":")[0] if name in TEXT_KEYS else "")
    if name == LEGEND:
        content = without_legend_comment(line)
    if not content.strip(BLANKS):
        return None
    key, colon, value = content.partition(":")
    end = len(content)
    begin = end - len(value.lstrip(BLANKS))
    return HeaderLine(
        line,
        end,
        key.strip(BLANKS),
        len(key) - len(key.lstrip(BLANKS)),
        len(key) if colon else -1,
        begin,
        max(begin, len(content.rstrip(BLANKS))),
    )
