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
from typing import Any, NamedTuple

import torch
from torch import Tensor

BLOCK = 512  # rows that are differentiated at once, so that they stay in the processor's cache


def gru_step(x: Tensor, h: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the next hidden states [N, H], from x [N, 3H], h [N, H], w [H, 3H] and b [H].

    The inputs x are overwritten. There is no gradient.
    """
    width = len(b)
    r, z, inner = x.split(width, 1)
    n = inner.clone()
    inner.copy_(b)
    return _advance(_Step(x, x[:, : 2 * width], r, z, inner, n, n), h, w)


class _Step(NamedTuple):
    """The arrays that one step of N sequences works in. The first five share memory."""

    all_gates: Tensor  # [N, 3H] (x_r, x_z, b) before, (r, z, h w_n + b) after
    r_and_z: Tensor  # [N, 2H] of all_gates
    r: Tensor  # [N, H] of all_gates
    z: Tensor  # [N, H] of all_gates
    inner: Tensor  # [N, H] of all_gates: b before, h w_n + b after
    n: Tensor  # [N, H] x_n before, n after
    result: Tensor  # [N, H] receives h', and may be n


def _advance(step: _Step, h: Tensor, w: Tensor) -> Tensor:
    """Return the hidden states [N, H] after h [N, H], computed in the arrays of `step`."""
    step.all_gates.addmm_(h, w)
    step.r_and_z.sigmoid_()
    torch.addcmul(step.n, step.r, step.inner, out=step.n).tanh_()
    return torch.lerp(step.n, h, step.z, out=step.result)


def gru_sequence(
    inputs: Tensor, sizes: Sequence[int], w: Tensor, b: Tensor, w_output: Tensor
) -> Tensor:
    """Return the output layer tanh(x_o + h' w_output) [P, H] after each input of N sequences, whose
    hidden states start from zeros.

    The inputs [P, 4H] = (x_r, x_z, x_n, x_o) are packed by time step: step 0 of every sequence,
    then step 1 of every sequence that has one, and so on, the longest sequence first. `sizes` [L]
    are the numbers of sequences at each step. The inputs are overwritten: their memory holds the
    gates, and then the gradient. So the result can be differentiated once.
    """
    result: Tensor = _GruSequence.apply(inputs, list(sizes), w, b, w_output)
    return result


class _GruSequence(torch.autograd.Function):
    """A GRU over packed sequences, with backpropagation through time written by hand.

    Only the recurrent operations run step by step; all others run once over all steps.
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, sizes: list[int], w: Tensor, b: Tensor, w_output: Tensor
    ) -> Tensor:
        width, n_first = w.shape[0], sizes[0]
        r, z, inner, x_output = inputs.split(width, 1)  # inner = h w_n + b
        n = inner.clone()  # [P, H], so far x_n
        inner.copy_(b)
        hidden = n.new_empty(n_first + len(n), width)  # zeros, then the states after each input
        h = hidden[:n_first].zero_()
        gates = inputs[:, : 3 * width], inputs[:, : 2 * width]
        steps = _split_steps((*gates, r, z, inner, n, hidden[n_first:]), sizes)
        for size, step in zip(sizes, steps, strict=True):
            h = _advance(_Step(*step), h.narrow(0, 0, size), w)
        output = torch.addmm(x_output, hidden[n_first:], w_output).tanh_()
        ctx.save_for_backward(inputs, n, hidden, output, w, w_output)
        ctx.sizes = sizes
        return output

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, Tensor, Tensor, Tensor]:
        gates, n, hidden, output, w, w_output = ctx.saved_tensors
        sizes, width = ctx.sizes, w.shape[0]
        d_inputs = gates  # [P, 4H]; the first use of new memory would cost more than a pass
        d_output = d_inputs[:, 3 * width :]
        torch.ops.aten.tanh_backward(grads[0], output, grad_input=d_output)
        d_w_output = hidden[sizes[0] :].t() @ d_output
        d_hidden = d_output @ w_output.t()  # [P, H] without the later steps, which the loop adds
        previous, z = _previous_hidden(hidden, sizes), gates[:, width : 2 * width].clone()
        for block in zip(*(array.split(BLOCK) for array in (gates, n, previous)), strict=True):
            _replace_by_derivatives(*block)
        d_recurrent, d_n_input = d_inputs[:, : 3 * width], n
        w_transposed = w.t().contiguous()
        by_gate = d_recurrent.unflatten(1, (3, width))
        later: tuple[Tensor, ...] | None = None
        steps = _split_steps((d_hidden, d_hidden[:, None], d_recurrent, by_gate, z), sizes)
        for d_hidden_t, by_unit_t, d_recurrent_t, by_gate_t, z_t in reversed(steps):
            if later is not None:
                d_hidden_next, d_recurrent_next, z_next = later
                carried = d_hidden_t.narrow(0, 0, z_next.shape[0])
                carried.addcmul_(d_hidden_next, z_next).addmm_(d_recurrent_next, w_transposed)
            by_gate_t.mul_(by_unit_t)
            later = d_hidden_t, d_recurrent_t, z_t
        d_inner = d_recurrent[:, 2 * width :]
        dw, db = previous.t() @ d_recurrent, d_inner.sum(0)
        torch.mul(d_hidden, d_n_input, out=d_inner)
        return d_inputs, None, dw, db, d_w_output


def _replace_by_derivatives(gates: Tensor, n: Tensor, previous: Tensor) -> None:
    """Replace the columns r, z and h w_n + b of `gates` [B, 4H] by d h'/d x_r, d h'/d x_z and
    d h'/d (h w_n + b), and n [B, H] by d h'/d x_n."""
    r, z, inner, _ = gates.split(n.shape[1], 1)
    new_share = 1 - z
    d_z = torch.sub(previous, n).mul_(z)
    torch.mul(d_z, new_share, out=z)
    torch.addcmul(new_share, new_share, n * n, value=-1, out=n)
    d_inner = n * r
    d_r = torch.mul(d_inner, inner)
    torch.mul(d_r, 1 - r, out=r)
    inner.copy_(d_inner)


def _previous_hidden(hidden: Tensor, sizes: list[int]) -> Tensor:
    """Return the hidden state before each input [P, H], from those before the first step and after
    each input [sizes[0] + P, H]."""
    shift = torch.tensor([0, *(sizes[0] - size for size in sizes[:-1])])
    if not shift.any():
        return hidden[: -sizes[0]]
    at = shift.repeat_interleave(torch.tensor(sizes))
    return hidden.index_select(0, at + torch.arange(len(at)))


def _split_steps(arrays: Sequence[Tensor], sizes: list[int]) -> list[tuple[Tensor, ...]]:
    """Return views of the rows of each time step, one tuple per step."""
    return list(zip(*(array.split(sizes) for array in arrays), strict=True))
