"""The protocol of learners, and a base class with a default for all that they may leave out.

`agents/contract.py` checks any learner against the protocol; `docs/learners.md` builds two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agents.rollout import Rngs
from game.filling import MOST_ITEMS
from game.session.messages import STEPS, Phase
from game.session.trace import AdaptationStep
from game.world.batch import GridBatch

Arrays = dict[str, np.ndarray]  # by name
Changes = Mapping[int, GridBatch]  # the tasks from an adaptation step on
NO_CHANGES: Changes = {}
MOST_WEIGHTS = 8_000_000  # of a network
MOST_ACTIONS = 100  # of a task


class AgentError(Exception):
    """There is no such agent or learner, or its files cannot be used; the message says why."""


class Diverged(Exception):
    """Training has broken down; the message says how, and what to try."""


def check_options(config: Any, **ranges: tuple[float, float]) -> None:
    """Raise ValueError where a number of a config (or of a tuple in it) is out of its range."""
    for name, (low, high) in ranges.items():
        value = getattr(config, name)
        values = value if isinstance(value, tuple) else (value,)
        if len(values) > MOST_ITEMS:
            raise ValueError(
                f"option '{name}' has {len(values)} values, over the limit of {MOST_ITEMS}"
            )
        if not all(low <= one <= high for one in values):
            raise ValueError(f"option '{name}' is {value}, and should be {low:g} to {high:g}")


def check_size(config: Any) -> None:
    """Raise ValueError where a config's network has too many weights."""
    if config.n_weights > MOST_WEIGHTS:
        raise ValueError(
            f"the options ask for a network of {config.n_weights:,} weights, over the limit of "
            f"{MOST_WEIGHTS:,} - use fewer or smaller layers"
        )


def check_actions(config: Any, batch: GridBatch) -> None:
    """Raise AgentError where tasks have another number of actions than a learner's config says."""
    if config.n_actions != batch.n_actions:
        raise AgentError(
            f"the agent has {config.n_actions} actions, and the task has {batch.n_actions} - use "
            "an agent that was trained on tasks of this kind"
        )


def sees_graph(config: Any) -> bool:
    """Whether a learner with this config observes the shown level's graph instead of features."""
    return bool(getattr(config, "sees_graph", False))


class Learner(Protocol):
    """An agent that learns to learn.

    Its class has a dataclass `Config` of its options, and makes a learner from `(config, seed)`.
    Where the config has a property `n_weights`, a run's files must hold at least so many numbers
    before a learner is made from it. Where it has a true property `sees_graph`, the learner
    observes the graph of the shown level instead of features, and takes maps of any size.
    `tuned` says whether the step size of its inner loop is chosen on validation tasks, by
    `scale_steps`. `judged` are the adaptation steps whose mean score says how good it is there.
    """

    config: Any
    tuned: bool

    @property
    def judged(self) -> range: ...

    @property
    def episodes_per_step(self) -> int:
        """Environment episodes of each adaptation step."""
        ...

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop on the T tasks of a batch, with a generator for each.

        `progress` is the share of training that is done, 0 to 1. Returns metrics, with the number
        of sampled `env_steps`; no metrics at all mean that there is nothing to learn.
        """
        ...

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """The inner loop: step 0 before adaptation, then one `AdaptationStep` for each step.

        Never changes the meta-parameters. Each task draws from its own generator alone. A learner
        with a belief about the task gives it in each step (`AdaptationStep.belief`, `drawn`).
        `changes` gives the tasks from a step on, for changes that the learner `follows`.
        """
        ...

    def follows(self, changed: GridBatch) -> bool:
        """Whether an adaptation that is under way can go on when its tasks change to these. If not,
        the adaptation begins anew (see `agents.adaptation`), and `adapt` gets no `changes`."""
        ...

    def with_episodes(self, episodes: int) -> Learner:
        """The learner with this number of episodes in each adaptation step, its meta-parameters
        unchanged; the learner itself where that number is fixed."""
        ...

    def scale_steps(self, factor: float) -> None:
        """Multiply the step sizes of the inner loop, if it has any."""
        ...

    def state(self) -> Arrays:
        """The meta-parameters by name: all that an adapting agent needs. May be empty."""
        ...

    def load(self, state: Arrays) -> None:
        """Replace the meta-parameters by others of the same names, shapes and types."""
        ...

    def checkpoint(self) -> Arrays:
        """All that training needs to go on as if it had not stopped."""
        ...

    def restore(self, checkpoint: Arrays) -> None:
        """Replace all that `checkpoint` gives."""
        ...


def ignore_phase(phase: Phase) -> None:
    """Do nothing: nobody follows the phases of training."""


@dataclass(frozen=True)
class NoOptions:
    """A learner's options, where it has none."""


class BaseLearner:
    """A learner without meta-parameters that adapts in episodes of its own.

    A subclass writes `adapt`, and where it learns `meta_update`, `state` and `load`. All else has a
    default that fits.
    """

    Config: type[Any] = NoOptions
    tuned = False
    parallel = False
    """Whether `meta_update` takes a share of a meta-batch on each of several ranks; see
    `agents.ranks`."""
    on_phase: Callable[[Phase], None] = staticmethod(ignore_phase)
    """Called by `meta_update` when a phase begins; the window follows them."""

    def __init__(self, config: Any, seed: int) -> None:
        self.config = config

    @property
    def judged(self) -> range:
        """The steps after which agents are compared, but step 0."""
        return range(1, STEPS + 1)

    @property
    def episodes_per_step(self) -> int:
        """Return 1: one adaptation step per episode."""
        return 1

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Return no metrics: there is nothing to learn."""
        return {}

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """See `Learner.adapt`."""
        raise NotImplementedError

    def follows(self, changed: GridBatch) -> bool:
        """Adaptation begins anew when a task changes."""
        return False

    def with_episodes(self, episodes: int) -> Learner:
        """The number is fixed."""
        return self

    def scale_steps(self, factor: float) -> None:
        """Do nothing: there are no step sizes."""

    def state(self) -> Arrays:
        """Return no arrays: there are no meta-parameters."""
        return {}

    def load(self, state: Arrays) -> None:
        """Do nothing: there are no meta-parameters."""

    def checkpoint(self) -> Arrays:
        """The meta-parameters; a learner with an optimiser adds what that remembers."""
        return self.state()

    def restore(self, checkpoint: Arrays) -> None:
        """See `checkpoint`."""
        self.load(checkpoint)


def not_finite(arrays: Arrays) -> str | None:
    """Return the name of the first array that holds a number that is not finite, if one does."""
    return next((name for name, array in arrays.items() if not np.isfinite(array).all()), None)


def check_usable(learner: Any) -> None:
    """Raise AgentError if an object cannot be used as a learner, and say what is wrong with it."""
    name = type(learner).__name__
    judged = getattr(learner, "judged", None)
    if not isinstance(judged, Sequence) or not judged:
        raise AgentError(f"{name}.judged is no tuple of at least one adaptation step")
    episodes = getattr(learner, "episodes_per_step", None)
    if type(episodes) is not int or episodes < 1:
        raise AgentError(f"{name}.episodes_per_step is no int above 0")
    state = learner.state()
    if not isinstance(state, dict):
        raise AgentError(f"{name}.state() returns no dictionary of numpy arrays")
    for key, array in state.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
            raise AgentError(f"{name}.state()['{key}'] is no numpy array of numbers")
    bad = not_finite(state)
    if bad is not None:
        raise AgentError(f"{name}.state()['{bad}'] holds numbers that are not finite")
