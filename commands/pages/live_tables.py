"""What a page needs to adapt gradient agents by itself: data for the module `adaptation.mjs`.

`live_tables` gives the transition tables of one task, what each agent observes in each state, and
the weights that adapt, with their step sizes. All of it is ready for JSON. The task with its goal
in another cell is given by what differs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from torch import Tensor

from agents.gradient.gradient_learner import GradientLearner
from agents.gradient.policy import LAST_GAIN, MoveFeatures, Observation, Params
from agents.gradient.scratch import Scratch
from agents.graph import moves_belief
from agents.graph.experience import Experience
from agents.inner_config import TABLE, VALUES
from agents.learner import Learner
from commands.pages.packing import packed_tree
from game.session.trace import EPISODES_SHOWN
from game.tasks.task import Task
from game.text.drawn_values import move_goal
from game.text.level import Cell, Level
from game.world.batch import GridBatch
from game.world.features import N_FEATURES, N_FIRST_FEATURES
from game.world.planner import baseline_returns
from game.world.shown_graph import shown_graph
from game.world.tables import N_ACTIONS

MOST_BYTES = 600_000  # of one page's live data
MOST_STATES = 20_000  # of a level, before its observations are looked at
FEATURES, GRAPH = "features", "graph"
Tree = dict[str, Any]  # of arrays and what JSON knows, by name


class NotLive(ValueError):
    """An agent cannot adapt in a page; the message says why."""


def live_obstacle(learner: Learner, level: Level) -> str:
    """Return why a learner cannot adapt to a level in a page, in words; "" if it can."""
    try:
        live_tables(level, {"": learner})
    except NotLive as reason:
        return str(reason)
    return ""


def live_tables(
    level: Level, learners: Mapping[str, Learner], goals: Sequence[Cell] = ()
) -> dict[str, Any]:
    """Return the data with which `adaptation.mjs` adapts these learners, by name, to a level.

    `goals` are cells (row, column) to which the goal can be moved. Raises NotLive.
    """
    if level.world and not level.world.rules.by_moves:
        raise NotLive(f"a page cannot draw the chance in 'world: {level.world.kind}'")
    batch = _batch(level, goals)
    known = {name: _gradient_learner(learner) for name, learner in learners.items()}
    tasks = [_task(batch, t) for t in range(batch.n_tasks)]
    agents = {name: _agent(learner, batch, tasks) for name, learner in known.items()}
    live = {
        "shown": EPISODES_SHOWN,
        "task": packed_tree(tasks[0]),
        "goals": [
            {"cell": list(cell), "changes": packed_tree(_changes(tasks[0], task))}
            for cell, task in zip(goals, tasks[1:], strict=True)
        ],
        "agents": {name: packed_tree(agent) for name, agent in agents.items()},
    }
    size = len(json.dumps(live))
    if size > MOST_BYTES:
        raise NotLive(f"the level has too many states for a page ({size:,} bytes of tables)")
    return live


def _batch(level: Level, goals: Sequence[Cell]) -> GridBatch:
    """Return the level, and the level with its goal in each of the cells. Raises NotLive."""
    batch = GridBatch.of([level, *(move_goal(level, cell) for cell in goals)])
    if batch.n_states > MOST_STATES:
        raise NotLive(f"the level has too many states for a page ({batch.n_states:,})")
    return batch


def _gradient_learner(learner: Learner) -> GradientLearner:
    """Return a learner that adapts by gradients. Raises NotLive."""
    if not isinstance(learner, GradientLearner):
        raise NotLive("the agent does not adapt by gradients, so pages show recorded runs of it")
    return learner


# --- the task ------------------------------------------------------------------------------------


def _task(batch: GridBatch, t: int) -> Tree:
    """Return the transition tables of one task of a batch, and the returns that scores need."""
    tables, returns = batch.tables[t], baseline_returns(batch)
    chance = {
        "slip": tables.slip,
        "lean": tables.lean,
        "sides": tables.sides.tolist(),
        "leftFirst": tables.left_first.tolist(),
        "wind": tables.wind.tolist(),
    }
    return {
        "id": Task(tables.level, "").id,
        "steps": tables.level.steps,
        "starts": tables.starts,
        "next": tables.next_state,
        "reward": tables.reward,
        "over": tables.over,
        "goal": tables.goal,
        "chance": chance if batch.stochastic[t] else None,
        "random": float(returns.random[t]),
        "optimal": float(returns.optimal[t]),
    }


def _features(features: np.ndarray, n_states: int) -> Tree:
    """Return the features [S, F'] of a task's states as sparse rows.

    States that look alike share a row. Row r has the entries from `first[r]` to `first[r + 1]`.
    """
    rows, row_of = np.unique(features[:n_states], axis=0, return_inverse=True)
    row, column = rows.nonzero()
    return {
        "rowOf": row_of.reshape(-1),
        "first": np.searchsorted(row, np.arange(len(rows) + 1)),
        "column": column,
        "values": rows[row, column],
    }


def _graph(observed: MoveFeatures, experience: Experience, t: int) -> Tree:
    """Return the nodes of a task's graph, and what is needed to tell which move each action is."""
    graph, belief = experience.graph, experience.moves
    nodes = slice(graph.first[t], graph.first[t + 1])
    n_nodes, n_states = nodes.stop - nodes.start, experience.batch.tables[t].n_states
    slip = graph.slip[nodes]
    left = 0.5 + np.divide(graph.lean[nodes], slip, out=np.zeros_like(slip), where=slip > 0)
    return {
        "rowOf": observed.node[t, :n_states].numpy(),
        "next": observed.next[t, :n_nodes].numpy(),
        "cell": graph.cell[nodes] - graph.first_cell[t],
        "pushes": (graph.pushed_to[nodes] >= 0).any(1),
        "slip": np.rint(slip * (moves_belief.SLIPS - 1)).astype(int),
        "share": np.rint(left * (moves_belief.SHARES - 1)).astype(int),
        "belief": {
            "inDoubt": bool(belief.in_doubt[t]),
            "prior": belief.prior[t].ravel(),  # [winds * factors]
            "controlsPrior": belief.controls_prior[t],
            "winds": [[int(move), float(chance)] for move, chance in moves_belief.WINDS],
            "factors": list(moves_belief.FACTORS),
            "left": moves_belief.LEFT.tolist(),
            "right": moves_belief.RIGHT.tolist(),
            "slips": moves_belief.SLIPS,
            "shares": moves_belief.SHARES,
            "unlikely": moves_belief.UNLIKELY,
            "certain": moves_belief.CERTAIN,
        },
    }


# --- the agents ----------------------------------------------------------------------------------


def _agent(learner: GradientLearner, batch: GridBatch, tasks: Sequence[Tree]) -> Tree:
    """Return what adapts of a learner, and add what it observes to the trees of the tasks."""
    meta = learner.meta.average
    observed, columns = learner.body.observe(meta, batch)
    start = learner.params_for_tasks(meta, observed, columns)
    moves = _observed(observed, batch, tasks)
    if learner.config.inner.scaled:
        for task, largest in zip(tasks, shown_graph(batch).largest_reward.tolist(), strict=True):
            task["largestReward"] = largest
    tables = (TABLE, VALUES) if moves else ()
    return {
        "body": GRAPH if moves else FEATURES,
        "inner": asdict(learner.config.inner),
        "follows": learner.follows(batch),
        "weights": _of_one_task({n: p for n, p in start.params.items() if n not in tables}),
        "stepSizes": [_of_one_task(sizes) for sizes in start.step_sizes],
        "drawn": None if moves else _drawn(learner, columns.numpy()),
        "moves": moves[0] if moves else None,
        "movesByGoal": [None if np.array_equal(m, moves[0]) else m for m in moves[1:]],
    }


def _drawn(learner: GradientLearner, columns: np.ndarray) -> Tree | None:
    """Return how an agent without meta-training draws the initialisation of its network, of which
    these rows are used; None for other agents."""
    if not isinstance(learner, Scratch):
        return None
    return {
        "sizes": [N_FEATURES, *learner.config.hidden, N_ACTIONS],
        "inputs": N_FIRST_FEATURES,  # further rows are 0
        "columns": columns,
        "lastGain": LAST_GAIN,
    }


def _observed(observed: Observation, batch: GridBatch, tasks: Sequence[Tree]) -> list[np.ndarray]:
    """Add what a learner observes to the trees of the tasks; return its features of moves [M, A, C]
    in each task, none where it observes features of states."""
    if isinstance(observed, Tensor):
        for features, task, tables in zip(observed.numpy(), tasks, batch.tables, strict=True):
            task[FEATURES] = _features(features, tables.n_states)
        return []
    experience = Experience(batch)
    for t, task in enumerate(tasks):
        task[GRAPH] = _graph(observed, experience, t)
    n_nodes = np.diff(experience.graph.first)
    return [moves[:n].detach().numpy() for moves, n in zip(observed.moves, n_nodes)]


def _of_one_task(params: Params) -> dict[str, np.ndarray]:
    """Return the parameters of the first of several tasks that share them."""
    return {name: p[0].detach().numpy() for name, p in params.items()}


# --- changes -------------------------------------------------------------------------------------


def _changes(base: Tree, other: Tree) -> Tree:
    """Return what has to be replaced in a tree to make another one of it.

    In an array of the same shape, that is the values `to` at the flat indices `at`.
    """
    changes: Tree = {}
    for name, value in other.items():
        old = base.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            if inside := _changes(old, value):
                changes[name] = inside
        elif not isinstance(value, np.ndarray):
            if value != old:
                changes[name] = value
        elif not isinstance(old, np.ndarray) or old.shape != value.shape:
            changes[name] = value
        elif len(at := np.flatnonzero(old != value)):
            changes[name] = {"at": at, "to": value.ravel()[at]}
    return changes
