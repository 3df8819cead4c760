"""The theme: palettes, type scale, and the few drawing helpers that all modules share."""

from __future__ import annotations

import bisect
import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pygame

from game.text.visible import visible

Colour = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Colour = (255, 255, 255)
DARK_INK: Colour = (36, 41, 52)  # of marks on the board, equal in all themes


@dataclass(frozen=True)
class Palette:
    """The colours of a theme.

    Categories have Okabe-Ito hues. Each also has a shape, a dash or a word of its own, so that no
    meaning depends on colour alone.
    """

    name: str
    paper: Colour  # background of the window
    card: Colour  # of panels
    ink: Colour
    muted: Colour
    rule: Colour
    faint: Colour
    goal: Colour
    alert: Colour
    agents: tuple[Colour, ...]  # lines and markers of the first agent, the second, ...
    texts: tuple[Colour, ...]  # the same hues, for text
    trails: tuple[Colour, ...]  # one per episode
    dim: float = 0.0  # 0..1: share of `night` in the board's colours
    night: Colour = (12, 16, 26)

    @property
    def agent(self) -> Colour:
        """The colour of the first agent."""
        return self.agents[0]

    def board(self, colour: Colour) -> Colour:
        """Return a tile's colour in this theme."""
        return mix(colour, self.night, self.dim)


LIGHT = Palette(
    name="light",
    paper=(246, 245, 241),
    card=(255, 255, 255),
    ink=DARK_INK,
    muted=(96, 103, 117),
    rule=(223, 224, 226),
    faint=(240, 240, 240),
    goal=(0, 138, 100),
    alert=(170, 40, 30),
    agents=((213, 94, 0), (0, 114, 178), (178, 82, 134), (150, 112, 0)),
    texts=((176, 72, 0), (0, 96, 152), (150, 56, 108), (112, 84, 0)),
    trails=((213, 94, 0), (186, 84, 140), (204, 136, 0)),
)
DARK = Palette(
    name="dark",
    paper=(20, 23, 30),
    card=(29, 33, 42),
    ink=(233, 235, 239),
    muted=(164, 171, 184),
    rule=(62, 68, 80),
    faint=(42, 47, 58),
    goal=(64, 204, 156),
    alert=(255, 128, 112),
    agents=((240, 124, 40), (86, 172, 236), (226, 138, 188), (226, 180, 60)),
    texts=((255, 160, 94), (128, 196, 248), (240, 164, 208), (238, 198, 96)),
    trails=((255, 144, 66), (236, 150, 200), (240, 196, 70)),
    dim=0.52,
)
PALETTES = {palette.name: palette for palette in (LIGHT, DARK)}

SMALLEST = 14  # px: least size of text
ZOOM = 1.12  # factor from one size of type to the next
LEAST_ZOOM, MOST_ZOOM = -2, 5


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
    """Return the folder where matplotlib keeps DejaVu Sans, without importing matplotlib."""
    found = importlib.util.find_spec("matplotlib")
    places = found.submodule_search_locations if found else None
    return Path(places[0]) / "mpl-data" / "fonts" / "ttf" if places else None


class NotedText(NamedTuple):
    """A text that was written: its style, and its place in the window."""

    text: str
    style: str
    place: pygame.Rect


class Typeset:
    """The fonts of the type scale at one size of window, with a cache of rendered texts."""

    MOST_CACHED = 1000
    MOST_LETTERS = 1000  # of a line: more than any window has room for
    MOST_WRAPPED = 20_000  # letters of a text of several lines

    def __init__(self, scale: float, palette: Palette = LIGHT) -> None:
        self.scale, self.palette = scale, palette
        self.unit = max(6, round(8 * scale))  # px; all spacing is a multiple of it
        folder = font_folder()
        self._fonts = {
            name: _font(folder, style.face, max(SMALLEST, round(style.size * scale)))
            for name, style in STYLES.items()
        }
        self._written: dict[tuple[str, str, Colour], pygame.Surface] = {}
        self._notes: list[NotedText] | None = None  # of the texts being written, while noting

    def height(self, style: str) -> int:
        """Return the height of a line in px."""
        return self._fonts[style].get_linesize()

    def width(self, text: str, style: str) -> int:
        """Return the width of a text in px."""
        return self._fonts[style].size(self._shown(text))[0]

    def render(self, text: str, style: str, colour: Colour) -> pygame.Surface:
        """Return the text as a picture. Blit it; do not draw on it, it is shared."""
        key = (text, style, colour)
        if key not in self._written:
            if len(self._written) >= self.MOST_CACHED:
                self._written.clear()
            shown = self._shown(text) if self.width(text, style) else ""  # pygame refuses width 0
            self._written[key] = self._fonts[style].render(shown, True, colour)
        return self._written[key]

    def _shown(self, text: str) -> str:
        """Return a line of text as it is drawn: fonts refuse some characters, and long lines."""
        return visible(text[: self.MOST_LETTERS])

    def write(
        self,
        surface: pygame.Surface,
        text: str,
        style: str,
        colour: Colour,
        **anchor: Point,
    ) -> pygame.Rect:
        """Draw a text; `anchor` is a keyword of `Surface.get_rect`, such as `midleft=(x, y)`.

        Return its rectangle, also of a text that lies partly or wholly outside the surface, so that
        what follows it keeps its place.
        """
        picture = self.render(text, style, colour)
        place = picture.get_rect(**anchor)
        surface.blit(picture, place)
        self.note(surface, text, style, place)
        return place

    @contextlib.contextmanager
    def noting(self) -> Iterator[list[NotedText]]:
        """Note every text that is written in this block, with its place, in the list."""
        before, self._notes = self._notes, []
        try:
            yield self._notes
        finally:
            self._notes = before

    def note(self, surface: pygame.Surface, text: str, style: str, place: pygame.Rect) -> None:
        """Note a text that was drawn at a place of a surface, if texts are being noted."""
        if self._notes is not None:
            self._notes.append(NotedText(text, style, place.move(surface.get_abs_offset())))

    def fit(self, text: str, style: str, width: float) -> str:
        """Return the text, cut to `width` px with an ellipsis if it is longer."""
        text = text[: self.MOST_LETTERS]
        if self.width(text, style) <= width:
            return text

        def cut(length: int) -> int:
            """Return the width of so many letters with an ellipsis."""
            return self.width(text[:length] + "…", style)

        fitting = bisect.bisect_right(range(len(text)), width, key=cut)
        return text[: max(fitting - 1, 0)].rstrip() + "…"

    def wrap(self, text: str, style: str, width: float, most: int | None = None) -> list[str]:
        """Return the lines of a text, broken at spaces and at its own line ends.

        If there would be more than `most` lines, the last one ends in an ellipsis.
        """
        lines = []
        for paragraph in text[: self.MOST_WRAPPED].split("\n"):
            if self.width(paragraph, style) <= width:
                lines.append(paragraph)
                continue
            line = ""
            for word in paragraph.split(" "):
                longer = f"{line} {word}" if line else word
                if line and self.width(longer, style) > width:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(self.fit(line, style, width))
        if most is None or len(lines) <= most:
            return lines
        if most < 1:
            return []
        return [*lines[: most - 1], self.fit(" ".join(lines[most - 1 :]), style, width)]


class Appearance:
    """The user's choice of theme, type size and unit of the plots; all screens share one."""

    def __init__(self, palette: Palette = LIGHT, zoom: int = 0) -> None:
        self.palette, self.zoom = palette, zoom
        self.plots_returns = False  # whether plots show returns instead of scores in percent
        self._typesets: dict[tuple[float, str], Typeset] = {}

    def typeset(self, size: tuple[int, int]) -> Typeset:
        """Return the typeset for a window of this size; the same object until a choice changes.

        The last two are kept.
        """
        key = (round(scale_for(size) * ZOOM**self.zoom, 3), self.palette.name)
        if key not in self._typesets:
            kept = [*self._typesets.items()][-1:]  # the tour's card and its screen differ in size
            self._typesets = {**dict(kept), key: Typeset(key[0], self.palette)}
        return self._typesets[key]

    def switch(self) -> None:
        """Switch between the light and the dark theme."""
        self.palette = DARK if self.palette is LIGHT else LIGHT

    def switch_plots(self) -> None:
        """Switch the plots between scores in percent and returns."""
        self.plots_returns = not self.plots_returns

    def enlarge(self, by: int) -> None:
        """Make all type `by` sizes larger; 0 resets it."""
        self.zoom = min(max(self.zoom + by, LEAST_ZOOM), MOST_ZOOM) if by else 0


def scale_for(size: tuple[int, int]) -> float:
    """Return the scale of type, which is 1 in a window of 1280 x 800."""
    return min(max(min(size[0] / 1280, size[1] / 800), 0.8), 1.6)


def _font(folder: Path | None, face: str, size: int) -> pygame.font.Font:
    """Return a font, or the built-in one of pygame if the file is missing."""
    path = folder / face if folder else None
    return pygame.font.Font(path if path and path.is_file() else None, size)


def number(value: float, digits: int = 2, signed: bool = False) -> str:
    """Return a decimal with a true minus sign, and never a negative zero; `signed` adds a plus."""
    text = f"{value:.{digits}f}"
    plus = "+" if signed and float(text) > 0 else ""
    return text.removeprefix("-") if float(text) == 0 else plus + text.replace("-", "−")


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """Return `colour` mixed with a share 0..1 of `other`."""
    (r, g, b), (red, green, blue) = colour, other
    return (
        round(r + (red - r) * share),
        round(g + (green - g) * share),
        round(b + (blue - b) * share),
    )


def darker(colour: Colour, share: float) -> Colour:
    """Return the colour mixed with a share of black or, below zero, of white."""
    return mix(colour, (0, 0, 0), share) if share >= 0 else mix(colour, (255, 255, 255), -share)


Paint = Callable[[pygame.Surface, int], None]


def smooth(
    size: tuple[int, int], paint: Paint, ground: Colour = WHITE, factor: int = 0
) -> pygame.Surface:
    """Return a transparent picture with smooth edges, painted at `factor` times its size.

    `paint(surface, factor)` draws in px times factor; 0 stands for the usual factor. `ground` tints
    the half-covered edges.
    """
    factor = factor or smooth_factor(size)
    large = pygame.Surface((size[0] * factor, size[1] * factor), pygame.SRCALPHA)
    large.fill((*ground, 0))
    paint(large, factor)
    return pygame.transform.smoothscale(large, size)


def smooth_factor(size: tuple[int, int]) -> int:
    """Return how many times larger than a picture of this size `smooth` paints."""
    return 3 if max(size) <= 500 else 2


def dashes(
    start: Point, end: Point, on: float, off: float, first: float = 0.0
) -> Iterator[tuple[Point, Point]]:
    """Yield the strokes of a dashed line, `on` px long and `off` px apart.

    The first one begins `first` px after the start.
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    at = first
    while at < length:
        to = min(at + on, length)
        yield (
            (start[0] + dx * at / length, start[1] + dy * at / length),
            (start[0] + dx * to / length, start[1] + dy * to / length),
        )
        at += on + off
