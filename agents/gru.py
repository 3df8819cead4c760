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
    """Backpropagation through time by hand: one matrix product a step, all else at once."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, sizes: list[int], w: Tensor, b: Tensor) -> Tensor:
        width = w.shape[0]
        before, after, inner = (x.new_empty(len(x), width) for _ in range(3))  # [P, H]
        gates = torch.empty_like(x)  # [P, 3H] r, z, n
        rows, h = x.new_empty(sizes[0], 3 * width), x.new_zeros(sizes[0], width)
        within_gates, within_n = rows.split((2 * width, width), 1)
        moments = zip(
            sizes,
            _moments(x, sizes, 2 * width, width),
            _moments(gates, sizes, width, width, width),
            gates[:, : 2 * width].split(sizes),
            before.split(sizes),
            inner.split(sizes),
            after.split(sizes),
            strict=True,
        )
        for size, (x_gates, x_n), (r, z, n), opened, earlier, hidden, later in moments:
            h = h[:size]
            earlier.copy_(h)
            torch.mm(h, w, out=rows[:size])
            torch.add(x_gates, within_gates[:size], out=opened).sigmoid_()
            torch.add(within_n[:size], b, out=hidden)
            torch.addcmul(x_n, r, hidden, out=n).tanh_()
            h = torch.lerp(n, h, z, out=later)
        ctx.save_for_backward(before, gates, inner, w)
        ctx.sizes = sizes
        return after

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        before, gates, inner, w = ctx.saved_tensors
        sizes, width = ctx.sizes, w.shape[0]
        r, z, n = gates.split(width, 1)
        open_z, open_r = 1 - z, 1 - r
        dz = (before - n).mul_(z).mul_(open_z)  # what a change of h' means for each gate's input
        dn = torch.addcmul(open_z, open_z * n, n, value=-1)
        dr = inner.mul(r).mul_(open_r)  # times the change of n's input
        within = torch.empty_like(gates)  # [P, 3H] the gradient of h w
        candidate = torch.empty_like(inner)  # [P, H] that of x_n
        dh, back = w.new_zeros(sizes[0], width), w.t().contiguous()
        moments = zip(
            sizes,
            _moments(within, sizes, width, width, width),
            within.split(sizes),
            *(array.split(sizes) for array in (candidate, grads[0], r, z, dr, dz, dn)),
            strict=True,
        )
        for size, (to_r, to_z, to_n), row, to_x, grad, open_, kept, by_r, by_z, by_n in reversed(
            list(moments)
        ):
            change = dh[:size].add_(grad)
            torch.mul(change, by_n, out=to_x)
            torch.mul(to_x, by_r, out=to_r)
            torch.mul(change, by_z, out=to_z)
            torch.mul(to_x, open_, out=to_n)
            change.mul_(kept).addmm_(row, back)
        dx = torch.cat([within[:, : 2 * width], candidate], 1)
        return dx, None, before.t() @ within, within[:, 2 * width :].sum(0)


def _moments(array: Tensor, sizes: list[int], *widths: int) -> list[tuple[Tensor, ...]]:
    """Views of the columns of these widths, of the rows of each moment."""
    return list(zip(*(part.split(sizes) for part in array.split(widths, 1)), strict=True))
