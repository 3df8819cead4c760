"""The tables of a benchmark, from results and references: pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.studies.reproduce.agent_results import AgentResult, by_seed
from agents.studies.reproduce.definition import (
    ORACLE,
    BarFrom,
    BenchmarkSetting,
    Bounds,
    Measure,
    References,
)
from agents.training.statistics import mean_interval
from game.world.rules import Floats

MOST_COLUMNS = 9  # episodes in a table
SPARSE = (2, 3, 4, 5, 10, 20, 50, 100, 200, 500)  # shown between the first and the last of more
ROW_HEADINGS = (
    *("setting", "measure", "agent", "published", "reproduced", "95% interval", "seeds", "minutes"),
    *("exact or bounds", "how far", "bar"),
)
UNKNOWN: Bounds = (None, None)


@dataclass(frozen=True)
class SettingResult:
    """All that is known of a setting."""

    setting: BenchmarkSetting
    agents: Sequence[AgentResult]
    references: References
    tasks: int  # that the agents were evaluated on

    def by_episode(self, agent: AgentResult, unit: str) -> Floats:
        """Return an agent's return, score or cumulative regret [R, K] by episode."""
        values = by_seed(agent, unit)
        return self.regret(values) if unit == "regret" else values

    def policies_by_episode(self, unit: str) -> dict[str, Floats]:
        """Return the return or cumulative regret [K] of policies without training.

        They have no scores. The oracle has no regret, and is left out.
        """
        if unit == "score":
            return {}
        policies = self.references.policies
        if unit == "return":
            return {**policies}
        return {name: self.regret(one) for name, one in policies.items() if name != ORACLE}

    def regret(self, returns: Floats) -> Floats:
        """Return the cumulative regret [..., K] of returns [..., K], by episode."""
        behind: Floats = np.cumsum(self.references.policies[ORACLE] - returns, -1)
        return behind


@dataclass(frozen=True)
class Row:
    """A measure of an agent: what is published, what came out, and what is known exactly."""

    setting: str
    measure: str
    agent: str
    published: float | None
    value: float
    low: float | None  # ends of the 95% interval over training seeds
    high: float | None
    seeds: int  # 0 for agents without training
    asked: int
    minutes: float  # of training
    bounds: Bounds
    bar: float | None

    @property
    def share(self) -> float | None:
        """The value as a share of the upper bound, where both are positive.

        None for the oracle, which knows what agents have to find out.
        """
        upper = self.bounds[1]
        if not upper or upper < 0 or self.value < 0 or self.agent == ORACLE:
            return None
        return self.value / upper


def comparison_rows(result: SettingResult) -> Iterator[Row]:
    """Yield a row for each measure and each agent, then for policies that need no training.

    A policy has rows for whole trials and for measures with a published figure: the table of all
    episodes has the rest.
    """
    setting, references = result.setting, result.references
    for measure in setting.measures:
        for agent in result.agents:
            if agent.pack == setting.pack:
                yield _row(setting, measure, agent, references)
        for name, returns in references.policies.items():
            published = measure in setting.published.get(name, {})
            if published or measure.first < measure.last:
                policy = AgentResult(name, setting.pack, [list(map(float, returns))], [], 0.0, [])
                yield _row(setting, measure, policy, references)


def _row(
    setting: BenchmarkSetting, measure: Measure, agent: AgentResult, references: References
) -> Row:
    values = measure.of(by_seed(agent, "return"))
    interval = mean_interval(values)
    return Row(
        setting.name,
        measure.title,
        agent.agent,
        setting.published.get(agent.agent, {}).get(measure),
        float(values.mean()),
        float(interval[0]) if interval else None,
        float(interval[1]) if interval else None,
        len(agent.seeds),
        agent.asked,
        agent.minutes,
        references.bounds.get(measure, UNKNOWN),
        _bar(setting, measure, agent, references),
    )


def _bar(
    setting: BenchmarkSetting, measure: Measure, agent: AgentResult, references: References
) -> float | None:
    """Return the bar of an agent; None where there is none, or nothing to compute it from."""
    bar = setting.bars.get(agent.agent, {}).get(measure)
    if not isinstance(bar, BarFrom):
        return bar
    if bar.metric:
        return agent.metrics.get(bar.metric)
    returns = references.policies.get(bar.policy)
    return None if returns is None else float(measure.of(returns))


# --- cells ---------------------------------------------------------------------------------------


def row_cells(row: Row) -> dict[str, str]:
    """Return the cells of a row by their headings."""
    cells = (
        *(row.setting, row.measure, row.agent, number(row.published), number(row.value)),
        *(interval_text(row.low, row.high), seeds_text(row.seeds, row.asked)),
        f"{row.minutes:.1f}" if row.seeds else "",
        bounds_text(row.bounds),
        _distance_text(row),
        _bar_text(row),
    )
    return dict(zip(ROW_HEADINGS, cells, strict=True))


def number(value: float | None) -> str:
    """Return a number with as many decimals as its size needs; "" for none."""
    if value is None:
        return ""
    return f"{value:z.{3 if abs(value) < 100 else 2 if abs(value) < 1000 else 1}f}"


def interval_text(low: float | None, high: float | None) -> str:
    """Return an interval; "" where there is none."""
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def seeds_text(n: int, asked: int) -> str:
    """Return the number of training seeds, and of how many where some are missing."""
    if not n:
        return ""
    return str(n) if n == asked else f"{n} of {asked}"


def bounds_text(bounds: Bounds) -> str:
    """Return an exact value, or both bounds, or the one that is known."""
    low, high = bounds
    if high is None:
        return ""
    if low is None:
        return f"at most {number(high)}"
    return number(high) if low == high else f"{number(low)} to {number(high)}"


def _distance_text(row: Row) -> str:
    """Return how far a value is from the best possible and from the published one."""
    parts = []
    if row.share is not None:
        exact = row.bounds[0] == row.bounds[1]
        parts.append(f"{row.share:.1%} of the {'optimum' if exact else 'upper bound'}")
    if row.published is not None:
        decimals = 2 if abs(row.published) < 100 else 1  # published figures have one
        parts.append(f"{row.value - row.published:+z.{decimals}f} on the published")
    return "; ".join(parts)


def _bar_text(row: Row) -> str:
    if row.bar is None:
        return ""
    missing = row.bar - row.value
    return f"{number(row.bar)}: " + ("reached" if missing <= 1e-9 else f"{missing:.3g} short")


# --- all episodes --------------------------------------------------------------------------------


def shown_episodes(n: int) -> list[int]:
    """Return the episodes, from 1 on, that a table of n shows: first, last, some between."""
    if n < MOST_COLUMNS:
        return list(range(1, n + 1))
    between = [one for one in SPARSE if one < n]
    return [1, *between[2 - MOST_COLUMNS :], n]


def episode_rows(result: SettingResult, unit: str) -> list[dict[str, str]]:
    """Return a row for each agent: its mean in some episodes or adaptation steps, with intervals.

    Scores are counted in adaptation steps from 0 on, returns and regret in episodes from 1 on.
    """
    shown = shown_episodes(result.setting.episodes)
    each = [(agent, result.by_episode(agent, unit)) for agent in result.agents]
    rows = [_episode_row(agent, values, shown, unit) for agent, values in each]
    for name, values in result.policies_by_episode(unit).items():
        cells = {str(k): number(float(values[k - 1])) for k in shown}
        rows.append({"pack": "", "agent": name, "seeds": "", **cells})
    first = ""
    for row in rows:
        row["pack"], first = ("" if row["pack"] in ("", first) else row["pack"]), row["pack"]
    return rows


def _episode_row(
    agent: AgentResult, values: Floats, shown: Sequence[int], unit: str
) -> dict[str, str]:
    interval, mean = mean_interval(values), values.mean(0)
    cells = {}
    for k in shown:
        ends = f" ({interval_text(interval[0][k - 1], interval[1][k - 1])})" if interval else ""
        heading = f"step {k - 1}" if unit == "score" else str(k)
        cells[heading] = f"{number(float(mean[k - 1]))}{ends}"
    if unit == "score":
        cells["made worse"] = f"{agent.made_worse:.1%}"
    seeds = seeds_text(len(agent.seeds), agent.asked) or "untrained"
    return {"pack": agent.pack, "agent": agent.agent, "seeds": seeds, **cells}


# --- Markdown ------------------------------------------------------------------------------------


def markdown_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as a Markdown table; columns without any entry are left out."""
    headings = [key for key in rows[0] if any(row[key] for row in rows)]
    lines = [headings, ["---"] * len(headings), *([row[key] for key in headings] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
