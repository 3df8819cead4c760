"""From a benchmark to the runs of a sweep, and to the packs that are divided anew."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agents.studies.reproduce.definition import (
    BenchmarkSetting,
    BenchmarkTraining,
    PublishedBenchmark,
)
from agents.sweep.planning import plan_runs
from agents.sweep.spec import SpecError, SweepSpec
from agents.sweep.sweep_run import EvaluationPlan, SweepRun
from game.files import write_atomically
from game.tasks.pack_file import PACK_FILE
from game.tasks.packs import LEVELS, Pack

VALIDATED = 64  # validation tasks where all tasks are trained on
SPLIT_TABLE = re.compile(r"^\[split\].*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class TrainingRuns:
    """The runs of a training, which differ in their seed."""

    setting: BenchmarkSetting
    training: BenchmarkTraining
    runs: tuple[SweepRun, ...]


def plan_benchmark(
    benchmark: PublishedBenchmark,
    seeds: int,
    quick: bool,
    folder: Path,
    load: Callable[[str], Pack],
) -> list[TrainingRuns]:
    """Return the runs of all trainings of a benchmark, whose runs are in `folder`.

    `load` loads a pack by its name or path. Packs that are divided anew are written. Raises
    SpecError.
    """
    found = [
        TrainingRuns(setting, training, tuple(_runs(setting, training, seeds, quick, pack, load)))
        for setting in benchmark.settings
        for pack in [pack_of(setting, folder)]
        for training in setting.trainings
    ]
    names = [run.name for part in found for run in part.runs]
    if len(set(names)) < len(names):
        raise SpecError([f"{benchmark.name}: two of its trainings are the same"])
    return found


def _runs(
    setting: BenchmarkSetting,
    training: BenchmarkTraining,
    seeds: int,
    quick: bool,
    pack: str,
    load: Callable[[str], Pack],
) -> Iterator[SweepRun]:
    length = training.quick if quick else training.full
    spec = SweepSpec(
        packs=(pack,),
        learners=(training.learner,),
        seeds=tuple(range(seeds)),
        **length,  # type: ignore[arg-type]
        set={name: (value,) for name, value in training.options.items()},
        evaluation=EvaluationPlan("test", setting.adaptation_seeds, setting.episodes - 1),
    )
    yield from plan_runs(spec, load)


def pack_of(setting: BenchmarkSetting, folder: Path) -> str:
    """Return the pack of a setting, as `train` takes it; one with other splits is written."""
    source, packs = LEVELS / setting.pack, folder / "packs"
    if setting.held_out:
        target = packs / f"{setting.pack}-held-out"
        write_divided_pack(source, setting.held_out, target)
    elif setting.sampled:
        target = packs / f"{setting.pack}-all"
        write_shared_pack(source, setting.sampled, target)
    else:
        return setting.pack
    return str(target)


def write_divided_pack(source: Path, held_out: float, target: Path) -> None:
    """Write a pack again, with a share of its tasks held out and none to validate.

    Published set-ups have no validation tasks, so the agent of the end of a training counts.
    """
    shares = f"train = {1 - held_out:g}\nvalidation = 0\ntest = {held_out:g}\n"
    _write_pack(source, f'by = "share"\n{shares}', target)


def write_shared_pack(source: Path, sampled: int, target: Path) -> None:
    """Write a pack again, with all tasks for training and so many of them for test."""
    _write_pack(source, f'by = "alike"\nvalidation = {VALIDATED}\ntest = {sampled}\n', target)


def _write_pack(source: Path, split: str, target: Path) -> None:
    """Write a pack again with another table [split].

    Trainings may read the pack meanwhile.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.name != PACK_FILE:
            write_atomically(target / path.name, partial(shutil.copyfile, path))
    text = SPLIT_TABLE.sub("", (source / PACK_FILE).read_text("utf-8")).rstrip()
    text = f"{text}\n\n[split]\n{split}"
    write_atomically(target / PACK_FILE, lambda file: file.write_text(text, "utf-8"))
