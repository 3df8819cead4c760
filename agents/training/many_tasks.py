"""One agent adapts to many tasks at once, step by step, with the statistics of `eval`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from agents.learner import Learner
from agents.training.curves import tasks_at_once
from agents.training.statistics import (
    bootstrap_interval,
    mean_score,
    score_changes,
    worse_fraction,
)
from game.session.messages import ScoreStatistics, TasksAdapting, TasksRequest, TasksStepped
from game.session.trace import AdaptationStep
from game.tasks.task import task_rng
from game.world.batch import GridBatch
from game.world.planner import baseline_returns
from game.world.rules import Floats, Ints

Check = Callable[[Iterable[AdaptationStep], GridBatch], Iterator[AdaptationStep]]


def steps_of(
    agent: int, learner: Learner, asked: TasksRequest, check: Check
) -> Iterator[TasksAdapting | TasksStepped]:
    """Adapt the learner of the agent with this index to all tasks of a request; yield each step.

    `check` checks the steps of a batch. Tasks that do not fit into one batch are adapted in several
    batches in turn, each followed by a message, so that a new request can interrupt them.
    """
    request, tasks = asked.request, asked.tasks
    size = tasks_at_once(tasks, learner.episodes_per_step)
    chunks = [tasks[first : first + size] for first in range(0, len(tasks), size)]
    batches = [GridBatch.of([task.level for task in chunk]) for chunk in chunks]
    streams = []
    for chunk, batch in zip(chunks, batches):
        rngs = [task_rng(request.seed, task) for task in chunk]
        streams.append(check(learner.adapt(batch, rngs, request.steps), batch))
    first: Floats | None = None
    for k in range(request.steps + 1):
        parts: list[AdaptationStep] = []
        for stream in streams:
            parts.append(next(stream))
            if len(streams) > 1:
                yield TasksAdapting(request.number, agent, k, sum(len(p.returns) for p in parts))
        pairs = list(zip(parts, batches))
        scores = np.concatenate([baseline_returns(b).score(p.returns) for p, b in pairs])
        first = scores if first is None else first
        both = np.stack([first, scores], -1)[None]  # [1, T, 2]
        yield TasksStepped(
            request.number,
            agent,
            k,
            parts[0].episodes,
            scores,
            score_changes(both)[0, :, -1],
            _joined([_cells(part.paths, batch) for part, batch in pairs]),
            statistics_of(both),
        )


def statistics_of(scores: Floats) -> ScoreStatistics:
    """Return the statistics after the last of some steps, from scores [M, N, steps], of which the
    first are those before adaptation."""
    last = scores[..., -1:]
    low, high = bootstrap_interval(last, mean_score)
    worse = worse_fraction(scores)[-1]
    return ScoreStatistics(float(mean_score(last)[0]), float(low[0]), float(high[0]), float(worse))


def _cells(paths: Ints, batch: GridBatch) -> Ints:
    """Return paths of states [T, n, moves + 1] as cells `row * width + column`."""
    cells = np.full_like(paths, -1)
    for t, tables in enumerate(batch.tables):
        numbers = tables.cell @ (tables.level.width, 1)
        cells[t] = np.where(paths[t] >= 0, numbers[paths[t]], -1)
    return cells


def _joined(parts: Sequence[Ints]) -> Ints:
    """Return paths of several batches as one array; shorter ones end in -1."""
    most = max(part.shape[2] for part in parts)
    room = [((0, 0), (0, 0), (0, most - part.shape[2])) for part in parts]
    return np.concatenate([np.pad(p, width, constant_values=-1) for p, width in zip(parts, room)])
