"""Recordings without a display: the final frame as PNG, the whole adaptation as GIF.

Both feed finished traces into the same screen class that the window shows. Equal traces give equal
bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pygame
from PIL import Image

from game.session.messages import RecordedFeed
from game.session.trace import AdaptationTrace
from game.view.draw import theme
from game.view.draw.display_size import SIZE
from game.view.model.playback import Pace
from game.view.screens.watch import WatchScreen
from game.view.screens.watch_run import WatchSetup
from game.view.window import check_pygame

GIF_SIZE = (960, 600)
FRAME_MS = 80  # a multiple of 10: GIF counts in hundredths of a second
LAST_MS = 3000  # for which the final frame stays
WHOLE_SECONDS = 16.0  # about the length of the whole GIF
PALETTE = theme.LIGHT
EXACT_COLOURS = (  # colours that the GIF must not approximate
    *(PALETTE.paper, PALETTE.card, PALETTE.ink, PALETTE.muted, PALETTE.rule, PALETTE.faint),
    PALETTE.goal,
    *(*PALETTE.agents[:2], *PALETTE.texts[:2], *PALETTE.trails),
    *(theme.mix(hue, PALETTE.card, 0.5) for hue in (*PALETTE.agents[:2], PALETTE.goal)),
)


def final_frame(
    setup: WatchSetup, traces: Sequence[AdaptationTrace], size: tuple[int, int] = SIZE
) -> Image.Image:
    """Return the window's final frame, after the last adaptation step."""
    screen = _open(setup, traces, Pace())
    screen.run.playback.to_last()
    return _image(_drawn(screen, size))


def save_gif(
    file: Path | BinaryIO,
    setup: WatchSetup,
    traces: Sequence[AdaptationTrace],
    size: tuple[int, int] = GIF_SIZE,
) -> None:
    """Write the whole adaptation as an animated GIF that loops for ever."""
    pace = gif_pace(setup.request.steps if setup.request else setup.steps)
    palette = _palette(_open(setup, traces, pace), size)
    frames = _frames(_open(setup, traces, pace), size, palette)
    next(frames).save(file, "GIF", save_all=True, append_images=frames, loop=0, disposal=1)


def gif_pace(steps: int) -> Pace:
    """Return a fast pace, so that the GIF stays short for any number of adaptation steps."""
    each = WHOLE_SECONDS / (steps + 1)
    return Pace(
        moves_per_second=8.0,
        longest=max(FRAME_MS / 1000, min(1.6, each / 2)),
        glide=0.08,
        rest=min(0.4, each / 6),
        first_episodes=2 if each > 2 else 1,
        episodes=2 if each > 2 else 1,
    )


def save_png(surface: pygame.Surface, path: Path) -> None:
    """Write a surface as a PNG."""
    _image(surface).save(path, "PNG")


def free_name(folder: Path, name: str, suffix: str = "") -> Path:
    """Return a path in the folder that does not exist yet: the name with a number."""
    paths = (folder / f"{name}-{i:03}{suffix}" for i in itertools.count(1))
    return next(path for path in paths if not path.exists())


def _open(setup: WatchSetup, traces: Sequence[AdaptationTrace], pace: Pace) -> WatchScreen:
    """Return the watch screen with all adaptation steps already received."""
    check_pygame()
    pygame.font.init()
    screen = WatchScreen(setup, RecordedFeed(traces), pace)
    screen.eager = True
    screen.update(0.0)
    return screen


def _frames(
    screen: WatchScreen, size: tuple[int, int], palette: Image.Image
) -> Iterator[Image.Image]:
    """Yield the frames with their durations, one at a time, because all would fill the memory."""

    frames = FlatFrames(palette)

    def frame(milliseconds: int) -> Image.Image:
        flat = frames.next(_drawn(screen, size))
        flat.info["duration"] = milliseconds
        return flat

    while not screen.run.playback.complete:
        yield frame(FRAME_MS)
        screen.update(FRAME_MS / 1000)
    screen.run.playback.to_last()
    yield frame(LAST_MS)


class FlatFrames:
    """Turns one frame after the other into the colours of a palette.

    A frame differs from the one before in a small area, which alone is converted.
    """

    def __init__(self, palette: Image.Image) -> None:
        self._palette = palette
        self._last: tuple[pygame.Surface, Image.Image] | None = None
        self._used = np.zeros(256, int)  # pixels of the last frame by colour

    def next(self, surface: pygame.Surface) -> Image.Image:
        """Return a frame, which must not change afterwards, in the palette's colours.

        From the second on, a colour that a frame does not use is its transparent one. Pillow would
        choose the same, but look through the whole frame for it.
        """
        if self._last is None:
            flat = self._flat(surface)
            self._used += flat.histogram()
        else:
            before, last = self._last
            flat = last.copy()
            if area := _changed_area(before, surface):
                new = self._flat(surface.subsurface(area))
                flat.paste(new, area.topleft)
                old = last.crop((area.left, area.top, area.right, area.bottom))
                self._used += np.subtract(new.histogram(), old.histogram())
            flat.info.pop("transparency", None)
            unused = np.flatnonzero(self._used == 0)
            if len(unused) and len(flat.getpalette() or []) == 3 * len(self._used):
                flat.info["transparency"] = int(unused[-1])
        self._last = surface, flat
        return flat

    def _flat(self, surface: pygame.Surface) -> Image.Image:
        return _image(surface).quantize(palette=self._palette, dither=Image.Dither.NONE)


def _changed_area(before: pygame.Surface, after: pygame.Surface) -> pygame.Rect:
    """Return the smallest area that holds all pixels that differ; an empty one if none does."""
    differ = _pixels(before) != _pixels(after)
    columns, rows = (np.flatnonzero(differ.any(axis)) for axis in (1, 0))
    if not len(rows):
        return pygame.Rect(0, 0, 0, 0)
    left, top = int(columns[0]), int(rows[0])
    return pygame.Rect(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def _pixels(surface: pygame.Surface) -> np.ndarray:
    """Return a view of a surface's pixels [width, height]."""
    return np.asarray(surface.get_view("2"))


def _drawn(screen: WatchScreen, size: tuple[int, int]) -> pygame.Surface:
    """Return the current frame."""
    surface = pygame.Surface(size, depth=32)
    screen.draw(surface)
    return surface


def _image(surface: pygame.Surface) -> Image.Image:
    """Return a surface as an image."""
    return Image.frombytes("RGB", surface.get_size(), pygame.image.tobytes(surface, "RGB"))


def _palette(screen: WatchScreen, size: tuple[int, int]) -> Image.Image:
    """Return one palette for all frames, so that nothing flickers.

    It holds the colours of the first and the last frame and the theme's own colours, because a thin
    curve covers too few pixels to get its colour otherwise.
    """
    sheet = Image.new("RGB", (size[0], 2 * size[1]))
    sheet.paste(_image(_drawn(screen, size)), (0, 0))
    screen.run.playback.to_last()
    sheet.paste(_image(_drawn(screen, size)), (0, size[1]))
    count = 256 - len(EXACT_COLOURS)
    main = sheet.quantize(count, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = (main.getpalette() or [])[: 3 * count]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours + [value for colour in EXACT_COLOURS for value in colour])
    return palette
