"""Sampled episodes agree with exact returns, and do not depend on the rest of the batch."""

from __future__ import annotations

import numpy as np
import pytest

from agents.rollout import roll_out
from game.world.batch import GridBatch
from game.world.planner import expected_return
from tests import random_levels, reference

LEVELS = [random_levels.random_level(seed) for seed in range(12)]
LEVELS += [random_levels.random_level(seed, random_levels.ALL) for seed in range(12)]


def policies(batch: GridBatch) -> np.ndarray:
    rng = np.random.default_rng(5)
    return rng.dirichlet(np.ones(5), (batch.n_tasks, batch.n_states))


def generators(n: int) -> list[np.random.Generator]:
    return [np.random.default_rng([7, i]) for i in range(n)]


def test_sampled_returns_agree_with_the_exact_return():
    batch = GridBatch.of(LEVELS)
    probs = policies(batch)
    returns = roll_out(batch, probs, 4000, generators(batch.n_tasks)).returns
    error = returns.std(1) / np.sqrt(returns.shape[1])
    exact = expected_return(batch, probs)
    assert (np.abs(returns.mean(1) - exact) <= 4 * error + 1e-9).all()


def test_episodes_follow_the_rules_and_end_in_time():
    batch = GridBatch.of(LEVELS)
    data = roll_out(batch, policies(batch), 10, generators(batch.n_tasks))
    for t, tables in enumerate(batch.tables[:12]):
        level = tables.level
        for e in range(10):
            alive = data.alive[:, t, e]
            assert alive.sum() <= level.steps
            assert (np.diff(alive.astype(int)) <= 0).all()  # once over, over
            for h in np.flatnonzero(alive):
                cell = tuple(tables.cell[data.state[h, t, e]])
                target = tuple(tables.cell[data.state[h + 1, t, e]])
                state = reference.starts(level)[0]._replace(cell=cell)
                moves = reference.outcomes(level, state, data.action[h, t, e])
                effects = [reference.step(level, state, effect) for _, effect in moves]
                pairs = [(to.cell, pytest.approx(reward)) for to, reward, _ in effects]
                assert (target, data.reward[h, t, e]) in pairs
            assert not data.reward[~alive, t, e].any()


def test_a_task_draws_the_same_alone_and_in_a_batch():
    batch = GridBatch.of(LEVELS)
    probs, together = policies(batch), None
    together = roll_out(batch, probs, 6, generators(batch.n_tasks))
    for t, level in enumerate(LEVELS):
        single = GridBatch.of([level])
        alone = roll_out(
            single, probs[t : t + 1, : single.n_states], 6, [np.random.default_rng([7, t])]
        )
        steps = single.horizon
        assert (alone.state[: steps + 1, 0] == together.state[: steps + 1, t]).all()
        assert alone.returns[0] == pytest.approx(together.returns[t])
        assert alone.env_steps[0] == together.env_steps[t]
