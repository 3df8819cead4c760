"""Options of the meta-training loop, saved as `training` in config.json."""

from __future__ import annotations

from dataclasses import dataclass

from agents.training.tuning import VALIDATION_TASKS


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
