"""The keys of a screen with their meanings: in the footer, and all of them on the help card."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from game.view.draw.layout import flow
from game.view.draw.theme import Typeset, mix

KeyTexts = Sequence[tuple[str, str]]  # (cap, meaning) of each key; "" shares the next key's meaning


def key_widths(keys: KeyTexts, type: Typeset) -> list[int]:
    """Return the width of each key with its meaning in px.

    A key without a meaning is narrowed so that it stands close to the next.
    """
    near = -2 * type.unit + type.unit // 2
    return [
        cap_width(cap, type) + (type.unit * 3 // 4 + type.width(text, "small") if text else near)
        for cap, text in keys
    ]


def key_places(
    keys: KeyTexts, width: int, type: Typeset, gap: int | None = None
) -> list[tuple[int, int]]:
    """Return (x, line) of each key in a footer of `width` px, with so many px between two keys.

    Keys that share a meaning stay on one line.
    """
    gap = 2 * type.unit if gap is None else gap
    groups, near = list[list[int]](), False
    for (_, text), key_width in zip(keys, key_widths(keys, type), strict=True):
        if near:
            groups[-1].append(key_width)
        else:
            groups.append([key_width])
        near = not text
    starts = flow([sum(group) + gap * (len(group) - 1) for group in groups], gap, width)
    places = []
    for group, (x, line) in zip(groups, starts, strict=True):
        for key_width in group:
            places.append((x, line))
            x += key_width + gap
    return places


def footer_lines(keys: KeyTexts, width: int, type: Typeset) -> int:
    """Return the number of lines that the keys take in a footer of `width` px."""
    return key_places(keys, width, type)[-1][1] + 1


def footer_height(keys: KeyTexts, width: int, type: Typeset) -> int:
    """Return the footer's height in px if it is `width` px wide."""
    lines = footer_lines(keys, width, type)
    return lines * _cap_height(type) + (lines - 1) * type.unit * 3 // 4


def draw_footer(
    surface: pygame.Surface, rect: pygame.Rect, keys: KeyTexts, lit: Sequence[bool], type: Typeset
) -> list[pygame.Rect]:
    """Draw the keys with their meanings, the `lit` ones filled. Return their places, for clicks."""
    surface.fill(type.palette.paper, rect.inflate(0, 6))
    places = key_places(keys, rect.width, type)
    boxes = []
    for (cap, text), (x, line), on in zip(keys, places, lit, strict=True):
        y = rect.top + line * (_cap_height(type) + type.unit * 3 // 4)
        boxes.append(draw_key(surface, (rect.left + x, y), cap, text, on, type))
    return boxes


def draw_key(
    surface: pygame.Surface, topleft: tuple[int, int], cap: str, text: str, on: bool, type: Typeset
) -> pygame.Rect:
    """Draw a key and its meaning, filled if its switch is on. Return the rectangle around both."""
    palette = type.palette
    box = pygame.Rect(*topleft, cap_width(cap, type), _cap_height(type))
    pygame.draw.rect(surface, palette.rule, box.move(0, 2), border_radius=5)
    pygame.draw.rect(surface, palette.ink if on else palette.card, box, border_radius=5)
    pygame.draw.rect(surface, mix(palette.rule, palette.ink, 0.15), box, 1, border_radius=5)
    ink = palette.paper if on else palette.ink
    type.write(surface, cap, "label", ink, center=box.center)
    at = (box.right + type.unit * 3 // 4, box.centery)
    words = type.write(surface, text, "small", palette.ink if on else palette.muted, midleft=at)
    return box.union(words)


def draw_help(surface: pygame.Surface, keys: KeyTexts, type: Typeset) -> list[pygame.Rect]:
    """Draw all keys on a card over the screen, in as many columns as the height needs.

    Neighbouring keys with one meaning share a line. Return their places, for clicks.
    """
    whole, unit = surface.get_rect(), type.unit
    groups = _grouped(keys)
    title = type.height("heading") + 2 * unit
    line = _cap_height(type) + unit
    room = whole.height - title - 2 * unit
    columns = max(2, -(-len(groups) // max(1, room // line)))
    rows = -(-len(groups) // columns)
    column = min(
        max((_group_width(caps, text, type) for caps, text in groups), default=0) + 3 * unit,
        (whole.width - 3 * unit) // columns,
    )
    box = pygame.Rect(0, 0, columns * column + 3 * unit, title + rows * line + 2 * unit)
    box.center = whole.center
    box.clamp_ip(whole)
    pygame.draw.rect(surface, type.palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, type.palette.muted, box, 2, border_radius=unit)
    at = (box.left + 3 * unit, box.top + 3 * unit // 2)
    head = type.write(surface, "All keys", "heading", type.palette.ink, topleft=at)
    at = head.right + 2 * unit, head.centery
    type.write(
        surface,
        "press a key to close, or click one to use it",
        "small",
        type.palette.muted,
        midleft=at,
    )
    boxes = []
    for i, (caps, text) in enumerate(groups):
        x = box.left + 3 * unit + (i // rows) * column
        y = box.top + title + (i % rows) * line
        end = x + column - 2 * unit
        prefix = _prefix(caps)
        if prefix:
            x = draw_key(surface, (x, y), prefix, "", False, type).right + unit // 4
        for cap in caps[:-1]:
            shown = cap.removeprefix(prefix).strip()
            boxes.append(draw_key(surface, (x, y), shown, "", False, type))
            x = boxes[-1].right + unit // 4
        shown = caps[-1].removeprefix(prefix).strip()
        text = type.fit(text, "small", end - x - cap_width(shown, type) - unit)
        boxes.append(draw_key(surface, (x, y), shown, text, False, type))
    return boxes


def _grouped(keys: KeyTexts) -> list[tuple[list[str], str]]:
    """Return the caps and the meaning of each line of the help."""
    groups: list[tuple[list[str], str]] = []
    for cap, text in keys:
        if groups and groups[-1][1] == text:
            groups[-1][0].append(cap)
        else:
            groups.append(([cap], text))
    return groups


def _group_width(caps: Sequence[str], text: str, type: Typeset) -> int:
    """Return the width of a line of the help in px."""
    prefix = _prefix(caps)
    shown = [cap.removeprefix(prefix).strip() for cap in caps]
    shown += [prefix] if prefix else []
    return sum(cap_width(cap, type) + type.unit for cap in shown) + type.width(text, "small")


def _prefix(caps: Sequence[str]) -> str:
    """Return the keys that are held with each of several keys, as "Ctrl"; "" for none."""
    first = caps[0].rpartition(" ")[0]
    is_shared = len(caps) > 2 and all(cap.rpartition(" ")[0] == first for cap in caps)
    return first if is_shared else ""


def cap_width(cap: str, type: Typeset) -> int:
    """Return the width of the picture of a key in px."""
    return max(type.width(cap, "label") + 2 * type.unit, _cap_height(type))


def _cap_height(type: Typeset) -> int:
    return type.height("label") + type.unit
