"""The gallery's grid of cards: layout, scrolling and drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pygame

from game.view.draw.theme import Colour, Typeset
from game.view.model.gallery_levels import GalleryItem, GalleryLevels, GallerySection

NAME_LINES = 2  # of a card; its caption is below


@dataclass(frozen=True)
class GridRow:
    """A heading with lines of text below it, or cards side by side.

    `top` is in px from the top of the unscrolled grid, and `above` is the height in px of the
    heading that belongs to a row of cards.
    """

    top: int
    height: int
    heading: str = ""
    lines: tuple[str, ...] = ()
    above: int = 0
    first: int = 0  # number of the first item
    count: int = 0  # of cards


@dataclass(frozen=True)
class Card:
    """The picture and the caption of an item, both missing if it has no task."""

    picture: pygame.Surface | None
    caption: str


class CardGrid:
    """A grid of cards in rows below headings, which scrolls to the selected card."""

    def __init__(self, type: Typeset) -> None:
        self.type = type
        self.rect = pygame.Rect(0, 0, 1, 1)
        self.columns = 1
        self.rows: list[GridRow] = []
        self.scroll = 0.0  # px
        self.card_places: list[tuple[pygame.Rect, int]] = []  # of the cards on screen; item numbers

    # --- layout

    @property
    def thumbnail_side(self) -> int:
        """The side of a card's picture in px."""
        return 16 * self.type.unit

    @property
    def _card_height(self) -> int:
        text = (NAME_LINES + 1) * self.type.height("small")
        return self.thumbnail_side + text + 5 * self.type.unit // 2

    @property
    def _pitch(self) -> int:
        """The distance from one card to the next in px: the cards of a row share its width."""
        return (self.rect.width - self.type.unit) // self.columns

    def clear(self) -> None:
        """Forget the rows, because the items have changed."""
        self.rows = []

    def arrange(self, rect: pygame.Rect, levels: GalleryLevels) -> None:
        """Arrange the items in rows, unless they already are for a rectangle of this size."""
        columns = max(1, rect.width // (self.thumbnail_side + 2 * self.type.unit))
        if self.rows and (rect, columns) == (self.rect, self.columns):
            return
        self.rect, self.columns = rect, columns
        self.rows, top = [], 0
        for section in levels.sections():
            heading = self._heading(section, top)
            self.rows.append(heading)
            top, above = top + heading.height, heading.height
            end = section.first + section.count
            for first in range(section.first, end, columns):
                count = min(columns, end - first)
                row = GridRow(top, self._card_height, first=first, count=count, above=above)
                self.rows.append(row)
                top, above = top + row.height, 0
        self.reveal(levels.selected)

    def _heading(self, section: GallerySection, top: int) -> GridRow:
        """Return the heading of a section, with the whole text of its pack."""
        type, width = self.type, self.rect.width - 2 * self.type.unit
        lines = tuple(type.wrap(section.text, "small", width)) if section.text else ()
        height = type.height("heading") + len(lines) * type.height("small") + 2 * type.unit
        return GridRow(top, height, section.title, lines)

    # --- moving

    def number_above_or_below(self, number: int, by: int) -> int | None:
        """Return the item below (`by` = 1) or above (-1) an item; None at the edge of the grid."""
        rows = [row for row in self.rows if row.count]
        current = next((i for i, row in enumerate(rows) if row.first + row.count > number), 0)
        if not rows or not 0 <= current + by < len(rows):
            return None
        column, row = number - rows[current].first, rows[current + by]
        return row.first + min(column, row.count - 1)

    def number_at(self, point: tuple[int, int]) -> int | None:
        """Return the number of the item whose card is at a point of the window."""
        for place, number in self.card_places:
            if place.collidepoint(point) and self.rect.collidepoint(point):
                return number
        return None

    def reveal(self, number: int) -> None:
        """Scroll until the card of an item is on screen."""
        for row in self.rows:
            if row.first <= number < row.first + row.count:
                self.scroll = min(self.scroll, row.top - row.above)
                self.scroll = max(self.scroll, row.top + row.height - self.rect.height)

    # --- drawing

    def draw(
        self,
        surface: pygame.Surface,
        levels: GalleryLevels,
        card_of: Callable[[GalleryItem], Card],
        selection_hue: Colour,
    ) -> None:
        """Draw the visible rows and the scroll bar. `card_of` gives the card of an item."""
        height = max((row.top + row.height for row in self.rows), default=0)
        self.scroll = min(max(self.scroll, 0.0), max(0.0, height - self.rect.height))
        visible, self.card_places = self.rect.clip(surface.get_rect()), []
        if not visible.width or not visible.height:
            return
        view = surface.subsurface(visible)
        for row in self.rows:
            y = round(row.top - self.scroll)
            if y > self.rect.height or y + row.height < 0:
                continue
            self._draw_heading(view, row, y)
            for column in range(row.count):
                number = row.first + column
                place = self._card_place(column, y)
                if number == levels.selected:
                    self._draw_frame(view, place, selection_hue)
                item = levels.items[number]
                self._draw_card(view, place, item, card_of(item))
                self.card_places.append((place.move(self.rect.topleft), number))
        if height > self.rect.height:
            self._draw_scroll_bar(surface, height)

    def _card_place(self, column: int, y: int) -> pygame.Rect:
        """Return the place of a card inside the grid, `y` px below its upper edge."""
        unit = self.type.unit
        x = unit + column * self._pitch
        return pygame.Rect(x, y, self._pitch - 2 * unit, self._card_height - 2 * unit)

    def _draw_heading(self, view: pygame.Surface, row: GridRow, y: int) -> None:
        """Draw the heading of a section. While it is scrolled away in part, its title stays at the
        upper edge, and no line of its text is cut."""
        if row.heading and y + row.height > self.type.height("heading") + 2 * self.type.unit:
            type = self.type
            title = type.fit(row.heading, "heading", self.rect.width - 2 * type.unit)
            at = (type.unit, max(y, 0) + type.unit)
            least = type.write(view, title, "heading", type.palette.ink, topleft=at).bottom
            y += type.unit + type.height("heading")
            for line in row.lines:
                if y >= least:
                    at = (type.unit, y)
                    type.write(view, line, "small", type.palette.muted, topleft=at)
                y += type.height("small")

    def _draw_frame(self, view: pygame.Surface, place: pygame.Rect, hue: Colour) -> None:
        unit = self.type.unit
        frame = place.inflate(unit, unit)
        pygame.draw.rect(view, self.type.palette.card, frame, border_radius=unit)
        pygame.draw.rect(view, hue, frame, 3, border_radius=unit)

    def _draw_card(
        self, view: pygame.Surface, place: pygame.Rect, item: GalleryItem, card: Card
    ) -> None:
        """Draw the picture of an item with its name and its caption below."""
        type, palette = self.type, self.type.palette
        box = pygame.Rect(place.left, place.top, self.thumbnail_side, self.thumbnail_side)
        if card.picture:
            view.blit(card.picture, card.picture.get_rect(midleft=box.midleft))
        else:
            pygame.draw.rect(view, palette.faint, box, border_radius=type.unit)
            if item.task is None:
                type.write(view, "has errors", "label", palette.alert, center=box.center)
        y = box.bottom + type.unit // 2
        for line in type.wrap(item.name, "label", place.width, NAME_LINES):
            y = type.write(view, line, "label", palette.ink, topleft=(place.left, y)).bottom
        if item.task:
            caption = type.fit(card.caption, "small", place.width)
            type.write(view, caption, "small", palette.muted, topleft=(place.left, y))

    def _draw_scroll_bar(self, surface: pygame.Surface, height: int) -> None:
        """Draw the scroll bar of a grid that is `height` px high in all."""
        grid, unit = self.rect, self.type.unit
        share = grid.height / height
        bar = pygame.Rect(0, 0, 4, max(16, round(grid.height * share)))
        bar.topright = (grid.right + 2 * unit, grid.top + round(self.scroll * share))
        pygame.draw.rect(surface, self.type.palette.muted, bar, border_radius=2)
