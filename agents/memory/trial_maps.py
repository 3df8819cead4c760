"""What n trials have experienced, as maps of the shown level, read at the present state of each.

They are what a person notes while playing: where one has been, where goals are, what was paid and
what was deadly, and which action is which move. Maps are kept by cell, as in `agents.graph`, but
are written and read at every move of many trials at once.
"""

from __future__ import annotations

import numpy as np

from agents.memory.trials import Floats32, TrialTransition
from game.world.batch import GridBatch
from game.world.rules import STAY, Bools, Floats, Ints
from game.world.shortest_paths import FAR, Distances
from game.world.shown_graph import CLASSES, shown_graph
from game.world.tables import N_ACTIONS

MOVE_NOTES = 10  # numbers noted about each move
NODE_NOTES = 4  # numbers noted about the present state
N_NOTES = N_ACTIONS * MOVE_NOTES + NODE_NOTES + N_ACTIONS * N_ACTIONS
UNEXPLAINED = -1.5  # log-likelihood of an outcome that another move would have had
CERTAIN = 8.0  # prior log-odds of normal controls, where they are shown
MOSTLY = 3.0  # prior log-odds that shuffled controls leave `stay` alone
BALANCED = 4  # passes that make rows and columns of a matrix add up to 1
SCALE = 10.0  # of logarithms of distances and counts


class TrialMaps:
    """The maps of n trials, `per_task` of each of T tasks side by side.

    Nodes (M at most) and cells (C at most) are numbered within a task.
    """

    def __init__(self, batch: GridBatch, per_task: int) -> None:
        graph = shown_graph(batch)
        self.batch, self.graph = batch, graph
        self.task: Ints = np.repeat(np.arange(batch.n_tasks), per_task)
        sizes, n = np.diff(graph.first)[:, None], len(self.task)
        nodes = graph.first[:-1, None] + np.minimum(np.arange(sizes.max()), sizes - 1)  # [T, M]
        self.cell: Ints = graph.cell[nodes] - graph.first_cell[:-1, None]  # [T, M]
        self.real: Bools = np.arange(sizes.max()) < sizes  # [T, M] no padding
        self.live: Bools = ~graph.over[nodes]
        self.shown_goal: Bools = graph.goal[nodes]
        self.unit: Floats = graph.largest_reward[self.task]  # [n]
        shape = (n, int(np.diff(graph.first_cell).max()))
        self.visits: Floats = np.zeros(shape)  # times that a cell was entered or stood on
        self.present: Bools = np.zeros(shape, bool)  # whether in this episode
        self.goals: Bools = np.zeros(shape, bool)  # whether a goal was reached there
        self.deaths: Floats = np.zeros(shape)  # episodes that ended there without a goal
        self.paid: Floats = np.zeros(shape)  # sum of rewards beyond the shown ones
        self.class_paid: Floats = np.zeros((n, CLASSES))  # the same by what was entered
        self.class_count: Floats = np.zeros((n, CLASSES))
        self.controls: Floats = np.stack([_prior(t.level.hidden) for t in graph.tables])[self.task]
        first = np.arange(0, n, per_task)
        self.to_new: Distances = self._distances(first, self._new(first)).repeat(
            per_task, 0
        )  # [n, M]
        self.to_goal: Distances = self._distances(first, self._goals(first)).repeat(per_task, 0)

    @property
    def arrays(self) -> list[np.ndarray]:
        """All arrays [n, ..] that change during a trial, in place."""
        maps = [self.visits, self.present, self.goals, self.deaths, self.paid]
        by_class = [self.class_paid, self.class_count]
        return [*maps, *by_class, self.controls, self.to_new, self.to_goal]

    def begin(self, trials: Ints, state: Ints) -> None:
        """Note that an episode begins in these flat states [m] of these trials [m]."""
        self.present[trials] = False
        self._visit(trials, self._place(trials, self.graph.node.ravel()[state]))

    def add(self, trials: Ints, made: TrialTransition) -> None:
        """Note a transition in each of these trials [m]."""
        graph = self.graph
        node, after = graph.node.ravel()[made.state], graph.node.ravel()[made.entered]
        found, over = made.goal, self.batch.over.ravel()[made.entered]
        cell = self._place(trials, after)
        matches = graph.cell[graph.next[node]] == graph.cell[after][:, None]  # [m, A] moves there
        self.deaths[trials, cell] += over & ~found
        self._visit(trials, cell)
        explained = matches.any(1)
        move = matches.argmax(1)
        beyond = (made.reward - graph.reward[node, move]) * (explained & (found | ~over))
        self.paid[trials, cell] += beyond
        kind = graph.entered_class[node, move] % CLASSES
        ordinary = explained & ~over & ~found
        self.class_paid[trials, kind] += beyond * ordinary
        self.class_count[trials, kind] += ordinary
        told = UNEXPLAINED * ~matches * (explained & ~over)[:, None]  # [m, A]
        self.controls[trials, made.action] += told
        new = np.flatnonzero(found & ~self.goals[trials, cell])
        if len(new):
            self.goals[trials[new], cell[new]] = True
            self.to_goal[trials[new]] = self._distances(trials[new], self._goals(trials[new]))

    def notes(self, trials: Ints, state: Ints, begins: bool = False) -> Floats32:
        """Return what is noted in flat states [m] of these trials [m], as numbers [m, N_NOTES].

        They are MOVE_NOTES for each move, NODE_NOTES, and the probability that an action (row) is a
        move (column). `begins`: as they will be when the next episode begins there.
        """
        graph = self.graph
        node = graph.node.ravel()[state]
        at = trials[:, None]
        ahead = graph.next[node]  # [m, A]
        cell = self._place(at, ahead)
        here, there = node - graph.first[self.task[trials]], ahead - graph.first[self.task[at]]
        kind = graph.entered_class[node] % CLASSES
        hidden = graph.hidden_class[graph.entered_class[node]]
        visits, unit = self.visits[at, cell], self.unit[at]
        to_goal, to_new = self.to_goal[trials, here], self.to_new[trials, here]
        count, reached = self.class_count[at, kind], np.maximum(1, visits)
        of_moves = (
            (visits == 0) & ~graph.over[ahead],
            np.log1p(visits) / SCALE,
            np.zeros(visits.shape) if begins else self.present[at, cell],
            self.goals[at, cell] | graph.goal[ahead],
            np.clip(self.to_goal[at, there] - to_goal[:, None], -1, 1),
            np.clip(self.to_new[at, there] - to_new[:, None], -1, 1),
            np.clip(self.paid[at, cell] / reached / unit, -2, 2),
            self.deaths[at, cell] / reached,
            np.clip(self.class_paid[at, kind] / np.maximum(1, count) / unit, -2, 2),
            hidden & (count == 0),
        )
        of_node = (
            np.log1p(to_goal) / SCALE,
            np.log1p(to_new) / SCALE,
            to_goal < FAR,
            np.log1p(self.visits[trials, self._place(trials, node)]) / SCALE,
        )
        by_move = np.stack(of_moves, -1).reshape(len(trials), -1)
        controls = _balanced(self.controls[trials]).reshape(len(trials), -1)
        parts = (by_move, np.stack(of_node, -1), controls)
        return np.concatenate(parts, 1, dtype=np.float32)

    def _place(self, trials: Ints, node: Ints) -> Ints:
        """Return the cells of nodes, which are numbered over all tasks."""
        cells: Ints = self.graph.cell[node] - self.graph.first_cell[self.task[trials]]
        return cells

    def _visit(self, trials: Ints, cell: Ints) -> None:
        """Count cells [m] that are entered or stood on."""
        new = trials[self.visits[trials, cell] == 0]
        self.visits[trials, cell] += 1
        self.present[trials, cell] = True
        if len(new):
            self.to_new[new] = self._distances(new, self._new(new))

    def _new(self, trials: Ints) -> Bools:
        """Return the nodes [m, M] that the agent can be in, on cells not visited yet."""
        task = self.task[trials]
        unvisited = np.take_along_axis(self.visits[trials] == 0, self.cell[task], 1)
        return unvisited & self.live[task]

    def _goals(self, trials: Ints) -> Bools:
        """Return the nodes [m, M] with goals that are shown or were reached."""
        task = self.task[trials]
        return np.take_along_axis(self.goals[trials], self.cell[task], 1) | self.shown_goal[task]

    def _distances(self, trials: Ints, targets: Bools) -> Distances:
        """Return the fewest moves from each node to one of the targets [m, M]; FAR for none."""
        task = self.task[trials]
        return self.graph.backward.distances(targets & self.real[task], self.graph.first[task])


def _prior(hidden: tuple[str, ...]) -> Floats:
    """Return the prior log-odds that an action (row) is a move (column), given what is hidden."""
    if any("controls" in label for label in hidden):
        return MOSTLY * (np.arange(N_ACTIONS) == STAY) * np.eye(N_ACTIONS)
    return CERTAIN * np.eye(N_ACTIONS)


def _balanced(log_odds: Floats) -> Floats:
    """Return probabilities [m, A, A] whose rows add up to 1, and whose columns nearly do."""
    weight = np.exp(log_odds - log_odds.max(-1, keepdims=True)) + 1e-9
    for _ in range(BALANCED):
        weight /= weight.sum(-2, keepdims=True)
        weight /= weight.sum(-1, keepdims=True)
    return weight
