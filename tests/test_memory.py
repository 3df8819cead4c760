"""Agents with memory: the recurrent unit, trials, and what PPO makes of them."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest
import torch

from agents.gru import gru_sequence, gru_step
from agents.inner import see
from agents.learner import make_learner
from agents.memory import Tables, critic, init_memory, policy, see_all, trials
from agents.ppo import PpoConfig, Trajectories, advantages, minibatches
from game.bayes import bayes_returns
from game.level import parse
from game.tables import GridBatch
from game.tasks import family, load_pack
from tests import reference

WIDTH = 6


def double(params: dict) -> dict:
    return {name: p.double() for name, p in params.items()}


def unlike_tasks() -> GridBatch:
    levels = [reference.random_level(seed, reference.ALL) for seed in range(8)]
    return GridBatch.of([*levels, parse("slip: 0.3\nwind: east 0.1\nsteps: 7\nmap:\n@..@\n..,G\n")])


def played(params: dict, batch: GridBatch, greedy: bool = False) -> Trajectories:
    rngs = [np.random.default_rng([1, t]) for t in range(batch.n_tasks)]
    return Trajectories.of(
        list(islice(trials(params, see_all(params, batch), batch, 3, rngs, greedy), 3))
    )


def test_a_sequence_is_its_steps_one_after_the_other_and_so_is_its_gradient():
    torch.manual_seed(0)
    sizes = [5, 5, 3, 1]
    x = torch.randn(sum(sizes), 3 * WIDTH, dtype=torch.float64, requires_grad=True)
    w = torch.randn(WIDTH, 3 * WIDTH, dtype=torch.float64, requires_grad=True)
    b = torch.randn(WIDTH, dtype=torch.float64, requires_grad=True)
    h, outputs, begin = torch.zeros(5, WIDTH, dtype=torch.float64), [], 0
    for size in sizes:
        h = gru_step(x[begin : begin + size], h[:size], w, b)
        outputs.append(h)
        begin += size
    expected, found = torch.cat(outputs), gru_sequence(x, sizes, w, b)
    assert torch.allclose(found, expected, atol=1e-12)
    weights = torch.randn_like(expected)
    by_autograd = torch.autograd.grad((expected * weights).sum(), (x, w, b))
    by_hand = torch.autograd.grad((found * weights).sum(), (x, w, b))
    for one, other in zip(by_hand, by_autograd, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


def test_training_sees_the_chances_and_values_with_which_the_trials_were_played():
    """The sequence pass over packed trials against the network in the loop."""
    params, batch = double(init_memory(WIDTH, np.random.default_rng(0))), unlike_tasks()
    data = played(params, batch)
    tables = Tables.of(params, *see(batch, torch.float64), batch.horizon)
    for part in minibatches(data, PpoConfig(), np.random.default_rng(0)):
        x = tables.look_up(params, part.state, part.clock, part.last_reward)
        hidden = gru_sequence(x, part.sizes, params["gru.w"], params["gru.b"])
        chosen = policy(params, hidden).gather(1, part.action[:, None])[:, 0]
        assert torch.allclose(chosen, part.log_prob, atol=1e-9)
        assert sum(part.sizes) == len(part.state)
        assert part.sizes == sorted(part.sizes)[::-1]
        assert critic(params, hidden).shape == part.target.shape


def test_trials_follow_the_tables_and_no_moment_is_lost():
    params, batch = double(init_memory(WIDTH, np.random.default_rng(0))), unlike_tasks()
    rngs = [np.random.default_rng([1, t]) for t in range(batch.n_tasks)]
    episodes = list(islice(trials(params, see_all(params, batch), batch, 3, rngs), 3))
    data = Trajectories.of(episodes)
    assert data.lengths.sum() == sum(e.alive.sum() for e in episodes)
    assert data.reward.sum() == pytest.approx(sum(e.reward.sum() for e in episodes))
    for episode in episodes:
        steps = episode.alive.sum(0)
        assert (steps <= np.repeat(batch.steps, 3)).all()
        for trial, taken in enumerate(steps):
            states = episode.state[: taken + 1, trial]
            assert batch.start.ravel()[states[0]] > 0
            for before, after in pairwise(states):
                reachable = batch.flat_next.reshape(-1, 5)[before]
                assert after in reachable
            ended = batch.over.ravel()[states[-1]]
            assert ended or taken == batch.steps[trial // 3]


def test_advantages_run_on_over_the_ends_of_episodes_and_stop_with_the_trial():
    params, batch = double(init_memory(WIDTH, np.random.default_rng(0))), unlike_tasks()
    data = played(params, batch)
    found = advantages(data, 0.9, 0.8, 0.5)
    for trial, length in enumerate(data.lengths):
        values = [*data.value[:length, trial], 0.0]
        rewards = data.reward[:length, trial]
        errors = [0.5 * rewards[t] + 0.9 * values[t + 1] - values[t] for t in range(length)]
        for t in range(length):
            expected = sum((0.9 * 0.8) ** (k - t) * errors[k] for k in range(t, length))
            assert found[t, trial] == pytest.approx(expected)
        assert (found[length:, trial] == 0).all()


def test_a_certain_trial_is_exact_and_the_same_each_time():
    tasks = load_pack("gridnavi").split("test").tasks[:4]
    batch, agent = GridBatch.of([task.level for task in tasks]), make_learner("rl2")
    steps = [list(agent.adapt(batch, [np.random.default_rng(seed)] * 4, 2)) for seed in range(2)]
    for one, other in zip(*steps, strict=True):
        assert np.array_equal(one.return_sampled, other.return_sampled)
        assert np.array_equal(one.return_exact, one.return_sampled)
        assert (one.env_steps == 15 * one.step).all()
        assert one.gradient_steps == 0


def test_rl2_learns_to_explore_up_to_the_bayes_bound():
    """A corridor with a goal at one end: look there once, and remember."""
    level = parse("steps: 8\nends: goal\nmap:\n#########\n#?.@.?###\n#########\n")
    batch = GridBatch.of([task.level for task in family(level, "corridor")])
    known = bayes_returns(level, 2)
    assert known
    assert known[1][0] == known[1][1]
    agent = make_learner("rl2", width=16, episodes=2, trials=32)
    for i in range(60):
        rngs = [np.random.default_rng([i, t]) for t in range(batch.n_tasks)]
        agent.meta_update(batch, rngs, i / 60)
    returns = [step.return_exact.mean() for step in agent.adapt(batch, rngs, 1)]
    assert sum(returns) == pytest.approx(known[1][0], abs=1e-6)
