"""The key that switches the plots between scores and returns, for every screen with such a plot."""

from __future__ import annotations

import pygame

from game.view.screens.key_binding import Key
from game.view.screens.screen import Screen


def _switch_plots(screen: Screen) -> None:
    """Switch the plots between scores in percent and returns."""
    screen.appearance.switch_plots()


PLOT_KEY = Key(
    "Y",
    "plot returns, or scores in percent",
    (pygame.K_y,),
    _switch_plots,
    priority=2,
    group="look",
    is_on=lambda page: page.appearance.plots_returns,
    short="returns",
)
