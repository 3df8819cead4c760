"""Requirements on every shipped pack; the packs are found in levels/."""

from __future__ import annotations

import os
import shutil
from functools import cache
from itertools import chain, combinations
from pathlib import Path

import numpy as np
import pytest

from game.authoring.fixed_policy import best_fixed_policies, indistinguishable_tasks
from game.tasks import packs
from game.tasks.distribution import SPLITS
from game.tasks.packs import LEVELS, Pack, list_packs, pack_entry
from game.tasks.task import Task
from game.text.reading import parse
from game.text.worlds import WORLDS
from game.text.writing import write
from game.world.features import MAX_SIZE
from game.world.planner import shortest_path
from game.world.tables import compile_level
from tests.grid_packs import GRID_PACKS

load_pack = cache(packs.load_pack)
PACKS = [path.name for path in list_packs()]
MAZES = [path.name for path in GRID_PACKS]
MOST_LISTED = 120  # tasks of a split; those of tables differ by a seed alone, and are many
# validation and test, by the exercise they are; `showcase` and `drawn` have no other splits
SMALLER = {"goals-5x5": (9, 5), "showcase": (0, 5), "drawn": (0, 52)}
MOST_STATES = 2_000  # in a training task
# sides and states of held-out tasks that go beyond training
LARGER = {"worlds": (40, 8_000), "drawn": (40, 8_000)}
MIXTURE = "worlds"  # of which many a task has nothing hidden, or more than one thing
MOST_WITHOUT_ADAPTING = 0.6  # score of the best policy that does not adapt
ALIKE = ("gridnavi", "darkroom", "darkroom-10", "darkroom-permuted")  # splits as published
SIDES = ("robot", "game")  # what a pack stands for, as the last sentence of its text says

every_pack = pytest.mark.parametrize("name", PACKS)
every_pack_of_mazes = pytest.mark.parametrize("name", MAZES)


def some_tasks(pack: Pack, n: int) -> list[Task]:
    """Return the listed tasks and some training tasks."""
    train = pack.split("train")
    drawn = train.sample(n, np.random.default_rng(0)) if train.tasks or train.unlimited else []
    listed = (pack.split(split).tasks[:MOST_LISTED] for split in SPLITS[1:])
    return [*drawn, *chain.from_iterable(listed)]


@every_pack
def test_its_text_says_what_it_teaches_and_on_which_side_it_is(name: str):
    pack = load_pack(name)
    assert pack.title
    sentences = pack.text.replace("\n", " ").removesuffix(".").split(". ")
    assert sentences[-1].startswith("It stands for ")
    assert any(side in sentences[-1] for side in SIDES)
    assert name == "showcase" or " teaches " in pack.text


@every_pack
def test_it_has_a_dozen_tasks_for_validation_and_as_many_held_out(name: str):
    pack = load_pack(name)
    sizes = tuple(len({task.id for task in pack.split(split).tasks}) for split in SPLITS[1:])
    assert sizes == SMALLER[name] if name in SMALLER else min(sizes) >= 12


@pytest.mark.parametrize("name", [name for name in PACKS if name not in ALIKE])
def test_its_splits_never_share_a_task(name: str):
    pack = load_pack(name)
    ids = {split: {task.id for task in pack.split(split).tasks} for split in SPLITS}
    train = pack.split("train")
    if train.unlimited:
        ids["train"] = {task.id for task in train.sample(200, np.random.default_rng(0))}
    assert all(not ids[a] & ids[b] for a, b in combinations(SPLITS, 2))


@every_pack_of_mazes
def test_each_task_can_be_solved_and_seen_and_learned_on(name: str):
    side, states = LARGER.get(name, (MAX_SIZE, MOST_STATES))
    for task in some_tasks(load_pack(name), 50):
        tables = compile_level(task.level)
        path = shortest_path(tables)
        assert path is not None
        assert path <= task.level.steps
        assert max(task.level.height, task.level.width) <= side
        assert tables.n_states <= states


@every_pack
def test_a_task_written_out_reads_back_as_the_same(name: str):
    for task in some_tasks(load_pack(name), 50):
        assert Task(parse(write(task.level)), "").id == task.id


@every_pack
def test_it_is_in_the_table_of_packs(name: str):
    text = (Path(__file__).parents[2] / "docs" / "packs.md").read_text(encoding="utf-8")
    assert f"| `{name}` |" in text


@every_pack_of_mazes
def test_it_names_its_hidden_variables_or_says_that_nothing_is_hidden(name: str):
    pack = load_pack(name)
    assert pack.hidden is not None
    rng = np.random.default_rng(0)
    groups = indistinguishable_tasks(pack, "test", 4, 64, rng)
    judge = any if name == MIXTURE else all
    assert judge((len(group) > 1) == bool(pack.hidden) for group in groups)


@pytest.mark.parametrize("name", sorted({*PACKS} - {*MAZES}))
def test_a_pack_of_worlds_names_what_its_kind_hides(name: str):
    pack = load_pack(name)
    assert pack.hidden == (WORLDS[pack.world].hidden,)


def is_under_the_rule(name: str) -> bool:
    """Whether something is hidden that is more than a goal on a new map, in all of its tasks."""
    pack = pack_entry(LEVELS / name)  # generates no levels
    if name == MIXTURE:
        return False
    return pack.hidden != () and not (pack.sizes["train"] is None and pack.hidden == ("goal",))


@pytest.mark.parametrize("name", [name for name in MAZES if is_under_the_rule(name)])
def test_a_policy_that_does_not_adapt_leaves_room(name: str):
    pack = load_pack(name)
    groups = 1 if pack.split("train").unlimited else 4
    tasks, starts = (24, 1) if name in ALIKE else (64, 3)  # those are far below the rule
    found = list(best_fixed_policies(pack, groups=groups, tasks=tasks, starts=starts))
    assert np.mean([one.score for one in found]) <= MOST_WITHOUT_ADAPTING


def test_a_shipped_pack_is_kept_until_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    name = "goals-5x5"
    shutil.copytree(LEVELS / name, tmp_path / name)
    monkeypatch.setattr(packs, "LEVELS", tmp_path)
    pack = packs.load_pack(name)
    assert packs.load_pack(name) is pack
    file = tmp_path / name / "pack.toml"
    file.write_text(file.read_text().replace(pack.title, "Changed"))
    os.utime(file, (1, 1))
    assert packs.load_pack(name).title == "Changed"
