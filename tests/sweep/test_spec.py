"""What a sweep asks for becomes runs, and all that is wrong with it is said at once."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from agents.learner_registry import make_config
from agents.sweep.planning import plan_runs
from agents.sweep.spec import SpecError, parse_values, read_spec
from agents.sweep.sweep_run import EvaluationPlan, SweepRun
from commands.train import parse_train
from game.tasks.packs import LEVELS, load_pack

GUESSER = """from agents.learner import BaseLearner

class Guesser(BaseLearner):
    def adapt(self, batch, rngs, steps, changes={}):
        raise NotImplementedError
"""


def runs_of(path: Path | None = None, **given: Any) -> list[SweepRun]:
    return plan_runs(read_spec(path, given), load_pack)


def problems_of(path: Path | None = None, **given: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        runs_of(path, **given)
    return caught.value.problems


SPEC = """packs = ["goals-5x5", "gridnavi"]
learners = ["maml", "rl2"]
seeds = "0..2"
iterations = 7

[set]
inner.discount = [0.8, 0.9]
hidden = [[8, 8]]
tasks = [2, 3]

[evaluation]
split = "test"
steps = 2
"""


def test_every_combination_is_a_run(tmp_path: Path):
    path = tmp_path / "spec.toml"
    path.write_text(SPEC)
    runs = runs_of(path)
    assert len(runs) == 2 * (4 + 2) * 3  # rl2 has none of the options but tasks
    names = [run.name for run in runs]
    assert len(set(names)) == len(names)
    assert names[0] == "maml-goals-5x5-inner.discount=0.8-hidden=8x8-tasks=2-seed0"
    assert names[-1] == "rl2-gridnavi-tasks=3-seed2"
    first = runs[0]
    assert first.combination == "maml inner.discount=0.8 tasks=2"  # what does not vary is left out
    assert (first.training.iterations, first.training.tasks) == (7, 2)
    assert first.options == (("inner.discount", 0.8), ("hidden", (8, 8)))
    assert first.evaluation == EvaluationPlan("test", steps=2)


def test_options_stand_before_those_of_the_file(tmp_path: Path):
    path = tmp_path / "spec.toml"
    path.write_text(SPEC)
    given = {"seeds": ("4", "6..7"), "packs": ("goals-5x5",), "learners": ("maml",)}
    runs = runs_of(path, **given, set=dict([parse_values("tasks=5")]), evaluation={"steps": 1})
    assert [run.training.seed for run in runs] == [4, 6, 7] * 2
    assert {run.training.tasks for run in runs} == {5}
    assert {run.evaluation for run in runs} == {EvaluationPlan("test", steps=1)}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("inner.discount=.8,.9", (0.8, 0.9)),
        ("hidden=[64],[32,32]", ([64], [32, 32])),
        ("body=graph", ("graph",)),
        ("first-order=true,false", (True, False)),
        ("rarity=1e3", (1000.0,)),
    ],
)
def test_values_on_the_command_line(text: str, values: tuple[Any, ...]):
    assert parse_values(text)[1] == values


def test_all_problems_are_said_at_once_with_their_lines(tmp_path: Path):
    path = tmp_path / "spec.toml"
    path.write_text(
        'packs = ["goals-5x5", "goals-5x6"]\nlearners = ["maml", "planner"]\nseed = 3\n'
        'seeds = "3..1"\ntasks = 4\n[set]\ninner.discount = [0.5, 1.5, "a"]\ntasks = ["b"]\n'
        'outer.rat = 1\n[evaluation]\nsplit = "tests"\n'
    )
    found = problems_of(path)
    expected = [
        (3, "'seed' is not a key of sweeps - did you mean 'seeds'?"),
        (4, "'seeds' is '3..1'"),
        (11, "'split' is 'tests' - did you mean 'test'?"),
        (1, "goals-5x6: no such file, folder or pack - did you mean 'goals-5x5'?"),
        (2, "'planner' has nothing to train"),
        (7, "inner.discount = 1.5 for maml: option 'discount' is 1.5"),
        (7, "inner.discount = a for maml: 'discount' is 'a', and should be a number"),
        (8, "tasks = b for maml: 'tasks' is 'b', and should be a whole number"),
        (9, "no learner of the sweep has an option 'outer.rat'"),
    ]
    assert len(found) == len(expected)
    for problem, (line, text) in zip(found, expected):
        assert problem.startswith(f"{path}:{line}:1: {text}")


def test_what_is_empty_backwards_or_given_twice_is_a_problem(tmp_path: Path):
    path = tmp_path / "spec.toml"
    path.write_text(
        'packs = []\nlearners = []\nseeds = "9..0"\nminutes = 0\n[set]\nhidden = []\ntasks = []\n'
    )
    starts = [problem.partition(":1: ")[2] for problem in problems_of(path)]
    assert [start.partition(",")[0] for start in starts] == [
        "'packs' has no values",
        "'learners' has no values",
        "'seeds' is '9..0': its first seed is larger than its last",
        "option 'minutes' is 0",
        "'hidden' has no values",
        "'tasks' has no values",
    ]
    path.write_text(
        'packs = ["goals-5x5"]\nseeds = []\n[set]\n"inner.discount" = 1\ndiscount = 1\n'
    )
    seeds, same = problems_of(path)
    assert seeds.endswith("'seeds' has no values")
    assert same.endswith(":1: 'discount' is 'inner.discount', which is also given")


@pytest.mark.parametrize("text", ["hidden=,", "hidden=[[64],[64,64]]", "hidden=[64", "tasks=2,,3"])
def test_values_that_cannot_be_told_apart_are_refused(text: str):
    with pytest.raises(ValueError, match="separate values by commas"):
        parse_values(text)


def test_an_option_that_no_learner_has_is_a_problem():
    (problem,) = problems_of(packs=("goals-5x5",), learners=("rl2",), set={"inner.discount": (1,)})
    assert problem.endswith("has an option 'inner.discount' - did you mean 'ppo.discount'?")


def test_too_many_runs_are_refused_before_they_are_listed():
    given = {"packs": ("goals-5x5",), "learners": ("rl2",), "seeds": ("0..9999",)}
    (problem,) = problems_of(**given, set={"width": (4, 5)})
    assert "20,000 runs" in problem


def test_minutes_stand_instead_of_iterations():
    given = {"packs": ("goals-5x5",), "minutes": 1.0}
    assert runs_of(**given)[0].training.minutes == 1
    (problem,) = problems_of(**given, iterations=3)
    assert "is given beside iterations" in problem


def test_equal_values_make_one_run():
    runs = runs_of(packs=("goals-5x5",), set={"hidden": (8, [8])}, seeds=("1", "0..1"))
    assert [run.name for run in runs] == [f"maml-goals-5x5-hidden=8-seed{n}" for n in (1, 0)]


def test_packs_and_learners_of_one_s_own(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my learner.py").write_text(GUESSER)
    shutil.copytree(LEVELS / "goals-5x5", "a b")
    (run,) = runs_of(packs=("a b",), learners=("my learner.py:Guesser",), seeds=("5",))
    assert run.name == "Guesser-a_b-seed5"
    assert (run.pack, run.learner) == (
        str(tmp_path / "a b"),
        str(tmp_path / "my learner.py:Guesser"),
    )
    shutil.copytree("a b", "x/a b")
    (problem,) = problems_of(packs=("a b", "x/a b"), learners=("my learner.py:Guesser",))
    assert "another pack is also called 'a b'" in problem


def test_long_names_stay_short_and_apart():
    values = {f"inner.{name}": (0.123456789, 0.123456788) for name in ("discount", "shrink")}
    values |= {f"inner.{name}": (0.123456789,) for name in ("rarity", "curiosity", "trust")}
    runs = runs_of(packs=("goals-5x5",), set=values)
    assert len({run.name for run in runs}) == 4
    assert max(len(run.name) for run in runs) < 200


def test_the_command_of_a_run_asks_for_the_same_training(tmp_path: Path):
    options = {"hidden": ([8, 9],), "first_order": (True,), "inner.scaled": (False,)}
    options |= {"inner.surrogate": ("plain",), "inner.discount": (0.3,)}
    (run,) = runs_of(
        packs=("goals-5x5",), set=options, seeds=("3",), iterations=5, tasks=2, patience=4
    )
    command = parse_train(shlex.split(run.command(tmp_path))[2:])
    config = make_config("maml", hidden=(8, 9), first_order=True)
    assert command.options.hidden == config.hidden
    assert (command.options.first_order, command.options.inner.scaled) == (True, False)
    assert (command.options.inner.surrogate, command.options.inner.discount) == ("plain", 0.3)
    assert (command.iterations, command.tasks, command.patience, command.seed) == (5, 2, 4, 3)
    assert command.out == tmp_path / run.name
