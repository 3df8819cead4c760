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
from pathlib import Path
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from game.tasks.distribution import TaskDistribution
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.level import MAX_STATES, Level
from game.text.tiles import BY_CHAR
from game.world.batch import GridBatch
from game.world.environments import Environments
from game.world.features import N_FEATURES, observe
from game.world.tables import N_ACTIONS, Tables, compile_level

Source = str | Path | Level | Task
Observation = Literal["features", "state"]

ID = "gridapt/Level-v0"
CELL_PIXELS = 24
LOWEST, HIGHEST = -1.0, 200.0  # of any feature: entering costs are at most 1,000
AGENT_COLOUR = (213, 94, 0)
GOAL_COLOUR = (0, 138, 98)


def tasks_of(source: Source, split: str = "test") -> TaskDistribution:
    """The tasks to play: a level or task as it is, or a split of a level file or pack."""
    if isinstance(source, Level):
        source = Task(source, source.title or "level")
    if isinstance(source, Task):
        return TaskDistribution(split, (source,))
    return load_pack(source).split(split)


def observation_space(observation: Observation) -> spaces.Space[Any]:
    """The observation space, the same for all tasks: features, or the number of the state."""
    if observation == "state":
        return spaces.Discrete(MAX_STATES)
    return spaces.Box(LOWEST, HIGHEST, (N_FEATURES,), np.float32)


def render_image(tables: Tables, state: int) -> NDArray[np.uint8]:
    """[height, width, 3] an image: the tiles' colours, the goal framed, the agent as a disc."""
    level, n = tables.level, CELL_PIXELS
    image = np.array([[BY_CHAR[char].colour for char in row] for row in level.rows], np.uint8)
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


class LevelEnv(gymnasium.Env[Any, Any]):
    """One level, one episode at a time.

    A `reset` keeps the task, unless `resample` says to draw a new one each time, or its options
    name one: `options={"task": task}` (a `Task` or `Level`). The observation is `features` [F]
    float32, or the number of the `state`.
    """

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 8}  # noqa: RUF012

    def __init__(
        self,
        level: Source = "showcase",
        observation: Observation = "features",
        split: str = "test",
        resample: bool = False,
        render_mode: str | None = None,
    ) -> None:
        self.tasks = tasks_of(level, split)
        self.observation, self.resample, self.render_mode = observation, resample, render_mode
        self.observation_space = observation_space(observation)
        self.action_space = spaces.Discrete(N_ACTIONS)
        self._set_task(self.tasks.sample(1, np.random.default_rng(0))[0])

    def _set_task(self, task: Task) -> None:
        """Play this task from now on. Plain lists are fastest for single steps."""
        self.task = task
        self.tables = compile_level(task.level)
        self.batch = GridBatch([self.tables])
        self._next: list[list[int]] = self.tables.next_state.tolist()
        self._reward: list[list[float]] = self.tables.reward.tolist()
        self._ended: list[list[bool]] = self.tables.terminated.tolist()
        risk = self.batch.detours.bounds[2] if self.batch.stochastic[0] else np.zeros(0)
        self._risk: list[float] = risk.tolist()
        self._steps = task.level.steps
        seen = observe(self.tables) if self.observation == "features" else np.zeros((0, 0))
        self._features = seen.astype(np.float32)  # [S, F]
        self._state, self._clock = int(self.tables.starts[0]), 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; see the class for `options`."""
        super().reset(seed=seed)
        given = (options or {}).get("task")
        if given is not None:
            self._set_task(tasks_of(given).tasks[0])
        elif self.resample:
            self._set_task(self.tasks.sample(1, self.np_random)[0])
        self._state = int(self.np_random.choice(self.tables.starts))
        self._clock = 0
        return self._observe(), {"task": self.task.id}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act; the episode is truncated after the level's steps."""
        state = self._state
        if self._risk:
            action = self._effective_action(state * N_ACTIONS + action)
        reward, ended = self._reward[state][action], self._ended[state][action]
        self._state = self._next[state][action]
        self._clock += 1
        truncated = self._clock >= self._steps and not ended
        return self._observe(), reward, ended, truncated, {}

    def _effective_action(self, transition: int) -> int:
        """The action that takes effect, by chance another than the chosen one."""
        luck = self.np_random.random()
        if luck < self._risk[transition]:
            effect = np.array([transition])
            self.batch.detours.divert(effect, np.array([luck]))
            transition = int(effect[0])
        return transition % N_ACTIONS

    def _observe(self) -> Any:
        return self._state if self.observation == "state" else self._features[self._state].copy()

    def render(self) -> Any:
        """The map as text ("ansi") or as an image ("rgb_array")."""
        if self.render_mode == "ansi":
            return render_text(self.tables, self._state)
        return render_image(self.tables, self._state) if self.render_mode == "rgb_array" else None


class LevelVectorEnv(VectorEnv[Any, Any, Any]):
    """Many environments over the same tables: a step is a few gathers for all of them.

    They play T tasks, drawn at the start (one for each environment, or as many as there are):
    the first N / T environments the first task, and so on; or with `resample` each episode any
    of them. A `reset` begins all episodes anew; `options={"task": task}` puts all environments on
    that `Task` or `Level`.

    After the end of an episode the next step resets the environment: its action is ignored and its
    reward is 0 (autoreset mode NEXT_STEP). For actions drawn beforehand `environments.run` is
    faster, which gives no observations.
    """

    metadata = {  # noqa: RUF012
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "render_modes": ["ansi", "rgb_array"],
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
        self.num_envs, self.observation, self.render_mode = num_envs, observation, render_mode
        self.resample = resample
        self.single_observation_space = observation_space(observation)
        self.single_action_space = spaces.Discrete(N_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        distribution = tasks_of(level, split)
        n = num_envs if distribution.unlimited else min(num_envs, len(distribution.tasks))
        self._set_tasks(distribution.sample(n, np.random.default_rng(0)))

    def _set_tasks(self, tasks: Sequence[Task]) -> None:
        """Play these tasks from now on."""
        self.tasks = tuple(tasks)
        self.batch = GridBatch.of([task.level for task in tasks])
        task = np.arange(self.num_envs) * len(tasks) // self.num_envs
        self.environments = Environments(self.batch, task, self.np_random, self.resample)
        self._state = self.environments.reset()  # [N] flat
        self._features = self._all_features() if self.observation == "features" else None

    def _all_features(self) -> NDArray[np.float32]:
        """[T * S, F]"""
        shape = (self.batch.n_tasks, self.batch.n_states, N_FEATURES)
        features = np.zeros(shape, np.float32)
        for i, tables in enumerate(self.batch.tables):
            features[i, : tables.n_states] = observe(tables)
        return features.reshape(-1, N_FEATURES)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin all episodes anew; see the class for `options`."""
        super().reset(seed=seed)
        given = (options or {}).get("task")
        if given is not None:
            self._set_tasks(tasks_of(given).tasks)
        self.environments.rng = self.np_random
        self._state = self.environments.reset()
        ids = np.array([task.id for task in self.tasks])[self._state // self.batch.n_states]
        return self._observe(), {"task": ids, "_task": np.ones(self.num_envs, bool)}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Act in all environments; reset those whose episode had ended."""
        done = self.environments.run(np.asarray(actions, np.int64)[None])
        self._state = done.state[0]
        return self._observe(), done.reward[0], done.terminated[0], done.truncated[0], {}

    def _observe(self) -> Any:
        if self._features is None:
            return self._state % self.batch.n_states
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
