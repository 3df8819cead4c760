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
from agents.studies.reproduce.kept_results import kept_references
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
    evaluating: bool = True,
) -> SettingResult:
    """Return what came out of a setting: its trained agents, those beside them, and references.

    Without `evaluating`, only agents whose curves their trainings have left.
    """
    pack, own = load(pack_of(setting, folder)), [one for one in parts if one.setting is setting]
    agents = list(filter(None, (trained_result(part, folder) for part in own)))
    if evaluating:
        agents += _on_further_packs(own, agents, folder, load)
        agents += beside_results(setting, pack, own, folder)
        agents.sort(key=lambda agent: [setting.pack, *setting.also].index(agent.pack))  # by pack
    references = kept_references(benchmark, setting, pack, folder)
    return SettingResult(setting, agents, references, len(tasks_of(pack, "test")))


def _on_further_packs(
    parts: Sequence[TrainingRuns],
    results: Sequence[AgentResult],
    folder: Path,
    load: Callable[[str], Pack],
) -> Iterator[AgentResult]:
    """Yield the results of trained agents on further packs."""
    by_agent = {part.training.title: part for part in parts}
    for result in results:
        part = by_agent[result.agent]
        for name in part.setting.also:
            yield further_results(part, load(name), folder, result)
