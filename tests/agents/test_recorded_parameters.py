"""Training leads where it led when recorded_parameters.json was written.

Each learner trains for 20 iterations in double precision, so that rounding has no effect of its
own. A change that is meant to alter results writes the file anew:

    GRIDAPT_RECORD=1 python -m pytest -n 0 tests/agents/test_recorded_parameters.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.gradient.gradient_learner import GradientLearner
from agents.gradient.meta_optimizer import MetaOptimizer
from agents.inner_config import InnerConfig
from agents.learner import Learner
from agents.learner_registry import make_learner
from agents.memory.memory_learner import TrialLearner
from agents.memory.ppo import PpoConfig
from game.tasks.packs import load_pack
from game.world.batch import GridBatch

RECORD = Path(__file__).with_name("recorded_parameters.json")
RECORDING = bool(os.environ.get("GRIDAPT_RECORD"))
ITERATIONS, TASKS = 20, 3
CLOSE = 1e-5
PACKS = ("dynamics", "mazes-9x9", "opponents")  # with chance, terrain, and opponents
GRADIENT: dict[str, Any] = {"hidden": (8, 8), "inner": InnerConfig(episodes=6)}
PPO = PpoConfig(epochs=1, minibatches=2)
SMALL: dict[str, Any] = {"width": 8, "episodes": 2}
MEMORY: dict[str, Any] = {**SMALL, "trials": 1, "ppo": PPO}
IMITATION: dict[str, Any] = {**SMALL, "trials": 2, "epochs": 1, "minibatches": 2}
LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "maml": ("maml", GRADIENT),
    "first order": ("maml", {**GRADIENT, "first_order": True}),
    "layers": ("maml", {**GRADIENT, "per_step": True, "step_sizes": "layer"}),
    "emaml": ("maml", {**GRADIENT, "emaml": 0.1}),
    "sampled": ("maml", {**GRADIENT, "objective": "sampled"}),
    "dice": ("maml", {**GRADIENT, "inner": InnerConfig(episodes=6, surrogate="dice", trust=0.02)}),
    "cavia": ("cavia", GRADIENT),
    "reptile": ("reptile", GRADIENT),
    "multitask": ("multitask", GRADIENT),
    "rl2": ("rl2", MEMORY),
    "varibad": ("varibad", MEMORY),
    "transformer": ("transformer", MEMORY),
    "dpt": ("dpt", IMITATION),
    "ad": ("ad", {**IMITATION, "history": 2, "hidden": (8,)}),
}


def double_learner(name: str, options: dict[str, Any]) -> Learner:
    """Return a new learner whose parameters are doubles."""
    learner = make_learner(name, 0, **options)
    if isinstance(learner, GradientLearner):
        doubles = {name: p.double() for name, p in learner.meta.params.items()}
        learner.meta = MetaOptimizer(doubles, learner.config.outer)
    else:
        assert isinstance(learner, TrialLearner)
        learner._set_params({name: p.detach().double() for name, p in learner.params.items()})
    return learner


def summary(case: str, pack: str) -> dict[str, list[float]]:
    """Return mean, size and three numbers of each parameter after training."""
    learner = double_learner(*LEARNERS[case])
    split = load_pack(pack).split("train")
    for iteration in range(ITERATIONS):
        rng = np.random.default_rng([0, iteration])
        batch = GridBatch.of([task.level for task in split.sample(TASKS, rng)])
        learner.meta_update(batch, rng.spawn(TASKS), iteration / ITERATIONS)
    found = {}
    for name, array in learner.state().items():
        flat = array.ravel()
        places = [0, len(flat) // 3, len(flat) - 1]
        found[name] = [flat.mean(), np.sqrt(np.square(flat).mean()), *flat[places]]
    return {name: [float(number) for number in numbers] for name, numbers in found.items()}


@pytest.mark.parametrize(
    ("case", "pack"),
    [(case, pack) for case in LEARNERS for pack in (PACKS if case == "maml" else PACKS[:1])],
)
def test_training_leads_to_the_recorded_parameters(case: str, pack: str):
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    found = summary(case, pack)
    if RECORDING:
        record[f"{case}, {pack}"] = found
        RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n")
    expected = record[f"{case}, {pack}"]
    assert found.keys() == expected.keys()
    for name, numbers in expected.items():
        assert found[name] == pytest.approx(numbers, rel=0, abs=CLOSE), name
