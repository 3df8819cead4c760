"""Tests of the body 'graph': what adapts, what is shared, and what it cannot see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.agent_catalog import CONFIG, GRAPH_LAYOUT
from agents.contract import RULES
from agents.gradient.body import ENCODER, encoder_gradients
from agents.gradient.gradient_learner import FEATURES
from agents.gradient.inner_loop import ToldControls
from agents.gradient.maml import Maml, MamlConfig
from agents.gradient.meta_optimizer import MetaOptimizer
from agents.gradient.policy import MoveFeatures, log_probs
from agents.inner_config import GraphConfig, InnerConfig
from agents.learner import AgentError
from agents.learner_registry import make_learner
from agents.map_sizes import check_map_sizes
from agents.rollout import roll_out
from agents.runs import describe, load_agent, write_weights
from game.files import write_json
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.world.batch import GridBatch

SMALL = GraphConfig(channels=8, rounds=3, head=(8,))
GRAPH: dict[str, Any] = {"body": "graph", "graph": SMALL, "inner": InnerConfig(episodes=5)}
HIDDEN = "steps: 9\nmap:\n@...G\n.##..\n.~...\n"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["maml", "reptile", "cavia"])
def test_learners_with_a_graph_meet_the_contract(name: str, rule: str):
    RULES[rule](lambda seed: make_learner(name, seed, **GRAPH))


def double_learner(**options: Any) -> Maml:
    """Return a learner in double precision whose loss is minus the scores of its metrics."""
    inner = InnerConfig(episodes=4, surrogate="plain", trust=0)
    config = MamlConfig(
        body="graph", graph=SMALL, inner=inner, inner_steps=2, discovery=0, entropy=0, **options
    )
    learner = Maml(config, 0)
    doubles = {name: p.double() for name, p in learner.meta.params.items()}
    doubles["w1"] *= 10  # the head's last layer: the first policy is less uniform
    learner.meta = MetaOptimizer(doubles, config.outer)
    return learner


def test_the_outer_gradient_of_the_encoder_is_that_of_finite_differences():
    batch = GridBatch.of([parse("steps: 5\nslip: 0.1\nmap:\n@..\n~.G\n"), parse(HIDDEN)])
    learner = double_learner()
    name, step = f"{ENCODER}score_next", 1e-5
    rngs = np.random.default_rng(0).spawn(2)
    uniform = np.full((2, batch.n_states, 5), 0.2)
    data = roll_out(batch, uniform, 4, rngs)

    def loss(moved: torch.Tensor) -> tuple[float, torch.Tensor]:
        meta = {**learner.meta.params, name: moved}
        features, columns = learner.body.observe(meta, batch, np.random.default_rng(1))
        assert isinstance(features, MoveFeatures)
        given = lambda *_: data  # noqa: E731
        grads, metrics = learner.meta_gradient(batch, features, columns, rngs, given)
        shared = encoder_gradients(features, grads[FEATURES], torch.full((2,), 0.5).double())
        value = -sum(metrics[f"train_score_{k}"] for k in (1, 2))
        return value, shared[name]

    start = learner.meta.params[name]
    _, gradient = loss(start)
    direction = torch.from_numpy(np.random.default_rng(2).standard_normal(start.shape))
    above, below = (loss(start + sign * step * direction)[0] for sign in (1, -1))
    assert float((gradient * direction).sum()) == pytest.approx(
        (above - below) / (2 * step), rel=1e-5
    )


def test_training_moves_the_encoder_and_keeps_no_table():
    batch = GridBatch.of([parse(HIDDEN), parse("steps: 5\nmap:\n@..\n~.G\n")])
    for name in ("maml", "reptile", "multitask"):
        learner = make_learner(name, 0, **GRAPH)
        before = {n: p.clone() for n, p in learner.meta.params.items()}
        learner.meta_update(batch, np.random.default_rng(0).spawn(2), 0.5)
        after = learner.meta.params
        assert not {"table", "values"} & set(after)
        moved = [n for n in before if n.startswith(ENCODER) and not after[n].equal(before[n])]
        assert moved == [n for n in before if n.startswith(ENCODER)], name


TWINS = [("G", ".", "normal"), (".", "G", "down up left right")]


def test_the_policy_before_adaptation_cannot_see_what_is_hidden():
    levels = [parse(f"steps: 9\ncontrols: {c}\nmap:\n@..{a}\n.##{b}\n") for a, b, c in TWINS]
    batch = GridBatch.of(levels)
    learner = make_learner("maml", 0, **GRAPH)
    first = next(learner.adapt(batch, np.random.default_rng(0).spawn(2), 0)).action_probs
    for state in np.argwhere(~batch.over[0])[:, 0]:
        same = (batch.cell[1] == batch.cell[0, state]).all(-1) & ~batch.over[1]
        for other in np.flatnonzero(same):
            assert first[1, other] == pytest.approx(first[0, state], abs=1e-6)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    learner = make_learner("maml", 0, **GRAPH)
    write_json(tmp_path / CONFIG, describe("maml", learner, pack="mazes-9x9"))
    write_weights(tmp_path / "agent.safetensors", learner)
    return tmp_path


def test_actions_are_told_apart_by_what_they_did():
    text, words = "controls: {}\nsteps: 9\nmap:\n@....\n.....\n....G\n", "down left up right"
    batch = GridBatch.of([parse(text.format(controls)) for controls in ("normal", words)])
    learner = Maml(MamlConfig(**GRAPH), 0)
    meta = learner.meta.average
    features, columns = learner.body.observe(meta, batch)
    params = learner.params_for_tasks(meta, features, columns).params
    before = log_probs(params, features)
    uniform = np.full(batch.reward.shape, 0.2)
    data = roll_out(batch, uniform, 20, np.random.default_rng(0).spawn(2))
    _, after = ToldControls(batch).controls(params, features, before, data)
    moves = [ACTIONS.index(word) for word in (*words.split(), "stay")]  # of the second task
    assert torch.allclose(after[0], before[0])
    assert torch.allclose(after[1], before[1][:, moves], atol=1e-6)
    assert not torch.allclose(after[1], before[1], atol=1e-4)


def test_an_agent_names_the_layout_of_its_graph_and_one_of_another_is_refused(run: Path):
    assert load_agent(str(run)).learner.config.sees_graph
    config = json.loads((run / CONFIG).read_text())
    (run / CONFIG).write_text(json.dumps({**config, GRAPH_LAYOUT: config[GRAPH_LAYOUT] + 1}))
    with pytest.raises(AgentError, match=r"layout 2 of the graph .* train it again"):
        load_agent(str(run))


def test_an_agent_with_a_graph_and_its_scratch_take_maps_of_any_size(run: Path, tmp_path: Path):
    (tmp_path / "wide.txt").write_text("map:\n@" + "." * 20 + "??????\n")
    pack = load_pack(tmp_path / "wide.txt")
    agents = [str(run), f"scratch:{run}"]
    check_map_sizes(pack, ["test"], agents)
    batch = GridBatch.of([task.level for task in pack.split("test").tasks])
    for agent in agents:
        learner = load_agent(agent).learner
        assert learner.config.graph == SMALL
        steps = list(learner.adapt(batch, np.random.default_rng(0).spawn(batch.n_tasks), 1))
        assert np.isfinite(steps[1].action_probs).all()
