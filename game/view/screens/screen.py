"""What all screens have in common: keys, a header, a footer, notes, and the person's taste.

The few widgets of the window are our own: keys that can be pressed or clicked, lists and one line
of typing. A library of widgets would bring its own fonts, themes and focus, draw every frame anew
and be larger than all of this; these are small enough to be tested whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pygame

from game.session.messages import Request
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.view.draw import hud
from game.view.draw.theme import Appearance, Typeset

CALM = 6.0  # seconds for which a note stays that asks for nothing
CTRL = pygame.KMOD_CTRL | pygame.KMOD_META


@dataclass(frozen=True)
class Navigation:
    """Where a screen wants to go from here: "gallery", "watch", "play", "duel" or "train"; or what
    of it is to be kept: a "photo", a "film" of a request, or its replay line ("copy")."""

    what: str
    pack: Pack | None = None
    task: Task | None = None
    agents: tuple[str, ...] = ()
    episodes: int = 0  # to play; 0: as many as the pack says
    request: Request | None = None  # just this is to be watched
    args: tuple[str, ...] = ()  # the command line of a training
    path: Path | None = None  # of the pack, where that is not loaded


class Notice(NamedTuple):
    """A note over the screen. One that is `calm` goes away by itself, and keys count meanwhile."""

    heading: str
    text: str
    calm: bool = False


@dataclass(frozen=True)
class Key:
    """A key, as it is drawn on the screen and as it is handled; it can be clicked, too.

    Where there is no room in the footer those that are most `minor` are left out; F1 lists all.
    """

    cap: str
    text: str
    codes: tuple[int, ...]
    act: Callable[[Any], None]
    typed: str = ""  # characters that mean the same on any keyboard
    ctrl: bool = False
    minor: int = 0
    on: Callable[[Any], bool] | None = None  # whether what it switches is on
    short: str | None = None  # the word in the footer, if another; "" before a key that shares it

    @property
    def letter(self) -> bool:
        """Whether it is a letter of a text, too."""
        return len(self.cap) == 1 and self.cap.isalnum()

    def hit(self, event: pygame.event.Event) -> bool:
        """Whether this key was pressed."""
        if bool(getattr(event, "mod", 0) & CTRL) != self.ctrl:
            return False
        return event.key in self.codes or bool(event.unicode and event.unicode in self.typed)


class Screen:
    """A screen: it takes events, lets time pass, and draws onto any surface."""

    keys: ClassVar[tuple[Key, ...]] = ()
    typing = False  # whether letters are being typed, and are no keys

    def __init__(self, appearance: Appearance | None = None) -> None:
        self.appearance = appearance or Appearance()
        self.quit = False
        self.navigation: Navigation | None = None
        self.visit: Navigation | None = None  # what it was opened for
        self._notice: Notice | None = None
        self._read = 0.0  # seconds for which it has been there
        self.helping = False
        self._caps: list[tuple[pygame.Rect, Key]] = []

    @property
    def notice(self) -> Notice | None:
        """A note that lies over the screen."""
        return self._notice

    @notice.setter
    def notice(self, notice: Notice | None) -> None:
        self._notice, self._read = notice, 0.0

    # --- what the common keys do

    def leave(self) -> None:
        """Leave this screen."""
        self.quit = True

    def switch_theme(self) -> None:
        """Light or dark."""
        self.appearance.switch()

    def larger(self) -> None:
        """Larger type."""
        self.appearance.enlarge(1)

    def smaller(self) -> None:
        """Smaller type."""
        self.appearance.enlarge(-1)

    def usual_size(self) -> None:
        """Type of the usual size."""
        self.appearance.enlarge(0)

    def photograph(self) -> None:
        """Keep a picture of the screen."""
        self.navigation = Navigation("photo")

    def show_help(self) -> None:
        """List all keys."""
        self.helping = True

    # --- events

    def handle(self, event: pygame.event.Event) -> None:
        """React to a key, a click on a key's picture, or the close button."""
        if event.type == pygame.QUIT:
            self.leave()
        elif event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN) and self._dismiss():
            return
        elif event.type == pygame.KEYDOWN:
            for key in self.all_keys():
                if key.hit(event):
                    key.act(self)
                    return
            self.on_event(event)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            for rect, key in self._caps:
                if rect.collidepoint(event.pos):
                    key.act(self)
                    return
            self.on_event(event)
        else:
            self.on_event(event)

    def all_keys(self) -> list[Key]:
        """The keys of this screen, and of all; its own count first."""
        caps = {key.cap for key in self.keys}
        common = [key for key in COMMON if key.cap not in caps and not (self.typing and key.letter)]
        return [*self.keys, *common]

    def _dismiss(self) -> bool:
        """Take away a note that lies over the screen."""
        covered = self.helping or (self.notice is not None and not self.notice.calm)
        self.helping, self.notice = False, None
        return covered

    def on_event(self, event: pygame.event.Event) -> None:
        """React to any other event."""

    def update(self, seconds: float) -> None:
        """Let time pass."""

    def read(self, seconds: float) -> None:
        """Take a calm note away after a while."""
        self._read += seconds
        if self.notice and self.notice.calm and self._read > CALM:
            self.notice = None

    def cover(self) -> None:
        """Another screen is on now: pictures that can be drawn again need not be kept."""

    def resume(self) -> None:
        """The screen is on again, after another one was."""

    # --- drawing

    def state(self) -> object:
        """All that the picture hangs on: as long as it stays, nothing needs to be drawn."""
        appearance = self.appearance.palette.name, self.appearance.zoom
        return appearance, self.helping, self.notice, self.lit(), self.current()

    def current(self) -> object:
        """What of the picture is this screen's own."""

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen as it is now onto a surface of any size."""
        self.draw_body(surface)
        type = self.appearance.typeset(surface.get_size())
        if self.helping:
            keys = [(key.cap, key.text) for key in self.all_keys()]
            hud.draw_help(surface, keys, type)
        elif self.notice:
            heading, text, calm = self.notice
            hud.draw_notice(surface, surface.get_rect(), heading, text, type, calm)

    def draw_body(self, surface: pygame.Surface) -> None:
        """What this screen is about."""

    def footer_keys(self, width: int, type: Typeset) -> list[Key]:
        """The keys that the footer has room for."""
        shown = self.all_keys()
        while hud.footer_lines(_words(shown), width, type) > 2:
            least = max(reversed(shown), key=lambda key: key.minor)
            if not least.minor:
                break
            at = shown.index(least)
            while at and shown[at - 1].short == "":  # keys that share its word go with it
                at -= 1
            del shown[at : shown.index(least) + 1]
        return shown

    def footer_height(self, width: int, type: Typeset) -> int:
        """How high the keys stand in a footer of this width."""
        return hud.footer_height(_words(self.footer_keys(width, type)), width, type)

    def draw_footer(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        """Every key that has room and what it does; what is switched on is marked."""
        keys = self.footer_keys(rect.width, type)
        lit = self.lit()
        boxes = hud.draw_footer(surface, rect, _words(keys), [k.cap in lit for k in keys], type)
        self._caps = list(zip(boxes, keys))

    def lit(self) -> frozenset[str]:
        """The caps of those keys whose switch is on."""
        return frozenset(k.cap for k in self.all_keys() if k.on and k.on(self))


def _words(keys: Sequence[Key]) -> list[tuple[str, str]]:
    return [(key.cap, key.text if key.short is None else key.short) for key in keys]


# fmt: off
COMMON: tuple[Key, ...] = (
    Key("T",      "light or dark",  (pygame.K_t,),  Screen.switch_theme, minor=2, short="theme"),
    Key("Ctrl +", "larger type",    (pygame.K_PLUS, pygame.K_KP_PLUS), Screen.larger, "+=", ctrl=True, minor=2, short=""),
    Key("Ctrl −", "smaller type",   (pygame.K_MINUS, pygame.K_KP_MINUS), Screen.smaller, "-", ctrl=True, minor=2, short="type"),
    Key("Ctrl 0", "usual type",     (pygame.K_0, pygame.K_KP0), Screen.usual_size, ctrl=True, minor=2, short="usual"),
    Key("F12",    "save a picture", (pygame.K_F12,), Screen.photograph, minor=2, short="picture"),
    Key("F1",     "all keys",       (pygame.K_F1,), Screen.show_help),
    Key("Esc",    "leave",          (pygame.K_ESCAPE,), Screen.leave),
)
# fmt: on
