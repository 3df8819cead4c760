"""The tools of the editor: their keys in blocks, one for each key that is held with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

import pygame

from game.view.draw.key_caps import cap_width, draw_key, key_places
from game.view.draw.spots import Spot, clicked
from game.view.draw.theme import Typeset


class Tool(NamedTuple):
    """A tool of the panel."""

    cap: str  # as "Ctrl B"
    name: str
    is_on: bool
    hint: str  # a sentence about what it does


def tools_height(width: int, tools: Sequence[Tool], type: Typeset) -> int:
    """Return the height in px that the tools take within a width."""
    blocks = _blocks(tools)
    lines = sum(_places(width, held, block, type)[-1][1] + 1 for held, block in blocks)
    return lines * _line(type) + (len(blocks) - 1) * _gap(type)


def draw_tools(
    surface: pygame.Surface,
    rect: pygame.Rect,
    tools: Sequence[Tool],
    press: Callable[[str], None],
    type: Typeset,
) -> list[Spot]:
    """Draw the tools from the top of `rect`. Return their spots, which press a key by its cap.

    The held key stands at the start of each line, so that each tool has a short key.
    """
    spots, y = list[Spot](), rect.top
    for held, block in _blocks(tools):
        places = _places(rect.width, held, block, type)
        lines = places[-1][1] + 1
        for line in range(lines):
            draw_key(surface, (rect.left, y + line * _line(type)), held, "", False, type)
        for tool, (x, line) in zip(block, places, strict=True):
            at = rect.left + x, y + line * _line(type)
            cap = tool.cap.removeprefix(held).strip()
            box = draw_key(surface, at, cap, tool.name, tool.is_on, type)
            spots.append(Spot(box, clicked(press, tool.cap), hint=tool.hint))
        y += lines * _line(type) + _gap(type)
    return spots


def _blocks(tools: Sequence[Tool]) -> list[tuple[str, list[Tool]]]:
    """Return the tools by the key that is held with them, in their order."""
    groups = groupby(tools, key=lambda tool: tool.cap.rpartition(" ")[0])
    return [(held, list(block)) for held, block in groups]


def _places(width: int, held: str, block: Sequence[Tool], type: Typeset) -> list[tuple[int, int]]:
    """Return (x, line) of each tool of a block, to the right of its held key."""
    words = [(tool.cap.rpartition(" ")[2], tool.name) for tool in block]
    left = cap_width(held, type) + type.unit // 2
    return [(left + x, line) for x, line in key_places(words, width - left, type, type.unit)]


def _line(type: Typeset) -> int:
    """Return the distance from one line of tools to the next in px."""
    return type.height("label") + type.unit * 3 // 2


def _gap(type: Typeset) -> int:
    """Return the extra distance between two blocks in px."""
    return type.unit // 2
