"""The inputs of the graph network: numbers for each node and each move of the shown graph.

They are read off the shown level and the maps of experience; nothing hidden enters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.graph.experience import CLASSES, Experience
from game.world.batch import Chance, GridBatch, once_per_batch
from game.world.rules import MOVES, SIDES, STAY, Bools, Floats, Ints
from game.world.shown_graph import ShownGraph, has_hidden_goal, shown_graph
from game.world.tables import N_ACTIONS

FAR = 30.0  # moves; distances saturate at about this
NODE_INPUTS = (
    "over", "dead", "goal shown", "slip", "start", "from start", "opponent near",
    "steps", "step reward", "goal ends", "goal hidden",
    "unvisited", "visits", "goal found here", "deaths", "paid beyond", "to unvisited", "to goal",
    "any goal found", "share visited", "episodes", "episodes ahead", "wind", "controls known",
)
MOVE_INPUTS = (
    "reward", "bump", "deadly", "goal", "slip next", "stays", "changes", "opponent next",
    "from start", "unvisited", "visits", "paid beyond", "class paid", "class unknown", "deaths",
    "to unvisited", "to goal", "onward",
)


@dataclass(frozen=True)
class GraphInputs:
    """Inputs of the network for N nodes."""

    nodes: NDArray[np.float32]  # [N, NODE_INPUTS]
    moves: NDArray[np.float32]  # [N, A, MOVE_INPUTS] expected over the move that takes effect
    next: Ints  # [N, A]
    effect: NDArray[np.float32] | None  # [N, A, A] probability of the effective move; None: itself
    controls: Floats  # [T, A, A] probability that an action is a move


def steps_to(graph: ShownGraph, targets: Bools, onward: Bools) -> Floats:
    """Return the fewest moves from each node to one of the targets [N]; infinite if there is none.

    Only moves where `onward` [N, A] are taken.
    """
    distance = np.where(targets, 0.0, np.inf)
    following = np.where(onward, graph.next, np.arange(graph.n_nodes)[:, None])
    while True:
        ahead = distance[following].min(1) + 1
        if not (ahead < distance).any():
            return distance
        np.minimum(distance, ahead, out=distance)


def squash(values: Floats) -> Floats:
    """Return distances as numbers from 0 to 1; 1 for infinite ones."""
    return 1 - np.exp(-values / FAR)


class StaticInputs:
    """The inputs that do not depend on experience."""

    def __init__(self, graph: ShownGraph, batch: GridBatch) -> None:
        self.graph = graph
        levels = [tables.level for tables in graph.tables]
        n = graph.n_nodes
        reward = graph.reward
        scale = np.array([max(abs(level.goal_reward), *np.abs(t.reward).ravel()) for level, t in zip(levels, graph.tables)])
        self.scale = scale  # [T]
        self.by_node = scale[graph.task]
        self.ends = graph.terminated
        good = graph.goal[graph.next]
        self.deadly = graph.terminated & ~good
        self.onward = ~graph.over[:, None] & ~self.deadly & (graph.next != np.arange(n)[:, None])
        start = graph.start
        from_start = self._from_start(start > 0)
        self.nodes = np.zeros((n, len(NODE_INPUTS)), np.float32)
        self.moves = np.zeros((n, N_ACTIONS, len(MOVE_INPUTS)), np.float32)
        node, move = self.node, self.move
        per = lambda values: np.array(values, float)[graph.task]
        node("over")[:] = graph.over
        node("dead")[:] = graph.over & ~graph.goal
        node("goal shown")[:] = graph.goal
        node("slip")[:] = graph.slip
        node("start")[:] = start > 0
        node("from start")[:] = squash(from_start)
        near = self._opponents()
        node("opponent near")[:] = np.exp(-near / 2)
        node("steps")[:] = per([np.log(level.steps) / 6 for level in levels])
        node("step reward")[:] = per([np.tanh(abs(level.step_reward) * level.steps / s) for level, s in zip(levels, scale)])
        node("goal ends")[:] = per([level.ends == "goal" for level in levels])
        self.goal_hidden = np.array([has_hidden_goal(t.level) for t in batch.tables])
        node("goal hidden")[:] = self.goal_hidden[graph.task]
        move("reward")[:] = reward / self.by_node[:, None]
        move("bump")[:] = (graph.next == np.arange(n)[:, None])
        move("bump")[:, STAY] = 0
        move("deadly")[:] = self.deadly
        move("slip next")[:] = graph.slip[graph.next]
        move("stays")[:, STAY] = 1
        changed = np.zeros((n, N_ACTIONS), bool)
        for name in ("keys", "coins", "boxes", "gates"):
            parts = [getattr(t, name).reshape(t.n_states, -1) for t in graph.tables]
            if not any(p.shape[1] for p in parts):
                continue
            for t, part in enumerate(parts):
                if part.shape[1] and part.any():
                    rows = slice(graph.first[t], graph.first[t + 1])
                    own = part[graph.state[rows]]
                    ahead = part[graph.state[graph.next[rows]]]
                    changed[rows] |= (own[:, None] != ahead).any(-1)
        move("changes")[:] = changed
        move("opponent next")[:] = np.exp(-near[graph.next])
        move("from start")[:] = self.change(from_start)
        move("onward")[:] = self.onward

    def node(self, name: str) -> np.ndarray:
        return self.nodes[:, NODE_INPUTS.index(name)]

    def move(self, name: str) -> np.ndarray:
        return self.moves[..., MOVE_INPUTS.index(name)]

    def _from_start(self, start: Bools) -> Floats:
        """Return the fewest moves from a start to each node [N]."""
        graph = self.graph
        distance = np.where(start, 0.0, np.inf)
        frontier, steps = np.flatnonzero(start), 0
        while len(frontier):
            steps += 1
            ahead = graph.next[frontier][self.onward[frontier]]
            ahead = ahead[distance[ahead] == np.inf]
            distance[ahead] = steps
            frontier = np.unique(ahead)
        return distance

    def _opponents(self) -> Floats:
        """Return the distance of the nearest opponent in each node [N], in moves."""
        graph = self.graph
        nearest = np.full(graph.n_nodes, np.inf)
        width = np.array([t.level.width for t in graph.tables])[graph.task]
        local = graph.cell - graph.first_cell[graph.task]
        here = np.stack([local // width, local % width], -1)
        for column in graph.unknown.T:
            there = np.stack([column // width, column % width], -1)
            away = np.abs(here - there).sum(1)
            nearest = np.minimum(nearest, np.where(column >= 0, away, np.inf))
        for t, tables in enumerate(graph.tables):
            if tables.opponents.size:
                rows = slice(graph.first[t], graph.first[t + 1])
                away = np.abs(tables.opponents - tables.cell[:, None]).sum(-1).min(1)
                nearest[rows] = np.minimum(nearest[rows], away[graph.state[rows]])
        return nearest

    def change(self, distance: Floats) -> Floats:
        """Return by how many moves each move changes a distance [N, A], from -1 to 1; where it is
        infinite before or after, 0 or the sign of the change."""
        ahead = np.minimum(distance, 1e6)[self.graph.next]
        return np.clip(ahead - np.minimum(distance, 1e6)[:, None], -1, 1)


@once_per_batch
def static_inputs(batch: GridBatch) -> StaticInputs:
    """Return the static inputs of a batch. The batch keeps them: do not change them."""
    return StaticInputs(shown_graph(batch), batch)


def graph_inputs(experience: Experience, episodes_ahead: float) -> GraphInputs:
    """Return the inputs of the network, given what was experienced.

    `episodes_ahead` is the number of episodes that will be played before experience counts again.
    """
    batch, graph = experience.batch, experience.graph
    static = static_inputs(batch)
    nodes, moves = static.nodes.copy(), static.moves.copy()

    def node(name: str) -> np.ndarray:
        return nodes[:, NODE_INPUTS.index(name)]

    def move(name: str) -> np.ndarray:
        return moves[..., MOVE_INPUTS.index(name)]

    def per_task(values: Floats) -> Floats:
        return values[graph.task]

    cell = graph.cell
    unvisited = (experience.visits[cell] == 0) & ~graph.over
    known_goal = (experience.goals[cell] > 0) | (graph.goal & graph.over) | (graph.goal & (static.ends.any(1)))
    known_goal = (experience.goals[cell] > 0) | graph.goal
    paid = experience.paid / np.maximum(1, experience.counted)
    paid_here = paid[cell] / static.by_node
    class_counted = experience.class_counted[experience.entered_class]
    class_paid = experience.class_paid[experience.entered_class] / np.maximum(1, class_counted)
    to_new = steps_to(graph, unvisited, static.onward)
    to_goal = steps_to(graph, known_goal, static.onward)
    belief = experience.moves.estimate()
    node("unvisited")[:] = unvisited
    node("visits")[:] = np.tanh(np.log1p(experience.visits[cell]) / 4)
    node("goal found here")[:] = experience.goals[cell] > 0
    deaths = experience.deaths / np.maximum(1, experience.visits)
    node("deaths")[:] = deaths[cell]
    node("paid beyond")[:] = np.clip(paid_here, -2, 2)
    node("to unvisited")[:] = squash(to_new)
    node("to goal")[:] = squash(to_goal)
    found = np.bincount(graph.task, experience.goals[cell] > 0, batch.n_tasks) > 0
    node("any goal found")[:] = per_task(found | ~static.goal_hidden)
    live = np.bincount(graph.task, ~graph.over, batch.n_tasks)
    node("share visited")[:] = per_task(1 - np.bincount(graph.task, unvisited, batch.n_tasks) / live)
    node("episodes")[:] = per_task(np.log1p(experience.episodes) / 5)
    node("episodes ahead")[:] = np.log(episodes_ahead) / 3
    node("wind")[:] = per_task(belief.wind.sum(1))
    node("controls known")[:] = per_task(belief.controls.max(2).mean(1))
    move("goal")[:] = known_goal[graph.next]
    move("unvisited")[:] = unvisited[graph.next]
    move("visits")[:] = node("visits")[graph.next]
    move("paid beyond")[:] = node("paid beyond")[graph.next]
    move("class paid")[:] = np.clip(class_paid / static.by_node[:, None], -2, 2)
    move("class unknown")[:] = class_counted == 0
    move("deaths")[:] = node("deaths")[graph.next]
    move("to unvisited")[:] = static.change(to_new)
    move("to goal")[:] = static.change(to_goal)
    effect = effects(graph, belief.wind, belief.slip_factor)
    if effect is not None:
        moves = effect @ moves
    return GraphInputs(nodes, moves, graph.next, effect, belief.controls)


def effects(graph: ShownGraph, wind: Floats, factor: Floats) -> NDArray[np.float32] | None:
    """Return the probability of each effective move [N, A, A], given each intended one; None where
    every move takes effect itself."""
    slip = np.minimum(1, graph.slip * factor[graph.task])
    if not (slip.any() or wind.any()):
        return None
    aside = np.zeros((N_ACTIONS, N_ACTIONS))
    np.add.at(aside, (np.arange(N_ACTIONS)[:, None], SIDES), 0.5)
    own = np.eye(N_ACTIONS)
    slid = own + slip[:, None, None] * (aside - own)
    blown = wind[graph.task]
    calm = 1 - blown.sum(1)
    return (calm[:, None, None] * slid + blown[:, None]).astype(np.float32)
