"""Pictures without a display: the final frame as PNG, the whole adaptation as GIF.

Both feed finished traces into the very screen that the window shows. The same traces give the same
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pygame
from PIL import Image

from game.trace import AdaptationTrace
from game.view.feed import Replay
from game.view.playback import Pace
from game.view.watch import Subject, WatchScreen
from game.view.window import SIZE, check_pygame

GIF_SIZE = (960, 600)
FRAME_MS = 80  # GIF counts in hundredths of a second
LAST_MS = 3000  # the final frame stays for a while
WHOLE_SECONDS = 16.0  # about as long as a whole adaptation lasts
COLOURS = 128


def save_picture(
    path: Path, subject: Subject, traces: Sequence[AdaptationTrace], size: tuple[int, int] = SIZE
) -> None:
    """Write the window's final frame, after the last adaptation step, as a PNG."""
    check_pygame()
    pygame.font.init()
    screen = WatchScreen(subject, Replay(traces))
    screen.update(0.0)
    screen.run.playback.to_last()
    _image(screen, size).save(path, "PNG", optimize=True)


def save_gif(
    path: Path,
    subject: Subject,
    traces: Sequence[AdaptationTrace],
    size: tuple[int, int] = GIF_SIZE,
) -> None:
    """Write the whole adaptation as an animated GIF that goes round for ever."""
    check_pygame()
    pygame.font.init()
    frames = list(_frames(subject, traces, size))
    palette = _palette(frames)
    flat = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME_MS] * (len(flat) - 1) + [LAST_MS]
    flat[0].save(
        path,
        "GIF",
        save_all=True,
        append_images=flat[1:],
        duration=durations,
        loop=0,
        optimize=False,
        disposal=1,
    )


def gif_pace(steps: int) -> Pace:
    """A hurried pace, so that the whole adaptation stays short however many steps it has."""
    each = WHOLE_SECONDS / (steps + 1)
    return Pace(
        moves_per_second=8.0,
        longest=max(0.2, min(1.6, each / 2)),
        glide=0.08,
        rest=min(0.4, each / 6),
        first_episodes=2 if each > 2 else 1,
        episodes=2 if each > 2 else 1,
    )


def _frames(
    subject: Subject, traces: Sequence[AdaptationTrace], size: tuple[int, int]
) -> Iterator[Image.Image]:
    screen = WatchScreen(subject, Replay(traces), gif_pace(subject.steps))
    screen.update(0.0)
    while not screen.run.playback.complete:
        yield _image(screen, size)
        screen.update(FRAME_MS / 1000)
    screen.run.playback.to_last()
    yield _image(screen, size)


def _image(screen: WatchScreen, size: tuple[int, int]) -> Image.Image:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return Image.frombytes("RGB", size, pygame.image.tobytes(surface, "RGB"))


def _palette(frames: Sequence[Image.Image]) -> Image.Image:
    """One palette for all frames, so that nothing flickers: made of three of them side by side."""
    chosen = [frames[0], frames[len(frames) // 2], frames[-1]]
    width, height = chosen[0].size
    sheet = Image.new("RGB", (width, height * len(chosen)))
    for i, frame in enumerate(chosen):
        sheet.paste(frame, (0, i * height))
    return sheet.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
