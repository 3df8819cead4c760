"""What the editor says about a level: the facts that its panel draws."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, WARNING, BAD, WAITING = "good", "warning", "bad", "waiting"  # tones


@dataclass(frozen=True)
class Piece:
    """A piece of advice; `key` is what the editor applies when it is clicked, None for nothing."""

    text: str
    key: int | None = None


@dataclass(frozen=True)
class VerdictNumber:
    """A number of the verdict, with a sentence about it; "…" for a value that is being computed."""

    name: str
    value: str
    hint: str


@dataclass(frozen=True)
class VerdictFacts:
    """All that the verdict shows. `tone` is one of the tones.

    `meter` is the number of states as a share of the most that agents learn on, with its words.
    """

    word: str
    tone: str
    why: str
    figures: tuple[VerdictNumber, ...] = ()
    meter: tuple[float, str] | None = None
    advice: tuple[Piece, ...] = ()
