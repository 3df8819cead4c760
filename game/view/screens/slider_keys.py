"""The keys of the sliders of an adaptation, for every screen that has them."""

from __future__ import annotations

import pygame

from game.view.screens.key_binding import Key, do

ARROWS = (  # cap, key code, (down, right)
    ("←", pygame.K_LEFT, (0, -1)),
    ("→", pygame.K_RIGHT, (0, 1)),
    ("↑", pygame.K_UP, (-1, 0)),
    ("↓", pygame.K_DOWN, (1, 0)),
)
ENTER = (pygame.K_RETURN, pygame.K_KP_ENTER)

# fmt: off
SLIDER_KEYS: tuple[Key, ...] = (  # while the sliders are open
    *(
        Key(cap, "move the slider" if by[1] else "select a slider", (code,), do("change_slider", *by), short=short)
        for (cap, code, by), short in zip(ARROWS, ("", "move", "", "select"))
    ),
    Key("Bksp",  "reset the sliders to the agent's own settings", (pygame.K_BACKSPACE,), do("reset_settings"), short="reset"),
    Key("Enter", "close the sliders", ENTER,              do("toggle_sliders"), short="close"),
    Key("Esc",   "close the sliders", (pygame.K_ESCAPE,), do("toggle_sliders"), short="close"),
)
# fmt: on
