"""The features of a batch as tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from game.world.batch import GridBatch
from game.world.features import N_FEATURES, observe_batch


def features_of(batch: GridBatch, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return a batch's features [T, S, F'] without all-zero columns, and the indices [F'] kept.

    The batch keeps the features: do not change them.
    """
    features, columns = observe_batch(batch, torch.empty(0, dtype=dtype).numpy().dtype)
    return torch.from_numpy(features), torch.from_numpy(columns)


def features_of_columns(batch: GridBatch, dtype: torch.dtype, columns: Tensor) -> Tensor:
    """Return a batch's features [T, S, F'] in exactly these columns."""
    features, present = features_of(batch, dtype)
    full = torch.zeros(*features.shape[:2], N_FEATURES, dtype=dtype)
    full[..., present] = features
    return full[..., columns]
