"""The classic learners for random MDPs: their definitions, and the published rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from agents.reference.mdp_policies import (
    PUBLISHED_PRIOR_MEAN,
    Statistics,
    beb,
    beb_per_step_left,
    greedy,
    optimistic_psrl,
    optimistic_transition,
    play_mdps,
    psrl,
    ucrl2,
)
from game.world.random_mdps import (
    RandomMDPs,
    draw_mdps,
    optimal_q,
    optimal_returns,
    random_returns,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_backward_induction_is_the_best_of_all_policies(rng):
    mdps = draw_mdps(3, rng, n_states=2, n_actions=2)
    best = optimal_returns(mdps, horizon=2)
    for task in range(3):
        totals = []
        for first, *second in itertools.product(range(2), repeat=3):
            later = np.array([mdps.reward[task, s, second[s]] for s in range(2)])
            here = mdps.reward[task, 0, first] + mdps.transition[task, 0, first] @ later
            totals.append(here)
        assert best[task] == pytest.approx(max(totals))


def test_the_oracle_and_the_random_policy_have_their_known_returns(rng):
    mdps = draw_mdps(4000, rng)
    for returns, known in ((optimal_returns(mdps), 21.84), (random_returns(mdps), 10.01)):
        assert abs(returns.mean() - known) < 4 * returns.std() / np.sqrt(4000)


def test_steps_follow_the_tables(rng):
    one = draw_mdps(1, rng)
    many = RandomMDPs(np.repeat(one.reward, 20000, 0), np.repeat(one.transition, 20000, 0))
    state, action = np.full(20000, 3), np.full(20000, 2)
    after, reward = many.step(state, action, rng)
    assert np.bincount(after, minlength=10) / 20000 == pytest.approx(
        one.transition[0, 3, 2], abs=0.02
    )
    assert reward.mean() == pytest.approx(one.reward[0, 3, 2], abs=0.04)
    assert reward.std() == pytest.approx(1, abs=0.03)


def seen_once(mean: float = 1.0) -> Statistics:
    """One task of two states and two actions: action 1 in state 0 paid 5 and led to state 1."""
    statistics = Statistics(RandomMDPs(np.zeros((1, 2, 2)), np.zeros((1, 2, 2, 2))), mean)
    statistics.episodes = 1
    statistics.add(np.array([0]), np.array([1]), np.array([5.0]), np.array([1]))
    return statistics


def test_the_posterior_follows_its_definition():
    reward, transition = seen_once().posterior_mean()
    assert reward[0].tolist() == [[1, 3], [1, 1]]  # (5 + 1) / 2
    assert transition[0, 0].tolist() == [[0.5, 0.5], [1 / 3, 2 / 3]]
    reward, transition = seen_once(0.0).posterior_mean(1e-6)
    assert reward[0, 0] == pytest.approx([0, 5], abs=1e-4)
    assert transition[0, 0, 1] == pytest.approx([0, 1], abs=1e-4)


def test_posterior_samples_have_its_mean_and_spread(rng):
    statistics = seen_once()
    rewards, transitions = zip(
        *(statistics.posterior_sample(rng) for _ in range(4000)), strict=True
    )
    assert np.mean(rewards, 0)[0, 0] == pytest.approx([1, 3], abs=0.08)
    assert np.std(rewards, 0)[0, 0] == pytest.approx([1, 0.5**0.5], abs=0.06)
    assert np.mean(transitions, 0)[0, 0, 1] == pytest.approx([1 / 3, 2 / 3], abs=0.02)


def test_optimism_of_samples_grows_with_their_number(rng):
    statistics = Statistics(draw_mdps(200, rng), 1.0)
    values = [optimistic_psrl(n)(statistics, rng)[0, :, 0].max(-1).mean() for n in (1, 3, 10)]
    assert values[0] < values[1] < values[2]
    assert psrl(statistics, rng)[0, :, 0].max(-1).mean() == pytest.approx(values[0], rel=0.05)


def test_beb_adds_its_bonus_to_rewards(rng):
    q = beb(0.01)(seen_once(), rng)[-1, 0]  # the last step: rewards alone; 2 H^2 scale = 2
    assert q[0] == pytest.approx([1 + 2 / 3, 3 + 2 / 4])
    q = beb_per_step_left(0.01)(seen_once(), rng)
    assert q[-1, 0, 0] == pytest.approx([1 + 1 / 2, 3 + 1 / 3])
    # one step before the end: 2 H^3 scale / (1 + n) more for one step left
    later = q[-1, 0].max(-1)
    assert q[-2, 0, 0, 1] == pytest.approx(3 + 1 / 3 + 20 / 4 + later @ [1 / 3, 2 / 3])


def test_optimistic_transitions_move_half_the_radius_to_the_best_state():
    chances = np.array([0.2, 0.5, 0.3]).reshape(1, 1, 1, 3)
    value = np.array([[1.0, 3.0, 2.0]])
    for radius, expected in ((0.0, [0.2, 0.5, 0.3]), (0.6, [0, 0.8, 0.2]), (3.0, [0, 1, 0])):
        moved = optimistic_transition(chances, value, np.full((1, 1, 1), radius))
        assert moved.ravel() == pytest.approx(expected)


def test_without_confidence_sets_ucrl2_is_greedy(rng):
    statistics = seen_once()
    assert ucrl2(0.0)(statistics, rng) == pytest.approx(greedy(statistics, rng))
    assert (ucrl2(0.1)(statistics, rng) > greedy(statistics, rng)).all()


def test_a_learner_with_much_data_plays_optimally(rng):
    mdps = draw_mdps(20, rng)
    statistics = Statistics(mdps, 1.0)
    statistics.visits += 1e6
    statistics.rewards += 1e6 * mdps.reward
    statistics.next_states += 1e6 * mdps.transition
    statistics.episodes = 1
    best = optimal_q(mdps.reward, mdps.transition)
    for learner in (greedy, psrl, beb(0.01)):
        assert learner(statistics, rng) == pytest.approx(best, abs=0.1)


# Duan et al. (2016), table 2, which gives averages over 1,000 tasks: totals of 10 and 25 episodes,
# with a setting that reproduces them.
PUBLISHED = {
    "random": (greedy, 1.0, 100.1, 250.2),
    "psrl": (psrl, 0.0, 138.1, 408.8),
    "optimistic psrl": (optimistic_psrl(5), 0.0, 144.1, 425.2),
    "ucrl2": (ucrl2(0.35), 0.0, 146.6, 424.1),
    "beb": (beb_per_step_left(0.0016), 0.0, 150.2, 427.8),
    "epsilon-greedy": (greedy, 0.1, 132.8, 377.3),
    "greedy": (greedy, 0.0, 134.8, 368.8),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_rows(name: str, rng):
    learner, epsilon, *published = PUBLISHED[name]
    mdps = draw_mdps(150, rng)
    returns = play_mdps(learner, mdps, 25, rng, epsilon, PUBLISHED_PRIOR_MEAN).cumsum(0)
    for episodes, total in zip((10, 25), published, strict=True):
        sampled = returns[episodes - 1]
        error = sampled.std() * np.sqrt(1 / 150 + 1 / 1000)
        assert abs(sampled.mean() - total) < 3 * error


def test_knowing_the_prior_helps(rng):
    mdps = draw_mdps(150, rng)
    known = play_mdps(greedy, mdps, 25, rng).sum(0)
    wrong = play_mdps(greedy, mdps, 25, rng, 0.0, PUBLISHED_PRIOR_MEAN).sum(0)
    difference = known - wrong
    assert difference.mean() > 4 * difference.std() / np.sqrt(150)
