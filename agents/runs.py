"""Agents on disk: a folder with `config.json` and `agent.safetensors`, written atomically.

Loading safetensors runs no code, but a damaged file may still load. Therefore the header holds a
hash, and names, shapes, types and finiteness are checked against the learner in the config. Sizes
are compared before anything of that size is made.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from agents.agent_catalog import (
    CHECKPOINT,
    CONFIG,
    EPISODES_PER_STEP,
    SHARED_WITH_SCRATCH,
    UNTRAINED,
    WEIGHTS,
    find_agent,
    inner_options,
    read_config,
    scratch_like,
)
from agents.learner import AgentError, Arrays, Diverged, Learner, not_finite
from agents.learner_registry import (
    advised_config,
    build_learner,
    learner_class,
    make_config,
    make_learner,
)
from agents.run_folder import run_path
from game.files import name_text, open_regular
from game.filling import Misfit, fill, parse_json
from game.session.messages import BASELINE_AGENT
from game.world.features import LAYOUT

HASH = "sha256"  # of the arrays alone, in files without other metadata and in older ones
HASH_OF_ALL = "sha256_of_all"
NOT_AS_DESCRIBED = f"does not hold the parameters that {CONFIG} describes"
MOST_HEADER = 1 << 20  # bytes
MOST_DIMENSIONS = 8
DTYPES = {  # safetensors' names of numpy's types
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"},
    **{"I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1"},
    **{"U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"},
}


@dataclass(frozen=True)
class Agent:
    """A learner that is ready to adapt; `pack` names its training pack ("" if untrained)."""

    name: str
    learner: Learner
    pack: str


# --- saving ------------------------------------------------------------------------------------


def describe(learner_name: str, learner: Learner, **facts: Any) -> dict[str, Any]:
    """Return the contents of a run's config.json: how to rebuild the learner, and `facts`."""
    return {
        "learner": learner_name,
        "options": asdict(learner.config),
        "features": LAYOUT,
        EPISODES_PER_STEP: learner.episodes_per_step,
        **facts,
    }


def write_weights(path: Path, learner: Learner) -> None:
    """Write the learner's meta-parameters. Raises Diverged if they are not finite."""
    _write_arrays(path, learner.state())


def write_checkpoint(path: Path, arrays: Arrays, facts: str) -> None:
    """Write a run's checkpoint: the learner's `arrays`, and `facts` about the run as text.

    Raises Diverged if the arrays are not finite.
    """
    _write_arrays(path, arrays, facts=facts)


def _write_arrays(path: Path, arrays: Arrays, **metadata: str) -> None:
    bad = not_finite(arrays)
    if bad is not None:
        raise Diverged(f"'{bad}' is not finite - try smaller step sizes and rates")
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    path.write_bytes(
        save(arrays, metadata={_hash_key(metadata): _hash(arrays, metadata), **metadata})
    )


def _hash_key(metadata: dict[str, str]) -> str:
    """Return the name of the hash in a file's header: older files hash the arrays alone."""
    return HASH_OF_ALL if metadata else HASH


def _hash(arrays: Arrays, metadata: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for key in sorted(metadata):
        digest.update(f"{key} {len(metadata[key])} {metadata[key]}\n".encode())
    for name in sorted(arrays):
        array = arrays[name]
        dtype = f"torch.{array.dtype}"  # torch's names: the first runs were written by torch
        digest.update(f"{name} {dtype} {tuple(array.shape)}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


# --- loading -----------------------------------------------------------------------------------


def load_agent(name: str, pack: str | Path = "", seed: int = 0) -> Agent:
    """Load an agent. Raises AgentError.

    `name` is a run's folder, the name of a shipped agent, of a learner (for the shipped
    LEARNER-PACK), of a learner that needs no training, or `scratch:AGENT` for an untrained policy
    with the network and inner loop of an agent. `pack` is a pack's name or path: a bare `scratch`
    has the options that the pack recommends for `maml`. `seed` draws the initialisation of a
    scratch.
    """
    path, pack = pack, Path(pack).name
    like = scratch_like(name)
    if like is not None or name == BASELINE_AGENT:
        return Agent(name, build_learner(BASELINE_AGENT, _scratch_config(like, path), seed), "")
    if name in UNTRAINED:
        return Agent(name, make_learner(name, seed), "")
    folder = find_agent(name, pack)
    config = read_config(folder)
    stored = ArrayFile(run_path(folder, WEIGHTS))
    learner = _build(run_path(folder, CONFIG), config, seed, stored)
    stored.check_holds(learner.state(), exactly=True)
    arrays, _ = stored.read()
    try:
        learner.load(arrays)
    except Exception as error:  # an external learner's: any kind
        raise AgentError(f"{stored.path}: cannot be loaded: {error}") from None
    return Agent(name_text(folder.resolve().name), learner, str(config.get("pack", "")))


def scratch_config(config: Any) -> Any:
    """Return the options of a scratch with the network and inner loop of a learner's Config."""
    shared = {key: getattr(config, key) for key in SHARED_WITH_SCRATCH}
    return make_config(BASELINE_AGENT, **shared)


def _scratch_config(like: str | None, pack: str | Path) -> Any:
    """Return the options of a scratch like an agent, or as a pack recommends them for `maml`.

    Raises AgentError.
    """
    if like is None:
        return scratch_config(advised_config(pack, "maml") if pack else make_config("maml"))
    options = inner_options(like, Path(pack).name)
    if options is None:
        what = f"{like}: does not adapt by gradients"
        raise AgentError(f"{what}, so no scratch has its inner loop - use plain '{BASELINE_AGENT}'")
    try:
        return fill(learner_class(BASELINE_AGENT).Config, options)
    except (Misfit, ValueError) as error:
        raise AgentError(f"{find_agent(like, Path(pack).name) / CONFIG}: {error}") from None


def learner_by_seed(name: str, pack: str = "") -> Callable[[int], Learner]:
    """Return a function from adaptation seed to learner; only `scratch` depends on the seed."""
    return lambda seed: load_agent(name, pack, seed).learner


def load_run(folder: Path) -> tuple[str, Learner, dict[str, Any]]:
    """Return a run's learner name, a newly initialised learner, and the config, to resume it.

    Raises AgentError.
    """
    config = read_config(folder)
    training = config.get("training")
    if training is None:
        raise AgentError(f"{folder / CONFIG}: does not say how the agent was trained")
    seed = training.get("seed")
    stored = ArrayFile(run_path(folder, CHECKPOINT))
    learner = _build(run_path(folder, CONFIG), config, seed if isinstance(seed, int) else 0, stored)
    stored.check_holds(learner.checkpoint(), exactly=False)
    return str(config["learner"]), learner, config


def load_checkpoint(folder: Path) -> tuple[Arrays, str]:
    """Return the arrays and facts that `write_checkpoint` wrote. Raises AgentError."""
    arrays, metadata = ArrayFile(run_path(folder, CHECKPOINT)).read()
    return arrays, metadata.get("facts", "")


def resume(folder: Path, learner: Learner) -> dict[str, Any]:
    """Restore a learner from a run's checkpoint, and return the facts about the run in it.

    Raises AgentError.
    """
    path = run_path(folder, CHECKPOINT)
    ArrayFile(path).check_holds(learner.checkpoint(), exactly=False)
    arrays, text = load_checkpoint(folder)
    try:
        facts = parse_json(text.encode(), infinite=True)
        learner.restore(arrays)
    except Misfit as misfit:
        raise AgentError(f"{path}: its facts cannot be read: {misfit}") from None
    except Exception as error:  # an external learner's: any kind
        what = f"training cannot go on from it: {type(error).__name__}: {error}"
        raise AgentError(f"{path}: {what}") from None
    if not isinstance(facts, dict):
        raise AgentError(f"{path}: its facts are no table")
    return facts


def _build(path: Path, config: dict[str, Any], seed: int, stored: ArrayFile) -> Learner:
    """Make a new learner as a config describes. Raises AgentError, also where the run's file holds
    fewer numbers than its network has weights."""
    try:
        name = str(config["learner"])
        options = fill(learner_class(name).Config, config["options"])
        if getattr(options, "n_weights", 0) > stored.n_numbers:
            raise AgentError(f"{stored.path}: {NOT_AS_DESCRIBED}")
        return build_learner(name, options, seed)
    except Misfit as misfit:
        raise AgentError(f"{path}: option {misfit}") from None
    except (AgentError, TypeError, ValueError) as error:
        raise AgentError(f"{path}: {error}") from None


# --- safetensors -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """An array in the header of a safetensors file."""

    dtype: str
    shape: list[int]
    data_offsets: list[int]

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES or len(self.data_offsets) != 2:
            raise ValueError("an array's type or place is unknown")
        if len(self.shape) > MOST_DIMENSIONS or min(self.shape, default=0) < 0:
            raise ValueError("an array's shape is impossible")
        if self.data_offsets[1] - self.data_offsets[0] != self.n_numbers * self.type.itemsize:
            raise ValueError("an array's shape does not fit its place")

    @property
    def type(self) -> np.dtype[Any]:
        return np.dtype(DTYPES[self.dtype])

    @property
    def n_numbers(self) -> int:
        return math.prod(self.shape)


class ArrayFile:
    """A safetensors file whose header has been read and fits the file's size, but not its arrays.

    Raises AgentError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
                length = int.from_bytes(file.read(8), "little")
                if not 2 <= length <= min(MOST_HEADER, size - 8):
                    raise AgentError(f"{path}: is damaged (its header has an impossible length)")
                header = parse_json(file.read(length))
            self._begin = 8 + length
            self.metadata = fill(Header, {"metadata": header.pop("__metadata__", {})}).metadata
            self.entries = {name: fill(Entry, entry) for name, entry in header.items()}
        except OSError as error:
            raise AgentError(f"{path}: cannot be read: {error.strerror}") from None
        except (AttributeError, ValueError, Misfit) as error:
            raise AgentError(f"{path}: is damaged (its header: {error})") from None
        places = sorted(entry.data_offsets for entry in self.entries.values())
        ends = [0, *(end for _, end in places)]
        if [begin for begin, _ in places] != ends[:-1] or self._begin + ends[-1] != size:
            raise AgentError(f"{path}: is damaged (its arrays do not fill it)")

    @property
    def n_numbers(self) -> int:
        """The number of numbers in all arrays together."""
        return sum(entry.n_numbers for entry in self.entries.values())

    def check_holds(self, arrays: Arrays, exactly: bool) -> None:
        """Raise AgentError where the file lacks one of these arrays, in shape and type, or
        `exactly` has others."""
        for name, array in arrays.items():
            entry = self.entries.get(name)
            if not entry or (tuple(entry.shape), entry.type) != (array.shape, array.dtype):
                raise AgentError(f"{self.path}: {NOT_AS_DESCRIBED}")
        if exactly and len(arrays) != len(self.entries):
            raise AgentError(f"{self.path}: {NOT_AS_DESCRIBED}")

    def read(self) -> tuple[Arrays, dict[str, str]]:
        """Return the arrays and the metadata. Raises AgentError where the file is damaged."""
        try:
            with open_regular(self.path) as file:
                file.seek(self._begin)
                data = file.read()
            arrays = {name: self._array(entry, data) for name, entry in self.entries.items()}
        except (OSError, ValueError) as error:
            raise AgentError(f"{self.path}: cannot be read: {error}") from None
        if not_finite(arrays) is not None:
            raise AgentError(f"{self.path}: holds numbers that are not finite")
        metadata = {k: v for k, v in self.metadata.items() if k not in (HASH, HASH_OF_ALL)}
        hashed = metadata if HASH_OF_ALL in self.metadata else {}
        if _hash(arrays, hashed) != self.metadata.get(_hash_key(hashed)):
            raise AgentError(f"{self.path}: is damaged (its hash does not match)")
        return arrays, metadata

    def _array(self, entry: Entry, data: bytes) -> np.ndarray:
        if not entry.n_numbers:
            return np.zeros(entry.shape, entry.type)
        begin = entry.data_offsets[0]
        flat = np.frombuffer(data, entry.type, entry.n_numbers, begin)
        return flat.reshape(entry.shape).copy()


@dataclass(frozen=True)
class Header:
    """The metadata of a safetensors file."""

    metadata: dict[str, str]
