"""The card of the guided tour, and the rings around what it points at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from game.view.draw.key_caps import draw_key, key_places, key_widths
from game.view.draw.layout import SMALLEST
from game.view.draw.text_boxes import draw_pill
from game.view.draw.theme import Colour, Palette, Typeset

WIDEST = 1080  # px at scale 1: wider lines are hard to read


@dataclass(frozen=True)
class CardFacts:
    """Everything that the card says. Answers and keys are (label of the key, meaning)."""

    place: str
    heading: str
    text: str
    question: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    note: str = ""  # what came of the answer
    action: str = ""
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CardBoxes:
    """The places of the answers and the keys on a card, for clicks."""

    answers: tuple[pygame.Rect, ...] = ()
    keys: tuple[pygame.Rect, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A ring around a place of the screen, with a number if it is one of several answers."""

    rect: pygame.Rect
    number: str = ""
    is_right: bool = False


def tour_hue(palette: Palette) -> Colour:
    """Return the colour of the tour's card and rings, which no agent on its screens has."""
    return palette.agents[2]


def card_width(width: int, type: Typeset) -> int:
    """Return the width of the card in a window of `width` px."""
    return min(max(width, SMALLEST[0]) - 4 * type.unit, round(WIDEST * type.scale))


def card_height(facts: CardFacts, width: int, type: Typeset) -> int:
    """Return the height that the card needs if it is `width` px wide."""
    return _Writer(None, pygame.Rect(0, 0, width, 0), type).write(facts).bottom


def divide(size: tuple[int, int], card: tuple[int, int], unit: int) -> tuple[int, pygame.Rect]:
    """Return the height that is left to the screen, and the place of the card.

    Where the screen would become too low, it keeps the whole window, and the card lies over it.
    """
    rect = pygame.Rect(0, 0, *card)
    rect.midbottom = max(size[0], SMALLEST[0]) // 2, max(size[1], SMALLEST[1]) - unit
    above = size[1] - card[1] - unit
    return (above if above >= SMALLEST[1] else size[1]), rect


def clear_of(card: pygame.Rect, size: tuple[int, int], marks: Sequence[Mark]) -> pygame.Rect:
    """Return the card's place over a small screen: at the bottom or the top, off what it shows."""
    top = card.copy()
    top.top = max(size[1], SMALLEST[1]) - card.bottom
    return min((card, top), key=lambda box: sum(_overlap(box, mark.rect) for mark in marks))


def _overlap(a: pygame.Rect, b: pygame.Rect) -> int:
    """Return the area that two rectangles share, in px."""
    both = a.clip(b)
    return both.width * both.height


def draw_marks(surface: pygame.Surface, marks: Sequence[Mark], type: Typeset) -> None:
    """Draw the rings, the one of the right answer in the colour of goals."""
    palette, unit, whole = type.palette, type.unit, surface.get_rect()
    hues = [palette.goal if mark.is_right else tour_hue(palette) for mark in marks]
    rings = [mark.rect.inflate(unit, unit).clamp(whole) for mark in marks]
    for ring, hue in zip(rings, hues):
        pygame.draw.rect(surface, palette.paper, ring.inflate(4, 4), 2, border_radius=unit)
        pygame.draw.rect(surface, hue, ring, 3, border_radius=unit)
    radius = type.height("label") * 2 // 3
    for mark, ring, hue in zip(marks, rings, hues):  # above the rings, which may cross
        if mark.number:
            badge = pygame.Rect(0, 0, 2 * radius, 2 * radius)
            badge.center = ring.bottomleft  # loops have their names at the top
            badge.clamp_ip(whole)
            pygame.draw.circle(surface, hue, badge.center, radius)
            type.write(surface, mark.number, "label", palette.paper, center=badge.center)


def draw_tour_card(
    surface: pygame.Surface, rect: pygame.Rect, facts: CardFacts, type: Typeset
) -> CardBoxes:
    """Draw the card. Return the places of its answers and keys."""
    pygame.draw.rect(surface, type.palette.card, rect, border_radius=type.unit)
    pygame.draw.rect(surface, tour_hue(type.palette), rect, 2, border_radius=type.unit)
    writer = _Writer(surface, rect, type)
    writer.write(facts)
    return CardBoxes(tuple(writer.answers), tuple(writer.keys))


class _Writer:
    """Writes a card's content from top to bottom, or only measures it without a surface."""

    def __init__(self, surface: pygame.Surface | None, rect: pygame.Rect, type: Typeset) -> None:
        self._surface, self._type = surface, type
        self._inside = rect.inflate(-4 * type.unit, -2 * type.unit)
        self._inside.top = rect.top + type.unit
        self._lowest = rect.bottom - type.unit  # the foot stays there, whatever is above it
        self._y = self._inside.top
        self.answers: list[pygame.Rect] = []
        self.keys: list[pygame.Rect] = []

    def write(self, facts: CardFacts) -> pygame.Rect:
        """Write everything. Return the rectangle down to the card's lower edge."""
        type, half = self._type, self._type.unit // 2
        self._head(facts)
        self._lines(facts.text, "small", type.palette.ink)
        if facts.question:
            self._y += half
            self._lines(facts.question, "label", type.palette.ink)
            self._y += half
            self.answers = self._keys(facts.answers)
        if facts.note:
            self._y += half
            self._lines(facts.note, "label", type.palette.ink)
        self._y = max(self._y + half, self._lowest - self._foot_height(facts))
        self._foot(facts)
        return pygame.Rect(0, 0, 0, self._y + type.unit)

    def _head(self, facts: CardFacts) -> None:
        """Write the heading, with the place in the tour at the right."""
        type, inside = self._type, self._inside
        room = type.width(facts.place, "label") + 2 * type.unit
        if self._surface:
            at = (inside.right - room, self._y)
            draw_pill(self._surface, facts.place, tour_hue(type.palette), at, type)
        self._lines(facts.heading, "heading", type.palette.ink, inside.width - room - type.unit)

    def _foot(self, facts: CardFacts) -> None:
        """Write the action and, at the right or below it, the keys."""
        type, inside = self._type, self._inside
        left, top = self._keys_left(facts), self._y
        if left:
            at = (inside.left, top + _line_height(type) // 2)
            self._write(facts.action, "small", tour_text(type.palette), midleft=at)
        elif facts.action:
            self._lines(facts.action, "small", tour_text(type.palette))
        self.keys = self._keys(facts.keys, left)

    def _foot_height(self, facts: CardFacts) -> int:
        """Return the height of action and keys."""
        type, width = self._type, self._inside.width
        left = self._keys_left(facts)
        places = key_places(facts.keys, width - left, type) if facts.keys else [(0, 0)]
        above = 0 if left else len(type.wrap(facts.action, "small", width)) * type.height("small")
        return above + (places[-1][1] + 1) * _line_height(type)

    def _keys_left(self, facts: CardFacts) -> int:
        """Return the px left of the keys that are beside the action; 0 where they are below it."""
        type = self._type
        gaps = 2 * type.unit * (len(facts.keys) - 1)
        left = self._inside.width - sum(key_widths(facts.keys, type)) - gaps
        return left if type.width(facts.action, "small") + 2 * type.unit < left else 0

    def _lines(self, text: str, style: str, colour: Colour, width: int | None = None) -> None:
        """Write a text, wrapped."""
        for line in self._type.wrap(text, style, width or self._inside.width):
            self._write(line, style, colour, topleft=(self._inside.left, self._y))
            self._y += self._type.height(style)

    def _write(self, text: str, style: str, colour: Colour, **anchor: tuple[float, float]) -> None:
        """Write one line, unless the card is only measured."""
        if self._surface:
            self._type.write(self._surface, text, style, colour, **anchor)

    def _keys(self, keys: Sequence[tuple[str, str]], left: int = 0) -> list[pygame.Rect]:
        """Write keys with their meanings, from `left` px on. Return their places."""
        if not keys:
            return []
        type, boxes = self._type, list[pygame.Rect]()
        places = key_places(keys, self._inside.width - left, type)
        high = _line_height(type)
        for (cap, meaning), (x, line) in zip(keys, places, strict=True):
            at = (self._inside.left + left + x, self._y + line * high)
            if self._surface:
                boxes.append(draw_key(self._surface, at, cap, meaning, False, type))
        self._y += (places[-1][1] + 1) * high
        return boxes


def _line_height(type: Typeset) -> int:
    """Return the height of a line of keys in px."""
    return type.height("label") + type.unit


def tour_text(palette: Palette) -> Colour:
    """Return the tour's colour for text."""
    return palette.texts[2]
