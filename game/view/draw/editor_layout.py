"""The layout of the editor: board, strip of tasks and panel in a window of any size."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from game.view.draw.layout import PANEL_LEAST, SIDE_BY_SIDE, STACKED_PANEL, frame

STRIP_TASKS = 6
PANEL_SHARE, PANEL_MOST = 0.4, 640  # of the width; px at scale 1
STRIP_SHARE = 0.16  # of the height, for the pictures of the strip


@dataclass(frozen=True)
class EditorLayout:
    """The regions of the editor's window. The board is in the middle of its `room`."""

    header: pygame.Rect
    room: pygame.Rect
    strip: pygame.Rect
    panel: pygame.Rect
    footer: pygame.Rect
    is_brief: bool = False  # whether the panel is brief, so that the board gets the room


def arrange_editor(
    size: tuple[int, int],
    unit: int,
    scale: float,
    header: int,
    footer: int,
    captions: int,
    brief: int,
    is_marking: bool,
) -> EditorLayout:
    """Return the layout for a window of some px.

    `captions` is the height of the texts below the pictures of the strip, in px, and `brief` that
    of a panel below the board in a low window, or 0. Such a window has a strip only while goals are
    marked, `is_marking`.
    """
    top, main, bottom = frame(size, unit, header, footer)
    if size[0] < size[1] * SIDE_BY_SIDE:
        is_brief = brief > 0
        high = brief or round(main.height * STACKED_PANEL)
        panel = pygame.Rect(main.left, main.bottom - high, main.width, high)
        left = pygame.Rect(main.left, main.top, main.width, main.height - high - 2 * unit)
    else:
        is_brief = False
        least = min(round(PANEL_LEAST * scale), main.width // 2)
        wide = min(max(round(main.width * PANEL_SHARE), least), round(PANEL_MOST * scale))
        panel = pygame.Rect(main.right - wide, main.top, wide, main.height)
        left = pygame.Rect(main.left, main.top, main.width - wide - 3 * unit, main.height)
    pictures = max(5 * unit, round(main.height * STRIP_SHARE))
    high = min(pictures + captions, left.height // 3)
    strip = pygame.Rect(left.left, left.bottom - high, left.width, high)
    if is_brief and not is_marking:
        return EditorLayout(top, left, pygame.Rect(left.bottomleft, (0, 0)), panel, bottom, True)
    high = max(strip.top - left.top - 2 * unit, 1)
    room = pygame.Rect(left.left, left.top, left.width, high)
    return EditorLayout(top, room, strip, panel, bottom, is_brief)
