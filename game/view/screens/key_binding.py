"""Key bindings of screens: what triggers a key, what it does, and where it is shown."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pygame

from game.view.draw.key_caps import footer_lines
from game.view.draw.theme import Typeset

GROUPS = {  # of keys, in order, with their headings in the help
    "time": "Time",
    "change": "Change",
    "look": "Look",
    "go": "Go",
}
NEVER = 3  # priority of keys from which on the footer never shows them
CTRL = pygame.KMOD_CTRL | pygame.KMOD_META
ALT = pygame.KMOD_LALT  # the right one is AltGr on many keyboards, which types characters


@dataclass(frozen=True)
class Key:
    """A key binding: how it is drawn, which events trigger it and what it does.

    The footer shows the few keys to begin with, whose `priority` is 0, keys that a sentence on screen
    names, and toggles that are on.
    F1 lists all, in groups. Pictures of keys can be clicked.
    """

    cap: str  # the label on the key, unique in a screen
    text: str  # what the key does, as the help lists it
    codes: tuple[int, ...]  # of pygame
    action: Callable[[Any], None]  # called with the screen
    typed: str = ""  # characters that trigger the key on any keyboard layout
    ctrl: bool = False  # whether Ctrl must be held
    alt: bool = False  # whether Alt must be held
    shift: bool | None = None  # whether Shift must be held; None: it makes no difference
    priority: int = 0  # 0: always in the footer; 3 and more: never, even if it is on
    is_on: Callable[[Any], bool] | None = None  # whether the screen's switch is on, for a toggle
    short: str | None = None  # text in the footer, if not `text`; "": shares the next key's text
    hint: str = ""  # a sentence about what it does, if `text` is no more than a name
    group: str = "change"  # in footer and help, one of `GROUPS`

    @property
    def sentence(self) -> str:
        """What the key does, in a sentence."""
        return self.hint or f"{self.text[:1].upper()}{self.text[1:]}."

    @property
    def is_letter(self) -> bool:
        """Whether the key types a letter or digit."""
        return len(self.cap) == 1 and self.cap.isalnum()

    def matches(self, event: pygame.event.Event) -> bool:
        """Whether a key event triggers this key."""
        held = getattr(event, "mod", 0)
        if bool(held & CTRL) != self.ctrl or bool(held & ALT) != self.alt:
            return False
        if self.shift is not None and bool(held & pygame.KMOD_SHIFT) != self.shift:
            return False
        return event.key in self.codes or bool(event.unicode and event.unicode in self.typed)


def key_words(keys: Sequence[Key]) -> list[tuple[str, str]]:
    """Return the (cap, text) of each key as the footer shows it."""
    return [(key.cap, key.text if key.short is None else key.short) for key in keys]


def in_groups(keys: Sequence[Key]) -> list[tuple[str, list[Key]]]:
    """Return the heading of each group that has keys, with its keys in order."""
    groups = [
        (heading, [key for key in keys if key.group == group]) for group, heading in GROUPS.items()
    ]
    return [(heading, found) for heading, found in groups if found]


def named_caps(texts: Sequence[str], keys: Sequence[Key]) -> frozenset[str]:
    """Return the caps of the keys that texts name, as "Press R", "or N" or "Bksp resets"."""
    whole = "\n".join(texts)
    return frozenset(key.cap for key in keys if _names(whole, key.cap))


@functools.lru_cache(maxsize=4096)  # asked in every frame
def _names(text: str, cap: str) -> bool:
    """Whether a text names the key with this cap."""
    return re.search(_naming(cap), text) is not None


def _naming(cap: str) -> str:
    """Return the pattern of a key's name in a text; a single letter may be a word of its own."""
    before = r"(?:\b[Pp]ress|\b[Kk]ey|\bor) " if len(cap) == 1 else r"(?<!\w)"
    return rf"{before}{re.escape(cap)}(?!\w)"


def fitting_keys(
    keys: Sequence[Key],
    wanted_caps: frozenset[str],
    width: int,
    type: Typeset,
    needed_caps: frozenset[str] = frozenset(),
) -> list[Key]:
    """Return the keys of priority 0, those that are needed and, of those that are wanted, as
    toggles that are on, the ones that need no new line.

    They come in the order of their groups.
    """
    ordered = [key for _, group in in_groups(keys) for key in group]
    shown = {key.cap for key in ordered if not key.priority or key.cap in needed_caps}
    most = footer_lines(key_words([key for key in ordered if key.cap in shown]), width, type)
    for key in ordered:
        wanted = [one for one in ordered if one.cap in shown or one is key]
        may_show = key.cap in wanted_caps and key.priority < NEVER
        if may_show and footer_lines(key_words(wanted), width, type) <= most:
            shown.add(key.cap)
    return [key for key in ordered if key.cap in shown]


def do(name: str, *args: object) -> Callable[[Any], None]:
    """Return an action that calls a method of the screen, or of a part of it, as "editor.undo"."""
    method = attrgetter(name)
    return lambda screen: method(screen)(*args)
