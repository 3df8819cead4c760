"""Random numbers for N environments, each with a stream of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.world.rules import Floats

Words = NDArray[np.uint64]

WORD = (1 << 64) - 1
STRIDE = 0x9E3779B97F4A7C15
FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
ONE = 0x3FF0000000000000  # the bits of the float 1.0


class RandomStreams:
    """N streams of uniform random numbers, computed side by side.

    A stream depends on its own seed alone, so that what happens in one environment does not depend
    on the others. The generator is SplitMix64 (Steele, Lea and Flood 2014) without its last shift,
    which changes only the lower half of a number.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self._state: Words = np.zeros(len(seeds), np.uint64)
        self.seed(slice(None), seeds)

    def __len__(self) -> int:
        return len(self._state)

    def seed(self, envs: Any, seeds: Sequence[int]) -> None:
        """Begin the streams of some environments anew, each with its seed modulo 2^64."""
        self._state[envs] = _mix(np.array([seed & WORD for seed in seeds], np.uint64))

    def random(self, envs: Any) -> Floats:
        """Return the next number from [0, 1) of each of some environments, all different."""
        state = self._state[envs] + np.uint64(STRIDE)
        self._state[envs] = state
        return _uniform(state)

    def random_all(self, out: Floats) -> Floats:
        """Return the next number of every environment, written to `out`."""
        self._state += np.uint64(STRIDE)
        return _uniform(self._state, out)


def _uniform(state: Words, out: Floats | None = None) -> Floats:
    """Return a number from [0, 1) for each state."""
    word = _mix(state)
    word >>= np.uint64(12)
    word |= np.uint64(ONE)  # the bits of a float from [1, 2)
    uniform: Floats = np.subtract(word.view(np.float64), 1.0, out)
    return uniform


def _mix(words: Words) -> Words:
    """Return a hash of each word."""
    shifted = words >> np.uint64(30)
    mixed: Words = np.bitwise_xor(words, shifted, out=shifted)
    mixed *= np.uint64(FACTORS[0])
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(FACTORS[1])
    return mixed
