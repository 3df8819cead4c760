"""Where learners are found by name: built in, offered by installed packages, or in a file.

A package offers learners by the entry point group `gridapt.learners`. A file is only ever imported
where a person names it on the command line, as FILE.py:CLASS; a run's config cannot do that.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, is_dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from agents.learner import AgentError, BaseLearner, Learner, check_usable
from agents.torch_start import load_meta_kernels
from game.tasks.packs import Pack, pack_advice

GROUP = "gridapt.learners"


@dataclass(frozen=True)
class LearnerEntry:
    """A learner that can be found without importing it. Its class is made by (config, seed)."""

    module: str
    """Its module; "" for a file named on the command line."""
    class_name: str
    options: dict[str, Any] = field(default_factory=dict)
    """Options of its Config that differ from the defaults."""
    trains: bool = True
    """Whether meta-training makes it any better."""
    needs_run: bool = True
    """Whether it must be trained before use."""
    episodes: int = 20
    """Environment episodes of each adaptation step, unless its Config says otherwise."""
    least_episodes: int = 2
    """Fewest episodes of an adaptation step that it can learn from."""
    adapts_by: str = ""
    """How it adapts, in words that follow "adapts by"."""
    about: str = ""
    """What it is, in a few words, if it needs no run."""


_FROM_LEARNED = "gradient steps from a learned initialisation"
_BOUNDS = "agents.reference.random_and_planner"
BUILT_IN: dict[str, LearnerEntry] = {
    "maml": LearnerEntry("agents.gradient.maml", "Maml", adapts_by=_FROM_LEARNED),
    "fomaml": LearnerEntry(
        "agents.gradient.maml", "Maml", {"first_order": True}, adapts_by=_FROM_LEARNED
    ),
    "reptile": LearnerEntry("agents.gradient.reptile", "Reptile", adapts_by=_FROM_LEARNED),
    "cavia": LearnerEntry(
        "agents.gradient.cavia", "Cavia", adapts_by="gradient steps on a context vector"
    ),
    "multitask": LearnerEntry(
        "agents.gradient.multitask",
        "Multitask",
        adapts_by="gradient steps from a policy trained on all tasks",
    ),
    "scratch": LearnerEntry(
        "agents.gradient.scratch",
        "Scratch",
        needs_run=False,
        about="gradient steps from random weights",
    ),
    "rl2": LearnerEntry(
        "agents.memory.rl2",
        "Rl2",
        episodes=1,
        least_episodes=1,
        adapts_by="the memory of a recurrent policy, no gradient",
    ),
    "varibad": LearnerEntry(
        "agents.memory.varibad",
        "Varibad",
        episodes=1,
        least_episodes=1,
        adapts_by="a belief about the task, no gradient",
    ),
    "transformer": LearnerEntry(
        "agents.memory.transformer",
        "Transformer",
        episodes=1,
        least_episodes=1,
        adapts_by="attention to the trial so far, no gradient",
    ),
    "dpt": LearnerEntry(
        "agents.memory.dpt",
        "Dpt",
        episodes=1,
        least_episodes=1,
        adapts_by="attention to the trial so far, no gradient",
    ),
    "ad": LearnerEntry(
        "agents.memory.ad",
        "Ad",
        episodes=1,
        least_episodes=1,
        adapts_by="attention to the trial so far, no gradient",
    ),
    "neural-map": LearnerEntry(
        "agents.graph.neural_map",
        "NeuralMap",
        least_episodes=1,
        adapts_by="maps that it fills and plans on, no gradient",
    ),
    "random": LearnerEntry(
        _BOUNDS,
        "Random",
        trains=False,
        needs_run=False,
        least_episodes=1,
        about="random actions, no adaptation",
    ),
    "planner": LearnerEntry(
        _BOUNDS,
        "Planner",
        trains=False,
        needs_run=False,
        least_episodes=1,
        about="the optimum: plans and knows all that is hidden",
    ),
    "map-planner": LearnerEntry(
        "agents.reference.map_planner",
        "MapPlanner",
        trains=False,
        needs_run=False,
        least_episodes=1,
        about="exact planning on the shown level, nothing learned",
    ),
    "posterior-sampling": LearnerEntry(
        "agents.reference.posterior_sampling",
        "PosteriorSampling",
        trains=False,
        needs_run=False,
        episodes=1,
        least_episodes=1,
        about="plans for goals drawn from what is still possible",
    ),
}
_files: dict[str, Path] = {}  # by FILE.py:CLASS, as named on the command line of this process


# --- external learners -------------------------------------------------------------------------


def is_file_learner(name: str) -> bool:
    """Whether a name has the form FILE.py:CLASS."""
    file, colon, class_name = name.rpartition(":")
    return bool(colon) and file.endswith(".py") and class_name.isidentifier()


def goes_by(learner: str) -> str:
    """Return the name that a learner goes by in runs and packs: a file without its folders."""
    return _without_folder(learner) if is_file_learner(learner) else learner


def _without_folder(learner: str) -> str:
    """Return FILE.py:CLASS without the folders of the file."""
    file, _, class_name = learner.rpartition(":")
    return f"{Path(file).name}:{class_name}"


def register_file(learner: str) -> str:
    """Make the learner FILE.py:CLASS known to this process, which imports it when it is needed.

    Returns the name it goes by, without folders: so a run finds it again wherever the file is.
    Raises AgentError where there is no such file.
    """
    if not is_file_learner(learner):
        raise AgentError(f"{learner}: name your own learner as FILE.py:CLASS")
    file, name = learner.rpartition(":")[0], _without_folder(learner)
    if not Path(file).is_file():
        if learner in _files:  # given by the name that it goes by
            return learner
        raise AgentError(f"{file}: there is no such file - name your own learner as FILE.py:CLASS")
    path = Path(file).resolve()
    if _files.setdefault(name, path) != path:
        raise AgentError(f"{file}: {_files[name]} goes by the same name - rename one of them")
    return name


def registered_name(learner: str) -> str:
    """The name of a learner; one given as FILE.py:CLASS is made known to this process."""
    return register_file(learner) if is_file_learner(learner) else learner


def register_files(learners: Sequence[str]) -> None:
    """`register_file` for each of them."""
    for learner in learners:
        register_file(learner)


def _checked(kind: Any, where: str) -> Any:
    """Return an external class. Raises AgentError where it is no learner."""
    todo = "derive it from agents.learner.BaseLearner (see docs/learners.md)"
    if kind is None:
        raise AgentError(f"{where}: there is no such class - {todo}")
    if not isinstance(kind, type):
        raise AgentError(f"{where}: it is no class - {todo}")
    missing = [part for part in ("adapt", "state", "load") if not hasattr(kind, part)]
    missing += ["adapt"] if getattr(kind, "adapt", None) is BaseLearner.adapt else []
    if missing:
        raise AgentError(f"{where}: it lacks '{missing[0]}' - {todo}")
    if not is_dataclass(getattr(kind, "Config", None)):
        raise AgentError(f"{where}: its Config is no dataclass - {todo}")
    return kind


def _import_file(path: Path) -> Any:
    """The module of a file, imported once. Raises AgentError."""
    name = f"gridapt_learner_{path.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(path):
        return loaded
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: dataclasses look their module up
    try:
        sys.path.insert(0, str(path.parent))  # a file may import its neighbours, as a script may
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise AgentError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        with contextlib.suppress(ValueError):  # the file may have changed the path itself
            sys.path.remove(str(path.parent))
    return module


@cache
def _offered() -> dict[str, EntryPoint]:
    """The learners that installed packages offer, by name; none is imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


# --- by name -----------------------------------------------------------------------------------


def learner_names() -> list[str]:
    """All learners that are known: built-in ones first."""
    return list(dict.fromkeys([*BUILT_IN, *_offered(), *_files]))


def trainable_learners() -> list[str]:
    """Return the names of learners that can be trained."""
    return [name for name in learner_names() if name not in BUILT_IN or BUILT_IN[name].trains]


def find_entry(name: str) -> LearnerEntry:
    """The entry of a learner. Raises AgentError."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    if name in _offered():
        return LearnerEntry(_offered()[name].module, _offered()[name].attr)
    short = _without_folder(name)
    if short in _files:
        return LearnerEntry("", short.rpartition(":")[2])
    if is_file_learner(name):
        todo = f"add --learner FOLDER/{short} to the command"
        raise AgentError(f"the learner '{short}' is not part of Gridapt - {todo}")
    if name.endswith(".py"):
        raise AgentError(f"{name}: name your own learner as FILE.py:CLASS")
    close = get_close_matches(name, learner_names(), 1)
    todo = f"did you mean '{close[0]}'?" if close else "name your own as FILE.py:CLASS."
    known = ", ".join(learner_names())
    raise AgentError(
        f"no learner is called '{name}' - {todo} There are: {known}. (A package that offers more "
        "may not be installed.)"
    )


def learner_class(name: str) -> Any:
    """Return the class of a learner. Raises AgentError."""
    entry = find_entry(name)
    if name in BUILT_IN:
        return getattr(importlib.import_module(entry.module), entry.class_name)
    load_meta_kernels()  # an external learner may use all of torch
    if not entry.module:
        path = _files[_without_folder(name)]
        found = getattr(_import_file(path), entry.class_name, None)
        return _checked(found, f"{path}:{entry.class_name}")
    try:
        found = getattr(importlib.import_module(entry.module), entry.class_name or "", None)
    except Exception as error:
        raise AgentError(f"the learner '{name}' cannot be imported: {error}") from error
    return _checked(found, f"the learner '{name}' ({entry.module}:{entry.class_name})")


def make_config(name: str, **options: Any) -> Any:
    """The Config of a learner with these options. Raises AgentError, ValueError."""
    return learner_class(name).Config(**{**find_entry(name).options, **options})


def advised_config(pack: Pack | str | Path, learner: str) -> Any:
    """Return a learner's Config with the options that a pack recommends for it.

    `pack` is a loaded pack, or as `load_pack` takes it; its levels are not read. Raises AgentError,
    or PackError where the pack sets anything but options of the learner.
    """
    advice = pack.train if isinstance(pack, Pack) else pack_advice(pack)
    return advice.apply(goes_by(learner), make_config(learner))


def make_learner(name: str, seed: int = 0, **options: Any) -> Learner:
    """Make a new, untrained learner; `options` are fields of its Config."""
    return build_learner(name, make_config(name, **options), seed)


def build_learner(name: str, config: Any, seed: int) -> Learner:
    """Make a new, untrained learner with this config. Raises AgentError."""
    kind = learner_class(name)
    try:
        inspect.signature(kind).bind(config, seed)
    except TypeError as error:
        raise AgentError(f"{name}: a learner is made from (config, seed): {error}") from None
    learner: Learner = kind(config, seed)
    check_usable(learner)
    return learner


def run_name(learner: str, pack: str) -> str:
    """Return the default name of a run of a learner on a pack."""
    return f"{learner.rpartition(':')[2]}-{pack}"
