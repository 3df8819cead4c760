"""Texts of strangers, made safe to show: titles, names, paths and messages."""

from __future__ import annotations

import unicodedata

# joiners and the soft hyphen are part of ordinary words in some scripts; the other format
# characters hide or reorder the text around them
JOINERS = "\u00ad\u200c\u200d"
INVISIBLE = ("Cc", "Cf", "Cn", "Cs", "Zl", "Zp")  # Unicode categories


def visible(text: str, keep: str = "") -> str:
    """Return the text with each control character, but those in `keep`, as its escape (`\\x1b`).

    Escaped are also line ends, characters that change the direction of writing, and what is no
    character at all, such as a byte of a file name that is not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(char if _is_shown(char, keep) else _escaped(char) for char in text)


def _is_shown(char: str, keep: str) -> bool:
    """Whether a character is shown as it is."""
    return char in keep or char in JOINERS or unicodedata.category(char) not in INVISIBLE


def _escaped(char: str) -> str:
    """Return the escape of a character, as Python writes it."""
    return char.encode("unicode_escape").decode("ascii")
