"""The progress of a training run, as its checkpoint keeps it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.learner import AgentError
from agents.training.train_config import MOST_MINUTES
from agents.training.tuning import MULTIPLIERS
from game.filling import Misfit, fill


@dataclass
class RunStatus:
    """The progress of a run; with the learner's checkpoint, all that is needed to resume it.

    Field names are part of the checkpoint file.
    """

    iteration: int = 0
    progress: float = 0.0  # share of training done, 0 to 1
    seconds: float = 0.0  # of the whole run, with validations
    validation_seconds: float = 0.0  # of the last validation
    validated: float = 0.0  # seconds of the run at the end of the last validation
    env_steps: int = 0
    due: int = 1  # number of the next validation, from 1
    multiplier: float = 1.0  # of the configured step size, where that is tuned
    best: float = -math.inf
    stale: int = 0  # validations since the last improvement
    rows: list[dict[str, float]] = field(default_factory=list)  # rows of metrics.csv
    totals: dict[str, float] = field(default_factory=dict)  # sums of metrics since the last row
    since: int = 0  # iterations since the last row

    def __post_init__(self) -> None:
        counts = (self.iteration, self.env_steps, self.stale, self.since)
        times = (self.seconds, self.validation_seconds, self.validated)
        if min(counts) < 0 or self.due < 1 or not 0 <= self.progress <= 1:
            raise ValueError("a count or share is out of range")
        if not all(0 <= time < 60 * MOST_MINUTES for time in times):
            raise ValueError("a time is out of range")
        if self.multiplier not in MULTIPLIERS:
            raise ValueError("the multiplier of the step size is not of today's grid")
        if self.totals and not self.since:
            raise ValueError("there are sums of metrics, but of no iterations")
        if any("iteration" not in row for row in self.rows):
            raise ValueError("a row of metrics lacks its iteration")


def read_status(path: Path, facts: dict[str, Any]) -> RunStatus:
    """Return the progress that a checkpoint's facts describe. Raises AgentError."""
    try:
        return fill(RunStatus, facts)
    except (Misfit, ValueError) as error:
        raise AgentError(f"{path}: training cannot go on from it: {error}") from None


def metrics_text(rows: Sequence[dict[str, float]]) -> str:
    """Return the text of metrics.csv."""
    text = io.StringIO()
    # A resumed run may have rows of an older version, with other columns.
    columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
    )
    return text.getvalue()
