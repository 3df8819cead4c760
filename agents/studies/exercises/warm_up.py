"""Warm-up: one shared policy for all goals, without an inner gradient.

The outer loop has three steps: sample goals, play each with the shared policy, and update the
policy with the mean of their policy gradients. The trained policy is then fine-tuned on held-out
goals, and compared with a policy that was trained in the same way on a single goal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from agents.gradient.inner_loop import InnerConfig, InnerObjective, collect_episodes, to_numpy
from agents.gradient.losses import entropy
from agents.gradient.policy import Params, expand_for_tasks, log_probs, select_columns
from agents.learner import Learner
from agents.learner_registry import make_learner
from agents.observations import features_of
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
    lowest_value,
    new_figure,
    place_labels,
    save_figure,
    score_axis,
    style_axes,
)
from agents.training.statistics import bootstrap_interval
from game.tasks.distribution import TaskDistribution
from game.tasks.packs import load_pack
from game.world.batch import GridBatch
from game.world.planner import baseline_returns, expected_return
from game.world.rules import Floats

ITERATIONS = 120
GOALS = 10  # sampled in each iteration
SINGLE = 3  # single goals, with one policy each
FACTORS = (0.5, 1, 2, 4)  # multiples of the step size, tried on validation goals
SEEDS = 5
LEARNING_RATE = 5e-3
ENTROPY = 0.2  # weight; without it both policies soon become deterministic and stop learning
PLAIN = InnerConfig(rarity=0, curiosity=0)  # policy gradient without bonuses


def train_shared(
    exercise: ExerciseRun, goals: TaskDistribution, validation: TaskDistribution, text: str
) -> tuple[Learner, list[int], list[float]]:
    """Train a shared policy by the outer loop of three steps.

    Returns a learner that fine-tunes from the shared policy that was best on validation goals, the
    iterations at which the policy was measured, and its scores on its training goals there.
    """
    learner = make_learner("scratch", exercise.seed)
    params: Params = {
        name: torch.tensor(array, requires_grad=True)
        for name, array in learner.state().items()
        if "." not in name
    }
    adam = torch.optim.Adam(list(params.values()), LEARNING_RATE)
    rng = np.random.default_rng(exercise.seed)
    iterations = exercise.iterations(ITERATIONS)
    measured_at = checkpoints(iterations, 15)
    at, scores = [], []
    best, best_state = -np.inf, learner.state()
    for i in exercise.track(range(iterations), text):
        # 1. sample goals
        batch = GridBatch.of([task.level for task in goals.sample(GOALS, rng)])
        # 2. play 20 episodes on each with the shared policy
        features, columns = features_of(batch, torch.float32)
        logp = log_probs(expand_for_tasks(select_columns(params, columns), GOALS), features)
        data = collect_episodes(batch, logp, PLAIN.episodes, rng.spawn(GOALS))
        # 3. update the policy with the mean of their policy gradients
        loss = InnerObjective(batch, PLAIN).loss(logp, data)
        nonterminal = torch.from_numpy(~batch.over).to(logp.dtype)
        loss = (loss - ENTROPY * entropy(logp, nonterminal)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        if i + 1 in measured_at:
            at.append(i + 1)
            scores.append(shared_score(goals, params))
            learner.load(
                learner.state() | {name: p.detach().numpy().copy() for name, p in params.items()}
            )
            value = fine_tuned_score(learner, validation)
            if value > best:
                best, best_state = value, learner.state()
    learner.load(best_state)
    return learner, at, scores


def shared_score(goals: TaskDistribution, params: Params) -> float:
    """Return the exact mean score of the shared policy on all goals."""
    batch = GridBatch.of([task.level for task in goals.tasks])
    features, columns = features_of(batch, torch.float32)
    logp = log_probs(expand_for_tasks(select_columns(params, columns), batch.n_tasks), features)
    returns = expected_return(batch, to_numpy(logp.exp()))
    return float(baseline_returns(batch).score(returns).mean())


def fine_tuned_score(learner: Learner, validation: TaskDistribution) -> float:
    """Return the mean score after the adaptation steps 1 to 5 on validation goals."""
    return float(measure(learner, validation.tasks, 2, 5).scores[..., 1:].mean())


def tune(learner: Learner, validation: TaskDistribution) -> float:
    """Scale the step size of fine-tuning to the best on validation goals. Returns the factor."""

    def value(factor: float) -> float:
        learner.scale_steps(factor)
        score = fine_tuned_score(learner, validation)
        learner.scale_steps(1 / factor)
        return score

    best = max(FACTORS, key=value)
    learner.scale_steps(best)
    return best


def run(exercise: ExerciseRun) -> Findings:
    """Compare ten goals with a single goal, with the same training and fine-tuning."""
    pack = load_pack("goals-5x5")
    training, validation = pack.split("train"), pack.split("validation")
    held_out = pack.split("test").tasks
    many, at, many_scores = train_shared(exercise, training, validation, "ten goals")
    tune(many, validation)
    tuned: list[Floats] = []
    single_scores: list[list[float]] = []
    for n, goal in enumerate(training.tasks[: exercise.at_most(SINGLE)]):
        single = replace(training, tasks=(goal,))
        one, _, scores = train_shared(exercise, single, validation, f"goal {n + 1} alone")
        tune(one, validation)
        tuned.append(measure(one, held_out, exercise.at_most(SEEDS), 5).scores)
        single_scores.append(scores)
    ours = measure(many, held_out, exercise.at_most(SEEDS), 5)
    curves = {
        "ten goals": ours.scores,
        "a single goal": np.concatenate(tuned),
        "scratch": measure_scratch(held_out, exercise.at_most(SEEDS), 5).scores,
    }
    trained = {"ten goals": many_scores, "a single goal": np.mean(single_scores, 0).tolist()}
    draw(exercise, at, trained, curves, ours.episodes)

    numbers = {
        "trained_score": {name: values[-1] for name, values in trained.items()},
        "held_out_score": {name: v.mean((0, 1)).tolist() for name, v in curves.items()},
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    many, one = n["trained_score"].values()
    ten, single, scratch = n["held_out_score"].values()
    pays = ten[5] > single[5] + 0.02
    helps = ten[5] > scratch[5] + 0.02
    shared = "many goals teach how to search, a single goal only where it is"
    return (
        f"A policy trained on a single goal scores {one:.2f} on that goal; a shared policy for ten "
        f"goals scores {many:.2f} on average, because it cannot know which goal it faces.",
        f"On five held-out goals, after one step of fine-tuning, the policy trained on ten goals "
        f"scores {ten[1]:.2f} and the one trained on a single goal {single[1]:.2f}; after five "
        f"steps they score {ten[5]:.2f} and {single[5]:.2f}: "
        f"{shared if pays else 'in this run many goals did not beat one'}.",
        f"Learning from scratch scores {scratch[1]:.2f} and {scratch[5]:.2f}, so the shared policy "
        f"is {'a better' if helps else 'no better'} start than a random one; but it was not "
        "trained to be easy to adapt, as in the exercise 'goals'.",
    )


def draw(
    exercise: ExerciseRun,
    at: list[int],
    trained: dict[str, list[float]],
    curves: dict[str, Floats],
    episodes: tuple[int, ...],
) -> None:
    """Draw training on the left, and fine-tuning on held-out goals on the right."""
    note = "one shared policy, no inner gradient; stopping and step size chosen on validation goals"
    figure, grid = new_figure("Warm-up: many goals or one", 1, 2, note)
    left, right = grid[0]
    style_axes(left, "training goals", "iterations of the outer loop", "normalised return")
    draw_lines(left, [Line(name, at, values) for name, values in trained.items()])
    style_axes(right, "five held-out goals", "", "mean normalised return")
    lines = []
    for name, values in curves.items():
        low, high = bootstrap_interval(values, lambda drawn: drawn.mean((0, 1)))
        lines.append(Line(name, episodes, values.mean((0, 1)), low, high))
    draw_lines(right, lines)
    episode_axis(right, lines)
    lowest = lowest_value(lines)
    for axes in (left, right):
        score_axis(axes, lowest)
        place_labels(axes)
    save_figure(figure, exercise.out / "warm-up.png")
