"""How far a run of a sweep is, by the files in its folder, and whether it is the same run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agents.agent_catalog import CHECKPOINT, CONFIG, read_config
from agents.learner import AgentError
from agents.learner_registry import advised_config, learner_class, registered_name
from agents.run_folder import run_file, run_path
from agents.runs import load_checkpoint
from agents.sweep.kept_curves import read_curves
from agents.sweep.sweep_run import SweepRun, flat, nested
from agents.training.curves import TaskBatches
from agents.training.evaluated_agents import tasks_of
from agents.training.run_status import RunStatus, read_status
from agents.training.train_config import read_training
from game.files import write_json
from game.filling import Misfit, fill, parse_json, read_json, update
from game.tasks.packs import Pack, load_pack

DIVERGED = "diverged.json"
NEARLY_DONE = 0.999  # largest share of a training whose last validation is missing


@lru_cache(maxsize=2)
def cached_pack(name: str) -> Pack:
    """Load a pack, once for consecutive runs, which mostly have the same one."""
    return load_pack(name)


@lru_cache(maxsize=2)
def evaluated_tasks(pack: str, split: str) -> TaskBatches:
    """Return the tasks that the agents of a pack's runs adapt to, compiled once."""
    return TaskBatches(tasks_of(cached_pack(pack), split))


def learner_options(run: SweepRun, pack: Pack) -> Any:
    """Return the Config of a run: the defaults, then the pack's options, then those of the sweep.

    Raises AgentError, PackError, Misfit, and ValueError where the Config refuses them.
    """
    return update(advised_config(pack, registered_name(run.learner)), nested(run.options))


@dataclass(frozen=True)
class RunState:
    """What the folder of a run holds of it."""

    share: float = 0.0  # of the training
    seconds: float = 0.0  # of training
    best: float = float("-inf")  # score on validation tasks
    trained: bool = False
    done: bool = False  # trained, and its curves are there
    diverged: str = ""  # how, if it has


def run_state(run: SweepRun, folder: Path) -> RunState:
    """Return how far a run in the folder of a sweep is. Raises AgentError where its files cannot be
    read."""
    out = folder / run.name
    status, broken = read_run_status(out), read_diverged(out)
    if status is None:
        return RunState(diverged=broken)
    trained = is_trained(run, status)
    tasks = evaluated_tasks(run.pack, run.evaluation.split).tasks if trained else ()
    done = trained and read_curves(out, tasks, run.evaluation) is not None
    share = 1.0 if trained else min(status.progress, NEARLY_DONE)
    return RunState(share, status.seconds, status.best, trained, done, broken)


def is_trained(run: SweepRun, status: RunStatus) -> bool:
    """Whether a training has come to its end, or was stopped by its patience, and was validated."""
    stopped = 0 < run.training.patience <= status.stale
    return status.since == 0 and (status.progress >= 1 or stopped)


def read_run_status(out: Path) -> RunStatus | None:
    """Return the progress of a run, or None where nothing of it is saved. Raises AgentError."""
    if not (run_file(out, CONFIG) and run_file(out, CHECKPOINT)):
        return None
    path = run_path(out, CHECKPOINT)
    try:
        return read_status(path, parse_json(load_checkpoint(out)[1].encode(), infinite=True))
    except Misfit as misfit:
        raise AgentError(f"{path}: its facts cannot be read: {misfit}") from None


# --- runs that have diverged, and runs with other options -----------------------------------------


def write_diverged(run: SweepRun, pack: Pack, out: Path, message: str) -> None:
    """Write that a run has diverged: else the same command would train it again for nothing."""
    facts = {
        "diverged": message,
        "learner": registered_name(run.learner),
        "pack": pack.name,
        "options": asdict(learner_options(run, pack)),
        "training": asdict(run.training),
    }
    write_json(out / DIVERGED, facts)


def read_diverged(out: Path) -> str:
    """Return the message of a run that has diverged, or "". Raises AgentError."""
    return str(_diverged_facts(out).get("diverged", ""))


def _diverged_facts(out: Path) -> dict[str, Any]:
    """Return what `write_diverged` wrote; empty where it did not."""
    path = out / DIVERGED
    try:
        facts = read_json(path)
    except FileNotFoundError:
        return {}
    except Misfit:
        facts = None
    if not isinstance(facts, dict):
        raise AgentError(f"{path}: is damaged - remove it to train the run anew")
    return facts


def check_same(run: SweepRun, pack: Pack, out: Path) -> None:
    """Raise AgentError, naming a difference, where a folder has another run than this one."""
    facts = read_config(out) if run_file(out, CONFIG) else _diverged_facts(out)
    if not facts:
        return
    learner = registered_name(run.learner)
    try:
        options = fill(learner_class(learner).Config, facts["options"])
        training = read_training(out / CONFIG, facts["training"])
    except (Misfit, KeyError, ValueError) as error:
        raise AgentError(f"{out}: there is a run of another version: {error}") from None
    there = {"learner": facts.get("learner"), "pack": facts.get("pack")}
    there |= dict([*flat(options), *flat(training)])
    asked = {"learner": learner, "pack": pack.name}
    asked |= dict([*flat(learner_options(run, pack)), *flat(run.training)])
    for name, value in asked.items():
        if there.get(name) != value:
            what = f"the run that is there has {name} {there.get(name)}, not {value}"
            raise AgentError(f"{out}: {what} - give another --out, or remove that run")
