"""Agents with memory: the recurrent unit, trials, and what PPO makes of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from agents.learner import Learner
from agents.memory.gru import gru_sequence, gru_step
from agents.memory.inputs import BatchView, critic, policy
from agents.memory.memory_learner import MemoryLearner
from agents.memory.ppo import PpoConfig, Trajectories, advantages, minibatches, news
from agents.memory.trials import (
    EPISODES_TOLD,
    LAST_MOVES,
    STEPS_TOLD,
    WAYS,
    Episode,
    Moves,
    RunningTrials,
    TrialObservation,
    clock_index,
)
from agents.registry import BUILT_IN, learner_class, make_learner
from game.tasks.family import family
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.bayes import bayes_returns
from game.world.beliefs import QUESTIONS, SPANS, answers, belief
from game.world.features import MAX_SIZE, START_OF, observe
from game.world.planner import optimal_values
from game.world.rules import MOVES
from game.world.tables import N_ACTIONS
from tests import reference

WIDTH = 6
WITH_MEMORY = [name for name in BUILT_IN if issubclass(learner_class(name), MemoryLearner)]
CORRIDOR = "steps: 8\nends: goal\nmap:\n#########\n#?.@.?###\n#########\n"


def unlike_tasks() -> GridBatch:
    levels = [reference.random_level(seed, reference.ALL) for seed in range(8)]
    return GridBatch.of([*levels, parse("slip: 0.3\nwind: east 0.1\nsteps: 7\nmap:\n@..@\n..,G\n")])


def in_double(name: str, **options: object) -> MemoryLearner:
    agent = make_learner(name, width=2 * WIDTH, **options)
    assert isinstance(agent, MemoryLearner)
    rng = np.random.default_rng(7)  # such that no weight is zero
    agent.load(
        {
            name: p.astype(float) + 0.1 * rng.standard_normal(p.shape)
            for name, p in agent.state().items()
        }
    )
    return agent


def rngs_of(batch: GridBatch, seed: int = 1) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, t]) for t in range(batch.n_tasks)]


def informed(agent: MemoryLearner, batch: GridBatch) -> BatchView:
    view = agent.look(batch)
    view.best = torch.linspace(-1, 1, len(view.best), dtype=agent.dtype)
    return view


def played(agent: MemoryLearner, batch: GridBatch) -> list[Episode]:
    mind = agent.mind(agent.detached(), informed(agent, batch), 3 * batch.n_tasks)
    return RunningTrials(mind, batch, 3, rngs_of(batch)).play(3)


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


@pytest.mark.parametrize("name", WITH_MEMORY)
def test_training_sees_the_chances_and_values_with_which_the_trials_were_played(name: str):
    """The sequence pass over packed trials against the network in the loop."""
    agent, batch = in_double(name), unlike_tasks()
    data, view = Trajectories.of(played(agent, batch)), informed(agent, batch)
    data = replace(data, reward=data.value)  # without a discount the critic's targets
    config = PpoConfig(discount=0, reward_scale=1)
    for part in minibatches(data, config, np.random.default_rng(0)):
        hidden = agent.rethink(view, part)
        chosen = policy(agent.params, hidden).gather(1, part.action[:, None])[:, 0]
        assert torch.allclose(chosen, part.log_prob, atol=1e-9)
        assert sum(part.sizes) == len(part.state)
        assert part.sizes == sorted(part.sizes)[::-1]
        value = critic(agent.params, hidden, view.best[part.state])
        assert torch.allclose(value, part.target, atol=1e-9)


def test_inputs_are_the_sum_of_all_that_a_moment_tells():
    long = parse("steps: 140\ngoal: visible\nmap:\n@...G\n")
    batch = GridBatch.of([*(tables.level for tables in unlike_tasks().tables), long])
    agent = in_double("rl2")
    p = {name: one.detach().numpy() for name, one in agent.params.items()}
    rng, n = np.random.default_rng(0), 300
    task, step = rng.integers(0, batch.n_tasks, n), rng.integers(0, batch.horizon, n)
    state = rng.integers(0, [batch.tables[t].n_states for t in task])
    episode, move = rng.integers(0, 2 * EPISODES_TOLD, n), rng.integers(0, LAST_MOVES, n)
    reward = rng.standard_normal(n)
    clock = np.array([clock_index(*at) for at in zip(step, episode, strict=True)])
    known = (state + task * batch.n_states, clock, move, reward)
    found = (
        agent.look(batch)
        .tables(agent.detached())
        .look_up(TrialObservation(*map(torch.from_numpy, known)))
    )
    seen = np.stack([observe(batch.tables[t])[s] for t, s in zip(task, state, strict=True)])
    for block in ("opponent", "goal"):  # their distances, in cells
        seen[:, START_OF[block] + 1 : START_OF[block] + 3] *= MAX_SIZE
    expected = (
        seen @ p["see"] + p["bias"] + p["last_move"][move] + reward[:, None] * p["last_reward"]
    )
    expected += p["step"][np.minimum(step, STEPS_TOLD - 1)]
    expected += p["episode"][np.minimum(episode, EPISODES_TOLD - 1)]
    assert found.numpy() == pytest.approx(expected, abs=1e-9)


def test_a_moment_tells_of_the_one_before_it_also_over_the_ends_of_episodes():
    batch = unlike_tasks()
    data, moves = Trajectories.of(played(in_double("rl2"), batch)), Moves(batch)
    assert (data.last_move[0] == LAST_MOVES - 1).all()
    assert not data.last_reward[0].any()
    on = data.alive[1:]
    led = moves.number(*(a[:-1][on] for a in (data.action, data.state, data.entered)))
    assert (data.last_move[1:][on] == led).all()
    assert (data.last_reward[1:][on] == data.reward[:-1][on]).all()


def test_trials_follow_the_tables_and_no_moment_is_lost():
    batch = unlike_tasks()
    episodes = played(in_double("rl2"), batch)
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


def test_what_is_new_is_each_cell_once_until_the_goal_is_found():
    batch = unlike_tasks()
    data = Trajectories.of(played(in_double("rl2"), batch))
    found = news(data, batch)
    cells, goals = batch.cell.reshape(-1, 2), batch.goal.ravel()
    assert found.any()
    for trial, length in enumerate(data.lengths):
        known, at_goal = {tuple(cells[data.state[0, trial]])}, False
        for t, state in enumerate(data.entered[:length, trial]):
            at_goal |= goals[state]
            assert found[t, trial] == (tuple(cells[state]) not in known and not at_goal)
            known.add(tuple(cells[state]))
        assert not found[length:, trial].any()


def test_what_new_cells_pay_fades_and_is_taught_to_the_policy_alone():
    config = PpoConfig(curiosity=0.8, final_curiosity=0.2, entropy_until=0.5)
    assert [config.bonus(progress) for progress in (0, 0.25, 0.5, 1)] == pytest.approx(
        [0.8, 0.5, 0.2, 0.2]
    )
    batch = GridBatch.of([task.level for task in family(parse(CORRIDOR), "corridor")])
    agents = [
        make_learner("varibad", width=16, trials=2, ppo=PpoConfig(curiosity=curiosity))
        for curiosity in (0.0, 5.0)
    ]
    plain, curious = (agent.meta_update(batch, rngs_of(batch), 0.0) for agent in agents)
    assert plain["trial_return"] == curious["trial_return"]
    for name, one in agents[0].state().items():
        assert np.array_equal(one, agents[1].state()[name]) or not name.startswith("encoder.")
    assert not np.array_equal(*(agent.state()["policy.w"] for agent in agents))


def test_an_informed_critic_is_told_the_worth_of_states_in_training_alone():
    batch = GridBatch.of([task.level for task in family(parse(CORRIDOR), "corridor")])
    agent = make_learner("rl2", width=16, ppo=PpoConfig(informed=True))
    seen = []

    class Watched(type(agent)):
        def mind(self, params, view, n):
            seen.append(view.best)
            return super().mind(params, view, n)

    agent.__class__ = Watched
    agent.meta_update(batch, rngs_of(batch), 0.0)
    list(agent.adapt(batch, rngs_of(batch), 0))
    scale, discount = PpoConfig().reward_scale, PpoConfig().discount
    assert seen[0].numpy() == pytest.approx(scale * optimal_values(batch, discount).ravel(), 1e-5)
    assert not seen[1].any()
    assert agent.state()["value.w"][:, 1].any()  # and makes use of it
    assert not make_learner("rl2", width=16).state()["value.w"][:, 1].any()


def test_moves_are_what_was_done_and_the_way_that_it_led():
    batch = unlike_tasks()
    cells, moves = batch.cell.reshape(-1, 2), Moves(batch)
    state, action = np.divmod(np.arange(batch.flat_next.size), N_ACTIONS)
    entered = batch.flat_next.ravel()
    found = moves.number(action, state, entered)
    assert (found // WAYS == action).all()
    for way, after, before in zip(found % WAYS, cells[entered], cells[state], strict=True):
        same = [i for i, move in enumerate(MOVES) if (after - before == move).all()]
        assert way == (same[0] if same else N_ACTIONS)


def test_advantages_run_on_over_the_ends_of_episodes_and_stop_with_the_trial():
    data = Trajectories.of(played(in_double("rl2"), unlike_tasks()))
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


def trained(name: str, batch: GridBatch, iterations: int, **options: object) -> Learner:
    agent = make_learner(name, width=16, episodes=2, **options)
    for i in range(iterations):
        agent.meta_update(batch, rngs_of(batch, i), i / iterations)
    return agent


@pytest.mark.parametrize("name", WITH_MEMORY)
def test_memory_learns_to_explore_up_to_the_bayes_bound(name: str):
    """A corridor with a goal at one end: look there once, and remember."""
    level = parse(CORRIDOR)
    batch = GridBatch.of([task.level for task in family(level, "corridor")])
    known = bayes_returns(level, 2)
    assert known
    assert known[1][0] == known[1][1]
    agent = trained(name, batch, 60, trials=32)
    returns = [step.return_exact.mean() for step in agent.adapt(batch, rngs_of(batch), 1)]
    assert sum(returns) == pytest.approx(known[1][0], abs=1e-6)


# --- beliefs -------------------------------------------------------------------------------------


def test_a_trained_belief_is_nearly_the_exact_posterior():
    level = parse(CORRIDOR)
    tasks = list(family(level, "corridor"))
    batch = GridBatch.of([task.level for task in tasks])
    candidates = np.array(level.find("?"))
    numbers = candidates[:, 0] * level.width + candidates[:, 1]
    agent = trained("varibad", batch, 40, trials=8, encoder_rate=0.1)
    steps = list(agent.adapt(batch, rngs_of(batch), 2))
    for t, tables in enumerate(batch.tables):
        entered, found = np.zeros((0, 2), int), np.zeros(0, bool)
        for step in steps:
            for h, state in enumerate(step.paths[t, 0, 1:]):
                if state < 0:
                    assert not step.belief[t, h:].any()
                    break
                assert step.belief[t, h].sum() == pytest.approx(1)
                exact = belief(candidates, entered, found)
                assert step.belief[t, h, numbers] == pytest.approx(exact, abs=0.2)
                entered = np.vstack([entered, tables.cell[state]])
                found = np.append(found, tables.goal[state])


def test_a_belief_about_draws_grows_towards_what_was_drawn():
    level = parse("goal: visible\nsteps: 4\ndefine: o worth={-1, 1}\nmap:\n#####\n#@oG#\n#####\n")
    tasks = [task.level for task in family(level, "coins")]
    batch = GridBatch.of(tasks)
    agent = trained("varibad", batch, 50, trials=16, encoder_rate=0.04, greedy=False)
    first, last = list(agent.adapt(batch, rngs_of(batch), 3))[::3]
    question = list(QUESTIONS).index("o worth")
    begin, end = SPANS[question]
    true = [begin + answers(task)[question] for task in tasks]
    assert first.drawn[:, 0, begin:end].sum(1) == pytest.approx(1, abs=1e-5)
    assert (first.drawn[[0, 1], 0, true] < 0.6).all()
    assert (last.drawn[[0, 1], 0, true] > 0.75).all()


def test_beliefs_are_distributions_over_cells_that_may_hide_the_goal():
    agent = make_learner("varibad")
    batch = unlike_tasks()
    step = next(agent.adapt(batch, rngs_of(batch), 0))
    for begin, end in SPANS:
        assert step.drawn[:, 0, begin:end].sum(1) == pytest.approx(1, abs=1e-5)
    for t, tables in enumerate(batch.tables):
        level = tables.level
        inside = step.belief[t, 0, : level.height * level.width]
        assert inside.sum() == pytest.approx(1)
        open_cells = inside.reshape(level.height, level.width) > 0
        assert all(open_cells[goal] for goal in level.find("G"))
