"""Pictures without a display: the final frame as PNG, the whole adaptation as GIF.

Both feed finished traces into the very screen that the window shows. The same traces give the same
bytes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import pygame
from PIL import Image

from game.session.messages import RecordedFeed
from game.session.trace import AdaptationTrace
from game.view.draw import theme
from game.view.model.playback import Pace
from game.view.screens.watch import WatchScreen, WatchSetup
from game.view.window import SIZE, check_pygame

GIF_SIZE = (960, 600)
FRAME_MS = 80  # GIF counts in hundredths of a second
LAST_MS = 3000  # the final frame stays for a while
WHOLE_SECONDS = 16.0  # about as long as a whole adaptation lasts
LOOK = theme.LIGHT
EXACT = (  # colours that the GIF keeps as they are
    *(LOOK.paper, LOOK.card, LOOK.ink, LOOK.muted, LOOK.rule, LOOK.faint, LOOK.goal),
    *(*LOOK.agents[:2], *LOOK.texts[:2], *LOOK.trails),
    *(theme.mix(hue, LOOK.card, 0.5) for hue in (*LOOK.agents[:2], LOOK.goal)),
)


def save_picture(
    path: Path, subject: WatchSetup, traces: Sequence[AdaptationTrace], size: tuple[int, int] = SIZE
) -> None:
    """Write the window's final frame, after the last adaptation step, as a PNG."""
    screen = _open(subject, traces, Pace())
    screen.run.playback.to_last()
    _image(screen, size).save(path, "PNG", optimize=True)


def save_gif(
    path: Path,
    subject: WatchSetup,
    traces: Sequence[AdaptationTrace],
    size: tuple[int, int] = GIF_SIZE,
) -> None:
    """Write the whole adaptation as an animated GIF that goes round for ever."""
    pace = gif_pace(subject.request.steps if subject.request else subject.steps)
    palette = _palette(_open(subject, traces, pace), size)
    frames = _frames(_open(subject, traces, pace), size, palette)
    next(frames).save(path, "GIF", save_all=True, append_images=frames, loop=0, disposal=1)


def gif_pace(steps: int) -> Pace:
    """A hurried pace, so that the whole adaptation stays short however many steps it has."""
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
    """Write what is on screen as a PNG."""
    rgb = pygame.image.tobytes(surface, "RGB")
    Image.frombytes("RGB", surface.get_size(), rgb).save(path, "PNG")


def free_name(folder: Path, name: str, suffix: str = "") -> Path:
    """A path in the folder that is not taken: the name and a number."""
    paths = (folder / f"{name}-{i:03}{suffix}" for i in itertools.count(1))
    return next(path for path in paths if not path.exists())


def copy_text(text: str) -> bool:
    """Put a text on the clipboard, and say whether there is one."""
    try:
        pygame.scrap.put_text(text)
    except pygame.error:
        return False
    return True


def _open(subject: WatchSetup, traces: Sequence[AdaptationTrace], pace: Pace) -> WatchScreen:
    """The window's screen, all steps having arrived."""
    check_pygame()
    pygame.font.init()
    screen = WatchScreen(subject, RecordedFeed(traces), pace)
    screen.eager = True
    screen.update(0.0)
    return screen


def _frames(
    screen: WatchScreen, size: tuple[int, int], palette: Image.Image
) -> Iterator[Image.Image]:
    """Every frame with the time that it is shown, one at a time: all of them would fill memory."""

    def frame(milliseconds: int) -> Image.Image:
        flat = _image(screen, size).quantize(palette=palette, dither=Image.Dither.NONE)
        flat.info["duration"] = milliseconds
        return flat

    while not screen.run.playback.complete:
        yield frame(FRAME_MS)
        screen.update(FRAME_MS / 1000)
    screen.run.playback.to_last()
    yield frame(LAST_MS)


def _image(screen: WatchScreen, size: tuple[int, int]) -> Image.Image:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return Image.frombytes("RGB", size, pygame.image.tobytes(surface, "RGB"))


def _palette(screen: WatchScreen, size: tuple[int, int]) -> Image.Image:
    """One palette for all frames, so that nothing flickers.

    It is made of the first and the last frame, and of the theme's own colours: a thin curve covers
    too few pixels to get its hue otherwise.
    """
    sheet = Image.new("RGB", (size[0], 2 * size[1]))
    sheet.paste(_image(screen, size), (0, 0))
    screen.run.playback.to_last()
    sheet.paste(_image(screen, size), (0, size[1]))
    count = 256 - len(EXACT)
    most = sheet.quantize(count, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = (most.getpalette() or [])[: 3 * count]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours + [value for colour in EXACT for value in colour])
    return palette
