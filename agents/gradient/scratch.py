"""Learning from scratch, the baseline: the same inner loop from a random initialisation.

Nothing is meta-learned. `train` only tunes the step size, on validation tasks. By its bare name it
draws a new initialisation with each seed.
"""

from __future__ import annotations

from agents.gradient.gradient_learner import GradientLearner
from agents.rollout import Rngs
from game.world.batch import GridBatch


class Scratch(GradientLearner):
    """A new network, and one step size."""

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """There is no outer loop, and so there are no metrics."""
        return {}
