"""Levels as Gymnasium environments: `LevelEnv`, one at a time, and `LevelVectorEnv`, many.

Gymnasium imports this module by itself when its name stands before that of the environment:

    gymnasium.make("game.env:gridapt/Level-v0", level="mazes-9x9")
    gymnasium.make_vec("game.env:gridapt/Level-v0", num_envs=64,
                       vectorization_mode="vector_entry_point",
                       level="levels/showcase/3-four-rooms.txt")

After `import game.env` the name `gridapt/Level-v0` alone will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from game.tasks.distribution import TaskDistribution
from game.tasks.sources import Source, playable, require_choice
from game.tasks.task import Task
from game.text.level import MAX_STATES
from game.text.tiles import BY_CHAR
from game.world.batch import GridBatch
from game.world.environments import ACTION_RANGE, Environments, as_actions
from game.world.features import N_FEATURES, observe
from game.world.random_streams import RandomStreams
from game.world.rules import Ints
from game.world.tables import N_ACTIONS, Tables, compile_level

Observation = Literal["features", "state"]

ID = "gridapt/Level-v0"
OBSERVATIONS = ("features", "state")
RENDER_MODES = ("ansi", "rgb_array")
MAX_ENVS = 1_000_000
MAX_GIGABYTES = 1.0  # of tables and observations of a vector environment
TABLE_BYTES = 1_000  # at most, of each state in all tables together
TASK, RESET_MASK = "task", "reset_mask"  # keys of `options`
CELL_PIXELS = 24
LOWEST, HIGHEST = -1.0, 200.0  # of any feature: entering costs are at most 1,000
AGENT_COLOUR = (213, 94, 0)
GOAL_COLOUR = (0, 138, 98)


# --- arguments ---------------------------------------------------------------------------------


def _check_settings(observation: Any, resample: Any, render_mode: Any) -> None:
    """Raise TypeError or ValueError for settings that no environment has."""
    require_choice("observation", observation, OBSERVATIONS)
    if not isinstance(resample, bool | np.bool_):
        raise TypeError(f"resample must be True or False, not {_kind(resample)}")
    if render_mode is not None:
        require_choice("render_mode", render_mode, RENDER_MODES)


def _check_count(num_envs: Any) -> None:
    """Raise TypeError or ValueError unless there can be so many environments."""
    if not _is_integer(num_envs):
        raise TypeError(f"num_envs must be an integer, not {_kind(num_envs)}")
    if not 1 <= num_envs <= MAX_ENVS:
        raise ValueError(f"num_envs must be from 1 to {MAX_ENVS:,}")


def _check_memory(num_envs: int, n_tasks: int, n_states: int, observation: str) -> None:
    """Raise ValueError where tables and observations would need more than MAX_GIGABYTES."""
    numbers = N_FEATURES if observation == "features" else 1
    # an environment has an observation and the bounds of its space
    size = n_tasks * n_states * (TABLE_BYTES + 4 * numbers) + num_envs * 16 * numbers
    if size > MAX_GIGABYTES * 1e9:
        what = f"{num_envs:,} environments over tables of {n_tasks:,} x {n_states:,} states"
        todo = "use fewer environments, smaller levels or observation='state'"
        limit = f"over the limit of {MAX_GIGABYTES:g} GB"
        raise ValueError(f"{what} need {size / 1e9:.1f} GB, {limit} - {todo}")


def _check_seed(seed: Any) -> None:
    """Raise TypeError or ValueError unless this is a seed, or None."""
    if seed is None:
        return
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"a seed must be an int or None, not {_kind(seed)}")
    if seed < 0:
        raise ValueError("a seed must not be negative")


def _seeds_of(seed: Any, num_envs: int) -> Sequence[int | None]:
    """Return a seed for each environment: those of a list, or consecutive ones from an int on.

    Without a seed there are none.
    """
    if not isinstance(seed, list | tuple):
        _check_seed(seed)
        return [] if seed is None else range(seed, seed + num_envs)
    for one in seed:
        _check_seed(one)
    if len(seed) != num_envs:
        raise ValueError(f"a list of seeds must have {num_envs}, one per environment")
    return seed


def _check_options(options: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the options of a reset. Raises TypeError or ValueError for unknown ones."""
    if not isinstance(options, dict | None):
        raise TypeError(f"options must be a dict or None, not {_kind(options)}")
    for name in options or {}:
        require_choice("option", name, names)
    return options or {}


def _masked(mask: Any, num_envs: int) -> Ints:
    """Return the environments [n] in Gymnasium's mask of those to reset.

    Raises TypeError or ValueError for anything else.
    """
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        kind = mask.dtype if isinstance(mask, np.ndarray) else _kind(mask)
        raise TypeError(f"'{RESET_MASK}' must be a numpy array of bool, not {kind}")
    if mask.shape != (num_envs,):
        raise ValueError(f"'{RESET_MASK}' must have the shape {(num_envs,)}, not {mask.shape}")
    if not mask.any():
        raise ValueError(f"'{RESET_MASK}' must be True for at least one environment")
    return np.flatnonzero(mask)


def _task_of(options: dict[str, Any]) -> Task | None:
    """Return the task that the options name. Raises as `playable` does, and for several tasks."""
    source = options.get(TASK)
    if source is None:
        return None
    found = playable(source, argument=TASK)
    if found.unlimited or len(found.tasks) != 1:
        raise ValueError(f"'{TASK}' must be a single task, not a distribution - give one Task")
    return found.tasks[0]


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return type(value).__name__


# --- environments ------------------------------------------------------------------------------


def observation_space(observation: Observation) -> spaces.Space[Any]:
    """The observation space, the same for all tasks: features, or the number of the state."""
    if observation == "state":
        return spaces.Discrete(MAX_STATES)
    return spaces.Box(LOWEST, HIGHEST, (N_FEATURES,), np.float32)


def render_image(tables: Tables, state: int) -> NDArray[np.uint8]:
    """[height, width, 3] an image: the tiles' colours, the goal framed, the agent as a disc."""
    level, n = tables.level, CELL_PIXELS
    image = np.array([[BY_CHAR[char].colour for char in row] for row in level.tiles], np.uint8)
    image = image.repeat(n, 0).repeat(n, 1)
    for row, column in level.find("G"):
        cell = image[row * n : (row + 1) * n, column * n : (column + 1) * n]
        inner = cell[3:-3, 3:-3].copy()
        cell[:] = GOAL_COLOUR
        cell[3:-3, 3:-3] = inner
    row, column = tables.cell[state]
    offset = np.arange(n) - (n - 1) / 2
    disc = offset[:, None] ** 2 + offset**2 < (0.35 * n) ** 2
    image[row * n : (row + 1) * n, column * n : (column + 1) * n][disc] = AGENT_COLOUR
    return image


def render_text(tables: Tables, state: int) -> str:
    """The map as text, with the agent as `*`."""
    rows = [list(row) for row in tables.level.rows]
    row, column = tables.cell[state]
    rows[row][column] = "*"
    return "\n".join("".join(row) for row in rows)


def all_features(batch: GridBatch) -> NDArray[np.float32]:
    """Return the features of all states [T * S, F]."""
    features = np.zeros((batch.n_tasks, batch.n_states, N_FEATURES), np.float32)
    for i, tables in enumerate(batch.tables):
        features[i, : tables.n_states] = observe(tables)
    return features.reshape(-1, N_FEATURES)


class LevelEnv(gymnasium.Env[Any, Any]):
    """One level, one episode at a time.

    A `reset` keeps the task, unless `resample` says to draw a new one each time, or its options
    name one: `options={"task": task}` (whatever `level` may be, if it is a single task). The
    observation is `features` [F] float32, or the number of the `state`. Wrong arguments raise
    TypeError or ValueError; levels, packs and files raise as in `playable`.
    """

    metadata = {"render_modes": list(RENDER_MODES), "render_fps": 8}  # noqa: RUF012

    def __init__(
        self,
        level: Source = "showcase",
        observation: Observation = "features",
        split: str = "test",
        resample: bool = False,
        render_mode: str | None = None,
    ) -> None:
        _check_settings(observation, resample, render_mode)
        self.tasks = playable(level, split)
        self.observation, self.resample, self.render_mode = observation, resample, render_mode
        self.observation_space = observation_space(observation)
        self.action_space = spaces.Discrete(N_ACTIONS)
        self._set_task(self.tasks.sample(1, np.random.default_rng(0))[0])
        _ = self.np_random  # seeded here, so that a copy goes on as this environment does

    def _set_task(self, task: Task) -> None:
        """Play this task from now on. Plain lists are fastest for single steps."""
        batch = GridBatch.of([task.level])
        # Nothing is set before all is made, so that a refused task changes nothing.
        self._features = all_features(batch) if self.observation == "features" else None  # [S, F]
        self.task, self.batch, self.tables = task, batch, batch.tables[0]
        tables = self.tables.next_state, self.tables.reward, self.tables.terminated
        rows = zip(*(table.tolist() for table in tables))
        # by state and action: next state, reward, and whether the episode ends
        self._outcomes: list[list[tuple[int, float, bool]]] = [list(zip(*row)) for row in rows]
        risk = batch.detours.bounds[2] if batch.stochastic[0] else np.zeros(0)
        self._risk: list[float] = risk.tolist()
        self._steps = task.level.steps
        self._state, self._clock = int(self.tables.starts[0]), 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; see the class for `options`."""
        _check_seed(seed)
        task = _task_of(_check_options(options, (TASK,)))
        if task:
            self._set_task(task)
        super().reset(seed=seed)
        if self.resample and not task:
            self._set_task(self.tasks.sample(1, self.np_random)[0])
        self._state = int(self.np_random.choice(self.tables.starts))
        self._clock = 0
        seen = self._state if self._features is None else self._features[self._state].copy()
        return seen, {"task": self.task.id}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act; the episode is truncated after the level's steps."""
        if type(action) is not int:  # int64 is what the action space samples
            action = int(action if type(action) is np.int64 else as_actions(action, ()))
        if not 0 <= action < N_ACTIONS:
            raise ValueError(f"the action is out of range - {ACTION_RANGE}")
        state = self._state
        if self._risk:
            action = self._effective_action(state * N_ACTIONS + action)
        self._state, reward, ended = self._outcomes[state][action]
        self._clock = clock = self._clock + 1
        seen = self._state if self._features is None else self._features[self._state].copy()
        return seen, reward, ended, clock >= self._steps and not ended, {}

    def _effective_action(self, transition: int) -> int:
        """The action that takes effect, by chance another than the chosen one."""
        luck = self.np_random.random()
        if luck < self._risk[transition]:
            effect = np.array([transition])
            self.batch.detours.divert(effect, np.array([luck]))
            transition = int(effect[0])
        return transition % N_ACTIONS

    def render(self) -> Any:
        """The map as text ("ansi") or as an image ("rgb_array")."""
        if self.render_mode == "ansi":
            return render_text(self.tables, self._state)
        return render_image(self.tables, self._state) if self.render_mode == "rgb_array" else None


class LevelVectorEnv(VectorEnv[Any, Any, Any]):
    """Many environments over the same tables: a step is a few gathers for all of them.

    They play T tasks, drawn at the start (one for each environment, or as many as there are):
    the first N / T environments the first task, and so on; or with `resample` each episode any
    of them.

    Arguments, infos and the options of `reset` are those of Gymnasium's `SyncVectorEnv` over
    `LevelEnv`. A `reset` begins all episodes anew, or those in `options={"reset_mask": mask}`;
    `options={"task": task}` puts these environments on that task. `seed` is a list with an int or
    None for each environment, or an int for consecutive seeds. Each environment has a random stream
    of its own, which depends on its seed alone; `np_random` is not used.

    After the end of an episode the next step resets the environment: its action is ignored and its
    reward is 0 (autoreset mode NEXT_STEP). For actions drawn beforehand `environments.run` is
    faster, which gives no observations.
    """

    metadata = {  # noqa: RUF012
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "render_modes": list(RENDER_MODES),
        "render_fps": 8,
    }

    def __init__(
        self,
        num_envs: int = 1,
        level: Source = "showcase",
        observation: Observation = "features",
        split: str = "test",
        resample: bool = False,
        render_mode: str | None = None,
    ) -> None:
        _check_count(num_envs)
        _check_settings(observation, resample, render_mode)
        self.num_envs, self.observation, self.render_mode = int(num_envs), observation, render_mode
        self.resample = bool(resample)
        tasks = self._draw_tasks(playable(level, split))
        self._n_drawn = len(tasks) if resample else 0  # the first tasks, for resampling
        self.single_observation_space = observation_space(observation)
        self.single_action_space = spaces.Discrete(N_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._set_tasks(tasks)
        _, entropy = seeding.np_random()
        self._seeds = [entropy + i for i in range(self.num_envs)]
        task = np.arange(self.num_envs) * len(tasks) // self.num_envs
        streams = RandomStreams(self._seeds)
        self.environments = Environments(self.batch, task, streams, self.resample)
        self._state = self.environments.reset()  # [N] flat

    def _draw_tasks(self, distribution: TaskDistribution) -> list[Task]:
        """Return a task for each environment, or as many as there are."""
        n = self.num_envs
        if not distribution.unlimited:
            n = min(n, len(distribution.tasks))
        first = distribution.sample(1, np.random.default_rng(0))[0]
        _check_memory(self.num_envs, n, compile_level(first.level).n_states, self.observation)
        return distribution.sample(n, np.random.default_rng(0))

    def _set_tasks(self, tasks: Sequence[Task], known: Sequence[Tables] = ()) -> None:
        """Play these tasks from now on; `known` are the tables of the first ones."""
        tables = list(known)
        for task in tasks[len(known) :]:
            tables.append(compile_level(task.level))
            _check_memory(self.num_envs, len(tasks), tables[-1].n_states, self.observation)
        batch = GridBatch(tables)
        features = all_features(batch) if self.observation == "features" else None
        # Nothing is set before all is made, so that a refused task changes nothing.
        self.batch, self.tasks, self._features = batch, tuple(tasks), features
        ids = np.array([task.id for task in tasks], object)
        self._ids = ids.repeat(batch.n_states)  # [T * S] of the task
        self._number = np.tile(np.arange(batch.n_states), len(tasks))  # [T * S]

    @property
    def np_random_seed(self) -> Any:
        """The last seed of each environment, as a tuple."""
        return tuple(self._seeds)

    def reset(
        self, *, seed: Any = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes anew; see the class for `seed` and `options`."""
        seeds = _seeds_of(seed, self.num_envs)
        options = _check_options(options, (TASK, RESET_MASK))
        envs = np.arange(self.num_envs)
        if RESET_MASK in options:
            envs = _masked(options[RESET_MASK], self.num_envs)
        task = _task_of(options)
        number = None if task is None else self._number_of(task, envs)
        if seeds:
            self._seed({i: seed for i in envs.tolist() if (seed := seeds[i]) is not None})
        self._state[envs] = self.environments.reset(envs, number)
        return self._observe(), self._task_info(envs)

    def _seed(self, seeds: dict[int, int]) -> None:
        """Begin the random streams of some environments anew, each with its seed."""
        for i, seed in seeds.items():
            self._seeds[i] = seed
        self.environments.streams.seed(list(seeds), list(seeds.values()))

    def _number_of(self, task: Task, envs: Ints) -> int:
        """Return the number of a task that these environments [n] are about to play.

        A new task is added, and tasks that are not played any more are dropped.
        """
        ids = [known.id for known in self.tasks]
        if task.id in ids:
            return ids.index(task.id)
        played, state = np.divmod(self._state, self.batch.n_states)
        kept = np.union1d(np.arange(self._n_drawn), np.delete(played, envs))
        number = np.full(len(self.tasks), len(kept))  # of the new task, where one is dropped
        number[kept] = np.arange(len(kept))
        known = [self.batch.tables[i] for i in kept]
        self._set_tasks([*(self.tasks[i] for i in kept), task], known)
        self.environments.renumber(self.batch, number)
        self._state = number[played] * self.batch.n_states + state
        return len(kept)

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Act in all environments; reset those whose episode had ended."""
        begun = self.environments.waiting
        done = self.environments.run(as_actions(actions, (self.num_envs,))[None])
        self._state = done.state[0]
        info = self._task_info(begun) if begun.size else {}
        return self._observe(), done.reward[0], done.terminated[0], done.truncated[0], info

    def _task_info(self, envs: Ints) -> dict[str, Any]:
        """Return the info of environments [n] that have begun an episode."""
        ids, begun = np.empty(self.num_envs, object), np.zeros(self.num_envs, bool)
        ids[envs] = self._ids.take(self._state.take(envs))
        begun[envs] = True
        return {"task": ids, "_task": begun}

    def _observe(self) -> Any:
        if self._features is None:
            one = self.batch.n_tasks == 1
            return self._state.copy() if one else self._number.take(self._state, mode="clip")
        return self._features.take(self._state, 0)

    def render(self) -> Any:
        """An image or a text of each environment."""
        if self.render_mode is None:
            return None
        show = render_text if self.render_mode == "ansi" else render_image
        places = zip(*np.divmod(self._state, self.batch.n_states))
        return tuple(show(self.batch.tables[task], int(state)) for task, state in places)


gymnasium.register(
    ID, entry_point="game.env:LevelEnv", vector_entry_point="game.env:LevelVectorEnv"
)
