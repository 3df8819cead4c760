"""Observations as bytes: the content of the features in N_CODES numbers from 0 to 255.

Codes are computed from the features and nothing else, so they never contain a hidden variable.
CODE_LAYOUT lists the blocks, and docs/gymnasium.md the meaning of each number.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.text.tiles import BY_NAME, DIRECTIONS
from game.world.features import LAYOUT, MAX_SIZE, START_OF
from game.world.rules import Floats

# kinds of cells by number; that of a closed gate is the sum of "blocked" and "gate"
KINDS = ("open", "blocked", "danger", *DIRECTIONS, "target", "switch", "gate", "closed gate")
BOX_KIND = 16  # is added for a box on the cell
COST_SCALE = 2  # codes are half units of entering cost
SLIP_SCALE = 100  # percent
ITEM_SCALE, NO_WORTH = 10, 128  # tenths of a key or an ordinary coin; an item of worth 0

# name and width of each block, in order
CODE_LAYOUT: dict[str, int] = {
    "row": 1,
    "column": 1,
    "keys": 1,
    "opponent_row": 1,  # this block to "goal_column": offsets, see `_offset`
    "opponent_column": 1,
    "goal_row": 1,
    "goal_column": 1,
    "kind": LAYOUT["blocked"],  # this block and the following ones: the cells around the agent
    "cost": LAYOUT["cost"],
    "slip": LAYOUT["slip"],
    "item": LAYOUT["item"],
}
N_CODES = sum(CODE_LAYOUT.values())
CODE_START_OF = dict(zip(CODE_LAYOUT, accumulate(CODE_LAYOUT.values(), initial=0)))


def encode(features: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the codes [.., N_CODES] of features [.., F]; numbers beyond a byte are cut off."""
    block = {name: features[..., first : first + LAYOUT[name]] for name, first in START_OF.items()}
    scale = BY_NAME["water"].cost - 1  # of the features of costs: floor has 0, water 1
    item = block["item"]
    codes = {
        "row": block["row"].argmax(-1, keepdims=True),
        "column": block["column"].argmax(-1, keepdims=True),
        "keys": block["keys"] @ (1 << np.arange(LAYOUT["keys"]))[:, None],
        "opponent_row": _offset(block["opponent"], 1),
        "opponent_column": _offset(block["opponent"], 2),
        "goal_row": _offset(block["goal"], 1),
        "goal_column": _offset(block["goal"], 2),
        "kind": _kinds(block),
        "cost": COST_SCALE * (1 + scale * block["cost"]),
        "slip": SLIP_SCALE * block["slip"],
        "item": np.where(item == 0, 0, np.maximum(1, NO_WORTH + ITEM_SCALE * item)),
    }
    numbers = np.concatenate([codes[name] for name in CODE_LAYOUT], -1)
    return np.rint(numbers).clip(0, 255).astype(np.uint8)


def _offset(found: NDArray[Any], axis: int) -> NDArray[Any]:
    """Return the code [.., 1] of an offset: MAX_SIZE + the offset, or 0 where nothing is seen.

    `found` [.., 3] is 1 where something is seen, and its row and column offsets over MAX_SIZE.
    """
    return MAX_SIZE * (found[..., :1] + found[..., axis : axis + 1])


def _kinds(block: dict[str, NDArray[Any]]) -> Floats:
    """Return the kind [.., window] of each cell: its number in KINDS, with a box BOX_KIND more.

    A cell is one tile, so at most one of the blocks applies to it; a closed gate has two.
    """
    number = {kind: i for i, kind in enumerate(KINDS)}
    kinds: Floats = BOX_KIND * block["box"].astype(float)
    for name in ("blocked", "danger", "target", "switch", "gate"):
        kinds += number[name] * block[name]
    for name, low, high in (("push_row", "up", "down"), ("push_column", "left", "right")):
        kinds += number[low] * (block[name] < 0) + number[high] * (block[name] > 0)
    return kinds
