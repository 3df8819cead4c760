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
        within = x.clone()  # [P, 3H] x_r + h w_r, x_z + h w_z, then r, z; h w_n + b
        within[:, 2 * width :] = b
        after, n = x.new_empty(len(x), width), x.new_empty(len(x), width)  # [P, H]
        h = x.new_zeros(sizes[0], width)
        gates, (r, z, inner) = within[:, : 2 * width], within.split(width, 1)
        arrays = (within, gates, r, z, inner, x[:, 2 * width :], n, after)
        for inside, opened, reset, kept, hidden, x_n, candidate, later in _moments(arrays, sizes):
            inside.addmm_(h[: len(inside)], w)
            opened.sigmoid_()
            torch.addcmul(x_n, reset, hidden, out=candidate).tanh_()
            h = torch.lerp(candidate, h[: len(inside)], kept, out=later)
        ctx.save_for_backward(after, within, n, w)
        ctx.sizes = sizes
        return after

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        after, within, n, w = ctx.saved_tensors
        sizes, width = ctx.sizes, w.shape[0]
        r, z, inner = within.split(width, 1)
        before = _before(after, sizes)
        share = torch.empty_like(within)  # [P, 3H] what a change of h' means for each part of h w
        by_r, by_z, by_n = share.split(width, 1)
        fresh = 1 - z
        slope = torch.addcmul(fresh, fresh, n * n, value=-1)  # and for n's input
        torch.mul(slope, r, out=by_n)
        torch.mul(by_n, inner, out=by_r).mul_(1 - r)
        torch.sub(before, n, out=by_z).mul_(z).mul_(fresh)
        change = grads[0].clone()  # [P, H] of h'; what comes later is added to it
        back = w.t().contiguous()
        parts = share.view(-1, 3, width)
        later: tuple[Tensor, ...] | None = None
        for now, by, part, kept in reversed(_moments((change, share, parts, z), sizes)):
            if later is not None:
                change_after, by_after, kept_after = later
                now[: len(by_after)].addcmul_(change_after, kept_after).addmm_(by_after, back)
            part.mul_(now[:, None])  # from here on the gradient of h w
            later = now, by, kept
        dw, db = before.t() @ share, by_n.sum(0)
        torch.mul(change, slope, out=by_n)
        return share, None, dw, db


def _before(after: Tensor, sizes: list[int]) -> Tensor:
    """[P, H] the hidden state before each input: zero, or that after the one before it."""
    many = torch.tensor(sizes)
    at = torch.arange(sizes[0], len(after)) - many[:-1].repeat_interleave(many[1:])
    return torch.cat([after.new_zeros(sizes[0], after.shape[1]), after[at]])


def _moments(arrays: Sequence[Tensor], sizes: list[int]) -> list[tuple[Tensor, ...]]:
    """Views of the rows of each moment."""
    return list(zip(*(array.split(sizes) for array in arrays), strict=True))
