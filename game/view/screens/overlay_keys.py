"""The keys of the overlays, for every screen that has `active_overlays`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from game.view.draw.overlays import Overlay
from game.view.screens.key_binding import Key


def overlay_key(overlay: Overlay) -> Key:
    """Return the key that switches an overlay on or off."""
    code = ord(overlay.cap.lower())  # pygame's key codes of letters are their characters
    action: Callable[[Any], None] = partial(_toggle, overlay)
    return Key(
        overlay.cap,
        overlay.word,
        (code,),
        action,
        priority=1,
        group="look",
        is_on=lambda page: overlay in page.active_overlays,
    )


def _toggle(overlay: Overlay, screen: Any) -> None:
    if overlay in screen.active_overlays:
        screen.active_overlays.remove(overlay)
    else:
        screen.active_overlays.append(overlay)
