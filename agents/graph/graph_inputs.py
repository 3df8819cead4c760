"""The inputs of the graph network: numbers for each node and each move of the shown graph.

They are read off the shown level and the maps of experience; nothing hidden enters. Distances are
shortest paths on the graph, in moves: a person sees at a glance how far things are. Costs, danger
and chance play no part in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.graph.experience import Experience
from game.world.batch import Chance
from game.world.rules import LEFT_FIRST, SIDES, STAY, Bools, Floats, Ints
from game.world.shortest_paths import FAR
from game.world.shown_graph import ShownGraph
from game.world.tables import N_ACTIONS

Floats32 = NDArray[np.float32]
DISTANT = 30.0  # moves; inputs that are distances saturate at about this
DEAR = 8.0  # moves; costs of as many saturate
MOST_BEYOND = 2.0  # of rewards beyond the shown ones, in units of the largest shown reward
EACH_MOVE = 0.1  # "episodes ahead" where experience counts at the very next move

NODE_INPUTS = (
    # of the level
    "over",
    "dead",
    "goal shown",
    "slip",
    "start",
    "from start",
    "opponent near",
    "step reward",
    "goal ends",
    "goal hidden",
    # of experience, and of time
    "steps left",
    "goal in time",
    "unvisited",
    "visits",
    "goal found here",
    "deaths",
    "paid beyond",
    "to unvisited",
    "to goal",
    "to untried",
    "any goal found",
    "share visited",
    "episodes",
    "episodes ahead",
    "wind",
    "controls known",
)
MOVE_INPUTS = (
    # of the level
    "reward",
    "cost",
    "bump",
    "slip next",
    "stays",
    "changes",
    "opponent next",
    "from start",
    "onward",
    # of experience
    "deadly",
    "goal",
    "unvisited",
    "visits",
    "paid beyond",
    "class unknown",
    "deaths",
    "untried",
    "to unvisited",
    "to goal",
    "to untried",
)


@dataclass(frozen=True)
class GraphInputs:
    """The inputs of N nodes, and how moves lead from one to another."""

    nodes: Floats32  # [N, NODE_INPUTS]
    moves: Floats32  # [N, A, MOVE_INPUTS], expected over the move that takes effect
    next: Ints  # [N, A] the node after each move, if it takes effect
    effect: Floats32 | None  # [N, A, A] probability of the effective move; None: the intended one
    controls: Floats  # [T, A, A] probability that an action (row) is a move (column)
    node: Ints  # [T, S] the node of each state


def graph_inputs(
    experience: Experience, episodes_ahead: float, steps_left: Ints | None = None
) -> GraphInputs:
    """Return the inputs of the network, given what was experienced.

    `episodes_ahead` is how many episodes will be played before experience counts again;
    `steps_left` [T] how many moves the present one lasts, by default a whole episode.
    """
    graph = experience.graph
    level, belief = _level_inputs(graph, experience), experience.moves.estimate()
    outlook = _Outlook.of(experience)
    steps = experience.batch.steps if steps_left is None else steps_left
    nodes, moves = level.nodes.copy(), level.moves.copy()
    of_time = {
        "steps left": np.log(steps)[graph.task] / 6,
        "goal in time": np.minimum(outlook.to_goal / steps[graph.task], 2),
        "episodes": np.log1p(experience.episodes)[graph.task] / 5,
        "episodes ahead": np.log(episodes_ahead) / 3,
        "wind": belief.wind.sum(1)[graph.task],
        "controls known": belief.controls.max(2).mean(1)[graph.task],
    }
    of_maps = _of_maps(experience, outlook, level)
    _fill(nodes, NODE_INPUTS, of_time | of_maps)
    _fill(moves, MOVE_INPUTS, _of_moves(experience, outlook, level, of_maps))
    effect = move_effects(graph, belief.wind, belief.slip_factor)
    if effect is not None:
        moves = effect @ moves
    return GraphInputs(nodes, moves, graph.next, effect, belief.controls, graph.node)


@dataclass(frozen=True)
class _Outlook:
    """What is left to find, to reach and to try, and how far it is."""

    unvisited: Bools  # [N]
    goal: Bools  # [N] shown, or found
    untried: Bools  # [N, A] moves into something whose reward is hidden
    to_unvisited: Floats  # [N] moves; infinite if there is no way, like the following
    to_goal: Floats  # [N]
    to_untried: Floats  # [N] to a node with such a move

    @classmethod
    def of(cls, experience: Experience) -> _Outlook:
        """Return the outlook that goes with what was experienced."""
        graph = experience.graph
        unvisited = ~graph.over
        unvisited &= experience.visits[graph.cell] == 0
        goal: Bools = np.logical_or(experience.goals[graph.cell] > 0, graph.goal)
        untried: Bools = experience.untried[graph.entered_class] & ~graph.over[:, None]
        targets = (unvisited, goal, np.any(untried, axis=1))
        return cls(unvisited, goal, untried, *(steps_to(graph, one) for one in targets))


def _of_maps(experience: Experience, outlook: _Outlook, level: _LevelInputs) -> dict[str, Any]:
    """Return the inputs of nodes that are read off the maps, by name."""
    graph = experience.graph
    cell, n_tasks = graph.cell, len(graph.tables)
    live = np.bincount(graph.task, ~graph.over, n_tasks)
    n_new = np.bincount(graph.task, outlook.unvisited, n_tasks)
    paid = experience.paid / np.maximum(1, experience.counted)
    return {
        "unvisited": outlook.unvisited,
        "visits": np.tanh(np.log1p(experience.visits) / 4)[cell],
        "goal found here": (experience.goals > 0)[cell],
        "deaths": (experience.deaths / np.maximum(1, experience.visits))[cell],
        "paid beyond": _beyond(paid[cell] / level.scale),
        "to unvisited": _squashed(outlook.to_unvisited),
        "to goal": _squashed(outlook.to_goal),
        "to untried": _squashed(outlook.to_untried),
        "any goal found": experience.found[graph.task],
        "share visited": (1 - n_new / live)[graph.task],
    }


def _of_moves(
    experience: Experience, outlook: _Outlook, level: _LevelInputs, of_maps: dict[str, Any]
) -> dict[str, Any]:
    """Return the inputs of moves that are read off the maps, by name."""
    graph = experience.graph
    return {
        "deadly": graph.deadly & ~outlook.goal[graph.next],  # a goal ends it before a catch
        "goal": outlook.goal[graph.next],
        **{name: of_maps[name][graph.next] for name in ("unvisited", "visits", "deaths")},
        "paid beyond": _beyond(experience.beyond() / level.scale[:, None]),
        "class unknown": experience.class_counted[graph.entered_class] == 0,
        "untried": outlook.untried,
        "to unvisited": _change(graph, outlook.to_unvisited),
        "to goal": _change(graph, outlook.to_goal),
        "to untried": _change(graph, outlook.to_untried),
    }


def _fill(array: Floats32, names: tuple[str, ...], values: dict[str, Any]) -> None:
    """Write inputs by their names into the last axis of an array."""
    for name, value in values.items():
        array[..., names.index(name)] = value


# --- what does not depend on experience --------------------------------------------------------


@dataclass(frozen=True)
class _LevelInputs:
    """The inputs of the shown level; those of experience are zero."""

    nodes: Floats32
    moves: Floats32
    scale: Floats  # [N] the largest reward that the task shows


def _level_inputs(graph: ShownGraph, experience: Experience) -> _LevelInputs:
    """Return the inputs of the shown levels, which the graph keeps."""
    if "level inputs" not in graph.results:
        graph.results["level inputs"] = _computed_level_inputs(graph, experience.goal_hidden)
    found: _LevelInputs = graph.results["level inputs"]
    return found


def _computed_level_inputs(graph: ShownGraph, goal_hidden: Bools) -> _LevelInputs:
    """Return the inputs of the shown levels."""
    levels = graph.shown
    largest = graph.largest_reward
    unit = np.array([abs(level.step_reward) or abs(level.goal_reward) or 1 for level in levels])
    per_step = np.array([abs(level.step_reward) * level.steps for level in levels])
    start = graph.start > 0
    near = _opponent_distance(graph)
    scale = largest[graph.task]
    bump = graph.next == np.arange(graph.n_nodes)[:, None]
    bump[:, STAY] = False
    nodes = np.zeros((graph.n_nodes, len(NODE_INPUTS)), np.float32)
    moves = np.zeros((graph.n_nodes, N_ACTIONS, len(MOVE_INPUTS)), np.float32)
    of_node = {
        "over": graph.over,
        "dead": graph.over & ~graph.goal,
        "goal shown": graph.goal,
        "slip": graph.slip,
        "start": start,
        "from start": _squashed(graph.from_start),
        "opponent near": np.exp(-near / 2),
        "step reward": np.tanh(per_step / largest)[graph.task],
        "goal ends": np.array([level.ends == "goal" for level in levels])[graph.task],
        "goal hidden": goal_hidden[graph.task],
    }
    of_move = {
        "reward": graph.reward / scale[:, None],
        "cost": np.tanh(graph.reward / (DEAR * unit[graph.task, None])),
        "bump": bump,
        "slip next": graph.slip[graph.next],
        "stays": np.arange(N_ACTIONS) == STAY,
        "changes": graph.changes,
        "opponent next": np.exp(-near[graph.next]),
        "from start": _change(graph, graph.from_start),
        "onward": graph.onward,
    }
    _fill(nodes, NODE_INPUTS, of_node)
    _fill(moves, MOVE_INPUTS, of_move)
    return _LevelInputs(nodes, moves, scale)


def _opponent_distance(graph: ShownGraph) -> Floats:
    """Return how many cells the nearest opponent is away in each node [N]; infinite for none."""
    width = np.array([level.width for level in graph.shown])[graph.task]
    row, column = np.divmod(graph.cell - graph.first_cell[graph.task], width)
    nearest = np.full(graph.n_nodes, np.inf)
    for place in graph.unknown.T:
        away = np.abs(place // width - row) + np.abs(place % width - column)
        nearest = np.minimum(nearest, np.where(place >= 0, away, np.inf))
    for t, tables in enumerate(graph.tables):
        if tables.opponents.shape[1]:
            nodes = slice(graph.first[t], graph.first[t + 1])
            away = np.abs(tables.opponents - tables.cell[:, None]).sum(-1).min(1)
            nearest[nodes] = np.minimum(nearest[nodes], away[graph.state[nodes]])
    return nearest


# --- distances and chances ---------------------------------------------------------------------


def steps_to(graph: ShownGraph, targets: Bools) -> Floats:
    """Return the fewest moves from each node to one of the targets [N]; infinite if there is no
    path."""
    distance = graph.backward.distances(targets[None], np.zeros(1, int))[0]
    return np.where(distance < FAR, distance, np.inf)


def _squashed(distance: Floats) -> Floats:
    """Return distances as numbers from 0 to 1, which stands for infinity."""
    squashed: Floats = 1 - np.exp(-distance / DISTANT)
    return squashed


def _change(graph: ShownGraph, distance: Floats) -> Floats:
    """Return by how much each move changes a distance [N, A], from -1 to 1."""
    finite = np.minimum(distance, 1e6)
    change: Floats = np.clip(finite[graph.next] - finite[:, None], -1, 1)
    return change


def _beyond(reward: Floats) -> Floats:
    """Return rewards beyond the shown ones within bounds."""
    return np.clip(reward, -MOST_BEYOND, MOST_BEYOND)


def move_effects(graph: ShownGraph, wind: Floats, slip_factor: Floats) -> Floats32 | None:
    """Return the probability of each effective move given each intended one [N, A, A]; None where
    all moves take effect as intended.

    `wind` [T, A] and `slip_factor` [T] are as believed.
    """
    slip = np.minimum(1, graph.slip * slip_factor[graph.task])
    if not (slip.any() or wind.any()):
        return None
    blown, lean = wind[graph.task], graph.lean * np.minimum(1, slip_factor[graph.task])
    to_sides = np.eye(N_ACTIONS)[SIDES]  # [A, 2, A]
    chance = Chance(  # of each node, as if it were a task, and an intended move a state
        slip=slip[:, None, None],
        sides=to_sides.mean(1),
        wind=blown[:, None],
        calm=(1 - blown.sum(1))[:, None, None],
        lean=lean[:, None, None] if lean.any() else None,
        turns=LEFT_FIRST[:, None] * (to_sides[:, 0] - to_sides[:, 1]),
    )
    effect: Floats32 = chance.effective(np.eye(N_ACTIONS)).astype(np.float32)
    return effect
