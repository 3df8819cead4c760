"""In-context adaptation: a causal transformer over the trial (as Laskin et al. 2023; Vaswani 2017).

Nothing is squeezed into a state: at every moment the network looks back at all moments of the trial
so far, and what it finds there is all that it knows of the task. Each moment's input is that of
RL2; it says by the clock when it was, so that no other code of places is needed. While it plays,
keys and values of the past are kept; in training all moments of a trial are computed at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import layer_norm, scaled_dot_product_attention

from agents.gradient.policy import Params
from agents.learner import check_options
from agents.memory.inputs import BatchView, critic, init_heads, init_inputs, normal, policy
from agents.memory.memory_learner import MemoryConfig, MemoryLearner
from agents.memory.ppo import Minibatch, PpoConfig
from agents.memory.trials import MemoryPolicy, Rows, TrialObservation, TrialTransition
from game.world.batch import GridBatch
from game.world.rules import Ints

ROOM = 64  # moments, by which the memory grows


@dataclass(frozen=True)
class TransformerConfig(MemoryConfig):
    """Options of transformer."""

    layers: int = 2
    """Of attention, each with a layer of units behind it."""
    heads: int = 4
    """Of each attention; they divide the width."""
    ppo: PpoConfig = field(default_factory=lambda: PpoConfig(learning_rate=2e-3))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, layers=(1, 100), heads=(1, 100))
        if self.width % self.heads:
            raise ValueError(
                f"option 'width' is {self.width}, which {self.heads} heads can't share"
            )


# --- the network ---------------------------------------------------------------------------------


def init_transformer(width: int, layers: int, rng: np.random.Generator) -> Params:
    """Layers that change little at first."""
    params = init_inputs(width, rng)
    for i in range(layers):
        params |= {
            f"{i}.look": normal(rng, width, 3 * width, width**-0.5),
            f"{i}.found": normal(rng, width, width, 0.1 * width**-0.5),
            f"{i}.up.w": normal(rng, width, 2 * width, width**-0.5),
            f"{i}.up.b": torch.zeros(2 * width),
            f"{i}.down": normal(rng, 2 * width, width, 0.1 * width**-0.5),
        }
    return params | init_heads(width, rng)


class Layer:
    """One layer's weights."""

    def __init__(self, params: Params, number: int, heads: int) -> None:
        self.heads = heads
        names = ("look", "found", "up.w", "up.b", "down")
        self.look, self.found, self.up, self.bias, self.down = (
            params[f"{number}.{name}"] for name in names
        )

    def ask(self, x: Tensor) -> Tensor:
        """[P, 3, heads, D] queries, keys and values of moments [P, W]."""
        return (_even(x) @ self.look).view(len(x), 3, self.heads, -1)

    def go_on(self, x: Tensor, found: Tensor) -> Tensor:
        """[P, W] after looking back has found [P, W]."""
        x = torch.addmm(x, found, self.found)
        return torch.addmm(x, torch.relu(torch.addmm(self.bias, _even(x), self.up)), self.down)


def _even(x: Tensor) -> Tensor:
    """Each row with mean 0 and variance 1."""
    return layer_norm(x, x.shape[-1:])


# --- the agent -----------------------------------------------------------------------------------


class TransformerPolicy:
    """A `MemoryPolicy` that remembers the keys and values of every moment."""

    @torch.no_grad()
    def __init__(self, params: Params, view: BatchView, n: int, layers: list[Layer]) -> None:
        self.params, self.layers = params, layers
        self.best, self.tables = view.best, view.tables(params)
        self.dtype = params["bias"].dtype
        heads, width = layers[0].heads, len(params["bias"]) // layers[0].heads
        shape = (len(layers), 2, n, heads, 0, width)  # keys and values
        self.past = torch.zeros(shape, dtype=self.dtype)
        self.count = torch.zeros(n, dtype=torch.int64)  # of moments remembered

    @property
    def belief(self) -> Tensor | None:
        """It has no words."""
        return None

    def act(self, rows: Rows, moment: TrialObservation) -> tuple[Tensor, Tensor]:
        """See `MemoryPolicy.act`."""
        x, new = self.think(rows, self.tables.look_up(moment), 1)
        every = torch.arange(len(self.count))[rows]
        at = self.count[every]
        if int(at.max()) == self.past.shape[4]:
            room = self.past.new_zeros(*self.past.shape[:4], ROOM, self.past.shape[5])
            self.past = torch.cat([self.past, room], 4)
        for past, (key, value) in zip(self.past, new, strict=True):
            past[0, every, :, at], past[1, every, :, at] = key, value
        self.count[every] += 1
        return policy(self.params, x), critic(self.params, x, self.best[moment.state])

    def notice(self, rows: Rows, outcome: TrialTransition) -> None:
        """The next moment tells all that it needs."""

    def foresee(self, trials: Ints, moment: TrialObservation) -> Tensor:
        """See `MemoryPolicy.foresee`."""
        x, _ = self.think(trials, self.tables.look_up(moment), len(moment.state) // len(trials))
        return policy(self.params, x)

    def think(self, rows: Rows, x: Tensor, each: int) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """[n * each, W] what comes of inputs, so many for each of these trials; and the keys and
        values [n * each, heads, D] that each layer would remember."""
        count = self.count[rows]
        longest = int(count.max())
        later = torch.arange(longest) >= count[:, None, None, None]  # [n, 1, 1, longest]
        new = []
        for layer, past in zip(self.layers, self.past, strict=True):
            query, key, value = layer.ask(x).unbind(1)
            keys, values = (kept[rows, :, :longest] for kept in past)  # [n, heads, longest, D]
            by_trial = query.view(len(count), each, *query.shape[1:]).transpose(1, 2)
            back = (by_trial @ keys.transpose(2, 3)).masked_fill(later, -math.inf)
            back = back.transpose(1, 2).flatten(0, 1)  # [n * each, heads, longest]
            here = (query * key).sum(-1, keepdim=True)
            weight = torch.softmax(torch.cat([back, here], -1) / math.sqrt(key.shape[-1]), -1)
            by_trial = weight[..., :-1].view(len(count), each, *back.shape[1:]).transpose(1, 2)
            found = (by_trial @ values).transpose(1, 2).flatten(0, 1)
            x = layer.go_on(x, torch.addcmul(found, weight[..., -1:], value).flatten(1))
            new.append((key, value))
        return _even(x), new


class Transformer(MemoryLearner[BatchView]):
    """Attention to all moments of the trial so far, and linear heads for policy and value."""

    Config = TransformerConfig
    config: TransformerConfig

    def first_params(self, rng: np.random.Generator) -> Params:
        """The weights before training."""
        return init_transformer(self.config.width, self.config.layers, rng)

    def layers(self, params: Params) -> list[Layer]:
        """From the first that sees the inputs to the last."""
        return [Layer(params, i, self.config.heads) for i in range(self.config.layers)]

    def look(self, batch: GridBatch) -> BatchView:
        """What it sees of a batch."""
        return BatchView(batch, self.dtype)

    def mind(self, params: Params, view: BatchView, n: int) -> MemoryPolicy:
        """Nothing remembered."""
        params = {name: p.detach() for name, p in params.items()}
        return TransformerPolicy(params, view, n, self.layers(params))

    def rethink(self, view: BatchView, part: Minibatch) -> Tensor:
        """[P, W] what comes of the moments of whole trials, each seeing those before it."""
        x = view.tables(self.params).look_up(part)
        moments, trials = len(part.sizes), part.sizes[0]
        there = torch.arange(trials) < torch.tensor(part.sizes)[:, None]  # [L, n]
        place = torch.nonzero(there.flatten())[:, 0]  # [P] of each moment among L * n
        shape = (moments, trials, 3, self.config.heads, -1)
        for layer in self.layers(self.params):
            asked = layer.ask(x).flatten(1)  # [P, 3 W]
            whole = asked.new_zeros(moments * trials, asked.shape[1]).index_copy(0, place, asked)
            query, key, value = whole.view(shape).permute(2, 1, 3, 0, 4)  # [n, heads, L, D]
            found = scaled_dot_product_attention(query, key, value, is_causal=True)
            found = found.permute(2, 0, 1, 3).flatten(0, 1).flatten(1)  # [L * n, W]
            x = layer.go_on(x, found.index_select(0, place))
        return _even(x)
