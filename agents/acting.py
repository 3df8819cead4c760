"""Act step by step: an agent with memory in an environment that is not this project's.

    trial = start_trial("rl2-gridnavi", "my-level.txt")
    for _ in range(4):  # episodes of the trial, through which the memory lasts
        place, done = environment.reset(), False
        while not done:
            action = trial.act(place)
            reward, place, done = environment.step(action)
            trial.observe(reward, place, done)

The level says what the agent observes: the map as it is shown to a player. Where a goal is hidden,
its place need not be known. What an action does, and what a step pays, is up to the environment.
"""

from __future__ import annotations

import math
import operator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from agents.learner import AgentError
from agents.memory.memory_learner import TrialLearner
from agents.memory.trial_adaptation import LongTrials
from agents.memory.trials import TrialTransition
from agents.runs import Agent, load_agent
from game.tasks.task import Task
from game.text.drawn_values import nominal
from game.text.level import Level
from game.text.reading import open_levels, parse, split_address
from game.text.tiles import CANDIDATE
from game.world.batch import GridBatch
from game.world.shown_graph import shown_level

Place: TypeAlias = tuple[int, int] | int
"""Row and column of a cell, from 0 at the top left of the level's map. In a bandit or an MDP, the
number of a state: 0 is the start, and k is arm k of a bandit, which action k - 1 pulls."""

ALL = slice(None)  # of the one trial


def start_trial(
    agent: str | Path | Agent, level: Level | Task | str | Path, seed: int = 0
) -> Trial:
    """Return a new trial of an agent, in which it has seen nothing yet.

    `agent` is a run's folder, the name of a shipped agent, or a loaded one; `level` is the path or
    the text of a level file, a `Level` or a `Task`. `seed` draws the actions of an agent that
    samples them. Raises AgentError for an agent without memory, or for other actions than the
    level's; ValueError where places do not tell what the agent observes, or for a level that it
    cannot observe; LevelError or OSError for a level that cannot be read.
    """
    found = agent if isinstance(agent, Agent) else load_agent(str(agent))
    if not isinstance(found.learner, TrialLearner):
        raise AgentError(
            f"{found.name}: only agents with memory act step by step (rl2, varibad, transformer, "
            "dpt, ad) - let this one adapt by the project's own episodes: `adapt` of its learner"
        )
    return Trial(found.learner, _as_shown(level), seed)


class Trial:
    """A trial under way: several episodes of one task, through which the agent's memory lasts.

    `act` and `observe` alternate. Beyond the episodes that the agent was trained for, clock and
    memory are those of `LongTrials`.
    """

    def __init__(self, learner: TrialLearner[Any], level: Level, seed: int = 0) -> None:
        """Begin a trial in a level as it is shown. Raises as `start_trial` does."""
        batch = GridBatch.of([level])
        view = learner.view(batch)
        self.level, self.rng = level, np.random.default_rng(seed)
        self.state_of = _states_by_place(batch, view.row_of_state.numpy())
        policy = learner.start_policy(learner.detached_params(), view, 1)
        config = learner.config
        self.running = LongTrials(policy, batch, 1, [self.rng], config.greedy, config.episodes)
        self.step = 0  # of the episode
        self.state = 0  # before the next step
        self.action: int | None = None  # chosen, and not yet observed
        self.rewards: list[float] = []  # of the episode
        self.found = False  # whether the episode has reached a goal

    @property
    def episodes(self) -> int:
        """The number of episodes that are over."""
        return self.running.episodes

    @torch.no_grad()
    def act(self, place: Place) -> int:
        """Return the agent's action at a place. The first one of an episode begins the episode.

        Raises ValueError for a place that the level does not have, or where the episode cannot
        go on.
        """
        state = self._state_at(place)
        self._check_turn(state, place)
        if self.step == 0:
            self.rewards, self.found = [], bool(self.running.goal[state])
            self.running.begin_episode()
        observation = self.running.observation(self.step, ALL, np.array([state]))
        chosen, _, _ = self.running.act(ALL, observation, self.rng.random(1))
        self.state, self.action = state, int(chosen[0])
        return self.action

    @torch.no_grad()
    def observe(self, reward: float, place: Place, done: bool = False, goal: bool = False) -> None:
        """Tell the agent what the step of its last action paid, and to which place it led.

        `done` ends the episode. `goal` says that the step reached a hidden goal: as in `adapt`, it
        decides what agents keep in memory beyond the episodes that they were trained for, and is
        noted by those with maps (body `graph`); others do not need it. Raises ValueError.
        """
        if self.action is None:
            raise ValueError("there is no action to observe the result of - call `act` first")
        if not math.isfinite(reward):
            raise ValueError(f"the reward is {reward}, and should be a finite number")
        entered = self._state_at(place)
        goal = bool(goal) or bool(self.running.goal[entered])
        transition = TrialTransition(
            state=np.array([self.state]),
            action=np.array([self.action]),
            entered=np.array([entered]),
            reward=np.array([reward], self.running.dtype),
            goal=np.array([goal]),
        )
        self.running.observe(ALL, transition)
        self.rewards.append(reward)
        self.found = self.found or goal
        self.step, self.state, self.action = self.step + 1, entered, None
        if done:
            self._end_episode()

    def _end_episode(self) -> None:
        """Count the episode; the next action begins another one."""
        total = np.array(self.rewards, self.running.dtype).sum()
        self.running.episodes += 1
        self.running.end_episode(np.array([total if self.found else -np.inf]))
        self.step = 0

    def _check_turn(self, state: int, place: Place) -> None:
        """Raise ValueError unless the agent may act now, in a state with this place."""
        if self.action is not None:
            raise ValueError("the last action has no result yet - call `observe` before `act`")
        if self.step == self.level.steps:
            raise ValueError(
                f"an episode of this level has {self.level.steps} steps - say done=True with its "
                "last one, or give the level other 'steps:'"
            )
        if self.step and state != self.state:
            raise ValueError(
                f"the last step led to another place than {place} - say done=True with the last "
                "step of an episode"
            )

    def _state_at(self, place: Place) -> int:
        """Return the number of the state at a place. Raises ValueError where there is none."""
        state = self.state_of.get(_as_key(place))
        if state is None:
            if _has_cells(self.level):
                size = f"{self.level.height} x {self.level.width}"
                todo = f"give (row, column), each from 0, on the map of {size} cells"
                raise ValueError(f"place {place!r} is no cell that the agent can reach - {todo}")
            todo = f"give a number from 0 to {len(self.state_of) - 1}, of which 0 is the start"
            raise ValueError(f"place {place!r} is no state of this level - {todo}")
        return state


def _as_key(place: Any) -> Any:
    """Return a place as an int or a tuple of ints; None for anything else."""
    try:
        if isinstance(place, tuple | list | np.ndarray) and np.ndim(place):
            return tuple(operator.index(part) for part in place)
        return operator.index(place)
    except (TypeError, ValueError):
        return None


def _has_cells(level: Level) -> bool:
    """Whether a place of a level is row and column, and not the number of a state."""
    return level.world is None or level.world.rules.by_moves


def _states_by_place(batch: GridBatch, seen: np.ndarray) -> dict[Any, int]:
    """Return the first state of a level at each place.

    `seen` [S] numbers what the agent observes in each state. Raises ValueError where it differs
    between the states of one place.
    """
    level = batch.tables[0].level
    if not _has_cells(level):
        return {state: state for state in range(batch.n_states)}
    states: dict[Any, int] = {}
    for state, (row, column) in enumerate(batch.cell[0].tolist()):
        first = states.setdefault((row, column), state)
        if seen[first] != seen[state]:
            raise ValueError(
                f"{level.where}in this level, row {row} column {column} (from 0) is a place with "
                "several states (of keys, coins, boxes, gates or opponents), which a place does "
                "not tell apart - such levels need the project's own episodes: `adapt` of the "
                "agent's learner"
            )
    return states


def _as_shown(level: Level | Task | str | Path) -> Level:
    """Return a level as a player sees it: without hidden goals, and with the nominal values of all
    that is drawn. Raises ValueError, LevelError or OSError."""
    if isinstance(level, Task):
        level = level.level
    elif isinstance(level, str) and "\n" in level:
        level = parse(level)
    elif isinstance(level, str | Path):
        level = _read(level)
    if not isinstance(level, Level):
        kind = type(level).__name__
        raise TypeError(f"level of type {kind} is unknown - give a path, a text, a Level or a Task")
    shown = shown_level(nominal(level.shown or level))
    if shown.find(CANDIDATE):
        what = f"{level.where}the goal is visible, and not drawn yet"
        raise ValueError(f"{what} - write 'G' at the goal, or give a Task")
    return shown


def _read(path: str | Path) -> Level:
    """Return the level of a file. Raises ValueError where it is no file."""
    file, number = split_address(path)
    if not file.is_file():
        todo = "give the path or text of a level, or of a pack load_pack(NAME).split('test').tasks"
        raise ValueError(f"{path}: no such level file - {todo}[0]")
    return open_levels(file).level(number)
