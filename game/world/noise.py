"""Noise in rewards: what is received in a step, given its mean."""

from __future__ import annotations

import numpy as np

from game.world.rules import Floats

NONE, BERNOULLI, NORMAL = "", "bernoulli", "normal"
DRAWS = 2  # uniform random numbers that a reward takes


def received(noise: str, mean: Floats, luck: Floats) -> Floats:
    """Return rewards [..] with these means [..], by uniform random numbers [DRAWS, ..] in [0, 1).

    With BERNOULLI a reward is 0 or 1; with NORMAL it has the standard deviation 1 (Box and Muller
    1958). Without noise it is the mean.
    """
    if noise == BERNOULLI:
        return (luck[0] < mean).astype(float)
    if noise == NORMAL:
        size = np.sqrt(-2 * np.log1p(-luck[0]))
        return mean + size * np.cos(2 * np.pi * luck[1])
    return mean
