"""The size of the window: its usual one, and full screen."""

from __future__ import annotations

import pygame

SIZE = (1280, 800)
DESKTOP_SHARE = 0.9  # greatest share of the desktop: window frame and task bar need room, too


def fit_to_desktop(size: tuple[int, int], desktop: tuple[int, int]) -> tuple[int, int]:
    """Return the size (width, height), reduced if the desktop has too little room for it."""
    width, height = (min(want, int(DESKTOP_SHARE * has)) for want, has in zip(size, desktop))
    return width, height


def switch_full_screen(size: tuple[int, int] | None) -> tuple[int, int] | None:
    """Let the window fill the screen, or give it `size` again, or else its usual size.

    Return the size that the window had before it filled the screen. Without a window, nothing
    happens.
    """
    surface = pygame.display.get_surface()
    if surface is None:
        return size
    desktop = pygame.display.get_desktop_sizes()[0]
    if surface.get_flags() & pygame.FULLSCREEN:
        pygame.display.set_mode(size or fit_to_desktop(SIZE, desktop), pygame.RESIZABLE)
        return size
    before = surface.get_size()
    pygame.display.set_mode(desktop, pygame.FULLSCREEN)
    return before
