"""Evaluation: names of agents, held-out checks, and that every statistic can be recomputed from
the rows that are written next to it."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from agents.agent_catalog import CONFIG
from agents.learner import AgentError, Learner
from agents.learner_registry import make_learner
from agents.runs import load_agent
from agents.training.curves import TaskBatches, adaptation_curves
from agents.training.evaluate import (
    bayes_optimal_returns,
    check_folder_names,
    evaluate,
    write_results,
)
from agents.training.evaluated_agents import check_held_out, contenders, tasks_of
from agents.training.plots import spread
from agents.training.train import Training
from agents.training.train_config import TrainConfig
from commands.console import show_evaluation
from game.tasks.packs import load_pack
from game.world.batch import GridBatch
from game.world.planner import baseline_returns

PACK = load_pack("goals-5x5")
SMALL = {"hidden": (8,), "inner_steps": 1}


def scratch(seed: int) -> Learner:
    return load_agent("scratch", seed=seed).learner


def small_run(out: Path, seed: int = 0, pack: str = "goals-5x5", **options: object) -> str:
    learner = make_learner("maml", seed, **{**SMALL, **options})
    config = TrainConfig(iterations=1, tasks=2, seed=seed, validations=1)
    list(Training(learner, "maml", load_pack(pack), config, out).run())
    return str(out)


def test_curves_are_normalised_task_by_task():
    tasks = PACK.split("test").tasks
    curves = adaptation_curves(scratch, TaskBatches(tasks), [0, 1], 2)
    batch = GridBatch.of([task.level for task in tasks])
    baselines = baseline_returns(batch)
    best, worst = baselines.optimal, baselines.random
    assert curves.scores.shape == (2, 5, 3)
    for seed in range(2):
        for i in range(len(tasks)):
            alone = adaptation_curves(scratch, TaskBatches(tasks[i : i + 1]), [seed], 2)
            assert curves.returns[seed, i] == pytest.approx(alone.returns[0, 0], abs=1e-5)
            room = best[i] - worst[i]
            expected = (curves.returns[seed, i] - worst[i]) / room
            assert curves.scores[seed, i] == pytest.approx(expected)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An evaluation of two agents on two packs, the first of them pooled over two runs."""
    folder = tmp_path_factory.mktemp("evaluation")
    runs = [small_run(folder / f"run-{seed}", seed) for seed in range(2)]
    agents = contenders([*runs, "scratch"], "goals-5x5")
    assert list(agents) == ["maml", "scratch"]

    def loader(run: str):
        return load_agent(run, "goals-5x5").learner

    packs = [PACK, load_pack("gridnavi")]
    done = [evaluate(pack, "test", agents, loader, seeds=2, steps=2) for pack in packs]
    write_results(folder / "out", done)
    return folder / "out"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_files_are_written_and_a_folder_for_each_further_pack(written: Path):
    tables = {"per_task.csv", "results.csv", "results.json"}
    assert {path.name for path in written.iterdir()} == {*tables, "curves.png", "gridnavi"}
    assert {path.name for path in (written / "gridnavi").iterdir()} == tables
    results = json.loads((written / "results.json").read_text())
    assert (results["pack"], results["split"], results["tasks"]) == ("goals-5x5", "test", 5)
    rows = rows_of(written / "per_task.csv")
    assert list(rows[0]) == ["agent", "seed", "task", "step", "return", "score"]
    assert len(rows) == (4 + 2) * 5 * 3  # seeds of both agents, tasks, steps
    keys = {(row["agent"], row["seed"], row["task"], row["step"]) for row in rows}
    assert len(keys) == len(rows)
    assert {row["task"] for row in rows} == {task.id for task in PACK.split("test").tasks}


def test_each_task_has_its_kind_and_the_mean_scores_of_the_agents(written: Path):
    results = json.loads((written / "results.json").read_text())
    rows = rows_of(written / "per_task.csv")
    for level in results["levels"]:
        assert level["kind"] == {"cells": 25, "states": 25, "tiles": "", "goal": "hidden"}
        for name, scores in level["scores"].items():
            ours = [r for r in rows if (r["agent"], r["task"]) == (name, level["task"])]
            for k, score in enumerate(scores):
                expected = mean(float(r["score"]) for r in ours if int(r["step"]) == k)
                assert score == pytest.approx(expected, abs=1e-4)
    assert {level["task"] for level in results["levels"]} == {row["task"] for row in rows}


@pytest.mark.parametrize("where", [".", "gridnavi"])
def test_every_statistic_can_be_recomputed_from_the_rows_per_task(written: Path, where: str):
    """In plain Python, independent of the code that wrote the results."""
    results = json.loads((written / where / "results.json").read_text())
    rows = rows_of(written / where / "per_task.csv")
    optimal, random = results["optimal_return"], results["random_return"]
    assert random < optimal
    steps = rows_of(written / where / "results.csv")
    for name, facts in results["agents"].items():
        assert all(len(facts[key]) == 3 for key in ("episodes", "env_steps", "gradient_steps"))
        ours = [row for row in rows if row["agent"] == name]
        before = {(r["seed"], r["task"]): float(r["score"]) for r in ours if r["step"] == "0"}
        for k in range(3):
            at = [row for row in ours if int(row["step"]) == k]
            scores = sorted(float(row["score"]) for row in at)
            n = len(scores)
            middle = scores[n // 4 : n - n // 4]
            iqm = sum(middle) / len(middle)
            place = 0.2 * (n - 1)
            below, share = math.floor(place), place % 1
            p20 = scores[below] + share * (scores[below + 1] - scores[below])
            worse = [float(r["score"]) < before[r["seed"], r["task"]] - 0.02 for r in at]
            assert facts["return_mean"][k] == pytest.approx(mean(float(r["return"]) for r in at))
            assert facts["score_mean"][k] == pytest.approx(mean(scores))
            assert facts["score_iqm"][k] == pytest.approx(iqm)
            assert facts["score_p20"][k] == pytest.approx(p20)
            assert facts["worse_fraction"][k] == pytest.approx(mean(worse))
            assert facts["improvement"][k] == pytest.approx(chance_to_beat(rows, name, k))
            assert facts["score_low"][k] <= iqm <= facts["score_high"][k]
            row = next(r for r in steps if (r["agent"], r["step"]) == (name, str(k)))
            assert float(row["score_iqm"]) == pytest.approx(iqm)


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


def chance_to_beat(rows: list[dict[str, str]], name: str, step: int) -> float:
    """Return the probability that an agent beats scratch, task by task, over all pairs of seeds."""
    at = [row for row in rows if int(row["step"]) == step]
    found = []
    for task in sorted({row["task"] for row in at}):
        ours = [float(r["return"]) for r in at if (r["agent"], r["task"]) == (name, task)]
        theirs = [float(r["return"]) for r in at if (r["agent"], r["task"]) == ("scratch", task)]
        found.append(mean((a > b) + (a == b) / 2 for a in ours for b in theirs))
    return mean(found)


def test_runs_that_differ_in_their_seed_alone_are_pooled(tmp_path: Path):
    a, b = (small_run(tmp_path / f"seed-{seed}", seed) for seed in range(2))
    other = small_run(tmp_path / "wider", 2, hidden=(9,))
    again = small_run(tmp_path / "deep" / "seed-0", 0)
    assert contenders([a], "") == {"seed-0": (a,)}
    assert contenders([a, b], "") == {"maml": (a, b)}
    assert contenders([b, other, a], "") == {"maml": (b, a), "wider": (other,)}
    assert contenders([a, again, b], "") == {"maml": (a, b), "seed-0": (again,)}
    assert contenders(["maml", a, b], "mazes-9x9") == {"maml": ("maml",), "seed-0": (a, b)}
    assert contenders(["scratch", "scratch"], "") == {"scratch": ("scratch",)}
    with pytest.raises(AgentError, match="nobody"):
        contenders([a, "nobody"], "")


def test_options_missing_from_an_older_run_count_as_defaults(tmp_path: Path):
    older, newer, other = (small_run(tmp_path / f"seed-{seed}", seed) for seed in range(3))

    def edit(run: str, change: Callable[[dict[str, Any]], object]) -> None:
        file = Path(run) / "config.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        change(config)
        file.write_text(json.dumps(config), encoding="utf-8")

    edit(older, lambda config: config["options"]["inner"].pop("narrowing"))
    edit(older, lambda config: config["options"].pop("emaml"))
    edit(older, lambda config: config["training"].pop("patience"))
    assert contenders([older, newer], "") == {"maml": (older, newer)}
    edit(other, lambda config: config["options"]["inner"].update(narrowing=0.25))
    assert contenders([older, other], "") == {"seed-0": (older,), "seed-2": (other,)}


def test_training_tasks_are_refused_by_id_under_any_name(tmp_path: Path):
    run = small_run(tmp_path / "run")
    held_out = tasks_of(PACK, "test")
    check_held_out(run, "", PACK, held_out)
    with pytest.raises(AgentError, match=r"trained on 1 of these 6 tasks.*--split train"):
        check_held_out(run, "", PACK, [*held_out, PACK.split("train").tasks[0]])
    config = json.loads((tmp_path / "run" / CONFIG).read_text())
    assert not set(config["trained_on"]) & {task.id for task in held_out}


def test_a_pack_that_declares_shared_tasks_is_not_refused(tmp_path: Path):
    run = small_run(tmp_path / "run", pack="gridnavi")
    navi = load_pack("gridnavi")
    check_held_out(run, "", navi, tasks_of(navi, "test"))


def test_a_split_that_generates_tasks_gives_a_fixed_sample():
    mazes = load_pack("mazes-9x9")
    first, again = ([task.id for task in tasks_of(mazes, "train")] for _ in range(2))
    assert first == again
    assert len(set(first)) == 64
    assert not set(first) & {task.id for task in mazes.split("test").tasks}


def test_labels_are_moved_apart_as_little_as_needed():
    assert spread(np.array([0.1, 0.5]), [0.1] * 2) == pytest.approx([0.1, 0.5])
    assert spread(np.array([0.5, 0.5]), [0.1] * 2) == pytest.approx([0.45, 0.55])
    assert spread(np.array([0.5, 0.5]), [0.1, 0.3]) == pytest.approx([0.35, 0.55])
    placed = spread(np.array([0.0, 0.5, 0.52, 0.53, 0.8]), [0.1] * 5)
    assert (np.diff(placed) > 0.1 - 1e-9).all()
    assert np.mean(placed[1:4]) == pytest.approx(np.mean([0.5, 0.52, 0.53]))


def test_adaptation_without_randomness_is_evaluated_once_per_task():
    tasks = load_pack("gridnavi").split("test").tasks
    agent, asked = make_learner("rl2", width=4), []

    class Counted:
        episodes_per_step = 1

        def adapt(self, batch: GridBatch, rngs: list, steps: int):
            asked.append(batch.n_tasks)
            return agent.adapt(batch, rngs, steps)

    curves = adaptation_curves(lambda _: Counted(), TaskBatches(tasks), [0, 1, 2], 1)
    assert asked == [21]
    assert (curves.returns == curves.returns[:1]).all()
    asked.clear()
    tasks = load_pack("dynamics").split("test").tasks[:2]
    adaptation_curves(lambda _: Counted(), TaskBatches(tasks), [0, 1], 0)
    assert asked == [2, 2]


def test_bayes_optimal_returns_need_each_goal_of_a_level_once():
    pack = load_pack("gridnavi")
    tasks = pack.split("test").tasks
    bayes = bayes_optimal_returns(pack, tasks, 4)
    assert bayes == pytest.approx([4.0, 11.0714, 11.0714, 11.0714], abs=1e-3)
    assert sum(bayes) == pytest.approx(37.214, abs=1e-3)
    assert bayes_optimal_returns(pack, tasks[1:], 4) is None
    assert bayes_optimal_returns(PACK, PACK.split("test").tasks, 4) is None
    mazes = load_pack("mazes-9x9")
    assert bayes_optimal_returns(mazes, mazes.split("test").tasks, 4) is None


def test_the_table_of_episodes_shows_agents_between_the_baselines(
    capsys: pytest.CaptureFixture[str],
):
    pack = load_pack("gridnavi")
    names = ("rl2", "planner", "posterior-sampling", "random")
    agents = {name: (name,) for name in names}

    found = evaluate(pack, "test", agents, make_learner, 1, 3)
    show_evaluation(found.title, found.summary, Console(width=120))
    output = capsys.readouterr().out
    rows = {
        line.split("  ")[0].strip(): line.split() for line in output.splitlines() if "." in line
    }
    assert rows["oracle"][1:] == ["11.071"] * 4 + ["44.286"]
    assert rows["Bayes-optimal"][1:] == ["4.000", "11.071", "11.071", "11.071", "37.214"]
    assert rows["random policy"][2:] == ["-1.165"] * 4 + ["-4.662"]
    assert len(rows["posterior-sampling"]) == 6


def test_each_pack_has_a_folder_of_its_own_for_its_results(tmp_path: Path):
    packs = [load_pack("goals-5x5")]
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "lv.txt").write_text("map:\n@?\n?.\n")
        packs.append(load_pack(tmp_path / folder / "lv.txt"))
    check_folder_names(packs[:2])
    check_folder_names([packs[1], packs[2]])  # the first pack's results are in the folder itself
    with pytest.raises(AgentError, match="another pack is also called 'lv'"):
        check_folder_names(packs)
    for name in ("..", "results.json", ""):
        with pytest.raises(AgentError, match="is no name for its results"):
            check_folder_names([packs[0], replace(packs[1], name=name)])


def test_batches_of_tasks_are_made_once_unless_they_are_large(monkeypatch: pytest.MonkeyPatch):
    tasks = load_pack("goals-5x5").split("test").tasks
    batches = TaskBatches(tasks)
    first, second = batches.batch(0, 3), batches.batch(3, 3)
    assert [one.level for one in second.tables] == [task.level for task in tasks[3:]]
    assert batches.batch(0, 3) is first
    assert batches.batch(3, 3) is second
    monkeypatch.setattr("agents.training.curves.MOST_KEPT", 0)
    other = batches.batch(0, 2)
    assert other.n_tasks == 2
    assert batches.batch(0, 2) is other
    assert batches.batch(0, 3) is not first
