"""The inputs of the graph network show nothing that a person could not see."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from agents.graph.believed_model import BelievedModel
from agents.graph.experience import Experience
from agents.graph.graph_inputs import MOVE_INPUTS, NODE_INPUTS, graph_inputs
from game.tasks.family import draw_tasks, family
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task, digest
from game.text.drawn_values import can_move_goal, move_goal
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.shown_graph import LAYOUT_VERSION, has_hidden_goal
from tests.agents.graph.test_experience import walked
from tests.grid_packs import GRID_PACKS

PACKS = [path.name for path in GRID_PACKS]
DRAWS = 6  # of each family


def twins(pack: Pack, task: Task) -> list[Level]:
    """Levels that a person cannot tell from a task: other draws of its families, other goals."""
    rng = np.random.default_rng(0)
    found = []
    for one in pack.families(task)[:3]:
        found += [other.level for other in islice(draw_tasks(one, "", rng), DRAWS)]
    level = task.level
    if has_hidden_goal(level) and len(level.find("G")) == 1:
        cells = [c for c in level.find(".") if can_move_goal(level, c)]
        found += [move_goal(level, cell) for cell in cells[:: max(1, len(cells) // 3)]]
    return found


def seen(level: Level) -> dict[tuple[int, ...], list[np.ndarray]]:
    """What the network gets of a level, by the places of its unknown opponents."""
    experience = Experience(GridBatch.of([level]))
    inputs, graph = graph_inputs(experience, 5), experience.graph
    by_slice: dict[tuple[int, ...], list[np.ndarray]] = {}
    for places in np.unique(graph.unknown, axis=0):
        mine = np.flatnonzero((graph.unknown == places).all(1))
        arrays = [inputs.nodes[mine], inputs.moves[mine], graph.state[inputs.next[mine]]]
        arrays += [] if inputs.effect is None else [inputs.effect[mine]]
        by_slice[tuple(places.tolist())] = [*arrays, inputs.controls]
    return by_slice


@pytest.mark.parametrize("name", PACKS)
def test_tasks_that_look_alike_give_the_same_inputs(name):
    pack = load_pack(name)
    for task in pack.split("test").tasks[:3]:
        own = seen(task.level)
        for twin in twins(pack, task):
            other = seen(twin)
            assert own.keys() & other.keys()
            for places in own.keys() & other.keys():
                for one, two in zip(own[places], other[places], strict=True):
                    assert np.array_equal(one, two)


HIDDEN = """goal: hidden
steps: 9
define: o worth={{-1, 1}}
map:
@..o{0}
.##.$
.~..{1}
....."""


@pytest.mark.parametrize("actions", ["rrr", "ddrr", "rrdlu", "ddrrru"])
def test_the_same_experience_gives_the_same_inputs_wherever_the_goal_is(actions: str):
    """Not even after some moves do inputs or the believed level tell of a goal not reached yet."""
    seen_by = []
    for cells in (("G", "."), (".", "G")):
        level = parse(HIDDEN.format(*cells) + "\n")
        tasks = family(level, "")
        task = next(task.level for task in tasks if task.level.setting("o worth") == 1)
        experience = walked(task, actions)
        assert not experience.found.any()
        inputs, model = graph_inputs(experience, 1), BelievedModel.of(experience)
        arrays = [inputs.nodes, inputs.moves, inputs.next, model.next, model.reward, model.ends]
        seen_by.append([*arrays, *vars(experience.maps()).values()])
    for one, other in zip(*seen_by, strict=True):
        assert np.array_equal(one, other)


def test_every_input_has_a_name_of_its_own():
    assert len(set(NODE_INPUTS)) == len(NODE_INPUTS)
    assert len(set(MOVE_INPUTS)) == len(MOVE_INPUTS)
    inputs = graph_inputs(Experience(GridBatch.of([parse("map:\n@.G\n")])), 5)
    assert inputs.nodes.shape[1:] == (len(NODE_INPUTS),)
    assert inputs.moves.shape[2:] == (len(MOVE_INPUTS),)


def test_a_change_of_the_inputs_has_a_new_version():
    """Weights are numbered by input: another order or number needs another LAYOUT_VERSION, so that
    agents of the former one are refused."""
    names = "; ".join((*NODE_INPUTS, "-", *MOVE_INPUTS))
    assert (LAYOUT_VERSION, digest(names)) == (1, "b40391061a25")


def test_inputs_are_finite_and_of_one_scale():
    """No input of any pack of mazes leaves the range that the network was trained on."""
    for name in PACKS:
        levels = [task.level for task in load_pack(name).split("test").tasks[:8]]
        inputs = graph_inputs(Experience(GridBatch.of(levels)), 20)
        for array in (inputs.nodes, inputs.moves):
            assert np.isfinite(array).all()
            assert np.abs(array).max() <= 3
