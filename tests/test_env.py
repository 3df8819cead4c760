"""Gymnasium's own checks, and that its environments agree with the tables."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import stable_baselines3.common.env_checker
from gymnasium.utils.env_checker import check_env

import game.env
from game.tasks.packs import list_packs, load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.features import observe
from game.world.planner import expected_return
from game.world.tables import compile_level
from tests import reference

LEVELS = [task.level for task in load_pack("showcase").split("test").tasks]
SHIPPED = [path for folder in list_packs() for path in (folder, *sorted(folder.glob("*.txt")))]
CHANCY = parse("slip: 0.3\nwind: east 0.2\nsteps: 8\nmap:\n@.~\n.#.\n@.G\n")
SOURCES = [*SHIPPED, CHANCY]


@pytest.mark.parametrize(
    ("observation", "mode"),
    [("features", "rgb_array"), ("state", "ansi")],
    ids=["features", "state"],
)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: getattr(source, "name", "chancy"))
def test_both_checkers_have_nothing_to_say(source, observation: str, mode: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(game.env.ID, level=source, observation=observation, render_mode=mode)
        check_env(env.unwrapped)
        stable_baselines3.common.env_checker.check_env(env.unwrapped)
        env.close()


def test_an_episode_follows_the_rules_and_is_truncated_in_time():
    level = parse("steps: 12\nmap:\n@.o.L\n.~aA.\nM..1.\n1.H.G\n")
    env = gymnasium.make(game.env.ID, level=level, observation="state").unwrapped
    rng = np.random.default_rng(0)
    for episode in range(20):
        state, info = env.reset(seed=episode)
        assert info["task"] == env.task.id
        now = reference.starts(env.task.level)[0]
        for clock in range(1, env.task.level.steps + 1):
            action = int(rng.integers(5))
            now, expected, over = reference.step(env.task.level, now, action)
            state, reward, terminated, truncated, _ = env.step(action)
            assert tuple(env.tables.cell[state]) == now.cell
            assert reward == pytest.approx(expected)
            assert terminated == over
            assert truncated == (clock == env.task.level.steps and not over)
            if terminated or truncated:
                break


def test_a_new_task_comes_by_option_or_by_resampling():
    env = gymnasium.make(game.env.ID, level="goals-5x5", split="train", resample=True)
    ids = {env.reset(seed=seed)[1]["task"] for seed in range(40)}
    assert ids == {task.id for task in load_pack("goals-5x5").split("train").tasks}
    other = load_pack("goals-5x5").split("test").tasks[0]
    assert env.reset(options={"task": other})[1]["task"] == other.id
    fixed = gymnasium.make(game.env.ID, level="goals-5x5")
    assert len({fixed.reset(seed=seed)[1]["task"] for seed in range(9)}) == 1


@pytest.mark.parametrize("level", [LEVELS[2], CHANCY], ids=["plain", "chancy"])
def test_many_environments_reach_the_exact_return(level):
    envs = gymnasium.make_vec(
        game.env.ID,
        num_envs=3000,
        vectorization_mode="vector_entry_point",
        level=level,
        observation="state",
    )
    tables = compile_level(level)
    policy = np.random.default_rng(1).dirichlet(np.ones(5), tables.n_states)
    rng = np.random.default_rng(2)
    state, _ = envs.reset(seed=3)
    total, on = np.zeros(3000), np.ones(3000, bool)
    for _ in range(level.steps):
        action = (policy.cumsum(1)[state] < rng.random((3000, 1))).sum(1).clip(max=4)
        state, reward, terminated, truncated, _ = envs.step(action)
        total += np.where(on, reward, 0)
        on &= ~(terminated | truncated)
    assert not on.any()
    exact = expected_return(GridBatch([tables]), policy[None])[0]
    assert abs(total.mean() - exact) <= 4 * total.std() / np.sqrt(3000)


def test_an_ended_episode_begins_anew_with_the_next_step():
    level = parse("steps: 3\nmap:\n@G.\n")
    envs = game.env.LevelVectorEnv(2, level, "state")
    start, _ = envs.reset(seed=0)
    states, rewards, ended, truncated, _ = envs.step([3, 4])
    assert (rewards[0], ended.tolist(), truncated.tolist()) == (1.0, [True, False], [False, False])
    states, rewards, ended, truncated, _ = envs.step([3, 4])
    assert (states[0], rewards[0], ended[0]) == (start[0], 0.0, False)
    states, rewards, ended, truncated, _ = envs.step([3, 4])
    assert rewards[0] == 1.0
    assert truncated.tolist() == [False, True]


def test_features_are_those_of_the_state():
    envs = game.env.LevelVectorEnv(5, "goals-5x5", "features")
    seen, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(seen)
    for _ in range(4):
        seen, *_ = envs.step(np.full(5, 3))
        for i, row in enumerate(seen):
            task, state = divmod(envs._state[i], envs.batch.n_states)
            assert task == i  # as many environments as tasks
            expected = observe(envs.batch.tables[task])[state]
            assert row == pytest.approx(expected.astype(np.float32))


def test_pictures_and_text_show_the_agent():
    for mode, find in (("ansi", lambda x: "*" in x), ("rgb_array", lambda x: x.dtype == np.uint8)):
        env = gymnasium.make(game.env.ID, level=LEVELS[0], render_mode=mode)
        env.reset(seed=0)
        assert find(env.render())
    envs = game.env.LevelVectorEnv(2, LEVELS[0], render_mode="rgb_array")
    envs.reset(seed=0)
    assert envs.render()[0].shape == (11 * 24, 11 * 24, 3)


def test_many_environments_take_a_new_task_by_option_or_by_resampling():
    packed = {"level": "goals-5x5", "split": "train", "observation": "state"}
    envs = game.env.LevelVectorEnv(100, **packed)
    ids = {task.id for task in load_pack("goals-5x5").split("train").tasks}
    _, info = envs.reset(seed=0)
    assert set(info["task"]) == ids
    again = envs.reset(seed=1)[1]["task"]
    assert (again == info["task"]).all()
    other = load_pack("goals-5x5").split("test").tasks[0]
    assert set(envs.reset(options={"task": other})[1]["task"]) == {other.id}
    drawn = game.env.LevelVectorEnv(100, resample=True, **packed)
    first, second = (drawn.reset(seed=seed)[1]["task"] for seed in (0, 1))
    assert (first != second).any()
    assert set(first) == set(second) == ids


def test_the_seed_says_what_happens():
    def play(seed: int) -> list[np.ndarray]:
        envs = game.env.LevelVectorEnv(50, CHANCY, "state")
        envs.reset(seed=seed)
        return [envs.step(np.full(50, 3))[0] for _ in range(20)]

    assert np.array_equal(play(0), play(0))
    assert not np.array_equal(play(0), play(1))


def test_what_was_returned_stays_as_it_was():
    envs = game.env.LevelVectorEnv(4, LEVELS[2])
    kept = [envs.reset(seed=0)[0], *envs.step(np.full(4, 1))[:4]]
    copies = [array.copy() for array in kept]
    for _ in range(3):
        envs.step(np.full(4, 3))
    assert all((a == b).all() for a, b in zip(kept, copies))


def test_ppo_of_stable_baselines3_solves_a_level_whose_goal_can_be_seen():
    path = Path(__file__).parent.parent / "docs" / "train_with_sb3.py"
    example = runpy.run_path(str(path))
    small = parse("goal: visible\nsteps: 20\nmap:\n@...\n.~~.\n...G\n")
    reached, optimum = example["train"](small, 5000)
    assert optimum == pytest.approx(0.6)
    assert reached > optimum - 0.15
