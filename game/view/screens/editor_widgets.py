"""What the editor lays over its screen: a line to type a value into, and keys that repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pygame

from game.view.draw.question import draw_line_field
from game.view.draw.theme import Typeset
from game.view.model.clipboard import pasted_text

MOST_LETTERS = 1000  # of a line
REPEAT_DELAY, REPEAT_INTERVAL = 0.35, 0.06  # seconds for which a key is held
DOUBLE_CLICK = 0.4  # seconds between two clicks, at most
REPEATED = (
    *(pygame.K_LEFT, pygame.K_RIGHT, pygame.K_UP, pygame.K_DOWN),
    *(pygame.K_BACKSPACE, pygame.K_DELETE, pygame.K_PAGEUP, pygame.K_PAGEDOWN),
    *(pygame.K_z, pygame.K_y),
)


@dataclass
class LineField:
    """A line of text that is being typed; `done` takes it. `row` is the control that it belongs to,
    None for one in the middle of the screen."""

    label: str
    text: str
    done: Callable[[str], None]
    row: int | None = None
    caret: int = field(default=-1)
    box: pygame.Rect | None = None  # on screen
    places: list[int] = field(default_factory=list)  # x of the caret by its index

    def __post_init__(self) -> None:
        self.caret = len(self.text) if self.caret < 0 else self.caret

    def type(self, new: str) -> None:
        """Put a text in at the caret; a text of several lines loses all but its first one."""
        new = new.split("\n")[0][: MOST_LETTERS - len(self.text)]
        self.text = self.text[: self.caret] + new + self.text[self.caret :]
        self.caret += len(new)

    def delete(self) -> None:
        """Delete the character before the caret."""
        if self.caret:
            self.text = self.text[: self.caret - 1] + self.text[self.caret :]
            self.caret -= 1

    def move(self, by: int) -> None:
        """Move the caret."""
        self.caret = min(max(self.caret + by, 0), len(self.text))

    def paste(self) -> None:
        """Put the clipboard's text in at the caret."""
        self.type(pasted_text())

    def draw(self, surface: pygame.Surface, box: pygame.Rect | None, type: Typeset) -> None:
        """Draw the line in the box of its control, or in the middle of the screen without one."""
        if box is None:
            width = min(surface.get_width() - 8 * type.unit, round(600 * type.scale))
            box = pygame.Rect(0, 0, width, type.height("mono") + 2 * type.unit)
            box.center = surface.get_rect().center
            back = box.inflate(4 * type.unit, 4 * type.unit)
            back.top -= type.height("label")
            back.height += type.height("label")
            pygame.draw.rect(surface, type.palette.card, back, border_radius=type.unit)
            pygame.draw.rect(surface, type.palette.agent, back, 2, border_radius=type.unit)
            at = (box.left, box.top - type.unit // 2)
            type.write(surface, self.label, "label", type.palette.ink, bottomleft=at)
        else:
            left = box.left + type.width(self.label, "label") + 3 * type.unit
            box = pygame.Rect(left, box.top, box.right - left - type.unit, box.height)
        self.box = box
        self.places = draw_line_field(surface, box, self.text, self.caret, type)

    def press(self, at: tuple[int, int]) -> bool:
        """Put the caret to where the mouse is pressed. Return whether that is in the line."""
        if self.box is None or not self.places or not self.box.collidepoint(at):
            return False
        self.caret = min(range(len(self.places)), key=lambda i: abs(self.places[i] - at[0]))
        return True


class KeyRepeat:
    """The key that is held: its event comes again until it is released."""

    def __init__(self) -> None:
        self._event: pygame.event.Event | None = None
        self._left = 0.0  # seconds until the next repetition

    def hold(self, event: pygame.event.Event) -> None:
        """Begin to hold a key, if it is one that repeats."""
        is_char = bool(event.unicode and event.unicode.isprintable())
        self._event = event if is_char or event.key in REPEATED else None
        self._left = REPEAT_DELAY

    def release(self) -> None:
        """End the repetition."""
        self._event = None

    def due(self, seconds: float) -> pygame.event.Event | None:
        """Advance by a number of seconds. Return the event if it is to come again."""
        self._left -= seconds
        if self._event is None or self._left > 0:
            return None
        self._left = REPEAT_INTERVAL
        return self._event


class DoubleClick:
    """Tells whether a click is the second one at the same place, shortly after the first one."""

    def __init__(self) -> None:
        self._last: object = None  # the place of the last click
        self._age = 0.0  # seconds since then

    def click(self, place: object) -> bool:
        """Take a click. Return whether it is the second one of two."""
        is_second = place == self._last and self._age <= DOUBLE_CLICK
        self._last, self._age = (None if is_second else place), 0.0
        return is_second

    def advance(self, seconds: float) -> None:
        """Let a number of seconds pass."""
        self._age += seconds
