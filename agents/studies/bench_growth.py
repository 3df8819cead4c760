"""How the cost of training grows with the number of tasks, states, episodes, steps and cells."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch

from agents.gradient.maml import Maml, MamlConfig
from agents.inner_config import InnerConfig
from game.tasks.generators import GENERATORS, Scatter
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.planner import optimal_return, random_return


@dataclass(frozen=True)
class CostSetting:
    """What a cost is measured on: T tasks, each a level of `side` x `side` cells within walls."""

    tasks: int = 8
    episodes: int = 20
    steps: int = 60
    side: int = 9
    coins: int = 0  # each doubles the number of states

    def draw(self) -> list[Level]:
        """Return new levels, the same in each call."""
        kind = Scatter(self.side, self.side, items=self.coins * "o", steps=self.steps)
        rng, (_, generate) = np.random.default_rng(0), GENERATORS["scatter"]
        return [generate(rng, kind) for _ in range(self.tasks)]


# --- the work that is measured -------------------------------------------------------------------

Work = Callable[[], object]


def prepare_iteration(setting: CostSetting) -> Work:
    """Return a MAML iteration: drawing, compiling, features and learning."""
    learner = Maml(MamlConfig(inner=InnerConfig(episodes=setting.episodes)), seed=0)
    rng = np.random.default_rng(0)

    def iterate() -> None:
        batch = GridBatch.of(setting.draw())
        learner.meta_update(batch, rng.spawn(setting.tasks), 0.5)

    return iterate


def prepare_drawing(setting: CostSetting) -> Work:
    """Return the drawing of a meta-batch's levels."""
    return setting.draw


def prepare_compiling(setting: CostSetting) -> Work:
    """Return the compiling of a meta-batch's levels."""
    levels = setting.draw()
    return lambda: GridBatch.of(levels)


def prepare_planning(setting: CostSetting) -> Work:
    """Return the computation of a meta-batch's baseline returns, which a batch would keep."""
    batch = GridBatch.of(setting.draw())
    return lambda: (random_return(batch), optimal_return(batch))


# --- what is varied ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """One quantity that is varied, and the cost that is measured against it."""

    about: str  # the cost, and how the quantity is varied
    prepare: Callable[[CostSetting], Work]
    settings: Sequence[CostSetting]
    amount: Callable[[CostSetting], int]


def _varied(option: str, *values: int) -> list[CostSetting]:
    return [replace(CostSetting(), **{option: value}) for value in values]


def _states(setting: CostSetting) -> int:
    return GridBatch.of(setting.draw()).n_states


def _cells(setting: CostSetting) -> int:
    return setting.side**2


ITERATION = "A MAML iteration, drawing included"
SEEN_SIDES = _varied("side", 5, 7, 10, 14)  # with its walls, the last is as large as agents observe
ALL_SIDES = _varied("side", 5, 8, 11, 16, 23, 32)

AXES: dict[str, Axis] = {
    "tasks": Axis(
        ITERATION, prepare_iteration, _varied("tasks", 4, 8, 16, 32, 64), lambda s: s.tasks
    ),
    "states": Axis(
        f"{ITERATION}: 0 to 4 coins", prepare_iteration, _varied("coins", 0, 1, 2, 3, 4), _states
    ),
    "episodes": Axis(
        ITERATION,
        prepare_iteration,
        _varied("episodes", 20, 40, 80, 160, 320),
        lambda s: s.episodes,
    ),
    "steps": Axis(
        ITERATION, prepare_iteration, _varied("steps", 15, 30, 60, 120, 240), lambda s: s.steps
    ),
    "cells": Axis(f"{ITERATION}: sides 5 to 14", prepare_iteration, SEEN_SIDES, _cells),
    "cells, drawing": Axis("Drawing alone: sides 5 to 32", prepare_drawing, ALL_SIDES, _cells),
    "cells, compiling": Axis(
        "Compiling alone: sides 5 to 32", prepare_compiling, ALL_SIDES, _cells
    ),
    "cells, planning": Axis(
        "Baseline returns alone: sides 5 to 32", prepare_planning, ALL_SIDES, _cells
    ),
}


@dataclass(frozen=True)
class Growth:
    """The cost in milliseconds for each amount of a quantity, in ascending order.

    `per_doubling` is the factor of the cost where the amount doubles, from each amount to the next:
    2 is linear. `exponent` is the power of the amount that the cost grows with, fitted by least
    squares to the logarithms: 1 is linear.
    """

    about: str
    amounts: list[int]
    ms: list[float]
    per_doubling: list[float]
    exponent: float

    @classmethod
    def of(cls, about: str, amounts: list[int], ms: list[float]) -> Self:
        """Return the growth of these costs."""
        log_amounts, log_ms = np.log2(amounts), np.log2(ms)
        per_doubling = 2 ** (np.diff(log_ms) / np.diff(log_amounts))
        slope, _ = np.polyfit(log_amounts, log_ms, 1)
        return cls(about, amounts, ms, per_doubling.tolist(), float(slope))


def growth(seconds: float) -> Iterator[tuple[str, Growth]]:
    """Yield the growth of the cost along each axis, on one thread.

    `seconds` is the processor time spent on each amount, on average.
    """
    torch.set_num_threads(1)
    for name, axis in AXES.items():
        amounts = [axis.amount(setting) for setting in axis.settings]
        works = [axis.prepare(setting) for setting in axis.settings]
        yield name, Growth.of(axis.about, amounts, shortest_ms(works, seconds * len(works)))


def shortest_ms(works: Sequence[Work], seconds: float) -> list[float]:
    """Return the shortest processor time of each work, in milliseconds, after a warm-up.

    The works take turns until `seconds` are spent, so that a machine that becomes slower for a
    while slows all of them down; other load only ever adds time, so the shortest is kept.
    """
    for work in works:
        work()
    shortest = [math.inf] * len(works)
    end = time.process_time() + seconds
    while True:
        for i, work in enumerate(works):
            began = time.process_time()
            work()
            shortest[i] = min(shortest[i], time.process_time() - began)
        if time.process_time() >= end:
            return [1000 * one for one in shortest]
