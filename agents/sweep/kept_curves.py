"""The adaptation curves of a run's agent, kept in its folder.

They are used only where weights, tasks, seeds and steps are those that they were measured with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from agents.agent_catalog import WEIGHTS
from agents.array_files import read_arrays, write_arrays
from agents.learner import AgentError
from agents.run_folder import run_path
from agents.sweep.sweep_run import EvaluationPlan
from agents.training.curves import Curves
from game.files import open_regular, write_atomically
from game.tasks.task import Task
from game.world.planner import BaselineReturns

CURVES = "curves.safetensors"


def write_curves(out: Path, tasks: Sequence[Task], plan: EvaluationPlan, curves: Curves) -> None:
    """Write the curves of the agent in a run's folder."""
    arrays = {
        "returns": curves.returns,
        "scores": curves.scores,
        "env_steps": curves.env_steps,
        "episodes": np.array(curves.episodes),
        "gradient_steps": np.array(curves.gradient_steps),
        "random": curves.baselines.random,
        "optimal": curves.baselines.optimal,
    }
    write = partial(write_arrays, arrays=arrays, measured_with=_measured_with(out, tasks, plan))
    write_atomically(out / CURVES, write)


def read_curves(out: Path, tasks: Sequence[Task], plan: EvaluationPlan) -> Curves | None:
    """Return the curves of the agent in a run's folder, or None where there are none of these
    weights, tasks, seeds and steps."""
    path = out / CURVES
    try:
        arrays, metadata = read_arrays(path)
        if metadata.get("measured_with") != _measured_with(out, tasks, plan):
            return None
        return Curves(
            arrays["returns"],
            arrays["scores"],
            arrays["env_steps"],
            tuple(arrays["episodes"].tolist()),
            tuple(arrays["gradient_steps"].tolist()),
            BaselineReturns(arrays["random"], arrays["optimal"]),
        )
    except (AgentError, KeyError, OSError):  # missing or damaged: they are measured again
        return None


def _measured_with(out: Path, tasks: Sequence[Task], plan: EvaluationPlan) -> str:
    """Return a hash of all that curves depend on. Raises OSError where there is no agent."""
    with open_regular(run_path(out, WEIGHTS)) as file:
        weights = hashlib.sha256(file.read()).hexdigest()
    facts = [weights, [task.id for task in tasks], asdict(plan)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
