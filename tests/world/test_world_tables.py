"""Bandits, random MDPs and key-to-door against plain loops over their definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from agents.rollout import roll_out
from game.env.level_env import LevelEnv
from game.tasks.task import Task
from game.text.reading import parse
from game.text.worlds import make_world, map_of
from game.world.batch import GridBatch
from game.world.environments import Environments
from game.world.features import LAYOUT, observe
from game.world.planner import optimal_policy, optimal_return, random_return, state_values

BANDIT = "steps: 3\nworld: bandit arms=4 seed=5\nmap:\n@##\n...\n.##\n"
MDP = "steps: 6\nworld: mdp states=5 actions=3 seed=9\nmap:\n@....\n"
ROOM = "steps: 12\nworld: key-to-door key=1,3 door=3,1\nmap:\n.#.\n.@.\n...\n"
MOVES = {0: (-1, 0), 1: (1, 0), 2: (0, -1), 3: (0, 1), 4: (0, 0)}

# an episode's rewards, from the probabilities of actions in each state
Episode = Callable[[np.ndarray, np.random.Generator], list[float]]


def play_bandit(probs: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Play an episode of BANDIT, whose state is the arm pulled last."""
    means = np.random.default_rng(5).random(4)
    state, rewards = 0, []
    for _ in range(3):
        arm = int(rng.choice(4, p=probs[state]))
        rewards.append(float(rng.random() < means[arm]))
        state = arm + 1
    return rewards


def play_mdp(probs: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Play an episode of MDP."""
    means, transitions = mdp_arrays()
    state, rewards = 0, []
    for _ in range(6):
        action = int(rng.choice(3, p=probs[state]))
        rewards.append(float(rng.normal(means[state, action], 1)))
        state = int(rng.choice(5, p=transitions[state, action]))
    return rewards


def mdp_arrays() -> tuple[np.ndarray, np.ndarray]:
    """Return mean rewards [S, A] and transitions [S, A, S] of MDP, from its definition."""
    rng = np.random.default_rng(9)
    means = rng.normal(1, 1, (5, 3))
    return means, rng.dirichlet(np.ones(5), (5, 3))


def play_room(probs: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Play an episode of ROOM; the states of a cell are by key and door."""
    rows = (".#.", ".@.", "...")
    cells = [(1, 1)] + [(r, c) for r in range(3) for c in range(3) if rows[r][c] == "."]
    cell, has_key, done, rewards = (1, 1), False, False, []
    for _ in range(12):
        state = 3 * cells.index(cell) + has_key + done
        move = MOVES[int(rng.choice(5, p=probs[state]))]
        ahead = cell[0] + move[0], cell[1] + move[1]
        cell = ahead if ahead in cells else cell
        opens = has_key and not done and cell == (2, 0)
        takes = not has_key and cell == (0, 2)
        rewards.append(float(opens or takes))
        has_key, done = has_key or takes, done or opens
    return rewards


WORLDS = [(BANDIT, play_bandit), (MDP, play_mdp), (ROOM, play_room)]


@pytest.mark.parametrize(("text", "play"), WORLDS)
def test_the_batch_plays_as_the_definition_does(text: str, play: Episode):
    """Means and variances of each step's reward under a random policy, and the exact return."""
    batch = GridBatch.of([parse(text)])
    states, actions = batch.n_states, batch.n_actions
    probs = np.random.default_rng(1).dirichlet(np.ones(actions), states)
    rng, n = np.random.default_rng(2), 4000
    expected = np.array([play(probs, rng) for _ in range(n)]).T  # [H, n]
    found = roll_out(batch, probs[None], n, [rng]).reward[:, 0]
    error = 5 * np.sqrt((expected.var(1) + found.var(1)) / n) + 1e-9
    assert (np.abs(found.mean(1) - expected.mean(1)) < error).all()
    assert found.std(1) == pytest.approx(expected.std(1), abs=0.1)
    exact = float((batch.start * state_values(batch, probs[None])).sum())
    assert abs(exact - found.sum(0).mean()) < 5 * found.sum(0).std() / n**0.5


@pytest.mark.parametrize("text", [BANDIT, MDP, ROOM])
def test_environments_step_as_rollouts_do(text: str):
    """The uniform policy earns the exact random return in vectorised and single environments."""
    level = parse(text)
    batch = GridBatch.of([level])
    rng, n, episodes = np.random.default_rng(0), 500, 8
    many = Environments(batch, np.zeros(n, int), rng)
    actions = rng.integers(batch.n_actions, size=(episodes * (level.steps + 1), n))
    found = many.run(actions)
    resets = np.arange(level.steps, len(actions), level.steps + 1)
    assert not found.reward[resets].any()
    assert found.truncated[resets - 1].all()
    total = found.reward.sum(0) / episodes
    exact = float(random_return(batch)[0])
    assert abs(total.mean() - exact) < 5 * total.std() / n**0.5
    env = LevelEnv(Task(level, ""))
    env.reset(seed=0)
    returns = []
    for _ in range(200):
        env.reset()
        returns.append(
            sum(env.step(int(a))[1] for a in rng.integers(batch.n_actions, size=level.steps))
        )
    assert abs(np.mean(returns) - exact) < 5 * np.std(returns) / 200**0.5
    with pytest.raises(ValueError, match=f"actions are from 0 to {batch.n_actions - 1}"):
        env.step(batch.n_actions)


def test_runs_of_noisy_worlds_may_be_divided():
    batch = GridBatch.of([parse(MDP)])
    actions = np.random.default_rng(0).integers(3, size=(20, 7))

    def play(*lengths: int) -> list[float]:
        many = Environments(batch, np.zeros(7, int), np.random.default_rng(1))
        parts = np.split(actions, np.cumsum(lengths)[:-1])
        return np.concatenate([many.run(part).reward for part in parts]).ravel().tolist()

    assert play(20) == play(1, 12, 7)


def test_the_optimum_of_an_mdp_is_that_of_backward_induction():
    means, transitions = mdp_arrays()
    value = np.zeros(5)
    for _ in range(6):
        q = np.array(
            [[means[s, a] + transitions[s, a] @ value for a in range(3)] for s in range(5)]
        )
        value = q.max(1)
    batch = GridBatch.of([parse(MDP)])
    assert float(optimal_return(batch)[0]) == pytest.approx(value[0], abs=1e-12)
    assert (optimal_policy(batch)[0, 0].argmax(1) == q.argmax(1)).all()


def test_the_mean_returns_of_random_mdps_are_those_of_the_literature():
    """Informed oracle 21.84 an episode, uniform policy 10.01 (10 states, 5 actions, horizon 10)."""
    worlds = [make_world("mdp", {"states": 10, "actions": 5, "seed": i}) for i in range(400)]
    rows = "\n".join(map_of(worlds[0], 0))
    batch = GridBatch.of([parse(f"steps: 10\nworld: {w}\nmap:\n{rows}\n") for w in worlds])
    for found, expected in ((optimal_return(batch), 21.84), (random_return(batch), 10.01)):
        assert abs(found.mean() - expected) < 4 * found.std() / len(worlds) ** 0.5 + 0.01


def test_the_best_of_k_arms_pays_k_of_k_plus_1():
    worlds = [make_world("bandit", {"arms": 5, "seed": i}) for i in range(2000)]
    rows = "\n".join(map_of(worlds[0], 0))
    batch = GridBatch.of([parse(f"steps: 1\nworld: {w}\nmap:\n{rows}\n") for w in worlds])
    best, random = optimal_return(batch), random_return(batch)
    assert abs(best.mean() - 5 / 6) < 4 * best.std() / len(worlds) ** 0.5
    assert abs(random.mean() - 0.5) < 4 * random.std() / len(worlds) ** 0.5


def test_the_way_by_the_key_to_the_door_is_paid_twice():
    batch = GridBatch.of([parse(ROOM)])
    assert float(optimal_return(batch)[0]) == 2
    assert float(optimal_return(GridBatch.of([parse(ROOM.replace("12", "5"))]))[0]) == 1
    same = parse(ROOM.replace("door=3,1", "door=1,3").replace("12", "3"))
    assert float(optimal_return(GridBatch.of([same]))[0]) == 2  # staying on the cell opens it


@pytest.mark.parametrize("text", [BANDIT, MDP, ROOM])
def test_agents_observe_the_cell_and_nothing_else(text: str):
    features, tables = observe((batch := GridBatch.of([parse(text)])).tables[0]), batch.tables[0]
    first = sum(LAYOUT[name] for name in ("row", "column", "cell"))
    assert not features[:, first:].any()
    assert (features.sum(1) == 3).all()
    assert len(np.unique(features, axis=0)) == len(np.unique(tables.cell, axis=0))


def test_tasks_of_other_actions_are_no_batch():
    with pytest.raises(ValueError, match="same number of actions"):
        GridBatch.of([parse(BANDIT), parse(MDP)])


def test_mazes_and_worlds_of_the_same_moves_share_a_batch():
    room, maze = parse(ROOM), parse("map:\n@.G\n")
    together = optimal_return(GridBatch.of([maze, room, maze]))
    assert together.tolist() == [
        float(optimal_return(GridBatch.of([x]))[0]) for x in (maze, room, maze)
    ]
