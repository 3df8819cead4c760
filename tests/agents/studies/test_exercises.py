"""The exercises run with almost no training, and their sentences agree with their numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agents.studies.exercises import EXERCISES, goals, pitfalls, second_order, warm_up
from agents.studies.exercises import memory_or_gradients as memory
from agents.studies.exercises.exercise_run import ExerciseRun, checkpoints, do_exercise


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_gives_three_sentences_and_writes_its_figure(name: str, tmp_path: Path):
    findings = do_exercise(name, ExerciseRun(tmp_path / "deep", budget=0.01))
    assert len(findings.sentences) == 3
    for sentence in findings.sentences:
        assert sentence.endswith(".")
        assert re.search(r"\d", sentence), "a sentence without a measured number"
        assert "nan" not in sentence
    files = {path.name for path in (tmp_path / "deep").iterdir()}
    assert files == {f"{name}.png", f"{name}.txt", f"{name}.json"}
    assert json.loads((tmp_path / "deep" / f"{name}.json").read_text()) == findings.numbers


def rising(first: float, last: float) -> list[float]:
    return [0.0, first, 0.0, 0.0, 0.0, last]


def test_goals_says_whether_meta_learning_paid():
    numbers = {
        "maml_return": rising(0.31, 0.52),
        "scratch_return": rising(-1.2, 0.1),
        "optimal_return": 0.6,
        "random_return": -1.6,
        "training_goals_score": rising(0.9, 1.0),
        "held_out_goals_score": rising(0.7, 0.9),
        "iterations": 10,
        "chosen": 5,
    }
    text = " ".join(goals.conclude(numbers))
    assert "to 0.31 and five to 0.52" in text
    assert "how to learn" in text
    assert "memorised" in text
    numbers |= {"maml_return": rising(-1.3, 0.52), "held_out_goals_score": rising(0.9, 1.0)}
    text = " ".join(goals.conclude(numbers))
    assert "does not win both" in text
    assert "memorised" not in text


def test_warm_up_says_whether_many_tasks_beat_one():
    held_out = {"ten": rising(0.5, 0.8), "one": rising(0.1, 0.3), "scratch": rising(0.1, 0.4)}
    numbers = {"trained_score": {"ten": 0.4, "one": 0.9}, "held_out_score": held_out}
    text = " ".join(warm_up.conclude(numbers))
    assert "how to search" in text
    assert "a better start" in text
    held_out["ten"] = rising(0.5, 0.2)
    text = " ".join(warm_up.conclude(numbers))
    assert "did not beat" in text
    assert "no better start" in text


def test_second_order_says_which_is_ahead_and_what_it_costs():
    numbers = {
        "score": {"maml": rising(0.8, 0.9), "fomaml": rising(0.7, 0.9)},
        "seconds_per_iteration": {"maml": 0.03, "fomaml": 0.02},
        "iterations": [5, 10],
        "cosine": [0.5, 0.7],
        "cosine_of_other_episodes": [0.8, 0.8],
    }
    text = " ".join(second_order.conclude(numbers))
    assert "is ahead of first order" in text
    assert "30 ms per iteration and first order 20 ms, a factor of 1.50" in text
    assert "more than sampling noise" in text
    numbers["score"] = {"maml": rising(0.7, 0.9), "fomaml": rising(0.8, 0.9)}
    assert "is behind first order" in second_order.conclude(numbers)[0]


def test_pitfalls_says_which_do_not_appear():
    good = [0.1, 0.8, *[0.9] * 11]
    bad = [0.1, 0.2, *[0.3] * 11]
    shown = {
        "1": {"3": good, "12": bad},
        "2": {"own": good, "mazes": bad, "scratch": bad},
        "3": {"x 1": good, "x 5": good, "x 25": bad, "trust": good},
    }
    assert not any(pitfalls.NOT_SHOWN in sentence for sentence in pitfalls.conclude(shown))
    harmless = {title: dict.fromkeys(found, good) for title, found in shown.items()}
    assert all(pitfalls.NOT_SHOWN in sentence for sentence in pitfalls.conclude(harmless))


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


def test_checkpoints_are_evenly_spaced_and_include_the_last_iteration():
    assert checkpoints(100, 4) == {25, 50, 75, 100}
    assert checkpoints(2, 20) == {1, 2}
