"""`bench`: every figure has its unit and words, stages add up, and growth has all its axes.

Nothing here is about how long anything takes.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import time
from pathlib import Path
from typing import Any

import pytest

from agents.gradient import policy
from agents.studies import bench_growth, bench_profile
from agents.studies.bench import BENCHMARKS, measure
from agents.studies.bench_growth import AXES, Growth, shortest_ms
from agents.studies.bench_profile import OTHER, STAGES, StageClock, timed_stages
from agents.studies.bench_world import PYTHON_LOOP
from agents.training.train import Training
from commands.exit_codes import DONE, UNUSABLE
from commands.main import main

UNITS = {"steps/s", "transitions/s", "frames/s", "iterations/s", "ms", "s"}


def printed_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What `bench` prints with --json, in the shortest time that it can take."""
    assert main(["bench", "--seconds", "0", "--json", *arguments]) == DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_every_figure_says_in_words_and_units_what_it_is(capsys: pytest.CaptureFixture[str]):
    figures = printed_json(capsys)
    assert {"maml_mazes", "resample_env", PYTHON_LOOP} < set(figures)
    assert list(figures) == list(BENCHMARKS)
    for name, figure in figures.items():
        assert figure["unit"] in UNITS, name
        assert 0 < figure["value"] < math.inf, name
        assert re.fullmatch(r"(\S+ ){4,}\S+\.", figure["about"]), name


def test_only_rates_of_stepping_are_compared_with_the_plain_loop():
    loop, *rest = measure(["scalar_env", "compile_9x9_ms"], 0)
    assert loop[0] == PYTHON_LOOP
    (_, scalar), (_, compiling) = rest
    assert scalar.ratio == pytest.approx(scalar.value / loop[1].value)
    assert scalar.ratio_to == PYTHON_LOOP
    assert compiling.ratio is None
    assert compiling.ratio_to is None


def test_some_figures_can_be_chosen_by_name(capsys: pytest.CaptureFixture[str]):
    assert list(printed_json(capsys, "--only", "compile_9x9_ms")) == ["compile_9x9_ms"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--only", "speed"),
        ("--profile", "--growth"),
        ("--profile", "--only", "scalar_env"),
        ("--seconds", "-1"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
):
    assert main(["bench", *arguments]) == UNUSABLE
    assert capsys.readouterr().err


def test_the_page_on_performance_names_every_figure_stage_and_quantity():
    page = (Path(__file__).parents[3] / "docs" / "performance.md").read_text(encoding="utf-8")
    for name in (*BENCHMARKS, *STAGES, *AXES):
        assert re.search(rf"^{name}  ", page, re.M), name


# --- the profile ---------------------------------------------------------------------------------


def test_stages_add_up_and_training_passes_each_of_them(capsys: pytest.CaptureFixture[str]):
    stages = printed_json(capsys, "--profile")
    assert list(stages) == [*STAGES, OTHER]
    assert sum(stage["share"] for stage in stages.values()) == pytest.approx(1)
    assert all(stages[name]["calls"] > 0 for name in STAGES)


def test_the_profile_leaves_no_timer_behind_and_trains_as_without_it():
    before = policy.log_probs, vars(Training)["run"]
    losses = []
    for timed in (False, True):
        with bench_profile.maml_updates(processes=1) as updates:
            if timed:
                with timed_stages(StageClock()):
                    assert policy.log_probs is not before[0]
                    update = next(updates)
            else:
                update = next(updates)
        losses.append(update.metrics)
    assert losses[0] == losses[1]
    assert (policy.log_probs, vars(Training)["run"]) == before


def test_a_clock_counts_no_time_twice(monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(time, "process_time", lambda: now)
    clock = StageClock()

    def passes(seconds: float) -> None:
        nonlocal now
        now += seconds

    inner = clock.timed("inner", lambda: passes(2))

    def around() -> None:
        passes(1)
        inner()
        passes(4)

    passes(8)
    clock.timed("outer", around)()
    assert clock.total() == 15
    assert clock.seconds == {OTHER: 8, "outer": 5, "inner": 2}
    assert clock.calls == {"outer": 1, "inner": 1}


# --- the growth of the cost ----------------------------------------------------------------------


def test_growth_has_every_axis_with_ascending_amounts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    smallest = {
        name: dataclasses.replace(axis, settings=axis.settings[:2]) for name, axis in AXES.items()
    }
    monkeypatch.setattr(bench_growth, "AXES", smallest)
    measured = printed_json(capsys, "--growth")
    assert list(measured) == list(AXES)
    assert {"tasks", "states", "episodes", "steps", "cells"} <= set(measured)
    for name, growth in measured.items():
        assert len(growth["amounts"]) == len(growth["ms"]) == 2, name
        assert growth["amounts"] == sorted(set(growth["amounts"])), name


def test_map_sides_of_the_growth_reach_from_5_to_32():
    for stage in ("drawing", "compiling", "planning"):
        sides = [setting.side for setting in AXES[f"cells, {stage}"].settings]
        assert (sides[0], sides[-1]) == (5, 32)


def test_the_exponent_of_a_power_is_the_power():
    growth = Growth.of("cost", [1, 2, 8], [3.0, 3 * 2**1.5, 3 * 8**1.5])
    assert growth.exponent == pytest.approx(1.5)
    assert growth.per_doubling == pytest.approx([2**1.5, 2**1.5])


def test_the_shortest_of_several_runs_counts(monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(time, "process_time", lambda: now)

    def work(*durations: float):
        left = iter(durations)

        def run() -> None:
            nonlocal now
            now += next(left)

        return run

    # one warm-up, then turns of 3 + 1, 2 + 4 seconds until 8 seconds are spent
    assert shortest_ms([work(9, 3, 2), work(9, 1, 4)], 8) == [2000, 1000]
