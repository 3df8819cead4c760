"""Warm-up: one shared policy for all goals, and no inner gradient yet.

The meta-loop has three steps: draw goals, play each with the one policy, move the policy along the
mean of their policy gradients. What comes out is then fine-tuned on goals it has never met, beside
a policy that was trained in the same way on a single goal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from agents.gradient.inner_loop import InnerConfig, InnerObjective, collect, to_numpy
from agents.gradient.losses import entropy
from agents.gradient.policy import Params, for_tasks, keep_columns, log_probs
from agents.learner import Learner
from agents.observations import features_of
from agents.registry import make_learner
from agents.studies.exercises.exercise_run import (
    ExerciseRun,
    Findings,
    checkpoints,
    measure,
    measure_scratch,
)
from agents.training.plots import (
    Line,
    draw_lines,
    episode_axis,
    lowest_of,
    new_figure,
    place_labels,
    save,
    score_axis,
    style,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.distribution import TaskDistribution
from game.tasks.packs import load_pack
from game.world.batch import GridBatch
from game.world.planner import expected_return, optimal_return, random_return, score
from game.world.rules import Floats

ITERATIONS = 120
GOALS = 10  # drawn in each iteration
SINGLE = 3  # single goals that are tried, one policy each
FACTORS = (0.5, 1, 2, 4)  # of the fine-tuning's step size, tuned on validation goals
SEEDS = 5
LEARNING_RATE = 5e-3
ENTROPY = 0.2  # its weight: without it either policy is soon deterministic, and learns no more
PLAIN = InnerConfig(rarity=0, curiosity=0)  # the plain policy gradient


def train_shared(
    lesson: ExerciseRun, goals: TaskDistribution, validation: TaskDistribution, text: str
) -> tuple[Learner, list[int], list[float]]:
    """The meta-loop of three steps. Returns a learner that fine-tunes from the shared policy, at
    the moment when that went best on validation goals, and the policy's score over the iterations
    on the goals it is trained on."""
    learner = make_learner("scratch", lesson.seed)
    params: Params = {
        name: torch.tensor(array, requires_grad=True)
        for name, array in learner.state().items()
        if "." not in name
    }
    adam = torch.optim.Adam(list(params.values()), LEARNING_RATE)
    rng = np.random.default_rng(lesson.seed)
    iterations = lesson.iterations(ITERATIONS)
    looks = checkpoints(iterations, 15)
    at, scores = [], []
    best, kept = -np.inf, learner.state()
    for i in lesson.track(range(iterations), text):
        # 1. draw goals
        batch = GridBatch.of([task.level for task in goals.sample(GOALS, rng)])
        # 2. play 20 episodes on each, with the one policy
        features, columns = features_of(batch, torch.float32)
        logp = log_probs(for_tasks(keep_columns(params, columns), GOALS), features)
        data = collect(batch, logp, PLAIN.episodes, rng.spawn(GOALS))
        # 3. move the policy along the mean of their policy gradients
        loss = InnerObjective(batch, PLAIN).loss(logp, data)
        acting = torch.from_numpy(~batch.over).to(logp.dtype)
        loss = (loss - ENTROPY * entropy(logp, acting)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        if i + 1 in looks:
            at.append(i + 1)
            scores.append(shared_score(goals, params))
            learner.load(
                learner.state() | {name: p.detach().numpy().copy() for name, p in params.items()}
            )
            value = fine_tuned(learner, validation)
            if value > best:
                best, kept = value, learner.state()
    learner.load(kept)
    return learner, at, scores


def shared_score(goals: TaskDistribution, params: Params) -> float:
    """The mean normalised score of the one policy on all goals, exact."""
    batch = GridBatch.of([task.level for task in goals.tasks])
    features, columns = features_of(batch, torch.float32)
    logp = log_probs(for_tasks(keep_columns(params, columns), batch.n_tasks), features)
    reached = expected_return(batch, to_numpy(logp.exp()))
    return float(score(reached, random_return(batch), optimal_return(batch)).mean())


def fine_tuned(learner: Learner, validation: TaskDistribution) -> float:
    """The mean score after the steps 1 to 5 on validation goals."""
    return float(measure(learner, validation.tasks, 2, 5).scores[..., 1:].mean())


def tune(learner: Learner, validation: TaskDistribution) -> float:
    """Choose the step size of the fine-tuning on validation goals. Returns the factor."""

    def value(factor: float) -> float:
        learner.scale_steps(factor)
        found = fine_tuned(learner, validation)
        learner.scale_steps(1 / factor)
        return found

    best = max(FACTORS, key=value)
    learner.scale_steps(best)
    return best


def run(lesson: ExerciseRun) -> Findings:
    """Ten goals against one: the same loop, the same fine-tuning."""
    pack = load_pack("goals-5x5")
    training, validation = pack.split("train"), pack.split("validation")
    held_out = pack.split("test").tasks
    many, at, many_scores = train_shared(lesson, training, validation, "ten goals")
    tune(many, validation)
    tuned: list[Floats] = []
    single_scores: list[list[float]] = []
    for n, goal in enumerate(training.tasks[: lesson.most(SINGLE)]):
        alone = replace(training, tasks=(goal,))
        one, _, scores = train_shared(lesson, alone, validation, f"goal {n + 1} alone")
        tune(one, validation)
        tuned.append(measure(one, held_out, lesson.most(SEEDS), 5).scores)
        single_scores.append(scores)
    ours = measure(many, held_out, lesson.most(SEEDS), 5)
    curves = {
        "ten goals": ours.scores,
        "a single goal": np.concatenate(tuned),
        "scratch": measure_scratch(held_out, lesson.most(SEEDS), 5).scores,
    }
    trained = {"ten goals": many_scores, "a single goal": np.mean(single_scores, 0).tolist()}
    draw(lesson, at, trained, curves, ours.episodes)

    numbers = {
        "trained_score": {name: values[-1] for name, values in trained.items()},
        "held_out_score": {name: v.mean((0, 1)).tolist() for name, v in curves.items()},
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """What the numbers say."""
    many, one = n["trained_score"].values()
    ten, single, scratch = n["held_out_score"].values()
    pays = ten[5] > single[5] + 0.02
    helps = ten[5] > scratch[5] + 0.02
    shared = "what many goals share is how to search, what one goal teaches is where it is"
    return (
        f"Trained on a single goal a policy reaches a score of {one:.2f} there; one policy for ten "
        f"goals reaches {many:.2f} on average, since it cannot know which of them it faces.",
        f"On five held-out goals, after one step of fine-tuning, ten goals give {ten[1]:.2f} and "
        f"one goal {single[1]:.2f}, after five {ten[5]:.2f} and {single[5]:.2f}: "
        f"{shared if pays else 'in this run many goals did not beat one'}.",
        f"Learning from scratch reaches {scratch[1]:.2f} and {scratch[5]:.2f}, so a shared policy "
        f"is {'a better' if helps else 'no better'} start than none; but nothing in this training "
        "asked that it be easy to adapt, as the exercise 'goals' does.",
    )


def draw(
    lesson: ExerciseRun,
    at: list[int],
    trained: dict[str, list[float]],
    curves: dict[str, Floats],
    episodes: tuple[int, ...],
) -> None:
    """Left training, right fine-tuning on held-out goals."""
    note = "one shared policy, no inner gradient; moment and step size chosen on validation goals"
    figure, grid = new_figure("Warm-up: many goals or one", 1, 2, note)
    left, right = grid[0]
    style(left, "the goals trained on", "iterations of the outer loop", "normalised return")
    draw_lines(left, [Line(name, at, values) for name, values in trained.items()])
    style(right, "five held-out goals", "", "mean normalised return")
    lines = []
    for name, values in curves.items():
        low, high = bootstrap_interval(values, lambda drawn: drawn.mean((0, 1)))
        lines.append(Line(name, episodes, values.mean((0, 1)), low, high))
    draw_lines(right, lines)
    episode_axis(right, lines)
    lowest = lowest_of(lines)
    for axes in (left, right):
        score_axis(axes, lowest)
        place_labels(axes)
    save(figure, lesson.out / "warm-up.png")
