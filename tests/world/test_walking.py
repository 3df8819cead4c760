"""The walker of game.text.walking leads exactly where the transition tables lead.

Both know doors, keys, one-way tiles, lava, teleporters, boxes, switches and gates: the walker for
reachability while a level is parsed, the rules of game.world for play. The walker may not import
the rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from game.text.level import Level
from game.text.walking import Node, exits_from, explore, start_cells
from game.world.batch import GridBatch
from game.world.rules import KEYS
from game.world.tables import N_ACTIONS, Tables
from tests import random_levels, reference

LEVELS = 900
LARGEST = 500  # states of a level whose states are all compared


def random_level(seed: int) -> Level:
    """Return a level of all tiles without opponents; in a fifth of them the wind always blows."""
    level = random_levels.random_level(seed, random_levels.ALL)
    return replace(level.with_tiles({"M": ".", "H": "."}), controls="normal")


def nodes_of(tables: Tables) -> tuple[list[Node], list[int]]:
    """Return the walker's nodes, and the number among them of each state."""
    boxes = tables.boxes.reshape(tables.n_states, -1)
    states = np.column_stack([tables.cell, tables.keys, tables.gates, boxes])
    rows, number = np.unique(states, axis=0, return_inverse=True)
    nodes = []
    for row, column, *changed in rows.tolist():
        held = "".join(key for key, is_held in zip(KEYS, changed) if is_held)
        cells = changed[len(KEYS) + 1 :]
        pairs = frozenset(zip(cells[::2], cells[1::2]))
        nodes.append(Node(row, column, held, pairs, bool(changed[len(KEYS)])))
    return nodes, number.ravel().tolist()


def transitions(batch: GridBatch) -> set[tuple[bool, Node, frozenset[Node]]]:
    """Return whether the episode is over, the node, and the nodes ahead, of all states.

    The nodes ahead are those that some action leads to under some wind and slip; a bump stays.
    """
    tables = batch.tables[0]
    uniform = np.full((1, batch.n_states, N_ACTIONS), 1 / N_ACTIONS)
    possible = batch.effective(uniform)[0] > 0  # [S, A] actions that may take effect
    nodes, number = nodes_of(tables)
    codes = np.array(number)
    ahead = np.where(possible, codes[tables.next_state], codes[:, None])
    rows = {*zip(tables.over.tolist(), number, map(tuple, ahead.tolist()))}
    return {(over, nodes[code], frozenset(nodes[c] for c in more)) for over, code, more in rows}


def test_the_walker_leads_where_the_rules_lead_in_every_state():
    seen: Counter[str] = Counter()
    for seed in range(LEVELS):
        level = random_level(seed)
        batch = GridBatch.of([level])
        if batch.n_states > LARGEST:
            continue
        found, exits_of = transitions(batch), exits_from(level)
        for over, node, ahead in found:
            exits, moves = {*exits_of(node)} - {node}, ahead - {node}  # a bump is no exit
            assert moves == exits, f"seed {seed}, {node} of {level}: {moves} and {exits}"
            assert not (over and exits), f"seed {seed}, {node} of {level}: the episode is over"
            for to in moves:
                jumped = abs(to.row - node.row) + abs(to.column - node.column) > 1
                seen["teleported" if jumped else level.tiles[to.row][to.column]] += 1
                seen["key"] += to.keys != node.keys
                seen["flipped"] += to.gates_open != node.gates_open
                pushed = to.boxes - node.boxes
                seen["pushed"] += bool(pushed)
                for row, column in pushed:
                    seen[f"pushed onto {level.tiles[row][column]}"] += 1
                seen["pushed and flipped"] += bool(pushed) and to.gates_open != node.gates_open
                seen["solved"] += over and level.ends == "boxes"
        seen["certain wind"] += level.wind_chance == 1
        walked, nodes = explore(level, start_cells(level)).keys(), {node for _, node, _ in found}
        assert walked <= nodes, f"seed {seed}: {level}"
        if level.wind_chance < 1:  # the tables keep states that only ineffective actions lead to
            assert walked == nodes, f"seed {seed}: {level}"
    assert {tile for tile in random_levels.ALPHABET - {*"#MH"} if not seen[tile]} == set()
    often = ["certain wind", "teleported", "key", "A", "C", "L", "flipped", "pushed and flipped"]
    assert {what: seen[what] for what in often if seen[what] <= 10} == {}
    assert [tile for tile in ".,:%~I@X!=" if not seen[f"pushed onto {tile}"]] == []


def test_starts_anywhere_are_those_of_a_scalar_reading():
    n_starts = []
    for seed in range(400):
        level = random_level(seed)
        if level.starts == "any" and not level.find("$", "*")[1:]:  # else there are many states
            if seed % 2:  # from each start, all goals have to be reached
                level = level.with_tiles({"G": "?"})
            assert start_cells(level) == reference.any_starts(level), level
            n_starts.append(len(start_cells(level)))
    assert len(n_starts) > 30
    assert min(n_starts) == 0 < max(n_starts)
