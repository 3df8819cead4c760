"""The graph of the shown level: its moves are those of the tables, and it shows nothing hidden."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from game.tasks.family import draw_tasks
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.shown_graph import ShownGraph, shown_graph
from tests.grid_packs import GRID_PACKS

PACKS = [path.name for path in GRID_PACKS]


def graph_of_text(text: str) -> tuple[GridBatch, ShownGraph]:
    batch = GridBatch.of([parse(text)])
    return batch, shown_graph(batch)


@pytest.mark.parametrize("pack", PACKS)
def test_moves_of_the_graph_lead_where_some_action_leads(pack):
    """Wherever an action takes the agent, one of the moves of its node leads to the same cell."""
    batch = GridBatch.of([task.level for task in load_pack(pack).split("test").tasks[:8]])
    graph = shown_graph(batch)
    for t, tables in enumerate(batch.tables):
        live = np.flatnonzero(~tables.over)
        node = graph.node[t, live]
        width = tables.level.width
        cells = tables.cell @ [width, 1] + graph.first_cell[t]
        assert (graph.cell[node] == cells[live]).all()
        reached = cells[tables.next_state[live]]  # [n, A]
        shown = graph.cell[graph.next[node]]
        assert (reached[:, :, None] == shown[:, None]).any(2).all()


def test_a_hidden_goal_looks_like_floor():
    _, graph = graph_of_text("map:\n@..\n.#G\n")
    assert not graph.goal.any()
    assert not graph.terminated.any()


def test_a_visible_goal_ends_the_episode():
    _, graph = graph_of_text("goal: visible\nmap:\n@..\n.#G\n")
    assert graph.goal.sum() == 1
    assert (graph.terminated & ~graph.over[:, None]).sum() == 1


def test_controls_are_normal():
    _, plain = graph_of_text("map:\n@..\n.#G\n")
    _, permuted = graph_of_text("controls: down up right left\nmap:\n@..\n.#G\n")
    assert np.array_equal(plain.next, permuted.next)


def test_keys_and_doors_make_nodes_of_their_own():
    batch, graph = graph_of_text("goal: visible\nmap:\n@aAG\n")
    assert graph.n_nodes == batch.n_states
    assert graph.changes.sum() == 1  # taking the key


def test_unknown_opponents_stand_still_in_slices():
    """Without a known kind an opponent has no moves: a slice for each place where it is seen."""
    level = parse("define: M kind={x, y}\nmap:\n@..\n.M.\n..G\n")
    for task in itertools.islice(draw_tasks(level, "", np.random.default_rng(0)), 8):
        graph = shown_graph(GridBatch.of([task.level]))
        assert graph.unknown.shape[1] == 1
        assert (graph.unknown[graph.next] == graph.unknown[:, None]).all()


def test_known_opponents_move():
    _, graph = graph_of_text("map:\n@..\n.M.\n..G\n")
    assert graph.unknown.shape[1] == 0
    assert graph.terminated.any()  # it can catch the agent
