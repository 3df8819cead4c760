"""Data for the tests of the window: adaptations made of softened optimal policies, no torch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pygame

from game.session.messages import AgentCard, Message, NoAgent, Request, Stop, TrainRequest
from game.session.trace import (
    MAP_NAMES,
    AdaptationStep,
    AdaptationTrace,
    ExperienceMaps,
    Floats,
    Ints,
)
from game.tasks.coverage import Coverage
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.view.model.background_jobs import BackgroundJobs
from game.view.screens.watch_run import WatchSetup
from game.world.batch import GridBatch
from game.world.planner import expected_return, optimal_return, random_return
from game.world.tables import compile_level

LEVEL = """\
title: Test lane
steps: 12
map:
########
#@.,:%~#
#.#..#.#
#.....G#
########
"""
TASK = Task(parse(LEVEL), "Test lane")
OTHER = Task(parse(LEVEL.replace("G", ".").replace("#.#", "#G#")), "Other lane")
EPISODES = 4
AGENTS = ("maml-tests", "scratch")


def towards_goal(task: Task) -> Floats:
    """Return action values [S, A] of the optimal policy, by sweeps over the tables."""
    batch = GridBatch.of([task.level])
    value = np.zeros(batch.n_states)
    for _ in range(task.level.steps):
        q = batch.reward[0] + value[batch.next_state[0]]
        value = q.max(-1)
    return q


def adaptation(task: Task, name: str, sharpness: Sequence[float], seed: int = 0) -> AdaptationTrace:
    """Return the trace of an agent whose policy has one of these sharpnesses in each step."""
    batch, rng = GridBatch.of([task.level]), np.random.default_rng(seed)
    trace = AdaptationTrace(name, float(random_return(batch)[0]), float(optimal_return(batch)[0]))
    spent = 0
    for k, sharp in enumerate(sharpness):
        weights = np.exp(sharp * (towards_goal(task) - towards_goal(task).max(-1, keepdims=True)))
        probs = weights / weights.sum(-1, keepdims=True)
        paths, moves, returns = roll_out(batch, probs, rng)
        trace.steps.append(
            AdaptationStep(
                step=k,
                episodes=k * EPISODES,
                env_steps=np.array([spent]),
                gradient_steps=k,
                return_sampled=returns.mean(keepdims=True),
                return_exact=expected_return(batch, probs[None]),
                action_probs=probs[None],
                paths=paths[None],
                moves=moves[None],
            )
        )
        spent += int((moves >= 0).sum())
    return trace


def roll_out(
    batch: GridBatch, probs: Floats, rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    """Return paths [n, H + 1], moves [n, H] and returns [n] of `EPISODES` episodes."""
    paths = np.full((EPISODES, batch.horizon + 1), -1)
    moves = np.full((EPISODES, batch.horizon), -1)
    returns = np.zeros(EPISODES)
    for e in range(EPISODES):
        paths[e, 0] = batch.start[0].argmax()
        for t in range(batch.horizon):
            state = paths[e, t]
            if batch.over[0, state]:
                break
            moves[e, t] = rng.choice(len(ACTIONS), p=probs[state])
            returns[e] += batch.reward[0, state, moves[e, t]]
            paths[e, t + 1] = batch.next_state[0, state, moves[e, t]]
    return paths, moves, returns


def traces(task: Task = TASK) -> list[AdaptationTrace]:
    """Return the traces of an agent that learns the task in two steps, and of one that does not."""
    return [
        adaptation(task, AGENTS[0], (0, 10, 60)),
        adaptation(task, AGENTS[1], (0, 0.5, 1), seed=1),
    ]


def experience(
    task: Task, *found: tuple[str, int, int, float], hidden: bool = True
) -> ExperienceMaps:
    """Return maps with the start visited, and entries as (name of the map, row, column, value)."""
    level, tables = task.level, compile_level(task.level)
    maps = {name: np.zeros((1, level.height * level.width)) for name in MAP_NAMES}
    rows, columns = tables.cell[~tables.over].T
    maps["reachable"][0, rows * level.width + columns] = 1
    row, column = tables.cell[tables.starts[0]]
    for name, r, c, value in (("visits", row, column, 5.0), *found):
        maps[name][0, r * level.width + c] = value
    maps["controls"] = np.eye(len(ACTIONS))[None]
    maps["goal_hidden"] = np.array([float(hidden)])
    return ExperienceMaps(**maps)


def subject(*tasks: Task, **changes: object) -> WatchSetup:
    """Return a set-up to watch: two agents, two adaptation steps."""
    settings = {"seed": 3, "steps": 2, "episodes": EPISODES, **changes}
    return WatchSetup(tasks or (TASK,), "Test pack", AGENTS, **settings)  # type: ignore[arg-type]


class Script:
    """A feed that sends the test's messages and keeps the requests."""

    def __init__(self) -> None:
        self.asked: list[Request | TrainRequest | Stop] = []
        self.requests: list[tuple[int, Task, int, int]] = []
        self.messages: list[Message] = []

    def request(self, request: Request | TrainRequest | Stop) -> None:
        self.asked.append(request)
        if isinstance(request, Request):
            self.requests.append((request.number, request.task, request.seed, request.steps))

    def poll(self) -> list[Message]:
        messages, self.messages = self.messages, []
        return messages

    def close(self) -> None:
        """Do nothing."""


class Slow(BackgroundJobs):
    """Background jobs that are not done until `let` is set."""

    let = False

    def ask(
        self,
        key: Hashable,
        work: Callable[[], Any],
        failed: Callable[[str], Any],
        patience: float = 0.0,
    ) -> Any:
        return work() if self.let else None


class FixedAgents:
    """Two agents; the first was trained on the tasks with these ids."""

    def __init__(self, *seen: str) -> None:
        self.seen = frozenset(seen)
        self.coverage: Coverage | None = None  # of both agents

    def names(self) -> list[str]:
        return list(AGENTS)

    def learners(self) -> list[str]:
        return ["maml", "reptile"]

    def run_folder(self, learner: str, pack: str) -> Path:
        return Path("runs") / f"{learner}-{pack}"

    def defaults(self, pack: Pack) -> tuple[str, ...]:
        return AGENTS

    def card(self, name: str, pack: str) -> AgentCard:
        if name not in AGENTS:
            raise NoAgent(f"{name}: no such agent")
        seen = self.seen if name == AGENTS[0] else frozenset()
        trained_on = "" if self.coverage is None else "tests"
        return AgentCard(name, EPISODES, pack=trained_on, trained_on=seen, coverage=self.coverage)

    def compared(self, names: Sequence[str], pack: str) -> list[str]:
        return list(names)


def press(key: int, typed: str = "", mod: int = 0) -> pygame.event.Event:
    """Return the event of a key that is pressed."""
    return pygame.event.Event(pygame.KEYDOWN, key=key, unicode=typed, mod=mod)


def click(at: tuple[float, float], button: int = 1) -> pygame.event.Event:
    """Return the event of a mouse button that is pressed."""
    pos = (round(at[0]), round(at[1]))
    return pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=pos, button=button)
