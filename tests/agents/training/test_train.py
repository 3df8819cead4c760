"""A training run: the files it writes, reproducibility, stopping and resuming."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.agent_catalog import CHECKPOINT, CONFIG, WEIGHTS
from agents.array_files import HASH, read_arrays, write_arrays
from agents.learner import AgentError, Diverged
from agents.learner_registry import make_learner
from agents.runs import load_agent, load_checkpoint
from agents.training.curves import TaskBatches, adaptation_curves
from agents.training.train import Training, Update, Validation
from agents.training.train_config import TrainConfig
from agents.training.tuning import MULTIPLIERS
from game.tasks.packs import load_pack
from game.world.features import FIRST_LAYOUT, N_FIRST_FEATURES

PACK = load_pack("goals-5x5")


def training(
    out: Path, iterations: int = 6, seed: int = 0, name: str = "maml", **options: Any
) -> Training:
    learner = make_learner(name, seed, hidden=(8,), **options)
    config = TrainConfig(iterations=iterations, tasks=4, seed=seed, validations=3)
    return Training(learner, name, PACK, config, out, "python main.py train goals-5x5")


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
    assert files == {WEIGHTS, CHECKPOINT, CONFIG, "metrics.csv", "curves.png"}
    rows = list(csv.DictReader((run.out / "metrics.csv").open()))
    assert [row["iteration"] for row in rows] == ["2", "4", "6"]
    assert float(rows[-1]["score_1"]) == pytest.approx(validations[-1].scores[1], rel=1e-4)
    config = json.loads((run.out / CONFIG).read_text())
    assert config["training"]["iterations"] == 6
    assert config["coverage"] == {"sizes": [[5, 5]], "tiles": ".@G", "goals": ["hidden"]}
    assert load_agent(str(run.out)).pack == "goals-5x5"


def test_the_same_seed_trains_the_same_agent_and_another_seed_another(tmp_path: Path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        list(training(tmp_path / name, seed=seed).run())
    a, b, c = ((tmp_path / name / WEIGHTS).read_bytes() for name in "abc")
    assert a == b != c


def test_the_saved_agent_is_the_best_on_validation_tasks(tmp_path: Path):
    run = training(tmp_path, iterations=9)
    best: tuple[float, dict] = (-9.0, {})
    for event in run.run():
        if isinstance(event, Validation):
            value = sum(event.scores[1:])
            assert event.best == (value > best[0])
            if event.best:
                best = (value, run.learner.state())
    kept = load_agent(str(tmp_path)).learner.state()
    assert all(np.array_equal(kept[name], best[1][name]) for name in kept)


def test_stopping_at_any_time_saves_an_agent(tmp_path: Path):
    run = training(tmp_path)
    events = run.run()
    next(events)
    run.save()
    load_agent(str(tmp_path))


def test_stopping_between_metrics_and_agent_saves_an_agent(tmp_path: Path, monkeypatch):
    run = training(tmp_path)
    monkeypatch.setattr(run, "_facts", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        list(run.run())
    monkeypatch.undo()
    run.save()
    load_agent(str(tmp_path))


def test_a_resumed_run_continues_bit_for_bit(tmp_path: Path):
    whole, half = tmp_path / "whole", tmp_path / "half"
    list(training(whole, 20).run())
    first = training(half, 20)
    for event in first.run():
        if isinstance(event, Update) and event.iteration == 10:  # in between two validations
            break
    first.learner.meta.params["w0"].data.zero_()  # an unfinished iteration is not saved
    first.save()
    again = training(half, 20, seed=7)  # another seed, which must not matter
    again.config, again.resume = first.config, True
    seen = [event.iteration for event in again.run() if isinstance(event, Update)]
    assert seen == list(range(11, 21))
    again.save()
    assert (whole / WEIGHTS).read_bytes() == (half / WEIGHTS).read_bytes()
    ends = [load_checkpoint(folder)[0] for folder in (whole, half)]
    assert ends[0].keys() == ends[1].keys()
    assert all(np.array_equal(ends[0][key], ends[1][key]) for key in ends[0])
    rows = [list(csv.DictReader((folder / "metrics.csv").open())) for folder in (whole, half)]
    assert [r | {"seconds": ""} for r in rows[0]] == [r | {"seconds": ""} for r in rows[1]]


def to_first_layout(run: Path) -> None:
    """Make a run what it was before the later features: its arrays have no rows for them."""
    for file in (WEIGHTS, CHECKPOINT):
        arrays, metadata = read_arrays(run / file)
        cut = {n: a[:N_FIRST_FEATURES] if a.ndim > 1 else a for n, a in arrays.items()}
        facts = {name: text for name, text in metadata.items() if name != HASH}
        write_arrays(run / file, cut, **facts)
    config = json.loads((run / CONFIG).read_text())
    (run / CONFIG).write_text(json.dumps(config | {"features": FIRST_LAYOUT}))


@pytest.mark.parametrize("name", ["maml", "rl2"])
def test_a_run_of_the_first_features_goes_on_as_if_it_had_all(name: str, tmp_path: Path):
    options = {"hidden": (8,)} if name == "maml" else {"width": 8}
    for folder in ("old", "new"):
        learner = make_learner(name, 0, **options)
        config = TrainConfig(iterations=2, tasks=4, validations=1)
        list(Training(learner, name, PACK, config, tmp_path / folder, "").run())
    to_first_layout(tmp_path / "old")
    assert load_agent(str(tmp_path / "old")).pack == "goals-5x5"
    for folder in ("old", "new"):
        config = TrainConfig(iterations=4, tasks=4, validations=1)
        again = Training(
            make_learner(name, 0, **options), name, PACK, config, tmp_path / folder, ""
        )
        again.resume = True
        list(again.run())
        again.save()
    old, new = (load_checkpoint(tmp_path / folder)[0] for folder in ("old", "new"))
    assert all(np.array_equal(old[n][:100], new[n][:100]) for n in new if np.ndim(new[n]))
    assert load_agent(str(tmp_path / "old")).learner.state().keys() == again.learner.state().keys()


def test_an_optimiser_of_another_shape_is_refused(tmp_path: Path):
    run = training(tmp_path, 2)
    list(run.run())
    arrays, metadata = read_arrays(tmp_path / CHECKPOINT)
    arrays["adam.exp_avg.w0"] = arrays["adam.exp_avg.w0"][:5]
    facts = {name: text for name, text in metadata.items() if name != HASH}
    write_arrays(tmp_path / CHECKPOINT, arrays, **facts)
    longer = training(tmp_path, 4)
    longer.resume = True
    with pytest.raises(AgentError, match=r"'adam.exp_avg.w0' has the shape \(5, 8\), not"):
        list(longer.run())


def test_a_finished_run_can_be_extended(tmp_path: Path):
    run = training(tmp_path, 3)
    list(run.run())
    longer = training(tmp_path, 6)
    longer.resume = True
    events = list(longer.run())
    assert [e.iteration for e in events if isinstance(e, Update)] == [4, 5, 6]
    assert [e.iteration for e in events if isinstance(e, Validation)] == [4, 6]


def test_training_stops_early_without_improvement(tmp_path: Path, monkeypatch):
    run = training(tmp_path, 12)
    run.config = replace(run.config, validations=12, patience=2)
    values = iter([0.3, 0.5, 0.4, 0.5005, 0.9])
    monkeypatch.setattr(run, "_tuned_scores", lambda tasks: [0.0, *[next(values)] * 5])
    validations = [event for event in run.run() if isinstance(event, Validation)]
    assert [v.scores[1] for v in validations] == [0.3, 0.5, 0.4, 0.5005]
    assert [v.plateau for v in validations] == [False, False, False, True]


def test_training_that_is_not_finite_stops_and_keeps_the_last_good_agent(
    tmp_path: Path, monkeypatch
):
    run = training(tmp_path)
    update = run.learner.meta_update

    def breaks(*arguments: Any) -> dict[str, float]:
        metrics = update(*arguments)
        return metrics | {"train_score_1": float("nan")} if run.status.iteration == 4 else metrics

    monkeypatch.setattr(run.learner, "meta_update", breaks)
    with pytest.raises(Diverged, match="'train_score_1' is not finite"):
        list(run.run())
    run.save()
    assert all(np.isfinite(p).all() for p in load_agent(str(tmp_path)).learner.state().values())
    assert run.status.iteration == 4


def test_collapsed_exploration_is_reported(tmp_path: Path):
    run = training(tmp_path, name="multitask")
    state = run.learner.state()
    state["b1"] += np.array([0.0, 0.0, 0.0, 0.0, 50.0], np.float32)  # always the action "stay"
    run.learner.load(state)
    with pytest.raises(Diverged, match="exploration has collapsed"):
        list(run.run())
    run.save()
    load_agent(str(tmp_path))


def test_overwriting_a_run_deletes_its_files(tmp_path: Path):
    old = training(tmp_path)
    list(old.run())
    old.save()
    (tmp_path / "notes.txt").write_text("mine")
    new = training(tmp_path, seed=1)
    next(new.run())  # stopped before its first validation
    new.save()
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {WEIGHTS, CHECKPOINT, CONFIG, "notes.txt"}


def test_a_step_size_is_tuned_on_validation_tasks(tmp_path: Path):
    run = training(tmp_path, name="scratch", step_size=0.02)
    events = list(run.run())
    assert [type(event) for event in events] == [Update, Validation]  # nothing else to train
    found = np.exp(load_agent(str(tmp_path)).learner.state()["log_alpha.w0"])
    multiplier = float(found[0]) / 0.02
    assert np.isclose(multiplier, MULTIPLIERS, rtol=1e-5).any()
    assert multiplier > 2  # a step size of 0.02 is far too small on this pack
    assert np.mean(events[1].scores[1:]) > 0.1


def test_training_improves_the_score_and_counts_its_samples(tmp_path: Path):
    learner = make_learner("maml", 0, hidden=(32,), inner_steps=1)
    config = TrainConfig(iterations=80, tasks=10, validations=2)
    run = Training(learner, "maml", PACK, config, tmp_path)
    events = list(run.run())
    scores = [event.scores for event in events if isinstance(event, Validation)]
    fresh = make_learner("maml", 0, hidden=(32,), inner_steps=1)
    tasks = PACK.split("validation").tasks
    before = adaptation_curves(lambda _: fresh, TaskBatches(tasks), [0], 1).mean_scores
    assert scores[-1][1] > before[1] + 0.15
    spent = [event.env_steps for event in events if isinstance(event, Update)]
    most = 10 * 20 * 20  # tasks, episodes, steps
    assert all(0 < b - a <= most for a, b in itertools.pairwise(spent))
