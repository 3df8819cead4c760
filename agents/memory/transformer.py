"""In-context adaptation: a causal transformer over the trial (Laskin et al. 2023; Vaswani 2017).

There is no recurrent state: at every step the network attends to all steps of the trial so far, and
its knowledge of the task comes from them alone. The input of a step is that of RL2. It contains the
clock, so that no other position encoding is needed. While the agent plays, the keys and values of
past steps are cached; in training all steps of a trial are computed at once.
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
from agents.memory.inputs import (
    ActingHeads,
    BatchView,
    init_heads,
    init_input_tables,
    normal,
    policy_head,
)
from agents.memory.memory_learner import MemoryConfig, MemoryLearner, TrialConfig, TrialLearner
from agents.memory.ppo import PpoConfig
from agents.memory.trials import (
    MemoryPolicy,
    TrialIndex,
    TrialObservation,
    TrialSteps,
    TrialTransition,
)
from agents.rollout import Rngs
from game.world.batch import GridBatch
from game.world.features import N_FEATURES
from game.world.rules import Ints
from game.world.tables import N_ACTIONS

CACHE_GROWTH = 64  # steps by which the cache grows when it is full


@dataclass(frozen=True)
class AttentionConfig(TrialConfig):
    """Options of every learner that attends to the trial so far."""

    width: int = 64
    """Embedding size (1 to 4096; 8 million weights in all), a multiple of `heads`."""
    layers: int = 2
    """Transformer layers, each of attention and a feed-forward network (1 to 100)."""
    heads: int = 4
    """Attention heads per layer (1 to 100)."""

    @property
    def n_weights(self) -> int:
        """The number of weights of the network, roughly: at most those that it has."""
        return self.width * (N_FEATURES + 8 * self.width * self.layers)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, layers=(1, 100), heads=(1, 100))
        if self.width % self.heads:
            raise ValueError(
                f"option 'width' is {self.width}, and should be a multiple of 'heads', "
                f"which is {self.heads}"
            )


@dataclass(frozen=True)
class TransformerConfig(AttentionConfig, MemoryConfig):
    """Options of transformer."""

    ppo: PpoConfig = field(default_factory=lambda: PpoConfig(learning_rate=2e-3))


# --- the network ---------------------------------------------------------------------------------


def init_transformer(
    width: int, layers: int, rng: np.random.Generator, n_actions: int = N_ACTIONS
) -> Params:
    """Return new parameters. Each layer's initial output is small, so that the initial network is
    close to the identity."""
    params = init_input_tables(width, rng, n_actions)
    for i in range(layers):
        params |= {
            f"{i}.look": normal(rng, width, 3 * width, width**-0.5),
            f"{i}.found": normal(rng, width, width, 0.1 * width**-0.5),
            f"{i}.up.w": normal(rng, width, 2 * width, width**-0.5),
            f"{i}.up.b": torch.zeros(2 * width),
            f"{i}.down": normal(rng, 2 * width, width, 0.1 * width**-0.5),
        }
    return params | init_heads(width, rng, n_actions)


class AttentionLayer:
    """The weights of one transformer layer: attention, then a feed-forward network."""

    def __init__(self, params: Params, number: int, heads: int) -> None:
        self.heads = heads
        names = ("look", "found", "up.w", "up.b", "down")
        self.to_query_key_value, self.from_heads, self.up, self.up_bias, self.down = (
            params[f"{number}.{name}"] for name in names
        )

    def project(self, x: Tensor) -> Tensor:
        """Return the queries, keys and values [P, 3, heads, D] of steps [P, W]."""
        return (_normalize(x) @ self.to_query_key_value).view(len(x), 3, self.heads, -1)

    def forward(self, x: Tensor, attended: Tensor) -> Tensor:
        """Return the layer's output [P, W], from its input and the result of attention [P, W]."""
        x = torch.addmm(x, attended, self.from_heads)
        inner = torch.relu(torch.addmm(self.up_bias, _normalize(x), self.up))
        return torch.addmm(x, inner, self.down)


def _normalize(x: Tensor) -> Tensor:
    """Return x with mean 0 and variance 1 in each row."""
    return layer_norm(x, x.shape[-1:])


# --- the agent -----------------------------------------------------------------------------------


class TransformerPolicy:
    """A `MemoryPolicy` whose memory is the keys and values of every past step, for n trials."""

    @torch.no_grad()
    def __init__(
        self, params: Params, view: BatchView, n: int, layers: list[AttentionLayer]
    ) -> None:
        self.params, self.layers = params, layers
        self.heads, self.optimal_value = ActingHeads(params), view.optimal_value
        self.tables = view.tables(params)
        self.dtype = params["bias"].dtype
        heads, width = layers[0].heads, len(params["bias"]) // layers[0].heads
        shape = (len(layers), 2, n, heads, 0, width)  # keys and values
        self.cache = torch.zeros(shape, dtype=self.dtype)
        self.count = torch.zeros(n, dtype=torch.int64)  # steps in the cache

    @property
    def memory(self) -> list[Tensor]:
        """The numbers of steps in the cache; those beyond them are overwritten."""
        return [self.count]

    @property
    def belief(self) -> Tensor | None:
        """None: the cache holds no explicit belief."""
        return None

    def act(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """See `MemoryPolicy.act`."""
        x, new = self.attend(trials, self.tables.look_up(observation), 1)
        numbers = torch.arange(len(self.count))[trials]
        at = self.count[numbers]
        if int(at.max()) == self.cache.shape[4]:
            growth = self.cache.new_zeros(*self.cache.shape[:4], CACHE_GROWTH, self.cache.shape[5])
            self.cache = torch.cat([self.cache, growth], 4)
        for layer_cache, (key, value) in zip(self.cache, new, strict=True):
            layer_cache[0, numbers, :, at], layer_cache[1, numbers, :, at] = key, value
        self.count[numbers] += 1
        return self.heads.evaluate(x, self.optimal_value[observation.state])

    def observe_transition(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Do nothing: the next observation contains the transition."""

    def preview(self, trials: Ints, observation: TrialObservation) -> Tensor:
        """See `MemoryPolicy.preview`."""
        per_trial = len(observation.state) // len(trials)
        x, _ = self.attend(trials, self.tables.look_up(observation), per_trial)
        return policy_head(self.params, x)

    def attend(
        self, trials: TrialIndex, x: Tensor, per_trial: int
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Return the network's output [n * per_trial, W], and each layer's new keys and values
        [n * per_trial, heads, D].

        The inputs x [n * per_trial, W] are alternatives for the next step of each of n trials: each
        attends to the trial's cache and to itself.
        """
        count = self.count[trials]
        longest = int(count.max())
        unused = torch.arange(longest) >= count[:, None, None, None]  # [n, 1, 1, longest]
        new = []
        for layer, layer_cache in zip(self.layers, self.cache, strict=True):
            query, key, value = layer.project(x).unbind(1)
            keys, values = (part[trials, :, :longest] for part in layer_cache)
            # [n, heads, longest, D]
            by_trial = query.view(len(count), per_trial, *query.shape[1:]).transpose(1, 2)
            past = (by_trial @ keys.transpose(2, 3)).masked_fill(unused, -math.inf)
            past = past.transpose(1, 2).flatten(0, 1)  # [n * per_trial, heads, longest]
            own = (query * key).sum(-1, keepdim=True)
            weight = torch.softmax(torch.cat([past, own], -1) / math.sqrt(key.shape[-1]), -1)
            by_trial = weight[..., :-1].view(len(count), per_trial, *past.shape[1:])
            attended = (by_trial.transpose(1, 2) @ values).transpose(1, 2).flatten(0, 1)
            attended = torch.addcmul(attended, weight[..., -1:], value).flatten(1)
            x = layer.forward(x, attended)
            new.append((key, value))
        return _normalize(x), new


class AttentionLearner(TrialLearner[BatchView]):
    """Attention to all steps of the trial so far, and linear heads."""

    Config: type[AttentionConfig] = AttentionConfig
    config: AttentionConfig

    def init_params(self, rng: np.random.Generator) -> Params:
        """See `TrialLearner.init_params`."""
        config = self.config
        return init_transformer(config.width, config.layers, rng, config.n_actions)

    def layers(self, params: Params) -> list[AttentionLayer]:
        """Return the layers from input to output."""
        return [AttentionLayer(params, i, self.config.heads) for i in range(self.config.layers)]

    def make_view(self, batch: GridBatch, rngs: Rngs | None = None) -> BatchView:
        """See `TrialLearner.make_view`."""
        return BatchView(batch, self.dtype)

    def start_policy(self, params: Params, view: BatchView, n: int) -> MemoryPolicy:
        """Return a policy with an empty cache."""
        params = {name: p.detach() for name, p in params.items()}
        return TransformerPolicy(params, view, n, self.layers(params))

    def forward(self, view: BatchView, part: TrialSteps) -> Tensor:
        """Compute all steps of whole trials at once, each attending to itself and those before it.

        Returns the heads' inputs [P, W], differentiable.
        """
        x = view.tables(self.params).look_up(part)
        steps, trials = len(part.sizes), part.sizes[0]
        real = torch.arange(trials) < torch.tensor(part.sizes)[:, None]  # [L, n] no padding
        place = torch.nonzero(real.flatten())[:, 0]  # [P] of each step among L * n
        shape = (steps, trials, 3, self.config.heads, -1)
        for layer in self.layers(self.params):
            packed = layer.project(x).flatten(1)  # [P, 3 W]
            padded = packed.new_zeros(steps * trials, packed.shape[1]).index_copy(0, place, packed)
            query, key, value = padded.view(shape).permute(2, 1, 3, 0, 4)  # [n, heads, L, D]
            attended = scaled_dot_product_attention(query, key, value, is_causal=True)
            attended = attended.permute(2, 0, 1, 3).flatten(0, 1).flatten(1)  # [L * n, W]
            x = layer.forward(x, attended.index_select(0, place))
        return _normalize(x)


class Transformer(AttentionLearner, MemoryLearner[BatchView]):
    """A causal transformer whose policy and critic PPO trains."""

    Config = TransformerConfig
    config: TransformerConfig
