"""JSON and aligned columns for printed reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from game.text.visible import visible


def as_json_text(value: Any) -> str:
    """Return a value as indented JSON, in ASCII."""
    return json.dumps(value, indent=2)


def aligned_columns(rows: Sequence[Sequence[object]]) -> str:
    """Return rows of cells as lines of text with aligned columns."""
    cells = [[visible(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ("  ".join(cell.ljust(n) for cell, n in zip(row, widths)).rstrip() for row in cells)
    return "\n".join(lines)
