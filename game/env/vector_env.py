"""`LevelVectorEnv`: many environments as one of Gymnasium's vector environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from game.env.arguments import (
    RENDER_MODES,
    RESET_MASK,
    TASK,
    check_count,
    check_memory,
    check_options,
    check_settings,
    masked,
    seeds_of,
    task_of,
)
from game.env.observation_rows import KIND, WIDTH, Observation, ObservationTable, observation_space
from game.env.recycled_arrays import RecycledArrays
from game.env.rendering import render_image, render_text
from game.tasks.distribution import TaskDistribution
from game.tasks.sources import Source, playable
from game.tasks.task import Task
from game.world.batch import GridBatch
from game.world.environments import Environments, as_actions
from game.world.random_streams import RandomStreams
from game.world.rules import Ints
from game.world.tables import Tables, compile_level


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
        check_count(num_envs)
        check_settings(observation, resample, render_mode)
        self.num_envs, self.observation, self.render_mode = int(num_envs), observation, render_mode
        self.resample = bool(resample)
        tasks = self._draw_tasks(playable(level, split))
        self._n_drawn = len(tasks) if resample else 0  # the first tasks, for resampling
        self.single_observation_space = observation_space(observation)
        self._set_tasks(tasks)
        self.single_action_space = spaces.Discrete(self.batch.n_actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        if observation != "state":
            self._arrays = RecycledArrays((self.num_envs, WIDTH[observation]), KIND[observation])
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
        check_memory(self.num_envs, n, compile_level(first.level).n_states, self.observation)
        return distribution.sample(n, np.random.default_rng(0))

    def _set_tasks(self, tasks: Sequence[Task], known: Sequence[Tables] = ()) -> None:
        """Play these tasks from now on; `known` are the tables of the first ones."""
        tables = list(known)
        for task in tasks[len(known) :]:
            tables.append(compile_level(task.level))
            check_memory(self.num_envs, len(tasks), tables[-1].n_states, self.observation)
        batch = GridBatch(tables)
        table = None if self.observation == "state" else ObservationTable(batch, self.observation)
        # Nothing is set before all is made, so that a refused task changes nothing.
        self.batch, self.tasks, self._table = batch, tuple(tasks), table
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
        seeds = seeds_of(seed, self.num_envs)
        options = check_options(options, (TASK, RESET_MASK))
        envs = np.arange(self.num_envs)
        if RESET_MASK in options:
            envs = masked(options[RESET_MASK], self.num_envs)
        task = task_of(options)
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
        if self._table is None:
            one = self.batch.n_tasks == 1
            return self._state.copy() if one else self._number.take(self._state, mode="clip")
        return self._table.take(self._state, self._arrays.take())

    def render(self) -> Any:
        """An image or a text of each environment."""
        if self.render_mode is None:
            return None
        show = render_text if self.render_mode == "ansi" else render_image
        places = zip(*np.divmod(self._state, self.batch.n_states))
        return tuple(show(self.batch.tables[task], int(state)) for task, state in places)
