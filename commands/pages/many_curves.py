"""Adaptations to many tasks at once, as curves of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.training.worker import trace_tasks
from game.session.messages import STEPS, Request, TasksRequest
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.percentage import percentage

MOST_TASKS = 20
DIGITS = 4  # of a score


def many_curves(pack: Pack, request: Request) -> dict[str, Any]:
    """Return the curves of a request's agents on the first test tasks of its pack.

    `own` are those with the agents' own settings, where the request has others. Raises AgentError.
    """
    tasks = pack.split("test").tasks[:MOST_TASKS]
    usual = replace(request, step_size=1.0, episodes=None, steps=STEPS)
    has_others = (request.step_size, request.episodes) != (1.0, None)
    curves = _curves(request, tasks)
    last = max(points[-1]["episodes"] for points in curves)
    own = _curves(usual, tasks) if has_others else []
    return {
        "count": len(tasks),
        "curves": curves,
        "own": [[one for one in points if one["episodes"] <= last] for points in own],
    }


def many_ending(many: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return how adaptation to many tasks ended, for the agents with these names."""
    parts = []
    for i, (name, curve) in enumerate(zip(names, many["curves"], strict=True)):
        text = f"{name} {percentage(curve[-1]['mean'])}"
        if many["own"]:
            text += f" ({percentage(many['own'][i][-1]['mean'])} with its own settings)"
        if worse := curve[-1]["worse"]:
            text += f", worse than before on {worse}"
        parts.append(text)
    count = many["count"]
    return f"Mean over {count} level{'s' * (count != 1)}: {'; '.join(parts)}."


def _curves(request: Request, tasks: Sequence[Task]) -> list[list[dict[str, Any]]]:
    """Return the steps of each agent: episodes, mean score, tasks made worse, and all scores."""
    curves: list[list[dict[str, Any]]] = [[] for _ in request.agents]
    for step in trace_tasks(TasksRequest(request, tuple(tasks))):
        curves[step.agent].append(
            {
                "episodes": step.episodes,
                "mean": round(step.statistics.mean, DIGITS),
                "worse": int((step.changes < 0).sum()),
                "scores": [round(float(score), DIGITS) for score in step.scores],
            }
        )
    return curves
