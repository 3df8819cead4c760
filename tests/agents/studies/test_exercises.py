"""The exercises run with almost no training, and their sentences agree with their numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from agents.learner_registry import advised_config, build_learner
from agents.studies.exercises import (
    EXERCISES,
    goals,
    long_inner_loop,
    pitfalls,
    second_order,
    warm_up,
)
from agents.studies.exercises import memory_or_gradients as memory
from agents.studies.exercises.compare_packs import Example, _where, median_index
from agents.studies.exercises.exercise_run import (
    NOT_SHOWN,
    ExerciseRun,
    Findings,
    checkpoints,
    do_exercise,
    meta_train,
)
from agents.training import tuning
from agents.training.scratch_baseline import tune_config, tuned_scratch
from game.tasks.family import nth_task
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.reading import parse


@contextmanager
def little_tuning() -> Iterator[None]:
    """Tune step sizes on one task with one seed, and two multipliers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "VALIDATION_TASKS", 1)
        patch.setattr(tuning, "MULTIPLIERS", (1.0, 2.0))
        patch.setattr(tuning, "VALIDATION_RUNS", 1)
        yield


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Findings, Path]]:
    """Do an exercise once, with almost no training and tuning; return its findings and folder."""

    @cache
    def do(name: str) -> tuple[Findings, Path]:
        folder = tmp_path_factory.mktemp(name) / "deep"
        with little_tuning():
            return do_exercise(name, ExerciseRun(folder, budget=0.01)), folder

    return do


Done = Callable[[str], tuple[Findings, Path]]


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_gives_three_sentences_and_writes_its_figure(name: str, done: Done):
    findings, folder = done(name)
    assert len(findings.sentences) == 3
    for sentence in findings.sentences:
        assert sentence.endswith(".")
        assert re.search(r"\d", sentence), "a sentence without a measured number"
        assert "nan" not in sentence
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.png",
        f"{name}.txt",
        f"{name}.json",
    }
    assert json.loads((folder / f"{name}.json").read_text()) == findings.numbers


def test_navigation_and_goals_agree_on_scratch(done: Done):
    (course, _), (packs, _) = done("goals"), done("navigation")
    assert course.numbers["scratch_score"] == packs.numbers["goals-5x5"]["scratch"]


def test_scratch_of_a_config_is_the_scratch_that_is_evaluated():
    pack = load_pack("goals-5x5")
    with little_tuning():
        mine = tune_config(advised_config(pack, "maml"), pack)
        theirs = tuned_scratch("scratch", pack)
    assert mine.learner(3).config == theirs.learner(3).config
    assert mine.multiplier == theirs.multiplier
    assert mine.config.inner.discount == 0.8
    assert mine.config.hidden == ()


def test_the_outer_loop_can_be_measured_before_its_first_update(tmp_path: Path):
    class Counting:
        updates = 0

        def meta_update(self, *_: object) -> None:
            self.updates += 1

    learner, tasks = Counting(), load_pack("goals-5x5").split("train")
    run = meta_train(ExerciseRun(tmp_path), learner, tasks, 3, 2, "")  # type: ignore[arg-type]
    assert [(i, learner.updates) for i in run] == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_adaptation_seeds_follow_the_seed_and_the_number_of_tasks(tmp_path: Path):
    tasks = load_pack("goals-5x5").split("test").tasks
    assert ExerciseRun(tmp_path).adaptation_seeds(tasks) == range(10)
    assert ExerciseRun(tmp_path, seed=1).adaptation_seeds(tasks) == range(10, 20)
    assert ExerciseRun(tmp_path).adaptation_seeds(list(tasks) * 6) == range(2)


def test_the_example_of_a_pack_is_its_median_task():
    assert median_index([0.9, 0.1, 0.5]) == 2
    assert median_index([0.9, 0.1, 0.5, 0.6]) == 2
    assert median_index([0.3]) == 0


def test_an_example_says_whether_its_goal_is_reached():
    task = Task(parse("map:\n@.G\n"), "corridor")
    there, astray = np.array([[0, 0], [0, 1], [0, 2]]), np.array([[0, 0], [0, 1]])
    found = Example(task, (0.1, 0.9), ([astray] * 3, [there, there, astray]))
    assert "score: 0.10 before, 0.90 after 5 steps" in found.text
    assert "goal reached: 0 before, 2 after, of 3 episodes" in found.text
    assert "hidden from the agent: the goal" in found.text
    assert "coins" not in found.text
    assert "do not reach the goal" in Example(task, (0.1, 0.2), ([there], [astray])).text


def test_an_example_says_what_its_coins_are_worth_and_how_many_are_taken():
    family = parse("goal: visible\ndefine: o worth={-3, 2}\nmap:\no@oG\n")
    task, other = (nth_task(family, i, "coins") for i in (0, 1))
    both = np.array([[0, 1], [0, 0], [0, 1], [0, 2], [0, 1], [0, 2], [0, 3]])
    text = Example(task, (0, 1), ([both, both], [both[-3:], both[:1]])).text
    assert "hidden from the agent: coins cost 3" in text
    assert "coins taken: 4 before, 1 after" in text
    assert "hidden from the agent: coins pay 2" in Example(other, (0, 1), ([both], [both])).text


def test_packs_where_meta_training_is_behind_are_named():
    results: Any = [SimpleNamespace(pack=SimpleNamespace(title=title)) for title in "ABCD"]
    assert _where(results, [0.5, -0.1, 0.3, 0.001]) == (
        "ahead on A (+0.50) and C (+0.30), level on D (+0.00), behind on B (-0.10)"
    )
    assert _where(results[:1], [-0.2]) == "behind on A (-0.20)"


def rising(first: float, last: float) -> list[float]:
    return [0.0, first, 0.0, 0.0, 0.0, last]


def test_goals_says_what_meta_training_buys():
    numbers = {
        "maml_return": rising(0.31, 0.52),
        "scratch_return": rising(-1.2, 0.5),
        "maml_score": rising(0.7, 0.9),
        "scratch_score": rising(0.2, 0.89),
        "optimal_return": 0.6,
        "random_return": -1.6,
        "training_goals_score": rising(0.9, 1.0),
        "iterations": 10,
        "chosen": 5,
    }
    text = " ".join(goals.conclude(numbers))
    assert "to 0.31 and five to 0.52" in text
    assert (
        "ahead by 0.50 after one step and level (+0.01) after five: what meta-training buys here "
        "is above all the first step"
    ) in text
    assert "Iteration 5 of 10 was selected" in text
    assert "memorised" in text
    both = numbers | {"scratch_score": rising(0.2, 0.3)}
    assert "after one step and after five" in goals.conclude(both)[1]
    late = numbers | {"scratch_score": rising(0.8, 0.3)}
    assert "only after five" in goals.conclude(late)[1]
    overtaken = numbers | {"scratch_score": rising(0.2, 0.95)}
    assert (
        "behind by 0.05 after five: meta-training buys the first step, and scratch"
        in (goals.conclude(overtaken)[1])
    )
    none = numbers | {"maml_score": rising(0.2, 0.89), "training_goals_score": rising(0.2, 0.89)}
    text = " ".join(goals.conclude(none))
    assert "buys nothing" in text
    assert "memorised" not in text


def test_warm_up_says_whether_many_tasks_beat_one():
    held_out = {"many": rising(0.5, 0.8), "one": rising(0.1, 0.3), "scratch": rising(0.1, 0.4)}
    numbers = {
        "trained_score": {"100 mazes": 0.4, "a single maze": 0.9},
        "held_out_score": held_out,
        "lead_interval": [0.1, 0.7],
    }
    text = " ".join(warm_up.conclude(numbers))
    assert "how to search" in text
    assert "at 0.80, is ahead of it" in text
    held_out["many"], numbers["lead_interval"] = rising(0.5, 0.2), [-0.3, 0.1]
    text = " ".join(warm_up.conclude(numbers))
    assert "did not beat" in text
    assert "is behind it" in text


def test_second_order_says_which_is_ahead_and_what_it_costs():
    numbers = {
        "score": {"maml": rising(0.8, 0.9), "fomaml": rising(0.7, 0.9)},
        "gain_interval": [0.01, 0.2],
        "seconds_per_iteration": {"maml": 0.03, "fomaml": 0.02},
        "iterations": [5, 10],
        "cosine": [0.5, 0.7],
        "cosine_of_other_episodes": [0.8, 0.8],
    }
    text = " ".join(second_order.conclude(numbers))
    assert "is ahead of first order" in text
    assert "30 ms per iteration and first order 20 ms, a factor of 1.50" in text
    assert "more than sampling noise" in text
    numbers["gain_interval"] = [-0.2, -0.01]
    assert "is behind first order" in second_order.conclude(numbers)[0]
    numbers["gain_interval"] = [-0.1, 0.2]
    assert (
        "level with first order (95% interval of the difference: -0.10 to 0.20)"
        in (second_order.conclude(numbers)[0])
    )


def test_easy_and_hard_goals_are_halves_by_the_optimal_return():
    easy, hard = long_inner_loop.easy_and_hard(np.array([0.1, 0.9, 0.5, 0.7]))
    assert (easy.tolist(), hard.tolist()) == ([1, 3], [2, 0])


def test_the_environment_steps_of_both_inner_loops_are_counted(tmp_path: Path):
    exercise, pack = ExerciseRun(tmp_path, budget=0.02), load_pack(long_inner_loop.PACK)
    metrics: list[dict[str, float]] = []
    learner, spent = long_inner_loop.train(exercise, pack, (2, 3), False, 0)
    again = build_learner("maml", learner.config, 0)
    list(meta_train(exercise, again, pack.split("train"), 2, 10, "", 0, metrics))
    assert spent == sum(row["env_steps"] for row in metrics) > 0
    assert (learner.config.inner.rarity, learner.config.inner.curiosity) == (0, 0)


def inner_loops(few: float, helped: float) -> dict[str, Any]:
    def run(easy: float, hard: float, n: float) -> dict[str, Any]:
        shares = {"easy": easy, "hard": hard}
        return {"score": shares, "solved": shares, "env_steps": n}

    return {
        "no bonuses": {"3": run(0.97, 0.94, 473_989), "12": run(0.95, few, 480_570)},
        "with bonuses": {"3": run(0.98, 0.94, 491_000), "12": run(0.98, helped, 455_000)},
    }


def test_a_long_inner_loop_is_judged_at_equal_environment_steps():
    def conclude(few: float, helped: float) -> str:
        return long_inner_loop.conclude(inner_loops(few, helped), 100)

    text = conclude(0.77, 0.93)
    assert text.startswith("Without exploration bonuses, on 100 outer iterations")
    assert "environment steps (474,000 and 481,000)" in text
    assert "scores 0.95 and 0.77 and solves 95% and 77%" in text
    assert "loses 0.02 and 0.17, so it overfits to easy tasks" in text
    assert "(environment steps: 491,000 and 455,000): they prevent the loss" in text
    assert "prevent part of the loss" in conclude(0.77, 0.85)
    assert "do not prevent the loss" in conclude(0.77, 0.77)
    assert "overfits" not in conclude(0.91, 0.94)
    harmless = conclude(0.93, 0.5)
    assert NOT_SHOWN in harmless
    assert "prevent" not in harmless


def elsewhere(one_map: float, mazes: float) -> dict[str, Any]:
    agents = {"own": 0.9, "mazes": mazes, "one map": one_map}
    roles = {name: {"agent": [x] * 6, "scratch": [0.7] * 6} for name, x in agents.items()}
    return {"A": roles, "B": roles | {"one map": {"agent": [0.2] * 6, "scratch": [0.1] * 6}}}


def test_pitfalls_says_which_appear():
    def conclude(one_map: float, mazes: float, free: float) -> str:
        large = {
            "no": {"1": [0.9] * 6, "5": [free] * 6},
            "trust": {"1": [0.9] * 6, "5": [0.9] * 6},
        }
        numbers = {"long": inner_loops(0.9, 0.9), "iterations": 9, "large": large}
        return " ".join(pitfalls.conclude(numbers | {"elsewhere": elsewhere(one_map, mazes)})[1:])

    text = conclude(0.2, 0.8, 0.5)
    assert "on A its initialisation is worse than none" in text
    assert "scores 0.80 on A and 0.80 on B" in text
    assert "is ahead of it on A and B" in text
    assert "cost 0.40; a trust region" in text
    harmless = conclude(0.69, 0.69, 0.89)
    assert harmless.count(NOT_SHOWN) == 2
    assert "not ahead of it" in harmless


def test_each_agent_elsewhere_is_compared_with_scratch_of_its_own_inner_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pitfalls, "measure", lambda exercise, agent, *_: agent)
    with little_tuning():
        pairs: Any = pitfalls.other_tasks(ExerciseRun(tmp_path), "opponents")
    for pair in pairs.values():
        agent, scratch = pair["agent"].config, pair["scratch"].config
        assert (scratch.hidden, scratch.inner) == (agent.hidden, agent.inner)
        assert scratch.step_size == agent.step_size
    assert len({str(pair["scratch"].config) for pair in pairs.values()}) == 3


def test_memory_says_what_it_gains_and_where_it_fails():
    ground = {
        "episodes": {"maml": [0, 20, 40]},
        "return": {
            "maml": [0.5, 2.5, 3.0],
            "rl2": [4.0, 10.8, 11.1, 11.1],
            "posterior sampling": [0.5, 2.3, 3.9, 5.2, 6.0],
        },
        "score": {"maml": [0.1, 0.9, 0.95], "rl2": [0.4, 0.8, 0.9, 0.92]},
        "bayes_optimal_return": [4.0, 11.1, 11.1, 11.1],
    }
    home, away = {"rl2": 0.92, "maml": 0.95}, {"rl2": 0.3, "maml": 0.8}
    places = {"as trained": home, "episode 12": home, "slippery": away}
    text = " ".join(memory.conclude({"gridnavi": ground, "mazes": ground, "elsewhere": places}))
    assert "costs 20 episodes: on GridNavi the gradient learner's mean return is 0.50" in text
    assert "4.00, 10.80, 11.10 and 11.10 on GridNavi (Bayes-optimal: 4.00" in text
    assert "first step in episode 3" in text
    assert "most in 'slippery', 0.62, where the gradient learner loses 0.15" in text
    places["slippery"] = home
    ground["score"]["rl2"] = [0.1, 0.2, 0.3, 0.3]
    ground["bayes_optimal_return"] = None
    text = " ".join(memory.conclude({"gridnavi": ground, "mazes": ground, "elsewhere": places}))
    assert "no harm" in text
    assert "does not match" in text
    assert "Bayes-optimal" not in text


def test_checkpoints_are_evenly_spaced_and_include_the_first_and_last():
    assert checkpoints(100, 4) == {0, 25, 50, 75, 100}
    assert checkpoints(2, 20) == {0, 1, 2}
