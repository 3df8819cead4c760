"""Scratch is compared on equal terms: the same network and inner loop, and a tuned step size."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.agent_catalog import (
    CONFIG,
    PRETRAINED,
    RESULTS,
    TunedScratch,
    agent_card,
    list_pretrained,
    tuned_scratch_of,
)
from agents.learner import AgentError
from agents.learner_registry import make_learner
from agents.runs import load_agent
from agents.scratch_agents import inner_options, scratch_for, with_scratch
from agents.training.curves import TaskBatches, adaptation_curves
from agents.training.evaluate import evaluate
from agents.training.evaluated_agents import contenders
from agents.training.scratch_baseline import tune_scratch, tuned_scratch
from agents.training.train import Training
from agents.training.train_config import TrainConfig
from agents.training.tuning import MULTIPLIERS, best_multiplier
from agents.training.worker import trace
from commands.agent_choices import AgentChoices
from game.session.messages import Request, labels
from game.tasks.packs import load_pack

GOALS = load_pack("goals-5x5")
SHOWCASE = load_pack("showcase")
GRADIENT = [name for name in list_pretrained() if inner_options(name)]


@pytest.mark.parametrize("name", GRADIENT)
def test_scratch_has_the_network_and_inner_loop_of_the_agent(name: str):
    agent, scratch = load_agent(name), load_agent(f"scratch:{name}")
    ours, theirs = agent.learner.config, scratch.learner.config
    assert (theirs.hidden, theirs.inner, theirs.step_size) == (
        ours.hidden,
        ours.inner,
        ours.step_size,
    )


def test_alone_or_beside_memory_it_has_the_options_of_the_pack_for_maml():
    config = load_agent("scratch", GOALS.path).learner.config
    assert config.hidden == ()
    assert (config.step_size, config.inner.discount) == (10, 0.8)
    assert load_agent("scratch").learner.config.hidden == (64, 64)
    for others in ([], ["rl2-gridnavi"], ["random", "planner"]):
        assert with_scratch([*others, "scratch"], "goals-5x5") == [*others, "scratch"]


def test_there_is_one_for_each_distinct_inner_loop():
    same = ["maml-mazes-9x9", "scratch", "fomaml-mazes-9x9"]
    assert with_scratch(same) == [same[0], "scratch:maml-mazes-9x9", same[2]]
    several = contenders(["maml", "scratch", "multitask-mazes-9x9"], "goals-5x5")
    assert several == {
        "maml": ("maml",),
        "scratch (maml)": ("scratch:maml-goals-5x5",),
        "scratch (multitask-mazes-9x9)": ("scratch:multitask-mazes-9x9",),
        "multitask-mazes-9x9": ("multitask-mazes-9x9",),
    }
    alone = contenders(["maml", "scratch"], "goals-5x5")
    assert alone == {"maml": ("maml",), "scratch": ("scratch:maml-goals-5x5",)}


def test_training_seeds_of_one_inner_loop_share_one_scratch(tmp_path: Path):
    runs = []
    for seed in (0, 1):
        config = TrainConfig(iterations=1, tasks=2, seed=seed, validations=1, validation_tasks=1)
        learner = make_learner("maml", seed, hidden=(4,), inner_steps=1)
        run = Training(learner, "maml", GOALS, config, tmp_path / str(seed))
        list(run.run())
        runs.append(str(run.out))
    assert contenders([*runs, "scratch"], "goals-5x5") == {
        "maml": tuple(runs),
        "scratch": (f"scratch:{runs[0]}",),
    }


def test_an_option_that_an_older_config_lacks_has_its_default(tmp_path: Path):
    older = PRETRAINED / "multitask-mazes-9x9"
    config = json.loads((older / CONFIG).read_text())
    assert "lost_undiscounted" not in config["options"]["inner"]
    agents = {"older": str(older)}
    for name, lost in (("same", False), ("other", True)):
        config["options"]["inner"]["lost_undiscounted"] = lost
        agents[name] = str(shutil.copytree(older, tmp_path / name))
        (tmp_path / name / CONFIG).write_text(json.dumps(config))
    assert list(scratch_for(agents)) == ["scratch (older)", "scratch (other)"]
    del agents["other"]
    assert list(scratch_for(agents)) == ["scratch"]


def test_there_are_at_most_as_many_agents_as_the_window_shows():
    names = ["maml-goals-5x5", "cavia-mazes-9x9", "maml-mazes-9x9"]
    with pytest.raises(AgentError, match="these are 6 agents"):
        with_scratch([*names, "scratch"])
    assert len(with_scratch([*names, "scratch:maml-goals-5x5"])) == 4


def test_the_multiplier_is_the_best_on_the_packs_validation_tasks():
    tuned = tuned_scratch("scratch", GOALS)
    tasks = GOALS.split("validation").tasks
    values = {}
    for multiplier in MULTIPLIERS:
        other = replace(tuned, multiplier=multiplier)
        scores = adaptation_curves(other.learner, TaskBatches(tasks), range(8), 5).mean_scores
        values[multiplier] = float(np.mean(scores[1:]))
    assert tuned.multiplier == max(values, key=values.get)  # type: ignore[arg-type]
    assert tuned.tuned_on == "goals-5x5"
    log_step = tuned.learner(0).state()["log_alpha.w0"]
    assert np.allclose(np.exp(log_step), 10 * tuned.multiplier)


def test_of_equal_multipliers_the_one_nearest_to_the_configured_step_size_is_taken():
    assert best_multiplier(lambda multiplier: 0.3) == 1
    assert best_multiplier(lambda multiplier: min(multiplier, 4)) == 4


def test_where_a_pack_has_no_validation_tasks_those_of_the_agents_pack_count(monkeypatch):
    monkeypatch.setattr("agents.training.tuning.VALIDATION_RUNS", 2)
    monkeypatch.setattr("agents.training.tuning.VALIDATION_TASKS", 2)
    assert tuned_scratch("scratch:maml-goals-5x5", SHOWCASE).tuned_on == "goals-5x5"
    assert tuned_scratch("scratch", SHOWCASE).tuned_on == "mazes-9x9"  # of its default agent
    *_, alone = tune_scratch("scratch", None)
    assert alone.tuned_on == "mazes-9x9"  # likewise where there is no pack


@pytest.mark.parametrize("pack", [None, GOALS, SHOWCASE])
def test_what_the_evaluation_of_a_shipped_agent_has_tuned_is_not_tuned_again(pack, monkeypatch):
    like = "maml-goals-5x5"
    tried = tuned_scratch(f"scratch:{like}", GOALS)
    monkeypatch.setattr("agents.training.scratch_baseline._tune", None)
    [kept] = tune_scratch(f"scratch:{like}", pack)
    assert kept == tried
    assert tuned_scratch_of(like) == TunedScratch(like, tried.multiplier, GOALS.name)


@pytest.mark.parametrize("name", GRADIENT)
def test_each_shipped_agent_has_its_tuned_scratch(name: str):
    found = tuned_scratch_of(name)
    assert found is not None
    assert found.like == name
    assert found.tuned_on == json.loads((PRETRAINED / name / RESULTS).read_text())["pack"]


def test_eval_and_window_show_the_same_scratch(monkeypatch):
    agents = contenders(["maml-goals-5x5", "scratch"], GOALS.name)
    found = evaluate(GOALS, "test", agents, lambda run: load_agent(run).learner, 1, 2)
    facts = found.summary["agents"]["scratch"]["scratch"]
    assert facts["like"] == "maml-goals-5x5"
    assert facts["step_size"] == 10 * facts["multiplier"]
    task = found.tasks[0]
    names = ("maml-goals-5x5", "scratch")
    monkeypatch.setattr("agents.training.scratch_baseline.tuning_value", None)  # it is remembered
    _, shown = trace(Request(0, task, 0, 2, names, GOALS.name, path=str(GOALS.path)))
    assert shown.name == "scratch"
    assert shown.note == facts["text"]
    returns = [shown.exact(step) for step in shown.steps]
    assert np.allclose(returns, found.curves["scratch"].returns[0, 0], atol=1e-5)


def test_names_on_screen_are_as_short_as_they_can_be():
    cards = [agent_card(name) for name in ("maml-mazes-9x9", "scratch:maml-mazes-9x9")]
    assert labels(cards) == ("maml-mazes-9x9", "scratch")
    cards.append(agent_card("scratch:maml-goals-5x5"))
    assert labels(cards)[1:] == ("scratch (maml-mazes-9x9)", "scratch (maml-goals-5x5)")
    choices = AgentChoices().compared(["maml", "scratch"], "goals-5x5")
    assert choices == ["maml", "scratch:maml-goals-5x5"]


def test_no_scratch_is_like_an_agent_without_an_inner_loop():
    with pytest.raises(AgentError, match="does not adapt by gradients"):
        load_agent("scratch:rl2-gridnavi")
    with pytest.raises(AgentError, match="no such run"):
        load_agent("scratch:nobody")
