"""What the ranks of a training must have in common before they begin."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import numpy as np

from agents import ranks
from agents.learner import AgentError, Arrays
from agents.learner_registry import BUILT_IN
from agents.training.batches import iteration_rng
from agents.training.train import Training, versions

FIRST_TASKS = 4  # that are compared


def check_ranks(training: Training) -> None:
    """Raise AgentError on all ranks where they cannot train this learner on so few tasks, or where
    one of them is to train something else than the first one."""
    if ranks.n_ranks() == 1:
        return
    learner, tasks = training.learner, training.config.tasks
    if not is_parallel(training.learner_name, type(learner)):
        raise AgentError(
            f"'{training.learner_name}' does not train in several processes: its class would say "
            "`parallel = True` (see docs/learners.md) - start it with python instead of torchrun"
        )
    if tasks < ranks.n_ranks():
        raise AgentError(
            f"a meta-batch of {tasks} task{'s' * (tasks > 1)} cannot be shared by "
            f"{ranks.n_ranks()} processes - use more --tasks, or a smaller --nproc-per-node"
        )
    _check_alike(training)


def is_parallel(name: str, kind: Any) -> bool:
    """Whether a learner trains in several ranks. An external one must say so in its own class: an
    inherited `parallel` knows nothing of the `meta_update` that it may have."""
    return bool(kind.parallel if name in BUILT_IN else vars(kind).get("parallel"))


def _check_alike(training: Training) -> None:
    """Raise AgentError on all ranks where one is to train something else than the first one."""
    found = ranks.exchange(_fingerprint(training))
    for number, other in enumerate(found):
        differing = [what for what, value in other.items() if value != found[0][what]]
        if differing:
            what = differing[0]
            raise AgentError(
                f"rank {number} differs from rank 0 in its {what}: {other[what]}, not "
                f"{found[0][what]} - all ranks need the same command, versions and files"
            )


def _fingerprint(training: Training) -> dict[str, str]:
    """Return what is compared, by name."""
    config, split = training.config, training.pack.split("train")
    first = split.sample(min(FIRST_TASKS, config.tasks), iteration_rng(config.seed, 0))
    held_out = _digest("".join(task.id for task in training.validation_tasks).encode())
    return {
        "versions": str(versions()),
        "command": training.command,
        "training options": str(vars(config)),
        "learner": f"{training.learner_name} {asdict(training.learner.config)}",
        "first training tasks": " ".join(task.id for task in first),
        "validation tasks": held_out,
        "weights": _digest(_bytes_of(training.learner.checkpoint())),
    }


def _bytes_of(arrays: Arrays) -> bytes:
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays.values())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
