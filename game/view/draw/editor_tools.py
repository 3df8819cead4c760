"""The tools of the editor: their keys in blocks, one for each key that is held with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import pygame

from game.view.draw.key_caps import draw_key, key_places
from game.view.draw.spots import Spot, clicked
from game.view.draw.theme import Typeset

Tool = tuple[str, str, bool]  # (cap, as "Ctrl B"; meaning; whether it is on)


def tools_height(width: int, tools: Sequence[Tool], type: Typeset) -> int:
    """Return the height in px that the tools take within a width."""
    blocks = _blocks(tools)
    lines = sum(_places(width, block, type)[-1][1] + 1 for _, block in blocks)
    return lines * _line(type) + (len(blocks) - 1) * _gap(type)


def draw_tools(
    surface: pygame.Surface,
    rect: pygame.Rect,
    tools: Sequence[Tool],
    press: Callable[[str], None],
    type: Typeset,
) -> list[Spot]:
    """Draw the tools from the top of `rect`. Return their spots, which press a key by its cap.

    The held key stands once at the left of its block, so that each tool has a short key.
    """
    spots, y = list[Spot](), rect.top
    for held, block in _blocks(tools):
        draw_key(surface, (rect.left, y), held, "", False, type)
        places = _places(rect.width, block, type)
        for (cap, text, on), (x, line) in zip(block, places, strict=True):
            at = rect.left + _indent(type) + x, y + line * _line(type)
            box = draw_key(surface, at, cap.removeprefix(held).strip(), text, on, type)
            spots.append(Spot(box, clicked(press, cap)))
        y += (places[-1][1] + 1) * _line(type) + _gap(type)
    return spots


def _blocks(tools: Sequence[Tool]) -> list[tuple[str, list[Tool]]]:
    """Return the tools by the key that is held with them, in their order."""
    groups = groupby(tools, key=lambda tool: tool[0].rpartition(" ")[0])
    return [(held, list(block)) for held, block in groups]


def _places(width: int, block: Sequence[Tool], type: Typeset) -> list[tuple[int, int]]:
    """Return (x, line) of each tool of a block, to the right of the held key."""
    words = [(cap.rpartition(" ")[2], text) for cap, text, _ in block]
    return key_places(words, width - _indent(type), type)


def _indent(type: Typeset) -> int:
    return type.width("Ctrl", "label") + 7 * type.unit // 2


def _line(type: Typeset) -> int:
    """Return the distance from one line of tools to the next in px."""
    return type.height("label") + type.unit * 3 // 2


def _gap(type: Typeset) -> int:
    """Return the extra distance between two blocks in px."""
    return type.unit // 2
