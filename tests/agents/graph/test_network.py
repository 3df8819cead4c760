"""The graph network: its own gradient is autograd's, and batches do not mix."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.graph.experience import Experience
from agents.graph.graph_inputs import graph_inputs
from agents.graph.network import (
    GraphTensors,
    embed,
    init_network,
    move_log_probs,
    n_network_weights,
    pooled_messages,
)
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.tables import N_ACTIONS

TEXTS = {
    "plain": "map:\n@.#\n..G\n",
    "slippery": "slip: 0.3\nwind: east 0.2\nmap:\n@.L\n..G\n",
    "keys": "goal: visible\nmap:\n@aAG\n",
}


def tensors_of(*texts: str) -> GraphTensors:
    experience = Experience(GridBatch.of([parse(text) for text in texts]))
    return GraphTensors(graph_inputs(experience, 5), torch.float64)


def weights(channels: int = 8) -> dict[str, torch.Tensor]:
    params = init_network(channels, np.random.default_rng(0))
    return {name: p.double().requires_grad_() for name, p in params.items()}


@pytest.mark.parametrize("name", TEXTS)
def test_the_gradient_of_pooled_messages_is_autograds(name):
    inputs = tensors_of(TEXTS[name])
    n = len(inputs.nodes)
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(n, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    move = torch.randn(
        N_ACTIONS, n, 3, dtype=torch.float64, generator=generator, requires_grad=True
    )
    weight = torch.randn(n, 6, dtype=torch.float64, generator=generator)
    messages = torch.relu(inputs.ahead(values) + move)
    plain = torch.cat([messages.amax(0), messages.mean(0)], 1)
    pooled = pooled_messages(values, move, inputs)
    assert torch.allclose(pooled, plain)
    own = torch.autograd.grad((pooled * weight).sum(), [values, move])
    expected = torch.autograd.grad((plain * weight).sum(), [values, move])
    for one, two in zip(own, expected, strict=True):
        assert torch.allclose(one, two)


def test_tasks_side_by_side_do_not_mix():
    params = weights()
    with torch.no_grad():
        together = tensors_of(*TEXTS.values())
        whole = move_log_probs(params, together, embed(params, together, 4))
        alone = [tensors_of(text) for text in TEXTS.values()]
        parts = [move_log_probs(params, one, embed(params, one, 4)) for one in alone]
    assert torch.allclose(whole, torch.cat(parts))


def test_the_number_of_weights_is_that_of_the_matrices():
    matrices = [p for p in weights(8).values() if p.dim() > 1]
    assert sum(p.numel() for p in matrices) == n_network_weights(8)
