"""Options of the meta-training loop, saved as `training` in config.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.learner import AgentError, check_options
from game.filling import Misfit, fill

MOST_MINUTES = 1e6
MOST_ITERATIONS = 10**9
MOST_TASKS = 10_000  # in a meta-batch
MOST_PATIENCE = 10**6
VALIDATION_TASKS = 64  # in a validation, at most


@dataclass(frozen=True)
class TrainConfig:
    """The length of meta-training, its tasks, and its validations."""

    iterations: int = 4000
    """Iterations of the outer loop (at least 1)."""
    minutes: float | None = None
    """Training time in minutes; if set, it replaces the number of iterations."""
    tasks: int = 32
    """Tasks per meta-batch (at least 1)."""
    seed: int = 0
    """Training seed: seed for sampled tasks and episodes."""
    validations: int = 20
    """Number of validations, evenly spaced over training."""
    validation_tasks: int = VALIDATION_TASKS
    """Maximum number of validation tasks per validation."""
    patience: int = 0
    """Stop early after this many validations without improvement; 0 turns early stopping off."""

    def __post_init__(self) -> None:
        check_options(self, iterations=(1, MOST_ITERATIONS), tasks=(1, MOST_TASKS))
        check_options(self, seed=(0, 2**63), patience=(0, MOST_PATIENCE))
        check_options(self, validations=(1, 10_000), validation_tasks=(1, 10_000))
        if self.minutes is not None and not 0 < self.minutes < MOST_MINUTES:
            raise ValueError(
                f"option 'minutes' is {self.minutes}, and should be more than 0, and less than "
                f"{MOST_MINUTES:,.0f}"
            )


def read_training(path: Path, training: Any) -> TrainConfig:
    """Return the options of training in a run's config.json. Raises AgentError."""
    try:
        return fill(TrainConfig, training)
    except (Misfit, ValueError) as error:
        raise AgentError(f"{path}: of its 'training', {error}") from None
