"""Agents on disk: how a run's files describe a learner, and how it is made from them again.

Names, shapes and types of the arrays are checked against the learner in the config, and its size
before it is made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.adam import parameter_of
from agents.agent_catalog import (
    CHECKPOINT,
    CONFIG,
    EPISODES_PER_STEP,
    GRAPH_LAYOUT,
    UNTRAINED,
    WEIGHTS,
    find_agent,
    read_config,
    scratch_like,
)
from agents.array_files import read_arrays, write_arrays
from agents.inner_config import STEP_SIZES, InnerOptions
from agents.learner import AgentError, Arrays, Learner, sees_graph
from agents.learner_registry import (
    advised_config,
    build_learner,
    learner_class,
    make_config,
    make_learner,
)
from agents.run_folder import run_path
from agents.scratch_agents import inner_options
from game.files import json_text, name_text
from game.filling import Misfit, fill, parse_json
from game.session.messages import BASELINE_AGENT
from game.world.features import LAYOUT, N_FEATURES, N_FIRST_FEATURES
from game.world.shown_graph import LAYOUT_VERSION

NOT_AS_DESCRIBED = f"does not hold the parameters that {CONFIG} describes"


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
        **({GRAPH_LAYOUT: LAYOUT_VERSION} if sees_graph(learner.config) else {}),
        EPISODES_PER_STEP: learner.episodes_per_step,
        **facts,
    }


def check_saved(learner_name: str, learner: Learner) -> None:
    """Raise AgentError where a run of a learner could not be loaded again, before it is trained."""
    try:
        options = json_text(asdict(learner.config))
        fill(type(learner.config), parse_json(options.encode()))
    except (Misfit, TypeError, ValueError) as error:
        raise AgentError(f"{learner_name}: its options cannot be saved: {error}") from None


def write_weights(path: Path, learner: Learner) -> None:
    """Write the learner's meta-parameters. Raises Diverged if they are not finite."""
    write_arrays(path, learner.state())


def write_checkpoint(path: Path, arrays: Arrays, facts: str) -> None:
    """Write a run's checkpoint: the learner's `arrays`, and `facts` about the run as text.

    Raises Diverged if the arrays are not finite.
    """
    write_arrays(path, arrays, facts=facts)


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
        return Agent(name, build_learner(BASELINE_AGENT, _config_like(like, path), seed), "")
    if name in UNTRAINED:
        return Agent(name, make_learner(name, seed), "")
    folder = find_agent(name, pack)
    config = read_config(folder)
    path = run_path(folder, WEIGHTS)
    arrays, _ = read_arrays(path)
    learner = _build(folder, config, seed, path, arrays)
    arrays = _with_new_features(arrays, learner.state(), config)
    _check_holds(path, arrays, learner.state(), exactly=True)
    try:
        learner.load(arrays)
    except Exception as error:  # an external learner's: any kind
        raise AgentError(f"{path}: cannot be loaded: {error}") from None
    return Agent(name_text(folder.resolve().name), learner, str(config.get("pack", "")))


def scratch_config(config: Any) -> Any:
    """Return the options of a scratch with the network and inner loop of a learner's Config."""
    return make_config(BASELINE_AGENT, **vars(InnerOptions.of(config)))


def _config_like(like: str | None, pack: str | Path) -> Any:
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
        return scratch_config(options)
    except ValueError as error:
        raise AgentError(f"{find_agent(like, Path(pack).name) / CONFIG}: {error}") from None


def load_run(folder: Path) -> tuple[str, Learner, dict[str, Any]]:
    """Return a run's learner name, a newly initialised learner, and the config, to resume it.

    Raises AgentError.
    """
    config = read_config(folder)
    training = config.get("training")
    if training is None:
        raise AgentError(f"{folder / CONFIG}: does not say how the agent was trained")
    seed = training.get("seed")
    stored = run_path(folder, CHECKPOINT)
    arrays, _ = read_arrays(stored)
    learner = _build(folder, config, seed if isinstance(seed, int) else 0, stored, arrays)
    arrays = _with_new_features(arrays, learner.checkpoint(), config)
    _check_holds(stored, arrays, learner.checkpoint(), exactly=False)
    return str(config["learner"]), learner, config


def load_checkpoint(folder: Path) -> tuple[Arrays, str]:
    """Return the arrays and facts that `write_checkpoint` wrote. Raises AgentError."""
    arrays, metadata = read_arrays(run_path(folder, CHECKPOINT))
    return arrays, metadata.get("facts", "")


def resume(folder: Path, learner: Learner) -> dict[str, Any]:
    """Restore a learner from a run's checkpoint, and return the facts about the run in it.

    Raises AgentError.
    """
    path = run_path(folder, CHECKPOINT)
    arrays, text = load_checkpoint(folder)
    arrays = _with_new_features(arrays, learner.checkpoint(), read_config(folder))
    _check_holds(path, arrays, learner.checkpoint(), exactly=False)
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


def _build(
    folder: Path, config: dict[str, Any], seed: int, stored: Path, arrays: Arrays
) -> Learner:
    """Make a new learner as a run's config describes.

    Raises AgentError, also where the arrays in the file `stored` hold fewer numbers than the
    network has weights: then it is not made.
    """
    path = run_path(folder, CONFIG)
    try:
        name = str(config["learner"])
        options = fill(learner_class(name).Config, config["options"])
        share = N_FIRST_FEATURES / N_FEATURES  # an older agent has fewer
        if getattr(options, "n_weights", 0) * share > sum(map(np.size, arrays.values())):
            raise AgentError(f"{stored}: {NOT_AS_DESCRIBED}")
        return build_learner(name, options, seed)
    except Misfit as misfit:
        raise AgentError(f"{path}: option {misfit}") from None
    except (AgentError, TypeError, ValueError) as error:
        raise AgentError(f"{path}: {error}") from None


def _n_features(config: dict[str, Any]) -> int:
    """Return the number of features of the layout that an agent was trained on."""
    return sum(config["features"].values())


def _with_new_features(arrays: Arrays, expected: Arrays, config: dict[str, Any]) -> Arrays:
    """Return arrays in which the features have a row each that the agent was trained without.

    A new row is 0, and so changes nothing on levels that do not use the feature; a learned step
    size is the mean of the others. An array of the optimiser has the shape of its parameter. The
    best agent of a run that was resumed may be older than the layout in its config.
    """
    layouts, fitted = (_n_features(config), N_FIRST_FEATURES), dict(arrays)
    for name, array in arrays.items():
        param = parameter_of(name)
        like = next((expected[n] for n in (name, f"params.{param}", param) if n in expected), array)
        older = [n for n in layouts if array.shape == (n, *like.shape[1:])]
        if older and array.shape != like.shape:
            rows = np.zeros((N_FEATURES - older[0], *array.shape[1:]), array.dtype)
            rows += array.mean(0) if STEP_SIZES in name and param == name else 0
            fitted[name] = np.concatenate([array, rows])
    return fitted


def _check_holds(path: Path, stored: Arrays, expected: Arrays, exactly: bool) -> None:
    """Raise AgentError where a file's arrays lack an expected one, or `exactly` has others."""
    shapes = {name: (array.shape, array.dtype) for name, array in stored.items()}
    fits = all(shapes.get(name) == (array.shape, array.dtype) for name, array in expected.items())
    if not fits or (exactly and len(stored) != len(expected)):
        raise AgentError(f"{path}: {NOT_AS_DESCRIBED}")
