"""How everything looks: one palette, one type scale, and the few shapes that all parts use."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pygame

Colour = tuple[int, int, int]
Point = tuple[float, float]

# calm and light; categories are Okabe-Ito hues, and each also has a shape or a dash of its own
PAPER: Colour = (246, 245, 241)
CARD: Colour = (255, 255, 255)
WHITE: Colour = (255, 255, 255)
INK: Colour = (36, 41, 52)
MUTED: Colour = (96, 103, 117)
RULE: Colour = (223, 224, 226)
FAINT: Colour = (240, 240, 240)
AGENT: Colour = (213, 94, 0)
AGENT_TEXT: Colour = (176, 72, 0)  # the same hue, dark enough to be read
SCRATCH: Colour = (0, 114, 178)
SCRATCH_TEXT: Colour = (0, 96, 152)
GOAL: Colour = (0, 138, 100)
ALERT: Colour = (170, 40, 30)
TRAILS: tuple[Colour, ...] = ((213, 94, 0), (186, 84, 140), (204, 136, 0))  # one per episode

SMALLEST = 14  # px; nothing is written smaller


@dataclass(frozen=True)
class Style:
    """A row of the type scale: size in px at scale 1, and the face."""

    size: int
    face: str


STYLES: dict[str, Style] = {
    "small": Style(14, "DejaVuSans.ttf"),
    "label": Style(14, "DejaVuSans-Bold.ttf"),
    "mono": Style(14, "DejaVuSansMono.ttf"),
    "body": Style(16, "DejaVuSans.ttf"),
    "heading": Style(18, "DejaVuSans-Bold.ttf"),
    "title": Style(25, "DejaVuSans-Bold.ttf"),
}


def font_folder() -> Path | None:
    """Where matplotlib keeps DejaVu Sans; finding it does not import matplotlib."""
    found = importlib.util.find_spec("matplotlib")
    places = found.submodule_search_locations if found else None
    return Path(places[0]) / "mpl-data" / "fonts" / "ttf" if places else None


class Typeset:
    """The fonts of the type scale at one size of window, and what has been written with them."""

    MOST_CACHED = 1000

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.unit = max(6, round(8 * scale))  # px; all spacing is a multiple of it
        folder = font_folder()
        self._fonts = {
            name: _font(folder, style.face, max(SMALLEST, round(style.size * scale)))
            for name, style in STYLES.items()
        }
        self._written: dict[tuple[str, str, Colour], pygame.Surface] = {}

    def height(self, style: str) -> int:
        """Of a line, in px."""
        return self._fonts[style].get_linesize()

    def width(self, text: str, style: str) -> int:
        """Of a text, in px."""
        return self._fonts[style].size(text)[0]

    def render(self, text: str, style: str, colour: Colour = INK) -> pygame.Surface:
        """The text as a picture; it is shared, so draw with it but not on it."""
        key = (text, style, colour)
        if key not in self._written:
            if len(self._written) >= self.MOST_CACHED:
                self._written.clear()
            self._written[key] = self._fonts[style].render(text, True, colour)
        return self._written[key]

    def write(
        self,
        surface: pygame.Surface,
        text: str,
        style: str,
        colour: Colour = INK,
        **anchor: Point,
    ) -> pygame.Rect:
        """Draw the text where a keyword of `Surface.get_rect` says, as `midleft=(x, y)`."""
        picture = self.render(text, style, colour)
        return surface.blit(picture, picture.get_rect(**anchor))

    def fit(self, text: str, style: str, width: float) -> str:
        """The text, or as much of it as fits in `width` px, with an ellipsis."""
        if self.width(text, style) <= width:
            return text
        while text and self.width(text + "…", style) > width:
            text = text[:-1]
        return text.rstrip() + "…"

    def wrap(self, text: str, style: str, width: float) -> list[str]:
        """The lines of a text that is broken at spaces (and at its own line ends)."""
        lines = []
        for paragraph in text.split("\n"):
            line = ""
            for word in paragraph.split(" "):
                longer = f"{line} {word}" if line else word
                if line and self.width(longer, style) > width:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(self.fit(line, style, width))
        return lines


def _font(folder: Path | None, face: str, size: int) -> pygame.font.Font:
    path = folder / face if folder else None
    return pygame.font.Font(path if path and path.is_file() else None, size)


def number(value: float, digits: int = 2) -> str:
    """A decimal with a true minus sign."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`colour` with this share of `other` in it."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(colour, other, strict=True))
    return r, g, b


def darker(colour: Colour, share: float) -> Colour:
    """Towards black by this share; below zero, towards white."""
    return mix(colour, (0, 0, 0), share) if share >= 0 else mix(colour, (255, 255, 255), -share)


Paint = Callable[[pygame.Surface, int], None]


def smooth(size: tuple[int, int], paint: Paint, ground: Colour = CARD) -> pygame.Surface:
    """A transparent picture with smooth edges: painted at two or three times its size.

    `paint(surface, factor)` draws in px times factor. `ground` tints the half-covered edges.
    """
    factor = 3 if max(size) <= 500 else 2
    large = pygame.Surface((size[0] * factor, size[1] * factor), pygame.SRCALPHA)
    large.fill((*ground, 0))
    paint(large, factor)
    return pygame.transform.smoothscale(large, size)


def dashes(start: Point, end: Point, on: float, off: float) -> Iterator[tuple[Point, Point]]:
    """The strokes of a dashed line."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    at = 0.0
    while at < length:
        to = min(at + on, length)
        yield (
            (start[0] + dx * at / length, start[1] + dy * at / length),
            (start[0] + dx * to / length, start[1] + dy * to / length),
        )
        at += on + off
