"""Values in a level's header: a number or word, or a range or set that each task draws from.

The readers raise `Fault` with the problem and its offset in the text; `text_of` is their inverse.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from game.text.tiles import ACTIONS, DIRECTIONS, Setting

MAX_MEMBERS = 100
MAX_WORDS = 100  # in a line
DECIMALS = 4  # of a number drawn from a range


@dataclass(frozen=True)
class Range:
    """Any number from `low` to `high`, or any whole number."""

    low: float
    high: float
    whole: bool = False

    @property
    def points(self) -> int:
        """The number of values that may be drawn; 0 if there are too many to count."""
        if self.whole or self.low == self.high:
            return int(self.high - self.low) + 1
        return 0

    def at(self, chance: float) -> float:
        """The number that a uniform random `chance` in [0, 1) selects."""
        if self.whole:
            return self.low + int(chance * (self.high - self.low + 1))
        drawn = round(self.low + chance * (self.high - self.low), DECIMALS)
        return min(max(drawn, self.low), self.high)


@dataclass(frozen=True)
class OneOf:
    """One of several numbers or words."""

    members: tuple[float | str, ...]


Value: TypeAlias = float | str | Range | OneOf

NORMAL, SHUFFLED, SHUFFLED_ALL = "normal", "shuffled", "shuffled all"


def controls_text(moves: Sequence[str]) -> str:
    """The text of the moves of all actions: NORMAL, or without the last if stay is stay."""
    if tuple(moves) == ACTIONS:
        return NORMAL
    return " ".join(moves[:-1] if moves[-1] == ACTIONS[-1] else moves)


def moves_of(controls: str) -> tuple[str, ...]:
    """The moves of all five actions that controls stand for: the inverse of `controls_text`."""
    moves = () if controls == NORMAL else tuple(controls.split())
    return *moves, *ACTIONS[len(moves) :]


PERMUTATIONS = OneOf(  # of the four moves: what `shuffled` controls are drawn from
    tuple(controls_text((*p, ACTIONS[-1])) for p in itertools.permutations(DIRECTIONS))
)
PERMUTATIONS_OF_ALL = OneOf(tuple(map(controls_text, itertools.permutations(ACTIONS))))


class Fault(Exception):
    """A problem of a value, with its offset in the text; `others` are further ones."""

    def __init__(self, what: str, todo: str, offset: int = 0) -> None:
        self.what, self.todo, self.offset = what, todo, offset
        self.others: list[Fault] = []


def raise_all(faults: list[Fault]) -> None:
    """Raise the first fault, if there is one, with the others attached."""
    if faults:
        faults[0].others = faults[1:]
        raise faults[0]


def quote(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:23] + "…")


def meant(word: str, choices: Sequence[str]) -> str:
    """A hint for a word that is not among `choices`: the most similar one, or all of them."""
    close = difflib.get_close_matches(word[:40].lower(), choices, 1)
    return f"did you mean '{close[0]}'?" if close else f"use one of: {', '.join(choices)}"


# --- reading -----------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?([0-9]{1,7}(\.[0-9]{0,9})?|\.[0-9]{1,9})")
_WORD = re.compile(r"(?:[^ \t{]|\{[^}]*\}?)+")  # up to a blank outside braces


def find_words(text: str) -> list[re.Match[str]]:
    """The words of a line; a set counts as one word."""
    words = list(itertools.islice(_WORD.finditer(text), MAX_WORDS + 1))
    if len(words) > MAX_WORDS:
        raise Fault("too many words", f"use at most {MAX_WORDS}", words[-1].start())
    return words


Read: TypeAlias = Callable[[str, int], float | str]  # a single value's text, and its offset


def read_number(
    text: str, what: str, low: float, high: float, offset: int = 0, whole: bool = False
) -> float:
    """A number from `low` to `high` in decimal notation. Raises Fault."""
    kind = "whole number" if whole else "number"
    todo = f"write a {kind} from {low:g} to {high:g}"
    todo += "" if whole else ", with at most 9 decimals"
    if not _NUMBER.fullmatch(text) or (whole and not float(text).is_integer()):
        raise Fault(f"{what} {quote(text)} is not a {kind}", todo, offset)
    if not low <= float(text) <= high:
        raise Fault(f"{what} {quote(text)} is out of range", todo, offset)
    return float(text) + 0.0  # + 0.0 makes -0 a plain 0


def read_value(
    text: str, what: str, low: float, high: float, offset: int = 0, whole: str = ""
) -> Value:
    """A number, a range or a set; what must be whole is "", "range" or "all". Raises Fault."""
    if text.startswith("{"):
        return read_set(
            text, lambda part, at: read_number(part, what, low, high, at, whole == "all"), offset
        )
    first, dots, last = text.partition("..")
    if not dots:
        return read_number(text, what, low, high, offset, whole == "all")
    if first != first.rstrip(" \t") or last != last.lstrip(" \t"):
        raise Fault(f"blanks in the range {quote(text)}", "write it without, as 2..8", offset)
    at = offset + len(first) + len(dots)
    ends = (
        read_number(first, what, low, high, offset, bool(whole)),
        read_number(last, what, low, high, at, bool(whole)),
    )
    if ends[0] > ends[1]:
        raise Fault(f"the range {quote(text)} runs backwards", "put the smaller end first", offset)
    return Range(*ends, whole=bool(whole))


def read_word(text: str, what: str, words: Sequence[str], offset: int = 0) -> Value:
    """One of `words`, or a set of them. Raises Fault."""

    def read(part: str, at: int) -> str:
        if part not in words:
            raise Fault(f"unknown {what} {quote(part)}", meant(part, words), at)
        return part

    return read_set(text, read, offset) if text.startswith("{") else read(text, offset)


def read_setting(setting: Setting, text: str, at: int) -> Value:
    """The value of a tile's setting. Raises Fault."""
    if setting.words:
        return read_word(text, setting.key, setting.words, at)
    return read_value(text, setting.key, setting.low, setting.high, at, setting.whole)


def read_set(text: str, read: Read, offset: int = 0) -> OneOf:
    """A set as `{a, b}`: each member once, in the given order. Raises Fault."""
    inside, end, behind = text.partition("}")
    if end and behind.strip(" \t") and "{" not in text[1:]:
        what = f"{quote(behind.strip())} behind the set {quote(inside + end)}"
        todo = "write it into the set, with each of its members that has one"
        raise Fault(what, todo, offset + len(text) - len(behind.lstrip(" \t")))
    if not text.endswith("}") or "{" in text[1:]:
        raise Fault(f"the set {quote(text)} has no end", "write it as '{1, 2}'", offset)
    if not text[1:-1].strip(" \t"):
        raise Fault(f"the set {quote(text)} is empty", "write it as '{1, 2}'", offset + 1)
    if text.count(",") >= MAX_MEMBERS:
        raise Fault(f"a set of {text.count(',') + 1:,}", f"use at most {MAX_MEMBERS}", offset)
    members: list[float | str] = []
    at = offset + 1
    for part in text[1:-1].split(","):
        start = at + len(part) - len(part.lstrip(" \t"))
        member = read(part.strip(" \t"), start)
        if member in members:
            raise Fault(f"{quote(part.strip())} is in the set twice", "keep one of them", start)
        members.append(member)
        at += len(part) + 1
    return OneOf(tuple(members))


def read_pairs(
    text: str, names: Sequence[str], read: Callable[[str, str, int], Value]
) -> dict[str, Value]:
    """Pairs as `mud=4 water={6, 8}`, each of `names` at most once. Raises Fault."""
    found: dict[str, Value] = {}
    faults: list[Fault] = []
    todo = f"write name=value without blanks, as {names[0]}=1"
    if apart := re.search(r"[^ \t][ \t]+=", text):
        before = text[: apart.start() + 1]
        start = max(before.rfind(" "), before.rfind("\t")) + 1
        raise Fault(f"a blank between {quote(before[start:])} and '='", todo, start)
    for match in find_words(text):
        name, equals, value = match[0].partition("=")
        at = match.start()
        if not equals:
            faults.append(Fault(f"{quote(match[0])} has no value", todo, at))
        elif name not in names:
            faults.append(Fault(f"unknown name {quote(name)}", meant(name, names), at))
        elif name in found:
            faults.append(Fault(f"'{name}' is given twice", "keep one of them", at))
        elif value.endswith(","):
            found[name] = 0.0
            what, blank = f"a comma behind {quote(match[0][:-1])}", "put a blank there instead"
            faults.append(Fault(what, blank, at + len(name) + 1))
        else:
            found[name] = 0.0
            try:
                found[name] = read(name, value, at + len(name) + 1)
            except Fault as fault:
                faults += [fault, *fault.others]
    if not found and not faults:
        faults.append(Fault("nothing is given", todo))
    raise_all(faults)
    return found


def average(value: Range | OneOf) -> float:
    """The middle of a range, or the mean of a set of numbers."""
    if isinstance(value, Range):
        return (value.low + value.high) / 2
    return sum(float(member) for member in value.members) / len(value.members)


def largest(value: Value) -> float:
    """The largest number that may be drawn."""
    if isinstance(value, Range):
        return value.high
    return max(map(float, value.members)) if isinstance(value, OneOf) else float(value)


# --- writing -----------------------------------------------------------------------------------


def number_text(value: float) -> str:
    """The shortest decimal text that reads back as `value`, without an exponent."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text if float(text) == value else repr(value)


def text_of(value: Value) -> str:
    """The text that reads back as `value`."""
    if isinstance(value, Range):
        return f"{number_text(value.low)}..{number_text(value.high)}"
    if isinstance(value, OneOf):
        return "{" + ", ".join(map(text_of, value.members)) + "}"
    return value if isinstance(value, str) else number_text(value)
