"""Arrays as text for a page, which `packing.mjs` unpacks."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_INTEGERS = (np.uint8, np.uint16, np.uint32)
_TYPES = {"uint8": "u1", "uint16": "u2", "uint32": "u4", "float32": "f4", "float64": "f8"}
# "type" and "data" (bytes in base64); "values" if the data are places in this list
Packed = dict[str, Any]


def packed_tree(tree: Any) -> Any:
    """Return a tree of dictionaries and lists with its arrays packed, ready for JSON."""
    if isinstance(tree, dict):
        return {name: packed_tree(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [packed_tree(value) for value in tree]
    return packed(tree) if isinstance(tree, np.ndarray) else tree


def packed(array: np.ndarray) -> Packed:
    """Return an array of any shape as its type and its bytes in base64, or with its distinct
    `values` and their places where that is shorter. Nothing is rounded; whole numbers are from 0
    on."""
    if array.dtype.kind in "bui":
        return _bytes_of(_smallest(array))
    values, place = np.unique(array, return_inverse=True)
    if len(values) > 256:
        return _bytes_of(array)
    return {"values": values.tolist(), **_bytes_of(_smallest(place))}


def packed_paths(paths: Iterable[Sequence[int]]) -> Packed:
    """Return paths as one row of numbers: the length of each, then its states."""
    return packed(np.array([n for path in paths for n in (len(path), *path)], np.int64))


def packed_shares(shares: np.ndarray) -> Packed:
    """Return shares 0 to 1 in steps of 1/255."""
    return packed(np.rint(255 * shares).astype(np.uint8))


def _smallest(array: np.ndarray) -> np.ndarray:
    """Return whole numbers from 0 on in the smallest type that holds them."""
    most = int(array.max(initial=0))
    return array.astype(next(t for t in _INTEGERS if most <= np.iinfo(t).max))


def _bytes_of(array: np.ndarray) -> Packed:
    """Return the type and the bytes of an array, in little-endian order."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    text = base64.b64encode(little.tobytes()).decode()
    return {"type": _TYPES[array.dtype.name], "data": text}
