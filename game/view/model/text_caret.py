"""A caret in a text of several lines: where it goes, and what typing there makes of the text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caret:
    """A place in a text by line and column, from 0; `column` may be that of the line's end."""

    line: int = 0
    column: int = 0

    def within(self, lines: list[str]) -> Caret:
        """Return the nearest place that the lines have."""
        line = min(max(self.line, 0), len(lines) - 1)
        return Caret(line, min(max(self.column, 0), len(lines[line])))

    def moved(self, lines: list[str], down: int, right: int) -> Caret:
        """Return the place some lines below or characters to the right, across line ends."""
        at = Caret(self.line + down, self.column).within(lines)
        column, line = at.column + right, at.line
        if column < 0 and line > 0:
            return Caret(line - 1, len(lines[line - 1]))
        if column > len(lines[line]) and line + 1 < len(lines):
            return Caret(line + 1, 0)
        return Caret(line, column).within(lines)

    def offset(self, lines: list[str]) -> int:
        """Return the offset of this place in the text."""
        return sum(len(line) + 1 for line in lines[: self.line]) + self.column


def lines_of(text: str) -> list[str]:
    """Return the lines of a text. A carriage return belongs to the end of its line."""
    return text.split("\n")


def caret_at(text: str, offset: int) -> Caret:
    """Return the place of an offset in a text."""
    before = text[:offset]
    return Caret(before.count("\n"), offset - (before.rfind("\n") + 1))


def typed(text: str, caret: Caret, new: str) -> tuple[str, Caret]:
    """Return the text with `new` put in at the caret, and the caret behind it.

    A new line ends as the line does that it divides.
    """
    lines = lines_of(text)
    at = caret.within(lines).offset(lines)
    if lines[caret.within(lines).line].endswith("\r"):
        new = new.replace("\r\n", "\n").replace("\n", "\r\n")
    return text[:at] + new + text[at:], caret_at(text[:at] + new, at + len(new))


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
