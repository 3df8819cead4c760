"""What an agent has experienced in its tasks, kept as maps over the cells of each level.

Maps are kept by cell, not by state: what is learned about a cell holds whatever keys the agent has
and wherever boxes and opponents are.
"""

from __future__ import annotations

import copy
from typing import Self

import numpy as np

from agents.graph.moves_belief import MovesBelief
from agents.rollout import Rollout
from game.session.trace import ExperienceMaps
from game.world.batch import GridBatch
from game.world.rules import Floats, Ints, _codes
from game.world.shown_graph import has_hidden_goal, shown_graph
from game.world.tables import N_ACTIONS

CLASSES = 256  # of what a move enters: a character of the map, and whether a coin is taken there


class Experience:
    """The maps of T tasks. Cells are numbered over all maps, see `ShownGraph.cell`."""

    def __init__(self, batch: GridBatch) -> None:
        self.batch = batch
        self.graph = graph = shown_graph(batch)
        self.visits: Floats = np.zeros(graph.n_cells)  # how often each cell was entered or stood on
        self.paid: Floats = np.zeros(graph.n_cells)  # sum of rewards beyond the shown ones
        self.counted: Floats = np.zeros(graph.n_cells)  # number of rewards in that sum
        self.deaths: Floats = np.zeros(graph.n_cells)  # episodes that ended here without a goal
        self.goals: Floats = np.zeros(graph.n_cells)  # how often a goal was reached here
        self.class_paid: Floats = np.zeros(batch.n_tasks * CLASSES)  # `paid` by class
        self.class_counted: Floats = np.zeros(batch.n_tasks * CLASSES)
        self.episodes: Floats = np.zeros(batch.n_tasks)  # begun so far
        self.moves = MovesBelief([t.level for t in graph.tables], _winds(graph))
        self.goal_hidden = np.array([has_hidden_goal(t.level) for t in batch.tables])
        self.entered_class: Ints = _classes(graph)  # [N, A]

    def add(self, data: Rollout) -> None:
        """Add whole episodes."""
        self.episodes += data.action.shape[2]
        alive = data.alive.nonzero()
        _, task, _ = alive
        self.visits += np.bincount(self._start_cells(data), minlength=len(self.visits))
        self.add_moves(task, data.state[:-1][alive], data.action[alive], data.state[1:][alive], data.reward[alive])

    def found(self):
        """Whether a hidden goal was found, or there is none [T]."""
        graph = self.graph
        of_cell = np.repeat(np.arange(self.batch.n_tasks), np.diff(graph.first_cell))
        return (np.bincount(of_cell, self.goals, self.batch.n_tasks) > 0) | ~self.goal_hidden

    def maps(self, controls: Floats) -> ExperienceMaps:
        """Return the maps of all tasks [T, cells], with what is believed about the controls."""
        graph, sizes = self.graph, np.diff(self.graph.first_cell)
        reachable = np.zeros(graph.n_cells)
        reachable[graph.cell[~graph.over]] = 1

        def by_task(values: Floats) -> Floats:
            rows = np.zeros((len(sizes), sizes.max()))
            rows[np.arange(sizes.max()) < sizes[:, None]] = values
            return rows

        return ExperienceMaps(
            reachable=by_task(reachable),
            visits=by_task(self.visits),
            paid=by_task(self.paid / np.maximum(1, self.counted)),
            goals=by_task(self.goals),
            deaths=by_task(self.deaths),
            controls=controls,
            goal_hidden=self.goal_hidden.astype(float),
        )

    def _start_cells(self, data: Rollout) -> Ints:
        """Return the cells that the episodes began on."""
        task = np.arange(self.batch.n_tasks)[:, None]
        cells: Ints = self.graph.cell[self.graph.node[task, data.state[0]]].ravel()
        return cells

    def add_moves(self, task: Ints, state: Ints, action: Ints, entered: Ints, reward: Floats) -> None:
        """Add n moves. States are numbered within the task."""
        graph, batch = self.graph, self.batch
        node, after = graph.node[task, state], graph.node[task, entered]
        cell = graph.cell[after]
        found, over = batch.goal[task, entered], batch.over[task, entered]
        matches = graph.cell[graph.next[node]] == cell[:, None]  # [n, A]
        died = over & ~found
        self.visits += np.bincount(cell, minlength=len(self.visits))
        self.goals += np.bincount(cell, found, len(self.goals))
        self.deaths += np.bincount(cell, died, len(self.deaths))
        n_matches = matches.sum(1)
        explained = (n_matches > 0) & ~died
        shown = (matches * graph.reward[node]).sum(1) / np.maximum(1, n_matches)
        beyond = np.where(explained, reward - shown, 0.0)
        self.paid += np.bincount(cell, beyond, len(self.paid))
        self.counted += np.bincount(cell, explained, len(self.counted))
        move = matches.argmax(1)
        kind = self.entered_class[node, move]
        ordinary = explained & ~found
        self.class_paid += np.bincount(kind, beyond * ordinary, len(self.class_paid))
        self.class_counted += np.bincount(kind, ordinary, len(self.class_counted))
        lively = ~over  # where an opponent ended the episode, the move says little
        self.moves.add(task[lively], action[lively], matches[lively], graph_slip(graph)[node[lively]])


def graph_slip(graph):
    return graph.slip


def _winds(graph) -> Floats:
    return np.stack([tables.wind for tables in graph.tables])


def _classes(graph) -> Ints:
    """Return the class of what each move enters [N, A], numbered over all tasks."""
    codes = np.concatenate(
        [_codes(tables.level.rows, 1)[1:-1, 1:-1].ravel() for tables in graph.tables]
    ).astype(int)
    coins = graph.coins_left
    takes = coins[graph.next] < coins[:, None]
    return graph.task[:, None] * CLASSES + codes[graph.cell[graph.next]] + 128 * takes
