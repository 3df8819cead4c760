"""RL2 on the graph of the shown level: what it observes, notes and learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.agent_catalog import CONFIG, GRAPH_LAYOUT
from agents.contract import RULES
from agents.learner_registry import make_learner
from agents.map_sizes import check_map_sizes
from agents.memory.graph_policy import GraphView
from agents.memory.ppo import PpoConfig, Trajectories, minibatches
from agents.memory.rl2 import Rl2
from agents.memory.trial_maps import MOVE_NOTES, TrialMaps
from agents.memory.trials import RunningTrials, TrialTransition
from agents.runs import describe, load_agent, write_weights
from game.files import write_json
from game.tasks.family import draw_task
from game.tasks.packs import load_pack
from game.text.drawn_values import move_goal
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.text.values import moves_of
from game.world.batch import GridBatch
from game.world.rules import MOVES
from game.world.tables import N_ACTIONS

GRAPH: dict[str, Any] = {"body": "graph", "width": 8, "channels": 6, "rounds": 3}
BRIEF: dict[str, Any] = {"episodes": 2, "trials": 1, "ppo": PpoConfig(epochs=1, minibatches=2)}
EAST, WEST = (int((way == MOVES).all(1).argmax()) for way in ((0, 1), (0, -1)))
NEW, TIMES, PRESENT, GOAL, TO_GOAL, TO_NEW = range(6)  # of the notes about a move
LEVELS = (
    "steps: 9\nmap:\n@...G\n.##..\n.~...\n",
    "slip: 0.2\nwind: east 0.1\nsteps: 7\nmap:\n@.,@\n.M~.\n..%G\n",
)


def rngs_of(batch: GridBatch) -> list[np.random.Generator]:
    return [np.random.default_rng([1, t]) for t in range(batch.n_tasks)]


def double_rl2() -> Rl2:
    agent = make_learner("rl2", **GRAPH)
    assert isinstance(agent, Rl2)
    rng = np.random.default_rng(7)
    agent.load({n: p + 0.1 * rng.standard_normal(p.shape) for n, p in agent.state().items()})
    return agent


@pytest.mark.parametrize("rule", RULES)
def test_rl2_on_a_graph_meets_the_contract(rule: str):
    RULES[rule](lambda seed: make_learner("rl2", seed, **GRAPH, **BRIEF))


def test_training_recomputes_the_probabilities_and_values_of_the_trials():
    agent, batch = double_rl2(), GridBatch.of([parse(text) for text in LEVELS])
    view = agent.make_view(batch)
    view.optimal_value = torch.linspace(-1, 1, len(view.optimal_value), dtype=agent.dtype)
    policy = agent.start_policy(agent.detached_params(), view, 3 * batch.n_tasks)
    data = Trajectories.of(RunningTrials(policy, batch, 3, rngs_of(batch)).play(3))
    data = replace(data, reward=data.value)  # the critic's targets without a discount
    config = PpoConfig(discount=0, reward_scale=1)
    for part in minibatches(data, config, np.random.default_rng(0)):
        log_probs, value = agent.evaluate(view, part)
        chosen = log_probs.gather(1, part.action[:, None])[:, 0]
        assert torch.allclose(chosen, part.log_prob, atol=1e-9)
        assert torch.allclose(value, part.target, atol=1e-9)


def test_the_loss_of_the_policy_trains_the_graph_network():
    agent, batch = double_rl2(), GridBatch.of([parse(text) for text in LEVELS])
    before = agent.state()
    agent.meta_update(batch, rngs_of(batch), 0.0)
    moved = [name for name, p in agent.state().items() if not np.array_equal(p, before[name])]
    assert {n for n in before if n.startswith("encoder.")} <= {*moved}


def noted(maps: TrialMaps, state: int, of: int, begins: bool = False) -> list[float]:
    """Return a note about the moves of trial 0 in a state."""
    notes = maps.notes(np.array([0]), np.array([state]), begins)[0, : N_ACTIONS * MOVE_NOTES]
    return [float(number) for number in notes.reshape(N_ACTIONS, MOVE_NOTES)[:, of]]


def test_maps_note_where_one_was_and_the_way_back_to_a_goal():
    """The map `@.G`, whose goal is hidden: two moves east, and the next episode."""
    batch = GridBatch.of([parse("steps: 5\nmap:\n@.G\n")])
    maps, trial = TrialMaps(batch, 1), np.array([0])
    start = int(batch.tables[0].starts[0])
    middle = int(batch.next_state[0, start, EAST])
    goal = int(batch.next_state[0, middle, EAST])
    maps.begin(trial, np.array([start]))
    assert noted(maps, start, NEW)[EAST] == 1
    assert noted(maps, start, TO_NEW)[EAST] == -1
    assert not any(noted(maps, start, TO_GOAL))
    for state, entered in ((start, middle), (middle, goal)):
        reward = np.array([batch.reward[0, state, EAST]], np.float32)
        arrays = np.array([state]), np.array([EAST]), np.array([entered]), reward
        maps.add(trial, TrialTransition(*arrays, batch.goal[0, [entered]]))
    assert noted(maps, start, PRESENT)[EAST] == 1
    assert noted(maps, start, PRESENT, begins=True)[EAST] == 0
    maps.begin(trial, np.array([start]))
    assert noted(maps, start, NEW)[EAST] == 0
    assert noted(maps, start, TIMES)[EAST] == pytest.approx(np.log(2) / 10)
    assert noted(maps, start, TO_GOAL)[EAST] == -1
    assert noted(maps, middle, TO_GOAL)[WEST] == 1
    assert noted(maps, middle, GOAL) == [float(move == EAST) for move in range(N_ACTIONS)]


def test_maps_note_which_action_is_which_move():
    level = parse("controls: shuffled\nsteps: 60\nmap:\n@...\n....\n...G\n")
    level = draw_task(level, "", np.random.default_rng(1)).level
    batch = GridBatch.of([level])
    maps, rng = TrialMaps(batch, 1), np.random.default_rng(0)
    state = int(batch.tables[0].starts[0])
    for _ in range(60):
        action = int(rng.integers(N_ACTIONS))
        entered = int(batch.next_state[0, state, action])
        arrays = np.array([state]), np.array([action]), np.array([entered]), np.zeros(1, np.float32)
        maps.add(np.array([0]), TrialTransition(*arrays, batch.goal[0, [entered]]))
        state = int(batch.tables[0].starts[0]) if batch.over[0, entered] else entered
    controls = maps.notes(np.array([0]), np.array([state]))[0, -(N_ACTIONS**2) :]
    likeliest = controls.reshape(N_ACTIONS, N_ACTIONS).argmax(1)
    assert [ACTIONS[move] for move in likeliest] == [*moves_of(level.controls)]


def test_tasks_that_look_alike_have_the_same_policy():
    level = parse("steps: 9\nmap:\n@...G\n.....\n.....\n")
    batch = GridBatch.of([move_goal(level, cell) for cell in ((0, 4), (1, 0), (2, 2))])
    first = next(double_rl2().adapt(batch, rngs_of(batch), 0)).action_probs
    starts = [int(tables.starts[0]) for tables in batch.tables]
    for t, start in enumerate(starts):
        assert np.array_equal(first[t, start], first[0, starts[0]])


def test_a_run_names_the_layout_and_takes_maps_of_any_size(tmp_path: Path):
    wide = tmp_path / "wide.txt"
    wide.write_text("steps: 3\nmap:\n@" + "." * 20 + "G\n")
    agent = make_learner("rl2", **GRAPH)
    write_weights(tmp_path / "agent.safetensors", agent)
    facts = describe("rl2", agent)
    assert facts[GRAPH_LAYOUT] >= 1
    write_json(tmp_path / CONFIG, facts)
    check_map_sizes(load_pack(wide), ["test"], [str(tmp_path)])
    batch = GridBatch.of([parse(wide.read_text())])
    steps = list(load_agent(str(tmp_path)).learner.adapt(batch, rngs_of(batch), 1))
    assert len(steps) == 2


def test_features_stay_the_default():
    view = make_learner("rl2").make_view(GridBatch.of([parse(LEVELS[0])]))
    assert not isinstance(view, GraphView)
