"""`LevelEnv`: one level as a Gymnasium environment, one episode at a time."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from game.env.arguments import (
    RENDER_MODES,
    TASK,
    check_options,
    check_seed,
    check_settings,
    task_of,
)
from game.env.observation_rows import Observation, observation_space
from game.env.rendering import render_image, render_text
from game.env.upcoming_tasks import PreparedTask, UpcomingTasks, prepare
from game.tasks.sources import Source, playable
from game.tasks.task import Task
from game.world import noise
from game.world.batch import Detours, OutcomeDraws
from game.world.environments import action_range, as_actions

# by effect: next state, reward, and whether the episode ends; and the state's observation
Visited = tuple[list[tuple[int, float, bool]], NDArray[Any] | None]


class LevelEnv(gymnasium.Env[Any, Any]):
    """One level, one episode at a time.

    A `reset` keeps the task, unless `resample` says to draw a new one each time, or its options
    name one: `options={"task": task}` (whatever `level` may be, if it is a single task). The
    observation is `features` [F] float32, `codes` [C] uint8, or the number of the `state`. Wrong
    arguments raise TypeError or ValueError; levels, packs and files raise as in `playable`.
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
        check_settings(observation, resample, render_mode)
        self.tasks = playable(level, split)
        self.observation, self.resample, self.render_mode = observation, resample, render_mode
        self.observation_space = observation_space(observation)
        self._upcoming = UpcomingTasks(self.tasks, observation)
        self._set_task(self._prepare(self.tasks.sample(1, np.random.default_rng(0))[0]))
        self.action_space = spaces.Discrete(self.tables.n_actions)
        _ = self.np_random  # seeded here, so that a copy goes on as this environment does

    def _prepare(self, task: Task) -> PreparedTask:
        return prepare([task], self.observation)[0]

    def _set_task(self, prepared: PreparedTask) -> None:
        """Play this task from now on."""
        self._prepared, self._detours = prepared, prepared.detours
        self.task, self.tables = prepared.task, prepared.tables
        self._risk: list[float] = self._detours.risk.tolist() if self._detours else []
        self._noise = self.tables.noise
        self._n_actions, self._n_effects = self.tables.n_actions, self.tables.next_state.shape[1]
        self._steps = self.task.level.steps
        self._visited: list[Visited | None] = [None] * self.tables.n_states
        self._enter(int(self.tables.starts[0]))
        self._clock = 0

    def _enter(self, state: int) -> Any:
        """Put the agent in a state and return the observation.

        Plain lists are fastest for single steps. They are made when a state is first visited: an
        episode on a new task visits few of them.
        """
        visited = self._visited[state]
        if visited is None:
            tables = self.tables.next_state, self.tables.reward, self.tables.terminated
            outcomes = list(zip(*(table[state].tolist() for table in tables)))
            visited = self._visited[state] = outcomes, self._prepared.row(state)
        self._state = state
        self._outcomes, row = visited
        return state if row is None else row.copy()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; see the class for `options`."""
        check_seed(seed)
        task = task_of(check_options(options, (TASK,)))
        if task:
            prepared = self._prepare(task)
            if prepared.tables.n_actions != self._n_actions:
                raise ValueError(
                    f"the task has {prepared.tables.n_actions} actions, and this environment "
                    f"{self._n_actions} - make another environment for it"
                )
            self._set_task(prepared)
        super().reset(seed=seed)
        if self.resample and not task:
            self._set_task(self._upcoming.draw(self.np_random))
        starts = self.tables.starts
        self._clock = 0
        seen = self._enter(int(starts[self.np_random.integers(len(starts))]))
        return seen, {"task": self.task.id}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act; the episode is truncated after the level's steps."""
        if type(action) is not int:  # int64 is what the action space samples
            action = int(action if type(action) is np.int64 else as_actions(action, ()))
        if not 0 <= action < self._n_actions:
            raise ValueError(f"the action is out of range - {action_range(self._n_actions)}")
        if self._detours:
            action = self._effect(self._detours, action)
        state, reward, ended = self._outcomes[action]
        if self._noise:
            luck = self.np_random.random(noise.DRAWS)
            reward = float(noise.received(self._noise, np.array(reward), luck))
        self._clock = clock = self._clock + 1
        seen = self._enter(state)
        return seen, reward, ended, clock >= self._steps and not ended, {}

    def _effect(self, detours: Detours | OutcomeDraws, action: int) -> int:
        """The action that takes effect, by chance another than the chosen one, or its outcome."""
        n_outcomes = self._n_effects // self._n_actions
        transition = self._state * self._n_effects + action * n_outcomes
        luck = self.np_random.random()
        if luck < self._risk[transition]:
            effect = np.array([transition])
            detours.divert(effect, np.array([luck]))
            transition = int(effect[0])
        return transition % self._n_effects

    def render(self) -> Any:
        """The map as text ("ansi") or as an image ("rgb_array")."""
        if self.render_mode == "ansi":
            return render_text(self.tables, self._state)
        return render_image(self.tables, self._state) if self.render_mode == "rgb_array" else None
