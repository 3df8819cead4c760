"""What agents with memory are told, as inputs of a network, and their heads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from agents.gradient.policy import Params
from agents.memory.ppo import Minibatch
from agents.memory.trials import EPISODES_TOLD, LAST_MOVES, STEPS_TOLD, TrialObservation
from agents.observations import features_of
from game.world.batch import GridBatch
from game.world.features import MAX_SIZE, N_FEATURES, START_OF
from game.world.tables import N_ACTIONS


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
class InputTables:
    """The inputs [.., W] that a batch's states, the clock and the last move have."""

    rows: Tensor  # [U + C + M, W] of what states look like, of the clock, of last moves
    look_of: Tensor  # [T * S] the row of each state
    clock: int  # the first row of the clock,
    last_move: int  # and of moves
    last_reward: Tensor  # [1, W]

    def look_up(self, moment: TrialObservation | Minibatch) -> Tensor:
        """[P, W] the inputs of P moments."""
        clock, last_move = moment.clock + self.clock, moment.last_move + self.last_move
        rows = torch.stack([self.look_of[moment.state], clock, last_move], 1)
        inputs = embedding_bag(rows, self.rows, mode="sum")
        return inputs.addmm_(moment.last_reward[:, None], self.last_reward)


class BatchView:
    """What there is to be seen in a batch: the features [U, F'] that its states have, each once,
    without the columns that are zero in all of them."""

    def __init__(self, batch: GridBatch, dtype: torch.dtype) -> None:
        self.batch = batch
        features, self.columns = features_of(batch, dtype)
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

    def tables(self, params: Params) -> InputTables:
        """The inputs that it makes."""
        looks = params["bias"] + self.features @ params["see"][self.columns]
        clock = (params["step"][: self.batch.horizon, None] + params["episode"]).flatten(0, 1)
        rows = torch.cat([looks, clock, params["last_move"]])
        begins = len(looks), len(looks) + len(clock)
        return InputTables(rows, self.look_of, *begins, params["last_reward"])


def policy(params: Params, hidden: Tensor) -> Tensor:
    """[N, A] log-probabilities."""
    return torch.log_softmax(torch.addmm(params["policy.b"], hidden, params["policy.w"]), -1)


def critic(params: Params, hidden: Tensor, best: Tensor) -> Tensor:
    """[N] what the critic expects of the rest of the trial: a + b best, where a and b come of what
    the agent has in mind, and `best` [N] is what the episode is worth yet to who knows the task."""
    a, b = torch.addmm(params["value.b"], hidden, params["value.w"]).unbind(1)
    return torch.addcmul(a, b, best)
