"""Learners with memory: the recurrent unit, trials, PPO and beliefs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from agents.learner import Learner
from agents.learner_registry import BUILT_IN, learner_class, make_learner
from agents.memory.gru import BLOCK, gru_sequence, gru_step
from agents.memory.inputs import (
    DISTANCES,
    ActingHeads,
    BatchView,
    InputTables,
    log_probs_of,
    policy_head,
    value_head,
)
from agents.memory.memory_learner import MemoryLearner
from agents.memory.ppo import (
    Minibatch,
    PpoConfig,
    Trajectories,
    first_visits,
    generalized_advantages,
    minibatches,
    ppo_loss,
)
from agents.memory.trials import (
    CLOCK_EPISODES,
    CLOCK_STEPS,
    N_DISPLACEMENTS,
    N_LAST_MOVES,
    Episode,
    LastMoves,
    RunningTrials,
    TrialObservation,
    clock_index,
)
from game.tasks.family import family
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.bayes_optimal import bayes_returns
from game.world.beliefs import belief
from game.world.features import MAX_SIZE, START_OF, observe
from game.world.planner import optimal_values
from game.world.rules import MOVES
from game.world.tables import N_ACTIONS
from tests import random_levels

WIDTH = 6
WITH_MEMORY = [name for name in BUILT_IN if issubclass(learner_class(name), MemoryLearner)]
CORRIDOR = "steps: 8\nends: goal\nmap:\n#########\n#?.@.?###\n#########\n"


def varied_tasks() -> GridBatch:
    levels = [random_levels.random_level(seed, random_levels.ALL) for seed in range(8)]
    return GridBatch.of([*levels, parse("slip: 0.3\nwind: east 0.1\nsteps: 7\nmap:\n@..@\n..,G\n")])


def make_double(name: str, **options: object) -> MemoryLearner:
    """Return a learner with weights in double precision, none of them zero."""
    agent = make_learner(name, width=2 * WIDTH, **options)
    assert isinstance(agent, MemoryLearner)
    rng = np.random.default_rng(7)
    agent.load(
        {
            name: p.astype(float) + 0.1 * rng.standard_normal(p.shape)
            for name, p in agent.state().items()
        }
    )
    return agent


def rngs_of(batch: GridBatch, seed: int = 1) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, t]) for t in range(batch.n_tasks)]


def informed_view(agent: MemoryLearner, batch: GridBatch) -> BatchView:
    view = agent.make_view(batch)
    view.optimal_value = torch.linspace(-1, 1, len(view.optimal_value), dtype=agent.dtype)
    return view


def play_trials(agent: MemoryLearner, batch: GridBatch) -> list[Episode]:
    view = informed_view(agent, batch)
    policy = agent.start_policy(agent.detached_params(), view, 3 * batch.n_tasks)
    return RunningTrials(policy, batch, 3, rngs_of(batch)).play(3)


def doubles(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def plain_gru_step(x: torch.Tensor, h: torch.Tensor, w: torch.Tensor, b: torch.Tensor):
    """The GRU of the module's docstring, which autograd differentiates."""
    x_r, x_z, x_n = x.chunk(3, 1)
    w_r, w_z, w_n = w.chunk(3, 1)
    r, z = torch.sigmoid(x_r + h @ w_r), torch.sigmoid(x_z + h @ w_z)
    n = torch.tanh(x_n + r * (h @ w_n + b))
    return (1 - z) * n + z * h


def assert_same_gradients(found: torch.Tensor, expected: torch.Tensor, *of: torch.Tensor) -> None:
    weights = torch.randn_like(expected)
    pairs = zip(
        torch.autograd.grad((found * weights).sum(), of),
        torch.autograd.grad((expected * weights).sum(), of),
        strict=True,
    )
    for by_hand, by_autograd in pairs:
        assert torch.allclose(by_hand, by_autograd, atol=1e-12)


def test_a_gru_step_is_that_of_the_formulas():
    torch.manual_seed(0)
    x, h, w, b = doubles(5, 3 * WIDTH), doubles(5, WIDTH), doubles(WIDTH, 3 * WIDTH), doubles(WIDTH)
    with torch.no_grad():
        expected = plain_gru_step(x, h, w, b)
        assert torch.allclose(gru_step(x.clone(), h, w, b), expected, atol=1e-12)


@pytest.mark.parametrize("sizes", [[5, 5, 3, 1], [4, 4, 4], [3], [BLOCK, 20, 20]])
def test_a_sequence_and_its_gradient_equal_those_of_its_single_steps(sizes: list[int]):
    torch.manual_seed(0)
    inputs, w_output = doubles(sum(sizes), 4 * WIDTH), doubles(WIDTH, WIDTH)
    w, b = doubles(WIDTH, 3 * WIDTH), doubles(WIDTH)
    h, outputs = torch.zeros(sizes[0], WIDTH, dtype=torch.float64), []
    for x in inputs.split(sizes):
        h = plain_gru_step(x[:, : 3 * WIDTH], h[: len(x)], w, b)
        outputs.append(torch.tanh(x[:, 3 * WIDTH :] + h @ w_output))
    expected, found = torch.cat(outputs), gru_sequence(inputs.clone(), sizes, w, b, w_output)
    assert torch.allclose(found, expected, atol=1e-12)
    assert_same_gradients(found, expected, inputs, w, b, w_output)


def test_summed_embeddings_have_the_gradient_of_single_lookups():
    torch.manual_seed(0)
    n_rows, n = 12, 50
    table, last_reward = doubles(n_rows, WIDTH), doubles(1, WIDTH)
    row_of_state = torch.randint(0, 5, (8,))
    tables = InputTables(table, row_of_state, clock=5, last_move=8, last_reward=last_reward)
    state, clock, move = torch.randint(0, 8, (n,)), torch.arange(n) % 2, torch.arange(n) % 3
    reward = torch.randn(n, dtype=torch.float64)
    found = tables.look_up(TrialObservation(state, clock, move, reward))  # row 7 is never used
    expected = table[row_of_state[state]] + table[5 + clock] + table[8 + move]
    expected = expected + reward[:, None] * last_reward
    assert torch.allclose(found, expected, atol=1e-12)
    assert_same_gradients(found, expected, table, last_reward)


def test_the_loss_and_its_gradient_are_those_of_the_formulas():
    torch.manual_seed(0)
    n, config, weight = 101, PpoConfig(critic=0.7), 0.3
    logits, value = doubles(n, N_ACTIONS), doubles(n)
    action, advantage, target = torch.randint(0, N_ACTIONS, (n,)), doubles(n), doubles(n)
    log_probs = torch.log_softmax(logits, 1)
    chosen = log_probs[torch.arange(n), action]
    old = (chosen + 0.3 * torch.randn(n)).detach()  # many ratios are beyond the clip
    old[:20] = chosen[:20].detach()  # as in the first minibatch
    part = Minibatch(
        1.0, [n], action, action, action, old, action, old, advantage.detach(), target.detach(), old
    )
    ratio = (chosen - old).exp()
    clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
    assert 0 < (clipped == ratio).sum() < n
    objective = torch.minimum(ratio * part.advantage, clipped * part.advantage).mean()
    entropy = -(log_probs.exp() * log_probs).sum(1).mean()
    critic = config.critic * (value - part.target).square().mean()
    found, found_entropy = ppo_loss(log_probs_of(logits), value, part, config, weight)
    assert torch.allclose(found_entropy, entropy)
    assert torch.allclose(found, critic - objective - weight * entropy)
    assert_same_gradients(found, critic - objective - weight * entropy, logits, value)


def test_an_acting_agents_heads_are_those_of_training_for_any_number_of_trials():
    torch.manual_seed(0)
    params = {name: p.detach() for name, p in make_learner("rl2").params.items()}
    params["policy.w"], hidden = torch.randn(64, N_ACTIONS), torch.randn(40, 64)
    optimal = torch.randn(40)
    log_probs, values = ActingHeads(params).evaluate(hidden, optimal)
    expected = torch.log_softmax(hidden @ params["policy.w"] + params["policy.b"], 1)
    assert torch.allclose(log_probs, expected, atol=1e-5)
    assert torch.allclose(log_probs, policy_head(params, hidden), atol=1e-5)
    assert torch.allclose(values, value_head(params, hidden, optimal), atol=1e-5)
    logits = torch.randn(40, N_ACTIONS)
    whole = log_probs_of(logits)
    for n in range(1, 41):
        assert torch.equal(log_probs_of(logits[:n]), whole[:n])


@pytest.mark.parametrize("name", WITH_MEMORY)
def test_training_recomputes_the_probabilities_and_values_of_the_trials(name: str):
    """The sequence pass over packed trials against the network in the loop."""
    agent, batch = make_double(name), varied_tasks()
    data, view = Trajectories.of(play_trials(agent, batch)), informed_view(agent, batch)
    data = replace(data, reward=data.value)  # the critic's targets without a discount
    config = PpoConfig(discount=0, reward_scale=1)
    for part in minibatches(data, config, np.random.default_rng(0)):
        hidden = agent.forward(view, part)
        chosen = policy_head(agent.params, hidden).gather(1, part.action[:, None])[:, 0]
        assert torch.allclose(chosen, part.log_prob, atol=1e-9)
        assert sum(part.sizes) == len(part.state)
        assert part.sizes == sorted(part.sizes)[::-1]
        value = value_head(agent.params, hidden, view.optimal_value[part.state])
        assert torch.allclose(value, part.target, atol=1e-9)


def test_inputs_are_the_sum_of_an_observations_embeddings():
    long = parse("steps: 140\ngoal: visible\nmap:\n@...G\n")
    batch = GridBatch.of([*(tables.level for tables in varied_tasks().tables), long])
    agent = make_double("rl2")
    p = {name: one.detach().numpy() for name, one in agent.params.items()}
    rng, n = np.random.default_rng(0), 300
    task, step = rng.integers(0, batch.n_tasks, n), rng.integers(0, batch.horizon, n)
    state = rng.integers(0, [batch.tables[t].n_states for t in task])
    episode, move = rng.integers(0, 2 * CLOCK_EPISODES, n), rng.integers(0, N_LAST_MOVES, n)
    reward = rng.standard_normal(n)
    clock = np.array([clock_index(*at) for at in zip(step, episode, strict=True)])
    known = (state + task * batch.n_states, clock, move, reward)
    found = (
        agent.make_view(batch)
        .tables(agent.detached_params())
        .look_up(TrialObservation(*map(torch.from_numpy, known)))
    )
    seen = np.stack([observe(batch.tables[t])[s] for t, s in zip(task, state, strict=True)])
    for block in ("opponent", "goal"):  # distances in cells
        seen[:, START_OF[block] + 1 : START_OF[block] + 3] *= MAX_SIZE
    expected = (
        seen @ p["see"] + p["bias"] + p["last_move"][move] + reward[:, None] * p["last_reward"]
    )
    expected += p["step"][np.minimum(step, CLOCK_STEPS - 1)]
    expected += p["episode"][np.minimum(episode, CLOCK_EPISODES - 1)]
    assert found.numpy() == pytest.approx(expected, abs=1e-9)


def test_views_of_a_batch_are_equal_however_many_there_are():
    batch, agent = varied_tasks(), make_double("rl2")
    first, second = agent.make_view(batch), agent.make_view(batch)
    assert torch.equal(first.features, second.features)
    assert set(DISTANCES) & set(first.columns.tolist())  # which a view scales


def test_an_observation_holds_the_last_move_and_reward_even_of_the_previous_episode():
    batch = varied_tasks()
    data, moves = Trajectories.of(play_trials(make_double("rl2"), batch)), LastMoves(batch)
    assert (data.last_move[0] == N_LAST_MOVES - 1).all()
    assert not data.last_reward[0].any()
    on = data.alive[1:]
    led = moves.number(*(a[:-1][on] for a in (data.action, data.state, data.entered)))
    assert (data.last_move[1:][on] == led).all()
    assert (data.last_reward[1:][on] == data.reward[:-1][on]).all()


def test_trials_follow_the_tables_and_no_step_is_lost():
    batch = varied_tasks()
    episodes = play_trials(make_double("rl2"), batch)
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


def test_a_first_visit_is_each_cell_once_until_the_goal_is_found():
    batch = varied_tasks()
    data = Trajectories.of(play_trials(make_double("rl2"), batch))
    found = first_visits(data, batch)
    cells, goals = batch.cell.reshape(-1, 2), batch.goal.ravel()
    assert found.any()
    for trial, length in enumerate(data.lengths):
        known, at_goal = {tuple(cells[data.state[0, trial]])}, False
        for t, state in enumerate(data.entered[:length, trial]):
            at_goal |= goals[state]
            assert found[t, trial] == (tuple(cells[state]) not in known and not at_goal)
            known.add(tuple(cells[state]))
        assert not found[length:, trial].any()


def test_the_bonus_for_new_cells_changes_over_training_and_does_not_train_the_encoder():
    config = PpoConfig(curiosity=0.8, final_curiosity=0.2, entropy_until=0.5)
    assert [config.curiosity_at(progress) for progress in (0, 0.25, 0.5, 1)] == pytest.approx(
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


def test_an_informed_critic_receives_optimal_values_in_training_only():
    batch = GridBatch.of([task.level for task in family(parse(CORRIDOR), "corridor")])
    agent = make_learner("rl2", width=16, ppo=PpoConfig(informed=True))
    seen = []

    class Watched(type(agent)):
        def start_policy(self, params, view, n):
            seen.append(view.optimal_value)
            return super().start_policy(params, view, n)

    agent.__class__ = Watched
    agent.meta_update(batch, rngs_of(batch), 0.0)
    list(agent.adapt(batch, rngs_of(batch), 0))
    scale, discount = PpoConfig().reward_scale, PpoConfig().discount
    assert seen[0].numpy() == pytest.approx(scale * optimal_values(batch, discount).ravel(), 1e-5)
    assert not seen[1].any()
    assert agent.state()["value.w"][:, 1].any()  # the critic uses it
    assert not make_learner("rl2", width=16).state()["value.w"][:, 1].any()


def test_a_last_move_is_the_action_and_the_displacement():
    batch = varied_tasks()
    cells, moves = batch.cell.reshape(-1, 2), LastMoves(batch)
    state, action = np.divmod(np.arange(batch.flat_next.size), N_ACTIONS)
    entered = batch.flat_next.ravel()
    found = moves.number(action, state, entered)
    assert (found // N_DISPLACEMENTS == action).all()
    for displacement, after, before in zip(
        found % N_DISPLACEMENTS, cells[entered], cells[state], strict=True
    ):
        same = [i for i, move in enumerate(MOVES) if (after - before == move).all()]
        assert displacement == (same[0] if same else N_ACTIONS)


def test_advantages_continue_across_episodes_and_end_with_the_trial():
    data = Trajectories.of(play_trials(make_double("rl2"), varied_tasks()))
    found = generalized_advantages(data, 0.9, 0.8, 0.5)
    for trial, length in enumerate(data.lengths):
        values = [*data.value[:length, trial], 0.0]
        rewards = data.reward[:length, trial]
        errors = [0.5 * rewards[t] + 0.9 * values[t + 1] - values[t] for t in range(length)]
        for t in range(length):
            expected = sum((0.9 * 0.8) ** (k - t) * errors[k] for k in range(t, length))
            assert found[t, trial] == pytest.approx(expected)
        assert (found[length:, trial] == 0).all()


def test_a_deterministic_trial_has_exact_returns_and_never_varies():
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
    """Find the goal at one end of a corridor once, and remember where it is."""
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
    question = list(agent.questions.choices).index("o worth")
    begin, end = agent.questions.spans[question]
    true = [begin + agent.questions.true_answers(task)[question] for task in tasks]
    assert first.drawn[:, 0, begin:end].sum(1) == pytest.approx(1, abs=1e-5)
    assert (first.drawn[[0, 1], 0, true] < 0.6).all()
    assert (last.drawn[[0, 1], 0, true] > 0.75).all()


def test_beliefs_are_distributions_over_cells_that_may_hide_the_goal():
    agent = make_learner("varibad")
    batch = varied_tasks()
    step = next(agent.adapt(batch, rngs_of(batch), 0))
    for begin, end in agent.questions.spans:
        assert step.drawn[:, 0, begin:end].sum(1) == pytest.approx(1, abs=1e-5)
    for t, tables in enumerate(batch.tables):
        level = tables.level
        inside = step.belief[t, 0, : level.height * level.width]
        assert inside.sum() == pytest.approx(1)
        open_cells = inside.reshape(level.height, level.width) > 0
        assert all(open_cells[goal] for goal in level.find("G"))
