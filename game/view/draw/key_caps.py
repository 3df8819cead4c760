"""The keys of a screen with their meanings: in the footer, and all of them on the help card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pygame

from game.view.draw.layout import flow
from game.view.draw.theme import Typeset, mix

MOST_COLUMNS = 5  # of the help
BESIDE_LINES = 2  # of a meaning beside its keys; a longer one stands below them
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


class DrawnHelp(NamedTuple):
    """The places of a help on screen: empty for keys on another of its pages."""

    keys: list[pygame.Rect]
    more: pygame.Rect  # turns the page; empty if there is one page
    pages: int


def draw_help(
    surface: pygame.Surface,
    groups: Sequence[tuple[str, KeyTexts]],
    brief: Sequence[tuple[str, KeyTexts]],
    page: int,
    type: Typeset,
) -> DrawnHelp:
    """Draw all keys on a card over the screen, in as few columns as the height allows.

    `groups` have a heading each; `brief` are the same with shorter meanings, for a small window.
    Where they have no room either, there are several pages, and this one is number `page`.
    Neighbouring keys with one meaning share a line, and long meanings are wrapped.
    """
    whole, unit = surface.get_rect(), type.unit
    title = type.height("heading") + 2 * unit
    inside = whole.width - 3 * unit, whole.height - title - 2 * unit
    pages = _help_pages(groups, brief, inside, type)
    shown = pages[page % len(pages)]
    high = max(_height(column) for column in shown)
    lines = [line for column in shown for line in column if line.caps]
    width = min(
        max((_group_width(line.caps, line.text, type) for line in lines), default=0) + 3 * unit,
        inside[0] // len(shown),
    )
    note = "press a key to close, or click one to use it"
    if len(pages) > 1:
        note = f"page {page % len(pages) + 1} of {len(pages)}: F1 turns it"
    head = type.width("All keys", "heading") + 2 * unit + type.width(note, "small")
    box = pygame.Rect(0, 0, max(len(shown) * width, head) + 3 * unit, title + high + 2 * unit)
    box.center = whole.center
    box.clamp_ip(whole)
    pygame.draw.rect(surface, type.palette.card, box, border_radius=unit)
    pygame.draw.rect(surface, type.palette.muted, box, 2, border_radius=unit)
    at = (box.left + 3 * unit, box.top + 3 * unit // 2)
    heading = type.write(surface, "All keys", "heading", type.palette.ink, topleft=at)
    at = heading.right + 2 * unit, heading.centery
    more = type.write(surface, note, "small", type.palette.muted, midleft=at)
    corners = [(box.left + 3 * unit + i * width, box.top + title) for i in range(len(shown))]
    keys: list[pygame.Rect] = []
    for columns in pages:
        if columns is shown:
            for corner, column in zip(corners, columns):
                keys += _draw_column(surface, corner, column, type)
        else:
            keys += [pygame.Rect(0, 0, 0, 0) for col in columns for line in col for _ in line.caps]
    return DrawnHelp(keys, more if len(pages) > 1 else pygame.Rect(0, 0, 0, 0), len(pages))


def _draw_column(
    surface: pygame.Surface, topleft: tuple[int, int], column: Sequence[HelpLine], type: Typeset
) -> list[pygame.Rect]:
    """Draw a column of the help. Return the places of its keys."""
    (x, y), places = topleft, []
    for line in column:
        if line.caps:
            places += _draw_group(surface, (x, y), line, type)
        else:
            at = (x, y + line.height - type.unit // 4)
            type.write(surface, line.text, "label", type.palette.agent, bottomleft=at)
        y += line.height
    return places


@dataclass(frozen=True)
class HelpLine:
    """A line of the help: keys with their meaning, or without keys the heading of a group."""

    caps: tuple[str, ...]
    text: str
    lines: tuple[str, ...]  # of the text, wrapped
    height: int  # px
    is_below: bool = False  # whether the text stands below the keys


def _help_pages(
    groups: Sequence[tuple[str, KeyTexts]],
    brief: Sequence[tuple[str, KeyTexts]],
    room: tuple[int, int],
    type: Typeset,
) -> list[list[list[HelpLine]]]:
    """Return the pages of the help, each a list of columns that fit into a room of some px.

    One page has few wide columns with all words, or else more columns with brief ones. Where
    neither fits, pages have two columns.
    """
    most = max(2, min(MOST_COLUMNS, room[0] // (LEAST * type.unit)))
    for texts in (groups, brief):
        for number in range(2, most + 1):
            lines = _help_lines(texts, room[0] // number - type.unit, type)
            heights = [line.height for line in lines]
            even = sum(heights) // number + max(heights)  # so that all columns are filled alike
            columns = _in_columns(lines, min(room[1], even))
            if len(columns) <= number:
                return [columns]
    lines = _help_lines(groups, room[0] // 2 - type.unit, type)
    columns = _in_columns(lines, room[1])
    return [columns[i : i + 2] for i in range(0, len(columns), 2)]


def _in_columns(lines: Sequence[HelpLine], most: int) -> list[list[HelpLine]]:
    """Return the lines in columns of at most so many px. No column ends with a heading, nor with
    one and a single line of its group."""
    columns: list[list[HelpLine]] = [[]]
    y = 0
    for i, line in enumerate(lines):
        below = 0 if line.caps else _height(lines[i + 1 : i + 3])
        if columns[-1] and y + line.height + below > most:
            columns.append([])
            y = 0
        columns[-1].append(line)
        y += line.height
    return columns


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
    lines, small = type.wrap(text, "small", max(room, 1)), type.height("small")
    is_below = len(lines) > BESIDE_LINES or type.width(text.split()[0], "small") > room
    if is_below:
        lines = type.wrap(text, "small", width - type.unit)
        height = _cap_height(type) + type.unit + len(lines) * small
    else:
        height = max(_cap_height(type), len(lines) * small)
    return HelpLine(tuple(caps), text, tuple(lines), height + type.unit // 2, is_below)


def _draw_group(
    surface: pygame.Surface,
    topleft: tuple[int, int],
    line: HelpLine,
    type: Typeset,
) -> list[pygame.Rect]:
    """Draw keys with the lines of their meaning. Return the place of each key."""
    caps, lines = line.caps, line.lines
    (x, y), prefix, boxes = topleft, _prefix(caps), []
    if prefix:
        draw_key(surface, topleft, prefix, "", False, type)
        x += cap_width(prefix, type) + type.unit // 2
    for cap in caps:
        shown = cap.removeprefix(prefix).strip()
        boxes.append(draw_key(surface, (x, y), shown, "", False, type))
        x += cap_width(shown, type) + type.unit // 2
    x += type.unit // 4
    if line.is_below:
        x, y = topleft[0], y + _cap_height(type) + type.unit // 2
    elif len(lines) == 1:
        y += max(0, (_cap_height(type) - type.height("small")) // 2)
    for text in lines:
        place = type.write(surface, text, "small", type.palette.muted, topleft=(x, y))
        if not line.is_below:
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
