"""Meta-gradients under the microscope: how far each estimator is from the truth, and how noisy.

With the tables two truths are computable, both at inner discount 1:

- truth A, MAML with the exact inner gradient: the gradient of J(theta + alpha grad J(theta));
- truth B, the finite-sample objective: the gradient of E[J(theta + alpha g(tau))] over all the
  episodes tau that may be sampled, by enumeration, where there are few enough.

J is the exact normalised return. A is what B tends to as episodes grow.
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

from agents.gradient.inner_loop import InnerConfig, InnerObjective, gradient_step
from agents.gradient.losses import Dynamics, expected_return
from agents.gradient.maml import Maml, MamlConfig
from agents.gradient.outer_objective import OuterObjective
from agents.gradient.policy import Params, log_probs
from agents.learner import STEP_SIZES
from agents.observations import features_of
from agents.rollout import Rollout
from agents.training.plots import (
    Line,
    draw_lines,
    mark_level,
    new_figure,
    place_labels,
    save,
    style,
)
from game.files import write_atomically
from game.text.level import Level
from game.world.batch import GridBatch
from game.world.rules import Floats
from game.world.tables import N_ACTIONS, Tables, compile_level

EPISODES = (1, 2, 4, 8, 16, 32)
TRUTH_A = "truth A: the gradient of J(θ + α ∇J(θ)), MAML with the exact inner gradient"
TRUTH_B = "truth B: the gradient of E[J(θ + α g(τ))] over all samples τ, by enumeration"
MOST_TRIALS = 25_000  # enumerated for truth B
COPIES = 250  # of the task, estimated side by side

ESTIMATORS: dict[str, dict[str, Any]] = {  # options of maml
    "plain": {"surrogate": "plain"},
    "lvc": {"surrogate": "lvc"},
    "dice": {"surrogate": "dice"},
    "plain + E-MAML": {"surrogate": "plain", "emaml": 1.0},
}


class GradientProbe:
    """A policy on T copies of a level, in float64, and a MAML learner that looks one step ahead."""

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
        last = f"w{len(hidden)}"  # begins small: a policy that is not quite uniform tells more
        state = self.learner.state()
        state = {n: p.astype(float) * (10 if n == last else 1) for n, p in state.items()}
        self.learner.load(state)
        self.batch = GridBatch([tables] * copies)
        self.features, self.columns = features_of(self.batch, torch.float64)
        self.objective = OuterObjective(self.batch, config, torch.float64)

    def begin(self) -> tuple[Params, Params]:
        """Parameters [T, ...], and step sizes."""
        start = self.learner.begin(self.learner.meta.params, self.columns, self.batch.n_tasks)
        return start.params, start.step_sizes[0]

    def estimates(self, rngs: Sequence[np.random.Generator], data: Rollout | None = None) -> Tensor:
        """[T, P] the learner's meta-gradients of J, from sampled episodes or from given ones."""
        given = {} if data is None else {"collect": lambda *_: data}
        grads, _ = self.learner.meta_gradient(
            self.batch, self.features, self.columns, rngs, **given
        )
        return -_flat({n: g for n, g in grads.items() if not n.startswith(STEP_SIZES)})

    def truth_a(self) -> Tensor:
        """[P] on the first copy."""
        params, sizes = self.begin()
        returns = expected_return(
            Dynamics(self.batch, torch.float64), log_probs(params, self.features).exp()
        )
        stepped = gradient_step(params, sizes, -returns, differentiable=True)
        value = self.objective.score(log_probs(stepped, self.features))
        return _flat(_grads(value.sum(), params))[0]

    def truth_b(self, data: Rollout, orders: Floats) -> Tensor:
        """[P] where copy t sees the episodes `data[:, t]`, each in so many orders."""
        value, params = self.finite_sample_value(data, orders)
        return _flat(_grads(value, params)).sum(0)

    def finite_sample_value(self, data: Rollout, orders: Floats) -> tuple[Tensor, Params]:
        """E[J(theta + alpha g(tau))] through all episodes there are, and theta of each copy."""
        params, sizes = self.begin()
        logp = log_probs(params, self.features)
        chance = probability(logp, data) * torch.from_numpy(orders)
        loss = InnerObjective(self.batch, self.learner.config.inner).loss(logp, data)
        stepped = gradient_step(params, sizes, loss, differentiable=True)
        value = self.objective.score(log_probs(stepped, self.features))
        return (chance * value).sum(), params


def probability(logp: Tensor, data: Rollout) -> Tensor:
    """[T] of all episodes together, where nothing but the policy is a matter of chance."""
    task = torch.arange(logp.shape[0])[:, None]
    each = logp[task, torch.from_numpy(data.state[:-1]), torch.from_numpy(data.action)]
    return (each * torch.from_numpy(data.alive)).sum((0, 2)).exp()


def _grads(value: Tensor, params: Params) -> Params:
    return dict(zip(params, torch.autograd.grad(value, list(params.values()))))


def _flat(params: Params) -> Tensor:
    """[T, P]"""
    return torch.cat([p.flatten(1) for p in params.values()], 1).detach()


# --- enumeration -------------------------------------------------------------------------------


def count_trials(tables: Tables, episodes: int) -> float:
    """An upper bound of what `every_trial` yields; infinite where chance has a hand in it."""
    if tables.slip.any() or tables.wind.any() or len(tables.starts) > 1:
        return math.inf
    return math.comb(N_ACTIONS ** min(tables.level.steps, 12) + episodes - 1, episodes)


def every_trial(tables: Tables, episodes: int) -> tuple[Rollout, Floats]:
    """All sets of so many episodes, [H, M, E], and in how many orders each may be sampled [M]."""
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
    """States and actions of every episode from the start; once it is over, action 0."""
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
    """One estimator with so many episodes against one truth, in units of the truth's length."""

    truth: str
    estimator: str
    episodes: int
    bias: float
    noise: float  # of that bias: its standard error
    variance: float  # of a single estimate: the sum over parameters
    cosine: float  # between a single estimate and the truth, on average


def measure(
    level: Level, step_size: float, samples: int, seed: int, say: Callable[[str], None]
) -> list[EstimatorReading]:
    """Every estimator, number of episodes and truth; B as far as it can be enumerated."""
    tables = compile_level(level)
    readings = []
    truth_a = GradientProbe(tables, 1, 1, step_size, seed).truth_a()
    for episodes in EPISODES:
        say(f"measuring with {episodes} episode{'s' * (episodes > 1)} ...")
        truths = {TRUTH_A: truth_a}
        if count_trials(tables, episodes) <= MOST_TRIALS:
            data, orders = every_trial(tables, episodes)
            whole = GradientProbe(tables, len(orders), episodes, step_size, seed)
            truths[TRUTH_B] = whole.truth_b(data, orders)
        for name, options in ESTIMATORS.items():
            subject = GradientProbe(tables, COPIES, episodes, step_size, seed, **options)
            rngs = np.random.default_rng([seed, episodes]).spawn(COPIES)
            found = torch.cat([subject.estimates(rngs) for _ in range(-(-samples // COPIES))])
            readings += [_read(t, name, episodes, found, truth) for t, truth in truths.items()]
    return readings


def _read(
    truth: str, estimator: str, episodes: int, found: Tensor, exact: Tensor
) -> EstimatorReading:
    length = exact.norm()
    variance = found.var(0).sum() / length**2
    noise = (variance / len(found)).sqrt()
    missed = ((found.mean(0) - exact).norm() / length) ** 2
    return EstimatorReading(
        truth=truth,
        estimator=estimator,
        episodes=episodes,
        bias=float((missed - noise**2).clamp_min(0).sqrt()),  # less what is only noise
        noise=float(noise),
        variance=float(variance),
        cosine=float(torch.cosine_similarity(found, exact[None], 1).mean()),
    )


# --- what it shows -----------------------------------------------------------------------------

PANELS = {
    "bias": ("bias, ± 2 standard errors", "what the mean is off / the truth's length"),
    "variance": ("variance of one estimate", "sum over parameters / the truth's length²"),
    "cosine": ("cosine of one estimate to the truth", "mean"),
}


def write_readings(path: Path, readings: Sequence[EstimatorReading]) -> None:
    """A row for each reading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(EstimatorReading)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(vars(reading) for reading in readings)
    write_atomically(path, lambda file: file.write_text(text.getvalue(), "utf-8"))


def plot_readings(path: Path, readings: Sequence[EstimatorReading], title: str) -> None:
    """A row of panels for each truth: bias, variance and cosine over the number of episodes."""
    truths = list(dict.fromkeys(reading.truth for reading in readings))
    note = " ;  ".join(truths)
    figure, rows = new_figure(title, len(truths), len(PANELS), note)
    for row, truth in zip(rows, truths):
        for axes, what in zip(row, PANELS):
            _draw_panel(axes, what, [r for r in readings if r.truth == truth])
    figure.canvas.draw()
    for axes in rows[:, -1]:
        place_labels(axes)
    save(figure, path)


def _draw_panel(axes: Any, what: str, readings: Sequence[EstimatorReading]) -> None:
    heading, label = PANELS[what]
    short, _, _ = readings[0].truth.partition(":")
    lines = []
    for name in ESTIMATORS:
        line = [reading for reading in readings if reading.estimator == name]
        at, values = [r.episodes for r in line], [getattr(r, what) for r in line]
        noise = [2 * r.noise if what == "bias" else 0.0 for r in line]
        low, high = ([v + sign * n for v, n in zip(values, noise)] for sign in (-1, 1))
        lines.append(Line(name, at, values, low, high))
    draw_lines(axes, lines)
    style(axes, f"{short}: {heading}", "episodes before the inner step", label)
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
