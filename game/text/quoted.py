"""Lines of text for people in a header: titles, names and descriptions, in quotes or without.

A `;` begins a comment, except within quotes. Quotes around a whole text are not part of it.
"""

from __future__ import annotations

import re

from game.text.values import Fault, quote

# quotes, up to the first closing one that ends the line or precedes a comment
_QUOTED = re.compile(r'[ \t]*"(?P<text>.*?)"[ \t]*(?:;.*)?')


def without_comment(line: str, key: str = "") -> str:
    """The line without its comment. With a `key`, a text in quotes behind it is kept whole."""
    value = line[len(key) + 1 :]
    if key and (found := _QUOTED.fullmatch(value)):
        return line[: len(key) + 1 + found.end("text") + 1]
    return line.partition(";")[0]


def unquoted(text: str) -> str:
    """The text without the quotes around it."""
    found = _QUOTED.fullmatch(text)
    return found["text"].strip(" \t") if found else text


def line_of_text(text: str, longest: int) -> str:
    """A line of text, without the quotes around it. Raises Fault."""
    found = _QUOTED.fullmatch(text)
    inside, at = (found["text"].strip(" \t"), found.start("text")) if found else (text, 0)
    bad = next((i for i, c in enumerate(inside) if not c.isprintable()), None)
    if bad is not None:
        raise Fault(f"unprintable character {quote(inside[bad])}", "remove it", at + bad)
    if len(inside) > longest:
        what = f"text of {len(inside)} characters"
        raise Fault(what, f"use at most {longest}", at + longest)
    return inside


def quoted(text: str) -> str:
    """The text as `line_of_text` reads it, in quotes where it needs them.

    A quote before a `;` would end the text too early, as it may be in the title of a foreign file.
    """
    text = re.sub(r'"(?=[ \t]*;)', "'", text)
    return f'"{text}"' if ";" in text or _QUOTED.fullmatch(text) else text
