"""A gated recurrent unit (Cho et al. 2014): one step, and whole sequences of different lengths.

    r, z = sigmoid(x_r + h w_r), sigmoid(x_z + h w_z)
    n = tanh(x_n + r (h w_n + b))
    h' = (1 - z) n + z h

torch's own GRU takes packed sequences, but on a CPU its backward pass takes time that grows with
the square of their length. Here the inputs x [.., 3H] come projected, since for an agent on a grid
they are rows of small tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def gru_step(x: Tensor, h: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """[N, H] the next hidden states: x [N, 3H], h [N, H], w [H, 3H], b [H]."""
    width = h.shape[1]
    within = h @ w
    gates = torch.sigmoid(x[:, : 2 * width] + within[:, : 2 * width])
    candidate = torch.tanh(
        torch.addcmul(x[:, 2 * width :], gates[:, :width], within[:, 2 * width :] + b)
    )
    return torch.lerp(candidate, h, gates[:, width:])


def gru_sequence(x: Tensor, sizes: Sequence[int], w: Tensor, b: Tensor) -> Tensor:
    """[P, H] the hidden states after each input of N sequences, all begun at zero.

    x [P, 3H] are their inputs, packed: the first of all sequences, then the second of all that have
    one ..., the longest sequence first; `sizes` says how many there are of each.
    """
    result: Tensor = _Sequence.apply(x, list(sizes), w, b)
    return result


class _Sequence(torch.autograd.Function):
    """Backpropagation through time by hand: few operations a step, all else at once."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, sizes: list[int], w: Tensor, b: Tensor) -> Tensor:
        width = w.shape[0]
        w_gates, w_n = w[:, : 2 * width].contiguous(), w[:, 2 * width :].contiguous()
        after, inner, n = (x.new_empty(len(x), width) for _ in range(3))  # [P, H]
        gates = x.new_empty(len(x), 2 * width)  # [P, 2H] r, z
        h = x.new_zeros(sizes[0], width)
        moments = zip(
            sizes,
            _moments(x, sizes, 2 * width, width),
            _moments(gates, sizes, width, width),
            gates.split(sizes),
            inner.split(sizes),
            n.split(sizes),
            after.split(sizes),
            strict=True,
        )
        for size, (x_gates, x_n), (r, z), opened, hidden, candidate, later in moments:
            h = h[:size]
            torch.addmm(x_gates, h, w_gates, out=opened).sigmoid_()
            torch.addmm(b, h, w_n, out=hidden)
            torch.addcmul(x_n, r, hidden, out=candidate).tanh_()
            h = torch.lerp(candidate, h, z, out=later)
        ctx.save_for_backward(after, gates, inner, n, w)
        ctx.sizes = sizes
        return after

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        after, gates, inner, n, w = ctx.saved_tensors
        sizes, width = ctx.sizes, w.shape[0]
        r, z = gates.split(width, 1)
        before = _before(after, sizes)
        by_n = torch.addcmul(1 - z, z - 1, n * n)  # what a change of h' means for n's input,
        share = torch.stack(  # [P, 3, H] and for each part of h w
            [by_n * inner * r * (1 - r), (before - n) * z * (1 - z), by_n * r], 1
        )
        change = grads[0].clone()  # [P, H] of h'; what comes later is added to it
        within = torch.empty_like(share)  # [P, 3, H] the gradient of h w
        back = w.t().contiguous()
        moments = zip(*(array.split(sizes) for array in (change, share, within, z)), strict=True)
        later: tuple[Tensor, ...] | None = None
        for now, by, to, kept in reversed(list(moments)):
            if later is not None:
                size = len(later[0])
                now[:size].addcmul_(later[0], later[2]).addmm_(later[1].flatten(1), back)
            torch.mul(now[:, None], by, out=to)
            later = now, to, kept
        dx = within.flatten(1)
        dw, db = before.t() @ dx, dx[:, 2 * width :].sum(0)
        torch.mul(change, by_n, out=dx[:, 2 * width :])
        return dx, None, dw, db


def _before(after: Tensor, sizes: list[int]) -> Tensor:
    """[P, H] the hidden state before each input: zero, or that after the one before it."""
    many = torch.tensor(sizes)
    at = torch.arange(sizes[0], len(after)) - many[:-1].repeat_interleave(many[1:])
    return torch.cat([after.new_zeros(sizes[0], after.shape[1]), after[at]])


def _moments(array: Tensor, sizes: list[int], *widths: int) -> list[tuple[Tensor, ...]]:
    """Views of the columns of these widths, of the rows of each moment."""
    return list(zip(*(part.split(sizes) for part in array.split(widths, 1)), strict=True))
