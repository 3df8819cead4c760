"""Ranks: the processes that train one agent together, each on its share of a meta-batch's tasks.

`torchrun` starts them, and `joined` connects them by torch.distributed (gloo), which no other
module uses. In a process by itself, which has rank 0 of 1, every function here returns what it is
given at once: learners call them unconditionally. All ranks call them in the same order.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from agents.torch_start import load_torch

if TYPE_CHECKING:
    from torch import Tensor

TIMEOUT = timedelta(minutes=10)  # of waiting for another rank: its validation may take long
NOTE_TIMEOUT = 3.0  # seconds to wait for the notes of ranks that end
POLL = 0.05  # seconds between two looks for a note
POLL_WORK = 2e-5  # seconds between two looks whether an operation is done
LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # set by torchrun
Result = TypeVar("Result")
Key = TypeVar("Key")


class RankLost(Exception):
    """Another rank has ended or no longer answers."""


class RankFailed(Exception):
    """Another rank has met an error; the message says which."""


@dataclass(frozen=True)
class _Ranks:
    """What this process knows of all ranks."""

    rank: int = 0
    n: int = 1
    store: Any = None  # of notes, beside the connections; it outlives a rank that is lost


_ranks = _Ranks()  # of this process; `joined` replaces it


def launched_ranks() -> int:
    """Return how many ranks this process was started as one of: 1 without torchrun."""
    if not all(name in os.environ for name in LAUNCHED):
        return 1
    return int(os.environ["WORLD_SIZE"])


def launched_rank() -> int:
    """Return the rank that this process was started as."""
    return int(os.environ["RANK"]) if launched_ranks() > 1 else 0


def ranks_here() -> int:
    """Return how many ranks were started on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if launched_ranks() > 1 else 1


@contextlib.contextmanager
def joined() -> Iterator[None]:
    """Connect this process to the other ranks that torchrun started, until the block ends.

    Raises RankLost where they cannot be reached.
    """
    global _ranks
    load_torch()
    import torch.distributed as dist
    from torch.distributed.rendezvous import rendezvous

    with _lost():
        store, rank, n = next(rendezvous("env://", timeout=TIMEOUT))
        dist.init_process_group("gloo", timeout=TIMEOUT, store=store, rank=rank, world_size=n)
    _ranks = _Ranks(rank, n, store)
    try:
        yield
    finally:
        _ranks = _Ranks()
        with contextlib.suppress(RuntimeError):  # another rank was lost
            dist.destroy_process_group()


@contextlib.contextmanager
def _lost() -> Iterator[None]:
    """Raise RankLost where torch.distributed raises an error of its connections."""
    try:
        yield
    except RuntimeError as error:  # the base class of all of them
        raise RankLost(f"another rank has ended or does not answer: {error}") from error


def _wait_for(start: Callable[[], Any]) -> None:
    """Start an operation of torch.distributed, and wait for its end. Raises RankLost.

    Unlike torch's own waiting, signals interrupt it: a rank that is told to end must not wait for
    another one that has already been.
    """
    with _lost():
        work = start()
        while not work.is_completed():
            time.sleep(POLL_WORK)
        work.wait()  # raises the error, if there was one


def rank() -> int:
    """Return the number of this process among the ranks, from 0."""
    return _ranks.rank


def n_ranks() -> int:
    """Return the number of ranks; 1 for a process by itself."""
    return _ranks.n


def is_first() -> bool:
    """Whether this rank is the one that writes files and messages."""
    return _ranks.rank == 0


def share(n: int) -> slice:
    """Return this rank's share of n tasks. In the order of ranks, the shares are all of them."""
    return slice(n * _ranks.rank // _ranks.n, n * (_ranks.rank + 1) // _ranks.n)


# --- arrays ------------------------------------------------------------------------------------


def add(tensors: Mapping[Key, Tensor]) -> dict[Key, Tensor]:
    """Return the sums over all ranks of tensors of one type, by name."""
    if _ranks.n == 1:
        return dict(tensors)
    import torch
    import torch.distributed as dist

    flat = torch.cat([tensor.detach().flatten() for tensor in tensors.values()])
    _wait_for(lambda: dist.all_reduce(flat, async_op=True))
    parts = flat.split([tensor.numel() for tensor in tensors.values()])
    return {name: part.view_as(tensors[name]) for name, part in zip(tensors, parts, strict=True)}


def mean(tensors: Mapping[Key, Tensor], weight: float) -> dict[Key, Tensor]:
    """Return the means over all ranks of tensors, by name, where each rank has a weight."""
    if _ranks.n == 1:
        return dict(tensors)
    factor = weight / total(weight)
    return add({name: tensor * factor for name, tensor in tensors.items()})


def add_gradients(params: Sequence[Tensor]) -> None:
    """Replace the gradient of each parameter by its sum over all ranks; None counts as 0."""
    if _ranks.n == 1:
        return
    import torch

    own = {i: torch.zeros_like(p) if p.grad is None else p.grad for i, p in enumerate(params)}
    for i, gradient in add(own).items():
        params[i].grad = gradient


def gather(values: np.ndarray) -> np.ndarray:
    """Return the arrays [n, ..] of all ranks as one array, in the order of ranks."""
    return values if _ranks.n == 1 else np.concatenate(exchange(values))


def own_rows(n: int) -> slice:
    """Return the place of this rank's n rows in the result of `gather`."""
    before = 0 if _ranks.n == 1 else sum(exchange(n)[: _ranks.rank])
    return slice(before, before + n)


def totals(*values: float) -> list[float]:
    """Return the sums of numbers over all ranks."""
    return [*values] if _ranks.n == 1 else _reduced(np.array(values, float), "SUM").tolist()


def total(value: float) -> float:
    """Return the sum of a number over all ranks."""
    return totals(value)[0]


def largest(values: np.ndarray) -> np.ndarray:
    """Return the largest of each number over all ranks; the arrays are of one shape and type."""
    return values if _ranks.n == 1 else _reduced(values, "MAX")


def of_whole_batch(metrics: Mapping[str, float], n_tasks: int) -> dict[str, float]:
    """Return the metrics of a meta-batch, given those of a rank's share of `n_tasks`: the sum of
    `env_steps`, and the means over tasks of all others."""
    if _ranks.n == 1:
        return dict(metrics)
    weights = [1 if name == "env_steps" else n_tasks for name in metrics]
    sums = _reduced(np.array([n_tasks, *np.multiply(weights, [*metrics.values()])], float), "SUM")
    parts = [1 if name == "env_steps" else sums[0] for name in metrics]
    return dict(zip(metrics, (sums[1:] / parts).tolist(), strict=True))


def _reduced(values: np.ndarray, operation: str) -> np.ndarray:
    """Return the sum (SUM) or the maximum (MAX) of arrays over all ranks."""
    import torch
    import torch.distributed as dist

    reduced = torch.from_numpy(values.copy())
    _wait_for(lambda: dist.all_reduce(reduced, getattr(dist.ReduceOp, operation), async_op=True))
    return reduced.numpy()


# --- objects -----------------------------------------------------------------------------------


def exchange(value: Result) -> list[Result]:
    """Return the values of all ranks, in their order."""
    if _ranks.n == 1:
        return [value]
    import torch
    import torch.distributed as dist

    content = _packed(value)
    sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(_ranks.n)]
    own = torch.tensor([len(content)])
    _wait_for(lambda: dist.all_gather(sizes, own, async_op=True))
    longest = int(max(sizes))
    padded = torch.zeros(longest, dtype=torch.uint8)
    padded[: len(content)] = content
    parts = [torch.zeros_like(padded) for _ in range(_ranks.n)]
    _wait_for(lambda: dist.all_gather(parts, padded, async_op=True))
    return [_unpacked(part[: int(size)]) for part, size in zip(parts, sizes, strict=True)]


def number_from_first(make: Callable[[], float]) -> float:
    """Return the number that `make` returns on rank 0, which alone calls it."""
    if _ranks.n == 1:
        return make()
    return float(_broadcast(np.array([make() if is_first() else 0], float))[0])


def from_first(make: Callable[[], Result]) -> Result:
    """Return what `make` returns on rank 0, which alone calls it.

    Where it raises an error there, the others raise RankFailed with its message.
    """
    if _ranks.n == 1:
        return make()
    import torch

    error: Exception | None = None
    result: Any = None
    if is_first():
        try:
            result = make()
        except Exception as raised:
            error = raised
    content = _packed((result, None if error is None else str(error)))
    size = int(_broadcast(np.array([len(content)]))[0])
    sent = _broadcast(content.numpy() if is_first() else np.zeros(size, np.uint8))
    if error:
        raise error
    if is_first():
        return result
    result, wrong = _unpacked(torch.from_numpy(sent))
    if wrong is not None:
        raise RankFailed(wrong)
    return result


def _broadcast(values: np.ndarray) -> np.ndarray:
    """Return the array of rank 0; those of the others have its shape and type."""
    import torch
    import torch.distributed as dist

    sent = torch.from_numpy(values.copy())
    _wait_for(lambda: dist.broadcast(sent, 0, async_op=True))
    return sent.numpy()


def _packed(value: Any) -> Tensor:
    """Return an object as bytes; it only ever goes to the ranks of the same training."""
    import torch

    return torch.frombuffer(bytearray(pickle.dumps(value)), dtype=torch.uint8)


def _unpacked(content: Tensor) -> Any:
    return pickle.loads(content.numpy().tobytes())


def together(make: Callable[[], Result]) -> Result:
    """Return what `make` returns on this rank, once it has returned on all of them.

    A rank where it raises an error raises that; the others raise RankFailed with its message.
    """
    if _ranks.n == 1:
        return make()
    error: Exception | SystemExit | None = None
    result: Any = None
    try:
        result = make()
    except (Exception, SystemExit) as raised:
        error = raised
    wrong = exchange(None if error is None else str(error))
    if error:
        raise error
    for number, text in enumerate(wrong):
        if text is not None:
            raise RankFailed(f"rank {number}: {text}")
    done: Result = result
    return done


# --- notes of ranks that end -------------------------------------------------------------------


def leave_note() -> None:
    """Tell the others that this rank ends by itself."""
    with contextlib.suppress(RuntimeError):  # torchrun has ended
        if _ranks.store:
            _ranks.store.set(f"ends/{_ranks.rank}", "")


def has_left_note(number: int) -> bool:
    """Whether a rank has left a note."""
    with contextlib.suppress(RuntimeError):
        return bool(_ranks.store and _ranks.store.check([f"ends/{number}"]))
    return False


def lost_ranks() -> list[int]:
    """Return the ranks that have left no note, after some time to do so."""
    deadline = time.monotonic() + NOTE_TIMEOUT
    while True:
        others = (number for number in range(_ranks.n) if number != _ranks.rank)
        lost = [number for number in others if not has_left_note(number)]
        if not lost or time.monotonic() > deadline:
            return lost
        time.sleep(POLL)


def speaks() -> bool:
    """Whether this rank is the first to ask, and so to say what has happened."""
    with contextlib.suppress(RuntimeError):
        return not _ranks.store or _ranks.store.add("speaks", 1) == 1
    return True
