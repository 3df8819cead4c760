"""A run of training: what it writes, that it repeats, and that stopping keeps what there is."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import pytest
import torch

from agents.catalog import CONFIG, WEIGHTS
from agents.evaluate import adaptation_curves
from agents.learner import make_learner
from agents.runs import load_agent
from agents.train import TrainConfig, Training, Update, Validation
from game.tasks import load_pack

PACK = load_pack("goals-5x5")


def training(out: Path, iterations: int = 6, seed: int = 0) -> Training:
    learner = make_learner("maml", seed, hidden=(8,), inner_steps=1)
    config = TrainConfig(iterations=iterations, tasks=4, seed=seed, validations=3)
    return Training(learner, "maml", PACK, config, out, "python main.py train goals-5x5")


def test_a_run_writes_its_agent_config_metrics_and_plot(tmp_path: Path):
    run = training(tmp_path / "deep" / "run")
    events = list(run.run())
    run.save()
    updates = [event for event in events if isinstance(event, Update)]
    validations = [event for event in events if isinstance(event, Validation)]
    assert [event.iteration for event in updates] == [1, 2, 3, 4, 5, 6]
    assert [event.iteration for event in validations] == [2, 4, 6]
    assert updates[-1].progress == 1
    assert all(len(event.scores) == 6 for event in validations)
    files = {path.name for path in run.out.iterdir()}
    assert files == {"agent.safetensors", "config.json", "metrics.csv", "curves.png"}
    rows = list(csv.DictReader((run.out / "metrics.csv").open()))
    assert [row["iteration"] for row in rows] == ["2", "4", "6"]
    assert float(rows[-1]["score_1"]) == pytest.approx(validations[-1].scores[1], rel=1e-4)
    config = json.loads((run.out / CONFIG).read_text())
    assert config["training"]["iterations"] == 6
    assert load_agent(str(run.out)).pack == "goals-5x5"


def test_the_same_seed_trains_the_same_agent_and_another_seed_another(tmp_path: Path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        list(training(tmp_path / name, seed=seed).run())
    a, b, c = ((tmp_path / name / WEIGHTS).read_bytes() for name in "abc")
    assert a == b != c


def test_what_is_kept_is_the_best_on_validation_tasks(tmp_path: Path):
    run = training(tmp_path, iterations=9)
    best: tuple[float, dict] = (-9.0, {})
    for event in run.run():
        if isinstance(event, Validation):
            value = sum(event.scores[1:])
            assert event.best == (value > best[0])
            if event.best:
                best = (value, run.learner.state())
    kept = load_agent(str(tmp_path)).learner.state()
    assert all(torch.equal(kept[name], best[1][name]) for name in kept)


def test_stopped_at_any_moment_there_is_an_agent(tmp_path: Path):
    run = training(tmp_path)
    events = run.run()
    next(events)
    run.save()
    load_agent(str(tmp_path))


def test_stopped_between_metrics_and_agent_there_is_an_agent(tmp_path: Path, monkeypatch):
    run = training(tmp_path)
    monkeypatch.setattr(run, "_write_agent", lambda at: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        list(run.run())
    monkeypatch.undo()
    run.save()
    load_agent(str(tmp_path))


def test_training_learns_and_says_how_much_it_sampled(tmp_path: Path):
    learner = make_learner("maml", 0, hidden=(32,), inner_steps=1)
    config = TrainConfig(iterations=80, tasks=10, validations=2)
    run = Training(learner, "maml", PACK, config, tmp_path)
    events = list(run.run())
    scores = [event.scores for event in events if isinstance(event, Validation)]
    fresh = make_learner("maml", 0, hidden=(32,), inner_steps=1)
    tasks = PACK.split("validation").tasks
    before = adaptation_curves(lambda _: fresh, tasks, [0], 1).mean_scores
    assert scores[-1][1] > before[1] + 0.15
    spent = [event.env_steps for event in events if isinstance(event, Update)]
    most = 10 * 20 * 20  # tasks, episodes, steps
    assert all(0 < b - a <= most for a, b in itertools.pairwise(spent))
