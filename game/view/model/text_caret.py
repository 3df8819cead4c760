"""A caret in a text of several lines: where it goes, and what typing there makes of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"\w+|[^\w\s]+")


@dataclass(frozen=True, order=True)
class Caret:
    """A place in a text by line and column, from 0; `column` may be that of the line's end."""

    line: int = 0
    column: int = 0

    def within(self, lines: list[str]) -> Caret:
        """Return the nearest place that the lines have."""
        line = min(max(self.line, 0), len(lines) - 1)
        return Caret(line, min(max(self.column, 0), len(content(lines[line]))))

    def moved(self, lines: list[str], down: int, right: int) -> Caret:
        """Return the place some lines below or characters to the right, across line ends."""
        at = Caret(self.line + down, self.column).within(lines)
        column, line = at.column + right, at.line
        if column < 0 and line > 0:
            return line_end(lines, line - 1)
        if column > len(content(lines[line])) and line + 1 < len(lines):
            return Caret(line + 1, 0)
        return Caret(line, column).within(lines)

    def by_word(self, lines: list[str], by: int) -> Caret:
        """Return the begin of the next word (`by` = 1) or of this or the one before (-1).

        Lines begin and end like words.
        """
        at = self.within(lines)
        begins = [found.start() for found in _WORD.finditer(content(lines[at.line]))]
        if by < 0:
            before = [column for column in begins if column < at.column]
            return Caret(at.line, max(before, default=0)) if at.column else at.moved(lines, 0, -1)
        end = line_end(lines, at.line)
        if at == end:
            return at.moved(lines, 0, 1)
        return Caret(at.line, min((one for one in begins if one > at.column), default=end.column))

    def word(self, lines: list[str]) -> tuple[Caret, Caret]:
        """Return the begin and the end of the word at this place; without one, this place twice."""
        at = self.within(lines)
        found = [one.span() for one in _WORD.finditer(content(lines[at.line]))]
        begin, end = next(
            (span for span in reversed(found) if span[0] <= at.column <= span[1]), [at.column] * 2
        )
        return Caret(at.line, begin), Caret(at.line, end)

    def offset(self, lines: list[str]) -> int:
        """Return the offset of this place in the text."""
        return sum(len(line) + 1 for line in lines[: self.line]) + self.column


def lines_of(text: str) -> list[str]:
    """Return the lines of a text. A carriage return belongs to the end of its line."""
    return text.split("\n")


def content(line: str) -> str:
    """Return a line without the carriage return at its end."""
    return line.removesuffix("\r")


def line_end(lines: list[str], line: int) -> Caret:
    """Return the place behind the last character of a line."""
    return Caret(line, len(content(lines[line])))


def caret_at(text: str, offset: int) -> Caret:
    """Return the place of an offset in a text."""
    before = text[:offset]
    return Caret(before.count("\n"), offset - (before.rfind("\n") + 1))


def typed(text: str, begin: Caret, end: Caret, new: str) -> tuple[str, Caret]:
    """Return the text with `new` in place of what is between two places, and the caret behind it.

    A new line ends as the line does in which it begins.
    """
    lines = lines_of(text)
    begin, end = begin.within(lines), end.within(lines)
    if lines[begin.line].endswith("\r"):
        new = new.replace("\r\n", "\n").replace("\n", "\r\n")
    before = text[: begin.offset(lines)] + new
    return before + text[end.offset(lines) :], caret_at(before, len(before))


def deleted(text: str, caret: Caret, by: int) -> tuple[str, Caret]:
    """Return the text without the character before (`by` = -1) or behind (1) the caret.

    The two characters of a line end go together.
    """
    lines = lines_of(text)
    at = caret.within(lines).offset(lines)
    begin, end = (at - 1, at) if by < 0 else (at, at + 1)
    if begin < 0 or end > len(text):
        return text, caret_at(text, at)
    if by < 0 and text[begin:end] == "\n" and text[begin - 1 : begin] == "\r":
        begin -= 1
    if by > 0 and text[begin:end] == "\r" and text[end : end + 1] == "\n":
        end += 1
    return text[:begin] + text[end:], caret_at(text, begin)
