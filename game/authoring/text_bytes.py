"""The bytes of a level file as text and back, with nothing lost where they are no valid UTF-8."""

from __future__ import annotations

import re

_CODING = ("utf-8", "surrogateescape")
_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # surrogates that stand for no byte


def decode(data: bytes) -> str:
    """Return the text of a file's bytes; `encode` gives the same bytes back."""
    return data.decode(*_CODING)


def encode(text: str) -> bytes:
    """Return the bytes of a text; halves of characters, as other programs may paste, become `?`."""
    return _HALVES.sub("?", text).encode(*_CODING)
