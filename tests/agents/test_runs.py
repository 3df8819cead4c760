"""Agents on disk load as they were saved, and damaged files are refused with a reason."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from agents.agent_catalog import (
    CHECKPOINT,
    CONFIG,
    METRICS,
    RESULTS,
    WEIGHTS,
    agent_card,
    find_agent,
    list_pretrained,
)
from agents.array_files import HASH, hash_of
from agents.default_agents import default_agents
from agents.learner import AgentError, Learner
from agents.learner_registry import BUILT_IN, learner_class, make_learner
from agents.memory.memory_learner import TrialLearner
from agents.runs import (
    describe,
    load_agent,
    resume,
    write_checkpoint,
    write_weights,
)
from agents.training.evaluated_agents import contenders
from agents.training.run_status import read_status
from agents.training.train_config import read_training
from game.authoring.check import check
from game.files import write_atomically, write_json
from game.tasks.packs import list_packs, load_pack, pack_entry


@pytest.fixture
def run(tmp_path: Path) -> Path:
    learner = make_learner("maml", seed=5, hidden=(8,), inner_steps=2)
    write_json(tmp_path / CONFIG, describe("maml", learner, pack="mazes-9x9"))
    write_weights(tmp_path / "agent.safetensors", learner)
    return tmp_path


def edit(run: Path, **changes: object) -> None:
    config = json.loads((run / CONFIG).read_text())
    (run / CONFIG).write_text(json.dumps({**config, **changes}))


def test_a_saved_agent_loads_unchanged(run: Path):
    agent = load_agent(str(run))
    assert (agent.name, agent.pack) == (run.name, "mazes-9x9")
    original = make_learner("maml", seed=5, hidden=(8,), inner_steps=2)
    assert agent.learner.config == original.config
    a, b = agent.learner.state(), original.state()
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_any_damage_to_the_weights_is_noticed(run: Path):
    whole = (run / WEIGHTS).read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[at] ^= 0x41
        (run / WEIGHTS).write_bytes(broken)
        with pytest.raises(AgentError):
            load_agent(str(run))
    for length in (0, 7, len(whole) // 2, len(whole) - 1):
        (run / WEIGHTS).write_bytes(whole[:length])
        with pytest.raises(AgentError):
            load_agent(str(run))


def test_numbers_that_are_not_finite_are_refused(run: Path):
    state = load_agent(str(run)).learner.state()
    state["w0"][0, 0] = float("nan")
    safetensors.numpy.save_file(state, run / WEIGHTS)
    with pytest.raises(AgentError, match="not finite"):
        load_agent(str(run))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"options": 3}, "not the config of a run"),
        ({"learner": "magic"}, "no learner is called 'magic'"),
        ({"features": {"row": 4}}, "train it again"),
        ({"options": {"hidden": [9]}}, "does not hold the parameters"),
        ({"options": {"hiden": [8]}}, "option 'hiden' is not known here - did you mean 'hidden'"),
        ({"options": {"step_size": "big"}}, "'step_size' is 'big', and should be a number"),
        (
            {"options": {"objective": "luck"}},
            "'objective' is 'luck', and should be one of 'exact', 'sampled'",
        ),
        ({"options": {"inner": {"episodes": 0}}}, "'episodes' is 0"),
        (
            {"options": {"inner": {"episodes": [20]}}},
            "'episodes' is .*, and should be a whole number",
        ),
        ({"options": {"hidden": [10**12]}}, "'hidden' is"),
        ({"options": {"hidden": ["a"]}}, "'hidden' is .*, and should be a list of whole numbers"),
        ({"options": {"inner": 3}}, "'inner' is 3, and should be a table"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(run: Path, changes: dict, what: str):
    edit(run, **changes)
    with pytest.raises(AgentError, match=what):
        load_agent(str(run))


def test_a_network_larger_than_its_weights_is_refused_before_it_is_made(run: Path, monkeypatch):
    monkeypatch.setattr("agents.runs.build_learner", lambda *_: pytest.fail("made"))
    edit(run, options={"hidden": [64, 64]})
    with pytest.raises(AgentError, match=r"does not hold the parameters that config.json"):
        load_agent(str(run))
    edit(run, options={"hidden": [4096] * 16})
    with pytest.raises(AgentError, match=r"config.json: .* 254,025,728 weights, over the limit"):
        load_agent(str(run))
    header = b'{"w0": {"dtype": "F32", "shape": [1000000000, 9], "data_offsets": [0, 36000000000]}}'
    (run / WEIGHTS).write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(AgentError, match="is damaged"):
        load_agent(str(run))


@pytest.mark.parametrize("name", [n for n in BUILT_IN if BUILT_IN[n].trains])
def test_no_learner_has_fewer_numbers_than_its_config_says(name: str):
    learner = make_learner(name)
    n_numbers = sum(array.size for array in learner.state().values())
    assert n_numbers / 3 < learner.config.n_weights <= n_numbers


def checkpoint_in(run: Path) -> Learner:
    learner = make_learner("maml", seed=5, hidden=(8,), inner_steps=2)
    write_checkpoint(run / CHECKPOINT, learner.checkpoint(), json.dumps({"iteration": 7}))
    return learner


def test_damage_to_the_facts_of_a_checkpoint_is_noticed(run: Path):
    learner = checkpoint_in(run)
    assert resume(run, learner) == {"iteration": 7}
    whole = (run / CHECKPOINT).read_bytes()
    (run / CHECKPOINT).write_bytes(whole.replace(b'iteration\\": 7', b'iteration\\": 8'))
    with pytest.raises(AgentError, match="its hash does not match"):
        resume(run, learner)


def test_checkpoints_whose_hash_covers_the_arrays_alone_still_load(run: Path):
    learner = checkpoint_in(run)
    arrays = learner.checkpoint()
    data = safetensors.numpy.save(
        arrays, {HASH: hash_of(arrays, {}), "facts": '{"best": -Infinity}'}
    )
    (run / CHECKPOINT).write_bytes(data)
    assert resume(run, learner) == {"best": -np.inf}


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"iteration": -1}, "out of range"),
        ({"iteration": "7"}, "'iteration' is '7', and should be a whole number"),
        ({"iteratoin": 7}, "did you mean 'iteration'"),
        ({"totals": {"loss": 1.0}}, "sums of metrics"),
        ({"rows": [{"iteration": 1}, {"score_0": 1}]}, "a row of metrics lacks its iteration"),
    ],
)
def test_progress_that_cannot_be_is_refused(facts: dict, what: str):
    with pytest.raises(AgentError, match=f"^run: training cannot go on from it: .*{what}"):
        read_status(Path("run"), facts)


@pytest.mark.parametrize(
    ("training", "what"),
    [
        ({"iterations": 0}, "'iterations' is 0, and should be 1 to"),
        ({"seed": "0"}, "'seed' is '0', and should be a whole number"),
        ({"future": 1}, "'future' is not known here"),
        ({"minutes": 0.0}, "'minutes' is 0.0, and should be more than 0"),
        ([1], "no table"),
    ],
)
def test_training_that_cannot_be_is_refused(training: object, what: str):
    with pytest.raises(AgentError, match=f"^run: of its 'training', .*{what}"):
        read_training(Path("run"), training)


def test_results_out_of_range_are_no_usual_scores(run: Path):
    curve = {"episodes": [0, 20], "score_mean": [0.0, 0.5]}
    write_json(run / RESULTS, {"agents": {run.name: curve}})
    assert agent_card(str(run)).usual == ((0, 0.0), (20, 0.5))
    for wrong in ({"episodes": [0]}, {"score_mean": [0, 1e300]}, {"episodes": [0, 10**15]}):
        write_json(run / RESULTS, {"agents": {run.name: curve | wrong}})
        assert agent_card(str(run)).usual == ()


def test_a_card_has_the_levels_that_the_agent_was_evaluated_on(run: Path):
    agents = {run.name: {"episodes": [0, 20], "score_mean": [0.0, 0.5]}}
    kind = {"cells": 25, "states": 20, "tiles": ",", "goal": "hidden"}
    level = {"task": "a", "kind": kind, "scores": {run.name: [0.1, 0.5]}}
    write_json(run / RESULTS, {"agents": agents, "levels": [level]})
    [found] = agent_card(str(run)).tested
    assert (found.kind.cells, found.scores) == (25, [0.1, 0.5])
    wrong = (
        level | {"scores": {run.name: [0.1]}},
        level | {"scores": {run.name: [0.1, 1e300]}},
        level | {"scores": {}},
        level | {"kind": kind | {"states": 0}},
        {},
    )
    for one in wrong:
        write_json(run / RESULTS, {"agents": agents, "levels": [level, one]})
        assert agent_card(str(run)).tested == ()


def test_a_card_says_how_long_meta_training_took_and_on_how_many_levels(run: Path):
    write_json(run / CONFIG, json.loads((run / CONFIG).read_text()) | {"training": {"tasks": 32}})
    (run / METRICS).write_text("iteration,seconds,entropy\n5,1.5,1\n10,120.1,\n")
    card = agent_card(str(run))
    assert (card.training_seconds, card.training_levels) == (120.1, 320)
    for wrong in ("", "iteration,seconds\n", "iteration,seconds\nnan,1\n", "seconds\n3\n", "a,\0"):
        (run / METRICS).write_text(wrong)
        card = agent_card(str(run))
        assert (card.training_seconds, card.training_levels) == (None, None)


def test_agents_are_found_by_run_name_or_learner(run: Path, tmp_path_factory):
    assert find_agent(str(run)) == run
    for name in list_pretrained():
        assert find_agent(name).name == name
    with pytest.raises(AgentError, match=r"not \(yet\) a run"):
        find_agent(str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(AgentError, match=r"python main.py train here --learner maml"):
        find_agent("maml", "here")
    with pytest.raises(AgentError, match="train here --learner reptile --out runs/reptile-here"):
        find_agent("runs/reptile-here", "here")
    with pytest.raises(AgentError, match="no such run or agent"):
        find_agent("nobody")


def test_scratch_needs_no_run_and_its_seed_draws_it():
    a, b = load_agent("scratch", seed=0), load_agent("scratch", seed=1)
    assert not np.array_equal(a.learner.state()["w0"], b.learner.state()["w0"])


@pytest.mark.parametrize("name", list_pretrained())
def test_shipped_agents_load_are_small_and_record_their_command(name: str):
    folder = find_agent(name)
    agent = load_agent(name)
    packs = {path.name: path for path in list_packs()}
    assert load_pack(packs.get(agent.pack, folder / agent.pack)).split("train")
    config = json.loads((folder / CONFIG).read_text())
    has_memory = issubclass(learner_class(config["learner"]), TrialLearner)
    assert (folder / WEIGHTS).stat().st_size < (1_000_000 if has_memory else 300_000)
    assert config["command"].startswith("python main.py train ")
    assert {path.name for path in folder.iterdir()} >= {"metrics.csv", "curves.png", "results.json"}


def test_every_default_agent_of_a_pack_is_shipped():
    for path in list_packs():
        *watched, scratch = default_agents(pack_entry(path))
        assert scratch == "scratch"
        assert set(watched) <= set(list_pretrained())


def test_a_failed_write_leaves_the_last_good_file(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("good")

    def half(file: Path) -> None:
        file.write_text("ba")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_atomically(path, half)
    assert path.read_text() == "good"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def make_unreadable(path: Path, kind: str) -> None:
    """Put something in the place of a file that is none."""
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices are no files there")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_neither_read_nor_replaced(run: Path, kind: str, tmp_path_factory):
    for name in (WEIGHTS, CONFIG):
        whole = (run / name).read_bytes()
        make_unreadable(run / name, kind)
        with pytest.raises(
            AgentError, match=f"{name}: cannot be read: this is (no regular|a fold)"
        ):
            load_agent(str(run))
        with pytest.raises(OSError, match="is not replaced - name another one"):
            write_json(run / name, {})
        (run / name).rmdir() if kind == "folder" else (run / name).unlink()
        (run / name).write_bytes(whole)
    folder = tmp_path_factory.mktemp("pack")
    for name in ("pack.toml", "a.txt"):
        make_unreadable(folder / name, kind)
        with pytest.raises(OSError, match=r"this is (no regular file|a folder)"):
            load_pack(folder)
        assert "this is" in check([str(folder)])[0]["errors"][0]
        (folder / name).rmdir() if kind == "folder" else (folder / name).unlink()


def test_a_link_to_a_file_is_read_and_its_file_replaced(run: Path, tmp_path_factory):
    linked = tmp_path_factory.mktemp("linked")
    for name in (CONFIG, WEIGHTS):
        (linked / name).symlink_to(run / name)
    assert load_agent(str(linked)).pack == "mazes-9x9"
    write_json(linked / CONFIG, {"other": 1})
    assert (linked / CONFIG).is_symlink()
    assert json.loads((run / CONFIG).read_text()) == {"other": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="names are always text there")
def test_an_agent_in_a_folder_whose_name_is_not_utf8_is_named_in_text(run: Path):
    folder = run.rename(run.with_name("caf\udce9"))
    assert load_agent(str(folder)).name == agent_card(str(folder)).name == "caf\\xe9"
    assert list(contenders([str(folder)], "")) == ["caf\\xe9"]


def test_a_card_lists_the_training_tasks(run: Path):
    assert agent_card("scratch").trained_on == frozenset()
    assert agent_card(str(run)).trained_on == frozenset()  # every task was new
    edit(run, trained_on=["0123456789ab"])
    assert agent_card(str(run)).trained_on == {"0123456789ab"}
    assert agent_card(str(run)).episodes == 20
    edit(run, learner="rl2", options={}, episodes_per_step=None)  # as in older runs
    assert agent_card(str(run)).episodes == 1  # a step of memory is an episode
