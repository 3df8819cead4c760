"""Gymnasium's own checks and vector environments, wrong arguments, agreement with the tables."""

from __future__ import annotations

import pickle
import re
import runpy
import warnings
from functools import partial
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import stable_baselines3.common.env_checker
from gymnasium.utils.env_checker import check_env

import game.env
from game.env.arguments import check_memory
from game.env.recycled_arrays import RecycledArrays
from game.env.upcoming_tasks import MOST_STATES_AHEAD, UpcomingTasks
from game.tasks.distribution import TaskDistribution
from game.tasks.packs import list_packs, load_pack, pack_entry
from game.tasks.task import Task
from game.text.level import LevelError
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.codes import encode
from game.world.features import N_FEATURES, TooLargeToSee, observe
from game.world.planner import expected_return
from game.world.tables import compile_level
from tests import reference

SHOWN = load_pack("showcase").split("test").tasks
LEVELS = [task.level for task in SHOWN]
LARGE = ("drawn", "worlds")  # have maps over 16 x 16, which the features do not fit
SMALL = [folder for folder in list_packs() if folder.name not in LARGE]
SHIPPED = [path for folder in SMALL for path in (folder, *sorted(folder.glob("*.txt")))]
CHANCY = parse("slip: 0.3\nwind: east 0.2\nsteps: 8\nmap:\n@.~\n.#.\n@.G\n")
# Gymnasium's checker refuses episodes of one step, as those of bandits
SOURCES = [*(path for path in SHIPPED if not path.name.startswith("bandits")), CHANCY]


@pytest.mark.parametrize(
    ("observation", "mode"),
    [("features", "rgb_array"), ("codes", None), ("state", "ansi")],
    ids=["features", "codes", "state"],
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


@pytest.mark.parametrize("observation", ["features", "codes"])
def test_observations_are_those_of_the_state(observation):
    envs = game.env.LevelVectorEnv(5, "goals-5x5", observation)
    seen, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(seen)
    for _ in range(4):
        seen, *_ = envs.step(np.full(5, 3))
        for i, row in enumerate(seen):
            task, state = divmod(envs._state[i], envs.batch.n_states)
            assert task == i  # as many environments as tasks
            expected = observe(envs.batch.tables[task])
            if observation == "codes":
                assert (row == encode(expected)[state]).all()
            else:
                assert (row == expected[state].astype(np.float32)).all()


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


# --- copies ------------------------------------------------------------------------------------


def played(env, actions) -> list:
    """Return what steps, a reset and steps give."""
    found = [env.step(action) for action in actions]
    return [*found, env.reset(), *(env.step(action) for action in actions)]


@pytest.mark.parametrize("folder", list_packs(), ids=lambda folder: folder.name)
def test_copies_by_pickle_go_on_alike_on_every_pack(folder: Path):
    split = "test" if pack_entry(folder).sizes["train"] == 0 else "train"
    settings = {"split": split, "observation": "features" if folder in SMALL else "state"}
    env = gymnasium.make(game.env.ID, level=folder, resample=True, **settings)
    check_copies(env, np.random.default_rng(0).integers(5, size=12))


@pytest.mark.parametrize("source", ["goals-5x5", CHANCY], ids=["goals", "chancy"])
@pytest.mark.parametrize("observation", ["state", "features", "codes"])
def test_copies_of_vector_environments_go_on_alike(source, observation: str):
    envs = game.env.LevelVectorEnv(3, source, observation, resample=True)
    check_copies(envs, np.random.default_rng(0).integers(5, size=(12, 3)))


def check_copies(env, actions) -> None:
    """Compare with a copy that was made at first, after a reset, and within an episode."""
    fresh = pickle.loads(pickle.dumps(env))
    np.testing.assert_equal(fresh.reset(), env.reset())
    np.testing.assert_equal(played(fresh, actions), played(env, actions))
    env.reset(seed=7)
    for _ in range(2):
        copy = pickle.loads(pickle.dumps(env))
        np.testing.assert_equal(played(copy, actions), played(env, actions))


# --- tasks drawn ahead and arrays used again ---------------------------------------------------

WITHOUT_CHANCE = ("mazes-9x9", "opponents")  # nothing is drawn between tasks
WITH_CHANCE = ("dynamics", "rewards", CHANCY)


class OneByOne:
    """Draws the tasks of a distribution one by one, from a generator that goes on by itself."""

    def __init__(self, env: game.env.LevelEnv, seed: int) -> None:
        self.tasks = env.tasks
        self.rng = gymnasium.utils.seeding.np_random(seed)[0]

    def reset(self) -> tuple[str, int]:
        """Return the id of a task and the state of its start."""
        (task,) = self.tasks.sample(1, self.rng)
        return task.id, int(self.rng.choice(compile_level(task.level).starts))


@pytest.mark.parametrize(
    "source", [*WITHOUT_CHANCE, *WITH_CHANCE], ids=lambda source: str(source)[:9]
)
def test_tasks_drawn_ahead_are_those_of_draws_one_by_one(source):
    split = "test" if source is CHANCY else "train"
    env = game.env.LevelEnv(source, "state", split, resample=True)
    plain = OneByOne(env, 5)
    for episode in range(45):
        state, info = env.reset(seed=5 if episode == 0 else None)
        assert (info["task"], state) == plain.reset()
        if episode in (3, 20, 21):  # others may use the generator, too
            assert env.np_random.random() == plain.rng.random()
        if episode == 30:
            env = pickle.loads(pickle.dumps(env))
        env.step(3)
        if env._risk:
            plain.rng.random()
        assert env.np_random.bit_generator.state == plain.rng.bit_generator.state


def test_a_new_seed_or_generator_drops_the_tasks_drawn_ahead():
    env = game.env.LevelEnv("mazes-9x9", "state", "train", resample=True)
    first = [env.reset(seed=1)[1]["task"], *(env.reset()[1]["task"] for _ in range(9))]
    assert len(set(first)) == 10
    again = [env.reset(seed=1)[1]["task"], *(env.reset()[1]["task"] for _ in range(9))]
    assert again == first
    env.np_random = np.random.Generator(np.random.MT19937(3))  # its states cannot be compared
    rng = np.random.Generator(np.random.MT19937(3))
    for _ in range(3):
        assert env.reset()[1]["task"] == env.tasks.sample(1, rng)[0].id


def test_the_error_of_a_task_drawn_ahead_comes_when_its_turn_has_come():
    tasks = load_pack("goals-5x5").split("train").tasks[:1]
    too_large = Task(parse("map:\n@" + "." * 16 + "G\n"), "large")
    draws = [*tasks * 5, too_large, *tasks]

    def draw(rng: np.random.Generator) -> Task:
        return draws[int(rng.random() * 1000) % 7]

    for seed in range(5):
        upcoming = UpcomingTasks(TaskDistribution("train", draw=draw), "features")
        rng, plain = np.random.default_rng(seed), np.random.default_rng(seed)
        for _ in range(20):
            expected = draw(plain)
            if expected is too_large:
                with pytest.raises(TooLargeToSee):
                    upcoming.draw(rng)
            else:
                assert upcoming.draw(rng).task is expected
            assert rng.bit_generator.state == plain.bit_generator.state


def test_large_levels_are_not_drawn_ahead():
    rows = ["@ab" + "." * 29, *["." * 32] * 30, "." * 31 + "G"]
    large = Task(parse("\n".join(["map:", *rows, ""])), "large")
    drawn = []

    def draw(rng: np.random.Generator) -> Task:
        drawn.append(rng.random())
        return large

    upcoming = UpcomingTasks(TaskDistribution("train", draw=draw), "state")
    rng = np.random.default_rng(0)
    for turn in range(1, 6):
        most = max(1, MOST_STATES_AHEAD // upcoming.draw(rng).tables.n_states)
        assert len(drawn) < turn + most


def test_an_array_is_used_again_once_nothing_refers_to_it():
    arrays = RecycledArrays((3, 2), np.float32)
    first, second = arrays.take(), arrays.take()
    third = arrays.take()
    assert len({id(first), id(second), id(third)}) == 3
    view, number = second[1:], id(second)
    del second
    assert id(arrays.take()) != number  # its view needs it
    del view
    kept = [arrays.take() for _ in range(20)]
    assert len({id(array) for array in kept}) == 20
    number = [id(array) for array in kept[-2:]]
    del kept
    assert id(arrays.take()) in number
    assert pickle.loads(pickle.dumps(arrays)).take().shape == (3, 2)


def test_observations_that_are_kept_or_changed_do_not_disturb_later_ones():
    envs, plain = (game.env.LevelVectorEnv(6, "goals-5x5") for _ in range(2))
    rng = np.random.default_rng(0)
    seen, expected = (one.reset(seed=0)[0] for one in (envs, plain))
    kept = []
    for _ in range(30):
        kept.append((seen[2:], expected[2:].copy()))
        seen[:2] = -1  # the array belongs to the caller
        if rng.random() < 0.3:
            kept = kept[3:]
        actions = rng.integers(5, size=6)
        seen, expected = (one.step(actions)[0] for one in (envs, plain))
        assert (seen == expected).all()
        assert all((view == copy).all() for view, copy in kept)


# --- the vector environment against Gymnasium's ------------------------------------------------


SHORT = "steps: 4\nmap:\n@.???\n.????\n"
DETERMINISTIC = [("goals-5x5", "train"), ("opponents", "test"), (SHORT, "train")]


def agree(ours, theirs) -> None:
    """Compare results of `reset` or `step`, with the types of the arrays."""
    np.testing.assert_equal(ours, theirs)
    for part, other in zip((*ours[:-1], *ours[-1].values()), (*theirs[:-1], *theirs[-1].values())):
        assert (part.dtype, part.shape) == (other.dtype, other.shape)


@pytest.mark.parametrize("observation", ["state", "features", "codes"])
@pytest.mark.parametrize(("source", "split"), DETERMINISTIC, ids=["goals", "opponents", "short"])
def test_the_vector_environment_is_gymnasiums_over_scalar_ones(source, split, observation):
    """Steps, ends, and resets with seeds, masks and tasks, at random moments."""
    n = 8
    envs = game.env.LevelVectorEnv(n, source, observation, split)
    tasks = [envs.tasks[i * len(envs.tasks) // n] for i in range(n)]
    sync = gymnasium.vector.SyncVectorEnv(
        [partial(game.env.LevelEnv, task, observation) for task in tasks]
    )
    others = [*envs.tasks[:2], *SHOWN]
    rng = np.random.default_rng(0)
    agree(envs.reset(), sync.reset())
    for _ in range(100):
        if rng.random() < 0.3:
            options = {}
            if rng.random() < 0.9:
                options["reset_mask"] = rng.permutation(n) < rng.integers(1, 4)
            if rng.random() < 0.5:
                options["task"] = others[rng.integers(len(others))]
            seed = [None, 3, [None, 5] * (n // 2)][rng.integers(3)]
            ours = envs.reset(seed=seed, options=dict(options))
            agree(ours, sync.reset(seed=seed, options=options))
        actions = rng.integers(5, size=n)
        agree(envs.step(actions), sync.step(actions))
    assert len(envs.tasks) <= n  # tasks that nobody plays are dropped


def test_the_step_that_begins_an_episode_names_its_task_when_resampling():
    source = {"level": "goals-5x5", "split": "train", "resample": True, "observation": "state"}
    envs = game.env.LevelVectorEnv(40, **source)
    sync = gymnasium.vector.SyncVectorEnv([partial(game.env.LevelEnv, **source)] * 4)
    played = {task.id: task for task in envs.tasks}
    ids = envs.reset(seed=0)[1]["task"]
    seen = set(ids)
    sync.reset(seed=0)
    ended = np.zeros(40, bool)
    for _ in range(100):
        actions = np.full(40, 4)  # stay: every episode is truncated
        _, _, terminated, truncated, info = envs.step(actions)
        expected = sync.step(actions[:4])[-1]
        assert sorted(info) == sorted(expected)
        if ended.any():
            assert info["_task"].tolist() == ended.tolist()
            assert info["task"].dtype == expected["task"].dtype
            seen |= set(info["task"])
            assert [played[id].id for id in info["task"]] == [
                envs.tasks[i].id for i in envs._state // envs.batch.n_states
            ]
        ended = terminated | truncated
    assert seen == set(played)


def test_with_resampling_a_task_by_option_is_played_for_one_episode():
    source = {"level": "goals-5x5", "split": "train", "resample": True, "observation": "state"}
    other = load_pack("goals-5x5").split("test").tasks[0]
    mask = np.array([True, False] * 10)
    envs = game.env.LevelVectorEnv(20, **source)
    _, info = envs.reset(seed=0, options={"task": other, "reset_mask": mask})
    assert info["task"].tolist() == [other.id, None] * 10
    steps = other.level.steps
    for _ in range(steps + 1):
        info = envs.step(np.full(20, 4))[-1]
    assert info["_task"].all()
    assert other.id not in info["task"]


# --- seeds -------------------------------------------------------------------------------------

RANDOM = parse("slip: 0.4\nsteps: 6\nmap:\n@.@\n@.@\n..G\n")  # starts, slips


def walk(envs, steps: int = 15) -> np.ndarray:
    """Return the states [steps, N] of a walk to the right."""
    return np.stack([envs.step(np.full(envs.num_envs, 3))[0] for _ in range(steps)])


def begun(seed, n: int = 4, options=None, resample: bool = False) -> game.env.LevelVectorEnv:
    envs = game.env.LevelVectorEnv(n, RANDOM, "state", resample=resample)
    envs.reset(seed=seed, options=options)
    return envs


def test_an_environment_depends_on_its_own_seed_alone():
    states = walk(begun([5, 6, 5, 1 << 70]))
    assert (states[:, 0] == states[:, 2]).all()
    assert (states[:, 0] != states[:, 1]).any()
    assert (states[:, 1] == walk(begun([0, 6], 2))[:, 1]).all()
    assert (walk(begun(5)) == walk(begun([5, 6, 7, 8]))).all()
    assert begun([3, 1, 4, 1]).np_random_seed == (3, 1, 4, 1)


def test_no_seed_continues_the_stream():
    envs, alone = begun([1, 2, 3, 4]), begun([1, 2, 3, 4])
    for one, seeds in ((envs, [None, 9, None, 9]), (alone, None)):
        walk(one)
        one.reset(seed=seeds)
    assert envs.np_random_seed == (1, 9, 3, 9)
    states = walk(envs)
    assert (states[:, [0, 2]] == walk(alone)[:, [0, 2]]).all()
    assert (states[:, 1] == states[:, 3]).all()


def test_a_mask_leaves_the_other_environments_as_they_were():
    envs, alone = begun(0), begun(0)
    walk(envs), walk(alone)
    mask = np.array([True, False, False, True])
    seen, info = envs.reset(seed=[7, 7, 7, 7], options={"reset_mask": mask})
    assert info["_task"].tolist() == mask.tolist()
    states = walk(envs)
    assert (states[:, 1:3] == walk(alone)[:, 1:3]).all()
    assert seen[0] == seen[3]
    assert (states[:, 0] == states[:, 3]).all()


# --- arguments ---------------------------------------------------------------------------------

PLAIN = parse("steps: 5\nmap:\n@.G\n")
BOTH = {"scalar": game.env.LevelEnv, "vector": partial(game.env.LevelVectorEnv, 2)}
CHOICES = "features, codes, state"
FORMS = "a level's text, its rows, a Level or a Task"
WRONG = [
    ({"observation": "image"}, ValueError, CHOICES),
    ({"observation": None}, ValueError, CHOICES),
    ({"observation": np.zeros(2)}, ValueError, CHOICES),
    ({"split": "tset"}, ValueError, "'tset' is unknown - use one of: train, validation, test"),
    ({"split": ["test"]}, ValueError, "use one of: train, validation, test"),
    ({"split": "train", "level": "showcase"}, ValueError, "no tasks here - use one of: test"),
    ({"resample": 1}, TypeError, "resample must be True or False, not int"),
    ({"resample": "no"}, TypeError, "True or False"),
    ({"render_mode": "human"}, ValueError, "ansi, rgb_array"),
    ({"level": None}, TypeError, FORMS),
    ({"level": 5}, TypeError, FORMS),
    ({"level": b"goals-5x5"}, TypeError, FORMS),
    ({"level": ["@.G", 3]}, TypeError, FORMS),
    ({"level": ["@.G\n"]}, ValueError, "row 1 has a line break"),
    ({"level": []}, LevelError, "the map is empty"),
    ({"level": ["@..", "..S", "..G"]}, LevelError, "rows:2:3: unknown tile 'S'"),
    ({"level": "steps: 9\nmap:\n@.\n.S\nG.\n"}, LevelError, "level:4:2: unknown tile 'S'"),
]
RESETS = [
    ({"seed": -1}, ValueError, "must not be negative"),
    ({"seed": 1.5}, TypeError, "not float"),
    ({"seed": True}, TypeError, "not bool"),
    ({"seed": "1"}, TypeError, "not str"),
    ({"options": [1]}, TypeError, "options must be a dict or None, not list"),
    ({"options": {"tsak": PLAIN}}, ValueError, "'tsak' is unknown - use one of: task"),
    ({"options": {"task": 7}}, TypeError, FORMS),
    ({"options": {"task": "goals-5x5"}}, ValueError, "must be a single task"),
    ({"options": {"task": ["@" + "." * 40 + "G"]}}, ValueError, "use a smaller map"),
]


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=lambda x: str(x)[:30])
def test_wrong_settings_are_refused_with_the_choices(kind, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        BOTH[kind](**{"level": PLAIN} | arguments)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("arguments", "error", "message"), RESETS, ids=lambda x: str(x)[:30])
def test_a_wrong_reset_is_refused_and_changes_nothing(kind, arguments, error, message):
    env, same = BOTH[kind](RANDOM), BOTH[kind](RANDOM)
    for one in (env, same):
        one.reset(seed=1)
    with pytest.raises(error, match=re.escape(message)):
        env.reset(**{"seed": 2} | arguments)
    actions = [3, 3] if kind == "scalar" else [[3, 3]] * 2
    np.testing.assert_equal(played(env, actions), played(same, actions))


MASKS = [
    ([True, False], TypeError, "not list"),
    (np.ones(2), TypeError, "not float64"),
    (np.ones(3, bool), ValueError, "shape (2,), not (3,)"),
    (np.zeros(2, bool), ValueError, "at least one"),
    (None, TypeError, "not NoneType"),
]


@pytest.mark.parametrize(("mask", "error", "message"), MASKS, ids=lambda x: str(x)[:30])
def test_wrong_masks_are_refused_as_gymnasium_does(mask, error, message):
    sync = gymnasium.vector.SyncVectorEnv([partial(game.env.LevelEnv, PLAIN)] * 2)
    with pytest.raises(error):
        sync.reset(options={"reset_mask": mask})
    with pytest.raises(error, match=re.escape(message)):
        BOTH["vector"](PLAIN).reset(options={"reset_mask": mask})


def test_wrong_seed_lists_are_refused():
    envs = BOTH["vector"](PLAIN)
    for seeds, error, message in (
        ([1], ValueError, "must have 2"),
        ([1, 2, 3], ValueError, "must have 2"),
        ([1, True], TypeError, "not bool"),
        ([1, -2], ValueError, "negative"),
        (np.arange(2), TypeError, "not ndarray"),
    ):
        with pytest.raises(error, match=message):
            envs.reset(seed=seeds)


ACTIONS = [
    (-1, ValueError),
    (5, ValueError),
    (np.int64(-1), ValueError),
    (True, TypeError),
    (np.bool_(True), TypeError),
    (1.5, TypeError),
    (1.0, TypeError),
    (np.float32(2), TypeError),
    (float("nan"), TypeError),
    ("1", TypeError),
    (None, TypeError),
    ([1], ValueError),
    (10**30, ValueError),
]


@pytest.mark.parametrize(("action", "error"), ACTIONS, ids=lambda x: repr(x)[:20])
def test_wrong_actions_are_refused_alike(action, error):
    scalar, vector = BOTH["scalar"](PLAIN), BOTH["vector"](PLAIN)
    message = "must have the shape" if isinstance(action, list) else r"actions are from 0 to 4"
    with pytest.raises(error, match=message):
        scalar.step(action)
    for actions in ([action, action], [1, action]):
        with pytest.raises((error, TypeError) if isinstance(action, list) else error):
            vector.step(actions)
    assert vector.step([3, 3])[0].shape == (2, N_FEATURES)  # as if nothing had happened


def test_actions_of_a_wrong_shape_are_refused():
    envs = BOTH["vector"](PLAIN)
    for actions in (3, [3], [3, 3, 3], [[3, 3]], np.zeros((2, 1), int), [[1], [2, 3]]):
        with pytest.raises((TypeError, ValueError), match=r"shape|integers"):
            envs.step(actions)
    for kind in (np.int8, np.uint64, np.int64):
        assert envs.step(np.array([3, 4], kind))[1].tolist() == [-0.1, -0.1]
        envs.reset()


def test_the_number_of_environments_is_refused_before_anything_is_made():
    for count in (0, -1, 10**9, 10**5000):
        with pytest.raises(ValueError, match="num_envs must be from 1 to 1,000,000"):
            game.env.LevelVectorEnv(count, "mazes-9x9", split="train")
    for count in (2.0, True, "3", None):
        with pytest.raises(TypeError, match="num_envs must be an integer"):
            game.env.LevelVectorEnv(count, PLAIN)
    with pytest.raises(ValueError, match="over the limit of 1 GB"):
        game.env.LevelVectorEnv(900_000, PLAIN)  # their features
    check_memory(900_000, 1, 2, "codes")
    with pytest.raises(ValueError, match=r"need 1\.1 GB"):
        check_memory(900_000, 10_000, 64, "codes")
    with pytest.raises(ValueError, match="over the limit of 1 GB"):
        game.env.LevelVectorEnv(900_000, "mazes-9x9", "state", "train")  # their tables
