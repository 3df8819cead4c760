"""Agents on disk: a folder with `config.json` and `agent.safetensors`, written atomically.

Loading safetensors runs no code, but a damaged file may still load. Therefore the header holds a
hash, and names, shapes, types and finiteness are checked against the learner in the config.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
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
from game.filling import Misfit, fill
from game.session.messages import BASELINE_AGENT
from game.world.features import LAYOUT


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
    path.write_bytes(save(arrays, metadata={"sha256": _hash(arrays), **metadata}))


def _hash(arrays: Arrays) -> str:
    digest = hashlib.sha256()
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
    learner = _build(folder / CONFIG, config, seed)
    weights = _read_weights(run_path(folder, WEIGHTS), learner.state())
    learner.load(weights)
    return Agent(folder.resolve().name, learner, str(config.get("pack", "")))


def _scratch_config(like: str | None, pack: str | Path) -> Any:
    """Return the options of a scratch like an agent, or as a pack recommends them for `maml`.

    Raises AgentError.
    """
    kind = learner_class(BASELINE_AGENT).Config
    if like is None:
        advised = advised_config(pack, "maml") if pack else make_config("maml")
        return kind(**{key: getattr(advised, key) for key in SHARED_WITH_SCRATCH})
    options = inner_options(like, Path(pack).name)
    if options is None:
        what = f"{like}: does not adapt by gradients"
        raise AgentError(f"{what}, so no scratch has its inner loop - use plain '{BASELINE_AGENT}'")
    try:
        return fill(kind, options)
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
    if not isinstance(training, dict):
        raise AgentError(f"{folder / CONFIG}: does not say how the agent was trained")
    seed = training.get("seed")
    learner = _build(folder / CONFIG, config, seed if isinstance(seed, int) else 0)
    return str(config["learner"]), learner, config


def load_checkpoint(folder: Path) -> tuple[Arrays, str]:
    """Return the arrays and facts that `write_checkpoint` wrote. Raises AgentError."""
    arrays, metadata = _read_arrays(run_path(folder, CHECKPOINT))
    return arrays, metadata["facts"]


def _build(path: Path, config: dict[str, Any], seed: int) -> Learner:
    try:
        name = str(config.get("learner"))
        return build_learner(name, fill(learner_class(name).Config, config["options"]), seed)
    except Misfit as misfit:
        raise AgentError(f"{path}: option {misfit}") from None
    except (AgentError, TypeError, ValueError) as error:
        raise AgentError(f"{path}: {error}") from None


def _read_weights(path: Path, expected: Arrays) -> Arrays:
    arrays, _ = _read_arrays(path)
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    if shapes != {name: (array.shape, array.dtype) for name, array in expected.items()}:
        raise AgentError(f"{path}: does not hold the parameters that {CONFIG} describes")
    return arrays


def _read_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """Return a file's arrays and metadata. Raises AgentError if it is damaged."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            arrays = {name: np.array(file.get_tensor(name)) for name in names}
            metadata = file.metadata() or {}
    except (OSError, safetensors.SafetensorError, ValueError, TypeError) as error:
        raise AgentError(f"{path}: cannot be read: {error}") from None
    if not_finite(arrays) is not None:
        raise AgentError(f"{path}: holds numbers that are not finite")
    if _hash(arrays) != metadata.get("sha256"):
        raise AgentError(f"{path}: is damaged (its hash does not match)")
    return arrays, metadata
