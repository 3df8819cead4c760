"""How long, and on how much, a learner is trained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainConfig:
    """How long and on how much a learner is trained."""

    iterations: int = 4000
    """Of the outer loop."""
    minutes: float | None = None
    """Train for this long instead."""
    tasks: int = 32
    """Tasks of a meta-batch."""
    seed: int = 0
    validations: int = 20
    """How often the agent is evaluated on validation tasks, evenly spaced."""
    validation_tasks: int = 64
    """At most this many of them."""
    patience: int = 0
    """End after so many validations without a better one; 0 never does."""
