"""What every learner is, and where they are listed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
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
    """An agent that learns to learn.

    `config` is a frozen dataclass of its options; `tuned` says whether `scale_steps` may be used to
    choose the step size of its inner loop on validation tasks; `judged` are the adaptation steps by
    whose mean score it is judged there.
    """

    config: Any
    tuned: bool
    judged: range

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """One iteration of the outer loop on the tasks of a batch, with a generator for each.

        `progress` is the share of training that is done, 0 to 1. Returns metrics, with `env_steps`
        sampled; none at all where there is nothing to learn.
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

    def scale_steps(self, factor: float) -> None:
        """Multiply the step sizes of the inner loop."""
        ...

    def checkpoint(self) -> dict[str, Tensor]:
        """All that training needs to go on as if it had not stopped."""
        ...

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        """Take over a checkpoint."""
        ...


@dataclass(frozen=True)
class Entry:
    """Where a learner is defined. Its class takes (config, seed) and has a `Config`."""

    module: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    """Of its Config, where they differ from the defaults."""
    trains: bool = True
    """Whether `train` can make it any better."""
    needs_run: bool = True
    """Whether it is of no use before it has been trained."""
    episodes: int = 20
    """Of each adaptation step, unless its Config says otherwise."""


REGISTRY: dict[str, Entry] = {
    "maml": Entry("agents.maml", "Maml"),
    "fomaml": Entry("agents.maml", "Maml", {"first_order": True}),
    "reptile": Entry("agents.reptile", "Reptile"),
    "cavia": Entry("agents.cavia", "Cavia"),
    "multitask": Entry("agents.multitask", "Multitask"),
    "scratch": Entry("agents.scratch", "Scratch", {"step_size": 0.3}, needs_run=False),
    "rl2": Entry("agents.rl2", "Rl2", episodes=1),
    "varibad": Entry("agents.varibad", "Varibad", episodes=1),
    "transformer": Entry("agents.transformer", "Transformer", episodes=1),
    "random": Entry("agents.reference", "Random", trains=False, needs_run=False),
    "planner": Entry("agents.reference", "Planner", trains=False, needs_run=False),
    "posterior-sampling": Entry(
        "agents.posterior", "PosteriorSampling", trains=False, needs_run=False, episodes=1
    ),
}


def find_entry(name: str) -> Entry:
    """The entry of a registered learner. Raises AgentError."""
    if name not in REGISTRY:
        raise AgentError(f"no learner is called '{name}' - there are: {', '.join(REGISTRY)}")
    return REGISTRY[name]


def learner_class(name: str) -> Any:
    """The class of a registered learner. Raises AgentError."""
    entry = find_entry(name)
    return getattr(importlib.import_module(entry.module), entry.kind)


def make_config(name: str, **options: Any) -> Any:
    """The Config of a registered learner with these options. Raises AgentError, ValueError."""
    return learner_class(name).Config(**{**find_entry(name).options, **options})


def make_learner(name: str, seed: int = 0, **options: Any) -> Learner:
    """A new, untrained learner; `options` are fields of its Config."""
    learner: Learner = learner_class(name)(make_config(name, **options), seed)
    return learner
