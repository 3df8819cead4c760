"""What every learner is, and where they are listed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from agents.rollout import Rngs
from game.tables import GridBatch
from game.trace import AdaptationStep

if TYPE_CHECKING:  # so that the list of learners can be read without loading torch
    from torch import Tensor


class AgentError(Exception):
    """There is no such agent or learner, or its files cannot be used; the message says why."""


class Diverged(Exception):
    """Training has broken down; the message says how, and what to try."""


def check_options(config: Any, **ranges: tuple[float, float]) -> None:
    """Raise ValueError where a number of a config (each, of a tuple) is out of its range."""
    for name, (low, high) in ranges.items():
        value = getattr(config, name)
        values = value if isinstance(value, tuple) else (value,)
        if not all(low <= one <= high for one in values):
            raise ValueError(f"option '{name}' is {value}, and should be {low:g} to {high:g}")


class Learner(Protocol):
    """An agent that learns to learn. `config` is a frozen dataclass of its options."""

    config: Any

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop on the tasks of a batch, with a generator for each.

        `progress` is the share of training that is done, 0 to 1. Returns metrics.
        """
        ...

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """The inner loop: step 0 before adaptation, then one `AdaptationStep` per step.

        Never changes the meta-parameters.
        """
        ...

    def state(self) -> dict[str, Tensor]:
        """The meta-parameters by name: all that an adapting agent needs."""
        ...

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over meta-parameters of the same names and shapes."""
        ...


# name: module and class; the class takes (config, seed) and has a Config of its own
REGISTRY: dict[str, tuple[str, str]] = {
    "maml": ("agents.maml", "Maml"),
    "scratch": ("agents.scratch", "Scratch"),
}


def learner_class(name: str) -> Any:
    """The class of a registered learner. Raises AgentError."""
    if name not in REGISTRY:
        raise AgentError(f"no learner is called '{name}' - there are: {', '.join(REGISTRY)}")
    module, attribute = REGISTRY[name]
    return getattr(importlib.import_module(module), attribute)


def make_learner(name: str, seed: int = 0, **options: Any) -> Learner:
    """A new, untrained learner; `options` are fields of its Config."""
    kind = learner_class(name)
    learner: Learner = kind(kind.Config(**options), seed)
    return learner
