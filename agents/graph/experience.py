"""What an agent has experienced in its tasks, kept as maps over the cells of each level.

Maps are kept by cell, not by state: what is learned about a cell holds whatever keys the agent has
and wherever boxes and opponents are.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from agents.graph.moves_belief import MovesBelief
from agents.graph.opponents_belief import Moved, OpponentsBelief
from agents.rollout import Rollout
from game.session.trace import ExperienceMaps
from game.text.level import ENDS_BOXES
from game.text.tiles import LAVA
from game.world.batch import GridBatch
from game.world.rules import Bools, Floats, Ints
from game.world.shown_graph import (
    ShownGraph,
    graph_of,
    has_hidden_goal,
    shown_graph,
    unknown_opponents,
)


@dataclass(frozen=True)
class Moves:
    """n moves in T tasks. States are numbered within the task."""

    task: Ints  # [n]
    time: Ints  # [n] moves of the episode before this one
    state: Ints  # [n] before the move
    action: Ints  # [n] as chosen
    entered: Ints  # [n] the state after the move
    reward: Floats  # [n]

    @classmethod
    def of(cls, data: Rollout) -> Moves:
        """Return all moves of some episodes."""
        alive = data.alive.nonzero()
        time, task, _ = alive
        return cls(
            task,
            time,
            data.state[:-1][alive],
            data.action[alive],
            data.state[1:][alive],
            data.reward[alive],
        )


class Experience:
    """The maps of T tasks. Cells are numbered over all maps, as `ShownGraph.cell`."""

    def __init__(self, batch: GridBatch) -> None:
        self.batch = batch
        self.graph: ShownGraph = shown_graph(batch)
        levels = [tables.level for tables in self.graph.tables]
        n_cells, n_classes = self.graph.n_cells, self.graph.n_classes
        self.visits: Floats = np.zeros(n_cells)  # how often each cell was entered or stood on
        self.deaths: Floats = np.zeros(n_cells)  # episodes that ended here without a goal
        self.goals: Floats = np.zeros(n_cells)  # how often a goal was reached here
        self.goal_paid: Floats = np.zeros(n_cells)  # sum of rewards of reaching them
        self.left_goals: Floats = np.zeros(
            n_cells
        )  # as `goals`, of those from which the search goes on
        self.paid: Floats = np.zeros(n_cells)  # sum of rewards beyond the shown ones
        self.counted: Floats = np.zeros(n_cells)  # number of rewards in that sum
        self.class_paid: Floats = np.zeros(n_classes)  # the same by what was entered
        self.class_counted: Floats = np.zeros(n_classes)
        self.no_room: Bools = np.zeros(n_cells, bool)  # where a box could not be pushed
        self.episodes: Ints = np.zeros(batch.n_tasks, int)  # begun so far
        self.goal_hidden: Bools = np.array([has_hidden_goal(t.level) for t in batch.tables])
        # where an episode ends with boxes on targets, the agent's cell is no goal
        self.has_goals: Bools = np.array([level.ends != ENDS_BOXES for level in levels])
        winds = np.stack([tables.wind for tables in self.graph.tables])
        slippery = np.array([tables.slip.any() for tables in self.graph.tables])
        self.moves = MovesBelief(levels, winds, slippery)
        self._shown = self.graph.shown
        self._has_boxes = np.array([tables.boxes.shape[1] > 0 for tables in self.graph.tables])
        self.opponents = {
            t: OpponentsBelief(level)
            for t, level in enumerate(self._shown)
            if unknown_opponents(level)
        }

    @property
    def found(self) -> Bools:
        """Whether a goal was reached, or there is none to be found [T]."""
        first = self.graph.first_cell
        reached = np.add.reduceat(self.goals, first[:-1]) > 0
        return reached | ~self.goal_hidden

    @property
    def untried(self) -> Bools:
        """Whether what it pays to enter something of a class is hidden, and was not tried yet
        [classes]."""
        untried: Bools = self.graph.hidden_class & (self.class_counted == 0)
        return untried

    @property
    def has_unknown_opponents(self) -> Bools:
        """Whether a task has opponents whose kind or pace is not known yet [T]."""
        unknown = np.zeros(self.batch.n_tasks, bool)
        for t, belief in self.opponents.items():
            unknown[t] = not belief.is_known
        return unknown

    @property
    def settled(self) -> Bools:
        """Whether there is nothing left to find or to try [T]."""
        untried = self.untried.reshape(self.batch.n_tasks, -1).any(1)
        return self.found & ~np.asarray(untried)

    def to_find(self, any_untried: bool) -> Bools:
        """Return the transitions [T, S, A] that find something new.

        That is a hidden goal that was not found yet; else something of which it is hidden, and was
        not tried yet, what it pays to enter it. Unless `any_untried`, nothing is of that kind on
        any task of the batch, and goals count on all.
        """
        batch, graph = self.batch, self.graph
        task = np.arange(batch.n_tasks)[:, None, None]
        finds = batch.goal[task, batch.next_state] & ~batch.goal[..., None]
        if any_untried:
            after = graph.node[task, batch.next_state]
            tries = self.untried[graph.class_of(graph.node[..., None], after)]
            finds = np.where(self.found[:, None, None], tries, finds)
        return finds

    @property
    def has_unvisited(self) -> Bools:
        """Whether there is a cell in which a task's episode can go on, and that was not visited
        [T]."""
        graph = self.graph
        unvisited = ~graph.over & (self.visits[graph.cell] == 0)
        return np.bincount(graph.task, unvisited, self.batch.n_tasks) > 0

    @property
    def unentered(self) -> Bools:
        """Whether a node's cell was never entered and may be a goal [N]: it may where an opponent
        would catch the agent, since a goal ends the episode first."""
        lava = [level.tile(c) == LAVA for level in self.graph.shown for c in "".join(level.rows)]
        unentered: Bools = (self.visits == 0) & ~np.array(lava)
        return unentered[self.graph.cell]

    @property
    def is_lost(self) -> Bools:
        """Whether a task's goal was not found on any cell that can be visited in safety [T]."""
        return ~self.found & ~self.has_unvisited

    @property
    def hopes_for_better(self) -> Bools:
        """Whether all goals that were found in a task pay less than its goals do by default, and
        there are cells left to visit [T]."""
        best = np.maximum.reduceat(self.goal_pays, self.graph.first_cell[:-1])
        usual = [level.goal_reward for level in self.graph.shown]
        hopes: Bools = self.goal_hidden & self.found & (best < usual) & self.has_unvisited
        return hopes

    def before_goals(self) -> Experience:
        """Return the same experience as if no goal had been found, for a search for a better one.

        Episodes still end at those that were; they count as deaths there.
        """
        other = copy.copy(self)
        other.goals, other.left_goals = np.zeros_like(self.goals), self.goals
        other.deaths = self.deaths + self.goals
        return other

    @property
    def is_goal(self) -> Bools:
        """Whether a goal was reached in a cell [cells]."""
        reached: Bools = self.goals + self.left_goals > 0
        return reached

    @property
    def goal_pays(self) -> Floats:
        """The mean reward of reaching the goal in a cell [cells]; 0 where there is none."""
        pays: Floats = self.goal_paid / np.maximum(1, self.goals + self.left_goals)
        return pays

    def beyond(self) -> Floats:
        """Return what each move is expected to pay beyond what is shown [N, A]: by experience of
        the cell that it enters, else of what is like it."""
        graph = self.graph
        by_class = self.class_paid / np.maximum(1, self.class_counted)
        by_cell, known = self.paid / np.maximum(1, self.counted), self.counted > 0
        entered, cell = graph.entered_class, graph.cell[graph.next]
        of_cell = known[cell] & ~graph.takes_coin(entered)
        expected: Floats = np.where(of_cell, by_cell[cell], by_class[entered])
        return expected

    def blocked(self) -> Bools:
        """Return the moves [N, A] that cannot push a box as shown: onto a goal, or where it was
        tried."""
        pushed = self.graph.pushed_to
        blocked: Bools = (pushed >= 0) & (self.no_room | self.is_goal)[pushed]
        return blocked

    def begin(self, task: Ints, state: Ints) -> None:
        """Count episodes that begin in these states [n] of tasks [n]."""
        self.episodes += np.bincount(task, minlength=len(self.episodes))
        cells = self.graph.cell[self.graph.node[task, state]]
        self.visits += np.bincount(cells, minlength=len(self.visits))

    def add_episodes(self, data: Rollout) -> None:
        """Add whole episodes."""
        _, n_tasks, n = data.action.shape
        self.begin(np.repeat(np.arange(n_tasks), n), data.state[0].ravel())
        self.add(Moves.of(data))

    def add(self, moves: Moves) -> None:
        """Add moves, and with them what they tell about controls, wind, slip and opponents."""
        if not len(moves.task):
            return
        graph, batch = self.graph, self.batch
        node = graph.node[moves.task, moves.state]
        cell = graph.cell[graph.node[moves.task, moves.entered]]
        found = batch.goal[moves.task, moves.entered]
        over = batch.over[moves.task, moves.entered]
        matches = graph.cell[graph.next[node]] == cell[:, None]  # [n, A] moves that lead there
        at_goal = found & self.has_goals[moves.task]
        self._count(cell, at_goal, over & ~found)
        self.goal_paid += np.bincount(cell, moves.reward * at_goal, len(self.goal_paid))
        self._count_rewards(moves, node, cell, matches, found, over)
        clear = self._met_no_hidden_goal(moves, node, cell)
        at = node[clear]
        self.moves.add(
            moves.task[clear], moves.action[clear], matches[clear], graph.slip[at], graph.lean[at]
        )
        if self.opponents:
            self._watch_opponents(moves, ~over)  # at a goal, they do not move any more

    def _met_no_hidden_goal(self, moves: Moves, node: Ints, cell: Ints) -> Bools:
        """Return which moves [n] did not stop at a box for which there may be no room.

        No box can be pushed onto a goal, so a push that fails tells of a hidden one, and nothing
        about the controls. Where it is clear which box did not move, the place is noted.
        """
        graph = self.graph
        if not self._has_boxes.any():
            return np.ones(len(node), bool)
        pushed = graph.pushed_to[node]  # [n, A]
        stopped = (graph.cell[node] == cell) & (pushed >= 0).any(1)
        calm = ~self.moves.in_doubt[moves.task] & stopped
        at = pushed[np.arange(len(node)), moves.action][calm]
        self.no_room[at[at >= 0]] = True
        return ~stopped

    def _count(self, cell: Ints, found: Bools, died: Bools) -> None:
        """Count entered cells [n], and goals and deaths there."""
        self.visits += np.bincount(cell, minlength=len(self.visits))
        self.goals += np.bincount(cell, found, len(self.goals))
        self.deaths += np.bincount(cell, died, len(self.deaths))

    def _count_rewards(
        self, moves: Moves, node: Ints, cell: Ints, matches: Bools, found: Bools, over: Bools
    ) -> None:
        """Count rewards beyond the shown ones, by what was entered and by cell.

        Where several moves lead to the cell, the mean of their shown rewards is expected, but for
        moves into death: at a goal, the episode ends before an opponent comes. A death's reward is
        not counted, a hidden goal's tells nothing about cells like its own, and a coin's
        nothing about its cell once it is taken.
        """
        graph = self.graph
        matches = matches & ~graph.deadly[node]
        n_matches = matches.sum(1)
        counts = (n_matches > 0) & (found | ~over)
        shown = (matches * graph.reward[node]).sum(1) / np.maximum(1, n_matches)
        beyond = np.where(counts, moves.reward - shown, 0.0)
        entered = graph.entered_class[node, matches.argmax(1)]
        of_class = counts & ~found
        self.class_paid += np.bincount(entered, beyond * of_class, len(self.class_paid))
        self.class_counted += np.bincount(entered, of_class, len(self.class_counted))
        of_cell = counts & ~graph.takes_coin(entered)
        self.paid += np.bincount(cell, beyond * of_cell, len(self.paid))
        self.counted += np.bincount(cell, of_cell, len(self.counted))

    def _watch_opponents(self, moves: Moves, going: Bools) -> None:
        """Rule out kinds of opponents; see the level anew where they have become known."""
        levels = list(self._shown)
        for t, belief in self.opponents.items():
            mine = np.flatnonzero((moves.task == t) & going)
            tables = self.batch.tables[t]
            before, after = moves.state[mine], moves.entered[mine]
            places = tables.opponents
            belief.add(Moved(moves.time[mine], places[before], places[after], tables.cell[after]))
            levels[t] = belief.level
        if levels != self._shown:
            self._shown = levels
            self.graph = graph_of(self.batch, levels, self.graph)

    def maps(self) -> ExperienceMaps:
        """Return the maps of all tasks, with what is believed about the controls."""
        graph = self.graph
        reachable = np.zeros(graph.n_cells)
        reachable[graph.cell[~graph.over]] = 1
        return ExperienceMaps(
            reachable=graph.by_task(reachable),
            visits=graph.by_task(self.visits),
            paid=graph.by_task(self.paid / np.maximum(1, self.counted)),
            goals=graph.by_task(self.goals),
            deaths=graph.by_task(self.deaths),
            controls=self.moves.estimate().controls,
            goal_hidden=self.goal_hidden.astype(float),
        )
