"""Warm-up: one shared policy for many mazes, without an inner gradient.

The outer loop has three steps: sample mazes, play each with the shared policy, and update the
policy with the mean of their policy gradients. The trained policy is then fine-tuned on held-out
mazes, and compared with a policy that was trained in the same way on a single maze.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from agents.gradient.inner_loop import InnerObjective, collect_episodes, to_numpy
from agents.gradient.losses import entropy
from agents.gradient.policy import Params, expand_for_tasks, log_probs, select_columns
from agents.inner_config import InnerConfig
from agents.learner import Learner
from agents.learner_registry import advised_config, build_learner
from agents.observations import features_of
from agents.runs import scratch_config
from agents.studies.exercises.exercise_run import (
    AHEAD,
    ExerciseRun,
    Findings,
    checkpoints,
    mean_line,
    measure,
)
from agents.training.curves import Curves, TaskBatches
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
from agents.training.scratch_baseline import tune_config
from agents.training.statistics import bootstrap_interval
from agents.training.tuning import best_multiplier, tuning_tasks, tuning_value
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.world.batch import GridBatch
from game.world.planner import baseline_returns, expected_return

ITERATIONS = 120
MANY, BATCH = 100, 10  # mazes trained on, and sampled in each iteration
POLICIES = 3  # trained on many mazes, and as many on a single maze each
LEARNING_RATE = 5e-3
ENTROPY = 0.5  # weight; without it both policies soon become deterministic and stop learning
PLAIN = InnerConfig(rarity=0, curiosity=0)  # policy gradient without bonuses


def train_shared(
    exercise: ExerciseRun,
    config: Any,
    seed: int,
    mazes: Sequence[Task],
    text: str,
) -> tuple[Learner, list[int], list[float]]:
    """Train a shared policy by the outer loop of three steps.

    Returns a learner that fine-tunes from the shared policy, the iterations at which the policy was
    measured, and its scores on its training mazes there.
    """
    learner = build_learner("scratch", config, seed)
    params: Params = {
        name: torch.tensor(array, requires_grad=True)
        for name, array in learner.state().items()
        if "." not in name
    }
    adam = torch.optim.Adam(list(params.values()), LEARNING_RATE)
    rng = np.random.default_rng(seed)
    iterations = exercise.iterations(ITERATIONS)
    measured_at = checkpoints(iterations, 15)
    at, scores = [], []
    for i in exercise.track(range(iterations), text):
        # 1. sample mazes
        drawn = rng.integers(len(mazes), size=BATCH)
        batch = GridBatch.of([mazes[j].level for j in drawn])
        # 2. play 20 episodes on each with the shared policy
        features, columns = features_of(batch, torch.float32)
        logp = log_probs(expand_for_tasks(select_columns(params, columns), BATCH), features)
        data = collect_episodes(batch, logp, PLAIN.episodes, rng.spawn(BATCH))
        # 3. update the policy with the mean of their policy gradients
        loss = InnerObjective(batch, PLAIN).loss(logp, data)
        nonterminal = torch.from_numpy(~batch.over).to(logp.dtype)
        loss = (loss - ENTROPY * entropy(logp, nonterminal)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        if i + 1 in measured_at:
            at.append(i + 1)
            scores.append(shared_score(mazes, params))
    learner.load(learner.state() | {name: p.detach().numpy().copy() for name, p in params.items()})
    return learner, at, scores


def shared_score(mazes: Sequence[Task], params: Params) -> float:
    """Return the exact mean score of the shared policy on all mazes."""
    batch = GridBatch.of([task.level for task in mazes])
    features, columns = features_of(batch, torch.float32)
    logp = log_probs(expand_for_tasks(select_columns(params, columns), batch.n_tasks), features)
    returns = expected_return(batch, to_numpy(logp.exp()))
    return float(baseline_returns(batch).score(returns).mean())


def tune(learner: Learner, validation: Sequence[Task]) -> None:
    """Scale the step size of fine-tuning to the best on validation tasks, as that of scratch is."""

    batches = TaskBatches(validation)

    def value(multiplier: float) -> float:
        learner.scale_steps(multiplier)
        score = tuning_value(lambda _: learner, batches)
        learner.scale_steps(1 / multiplier)
        return score

    learner.scale_steps(best_multiplier(value))


def run(exercise: ExerciseRun) -> Findings:
    """Compare many mazes with a single maze, with the same training and fine-tuning."""
    pack = load_pack("mazes-9x9")
    held_out = exercise.held_out(pack)
    config = scratch_config(advised_config(pack, "maml"))
    n = exercise.at_most(MANY)
    mazes = pack.split("train").sample(max(n, POLICIES), np.random.default_rng(exercise.seed))
    many, one = f"{n} mazes", "a single maze"
    at: list[int] = []
    trained: dict[str, list[float]] = {}
    curves: dict[str, Curves] = {}
    for name in (many, one):
        scores, tuned = [], []
        for i, seed in enumerate(exercise.seeds(POLICIES)):
            tasks = mazes[:n] if name == many else [mazes[i]]
            text = f"{name}, policy {i + 1}"
            learner, at, values = train_shared(exercise, config, seed, tasks, text)
            tune(learner, tuning_tasks(pack))
            scores.append(values)
            tuned.append(measure(exercise, learner, held_out, 5))
        trained[name] = np.mean(scores, 0).tolist()
        curves[name] = Curves.pooled(tuned)
    curves["scratch"] = measure(exercise, tune_config(config, pack), held_out, 5)
    draw(exercise, at, trained, curves)

    lead = (curves[many].scores - curves[one].scores)[..., 1]  # on the same mazes
    low, high = bootstrap_interval(lead, lambda drawn: drawn.mean((0, 1)))
    numbers = {
        "trained_score": {name: values[-1] for name, values in trained.items()},
        "held_out_score": {name: curve.mean_scores for name, curve in curves.items()},
        "lead_interval": [float(low), float(high)],
    }
    return Findings(conclude(numbers), numbers)


def conclude(n: dict[str, Any]) -> tuple[str, str, str]:
    """Interpret the numbers in three sentences."""
    (name, _), (many, one) = n["trained_score"], n["trained_score"].values()
    first, single, scratch = n["held_out_score"].values()
    low, high = n["lead_interval"]
    lead = first[5] - scratch[5]
    outcome = "in this run many mazes did not beat one"
    if low > 0:
        outcome = "many mazes teach how to search, a single maze only where its goal is"
    later = "ahead of" if lead > AHEAD else "behind" if lead < -AHEAD else "level with"
    return (
        f"A policy trained on a single maze scores {one:.2f} on that maze; a shared policy for "
        f"{name} scores {many:.2f} on average, because it cannot know where each goal is.",
        f"On held-out mazes the policy trained on {name} scores {first[0]:z.2f} before and "
        f"{first[1]:.2f} after one step of fine-tuning, the one trained on a single maze "
        f"{single[0]:z.2f} and {single[1]:.2f} (95% interval of the difference after one step: "
        f"{low:z.2f} to {high:z.2f}): {outcome}.",
        f"Learning from scratch with the same network and inner loop scores {scratch[1]:.2f} after "
        f"one step and {scratch[5]:.2f} after five; after five the shared policy, at "
        f"{first[5]:.2f}, is {later} it: it was not trained to be easy to adapt, as in the "
        "exercise 'goals'.",
    )


def draw(
    exercise: ExerciseRun,
    at: list[int],
    trained: dict[str, list[float]],
    curves: dict[str, Curves],
) -> None:
    """Draw training on the left, and fine-tuning on held-out goals on the right."""
    note = (
        f"means of {len(exercise.seeds(POLICIES))} policies, trained without an inner gradient; "
        "step sizes tuned on validation mazes; bands: 95% bootstrap interval"
    )
    figure, grid = new_figure("Warm-up: many mazes or one", 1, 2, note)
    left, right = grid[0]
    style_axes(left, "training mazes", "iterations of the outer loop", "normalised return")
    draw_lines(left, [Line(name, at, values) for name, values in trained.items()])
    style_axes(right, "held-out mazes", "", "mean normalised return")
    lines = [mean_line(name, one) for name, one in curves.items()]
    draw_lines(right, lines)
    episode_axis(right, lines)
    lowest = lowest_value(lines)
    for axes in (left, right):
        score_axis(axes, lowest)
        place_labels(axes)
    save_figure(figure, exercise.out / "warm-up.png")
