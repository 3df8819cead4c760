"""Agents on disk: a folder with `config.json` and `agent.safetensors`, written atomically.

safetensors loads no code, but a damaged file may still load: so a hash stands in its header, and
names, shapes, types and finiteness are checked against the learner that the config describes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import safetensors
import torch
from safetensors.torch import save
from torch import Tensor

from agents.catalog import (
    CHECKPOINT,
    CONFIG,
    UNTRAINED,
    WEIGHTS,
    find_agent,
    is_shipped,
    read_config,
)
from agents.learner import AgentError, Learner, learner_class, make_learner
from agents.outer import LOG_ALPHA
from game.features import LAYOUT
from game.files import write_atomically


@dataclass(frozen=True)
class Agent:
    """A learner ready to adapt. `pack` is what it was meta-trained on ("" where it was not)."""

    name: str
    learner: Learner
    pack: str


# --- saving ------------------------------------------------------------------------------------


def describe(learner_name: str, learner: Learner, **facts: Any) -> dict[str, Any]:
    """What config.json says of a run: all that it takes to build the learner again, and `facts`."""
    options = asdict(learner.config)
    return {"learner": learner_name, "options": options, "features": LAYOUT, **facts}


def save_weights(folder: Path, learner: Learner) -> None:
    """Write the learner's meta-parameters into the folder of a run."""
    tensors = {name: tensor.contiguous() for name, tensor in learner.state().items()}
    data = save(tensors, metadata={"sha256": _hash(tensors)})
    write_atomically(folder / WEIGHTS, lambda file: file.write_bytes(data))


def save_checkpoint(folder: Path, tensors: dict[str, Tensor], facts: str) -> None:
    """Write all that a run goes on from, in one file: the learner's checkpoint, and `facts`."""
    data = save(tensors, metadata={"sha256": _hash(tensors), "facts": facts})
    write_atomically(folder / CHECKPOINT, lambda file: file.write_bytes(data))


def _hash(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


# --- loading -----------------------------------------------------------------------------------


def load_agent(name: str, pack: str = "", seed: int = 0) -> Agent:
    """A run's folder, a shipped agent's name, a learner's name (for the shipped `LEARNER-PACK`),
    or a learner that needs no run (`scratch` has a tuned step size where one is shipped for the
    pack, and `seed` draws its initialisation). Raises AgentError."""
    if name in UNTRAINED and not is_shipped(name, pack):
        return Agent(name, make_learner(name, seed), "")
    folder = find_agent(name, pack)
    config = read_config(folder)
    learner = _build(folder / CONFIG, config, seed)
    weights = _read_weights(folder / WEIGHTS, learner.state())
    if name in UNTRAINED:
        tuned = {key: p for key, p in weights.items() if key.startswith(LOG_ALPHA)}
        learner.load(learner.state() | tuned)
        return Agent(name, learner, "")
    learner.load(weights)
    return Agent(folder.resolve().name, learner, str(config.get("pack", "")))


def learner_by_seed(name: str, pack: str = "") -> Callable[[int], Learner]:
    """The agent's learner for each seed of adaptation: only `scratch` hangs on it."""
    return lambda seed: load_agent(name, pack, seed).learner


def load_run(folder: Path) -> tuple[str, Learner, dict[str, Any]]:
    """Of a run to go on with: the learner's name, a new one, the config. Raises AgentError."""
    config = read_config(folder)
    training = config.get("training")
    if not isinstance(training, dict):
        raise AgentError(f"{folder / CONFIG}: does not say how it was trained")
    seed = training.get("seed")
    learner = _build(folder / CONFIG, config, seed if isinstance(seed, int) else 0)
    return str(config["learner"]), learner, config


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], str]:
    """What `save_checkpoint` wrote. Raises AgentError."""
    tensors, metadata = _read_tensors(folder / CHECKPOINT)
    return tensors, metadata["facts"]


def _build(path: Path, config: dict[str, Any], seed: int) -> Learner:
    try:
        kind = learner_class(str(config.get("learner")))
        learner: Learner = kind(_fill(kind.Config, config["options"]), seed)
    except (AgentError, TypeError, ValueError) as error:
        raise AgentError(f"{path}: {error}") from None
    return learner


def _fill(kind: type, values: dict[str, Any]) -> Any:
    """A (nested) dataclass of options from JSON values. Raises TypeError, ValueError."""
    hints = get_type_hints(kind)
    given = {}
    for field in fields(kind):
        if field.name not in values:
            continue
        value, expected = values[field.name], hints[field.name]
        if is_dataclass(expected) and isinstance(value, dict):
            value = _fill(expected, dict(value))  # type: ignore[arg-type]
        elif not _fits(value, expected):
            raise ValueError(f"option '{field.name}' cannot be {value!r}")
        given[field.name] = tuple(value) if isinstance(value, list) else value
    unknown = set(values) - set(given)
    if unknown:
        raise ValueError(f"unknown option '{min(unknown)}'")
    return kind(**given)


def _fits(value: Any, expected: Any) -> bool:
    if get_origin(expected) is Literal:
        return value in get_args(expected)
    if expected == tuple[int, ...]:
        return isinstance(value, list) and len(value) <= 16 and all(type(x) is int for x in value)
    return type(value) is expected or (expected is float and type(value) is int)


def _read_weights(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    tensors, _ = _read_tensors(path)
    shapes = {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
    if shapes != {name: (tensor.shape, tensor.dtype) for name, tensor in expected.items()}:
        raise AgentError(f"{path}: does not hold the parameters that {CONFIG} describes")
    return tensors


def _read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of an undamaged file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            metadata = file.metadata() or {}
    except (OSError, safetensors.SafetensorError, ValueError) as error:
        raise AgentError(f"{path}: cannot be read: {error}") from None
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise AgentError(f"{path}: holds numbers that are not finite")
    if _hash(tensors) != metadata.get("sha256"):
        raise AgentError(f"{path}: is damaged (its hash does not match)")
    return tensors, metadata
