"""The history of an edited text: undo and redo over texts, kept as differences."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass

MOST_STEPS = 10_000
FEWEST_STEPS = 1_000  # which are kept however large they are
MOST_BYTES = 64 << 20  # of all steps together
_LONG = 1_000  # characters from which a part of a text is compressed
_ENCODING = ("utf-8", "surrogatepass")


@dataclass(frozen=True)
class TextChange:
    """The one part in which two texts differ: its offset, and what is there before and after.

    Long parts are compressed.
    """

    begin: int
    before: str | bytes
    after: str | bytes

    @property
    def size(self) -> int:
        """The number of bytes that the change takes, roughly."""
        return len(self.before) + len(self.after)

    def redone(self, text: str) -> str:
        """Return the text after the change from that before it."""
        return self._replaced(text, self.before, self.after)

    def undone(self, text: str) -> str:
        """Return the text before the change from that after it."""
        return self._replaced(text, self.after, self.before)

    def _replaced(self, text: str, old: str | bytes, new: str | bytes) -> str:
        end = self.begin + len(_unpacked(old))
        return f"{text[: self.begin]}{_unpacked(new)}{text[end:]}"


def change_between(before: str, after: str) -> TextChange:
    """Return the change from one text to another."""
    begin = _shared(before, after)
    end = _shared(before[begin:][::-1], after[begin:][::-1])
    parts = (text[begin : len(text) - end] for text in (before, after))
    return TextChange(begin, *map(_packed, parts))


def _shared(one: str, other: str) -> int:
    """The number of characters with which both texts begin."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # by halves, as whole parts are compared fast
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _packed(text: str) -> str | bytes:
    return zlib.compress(text.encode(*_ENCODING), 1) if len(text) > _LONG else text


def _unpacked(part: str | bytes) -> str:
    return zlib.decompress(part).decode(*_ENCODING) if isinstance(part, bytes) else part


@dataclass(frozen=True)
class Step:
    """One step of undo: a change with a name for people, and the stroke that it was made in."""

    change: TextChange
    label: str = ""
    stroke: Hashable = None


class History:
    """A text, and the steps that lead back to earlier texts and forward again.

    Changes that name the same stroke, one after the other, are one step.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._done: deque[Step] = deque()
        self._undone: list[Step] = []
        self._size = 0  # of the steps in `_done`

    @property
    def text(self) -> str:
        """The text at present."""
        return self._text

    @property
    def steps(self) -> int:
        """The number of steps that can be undone."""
        return len(self._done)

    @property
    def redo_label(self) -> str | None:
        """The name of the step that `redo` makes again; None where there is none."""
        return self._undone[-1].label if self._undone else None

    def record(self, text: str, label: str = "", stroke: Hashable = None) -> None:
        """Make this the text, as a new step or as a part of the stroke that the last step is."""
        if text == self._text:
            return
        before = self._text
        if stroke is not None and self._done and self._done[-1].stroke == stroke:
            before = self._pop().undone(before)
        if text != before:  # a stroke may end where it began
            change = change_between(before, text)
            self._done.append(Step(change, label, stroke))
            self._size += change.size
        self._text = text
        self._undone.clear()
        while len(self._done) > MOST_STEPS or (
            self._size > MOST_BYTES and len(self._done) > FEWEST_STEPS
        ):
            self._size -= self._done.popleft().change.size

    def texts_from(self, text: str) -> list[str]:
        """Return the texts from an earlier or an undone one to the present one, in order.

        Only these two where no step leads from one to the other.
        """
        back, ahead = [self._text], [self._text]
        for step in reversed(self._done):
            if back[-1] == text:
                break
            back.append(step.change.undone(back[-1]))
        if back[-1] == text:
            return back[::-1]
        for step in reversed(self._undone):
            ahead.append(step.change.redone(ahead[-1]))
            if ahead[-1] == text:
                return ahead[::-1]
        return [text, self._text]

    def end_stroke(self) -> None:
        """Let the next change begin a new step, even if it names the same stroke."""
        if self._done:
            last = self._done.pop()
            self._done.append(Step(last.change, last.label))

    def _pop(self) -> TextChange:
        change = self._done.pop().change
        self._size -= change.size
        return change

    def undo(self) -> int | None:
        """Take the last step back; return the offset of its change, or None without a step."""
        if not self._done:
            return None
        step = self._done[-1]
        self._text = self._pop().undone(self._text)
        self._undone.append(Step(step.change, step.label))
        return step.change.begin

    def redo(self) -> int | None:
        """Make the next step again; return the offset of its change, or None without a step."""
        if not self._undone:
            return None
        step = self._undone.pop()
        self._text = step.change.redone(self._text)
        self._done.append(step)
        self._size += step.change.size
        return step.change.begin
