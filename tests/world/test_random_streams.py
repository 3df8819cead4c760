"""The environments' random streams against a scalar SplitMix64, and their independence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from game.world.random_streams import RandomStreams

MASK = (1 << 64) - 1


def mix(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    return (word ^ word >> 27) * 0x94D049BB133111EB & MASK


def scalar_stream(seed: int) -> Iterator[float]:
    state = mix(seed & MASK)
    while True:
        state = state + 0x9E3779B97F4A7C15 & MASK
        yield (mix(state) >> 12) / (1 << 52)


def test_each_stream_is_that_of_its_seed_however_it_is_asked():
    seeds = [0, 1, 7, 7, 1 << 63, 1 << 200]
    streams, expected = RandomStreams(seeds), [scalar_stream(seed) for seed in seeds]
    out = np.empty(len(seeds))
    for envs in ([0], [5, 1], range(6), [2, 3, 4], range(6)):
        found = streams.random_all(out) if len(envs) == 6 else streams.random(np.array(envs))
        assert found.tolist() == [next(expected[i]) for i in envs]
    streams.seed([1, 4], [9, 0])
    expected[1], expected[4] = scalar_stream(9), scalar_stream(0)
    assert streams.random_all(out).tolist() == [next(stream) for stream in expected]


def test_streams_of_neighbouring_seeds_are_uniform_and_independent():
    streams = RandomStreams(range(2000))
    drawn = np.stack([streams.random_all(np.empty(2000)).copy() for _ in range(100)])  # [100, 2000]
    assert ((drawn >= 0) & (drawn < 1)).all()
    counts = np.histogram(drawn, 100, (0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() == pytest.approx(99, abs=4 * np.sqrt(2 * 99))
    centred = drawn - 0.5
    for other in (np.roll(centred, 1, 0), np.roll(centred, 1, 1)):  # in time, between streams
        assert abs((12 * centred * other).mean()) < 4 / np.sqrt(drawn.size)
