"""Benchmarks: tables by hand, exact figures, held-out packs, and a whole one that is cut short."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from agents.learner_registry import advised_config, make_config
from agents.reference.bandit_policies import EPSILONS, SAMPLES, SCALES
from agents.studies import reproduce
from agents.studies.reproduce import (
    BENCHMARKS,
    BenchmarkEntry,
    agent_results,
    bandits,
    random_mdps,
)
from agents.studies.reproduce.agent_results import AgentResult
from agents.studies.reproduce.comparison import (
    Row,
    SettingResult,
    comparison_rows,
    episode_rows,
    markdown_table,
    row_cells,
    shown_episodes,
)
from agents.studies.reproduce.dark_rooms import DARKROOM, DARKROOM_10, DARKROOM_PERMUTED
from agents.studies.reproduce.definition import (
    ORACLE,
    BarFrom,
    BenchmarkSetting,
    BenchmarkTraining,
    Measure,
    PublishedBenchmark,
    References,
    Source,
    change,
    episode,
    trial,
)
from agents.studies.reproduce.hidden_goals import RANDOM, SAMPLING, hidden_goal_references
from agents.studies.reproduce.kept_results import kept_references
from agents.studies.reproduce.key_to_door import KEY_TO_DOOR, NEAREST, key_to_door_references
from agents.studies.reproduce.plan import pack_of, write_divided_pack
from agents.studies.reproduce.report import load_benchmark
from agents.studies.reproduce.report_files import write_summary
from agents.sweep import local
from agents.sweep.carry_out import carry_out
from agents.sweep.engine import RunEvent
from agents.sweep.run_state import read_run_status
from agents.sweep.sweep_run import SweepRun, nested
from agents.training.statistics import mean_interval, student_quantile
from commands.main import main
from game.filling import update
from game.tasks.packs import LEVELS, Pack, load_pack
from game.world.bandits import informed_total
from game.world.random_mdps import RandomMDPs, random_returns

ROOT = Path(__file__).resolve().parents[3]
QUICK_MINUTES = 45  # of all trainings on two cores: the rest of an hour is for what is computed
every_benchmark = pytest.mark.parametrize("name", BENCHMARKS)


# --- tables --------------------------------------------------------------------------------------


def test_measures_are_sums_of_episodes_and_changes_between_them():
    returns = np.array([[1.0, 2.0, 4.0, 8.0], [0.0, 1.0, 0.0, 1.0]])
    assert trial(3).of(returns).tolist() == [7.0, 1.0]
    assert episode(4).of(returns).tolist() == [8.0, 1.0]
    assert Measure(2, 3).of(returns).tolist() == [6.0, 1.0]
    assert change(2, 4).of(returns).tolist() == [6.0, 0.0]
    titles = [one.title for one in (trial(3), episode(4), Measure(2, 3), change(2, 4))]
    assert titles == ["trial of 3", "episode 4", "episodes 2 to 3", "episode 4 - episode 2"]


def test_student_intervals_are_those_of_its_table():
    found = [student_quantile(0.975, freedom) for freedom in (1, 2, 4, 9, 30)]
    assert found == pytest.approx([12.706, 4.303, 2.776, 2.262, 2.042], abs=6e-4)
    interval = mean_interval(np.array([[1.0], [2.0], [3.0]]))
    assert interval is not None
    assert [float(end[0]) for end in interval] == pytest.approx([2 - 2.4841, 2 + 2.4841], abs=1e-3)
    assert mean_interval(np.array([[1.0]])) is None


RETURNS = [[1.0, 5.0], [2.0, 6.0], [3.0, 10.0]]  # of three training seeds
SETTING = BenchmarkSetting(
    name="a room",
    pack="darkroom",
    trainings=(),
    measures=(episode(1), trial(2), change(1, 2)),
    episodes=2,
    published={"rl2": {trial(2): 8.5}, "random": {episode(1): 0.5}},
    bars={"rl2": {trial(2): 9.0, episode(1): 2.5}},
)
REFERENCES = References(
    {episode(1): (4.0, 4.0), trial(2): (None, 12.0)},
    {"random": np.array([0.4, 0.6]), "oracle": np.array([8.0, 8.0])},
)


def fake_result(seeds: int = 3) -> SettingResult:
    agent = AgentResult(
        "rl2", "darkroom", RETURNS[:seeds], RETURNS[:seeds], 0.125, [0, 1, 2][:seeds], 3, 4.5
    )
    return SettingResult(SETTING, [agent], REFERENCES, 7)


def test_rows_hold_means_and_intervals_beside_what_is_published_and_exact():
    first, trials, *others, beyond = comparison_rows(fake_result())
    assert first == Row(
        "a room", "episode 1", "rl2", None, 2.0, first.low, first.high, 3, 3, 4.5, (4.0, 4.0), 2.5
    )
    assert (first.low, first.high) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-3)
    assert [(row.agent, row.measure, row.value) for row in (trials, *others)] == [
        ("random", "episode 1", 0.4),  # a figure is published
        ("rl2", "trial of 2", 9.0),
        ("random", "trial of 2", 1.0),
        ("oracle", "trial of 2", 16.0),
    ]
    assert (beyond.agent, beyond.measure, beyond.value) == ("rl2", "episode 2 - episode 1", 5.0)


def test_cells_say_how_far_a_value_is_from_the_optimum_the_published_one_and_the_bar():
    rows = [row_cells(row) for row in comparison_rows(fake_result())]
    keys = ("published", "reproduced", "95% interval", "seeds", "exact or bounds", "how far", "bar")
    assert [[row[key] for key in keys] for row in rows] == [
        ["", "2.000", "-0.484 to 4.484", "3", "4.000", "50.0% of the optimum", "2.500: 0.5 short"],
        ["0.500", "0.400", "", "", "4.000", "10.0% of the optimum; -0.10 on the published", ""],
        [
            *("8.500", "9.000", "0.043 to 17.957", "3", "at most 12.000"),
            *("75.0% of the upper bound; +0.50 on the published", "9.000: reached"),
        ],
        ["", "1.000", "", "", "at most 12.000", "8.3% of the upper bound", ""],
        ["", "16.000", "", "", "at most 12.000", "", ""],  # it knows the task
        ["", "5.000", "0.697 to 9.303", "3", "", "", ""],
    ]


def test_bars_are_computed_from_policies_and_from_metrics_of_training():
    bars = {
        "rl2": {episode(1): BarFrom("oracle"), trial(2): BarFrom(metric="source_return")},
        "other": {change(1, 2): BarFrom("oracle")},
    }
    plain = fake_result()
    agent = replace(plain.agents[0], metrics={"source_return": 7.5})
    result = replace(plain, setting=replace(SETTING, bars=bars), agents=[agent])
    rows = [row for row in comparison_rows(result) if row.agent == "rl2"]
    assert [row.bar for row in rows] == [8.0, 7.5, None]
    assert row_cells(rows[0])["bar"] == "8.000: 6 short"
    bare = replace(result, agents=plain.agents, references=References())
    assert [row.bar for row in comparison_rows(bare)] == [None, None, None]


def test_a_single_seed_has_no_interval_and_missing_seeds_are_said():
    row = row_cells(next(comparison_rows(fake_result(seeds=1))))
    assert (row["95% interval"], row["seeds"], row["reproduced"]) == ("", "1 of 3", "1.000")


def test_the_table_of_episodes_has_scores_by_step_or_returns_by_episode():
    scores = episode_rows(fake_result(seeds=1), "score")
    facts = {"pack": "darkroom", "agent": "rl2", "seeds": "1 of 3"}
    assert scores == [{**facts, "step 0": "1.000", "step 1": "5.000", "made worse": "12.5%"}]
    returns = episode_rows(fake_result(), "return")
    assert [row["2"] for row in returns] == ["7.000 (0.428 to 13.572)", "0.600", "8.000"]
    assert markdown_table([{"a": "1", "b": "", "c": "x"}]) == "| a | c |\n| --- | --- |\n| 1 | x |"
    assert shown_episodes(4) == [1, 2, 3, 4]
    assert shown_episodes(20) == [1, 2, 3, 4, 5, 10, 20]
    assert shown_episodes(100) == [1, 2, 3, 4, 5, 10, 20, 50, 100]
    assert shown_episodes(500) == [1, 4, 5, 10, 20, 50, 100, 200, 500]


# --- what is known without training --------------------------------------------------------------


def test_the_dark_rooms_have_their_exact_figures():
    setting = DARKROOM.settings[0]
    found = hidden_goal_references(load_pack("darkroom"), setting)
    assert found.bounds[episode(1)] == pytest.approx((2.625, 2.625))
    assert found.bounds[trial(4)] == pytest.approx((35.038, 36.538), abs=5e-4)
    assert found.bounds[episode(5)] == (None, pytest.approx(16.5))
    assert found.policies[ORACLE].tolist() == pytest.approx([16.5] * setting.episodes)
    assert found.policies[SAMPLING][:4] == pytest.approx([1.006, 1.938, 2.799, 3.599], rel=0.01)
    assert found.policies[RANDOM][0] == pytest.approx(0.235, abs=5e-4)


def test_the_large_dark_room_has_its_exact_figures():
    found = hidden_goal_references(load_pack("darkroom-10"), DARKROOM_10.settings[0])
    assert found.bounds[episode(1)] == pytest.approx((50.808, 51.0), abs=5e-4)
    assert found.bounds[trial(4)] == pytest.approx((326.232, 326.727), abs=5e-4)
    assert found.policies[ORACLE][0] == pytest.approx(91.909, abs=5e-4)


def test_permuted_controls_are_bounded_by_the_oracle():
    pack = load_pack("darkroom-permuted")
    found = hidden_goal_references(pack, DARKROOM_PERMUTED.settings[0])
    assert len({task.level.controls for task in pack.split("test").tasks}) == 120
    assert found.bounds[trial(4)] == (None, pytest.approx(4 * 35))
    assert SAMPLING not in found.policies


def test_key_to_door_has_its_exact_figures(tmp_path: Path):
    all_pairs, held_out = KEY_TO_DOOR.settings
    pack = load_pack(pack_of(all_pairs, tmp_path))
    assert [len(pack.split(n).tasks) for n in ("train", "validation", "test")] == [6561, 64, 1000]
    found = key_to_door_references(pack, all_pairs)
    assert found.bounds[episode(1)] == pytest.approx((0.80399, 0.80399), abs=5e-6)
    assert found.bounds[trial(4)] == pytest.approx((6.4519, 6.4656), abs=5e-5)
    assert found.bounds[episode(3)] == (None, pytest.approx(2))
    assert found.policies[NEAREST][:4].sum() == found.bounds[trial(4)][0]
    assert found.policies[SAMPLING][:4] == pytest.approx([0.0586, 0.1167, 0.1736, 0.2303], rel=0.02)
    assert found.policies[RANDOM][0] == pytest.approx(0.262, abs=5e-4)
    published = load_pack(pack_of(held_out, tmp_path))
    assert published.path == LEVELS / "key-to-door"
    assert len(published.split("test").tasks) == round(0.05 * 6561)
    bounds = key_to_door_references(published, held_out).bounds
    assert bounds[trial(4)] == (None, pytest.approx(8))


def test_a_share_of_a_pack_is_held_out_and_its_options_stay(tmp_path: Path):
    write_divided_pack(LEVELS / "darkroom", 0.1, tmp_path / "darkroom-held-out")
    pack = load_pack(tmp_path / "darkroom-held-out")
    train, validation, test = (pack.split(n).tasks for n in ("train", "validation", "test"))
    assert [len(train), len(validation), len(test)] == [72, 0, 8]
    assert not {task.id for task in train} & {task.id for task in test}
    assert (pack.name, pack.episodes, pack.hidden) == ("darkroom-held-out", 4, ("goal",))
    setting = DARKROOM.settings[1]
    found = hidden_goal_references(pack, setting)
    assert found.bounds[trial(4)][0] is None
    assert SAMPLING not in found.policies
    write_divided_pack(LEVELS / "gridnavi", 0.5, tmp_path / "half")
    half = load_pack(tmp_path / "half")
    assert half.train.text("maml") == load_pack("gridnavi").train.text("maml") != ""


# --- bandits and random MDPs ---------------------------------------------------------------------


def test_regret_is_what_the_oracle_would_have_got_more():
    rows = {row["agent"]: row for row in episode_rows(fake_result(), "regret")}
    assert rows["rl2"]["1"].startswith("6.000 (")  # 8 - 2
    assert rows["rl2"]["2"].startswith("7.000 (")  # 16 - 9
    assert (rows["random"]["1"], rows["random"]["2"]) == ("7.600", "15.000")
    assert "oracle" not in rows


def test_bandits_are_compared_on_the_arms_of_the_test_tasks():
    means = bandits.arm_means(load_pack("bandits-5"))
    assert means.shape == (1000, 5)
    assert means[17].tolist() == np.random.default_rng(17).random(5).tolist()
    found = bandits.simulated(lambda *_: means.argmax(1), means, 4)
    assert found == pytest.approx([means.max(1).mean()] * 4)


def test_bars_of_ten_pulls_are_a_percent_below_the_optimum():
    for setting, arms in zip(bandits.BANDITS_10.settings, bandits.ARMS):
        (low, high), how = bandits.total_bounds(10, arms)
        assert low == high == pytest.approx(bandits.EXACT[arms], abs=5e-4)
        assert setting.bars["rl2"][trial(10)] == pytest.approx(0.99 * low, abs=5e-4)
        assert "exact" in how


def test_bounds_of_more_pulls_are_upper_ones_that_say_what_was_added(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(bandits.HINDSIGHT, (100, 5), (0.9, 20, 400))
    (low, high), how = bandits.total_bounds(100, 5)
    assert low is None
    assert 79.0 < high < informed_total(5, 100)
    mean, error = (float(number) for number in re.findall(r"\d+\.\d+", how))
    assert high == pytest.approx(mean + 3 * error, abs=0.03)
    monkeypatch.setitem(bandits.ITERATIONS, 100, 20)
    (low, high), how = bandits.total_bounds(100, 50)
    assert (low, "Lagrangian" in how) == (None, True)
    assert 85.2 < high < 86.3  # a policy gets 85.2: Gittins indices, as published


@pytest.mark.parametrize(
    ("pulls", "bars"), [(100, (78.7, 83.5, 84.9)), (500, (401.6, 432.5, 438.9))]
)
def test_bars_of_more_pulls_are_the_published_figures(pulls: int, bars: tuple[float, ...]):
    settings = load_benchmark(f"bandits-{pulls}-pulls").settings
    assert [setting.bars["rl2"][trial(pulls)] for setting in settings] == list(bars)


def test_policies_of_bandits_have_the_names_of_the_published_rows():
    for pulls, arms in bandits.PUBLISHED:
        tuned = bandits.TUNED[pulls, arms]
        assert tuned.samples in SAMPLES
        assert {tuned.scale} <= {*SCALES}
        assert {tuned.epsilon} <= {*EPSILONS}
    setting = bandits.BANDITS_10.settings[0]
    policies = bandits.bandit_policies(10, 5)
    assert {*setting.published} - {"rl2"} < {*policies}


def test_random_mdps_are_compared_on_the_test_tasks():
    mdps = random_mdps.mdps_of(load_pack("random-mdps"))
    rng = np.random.default_rng(17)
    assert mdps.reward[17].tolist() == rng.normal(1, 1, (10, 5)).tolist()
    assert mdps.transition[17] == pytest.approx(rng.dirichlet(np.ones(10), (10, 5)))
    ten = 10 * random_returns(mdps).mean()
    assert f"random policy gets {ten:.1f} on them" in random_mdps.RANDOM_MDPS.text


def test_random_mdps_have_rows_for_both_prior_means(monkeypatch: pytest.MonkeyPatch):
    whole = random_mdps.mdps_of(load_pack("random-mdps"))
    some = RandomMDPs(whole.reward[:20], whole.transition[:20])
    monkeypatch.setattr(random_mdps, "mdps_of", lambda pack: some)
    setting = random_mdps.RANDOM_MDPS.settings[0]
    found = random_mdps.mdp_references(load_pack("random-mdps"), setting)
    assert {*setting.published} - {"rl2"} < {*found.policies}
    oracle = found.policies[ORACLE].sum()
    assert found.bounds[trial(10)] == (None, pytest.approx(oracle))
    totals = {name: returns.sum() for name, returns in found.policies.items()}
    known, wrong = ([t for n, t in totals.items() if n.endswith(f"mean {m}")] for m in (1, 0))
    assert len(known) == len(wrong) == 7
    assert totals["random"] < np.mean(wrong) < np.mean(known) < oracle


# --- the benchmarks that there are ---------------------------------------------------------------


@every_benchmark
def test_a_benchmark_can_be_carried_out_and_is_described(name: str):
    benchmark = load_benchmark(name)
    assert benchmark.name == name
    assert name in re.findall(r"[a-z0-9-]+", help_text())
    assert f"| `{name}` |" in (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    settings = benchmark.settings
    assert len({setting.name for setting in settings}) == len(settings)
    for setting in settings:
        assert all((LEVELS / pack).is_dir() for pack in (setting.pack, *setting.also))
        assert max((one.episodes for one in setting.measures), default=0) <= setting.episodes
        titles = [training.title for training in setting.trainings]
        assert len(set(titles)) == len(titles)
        assert {*setting.bars} <= {*titles}
        for agent in (*setting.published.values(), *setting.bars.values()):
            assert {*agent} <= {*setting.measures}
        for training in setting.trainings:
            own = tuple((k, v) for k, v in training.options.items() if k != "tasks")
            update(advised_config(LEVELS / setting.pack, training.learner), nested(own))


def help_text() -> str:
    return (ROOT / "commands" / "reproduce.py").read_text("utf-8").split("quick: bool")[0]


def quick_minutes(name: str) -> float:
    """Return how long the quick trainings of a benchmark take on two cores."""
    cores = [0.0, 0.0]
    for setting in load_benchmark(name).settings:
        for training in setting.trainings:
            cores[cores.index(min(cores))] += training.quick["minutes"]
    return max(cores)


def test_all_quick_trainings_leave_time_for_the_rest_of_an_hour_as_is_said():
    minutes = sum(map(quick_minutes, BENCHMARKS))
    assert minutes <= QUICK_MINUTES
    for path in ("commands/reproduce.py", "docs/benchmarks.md", "CHANGELOG.md"):
        assert f"{minutes:.0f} minutes for all" in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"quick": false, "rows": [{"value": 1}]}'])
def test_a_summary_leaves_out_results_that_cannot_be_read(tmp_path: Path, text: str):
    (tmp_path / "gridnavi").mkdir()
    (tmp_path / "gridnavi" / "results.json").write_text(text, "utf-8")
    write_summary(tmp_path)
    assert not (tmp_path / "summary.md").exists()


# --- the command ---------------------------------------------------------------------------------


LENGTH = {"iterations": 2}
OPTIONS = {"width": 4, "trials": 1, "tasks": 2, "episodes": 2}
TINY = PublishedBenchmark(
    name="tiny",
    title="A tiny benchmark",
    text="Two iterations.",
    settings=(
        BenchmarkSetting(
            name="corridor",
            pack="goals-5x5",
            trainings=(BenchmarkTraining("rl2", LENGTH, LENGTH, OPTIONS),),
            bars={"rl2": {trial(2): BarFrom(metric="trial_return")}},
            measures=(trial(2),),
            episodes=2,
            beside=("posterior-sampling",),
            published={"rl2": {trial(2): 1.5}},
        ),
    ),
    references=hidden_goal_references,
    sources=(Source("A paper", "table 1", "https://example.org"),),
)


def test_references_are_computed_once_for_a_setting_and_its_tasks(tmp_path: Path):
    computed = []

    def references(pack: Pack, setting: BenchmarkSetting) -> References:
        computed.append(setting.name)
        return replace(REFERENCES, notes=("A note.",))

    benchmark = replace(TINY, references=references)
    pack = load_pack("darkroom")
    for _ in range(2):
        found = kept_references(benchmark, SETTING, pack, tmp_path)
        assert found.bounds == {**REFERENCES.bounds, change(1, 2): (None, None)}
        policies = {name: list(returns) for name, returns in found.policies.items()}
        assert policies == {"random": [0.4, 0.6], "oracle": [8.0, 8.0]}
        assert [*found.notes] == ["A note."]
    assert len(computed) == 1
    kept_references(benchmark, replace(SETTING, episodes=3), pack, tmp_path)
    kept_references(benchmark, SETTING, load_pack("gridnavi"), tmp_path)
    assert len(computed) == 3
    for path in (tmp_path / "beside").iterdir():
        path.write_text("{", "utf-8")
    kept_references(benchmark, SETTING, pack, tmp_path)
    assert len(computed) == 4


class EngineHere:
    """Carries out runs in this process, and notes their names."""

    done: ClassVar[list[str]] = []
    cut_after = 10

    def __init__(self, workers: int) -> None:
        pass

    def run(self, runs: Sequence[SweepRun], folder: Path) -> Generator[RunEvent, None, None]:
        for run in runs:
            if len(self.done) >= self.cut_after:
                raise KeyboardInterrupt
            yield RunEvent(run, "started")
            carry_out(run, folder, lambda share: None)
            self.done.append(run.name)
            yield RunEvent(run, "done")


def test_a_benchmark_that_is_cut_goes_on_and_writes_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(reproduce.BENCHMARKS, "tiny", BenchmarkEntry(f"{__name__}:TINY", "tiny"))
    monkeypatch.setattr(local, "LocalEngine", EngineHere)
    monkeypatch.setattr(EngineHere, "done", [])
    monkeypatch.setattr(EngineHere, "cut_after", 1)
    command = ["reproduce", "tiny", "--seeds", "2", "--out", str(tmp_path)]
    assert main(command) == 130
    assert "stopped: 1 of 2 runs done" in capsys.readouterr().err
    partial = (tmp_path / "tiny" / "results.md").read_text("utf-8")
    assert "Not finished: 1 of 2 trainings are done." in partial
    assert "| 1 of 2 |" in partial
    assert main([*command, "--tables"]) == 0
    assert len(EngineHere.done) == 1
    assert "Not finished: 1 of 2 trainings are done." in capsys.readouterr().out
    monkeypatch.setattr(EngineHere, "cut_after", 10)
    assert main(command) == 0
    assert [name[-5:] for name in EngineHere.done] == ["seed0", "seed1"]
    folder = tmp_path / "tiny"
    written = json.loads((folder / "results.json").read_text("utf-8"))
    agents = written["settings"][0]["agents"]
    assert [agent["agent"] for agent in agents] == ["rl2", "posterior-sampling"]
    totals = np.array(agents[0]["returns"]).sum(1)
    row = written["rows"][0]
    assert (row["agent"], row["value"]) == ("rl2", pytest.approx(totals.mean()))
    trained = [csv.DictReader((folder / n / "metrics.csv").open()) for n in EngineHere.done]
    means = [np.mean([float(line["trial_return"]) for line in rows]) for rows in trained]
    assert row["bar"] == pytest.approx(np.mean(means), abs=1e-5)
    text = (folder / "results.md").read_text("utf-8")
    assert "## A tiny benchmark" in text
    assert "train goals-5x5 --learner rl2 --width 4" in text
    assert f"Best on validation tasks: `{agents[0]['best']}`." in text
    states = {name: read_run_status(folder / name) for name in EngineHere.done}
    assert agents[0]["best"] == max(states, key=lambda name: states[name].best)
    shown = capsys.readouterr().out
    assert "benchmark 1 of 1: A tiny benchmark" in shown
    assert "1.500" in shown
    assert (folder / "curves.png").is_file()

    def refuse(*args: object) -> None:
        raise AssertionError("what is done is not done again")

    monkeypatch.setattr(agent_results, "evaluate", refuse)
    assert main(command) == 0
    assert len(EngineHere.done) == 2
    assert (folder / "results.md").read_text("utf-8") == text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["gridnavy"], "did you mean 'gridnavi'?"),
        (["nothing-like-it", "darkrom"], "no benchmark is called 'nothing-like-it'"),
        (["gridnavi", "--seeds", "0"], "--seeds is at least 1"),
    ],
)
def test_what_is_wrong_with_the_command_is_said(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
):
    assert main(["reproduce", *options]) == 2
    assert message in capsys.readouterr().err


def test_the_folder_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "out").touch()
    assert main(["reproduce", "gridnavi", "--out", str(tmp_path / "out")]) == 2
    assert "out: is not a folder - give another --out" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def refuse(dir: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(dir / "tmp8f2k"))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert main(["reproduce", "gridnavi", "--out", str(tmp_path)]) == 1
    assert f"{tmp_path}: Read-only file system" in capsys.readouterr().err


def test_options_of_a_training_are_those_of_its_learner():
    config = update(make_config("rl2"), nested((("width", 4), ("ppo.entropy", 0.1))))
    assert (config.width, config.ppo.entropy) == (4, 0.1)
