"""A gated recurrent unit (Cho et al. 2014): one step, and whole sequences of different lengths.

    r, z = sigmoid(x_r + h w_r), sigmoid(x_z + h w_z)
    n = tanh(x_n + r (h w_n + b))
    h' = (1 - z) n + z h

The inputs x [.., 3H] arrive already projected, because an agent on a grid takes them from small
tables. torch's own GRU accepts packed sequences, but on a CPU the time of its backward pass grows
with the square of their length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def gru_step(x: Tensor, h: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the next hidden states [N, H], from x [N, 3H], h [N, H], w [H, 3H] and b [H]."""
    width = h.shape[1]
    recurrent = h @ w
    gates = torch.sigmoid(x[:, : 2 * width] + recurrent[:, : 2 * width])
    candidate = torch.tanh(
        torch.addcmul(x[:, 2 * width :], gates[:, :width], recurrent[:, 2 * width :] + b)
    )
    return torch.lerp(candidate, h, gates[:, width:])


def gru_sequence(x: Tensor, sizes: Sequence[int], w: Tensor, b: Tensor) -> Tensor:
    """Return the hidden states [P, H] after each input of N sequences, which start from zeros.

    The inputs x [P, 3H] are packed by time step: step 0 of every sequence, then step 1 of every
    sequence that has one, and so on, the longest sequence first. `sizes` [L] are the numbers of
    sequences at each step.
    """
    result: Tensor = _GruSequence.apply(x, list(sizes), w, b)
    return result


class _GruSequence(torch.autograd.Function):
    """A GRU over packed sequences, with backpropagation through time written by hand.

    Only the recurrent operations run step by step; all others run once over all steps.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, sizes: list[int], w: Tensor, b: Tensor) -> Tensor:
        width = w.shape[0]
        recurrent = x.clone()  # [P, 3H] x_r + h w_r and x_z + h w_z, then r and z; h w_n + b
        recurrent[:, 2 * width :] = b
        hidden, n = x.new_empty(len(x), width), x.new_empty(len(x), width)  # [P, H]
        h = x.new_zeros(sizes[0], width)
        gates, (r, z, inner) = recurrent[:, : 2 * width], recurrent.split(width, 1)
        arrays = (recurrent, gates, r, z, inner, x[:, 2 * width :], n, hidden)
        for all_t, gates_t, r_t, z_t, inner_t, x_n_t, n_t, hidden_t in _split_steps(arrays, sizes):
            all_t.addmm_(h[: len(all_t)], w)
            gates_t.sigmoid_()
            torch.addcmul(x_n_t, r_t, inner_t, out=n_t).tanh_()
            h = torch.lerp(n_t, h[: len(all_t)], z_t, out=hidden_t)
        ctx.save_for_backward(hidden, recurrent, n, w)
        ctx.sizes = sizes
        return hidden

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        hidden, recurrent, n, w = ctx.saved_tensors
        sizes, width = ctx.sizes, w.shape[0]
        r, z, inner = recurrent.split(width, 1)
        previous = _previous_hidden(hidden, sizes)
        # first the derivative of h' by h w and by n's input, then times the gradient of h'
        d_recurrent = torch.empty_like(recurrent)  # [P, 3H]
        d_r, d_z, d_inner = d_recurrent.split(width, 1)
        new_share = 1 - z
        d_n_input = torch.addcmul(new_share, new_share, n * n, value=-1)
        torch.mul(d_n_input, r, out=d_inner)
        torch.mul(d_inner, inner, out=d_r).mul_(1 - r)
        torch.sub(previous, n, out=d_z).mul_(z).mul_(new_share)
        d_hidden = grads[0].clone()  # [P, H] without the later steps, which the loop adds
        w_transposed = w.t().contiguous()
        by_gate = d_recurrent.view(-1, 3, width)
        later: tuple[Tensor, ...] | None = None
        steps = _split_steps((d_hidden, d_recurrent, by_gate, z), sizes)
        for d_hidden_t, d_recurrent_t, by_gate_t, z_t in reversed(steps):
            if later is not None:
                d_hidden_next, d_recurrent_next, z_next = later
                carried = d_hidden_t[: len(d_recurrent_next)]
                carried.addcmul_(d_hidden_next, z_next).addmm_(d_recurrent_next, w_transposed)
            by_gate_t.mul_(d_hidden_t[:, None])
            later = d_hidden_t, d_recurrent_t, z_t
        dw, db = previous.t() @ d_recurrent, d_inner.sum(0)
        torch.mul(d_hidden, d_n_input, out=d_inner)
        return d_recurrent, None, dw, db


def _previous_hidden(hidden: Tensor, sizes: list[int]) -> Tensor:
    """Return the hidden state before each input [P, H]: zeros at step 0."""
    counts = torch.tensor(sizes)
    at = torch.arange(sizes[0], len(hidden)) - counts[:-1].repeat_interleave(counts[1:])
    return torch.cat([hidden.new_zeros(sizes[0], hidden.shape[1]), hidden[at]])


def _split_steps(arrays: Sequence[Tensor], sizes: list[int]) -> list[tuple[Tensor, ...]]:
    """Return views of the rows of each time step, one tuple per step."""
    return list(zip(*(array.split(sizes) for array in arrays), strict=True))
