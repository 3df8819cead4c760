"""The inputs of networks with memory, and their policy and value heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, pad

from agents.gradient.policy import Params
from agents.memory.trials import (
    CLOCK_EPISODES,
    CLOCK_STEPS,
    TrialObservation,
    TrialSteps,
    episodes_per_part,
    n_last_moves,
)
from agents.observations import features_of
from game.world.batch import GridBatch
from game.world.features import MAX_SIZE, N_FEATURES, N_FIRST_FEATURES, START_OF
from game.world.tables import N_ACTIONS

VECTOR = 16  # numbers in the longest vector of a processor


def normal(rng: np.random.Generator, rows: int, columns: int, scale: float) -> Tensor:
    """Return a matrix [rows, columns] of normal numbers with standard deviation `scale`."""
    return torch.tensor(rng.standard_normal((rows, columns)) * scale, dtype=torch.float32)


def feature_weights(rng: np.random.Generator, width: int, scale: float) -> Tensor:
    """Return weights of the features [F, width]: normal numbers, and 0 beyond the first layout.

    So levels that do not use the other features give the same network as before there were any.
    """
    drawn = normal(rng, N_FIRST_FEATURES, width, scale)
    return torch.cat([drawn, torch.zeros(N_FEATURES - N_FIRST_FEATURES, width)])


def orthogonal(rng: np.random.Generator, rows: int, columns: int) -> Tensor:
    """Return the first [rows, columns] of a random orthogonal matrix."""
    size = max(rows, columns)
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return torch.tensor((q * np.sign(np.diag(r)))[:rows, :columns], dtype=torch.float32)


def init_input_tables(width: int, rng: np.random.Generator, n_actions: int = N_ACTIONS) -> Params:
    """Return new embeddings of `width` for each part of an observation."""
    return {
        "see": feature_weights(rng, width, 0.18),
        "step": normal(rng, CLOCK_STEPS, width, 0.5),
        "episode": normal(rng, CLOCK_EPISODES, width, 0.5),
        "last_move": normal(rng, n_last_moves(n_actions), width, 0.5),
        "last_reward": normal(rng, 1, width, 0.5),
        "bias": torch.zeros(width),
    }


def init_heads(width: int, rng: np.random.Generator, n_actions: int = N_ACTIONS) -> Params:
    """Return new linear heads for policy and value; the initial policy is nearly uniform."""
    return {
        "policy.w": 0.01 * orthogonal(rng, width, n_actions),
        "policy.b": torch.zeros(n_actions),
        "value.w": torch.cat([orthogonal(rng, width, 1), torch.zeros(width, 1)], 1),
        "value.b": torch.zeros(2),
    }


# These features are distances in units of MAX_SIZE. In cells, a single step is large enough to
# matter to the network.
DISTANCES = [START_OF[name] + axis for name in ("opponent", "goal") for axis in (1, 2)]


@dataclass(frozen=True)
class InputTables:
    """The embeddings [.., W] of a batch's states, the clock and the last move."""

    rows: Tensor  # [U + C + M, W] of U distinct states, then C clock indices, then M last moves
    row_of_state: Tensor  # [T * S]
    clock: int  # the row of clock index 0
    last_move: int  # the row of last move 0
    last_reward: Tensor  # [1, W]

    def look_up(self, observation: TrialObservation | TrialSteps) -> Tensor:
        """Return the summed embeddings [P, W] of P observations."""
        clock = observation.clock + self.clock
        last_move = observation.last_move + self.last_move
        rows = torch.stack([self.row_of_state.take(observation.state), clock, last_move], 1)
        inputs: Tensor = _SumOfEmbeddings.apply(
            rows, observation.last_reward, self.rows, self.last_reward
        )
        return inputs


class _SumOfEmbeddings(torch.autograd.Function):
    """The sum of embeddings [P, W]: those in some rows of a table, and a multiple of another.

    torch's own gradient of `embedding_bag` adds row by row to the table's gradient. Here the
    gradient of each row is again a bag: the sum of the gradients where the row was used.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, factor: Tensor, table: Tensor, other: Tensor) -> Tensor:
        """Return the sums for rows [P, n] of the table [R, W] and factors [P] of `other` [1, W]."""
        ctx.save_for_backward(rows, factor)
        ctx.n_rows = len(table)
        sums = embedding_bag(rows, table.detach(), mode="sum")
        return sums.addmm_(factor[:, None], other)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, None, Tensor, Tensor]:
        rows, factor = ctx.saved_tensors
        flat = rows.flatten()
        counts = torch.bincount(flat, minlength=ctx.n_rows)
        users = flat.argsort() // rows.shape[1]  # sorted by row
        d_table = embedding_bag(users, grads[0], counts.cumsum(0) - counts, mode="sum")
        return None, None, d_table, factor[None] @ grads[0]


class StateView:
    """What the network receives of a batch's states: the number of each one's observation
    [T * S], of U distinct ones.

    `optimal_value` [T * S] is the value of each state under the optimal policy, for an informed
    critic; zeros unless training sets it. `unit` [T * S] is the reward that counts as 1. The clock
    covers `episodes` episodes.
    """

    episodes = 1

    def __init__(self, batch: GridBatch, row_of_state: Tensor, dtype: torch.dtype) -> None:
        self.batch, self.row_of_state = batch, row_of_state
        self.optimal_value = torch.zeros(len(row_of_state), dtype=dtype)
        self.unit = torch.ones_like(self.optimal_value)

    def with_clock(self, params: Params, states: Tensor) -> InputTables:
        """Return the input embeddings under these parameters, from those of the observations
        [U, W]."""
        steps = self.batch.horizon * episodes_per_part(self.episodes)  # of a part of a trial
        clock = (params["step"][:steps, None] + params["episode"]).flatten(0, 1)
        rows = torch.cat([states, clock, params["last_move"]])
        first_rows = len(states), len(states) + len(clock)
        return InputTables(rows, self.row_of_state, *first_rows, params["last_reward"])


class BatchView(StateView):
    """The features of a batch's states: each distinct row once [U, F'], without the columns that
    are zero in all of them."""

    def __init__(self, batch: GridBatch, dtype: torch.dtype) -> None:
        features, self.columns = features_of(batch, dtype)
        scale = np.where(np.isin(self.columns.numpy(), DISTANCES), MAX_SIZE, 1)
        features = features * torch.from_numpy(scale).to(dtype)  # a copy: the batch keeps its own
        row_numbers: dict[bytes, int] = {}
        row_of_state = [
            row_numbers.setdefault(row.tobytes(), len(row_numbers))
            for row in features.flatten(0, 1).numpy()
        ]
        _, first = np.unique(row_of_state, return_index=True)
        super().__init__(batch, torch.tensor(row_of_state), dtype)
        self.features = features.flatten(0, 1)[torch.from_numpy(first)]

    def tables(self, params: Params) -> InputTables:
        """Return the input embeddings under these parameters."""
        states = params["bias"] + self.features @ params["see"][self.columns]
        return self.with_clock(params, states)


def policy_head(params: Params, hidden: Tensor) -> Tensor:
    """Return log-probabilities of the actions [N, A], from the network's output [N, H]."""
    return log_probs_of(torch.addmm(params["policy.b"], hidden, params["policy.w"]))


def log_probs_of(logits: Tensor) -> Tensor:
    """Return log-probabilities [N, A] from logits [N, A], as a transposed array.

    A softmax along columns is up to four times as fast as one along rows of few actions. N is
    rounded up to whole vectors of the processor: the rest of a vector is rounded differently, and
    then the result of a step would depend on the number of steps.
    """
    padded = pad(logits, (0, 0, 0, -len(logits) % VECTOR))
    # The gradient of `padded.t()` would be transposed, and products with it rounded differently.
    columns = torch.stack(padded.unbind(1))  # [A, N or more]
    return torch.log_softmax(columns, 0)[:, : len(logits)].t()


def value_head(params: Params, hidden: Tensor, optimal_value: Tensor) -> Tensor:
    """Return the expected return [N] of the rest of the trial: a + b * optimal_value.

    a and b are linear in the network's output `hidden` [N, H]. `optimal_value` [N] is that of the
    current state, for an informed critic, or 0.
    """
    a, b = torch.addmm(params["value.b"], hidden, params["value.w"]).unbind(1)
    return torch.addcmul(a, b, optimal_value)


class ActingHeads:
    """Both heads of an agent that acts, in one matrix product."""

    def __init__(self, params: Params) -> None:
        self.w = torch.cat([params["policy.w"], params["value.w"]], 1)  # [H, A + 2]
        self.b = torch.cat([params["policy.b"], params["value.b"]])

    def evaluate(self, hidden: Tensor, optimal_value: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `policy_head` [N, A] and `value_head` [N] return."""
        outputs = torch.addmm(self.b, hidden, self.w)
        a, b = outputs[:, -2:].unbind(1)
        return log_probs_of(outputs[:, :-2]), torch.addcmul(a, b, optimal_value)
