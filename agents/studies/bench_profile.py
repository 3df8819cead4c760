"""Where the time of a training iteration goes: processor time by stage, MAML on new mazes.

STAGES lists the functions of each stage. While they are timed, each of them is replaced by one that
stops the clock of the stage around it and starts its own, so that stages never count time twice:
the exact sweeps within the backward pass count as sweeps, the rest of that pass as network.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from agents.studies.maml_training import WARM_UP, maml_updates

PACKAGES = ("game", "agents", "torch.autograd")  # whose modules may refer to a stage's functions
OTHER = "other"

# Functions as module:name or module:Class.method. A function that another stage calls counts for
# its own stage.
STAGES: dict[str, tuple[str, ...]] = {
    "drawing levels": ("game.tasks.distribution:TaskDistribution.sample",),
    "compiling levels": (
        "game.world.tables:compile_levels",
        "game.world.batch:GridBatch.__init__",
    ),
    "features": (
        "game.world.features:observe_batch",
        "agents.observations:features_of",
    ),
    "baseline returns": ("game.world.planner:baseline_returns",),
    "network": (
        "agents.gradient.gradient_learner:GradientLearner.params_for_tasks",
        "agents.gradient.policy:log_probs",
        "torch.autograd:grad",
    ),
    "exact sweeps": (
        "agents.gradient.losses:Dynamics.__init__",
        "agents.gradient.losses:_Sweeps.gradients",
        "agents.gradient.losses:expected_returns",
    ),
    "rollouts": ("agents.rollout:roll_out",),
    "advantages": (
        "agents.gradient.inner_loop:InnerObjective.advantages",
        "agents.gradient.inner_loop:InnerObjective._sums",
    ),
    "inner steps": ("agents.gradient.inner_loop:inner_update",),
    "outer optimiser": ("agents.gradient.meta_optimizer:MetaOptimizer.step",),
}


@dataclass
class StageClock:
    """Processor time by stage. One stage runs at a time; within no stage it is OTHER."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    _running: list[str] = field(default_factory=lambda: [OTHER])  # the innermost stage is last
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = time.process_time()

    def restart(self) -> None:
        """Forget all that was counted so far."""
        self._count()
        self.seconds.clear()
        self.calls.clear()

    def total(self) -> float:
        """Count up to now, and return the seconds of all stages together."""
        self._count()
        return sum(self.seconds.values())

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted for a stage."""

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            self._count()
            self._running.append(stage)
            self.calls[stage] = self.calls.get(stage, 0) + 1
            try:
                return function(*args, **kwargs)
            finally:
                self._count()
                self._running.pop()

        return run

    def _count(self) -> None:
        """Add the time since the last call to the innermost stage."""
        now, stage = time.process_time(), self._running[-1]
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now


@contextlib.contextmanager
def timed_stages(clock: StageClock) -> Iterator[None]:
    """Time the functions of all stages by a clock, wherever a module has imported them."""
    with contextlib.ExitStack() as afterwards:
        for stage, functions in STAGES.items():
            for function in functions:
                original, name, places = _find(function)
                timed = clock.timed(stage, original)
                for place in places:
                    setattr(place, name, timed)
                    afterwards.callback(setattr, place, name, original)
        yield


def _find(function: str) -> tuple[Callable[..., Any], str, list[Any]]:
    """Return a function of STAGES, its name, and the class or the modules that hold it."""
    module_name, _, path = function.partition(":")
    *classes, name = path.split(".")
    holder: Any = importlib.import_module(module_name)
    for one in classes:
        holder = getattr(holder, one)
    original = getattr(holder, name)
    if classes:
        return original, name, [holder]
    modules = [module for key, module in sys.modules.items() if key.startswith(PACKAGES)]
    return original, name, [one for one in modules if vars(one).get(name) is original]


@dataclass(frozen=True)
class StageTime:
    """A stage's part of one iteration, on average."""

    ms: float
    share: float  # of the iteration, 0 to 1
    calls: float


def profile(seconds: float) -> dict[str, StageTime]:
    """Return the time of each stage of a training iteration in one process, OTHER last.

    Iterations are repeated until they have taken ten times `seconds` of processor time. The shares
    add up to 1.
    """
    torch.set_num_threads(1)
    clock = StageClock()
    with maml_updates(processes=1) as updates, timed_stages(clock):
        *_, first = itertools.islice(updates, WARM_UP)
        clock.restart()
        last = next(update for update in updates if clock.total() >= 10 * seconds)
        spent, calls, total = clock.seconds, clock.calls, clock.total()
    iterations = last.iteration - first.iteration
    return {
        stage: StageTime(
            1000 * spent.get(stage, 0.0) / iterations,
            spent.get(stage, 0.0) / total,
            calls.get(stage, 0) / iterations,
        )
        for stage in (*STAGES, OTHER)
    }
