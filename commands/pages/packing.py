"""Arrays of small whole numbers as text for a page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Packed = dict[str, Any]  # "type": bits of an unsigned whole number, "data": base64


def packed(values: Any) -> Packed:
    """Return whole numbers from 0 on, of any shape, in the smallest type that holds them."""
    array = np.asarray(values, np.int64).ravel()
    bits = 8 if array.max(initial=0) < 1 << 8 else 16 if array.max() < 1 << 16 else 32
    data = array.astype(f"<u{bits // 8}").tobytes()
    return {"type": bits, "data": base64.b64encode(data).decode()}


def packed_paths(paths: Iterable[Sequence[int]]) -> Packed:
    """Return paths as one row of numbers: the length of each, then its states."""
    return packed([number for path in paths for number in (len(path), *path)])


def packed_shares(shares: Any) -> Packed:
    """Return shares 0 to 1 in steps of 1/255."""
    return packed(np.rint(255 * np.asarray(shares, float)))
