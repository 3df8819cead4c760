"""From the folder of a benchmark, whose runs are done, to its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from agents.studies.reproduce import BENCHMARKS
from agents.studies.reproduce.agent_results import (
    AgentResult,
    beside_results,
    further_results,
    trained_result,
)
from agents.studies.reproduce.comparison import SettingResult
from agents.studies.reproduce.definition import BenchmarkSetting, PublishedBenchmark
from agents.studies.reproduce.plan import TrainingRuns, pack_of
from agents.training.evaluated_agents import tasks_of
from game.tasks.packs import Pack


def load_benchmark(name: str) -> PublishedBenchmark:
    """Return a benchmark of BENCHMARKS by its name."""
    module, _, attribute = BENCHMARKS[name].place.partition(":")
    benchmark: PublishedBenchmark = getattr(import_module(module), attribute)
    return benchmark


def setting_result(
    benchmark: PublishedBenchmark,
    setting: BenchmarkSetting,
    parts: Sequence[TrainingRuns],
    folder: Path,
    load: Callable[[str], Pack],
) -> SettingResult:
    """Return what came out of a setting: its trained agents, those beside them, and references."""
    pack, own = load(pack_of(setting, folder)), [one for one in parts if one.setting is setting]
    agents = list(_trained(own, folder, load)) + beside_results(setting, pack, own, folder)
    agents.sort(key=lambda agent: [setting.pack, *setting.also].index(agent.pack))  # by pack
    references = benchmark.references(pack, setting)
    return SettingResult(setting, agents, references, len(tasks_of(pack, "test")))


def _trained(
    parts: Sequence[TrainingRuns], folder: Path, load: Callable[[str], Pack]
) -> Iterator[AgentResult]:
    """Yield the results of trainings of which a run is done, also on further packs."""
    for part in parts:
        if result := trained_result(part, folder):
            yield result
            for name in part.setting.also:
                yield further_results(part, load(name), folder, result)
