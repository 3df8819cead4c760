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
        rows = x.new_empty(sizes[0], 3 * width)
        h, end = x.new_zeros(sizes[0], width), 0
        for size in sizes:
            now = slice(end, end + size)
            end += size
            h = h[:size]
            before[now] = h
            within = torch.mm(h, w, out=rows[:size])
            gate, into = gates[now], x[now]
            opened = gate[:, : 2 * width]
            torch.add(into[:, : 2 * width], within[:, : 2 * width], out=opened).sigmoid_()
            torch.add(within[:, 2 * width :], b, out=inner[now])
            candidate = gate[:, 2 * width :]
            torch.addcmul(into[:, 2 * width :], gate[:, :width], inner[now], out=candidate).tanh_()
            h = torch.lerp(candidate, h, gate[:, width : 2 * width], out=after[now])
        ctx.save_for_backward(before, gates, inner, w)
        ctx.sizes = sizes
        return after

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor, Tensor]:
        before, gates, inner, w = ctx.saved_tensors
        width = w.shape[0]
        r, z, n = gates.split(width, 1)
        dz = (before - n) * z * (1 - z)  # what a change of h' means for each gate's input
        dn = (1 - z) * (1 - n * n)
        dr = inner * r * (1 - r)  # times the change of n's input
        within = torch.empty_like(gates)  # [P, 3H] the gradient of h w
        candidate = torch.empty_like(inner)  # [P, H] that of x_n
        dh, begin = w.new_zeros(ctx.sizes[0], width), len(gates)
        back = w.t().contiguous()
        for size in reversed(ctx.sizes):
            now = slice(begin - size, begin)
            begin -= size
            change = dh[:size].add_(grads[0][now])
            change_n = torch.mul(change, dn[now], out=candidate[now])
            row = within[now]
            torch.mul(change_n, dr[now], out=row[:, :width])
            torch.mul(change, dz[now], out=row[:, width : 2 * width])
            torch.mul(change_n, r[now], out=row[:, 2 * width :])
            change.mul_(z[now]).addmm_(row, back)
        dx = torch.cat([within[:, : 2 * width], candidate], 1)
        return dx, None, before.t() @ within, within[:, 2 * width :].sum(0)
