"""Learning from scratch, the baseline: the same inner loop from a random initialisation.

Nothing is meta-learned; `train` only tunes the step size on validation tasks. Loaded by its name
`scratch`, it draws a new initialisation for each adaptation seed.
"""

from __future__ import annotations

from agents.gradient.gradient_learner import GradientLearner
from agents.rollout import Rngs
from game.world.batch import GridBatch


class Scratch(GradientLearner):
    """A randomly initialised policy with one step size."""

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Return no metrics: there is no outer loop."""
        return {}
