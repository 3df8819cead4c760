"""The keys of a screen with their meanings: in the footer, and all of them on the help card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.view.draw.layout import flow
from game.view.draw.theme import Typeset, mix

MOST_COLUMNS = 5  # of the help
LEAST = 25  # width of a column of long meanings, in units of spacing
SHADE, SHADE_PRESSED = 40, 100  # opacity, of 255, of the shade under the mouse
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
    if not text:
        return box
    at = (box.right + type.unit * 3 // 4, box.centery)
    words = type.write(surface, text, "small", palette.ink if on else palette.muted, midleft=at)
    return box.union(words)


def draw_key_state(
    surface: pygame.Surface, rect: pygame.Rect, is_pressed: bool, type: Typeset
) -> None:
    """Shade a key and its meaning because the mouse is on it, and more while it is pressed."""
    box = rect.inflate(type.unit, type.unit // 2)
    shade = pygame.Surface(box.size, pygame.SRCALPHA)
    colour = (*type.palette.agent, SHADE_PRESSED if is_pressed else SHADE)
    pygame.draw.rect(shade, colour, shade.get_rect(), border_radius=5)
    surface.blit(shade, box)


def draw_help(
    surface: pygame.Surface,
    groups: Sequence[tuple[str, KeyTexts]],
    brief: Sequence[tuple[str, KeyTexts]],
    type: Typeset,
) -> list[pygame.Rect]:
    """Draw all keys on a card over the screen, in as few columns as the height allows.

    `groups` have a heading each; `brief` are the same with shorter meanings, for a small window.
    Neighbouring keys with one meaning share a line, and long meanings are wrapped. Return the
    places of all keys, for clicks.
    """
    whole, unit = surface.get_rect(), type.unit
    title = type.height("heading") + 2 * unit
    room = whole.height - title - 2 * unit
    inside = whole.width - 3 * unit, room
    columns = _help_columns(groups, inside, type, min(MOST_COLUMNS, inside[0] // (LEAST * unit)))
    if max(_height(column) for column in columns) > room:
        columns = _help_columns(brief, inside, type)
    high = max(_height(column) for column in columns)
    lines = [line for column in columns for line in column]
    width = min(
        max((_group_width(line.caps, line.text, type) for line in lines if line.caps), default=0)
        + 3 * unit,
        (whole.width - 3 * unit) // len(columns),
    )
    box = pygame.Rect(0, 0, len(columns) * width + 3 * unit, title + high + 2 * unit)
    box.center = whole.center
    box.clamp_ip(whole)
    pygame.draw.rect(surface, type.palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, type.palette.muted, box, 2, border_radius=unit)
    at = (box.left + 3 * unit, box.top + 3 * unit // 2)
    head = type.write(surface, "All keys", "heading", type.palette.ink, topleft=at)
    at = head.right + 2 * unit, head.centery
    note = "press a key to close, or click one to use it"
    type.write(surface, note, "small", type.palette.muted, midleft=at)
    boxes = []
    for i, column in enumerate(columns):
        x, y = box.left + 3 * unit + i * width, box.top + title
        for line in column:
            if line.caps:
                boxes += _draw_group(surface, (x, y), line.caps, line.lines, type)
            else:
                hue = type.palette.agent
                low = y + line.height - unit // 4
                type.write(surface, line.text, "label", hue, bottomleft=(x, low))
            y += line.height
    return boxes


@dataclass(frozen=True)
class HelpLine:
    """A line of the help: keys with their meaning, or without keys the heading of a group."""

    caps: tuple[str, ...]
    text: str
    lines: tuple[str, ...]  # of the text, wrapped
    height: int  # px


def _help_columns(
    groups: Sequence[tuple[str, KeyTexts]],
    room: tuple[int, int],
    type: Typeset,
    most_columns: int = MOST_COLUMNS,
) -> list[list[HelpLine]]:
    """Return the lines of the help in as few columns as fit into a room of some px, at least two.

    Where no number of columns fits, they are higher. No column ends with a heading.
    """
    columns: list[list[HelpLine]] = []
    for number in range(2, max(2, most_columns) + 1):
        lines = _help_lines(groups, room[0] // number - type.unit, type)
        heights = [line.height for line in lines]
        most = min(room[1], sum(heights) // number + max(heights))  # so that all are filled alike
        columns, y = [[]], 0
        for line, following in zip(lines, [*lines[1:], None]):
            below = following.height if following and not line.caps else 0
            if columns[-1] and y + line.height + below > most:
                columns.append([])
                y = 0
            columns[-1].append(line)
            y += line.height
        if len(columns) <= number:
            return columns
    last = [line for column in columns[number - 1 :] for line in column]
    return [*columns[: number - 1], last]


def _height(column: Sequence[HelpLine]) -> int:
    """Return the height of a column in px."""
    return sum(line.height for line in column)


def _help_lines(
    groups: Sequence[tuple[str, KeyTexts]], width: int, type: Typeset
) -> list[HelpLine]:
    """Return the headings of groups, each with the lines of its keys, within a width in px."""
    found = []
    for heading, keys in groups:
        if heading:
            high = type.height("label") + type.unit // 2
            found.append(HelpLine((), heading, (heading,), high))
        found += [_help_line(caps, text, width, type) for caps, text in _grouped(keys)]
    return found


def _help_line(caps: list[str], text: str, width: int, type: Typeset) -> HelpLine:
    """Return a line of the help that is wrapped within a width in px."""
    room = width - _caps_width(caps, type) - type.unit
    lines = type.wrap(text, "small", max(room, 1))
    height = max(_cap_height(type), len(lines) * type.height("small")) + type.unit // 2
    return HelpLine(tuple(caps), text, tuple(lines), height)


def _draw_group(
    surface: pygame.Surface,
    topleft: tuple[int, int],
    caps: Sequence[str],
    lines: Sequence[str],
    type: Typeset,
) -> list[pygame.Rect]:
    """Draw keys with the lines of their meaning. Return the place of each key."""
    (x, y), prefix, boxes = topleft, _prefix(caps), []
    if prefix:
        draw_key(surface, topleft, prefix, "", False, type)
        x += cap_width(prefix, type) + type.unit // 2
    for cap in caps:
        shown = cap.removeprefix(prefix).strip()
        boxes.append(draw_key(surface, (x, y), shown, "", False, type))
        x += cap_width(shown, type) + type.unit // 2
    x += type.unit // 4
    y += max(0, (_cap_height(type) - type.height("small")) // 2) if len(lines) == 1 else 0
    for line in lines:
        place = type.write(surface, line, "small", type.palette.muted, topleft=(x, y))
        boxes[-1].union_ip(place)
        y = place.bottom
    return boxes


def _grouped(keys: KeyTexts) -> list[tuple[list[str], str]]:
    """Return the caps and the meaning of each line of the help."""
    groups: list[tuple[list[str], str]] = []
    for cap, text in keys:
        if groups and groups[-1][1] in ("", text):
            groups[-1] = [*groups[-1][0], cap], text
        else:
            groups.append(([cap], text))
    return groups


def _group_width(caps: Sequence[str], text: str, type: Typeset) -> int:
    """Return the width of a line of the help in px."""
    return _caps_width(caps, type) + type.width(text, "small")


def _caps_width(caps: Sequence[str], type: Typeset) -> int:
    """Return the width in px of the keys of a line of the help, with the gap to their meaning."""
    prefix = _prefix(caps)
    shown = [cap.removeprefix(prefix).strip() for cap in caps]
    shown += [prefix] if prefix else []
    return sum(cap_width(cap, type) + type.unit // 2 for cap in shown) + type.unit // 4


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
