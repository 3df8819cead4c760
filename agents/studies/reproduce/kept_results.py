"""Results that take long, kept in a benchmark's folder with all that they depend on."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from agents.studies.reproduce.definition import BenchmarkSetting, PublishedBenchmark, References
from agents.training.evaluated_agents import tasks_of
from game.files import write_json
from game.filling import Misfit, fill, read_json
from game.tasks.packs import Pack
from game.text.writing import canonical

BESIDE = "beside"  # folder of the results that are no runs
VERSION = 2  # of the references: to be raised when a policy or bound changes elsewhere
Kind = TypeVar("Kind")


def kept(kind: type[Kind], folder: Path, facts: Sequence[Any], measure: Callable[[], Kind]) -> Kind:
    """Return the dataclass that a benchmark's folder keeps for these facts, or measure and keep it.

    A file that is damaged, or of another version of the dataclass, is measured again.
    """
    key = hashlib.sha256(json.dumps(list(facts)).encode()).hexdigest()[:16]
    path = folder / BESIDE / f"{key}.json"
    try:
        return fill(kind, read_json(path))
    except (OSError, Misfit):
        path.parent.mkdir(parents=True, exist_ok=True)
        found = measure()
        write_json(path, asdict(found))  # type: ignore[call-overload]
        return found


@dataclass(frozen=True)
class _KeptReferences:
    """References in lists: bounds of each measure of the setting, policies with their returns."""

    bounds: list[list[float | None]]
    policies: list[str]
    returns: list[list[float]]
    notes: list[str]

    def __post_init__(self) -> None:
        if len(self.policies) != len(self.returns):
            raise Misfit("returns", "are not of as many policies")


def kept_references(
    benchmark: PublishedBenchmark, setting: BenchmarkSetting, pack: Pack, folder: Path
) -> References:
    """Return what is known of a setting without training; computed once for each folder."""
    measures = setting.measures

    def compute() -> _KeptReferences:
        found = benchmark.references(pack, setting)
        return _KeptReferences(
            [list(found.bounds.get(one, (None, None))) for one in measures],
            list(found.policies),
            [list(map(float, returns)) for returns in found.policies.values()],
            list(found.notes),
        )

    code = Path(inspect.getfile(benchmark.references)).read_text("utf-8")  # has tuned parameters
    facts = [
        *(
            VERSION,
            code,
            benchmark.name,
            setting.name,
            setting.episodes,
            list(map(asdict, measures)),
        ),
        *([canonical(level) for level in pack.levels], [t.id for t in tasks_of(pack, "test")]),
    ]
    found = kept(_KeptReferences, folder, facts, compute)
    return References(
        {one: (low, high) for one, (low, high) in zip(measures, found.bounds, strict=True)},
        dict(zip(found.policies, map(np.array, found.returns), strict=True)),
        found.notes,
    )
