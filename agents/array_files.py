"""Files of arrays: safetensors, with a hash of all that they hold.

Loading safetensors runs no code, but a damaged file may still load. Therefore its metadata hold a
hash, and numbers that are not finite are refused when they are written and when they are read.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import safetensors
from safetensors.numpy import save

from agents.learner import AgentError, Arrays, Diverged, not_finite
from game.files import open_regular

HASH = "sha256"  # of the arrays alone, in files without other metadata and in older ones
HASH_OF_ALL = "sha256_of_all"
MOST_BYTES = 1 << 27  # 8 million weights of four bytes, and what an optimiser remembers of them


def write_arrays(path: Path, arrays: Arrays, **metadata: str) -> None:
    """Write arrays by name. Raises Diverged if they are not finite."""
    bad = not_finite(arrays)
    if bad is not None:
        raise Diverged(f"'{bad}' is not finite - try smaller step sizes and rates")
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    hashed = {_hash_key(metadata): hash_of(arrays, metadata)}
    path.write_bytes(save(arrays, metadata=hashed | metadata))


def read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Return a file's arrays and metadata. Raises AgentError if it is damaged or too large."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
        if size > MOST_BYTES:
            raise AgentError(f"{path}: has {size:,} bytes, over the limit of {MOST_BYTES:,}")
        with safetensors.safe_open(path, framework="numpy") as stored:
            arrays = {name: np.array(stored.get_tensor(name)) for name in stored.keys()}  # noqa: SIM118
            found = stored.metadata() or {}
    except OSError as error:
        raise AgentError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (safetensors.SafetensorError, ValueError, TypeError) as error:
        raise AgentError(f"{path}: is damaged: {error}") from None
    if not_finite(arrays) is not None:
        raise AgentError(f"{path}: holds numbers that are not finite")
    metadata = {key: text for key, text in found.items() if key not in (HASH, HASH_OF_ALL)}
    hashed = metadata if HASH_OF_ALL in found else {}
    if hash_of(arrays, hashed) != found.get(_hash_key(hashed)):
        raise AgentError(f"{path}: is damaged (its hash does not match)")
    return arrays, metadata


def _hash_key(metadata: dict[str, str]) -> str:
    """Return the name of the hash in a file's metadata: older files hash the arrays alone."""
    return HASH_OF_ALL if metadata else HASH


def hash_of(arrays: Arrays, metadata: dict[str, str]) -> str:
    """Return the hash of arrays and metadata, in hexadecimal digits."""
    digest = hashlib.sha256()
    for key in sorted(metadata):
        digest.update(f"{key} {len(metadata[key])} {metadata[key]}\n".encode())
    for name in sorted(arrays):
        array = arrays[name]
        dtype = f"torch.{array.dtype}"  # torch's names: the first runs were written by torch
        digest.update(f"{name} {dtype} {tuple(array.shape)}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
