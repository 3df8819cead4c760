"""The clipboard, as text."""

from __future__ import annotations

import pygame

CLIPBOARD_EMPTY = "The clipboard is empty."


def copy_text(text: str) -> bool:
    """Put a text on the clipboard. Return whether there is a clipboard.

    It takes neither NUL nor bytes that are not UTF-8: they become `?`.
    """
    try:
        pygame.scrap.put_text(text.encode("utf-8", "replace").decode().replace("\0", "?"))
    except pygame.error:
        return False
    return True


def pasted_text() -> str:
    """Return the text on the clipboard, with line feeds as line ends; "" without one."""
    try:
        text = pygame.scrap.get_text()
    except (pygame.error, ValueError):  # bytes of another program that are not UTF-8
        return ""
    return text.replace("\r\n", "\n").replace("\r", "\n")
