"""The microscope: bias and variance of meta-gradient estimators against exact gradients.

The simulator's tables give two true gradients, both at inner discount 1:

- truth A, MAML with the exact inner gradient: the gradient of J(theta + alpha grad J(theta));
- truth B, the finite-sample objective: the gradient of E[J(theta + alpha g(tau))], by enumeration
  of all episodes tau that may be sampled, if there are few enough.

J is the exact normalised return. B tends to A as the number of episodes grows.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.gradient.inner_loop import InnerObjective, gradient_step
from agents.gradient.losses import Dynamics, expected_return
from agents.gradient.maml import Maml, MamlConfig
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import Params, log_probs
from agents.inner_config import STEP_SIZES, InnerConfig
from agents.observations import features_of
from agents.rollout import Rollout
from agents.training.plots import (
    Line,
    draw_lines,
    mark_level,
    new_figure,
    place_labels,
    save_figure,
    style_axes,
)
from game.files import write_atomically
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.rules import Floats
from game.world.tables import N_ACTIONS, Tables, compile_level

EPISODES = (1, 2, 4, 8, 16, 32)
TRUTH_A = "truth A: the gradient of J(θ + α ∇J(θ)), MAML with the exact inner gradient"
TRUTH_B = "truth B: the gradient of E[J(θ + α g(τ))] over all samples τ, by enumeration"
MAX_TRIALS = 25_000  # enumerated for truth B
COPIES = 250  # copies of the task with one estimate each, in parallel

ESTIMATORS: dict[str, dict[str, Any]] = {  # options of maml
    "plain": {"surrogate": "plain"},
    "lvc": {"surrogate": "lvc"},
    "dice": {"surrogate": "dice"},
    "plain + E-MAML": {"surrogate": "plain", "emaml": 1.0},
}


class GradientProbe:
    """A MAML learner with one inner step on T copies of a level, in float64."""

    def __init__(
        self, tables: Tables, copies: int, episodes: int, step_size: float, seed: int = 0,
        surrogate: str = "plain", emaml: float = 0.0, hidden: tuple[int, ...] = (8,),
    ) -> None:  # fmt: skip
        inner = InnerConfig(episodes, 1.0, surrogate, rarity=0, curiosity=0, trust=0)  # type: ignore[arg-type]
        config = MamlConfig(
            inner_steps=1, hidden=hidden, step_size=step_size, emaml=emaml, inner=inner,
            discovery=0, entropy=0,
        )  # fmt: skip
        self.learner = Maml(config, seed)
        last = f"w{len(hidden)}"  # larger: makes the initial policy less uniform
        state = self.learner.state()
        state = {n: p.astype(float) * (10 if n == last else 1) for n, p in state.items()}
        self.learner.load(state)
        self.batch = GridBatch([tables] * copies)
        self.features, self.columns = features_of(self.batch, torch.float64)
        self.objective = OuterObjective(self.batch, config, torch.float64)

    def params_of_copies(self) -> tuple[Params, Params]:
        """Return the policy's parameters [T, ...] and their step sizes."""
        meta = self.learner.meta.params
        start = self.learner.params_for_tasks(meta, self.features, self.columns)
        return start.params, start.step_sizes[0]

    def estimates(self, rngs: Sequence[np.random.Generator], data: Rollout | None = None) -> Tensor:
        """Return the learner's meta-gradients of J [T, P], from sampled or from given episodes."""
        given = {} if data is None else {"collect": lambda *_: data}
        grads, _ = self.learner.meta_gradient(
            self.batch, self.features, self.columns, rngs, **given
        )
        return -_flat({n: g for n, g in grads.items() if not n.startswith(STEP_SIZES)})

    def truth_a(self) -> Tensor:
        """Return truth A [P]."""
        params, sizes = self.params_of_copies()
        returns = expected_return(
            Dynamics(self.batch, torch.float64), log_probs(params, self.features).exp()
        )
        stepped = gradient_step(params, sizes, -returns, differentiable=True)
        value = self.objective.score(log_probs(stepped, self.features))
        return _flat(_grads(value.sum(), params))[0]

    def truth_b(self, data: Rollout, orders: Floats) -> Tensor:
        """Return truth B [P]; copy t gets the episodes `data[:, t]`, in `orders[t]` orders."""
        value, params = self.finite_sample_value(data, orders)
        return _flat(_grads(value, params)).sum(0)

    def finite_sample_value(self, data: Rollout, orders: Floats) -> tuple[Tensor, Params]:
        """Return E[J(theta + alpha g(tau))] over all episodes tau, and theta [T, ...] of copies."""
        params, sizes = self.params_of_copies()
        logp = log_probs(params, self.features)
        chance = probability(logp, data) * torch.from_numpy(orders)
        loss = InnerObjective(self.batch, self.learner.config.inner).loss(logp, data)
        stepped = gradient_step(params, sizes, loss, differentiable=True)
        value = self.objective.score(log_probs(stepped, self.features))
        return (chance * value).sum(), params


def probability(logp: Tensor, data: Rollout) -> Tensor:
    """Return the joint probability [T] of each task's episodes in a deterministic level."""
    task = torch.arange(logp.shape[0])[:, None]
    each = logp[task, torch.from_numpy(data.state[:-1]), torch.from_numpy(data.action)]
    return (each * torch.from_numpy(data.alive)).sum((0, 2)).exp()


def _grads(value: Tensor, params: Params) -> Params:
    return dict(zip(params, torch.autograd.grad(value, list(params.values()))))


def _flat(params: Params) -> Tensor:
    """Concatenate parameters into vectors [T, P], detached from autograd."""
    return torch.cat([p.flatten(1) for p in params.values()], 1).detach()


# --- enumeration -------------------------------------------------------------------------------


def count_trials(tables: Tables, episodes: int) -> float:
    """Return an upper bound on the number of trials; infinite if the level is stochastic."""
    if tables.slip.any() or tables.wind.any() or len(tables.starts) > 1:
        return math.inf
    return math.comb(N_ACTIONS ** min(tables.level.steps, 12) + episodes - 1, episodes)


def every_trial(tables: Tables, episodes: int) -> tuple[Rollout, Floats]:
    """Return all M sets of E episodes [H, M, E], and the number of orders [M] of each set."""
    paths = _every_episode(tables)
    chosen = list(itertools.combinations_with_replacement(range(len(paths)), episodes))
    orders = [
        math.factorial(episodes) / math.prod(math.factorial(one.count(i)) for i in set(one))
        for one in chosen
    ]
    state, action = (np.array([path[i] for path in paths]) for i in (0, 1))  # [N, H + 1], [N, H]
    index = np.array(chosen)  # [M, E]
    alive = ~tables.over[state[:, :-1]]
    reward = np.where(alive, tables.reward[state[:, :-1], action], 0.0)
    by_step = (np.moveaxis(x[index], -1, 0) for x in (state, action, reward, alive))
    return Rollout(*by_step), np.array(orders)


def _every_episode(tables: Tables) -> list[tuple[list[int], list[int]]]:
    """Return states and actions of every possible episode; action 0 after its end."""
    paths: list[tuple[list[int], list[int]]] = [([int(tables.starts[0])], [])]
    for _ in range(tables.level.steps):
        paths = [
            ([*states, int(tables.next_state[states[-1], action])], [*actions, action])
            for states, actions in paths
            for action in range(1 if tables.over[states[-1]] else N_ACTIONS)
        ]
    return paths


# --- measurement -------------------------------------------------------------------------------


@dataclass(frozen=True)
class EstimatorReading:
    """One estimator with a number of episodes against one truth, in units of the truth's norm."""

    truth: str
    estimator: str
    episodes: int
    bias: float
    noise: float  # standard error of the bias
    variance: float  # of a single estimate, summed over parameters
    cosine: float  # mean cosine between a single estimate and the truth


def measure(
    level: Level, step_size: float, samples: int, seed: int, report: Callable[[str], None]
) -> list[EstimatorReading]:
    """Measure every estimator with every number of episodes; truth B where it can be enumerated.

    `report` receives progress messages.
    """
    tables = compile_level(level)
    readings = []
    truth_a = GradientProbe(tables, 1, 1, step_size, seed).truth_a()
    for episodes in EPISODES:
        report(f"measuring with {episodes} episode{'s' * (episodes > 1)} ...")
        truths = {TRUTH_A: truth_a}
        if count_trials(tables, episodes) <= MAX_TRIALS:
            data, orders = every_trial(tables, episodes)
            whole = GradientProbe(tables, len(orders), episodes, step_size, seed)
            truths[TRUTH_B] = whole.truth_b(data, orders)
        for name, options in ESTIMATORS.items():
            probe = GradientProbe(tables, COPIES, episodes, step_size, seed, **options)
            rngs = np.random.default_rng([seed, episodes]).spawn(COPIES)
            estimates = torch.cat([probe.estimates(rngs) for _ in range(-(-samples // COPIES))])
            readings += [
                _reading(t, name, episodes, estimates, truth) for t, truth in truths.items()
            ]
    return readings


def _reading(
    truth: str, estimator: str, episodes: int, estimates: Tensor, exact: Tensor
) -> EstimatorReading:
    """Compare estimates [N, P] with the exact gradient [P]."""
    length = exact.norm()
    variance = estimates.var(0).sum() / length**2
    noise = (variance / len(estimates)).sqrt()
    error = ((estimates.mean(0) - exact).norm() / length) ** 2
    return EstimatorReading(
        truth=truth,
        estimator=estimator,
        episodes=episodes,
        bias=float((error - noise**2).clamp_min(0).sqrt()),  # minus the expected error from noise
        noise=float(noise),
        variance=float(variance),
        cosine=float(torch.cosine_similarity(estimates, exact[None], 1).mean()),
    )


# --- output ------------------------------------------------------------------------------------

PANELS = {
    "bias": ("bias, ± 2 standard errors", "distance of the mean / norm of the truth"),
    "variance": ("variance of one estimate", "sum over parameters / squared norm of the truth"),
    "cosine": ("cosine of one estimate and the truth", "mean"),
}


def write_readings(path: Path, readings: Sequence[EstimatorReading]) -> None:
    """Write a CSV file with one row per reading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(EstimatorReading)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(vars(reading) for reading in readings)
    write_atomically(path, lambda file: file.write_text(text.getvalue(), "utf-8"))


def plot_readings(path: Path, readings: Sequence[EstimatorReading], title: str) -> None:
    """Plot bias, variance and cosine over the number of episodes, one row of panels per truth."""
    truths = list(dict.fromkeys(reading.truth for reading in readings))
    note = " ;  ".join(truths)
    figure, rows = new_figure(title, len(truths), len(PANELS), note)
    for row, truth in zip(rows, truths):
        for axes, what in zip(row, PANELS):
            _draw_panel(axes, what, [r for r in readings if r.truth == truth])
    figure.canvas.draw()
    for axes in rows[:, -1]:
        place_labels(axes)
    save_figure(figure, path)


def _draw_panel(axes: Any, what: str, readings: Sequence[EstimatorReading]) -> None:
    """Draw one quantity of all estimators; `what` is a key of PANELS."""
    heading, label = PANELS[what]
    short, _, _ = readings[0].truth.partition(":")
    lines = []
    for name in ESTIMATORS:
        line = [reading for reading in readings if reading.estimator == name]
        x, values = [r.episodes for r in line], [getattr(r, what) for r in line]
        noise = [2 * r.noise if what == "bias" else 0.0 for r in line]
        low, high = ([v + sign * n for v, n in zip(values, noise)] for sign in (-1, 1))
        lines.append(Line(name, x, values, low, high))
    draw_lines(axes, lines)
    style_axes(axes, f"{short}: {heading}", "episodes before the inner step", label)
    axes.set_xscale("log")
    axes.set_xticks(EPISODES, [str(n) for n in EPISODES])
    axes.minorticks_off()
    axes.set_xlim(EPISODES[0] * 0.8, EPISODES[-1] * 1.25)
    if what == "variance":
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(lambda *_: "")
    elif what == "bias":
        axes.set_ylim(0, 1.1 * max(max(line.y) for line in lines))
    else:
        mark_level(axes, 1.0, "the truth")
        axes.set_ylim(min(0.0, *(min(line.y) for line in lines)), 1.08)
