"""Tests of the meta-gradient, the inner loop and meta-training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.gradient.inner_loop import InnerObjective, collect_episodes, gradient_step, inner_update
from agents.gradient.losses import Dynamics, advantages, expected_return
from agents.gradient.maml import Maml, MamlConfig
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import expand_for_tasks, init_mlp, log_probs, select_columns
from agents.inner_config import InnerConfig
from agents.learner_registry import make_learner
from agents.observations import features_of
from agents.rollout import Rollout, roll_out
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.features import N_FEATURES
from game.world.planner import baseline_returns
from tests import random_levels

TINY = "steps: 4\nmap:\n@.\n~G\n"


class Exact:
    """J(theta - alpha grad(-J)(theta)) on a tiny level: the exact objective of one-step MAML."""

    def __init__(self) -> None:
        self.batch = GridBatch.of([parse(TINY)])
        self.features, columns = features_of(self.batch, torch.float64)
        self.dynamics = Dynamics(self.batch, torch.float64)
        params = init_mlp((N_FEATURES, 3, 5), np.random.default_rng(0), last_gain=1.0)
        doubled = {name: p.double() for name, p in params.items()}
        self.params = {
            name: p.clone()
            for name, p in expand_for_tasks(select_columns(doubled, columns), 1).items()
        }

    def returns(self, params: dict) -> torch.Tensor:
        return expected_return(self.dynamics, log_probs(params, self.features).exp())

    def adapted(self, params: dict, second_order: bool, alpha: float = 0.5) -> torch.Tensor:
        alphas = {name: torch.full_like(p, alpha) for name, p in params.items()}
        params = {name: p.requires_grad_() for name, p in params.items()}
        return self.returns(gradient_step(params, alphas, -self.returns(params), second_order))

    def gradient(self, second_order: bool, alpha: float = 0.5) -> torch.Tensor:
        params = {name: p.clone().requires_grad_() for name, p in self.params.items()}
        value = self.adapted(params, second_order, alpha).sum()
        return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(params.values()))])

    def finite_differences(self, step: float = 1e-5) -> torch.Tensor:
        found = []
        for name, p in self.params.items():
            for i in range(p.numel()):
                values = []
                for sign in (1, -1):
                    moved = {k: v.clone() for k, v in self.params.items()}
                    moved[name].view(-1)[i] += sign * step
                    values.append(float(self.adapted(moved, True).detach().sum()))
                found.append((values[0] - values[1]) / (2 * step))
        return torch.tensor(found, dtype=torch.float64)


def test_the_second_order_meta_gradient_is_that_of_finite_differences():
    exact = Exact()
    gradient, truth = exact.gradient(second_order=True), exact.finite_differences()
    assert truth.norm() > 0.1
    assert torch.allclose(gradient, truth, atol=1e-7)


def test_the_first_order_meta_gradient_leaves_out_the_curvature():
    exact = Exact()
    first, second = exact.gradient(False), exact.gradient(True)
    assert (first - second).norm() > 0.05 * second.norm()
    first, second = exact.gradient(False, alpha=0.001), exact.gradient(True, alpha=0.001)
    assert torch.allclose(first, second, atol=0.01)  # which matters less the smaller the step


def test_first_order_is_a_flag_that_changes_the_meta_gradient():
    tasks = load_pack("goals-5x5").split("train").tasks[:4]
    batch = GridBatch.of([task.level for task in tasks])
    states = []
    for first_order in (False, True):
        learner = Maml(MamlConfig(first_order=first_order), seed=0)
        learner.meta_update(batch, [task_rng(0, task) for task in tasks], 0.5)
        states.append(learner.meta.params)
    assert any(not torch.equal(states[0][name], states[1][name]) for name in states[0])


def episode(batch: GridBatch, moves: list[list[int]]) -> Rollout:
    """Return the episodes of one task that follow from given actions."""
    tables, horizon = batch.tables[0], len(moves[0])
    state = np.zeros((horizon + 1, 1, len(moves)), int)
    reward, alive = np.zeros((horizon, 1, len(moves))), np.zeros((horizon, 1, len(moves)), bool)
    for e, actions in enumerate(moves):
        state[0, 0, e] = tables.starts[0]
        for h, action in enumerate(actions):
            alive[h, 0, e] = not tables.over[state[h, 0, e]]
            reward[h, 0, e] = tables.reward[state[h, 0, e], action]
            state[h + 1, 0, e] = tables.next_state[state[h, 0, e], action]
    return Rollout(state, np.array(moves).T[:, None], reward, alive)


def test_curiosity_favours_new_states_if_no_episode_reaches_the_goal():
    batch = GridBatch.of([parse("steps: 2\nreward: goal=1 step=0\nmap:\n.@.G\n")])
    start = batch.tables[0].starts[0]
    left, right = 2, 3
    objective = InnerObjective(batch, InnerConfig(curiosity=1.0, rarity=0.0, discount=0.0))
    weights = objective.weights(episode(batch, [[left, 4], [left, 4], [left, 4], [right, 4]]))
    assert weights[0, start, right] > 0 > weights[0, start, left]
    found = objective.weights(episode(batch, [[right, right], [left, 4]]))
    assert found[0, start, left] == 0  # at discount 0 only the bonus could tell them apart
    incurious = InnerObjective(batch, InnerConfig(curiosity=0.0, rarity=0.0, discount=0.0))
    assert not incurious.weights(episode(batch, [[left, 4], [right, 4]])).any()


def test_steps_that_miss_the_goal_can_use_discount_one():
    batch = GridBatch.of([parse("steps: 2\nmap:\n~@.G\n")])  # water on the left
    lost = episode(batch, [[2, 4], [4, 2], [4, 4]])
    found = episode(batch, [[2, 4], [4, 2], [3, 3]])
    config = InnerConfig(curiosity=0.0, rarity=0.0, discount=0.3)
    for data, discount in ((lost, 1.0), (found, 0.3)):
        objective = InnerObjective(batch, replace(config, lost_undiscounted=True))
        assert np.array_equal(
            objective.advantages(data), advantages(data, batch.n_states, discount)
        )
    usual = InnerObjective(batch, config).advantages(lost)
    assert np.array_equal(usual, advantages(lost, batch.n_states, 0.3))
    assert not np.array_equal(usual, advantages(lost, batch.n_states, 1.0))


def test_search_after_adaptation_is_rewarded_where_no_goal_was_found():
    batch = GridBatch.of([parse(TINY)] * 2)
    objective = OuterObjective(batch, MamlConfig(later_discovery=0.5), torch.float64)
    logp = torch.full((2, batch.n_states, 5), 0.2).double().log().requires_grad_()
    objective.add_exploration(logp.detach(), 20)
    objective.add_search(1, logp, np.array([True, False]))
    [grad] = torch.autograd.grad(objective.loss().sum(), logp)
    assert grad[0].any()
    assert not grad[1].any()


def test_scaled_rewards_mean_the_same_whatever_units_a_level_has():
    small, large = (
        GridBatch.of([parse(f"steps: 3\nreward: goal={unit} step=-{unit / 20}\nmap:\n.@.G\n")])
        for unit in (1, 50)
    )
    for scaled in (True, False):
        config = InnerConfig(scaled=scaled)
        weights = [
            InnerObjective(batch, config).weights(episode(batch, [[3, 3], [2, 4], [4, 4]]))
            for batch in (small, large)
        ]
        assert np.allclose(weights[0], weights[1]) == scaled


def test_the_bonuses_are_those_of_a_count_episode_by_episode():
    """Rarity pays once an episode, also where it goes on; curiosity pays by visits until now."""
    levels = [random_levels.random_level(seed) for seed in range(6)]
    levels += [parse("ends: never\nsteps: 6\nmap:\n@G.\n"), parse("steps: 3\nmap:\n@...G\n")]
    batch = GridBatch.of(levels)
    config = InnerConfig(curiosity=0.7, rarity=3.0, discount=0.8)
    objective = InnerObjective(batch, config)
    visits = np.zeros(batch.over.shape)
    policy = np.random.default_rng(0).dirichlet(np.ones(5), batch.over.shape)
    for step in range(2):
        rngs = [np.random.default_rng([step, t]) for t in range(batch.n_tasks)]
        data = roll_out(batch, policy, 4, rngs)
        horizon, _, episodes = data.action.shape
        running = [(t, e, h) for t, e, h in np.ndindex(batch.n_tasks, episodes, horizon)
                   if data.alive[h, t, e]]  # fmt: skip
        firsts: dict[tuple[int, int], int] = {}
        for t, e, h in running:
            visits[t, data.state[h + 1, t, e]] += 1
            if batch.goal[t, data.state[h + 1, t, e]]:
                firsts.setdefault((t, e), h)
        reward = data.reward.copy()
        for t, e, h in running:
            found = [other for task, other in firsts if task == t]
            if not found:
                reward[h, t, e] += 0.7 / np.sqrt(visits[t, data.state[h + 1, t, e]])
            elif firsts.get((t, e)) == h:
                reward[h, t, e] += 3.0 * (1 - (len(found) - 1) / (episodes - 1))
        expected = advantages(replace(data, reward=reward), batch.n_states, 0.8)
        assert objective.advantages(data) == pytest.approx(expected)


def test_rare_successes_get_a_larger_bonus():
    batch = GridBatch.of([parse("steps: 1\nreward: goal=1 step=0\nmap:\n.@G\n")])
    start, goes = batch.tables[0].starts[0], 3
    config = InnerConfig(curiosity=0.0, rarity=4.0, shrink=1e-9)
    credit = []
    for won in (1, 3):
        moves = [[goes]] * won + [[4]] * (4 - won)
        weights = InnerObjective(batch, config).weights(episode(batch, moves))
        credit.append(weights[0, start, goes] * 4 / won)  # for each success
    # alone it pays 1 + 4 against others' 0; among three 1 + 4/3, less 2/3 of that
    assert credit == pytest.approx([5.0, (1 + 4 / 3) / 3])


def test_the_best_episodes_that_reached_the_goal_teach_later_steps():
    batch = GridBatch.of([parse("steps: 3\nreward: goal=1 step=-0.1\nmap:\n.@.G\n")] * 2)
    start, left, right, stay = batch.tables[0].starts[0], 2, 3, 4
    config = InnerConfig(kept=2, curiosity=0.0)
    objective, forgetful = (
        InnerObjective(batch, config),
        InnerObjective(batch, replace(config, kept=0)),
    )
    lost = episode(batch, [[left, stay, stay], [stay, stay, stay]])
    won = episode(batch, [[right, right, stay], [right, stay, right], [left, stay, stay]])
    assert objective.with_kept(lost) is lost
    # the second task finds no goal
    nothing = episode(batch, [[left, stay, stay]] * 3)
    first = Rollout(*(np.concatenate([getattr(won, n), getattr(nothing, n)], 1) for n in vars(won)))
    again = Rollout(*(np.concatenate([getattr(lost, n)] * 2, 1) for n in vars(lost)))
    for inner in (objective, forgetful):
        inner.weights(first)
    joined = objective.with_kept(again)
    assert joined.returns[0] == pytest.approx([-0.3, -0.3, 0.9, 0.8])
    assert joined.env_steps.tolist() == [11, 6]  # the second task has kept nothing
    weights = objective.weights(again)
    assert weights[0, start, right] > 0 > weights[0, start, left]
    without = forgetful.weights(again)
    assert not without[0, start, right]
    assert np.array_equal(weights[1], without[1])
    better = objective.with_kept(again).returns[0, 2:]
    assert better == pytest.approx([0.9, 0.8])  # they are still there


def divergence(before: torch.Tensor, after: torch.Tensor, data: Rollout) -> np.ndarray:
    """Return the divergence between two policies [T], averaged over all visits."""
    per_state = (before.exp() * (before - after)).sum(2).detach().numpy()
    alive = data.alive
    task = np.broadcast_to(np.arange(alive.shape[1])[:, None], alive.shape)
    found = np.where(alive, per_state[task, data.state[:-1]], 0.0)
    return found.sum((0, 2)) / alive.sum((0, 2))


def test_a_long_step_is_shortened_to_about_the_trust_region_and_a_short_one_left_alone():
    tasks = load_pack("mazes-9x9").split("validation").tasks[:4]
    batch = GridBatch.of([task.level for task in tasks])
    features, columns = features_of(batch, torch.float64)
    shared = init_mlp((N_FEATURES, 16, 5), np.random.default_rng(0))
    doubled = select_columns({name: p.double() for name, p in shared.items()}, columns)
    params = {name: p.clone().requires_grad_() for name, p in expand_for_tasks(doubled, 4).items()}
    logp = log_probs(params, features)
    data = collect_episodes(batch, logp, 20, [task_rng(0, task) for task in tasks])

    def moved(trust: float, alpha: float, steps: int = 0) -> np.ndarray:
        objective = InnerObjective(batch, InnerConfig(trust=trust, narrowing=0.5))
        objective.steps = steps
        alphas = {name: torch.full_like(p, alpha) for name, p in params.items()}
        new = inner_update(params, alphas, features, logp, data, objective)
        return divergence(logp, log_probs(new, features), data)

    far, near = moved(0.0, 1.0), moved(0.05, 1.0)
    assert (far > 0.2).all()
    assert (near < np.minimum(0.1, far / 4)).all()  # exact where divergence is quadratic
    assert moved(0.05, 0.001) == pytest.approx(moved(0.0, 0.001))  # short steps are left alone
    assert moved(0.15, 1.0, steps=4) == pytest.approx(near)  # after four steps a third is left


def test_the_outer_loop_takes_the_share_of_a_shortened_step_as_a_constant():
    """The derivatives of the step are those of its formula, by separate operations."""
    tasks = load_pack("mazes-9x9").split("validation").tasks[:4]
    batch = GridBatch.of([task.level for task in tasks])
    features, columns = features_of(batch, torch.float64)
    shared = init_mlp((N_FEATURES, 16, 5), np.random.default_rng(0))
    doubled = select_columns({name: p.double() for name, p in shared.items()}, columns)
    leaves = {n: p.clone().requires_grad_() for n, p in expand_for_tasks(doubled, 4).items()}
    sizes = {name: torch.full((4, 1, 1), 0.5).double().requires_grad_() for name in leaves}
    logp = log_probs(leaves, features)
    data = collect_episodes(batch, logp, 20, [task_rng(0, task) for task in tasks])

    def derivatives(new: dict) -> list[torch.Tensor]:
        value = log_probs(new, features)[..., 0].sum()
        return list(
            torch.autograd.grad(value, [*leaves.values(), *sizes.values()], retain_graph=True)
        )

    config = InnerConfig(trust=0.05)
    new = inner_update(
        leaves, sizes, features, logp, data, InnerObjective(batch, config), differentiable=True
    )
    loss = InnerObjective(batch, config).loss(logp, data)
    whole = gradient_step(leaves, sizes, loss, differentiable=True)
    moved = {name: (new[name] - p).detach() for name, p in leaves.items()}
    share = (moved["b1"] / (whole["b1"] - leaves["b1"]).detach()).mean(2, keepdim=True)
    assert (share < 0.9).all()
    expected = {name: p + share * (whole[name] - p) for name, p in leaves.items()}
    for name, p in expected.items():
        assert torch.allclose(new[name], p, atol=1e-12)
    for found, truth in zip(derivatives(new), derivatives(expected)):
        assert torch.allclose(found, truth, atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"objective": "sampled"}, {"first_order": True}])
def test_meta_training_makes_one_adaptation_step_go_far(options: dict):
    pack = load_pack("goals-5x5")
    train, held_out = pack.split("train").tasks, pack.split("test").tasks
    learner = make_learner("maml", inner_steps=1, hidden=(32,), **options)
    batch = GridBatch.of([task.level for task in train])
    test = GridBatch.of([task.level for task in held_out])

    def scores(agent) -> np.ndarray:
        steps = agent.adapt(test, [task_rng(0, task) for task in held_out], 1)
        values = [step.return_exact for step in steps]
        return np.mean(baseline_returns(test).score(np.array(values)), 1)

    before = scores(learner)
    for i in range(120):
        rngs = [np.random.default_rng([0, i, t]) for t in range(len(train))]
        learner.meta_update(batch, rngs, 0.3)
    after = scores(learner)
    assert after[1] > before[1] + 0.2
    assert after[1] > after[0] + 0.1
