"""Benchmarks of the field: published figures, trainings that repeat them, and exact values.

A benchmark is data in a file of its own and one function that computes what is known without
training. `BENCHMARKS` says where each one is; the rest of this package turns any of them into runs
of a sweep and into tables.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BenchmarkEntry:
    """Where a benchmark is defined, as module:name, and what it is in one line."""

    place: str
    text: str


BENCHMARKS: dict[str, BenchmarkEntry] = {
    "gridnavi": BenchmarkEntry(
        "agents.studies.reproduce.gridnavi:GRIDNAVI",
        "GridNavi (VariBAD): memory learners, episode by episode, and beyond the trial",
    ),
    "darkroom": BenchmarkEntry(
        "agents.studies.reproduce.dark_rooms:DARKROOM",
        "dark room of 9 x 9, 20 steps (Algorithm Distillation): 80 goals",
    ),
    "darkroom-10": BenchmarkEntry(
        "agents.studies.reproduce.dark_rooms:DARKROOM_10",
        "dark room of 10 x 10, 100 steps (Decision-Pretrained Transformer): 99 goals",
    ),
    "darkroom-permuted": BenchmarkEntry(
        "agents.studies.reproduce.dark_rooms:DARKROOM_PERMUTED",
        "dark room of 9 x 9, 50 steps: 120 permutations of the actions",
    ),
    "key-to-door": BenchmarkEntry(
        "agents.studies.reproduce.key_to_door:KEY_TO_DOOR",
        "key and door hidden in 9 x 9 cells, 50 steps (Algorithm Distillation): 6,561 pairs",
    ),
    "bandits-10-pulls": BenchmarkEntry(
        "agents.studies.reproduce.bandits:BANDITS_10",
        "Bernoulli bandits (RL2), 10 pulls: 5, 10 and 50 arms, with exact optima",
    ),
    "bandits-100-pulls": BenchmarkEntry(
        "agents.studies.reproduce.bandits:BANDITS_100", "the same with 100 pulls"
    ),
    "bandits-500-pulls": BenchmarkEntry(
        "agents.studies.reproduce.bandits:BANDITS_500", "the same with 500 pulls"
    ),
    "random-mdps": BenchmarkEntry(
        "agents.studies.reproduce.random_mdps:RANDOM_MDPS",
        "random MDPs (RL2): trials of 10, 25, 50, 75 and 100 episodes",
    ),
    "mazes": BenchmarkEntry(
        "agents.studies.reproduce.mazes:MAZES", "rl2 on new mazes, and beyond the trial"
    ),
    "readme": BenchmarkEntry(
        "agents.studies.reproduce.readme:README", "the tables of the README and docs/results.md"
    ),
}


def list_benchmarks() -> str:
    """Return the names and descriptions of all benchmarks, one per line."""
    width = max(map(len, BENCHMARKS))
    return "\n".join(f"  {name:{width}}  {entry.text}" for name, entry in BENCHMARKS.items())
