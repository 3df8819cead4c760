"""A line with the names of a plot's curves, for a panel without a table that has them."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.curve_markers import marker_picture
from game.view.draw.plot_axes import Curve
from game.view.draw.theme import Typeset, mix


def draw_curve_names(
    surface: pygame.Surface, rect: pygame.Rect, curves: Sequence[Curve], type: Typeset
) -> None:
    """Draw each curve's marker, or a piece of an earlier run's line, with its name.

    Where the names have no room, the longest are cut.
    """
    unit, palette = type.unit, type.palette
    markers = [marker_picture(curve.hue, type) for curve in curves]
    taken = sum(marker.get_width() + 5 * unit // 2 for marker in markers) - 2 * unit
    widths = [type.width(curve.name, "small") for curve in curves]
    most = _most_width(widths, rect.width - taken)
    names = [type.fit(curve.name, "small", most) for curve in curves]
    x = rect.left
    for curve, marker, name in zip(curves, markers, names, strict=True):
        box = marker.get_rect(midleft=(x, rect.centery))
        if curve.fade:
            hue = mix(palette.agents[curve.hue], palette.card, curve.fade)
            pygame.draw.line(surface, hue, box.midleft, box.midright, 3)
        else:
            surface.blit(marker, box)
        ink = mix(palette.texts[curve.hue], palette.muted, min(1, 1.2 * curve.fade))
        at = (box.right + unit // 2, rect.centery)
        x = type.write(surface, name, "small", ink, midleft=at).right + 2 * unit


def _most_width(widths: Sequence[int], room: int) -> int:
    """Return the width in px to which texts are cut so that all have room side by side."""
    for i, width in enumerate(sorted(widths)):
        share = max(0, room) // (len(widths) - i)
        if width > share:
            return share
        room -= width
    return max(widths, default=0)
