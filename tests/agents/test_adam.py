"""Adam takes the steps of its definition, and goes on from a saved state."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.adam import Adam, adam_state, restore_adam

RATES, EPS = (0.1, 0.01), 1e-5
GRADIENTS = np.random.default_rng(0).normal(size=(20, 2, 3, 4)).astype(np.float32)


def made_adam() -> tuple[dict[str, torch.Tensor], Adam]:
    """Return two parameters, and an optimiser with a learning rate for each."""
    params = {name: torch.ones(3, 4, requires_grad=True) for name in "ab"}
    groups = [{"params": [p], "lr": rate} for p, rate in zip(params.values(), RATES)]
    return params, Adam(groups, eps=EPS)


def take_steps(params: dict[str, torch.Tensor], adam: Adam, gradients: np.ndarray) -> None:
    """Take a step along each of `gradients` [steps, 2, 3, 4], and as many without any gradient."""
    for step in gradients:
        for p, gradient in zip(params.values(), step):
            p.grad = torch.from_numpy(gradient)
        adam.step()
        adam.zero_grad()
        adam.step()  # nothing has a gradient


def test_it_follows_its_definition():
    params, adam = made_adam()
    take_steps(params, adam, GRADIENTS[:10])
    for group in adam.param_groups:  # as schedules do
        group["lr"] /= 2
    take_steps(params, adam, GRADIENTS[10:])
    for i, p in enumerate(params.values()):
        expected, m, v = np.ones((3, 4)), 0.0, 0.0
        for t, gradient in enumerate(GRADIENTS[:, i].astype(float), 1):
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            mean, square = m / (1 - 0.9**t), v / (1 - 0.999**t)
            rate = RATES[i] if t <= 10 else RATES[i] / 2
            expected -= rate * mean / (np.sqrt(square) + EPS)
        assert p.detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_a_restored_state_goes_on_bit_for_bit():
    params, adam = made_adam()
    take_steps(params, adam, GRADIENTS[:10])
    copies, other = made_adam()
    for name, p in params.items():
        copies[name].data.copy_(p.data)
    restore_adam(copies, other, adam_state(params, adam))
    for some, optimiser in ((params, adam), (copies, other)):
        take_steps(some, optimiser, GRADIENTS[10:])
    assert all(torch.equal(params[name], copies[name]) for name in params)
