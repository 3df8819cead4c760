"""What all learners with memory share: what they are told, heads, a GRU, and PPO over trials.

What an agent on a grid is told is a choice among few things but for the reward, so its input is a
sum of rows of tables: one table over the states of the batch, one over the clock, and one over the
last action and where it was seen to lead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from agents.gru import gru_sequence, gru_step
from agents.inner import see
from agents.learner import check_options
from agents.outer import adam_state, restore_adam
from agents.policy import Params
from agents.ppo import (
    Minibatch,
    PpoConfig,
    Trajectories,
    check_finite,
    minibatches,
    news,
    ppo_loss,
    shuffler,
)
from agents.rollout import Rngs
from agents.trials import (
    EPISODES_TOLD,
    LAST_MOVES,
    STEPS_TOLD,
    Mind,
    Moment,
    Outcome,
    Rows,
    Trials,
    adapt_in_memory,
)
from game.features import MAX_SIZE, N_FEATURES, START_OF
from game.planner import optimal_values
from game.rules import Ints
from game.tables import N_ACTIONS, GridBatch
from game.trace import AdaptationStep

# --- what they are told --------------------------------------------------------------------------


def normal(rng: np.random.Generator, rows: int, columns: int, scale: float) -> Tensor:
    """[rows, columns]"""
    return torch.tensor(rng.standard_normal((rows, columns)) * scale, dtype=torch.float32)


def orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Tensor:
    """[rows, columns] of an orthogonal matrix."""
    size = max(rows, columns)
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return torch.tensor((q * np.sign(np.diag(r)))[:rows, :columns], dtype=torch.float32)


def init_inputs(width: int, rng: np.random.Generator) -> Params:
    """Tables of inputs that are so wide."""
    return {
        "see": normal(rng, N_FEATURES, width, 0.18),
        "step": normal(rng, STEPS_TOLD, width, 0.5),
        "episode": normal(rng, EPISODES_TOLD, width, 0.5),
        "last_move": normal(rng, LAST_MOVES, width, 0.5),
        "last_reward": normal(rng, 1, width, 0.5),
        "bias": torch.zeros(width),
    }


def init_heads(width: int, rng: np.random.Generator) -> Params:
    """Linear heads for policy and value; the first policy is nearly uniform."""
    return {
        "policy.w": 0.01 * orthogonal(rng, width, N_ACTIONS),
        "policy.b": torch.zeros(N_ACTIONS),
        "value.w": torch.cat([orthogonal(rng, width, 1), torch.zeros(width, 1)], 1),
        "value.b": torch.zeros(2),
    }


# how far away others are: in cells here, since in shares of the largest map a step hardly shows
DISTANCES = [START_OF[name] + axis for name in ("opponent", "goal") for axis in (1, 2)]


@dataclass(frozen=True)
class Tables:
    """The inputs [.., W] that a batch's states, the clock and the last move have."""

    rows: Tensor  # [U + C + M, W] of what states look like, of the clock, of last moves
    look_of: Tensor  # [T * S] the row of each state
    clock: int  # the first row of the clock,
    last_move: int  # and of moves
    last_reward: Tensor  # [1, W]

    def look_up(self, moment: Moment | Minibatch) -> Tensor:
        """[P, W] the inputs of P moments."""
        clock, last_move = moment.clock + self.clock, moment.last_move + self.last_move
        rows = torch.stack([self.look_of[moment.state], clock, last_move], 1)
        inputs = embedding_bag(rows, self.rows, mode="sum")
        return inputs.addmm_(moment.last_reward[:, None], self.last_reward)


class View:
    """What there is to be seen in a batch: the features [U, F'] that its states have, each once,
    without the columns that are zero in all of them."""

    def __init__(self, batch: GridBatch, dtype: torch.dtype) -> None:
        self.batch = batch
        features, self.columns = see(batch, dtype)
        far = np.isin(self.columns.numpy(), DISTANCES)
        features[..., far] *= MAX_SIZE
        met: dict[bytes, int] = {}
        look_of = [
            met.setdefault(row.tobytes(), len(met)) for row in features.flatten(0, 1).numpy()
        ]
        _, first = np.unique(look_of, return_index=True)
        self.look_of = torch.tensor(look_of)  # [T * S]
        self.features = features.flatten(0, 1)[torch.from_numpy(first)]
        self.best = torch.zeros(len(self.look_of), dtype=dtype)  # [T * S] what the critic is told

    def tables(self, params: Params) -> Tables:
        """The inputs that it makes."""
        looks = params["bias"] + self.features @ params["see"][self.columns]
        clock = (params["step"][: self.batch.horizon, None] + params["episode"]).flatten(0, 1)
        rows = torch.cat([looks, clock, params["last_move"]])
        begins = len(looks), len(looks) + len(clock)
        return Tables(rows, self.look_of, *begins, params["last_reward"])


def policy(params: Params, hidden: Tensor) -> Tensor:
    """[N, A] log-probabilities."""
    return torch.log_softmax(torch.addmm(params["policy.b"], hidden, params["policy.w"]), -1)


def critic(params: Params, hidden: Tensor, best: Tensor) -> Tensor:
    """[N] what the critic expects of the rest of the trial: a + b best, where a and b come of what
    the agent has in mind, and `best` [N] is what the episode is worth yet to who knows the task."""
    a, b = torch.addmm(params["value.b"], hidden, params["value.w"]).unbind(1)
    return torch.addcmul(a, b, best)


# --- a GRU ---------------------------------------------------------------------------------------


def init_gru(width: int, rng: np.random.Generator) -> Params:
    """A GRU of this width, a layer on it that sees the inputs, too, and heads on that."""
    return {
        **init_inputs(4 * width, rng),
        "gru.w": torch.cat([orthogonal(rng, width, width) for _ in range(3)], 1),
        "gru.b": torch.zeros(width),
        "think.w": orthogonal(rng, width, width),
        **init_heads(width, rng),
    }


def gru_thoughts(params: Params, inputs: Tensor, sizes: Sequence[int]) -> Tensor:
    """[P, H] what comes of inputs [P, 4H], packed as `gru_sequence` has them."""
    remembered, seen = gru_parts(params, inputs)
    hidden = gru_sequence(remembered, sizes, params["gru.w"], params["gru.b"])
    return think(params, seen, hidden)


def gru_parts(params: Params, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Of inputs [n, 4H] those of the GRU [n, 3H], and those of the layer on it [n, H]."""
    width = len(params["gru.b"])
    return inputs[:, : 3 * width], inputs[:, 3 * width :]


def think(params: Params, seen: Tensor, hidden: Tensor) -> Tensor:
    """[N, H] what comes of what one sees [N, H], next to what one remembers [N, H]."""
    return torch.tanh(torch.addmm(seen, hidden, params["think.w"]))


class GruMind:
    """A `Mind` whose memory is the hidden state of a GRU."""

    @torch.no_grad()
    def __init__(self, params: Params, view: View, n: int) -> None:
        self.params, self.best, self.tables = params, view.best, view.tables(params)
        self.dtype = params["bias"].dtype
        self.hidden = torch.zeros(n, len(params["gru.b"]), dtype=self.dtype)

    @property
    def belief(self) -> Tensor | None:
        """It has no words."""
        return None

    def inputs(self, rows: Rows, moment: Moment) -> Tensor:
        """[n, 4H] of these trials."""
        return self.tables.look_up(moment)

    def go_on(self, rows: Rows, moment: Moment) -> tuple[Tensor, Tensor]:
        """[n, H] the next hidden states, and [n, H] what comes of them."""
        params = self.params
        remembered, seen = gru_parts(params, self.inputs(rows, moment))
        hidden = gru_step(remembered, self.hidden[rows], params["gru.w"], params["gru.b"])
        return hidden, think(params, seen, hidden)

    def act(self, rows: Rows, moment: Moment) -> tuple[Tensor, Tensor]:
        """See `Mind.act`."""
        self.hidden[rows], thought = self.go_on(rows, moment)
        best = self.best[moment.state]
        return policy(self.params, thought), critic(self.params, thought, best)

    def notice(self, rows: Rows, outcome: Outcome) -> None:
        """The next moment tells all that it needs."""

    def foresee(self, trials: Ints, moment: Moment) -> Tensor:
        """See `Mind.foresee`."""
        rows = np.repeat(trials, len(moment.state) // len(trials))
        return policy(self.params, self.go_on(rows, moment)[1])


# --- learners ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MemoryConfig:
    """Options of every learner with memory."""

    width: int = 64
    """Of what it has in mind."""
    episodes: int = 4
    """Of a trial in training. The clock tells 8 apart."""
    trials: int = 12
    """Of each task in an iteration."""
    greedy: bool = True
    """Adapt with the likeliest action instead of drawing one."""
    ppo: PpoConfig = field(default_factory=PpoConfig)

    def __post_init__(self) -> None:
        check_options(self, width=(1, 4096), episodes=(1, 100), trials=(1, 10_000))


Seeing = TypeVar("Seeing", bound=View)


class MemoryLearner(Generic[Seeing]):
    """A policy with memory and its critic, trained by PPO over trials.

    Nothing is differentiated at test time: the weights stay as they are, and all adaptation happens
    in what the agent remembers from one episode of a trial to the next.
    """

    Config: type[MemoryConfig] = MemoryConfig
    tuned = False

    def __init__(self, config: MemoryConfig, seed: int) -> None:
        self.config = config
        self.params = self.first_params(np.random.default_rng(seed))
        self.load(self.params)

    def first_params(self, rng: np.random.Generator) -> Params:
        """The weights before training."""
        raise NotImplementedError

    def look(self, batch: GridBatch) -> Seeing:
        """What it sees of a batch."""
        raise NotImplementedError

    def mind(self, params: Params, view: Seeing, n: int) -> Mind:
        """A mind at the beginning of n trials of a batch's tasks."""
        raise NotImplementedError

    def rethink(self, view: Seeing, part: Minibatch) -> Tensor:
        """[P, H] what heads are to be put on at the moments of whole trials, differentiable."""
        raise NotImplementedError

    @property
    def judged(self) -> range:
        """All episodes of a trial count, the first as well."""
        return range(self.config.episodes)

    @property
    def dtype(self) -> torch.dtype:
        return self.params["bias"].dtype

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Trials of every task, then a few epochs of PPO; see `Learner.meta_update`."""
        view, per_task = self.look(batch), self.config.trials
        if self.config.ppo.informed:
            best = self.config.ppo.reward_scale * optimal_values(batch, self.config.ppo.discount)
            view.best = torch.from_numpy(best.ravel()).to(self.dtype)
        mind = self.mind(self.params, view, batch.n_tasks * per_task)
        data = Trajectories.of(Trials(mind, batch, per_task, rngs).play(self.config.episodes))
        return {
            "trial_return": float(data.reward.sum(0).mean()),
            **self.improve(view, data, rngs, progress),
            "env_steps": int(data.lengths.sum()),
        }

    def curious(self, data: Trajectories, batch: GridBatch, progress: float) -> Trajectories:
        """Trials in which what is new pays."""
        bonus = self.config.ppo.bonus(progress)
        if not bonus:
            return data
        extra = bonus * news(data, batch).astype(data.reward.dtype)
        return replace(data, reward=data.reward + extra)

    def improve(
        self, view: Seeing, data: Trajectories, rngs: Rngs, progress: float
    ) -> dict[str, float]:
        """A few epochs of PPO."""
        config, params = self.config.ppo, self.params
        weight = config.entropy_weight(progress)
        self.adam.param_groups[0]["lr"] = config.rate(progress)
        data = self.curious(data, view.batch, progress)
        for part in minibatches(data, config, shuffler(rngs)):
            hidden = self.rethink(view, part)
            log_probs = policy(params, hidden)
            value = critic(params, hidden, view.best[part.state])
            loss, entropy = ppo_loss(log_probs, value, part, config, weight)
            self.adam.zero_grad()
            loss.backward()
            check_finite(torch.nn.utils.clip_grad_norm_(params.values(), config.gradient_norm))
            self.adam.step()
        return {"entropy": float(entropy.detach())}

    def adapt(self, batch: GridBatch, rngs: Rngs, steps: int) -> Iterator[AdaptationStep]:
        """One step for each episode of a trial; see `Learner.adapt`."""
        params, view = self.state(), self.look(batch)

        def mind(n: int) -> Mind:
            return self.mind(params, view, n)

        return adapt_in_memory(mind, batch, rngs, steps, self.config.greedy)

    def state(self) -> dict[str, Tensor]:
        """The weights."""
        return {name: p.detach().clone() for name, p in self.params.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over weights."""
        self.params = {name: state[name].clone().requires_grad_() for name in self.params}
        self.__dict__.pop("adam", None)  # which was one of the weights of before

    @cached_property
    def adam(self) -> torch.optim.Adam:
        """Made at the first update: it loads a good part of torch that adapting does not need."""
        return torch.optim.Adam(self.groups(), eps=1e-5, fused=True)

    def groups(self) -> list[dict[str, Any]]:
        """Parameters, by the rates at which they learn; PPO's are the first."""
        return [{"params": list(self.params.values())}]

    def scale_steps(self, factor: float) -> None:
        """It takes no steps."""

    def checkpoint(self) -> dict[str, Tensor]:
        """The weights, and the optimiser's averages of their gradients."""
        return self.state() | adam_state(self.params, self.adam)

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        """Take over a checkpoint."""
        self.load(checkpoint)
        restore_adam(self.params, self.adam, checkpoint)
