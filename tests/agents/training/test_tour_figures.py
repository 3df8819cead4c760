"""Tests of what the guided tour says of adaptations to one task, and of intervals."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from agents.training.many_tasks import statistics_of
from agents.training.worker import trace
from game.session.replay import read_line
from game.session.tasks_lines import OTHER_PACK
from game.session.tour import META_LINE, TOUR


@pytest.mark.skipif("GRIDAPT_ADAPTATIONS" not in os.environ, reason="slow; GRIDAPT_ADAPTATIONS")
def test_the_figures_of_the_tour_are_those_of_its_replay_lines() -> None:
    scores = {}
    for stop in TOUR:
        if stop.opening.kind == "watch":
            target = read_line(stop.opening.line)
            assert target.request.task in target.pack.split("test").tasks  # held out
            found = trace(target.request)
            scores[stop.name] = [[round(100 * t.score(s)) for s in t.steps] for t in found]
    assert scores["scratch"] == [[0, -4, 11, 7, 74, 87]]
    assert scores["meta"] == [[16, 97], [0, -4]]
    assert [one[1] for one in scores["many goals"]] == [91, -51]
    assert [one[1] for one in scores["why many tasks"]] == [96, -8]
    assert [one[1] for one in scores["robots and games"]] == [92, 4]
    assert scores["why few steps"] == [[15, 99], [0, 1]]


def test_the_walks_of_the_tour_meet_the_goal_as_often_as_it_says() -> None:
    """Walks that have met it are shorter than an episode."""
    target = read_line(META_LINE)
    agent, scratch = (one.steps[0].moves[0] for one in trace(target.request))
    assert [int((walks[:, -1] < 0).sum()) for walks in (agent, scratch)] == [5, 1]


@pytest.mark.skipif("GRIDAPT_ADAPTATIONS" not in os.environ, reason="slow; GRIDAPT_ADAPTATIONS")
def test_the_intervals_of_mazes_and_scratch_overlap_on_levels_with_opponents() -> None:
    target = read_line(OTHER_PACK.line)
    tasks = target.pack.split("test").tasks[:20]
    found = []
    for agent in target.request.agents[:2]:
        alone = replace(target.request, agents=(agent,))
        traces = [trace(replace(alone, task=task))[0] for task in tasks]
        scores = np.array([[[one.score(step) for step in one.steps] for one in traces]])
        found.append(statistics_of(scores))
    mazes, scratch = found
    assert scratch.low < mazes.low < scratch.high < mazes.high
