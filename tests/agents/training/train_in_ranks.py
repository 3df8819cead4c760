"""Train several learners for a few iterations, and save what they have learned: run by `test_ranks`
in one process, and by torch.distributed.run in several.

    python train_in_ranks.py FOLDER
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from agents import ranks
from agents.gradient.meta_learner import MetaLearner
from agents.gradient.meta_optimizer import MetaOptimizer
from agents.inner_config import GraphConfig, InnerConfig
from agents.learner import Learner
from agents.learner_registry import build_learner, make_config
from agents.memory.memory_learner import MemoryLearner
from agents.memory.ppo import PpoConfig
from agents.training.train import Training, Update
from agents.training.train_config import TrainConfig
from game.tasks.packs import load_pack

SMALL: dict[str, Any] = {"hidden": (8,), "inner": InnerConfig(episodes=4)}
GRAPH = {**SMALL, "body": "graph", "graph": GraphConfig(channels=4, rounds=2, head=(4,))}
TRIALS: dict[str, Any] = {"width": 8, "trials": 2, "episodes": 2, "ppo": PpoConfig(minibatches=3)}
IMITATION: dict[str, Any] = {**TRIALS, "heads": 2, "layers": 1, "minibatches": 3}
del IMITATION["ppo"]
SETTINGS: dict[str, tuple[str, str, dict[str, Any]]] = {  # learner, pack, options
    "maml": ("maml", "dynamics", SMALL),
    "reptile": ("reptile", "goals-5x5", SMALL),
    "varibad": ("varibad", "goals-5x5", TRIALS),
    "transformer": ("transformer", "goals-5x5", {**TRIALS, "heads": 2, "layers": 1}),
    "dpt": ("dpt", "goals-5x5", {**IMITATION, "learning_rate": 1e-3}),
    "ad": ("ad", "goals-5x5", {**IMITATION, "history": 2, "hidden": (8,)}),
    "maml-graph": ("maml", "goals-5x5", GRAPH),
    "rl2-graph": ("rl2", "goals-5x5", {**TRIALS, "body": "graph", "channels": 4, "rounds": 2}),
    "neural-map": ("neural-map", "goals-5x5", {"channels": 4, "rounds": 3, "stages": 2}),
}
# In single precision, rounding may take a number to the other side of a kink (of relu, or of a
# maximum), and Adam enlarges what follows. In doubles, this is as good as impossible.
IN_DOUBLES = ("transformer", "maml-graph", "rl2-graph", "neural-map")
ITERATIONS, TASKS = 5, 4


def main(folder: Path) -> None:
    """Train all learners of SETTINGS; rank 0 writes NAME.npz of each, once all ranks agree."""
    with ranks.joined() if ranks.launched_ranks() > 1 else contextlib.nullcontext():
        for name, setting in SETTINGS.items():
            arrays = trained(folder / name, *setting, name in IN_DOUBLES)
            for other in ranks.exchange(arrays):
                assert all(np.array_equal(other[key], array) for key, array in arrays.items())
            if ranks.is_first():
                np.savez(folder / f"{name}.npz", **arrays)


def trained(
    out: Path, learner: str, pack: str, options: dict[str, Any], in_doubles: bool
) -> dict[str, Any]:
    """Return what a learner knows after some iterations, the metrics of the first, and scores."""
    made = build_learner(learner, make_config(learner, **options), 0)
    if in_doubles:
        use_doubles(made)
    config = TrainConfig(ITERATIONS, tasks=TASKS, validations=1, validation_tasks=3)
    training = Training(made, learner, load_pack(pack), config, out)
    with training.opened():
        updates = [event for event in training.run() if isinstance(event, Update)]
    metrics = {f"metric.{key}": np.array(value) for key, value in updates[0].metrics.items()}
    scores = {"scores": np.array([v for k, v in training.status.rows[0].items() if "score_" in k])}
    return {**made.checkpoint(), **metrics, **scores}


def use_doubles(learner: Learner) -> None:
    """Make the parameters of a new learner doubles."""
    if isinstance(learner, MetaLearner):
        doubles = {name: p.double() for name, p in learner.meta.params.items()}
        learner.meta = MetaOptimizer(doubles, learner.meta.config)
    else:
        assert isinstance(learner, MemoryLearner)
        learner._set_params({name: p.detach().double() for name, p in learner.params.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
