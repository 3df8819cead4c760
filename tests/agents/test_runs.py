"""Agents on disk load as they were saved, and damaged files are refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from agents.agent_catalog import CONFIG, WEIGHTS, agent_card, find_agent, list_pretrained
from agents.learner import AgentError
from agents.learner_registry import learner_class, make_learner
from agents.memory.memory_learner import MemoryLearner
from agents.runs import describe, load_agent, write_weights
from game.files import write_atomically, write_json
from game.tasks.packs import list_packs, load_pack


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
    assert agent.pack in [path.name for path in list_packs()]
    config = json.loads((folder / CONFIG).read_text())
    has_memory = issubclass(learner_class(config["learner"]), MemoryLearner)
    assert (folder / WEIGHTS).stat().st_size < (1_000_000 if has_memory else 300_000)
    assert config["command"].startswith("python main.py train ")
    assert {path.name for path in folder.iterdir()} >= {"metrics.csv", "curves.png", "results.json"}


def test_every_default_agent_of_a_pack_is_shipped():
    for path in list_packs():
        assert load_pack(path).agent in list_pretrained()


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


def test_a_card_lists_the_training_tasks(run: Path):
    assert agent_card("scratch").trained_on == frozenset()
    assert agent_card(str(run)).trained_on == frozenset()  # every task was new
    edit(run, trained_on=["0123456789ab"])
    assert agent_card(str(run)).trained_on == {"0123456789ab"}
    assert agent_card(str(run)).episodes == 20
    edit(run, learner="rl2", options={}, episodes_per_step=None)  # as in older runs
    assert agent_card(str(run)).episodes == 1  # a step of memory is an episode
