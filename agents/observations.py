"""The features of a batch as tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from game.world.batch import GridBatch
from game.world.features import N_FEATURES, observe_batch


def features_of(batch: GridBatch, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """A batch's features [T, S, F'] without the columns that are all zero, and those columns."""
    seen, columns = observe_batch(batch)
    return torch.from_numpy(seen).to(dtype), torch.from_numpy(columns)


def features_of_columns(batch: GridBatch, dtype: torch.dtype, columns: Tensor) -> Tensor:
    """Features [T, S, F'] of just these columns."""
    seen, present = features_of(batch, dtype)
    whole = torch.zeros(*seen.shape[:2], N_FEATURES, dtype=dtype)
    whole[..., present] = seen
    return whole[..., columns]
