"""Observations of environments: the features, the codes or the number of each state."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from game.text.level import MAX_STATES
from game.world.batch import GridBatch
from game.world.codes import N_CODES, encode
from game.world.features import N_FEATURES, observe_batch
from game.world.rules import Ints

Observation = Literal["features", "codes", "state"]

OBSERVATIONS = ("features", "codes", "state")
WIDTH = {"features": N_FEATURES, "codes": N_CODES}
KIND: dict[str, type] = {"features": np.float32, "codes": np.uint8}
OBSERVATION_BYTES = {"features": 4 * N_FEATURES, "codes": N_CODES, "state": 4}
N_PARTS = 3  # of a row of features; a divisor of N_FEATURES
LOWEST, HIGHEST = -1.0, 200.0  # of any feature: entering costs are at most 1,000


def observation_space(observation: Observation) -> spaces.Space[Any]:
    """Return the space of an observation, which is the same for all tasks."""
    if observation == "state":
        return spaces.Discrete(MAX_STATES)
    low, high = (0, 255) if observation == "codes" else (LOWEST, HIGHEST)
    return spaces.Box(low, high, (WIDTH[observation],), KIND[observation])


def observe_rows(batch: GridBatch, observation: Observation) -> NDArray[Any]:
    """Return the features or codes of all states of a batch [T, S, n]."""
    present, columns = observe_batch(batch)
    features = np.zeros((batch.n_tasks, batch.n_states, N_FEATURES))
    features[..., columns] = present
    return encode(features) if observation == "codes" else features.astype(np.float32)


class ObservationTable:
    """The features or codes of all states of a batch.

    Each row is stored in N_PARTS parts, and equal parts are stored once: the one-hot blocks repeat
    in every task, and the last blocks are often zero. The table is then a third as large, and reads
    from memory take less of a step.
    """

    def __init__(self, batch: GridBatch, observation: Observation) -> None:
        number: dict[bytes, int] = {}  # of each part
        n_parts = N_PARTS if observation == "features" else 1
        parts_of = np.zeros((batch.n_tasks, batch.n_states, n_parts), np.int64)
        for of_task, tables in zip(parts_of, batch.tables):
            rows = observe_rows(GridBatch([tables]), observation)[0]
            parts = rows.reshape(len(rows) * n_parts, -1)
            numbers = [number.setdefault(part.tobytes(), len(number)) for part in parts]
            of_task[: len(rows)] = np.reshape(numbers, (-1, n_parts))
        self._parts_of: Ints = parts_of.reshape(-1, n_parts)  # [T * S, parts]
        stored: NDArray[Any] = np.frombuffer(bytearray().join(number), KIND[observation])
        self._parts = stored.reshape(len(number), -1)

    def take(self, states: Ints, out: NDArray[Any]) -> NDArray[Any]:
        """Write the observations of flat states [N] to `out` [N, n], and return it."""
        parts = self._parts_of.take(states, 0, mode="clip")  # [N, parts]
        self._parts.take(parts, 0, out.reshape(*parts.shape, -1), "clip")
        return out
