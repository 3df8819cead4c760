"""Losses and estimators against direct implementations of their definitions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.gradient.losses import (
    MOST_ENTRANCES,
    Dynamics,
    advantages,
    dice_surrogate,
    expected_return,
    expected_returns,
    lvc_surrogate,
    plain_surrogate,
    returns_to_go,
    state_action_sums,
)
from agents.rollout import Rollout, roll_out
from game.text.reading import parse
from game.world import planner
from game.world.batch import GridBatch
from game.world.tables import compile_level
from tests import random_levels

LEVELS = [random_levels.random_level(seed) for seed in range(8)]


def some_data(episodes: int = 5) -> tuple[GridBatch, torch.Tensor, Rollout]:
    """Return a batch, logits [T, S, A] in float64, and episodes of that policy."""
    batch = GridBatch.of(LEVELS)
    generator = torch.Generator().manual_seed(0)
    shape = (batch.n_tasks, batch.n_states, 5)
    logits = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    rngs = [np.random.default_rng([3, t]) for t in range(batch.n_tasks)]
    probs = torch.softmax(logits, -1).detach().numpy()
    return batch, logits, roll_out(batch, probs, episodes, rngs)


def test_returns_to_go():
    reward = np.array([1.0, 2.0, 4.0])[:, None, None]
    assert returns_to_go(reward, 0.5).ravel().tolist() == [3.0, 4.0, 4.0]


def test_the_baseline_is_the_mean_of_the_other_episodes_visits_shrunk_to_their_time_step():
    batch, _, data = some_data()
    shrink = 1.5
    found = advantages(data, batch.n_states, 0.9, shrink)
    togo = returns_to_go(data.reward, 0.9)
    horizon, n_tasks, episodes = data.action.shape
    for t in range(n_tasks):
        for e in range(episodes):
            others = [x for x in range(episodes) if x != e]
            for h in range(horizon):
                if not data.alive[h, t, e]:
                    assert found[h, t, e] == 0
                    continue
                then = [togo[h, t, x] for x in others if data.alive[h, t, x]]
                visits = [
                    togo[k, t, x]
                    for x in others
                    for k in range(horizon)
                    if data.alive[k, t, x] and data.state[k, t, x] == data.state[h, t, e]
                ]
                mean = sum(then) / len(then) if then else 0.0
                baseline = (sum(visits) + shrink * mean) / (len(visits) + shrink)
                assert found[h, t, e] == pytest.approx(togo[h, t, e] - baseline)


def test_sufficient_statistics_give_the_gradient_and_curvature_of_the_samples():
    batch, logits, data = some_data()
    advantage = advantages(data, batch.n_states, 0.95)
    weights = torch.from_numpy(state_action_sums(data, advantage, batch.n_states, batch.n_actions))
    task = torch.arange(batch.n_tasks)[None, :, None]
    index = (task, torch.from_numpy(data.state[:-1]), torch.from_numpy(data.action))
    sampled = torch.from_numpy(advantage)
    for surrogate, per_sample in {
        plain_surrogate: lambda lp: -(lp[index] * sampled).sum(),
        lvc_surrogate: lambda lp: -(torch.exp(lp[index] - lp[index].detach()) * sampled).sum(),
    }.items():
        derivatives = []
        for loss in (lambda lp, s=surrogate: s(lp, weights).sum(), per_sample):
            logp = torch.log_softmax(logits, -1)
            (first,) = torch.autograd.grad(loss(logp), logits, create_graph=True)
            direction = torch.linspace(-1, 1, first.numel(), dtype=first.dtype).view_as(first)
            (second,) = torch.autograd.grad((first * direction).sum(), logits)
            derivatives.append((first.detach(), second))
        (a1, a2), (b1, b2) = derivatives
        assert torch.allclose(a1, b1, atol=1e-9)
        assert torch.allclose(a2, b2, atol=1e-9)


def test_lvc_has_the_gradient_of_plain_and_another_curvature():
    batch, logits, data = some_data()
    advantage = advantages(data, batch.n_states, 0.95)
    weights = torch.from_numpy(state_action_sums(data, advantage, batch.n_states, batch.n_actions))
    firsts, seconds = [], []
    for surrogate in (plain_surrogate, lvc_surrogate):
        loss = surrogate(torch.log_softmax(logits, -1), weights).sum()
        (first,) = torch.autograd.grad(loss, logits, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), logits)
        firsts.append(first.detach())
        seconds.append(second)
    assert torch.allclose(firsts[0], firsts[1], atol=1e-12)
    assert not torch.allclose(seconds[0], seconds[1], atol=1e-3)


def test_dice_is_its_papers_objective_sample_by_sample():
    """Foerster et al. 2018: rewards times the magic box of all moves up to each, equation 7."""
    batch, logits, data = some_data()
    baseline = np.random.default_rng(0).normal(size=data.reward.shape) * data.alive
    advantage = (returns_to_go(data.reward, 1.0) - baseline) * data.alive
    task = torch.arange(batch.n_tasks)[None, :, None]
    index = (task, torch.from_numpy(data.state[:-1]), torch.from_numpy(data.action))
    alive = torch.from_numpy(data.alive)
    found = []
    for paper in (True, False):
        logp = torch.log_softmax(logits, -1)
        if paper:
            moves = torch.where(alive, logp[index], 0.0)
            loss = torch.zeros(())
            for h in range(len(moves)):
                up_to, before = moves[: h + 1].sum(0), moves[:h].sum(0)
                box = torch.exp(up_to - up_to.detach())
                rest = torch.exp(before - before.detach()) if h else torch.ones_like(box)
                loss = loss - (box * torch.from_numpy(data.reward[h])).sum()
                loss = loss + ((box - rest) * torch.from_numpy(baseline[h])).sum()
        else:
            loss = dice_surrogate(logp, data, advantage).sum()
        (first,) = torch.autograd.grad(loss, logits, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), logits)
        found.append((first.detach(), second))
    for a, b in zip(*found):
        assert torch.allclose(a, b, atol=1e-9)


def unrolled(batch: GridBatch, probs: torch.Tensor) -> torch.Tensor:
    """Compute the return by autograd through the episode, one task and state at a time."""
    totals = []
    for t, tables in enumerate(batch.tables):
        chance = {
            int(s): batch.start[t, s] * torch.ones((), dtype=probs.dtype)
            for s in range(batch.n_states)
        }
        total = torch.zeros((), dtype=probs.dtype)
        slip = torch.from_numpy(batch.slip[t])[:, None]
        sides = torch.zeros_like(probs[t])
        for action, (a, b) in enumerate([(2, 3), (2, 3), (0, 1), (0, 1), (4, 4)]):
            sides[:, a] = sides[:, a] + probs[t, :, action] / 2
            sides[:, b] = sides[:, b] + probs[t, :, action] / 2
        effective = (1 - slip) * probs[t] + slip * sides
        for _ in range(tables.level.steps):
            ahead = {s: torch.zeros((), dtype=probs.dtype) for s in chance}
            for s, p in chance.items():
                for action in range(5):
                    flow = p * effective[s, action]
                    total = total + flow * batch.reward[t, s, action]
                    to = int(batch.next_state[t, s, action])
                    ahead[to] = ahead[to] + flow
            chance = ahead
        totals.append(total)
    return torch.stack(totals)


def test_the_exact_return_and_its_gradients_are_those_of_plain_autograd():
    batch, logits, _ = some_data()
    dynamics = Dynamics(batch, torch.float64)
    results = []
    for value in (expected_return, lambda _, p: unrolled(batch, p)):
        probs = torch.softmax(logits, -1)
        returns = value(dynamics, probs)
        (alone,) = torch.autograd.grad(returns.sum(), logits, retain_graph=True)
        (first,) = torch.autograd.grad(returns.sum(), logits, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), logits)
        results.append((returns.detach(), alone, first.detach(), second))
    for a, b in zip(*results):
        assert torch.allclose(a, b, atol=1e-9)
    exact = planner.expected_return(batch, torch.softmax(logits, -1).detach().numpy())
    assert results[0][0].numpy() == pytest.approx(exact)


def test_policies_that_share_a_sweep_have_the_returns_that_each_has_alone():
    batch, logits, _ = some_data()
    dynamics, discovery = Dynamics(batch, torch.float64), [True, False, False]
    policies = [torch.softmax(logits * scale, -1) for scale in (0.5, 1.0, 2.0)]
    together = expected_returns(dynamics, policies, discovery)
    alone = [expected_return(dynamics, *one) for one in zip(policies, discovery)]
    (gradient,) = torch.autograd.grad(together.square().sum(), logits, retain_graph=True)
    (expected,) = torch.autograd.grad(torch.stack(alone).square().sum(), logits)
    assert torch.equal(together, torch.stack(alone))
    assert torch.allclose(gradient, expected, atol=1e-12)


def test_the_exact_gradient_counts_all_transitions_into_a_state():
    """In a corridor whose moves lead back to the start, all but a few lead into one state."""
    tables = compile_level(parse("steps: 6\nreward: step=-1\nmap:\n@.......G\n"))
    back, moves = tables.next_state.copy(), np.arange(5) != 3
    back[np.ix_(~tables.over, moves)] = tables.starts[0]
    batch = GridBatch([replace(tables, next_state=back)] * 2)
    assert np.bincount(back[~tables.over].ravel()).max() > MOST_ENTRANCES
    draws = np.random.default_rng(0).normal(size=(2, batch.n_states, 5))
    logits = torch.from_numpy(draws).requires_grad_()
    found, expected = (
        torch.autograd.grad(value(torch.softmax(logits, -1)).square().sum(), logits)[0]
        for value in (
            lambda probs: expected_return(Dynamics(batch, torch.float64), probs),
            lambda probs: unrolled(batch, probs),
        )
    )
    assert torch.allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("ends", ["goal", "never"])
def test_discovery_is_the_chance_to_reach_a_goal_at_least_once(ends: str):
    batch = GridBatch.of([parse(f"ends: {ends}\nsteps: 3\nmap:\n@.G\n")])
    uniform = torch.full((1, 3, 5), 0.2, dtype=torch.float64)
    chance = expected_return(Dynamics(batch, torch.float64), uniform, discovery=True)
    # right twice at once, or one wasted move (4 at the start, 3 in the middle) before, or between
    assert float(chance) == pytest.approx(0.2**2 + 0.2**3 * (4 + 3))
