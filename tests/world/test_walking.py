"""The walker of game.text.walking leads exactly where the transition tables lead.

Both know doors, keys, one-way tiles, lava and teleporters: the walker for reachability while a
level is parsed, the rules of game.world for play. The walker may not import the rules.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from game.text.level import Level
from game.text.walking import Node, exits_from, explore
from game.world.batch import GridBatch
from game.world.rules import KEYS, Ints
from game.world.tables import N_ACTIONS, Tables
from tests import reference

LEVELS = 2000


def random_level(seed: int) -> Level:
    """Return a level of all tiles without opponents; in a fifth of them the wind always blows."""
    level = reference.random_level(seed, reference.ALL)
    rows = tuple(row.replace("M", ".").replace("H", ".") for row in level.rows)
    return replace(level, rows=rows, controls="normal")


def node_codes(tables: Tables) -> Ints:
    """Return the walker's node of each state as a number [S]."""
    codes: Ints = tables.cell @ np.array([tables.level.width, 1])
    return (codes << len(KEYS)) + tables.keys @ (1 << np.arange(len(KEYS)))


def node_of(code: int, width: int) -> Node:
    """Return the node with this number: row, column and keys held."""
    cell, held = divmod(code, 1 << len(KEYS))
    return (*divmod(cell, width), "".join(k for i, k in enumerate(KEYS) if held >> i & 1))


def transitions(batch: GridBatch) -> set[tuple[bool, Node, frozenset[Node]]]:
    """Return whether the episode is over, the node, and the nodes ahead, of all states.

    The nodes ahead are those that some action leads to under some wind and slip; a bump stays.
    """
    tables = batch.tables[0]
    uniform = np.full((1, batch.n_states, N_ACTIONS), 1 / N_ACTIONS)
    possible = batch.effective(uniform)[0] > 0  # [S, A] actions that may take effect
    codes = node_codes(tables)
    nodes = {code: node_of(code, tables.level.width) for code in {*codes.tolist()}}
    ahead = np.where(possible, codes[tables.next_state], codes[:, None])
    rows = {*zip(tables.over.tolist(), codes.tolist(), map(tuple, ahead.tolist()))}
    return {(over, nodes[code], frozenset(nodes[c] for c in more)) for over, code, more in rows}


def test_the_walker_leads_where_the_rules_lead_in_every_state():
    seen: Counter[str] = Counter()
    for seed in range(LEVELS):
        level = random_level(seed)
        found, exits_of = transitions(GridBatch.of([level])), exits_from(level)
        for over, node, ahead in found:
            exits, moves = {*exits_of(node)} - {node}, ahead - {node}  # a bump is no exit
            assert moves == exits, f"seed {seed}, {node} of {level}: {moves} and {exits}"
            assert not (over and exits), f"seed {seed}, {node} of {level}: the episode is over"
            for row, column, keys in moves:
                jumped = abs(row - node[0]) + abs(column - node[1]) > 1
                seen["teleported" if jumped else level.rows[row][column]] += 1
                seen["key"] += keys != node[2]
        seen["certain wind"] += level.wind_chance == 1
        walked, nodes = explore(level, level.find("@")).keys(), {node for _, node, _ in found}
        assert walked <= nodes, f"seed {seed}: {level}"
        if level.wind_chance < 1:  # the tables keep states that only ineffective actions lead to
            assert walked == nodes, f"seed {seed}: {level}"
    tiles = reference.ALPHABET - {*"#MH"}
    assert {tile for tile in tiles if not seen[tile]} == set()
    assert min(seen[what] for what in ("certain wind", "teleported", "key", "A", "C", "L")) > 50
