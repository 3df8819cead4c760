"""Estimators against exact gradients: expectations over all episodes, by enumeration.

The inner discount is 1. Truth A is MAML with the exact inner gradient, truth B the finite-sample
objective; see agents/studies/microscope.py.
"""

from __future__ import annotations

import csv
import itertools
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.gradient.inner_loop import InnerObjective, gradient_step
from agents.gradient.losses import Dynamics, expected_return
from agents.gradient.policy import log_probs
from agents.inner_config import InnerConfig
from agents.rollout import Rollout
from agents.studies import microscope
from agents.studies.microscope import GradientProbe, every_trial, probability
from commands.main import main
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.tables import Tables, compile_level

SURROGATES = ["plain", "lvc", "dice"]


def level(steps: int) -> Tables:
    """Compile a level of four states, one of them terminal, with a choice at every step."""
    return compile_level(parse(f"steps: {steps}\nmap:\n@,\n~G\n"))


class Expectation:
    """All sets of episodes of a table policy with logits [S, A], in parallel."""

    def __init__(self, tables: Tables, episodes: int, surrogate: str) -> None:
        self.data, self.orders = every_trial(tables, episodes)
        self.batch = GridBatch([tables] * len(self.orders))
        self.one = GridBatch([tables])
        self.config = InnerConfig(episodes, 1.0, surrogate, rarity=0, curiosity=0, trust=0)
        generator = torch.Generator().manual_seed(1)
        shape = self.one.reward.shape[1:]
        self.logits = torch.randn(shape, generator=generator, dtype=torch.float64)
        logp = torch.log_softmax(self.logits, -1).expand(len(self.orders), -1, -1)
        self.chance = probability(logp, self.data) * torch.from_numpy(self.orders)  # [M]

    def loss(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the expected inner loss; the probabilities of the episodes are constants."""
        logp = torch.log_softmax(logits, -1).expand(len(self.orders), -1, -1)
        return (InnerObjective(self.batch, self.config).loss(logp, self.data) * self.chance).sum()

    def exact(self, logits: torch.Tensor) -> torch.Tensor:
        dynamics = Dynamics(self.one, torch.float64)
        return -expected_return(dynamics, torch.softmax(logits, -1)[None]).sum()

    def gradients(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients [P] of the expected surrogate and of the exact return."""
        logits = self.logits.clone().requires_grad_()
        (found,) = torch.autograd.grad(self.loss(logits), logits)
        (truth,) = torch.autograd.grad(self.exact(logits), logits)
        return found.flatten(), truth.flatten()

    def hessians(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the Hessians [P, P] of the expected surrogate and of the exact return."""
        both = (torch.autograd.functional.hessian(f, self.logits) for f in (self.loss, self.exact))
        n = self.logits.numel()
        found, truth = (hessian.reshape(n, n) for hessian in both)
        return found, truth


def test_the_enumeration_is_complete():
    for steps, episodes in ((1, 3), (2, 2), (3, 1), (3, 2)):
        expectation = Expectation(level(steps), episodes, "plain")
        assert float(expectation.chance.sum()) == pytest.approx(1)
        value = (torch.from_numpy(expectation.data.returns.mean(1)) * expectation.chance).sum()
        assert float(-expectation.exact(expectation.logits)) == pytest.approx(float(value))


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize(("steps", "episodes"), [(1, 3), (2, 2), (3, 1), (3, 2)])
def test_the_inner_gradient_is_unbiased(surrogate: str, steps: int, episodes: int):
    found, truth = Expectation(level(steps), episodes, surrogate).gradients()
    assert truth.norm() > 0.05
    assert torch.allclose(found, truth, atol=1e-12)


@pytest.mark.parametrize(("steps", "episodes"), [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1), (3, 2)])
def test_the_expected_curvature_of_each_surrogate(steps: int, episodes: int):
    errors = {}
    for surrogate in SURROGATES:
        found, truth = Expectation(level(steps), episodes, surrogate).hessians()
        errors[surrogate] = float((found - truth).norm() / truth.norm())
    assert errors["dice"] < 1e-10
    if steps == 1:
        assert errors["lvc"] < 1e-10
    else:
        assert errors["lvc"] > 0.05
    assert errors["plain"] > errors["lvc"] + 0.05


class Trials(GradientProbe):
    """A learner with one copy of a level for each possible set of episodes."""

    def __init__(self, tables: Tables, episodes: int, step_size: float = 0.7) -> None:
        self.data, self.orders = every_trial(tables, episodes)
        super().__init__(tables, len(self.orders), episodes, step_size, hidden=(3,))

    def mean_estimate(self, surrogate: str, emaml: float = 0.0) -> torch.Tensor:
        """Return the expected meta-gradient [P] of the learner."""
        config = self.learner.config
        inner = replace(config.inner, surrogate=surrogate)
        self.learner.config = replace(config, inner=inner, emaml=emaml)
        logp = log_probs(self.params_of_copies()[0], self.features).detach()
        chance = probability(logp, self.data) * torch.from_numpy(self.orders)
        return (self.estimates([], self.data) * chance[:, None]).sum(0)


def error(found: torch.Tensor, truth: torch.Tensor) -> float:
    return float((found - truth).norm() / truth.norm())


@pytest.mark.parametrize(("steps", "episodes"), [(1, 2), (2, 2), (3, 1), (3, 2)])
def test_plain_with_the_score_functions_credit_is_unbiased_for_truth_b(steps: int, episodes: int):
    trials = Trials(level(steps), episodes)
    truth = trials.truth_b(trials.data, trials.orders)
    assert error(trials.mean_estimate("plain", emaml=1.0), truth) < 1e-10


def test_an_episode_is_credited_for_all_later_steps():
    """Two inner steps of one episode: every pair of episodes, the second of the adapted policy."""
    episodes, _ = every_trial(level(1), 1)
    n = episodes.action.shape[1]
    first, second = np.divmod(np.arange(n * n), n)
    data = [
        Rollout(*(getattr(episodes, f.name)[:, chosen] for f in fields(Rollout)))
        for chosen in (first, second)
    ]
    subject = GradientProbe(level(1), n * n, 1, 0.7, emaml=1.0, hidden=(3,))
    learner, features = subject.learner, subject.features
    learner.config = replace(learner.config, inner_steps=2)
    params, sizes = subject.params_of_copies()
    logp = log_probs(params, features)
    chance, value = torch.ones(n * n, dtype=torch.float64), torch.zeros(())
    stepped = params
    for one in data:
        chance = chance * probability(logp, one)
        loss = InnerObjective(subject.batch, learner.config.inner).loss(logp, one)
        stepped = gradient_step(stepped, sizes, loss, differentiable=True)
        logp = log_probs(stepped, features)
        value = value + subject.objective.score(logp)
    grads = torch.autograd.grad((chance * value).sum(), list(params.values()))
    truth = torch.cat([grad.flatten(1) for grad in grads], 1).sum(0)

    given = iter(data)
    found, _ = learner.meta_gradient(
        subject.batch, features, subject.columns, [], lambda *_: next(given)
    )
    estimates = torch.cat([-found[name].flatten(1) for name in params], 1)
    assert truth.norm() > 0.05
    assert error((estimates * chance.detach()[:, None]).sum(0), truth) < 1e-10


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_without_emaml_no_surrogate_is_unbiased_for_truth_b(surrogate: str):
    trials = Trials(level(2), 2)
    truth = trials.truth_b(trials.data, trials.orders)
    assert error(trials.mean_estimate(surrogate), truth) > 0.01


def test_truth_b_is_the_derivative_of_the_finite_sample_objective():
    trials = Trials(level(2), 2)
    truth = trials.truth_b(trials.data, trials.orders)
    name, step = "b1", 1e-5  # the last parameters
    for i in (0, 3):
        values = []
        for sign in (1, -1):
            trials.learner.meta.params[name].data[i] += sign * step
            values.append(float(finite_sample_value_by_sums(trials)))
            trials.learner.meta.params[name].data[i] -= sign * step
        slope = (values[0] - values[1]) / (2 * step)
        assert abs(slope) > 1e-3
        assert float(truth[-5 + i]) == pytest.approx(slope, abs=1e-8)


def finite_sample_value_by_sums(trials: Trials) -> torch.Tensor:
    """E[J(theta + alpha g(tau))], g(tau) sample by sample with the other episodes' mean."""
    data, orders = trials.data, trials.orders
    params, sizes = trials.params_of_copies()
    logp = log_probs(params, trials.features)
    loss = torch.zeros(len(orders), dtype=torch.float64)
    togo = data.reward[::-1].cumsum(0)[::-1]
    horizon, n_trials, episodes = data.action.shape
    config = trials.learner.config.inner
    for t, h, e in itertools.product(range(n_trials), range(horizon), range(episodes)):
        if not data.alive[h, t, e]:
            continue
        others = [x for x in range(episodes) if x != e]
        then = [togo[h, t, x] for x in others if data.alive[h, t, x]]
        visits = [
            togo[k, t, x]
            for x, k in itertools.product(others, range(horizon))
            if data.alive[k, t, x] and data.state[k, t, x] == data.state[h, t, e]
        ]
        mean = np.mean(then) if then else 0.0
        baseline = (sum(visits) + config.shrink * mean) / (len(visits) + config.shrink)
        score = logp[t, data.state[h, t, e], data.action[h, t, e]]
        loss[t] -= score * (togo[h, t, e] - baseline) / episodes
    grads = torch.autograd.grad(loss.sum(), list(params.values()))
    stepped = {n: p - sizes[n] * g for (n, p), g in zip(params.items(), grads)}
    value = trials.objective.score(log_probs(stepped, trials.features))
    return (probability(logp, data) * torch.from_numpy(orders) * value).sum().detach()


def test_the_bias_of_dice_for_truth_a_vanishes_as_episodes_grow_and_that_of_the_others_does_not():
    biases: dict[str, list[float]] = {surrogate: [] for surrogate in SURROGATES}
    for episodes in (2, 4, 8, 16):  # horizon 1, where lvc does what dice does
        trials = Trials(level(1), episodes, step_size=0.2)
        for surrogate, found in biases.items():
            found.append(error(trials.mean_estimate(surrogate), trials.truth_a()))
    assert all(after < 0.5 * before for before, after in itertools.pairwise(biases["dice"]))
    assert biases["lvc"] == pytest.approx(biases["dice"])
    assert biases["plain"][-1] > 0.9 * biases["plain"][-2] > 3 * biases["dice"][-1]

    for surrogate, found in biases.items():  # horizon 3, from many samples of many episodes
        subject = GradientProbe(level(3), 300, 64, 0.1, surrogate=surrogate, hidden=(3,))
        mean = subject.estimates(np.random.default_rng(0).spawn(300)).mean(0)
        found.append(error(mean, subject.truth_a()))
    assert biases["dice"][-1] < 0.06
    assert min(biases["lvc"][-1], biases["plain"][-1]) > 0.2


def test_the_microscope_agrees_with_the_enumeration(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(microscope, "EPISODES", (2, 8))
    (tmp_path / "level.txt").write_text("steps: 1\nmap:\n@,\n~G\n")
    out = tmp_path / "out"
    asked = ["microscope", str(tmp_path / "level.txt"), "--samples", "250", "--step-size", "0.2"]
    assert main([*asked, "--out", str(out)]) == 0
    assert (out / "microscope.png").stat().st_size > 10_000
    rows = list(csv.DictReader((out / "microscope.csv").open()))
    bias = {(r["truth"][6], r["estimator"], r["episodes"]): float(r["bias"]) for r in rows}
    assert bias["A", "dice", "8"] < 0.1 < bias["A", "plain", "8"]
    assert bias["B", "plain + E-MAML", "2"] < 0.1 < bias["B", "plain", "2"]
