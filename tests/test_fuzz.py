"""Damaged and hostile files are refused in words: no traceback, no long wait, no flood of memory.

A small sample of mutated files runs always. GRIDAPT_FUZZ=20000 tries so many agents, and a quarter
as many packs.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from agents.agent_catalog import CHECKPOINT, CONFIG, RESULTS, WEIGHTS, agent_card
from agents.array_files import HASH, HASH_OF_ALL, hash_of
from agents.learner import AgentError
from agents.learner_registry import BUILT_IN, advised_config, make_learner
from agents.runs import (
    describe,
    load_agent,
    load_run,
    resume,
    write_checkpoint,
    write_weights,
)
from agents.training.evaluated_agents import contenders
from agents.training.run_status import RunStatus, read_status
from agents.training.train_config import TrainConfig, read_training
from game.authoring.starter import PACK
from game.files import write_json
from game.tasks.pack_file import PackError
from game.tasks.packs import list_packs, load_pack, pack_entry
from game.text.level import LevelError

THOROUGH = int(os.environ.get("GRIDAPT_FUZZ", "0"))
N_AGENTS, N_PACKS = (THOROUGH, THOROUGH // 4) if THOROUGH else (15, 15)
SEED = int(os.environ.get("GRIDAPT_FUZZ_SEED", "0"))
LONGEST = 1.0  # seconds for one file
TASKS_A_SECOND = 500  # that a pack lists, on a busy machine
MOST_MEMORY = 300  # MB above the size before
NASTY: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 7, 16, 4096, 10**4, 10**6, 10**9, 2**31, 2**63, 10**30),
    *(0.5, -0.0, 1e-300, 1e308, 1e999, -1e999, float("nan"), "", "a", "\0", "\ud800", "\udce9"),
    *(
        "x" * 300,
        "../..",
        "[/red]",
        "$\\foo$",
        "%s",
        "\n",
        "\x1b[31m",
        [],
        {},
        [0],
        [[]],
        ["", "a"],
    ),
    *([4096] * 16, [10**9], {"a": {}}, {"__metadata__": {}}, "F32", "F64", "BF16", "maml", "rl2"),
    *(
        "scratch",
        "random",
        "transformer",
        "varibad",
        "cavia",
        "os:system",
        "a.py:A",
        [-1, 8],
        [8, 8],
    ),
]


resource = pytest.importorskip("resource")  # Windows has none


def within_limits(work: Callable[[], int | None], allowed: tuple[type[Exception], ...]) -> None:
    """Do the work: it may raise these errors, and takes little time and memory.

    It may return the number of tasks that it has read, which take their time.
    """
    began, before, tasks = time.process_time(), _peak(), None
    with contextlib.suppress(*allowed):
        tasks = work()
    seconds = LONGEST * max(1, (tasks or 0) / TASKS_A_SECOND)
    assert time.process_time() - began < seconds * (1 if THOROUGH else 5)
    assert _peak() - before < MOST_MEMORY


def _peak() -> float:
    """The greatest size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10)


# --- mutations ---------------------------------------------------------------------------------


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    """The bytes with a few of them changed, added, repeated or lost."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 30))):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at:at] = rng.choice(
                (b"0", b"9" * 30, b"[" * 2000, b'"', b"\xff", b"e999", b"{", b"-")
            )
        elif kind == 2:
            del out[at : at + rng.choice((1, 1, 8, 100))]
        elif kind == 3:
            out[at:at] = out[at : at + rng.choice((1, 10, 60))]
        elif rng.random() < 0.1:
            del out[at:]
    return bytes(out)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key or index) in a value of JSON."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(pairs):
        yield value, key
        if isinstance(one, dict | list):
            yield from places(one)


def mutated_value(value: Any, rng: random.Random) -> Any:
    """A value of JSON with a part replaced, removed, added or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        found = list(places(value))
        if not found:
            return rng.choice(NASTY)
        container, key = rng.choice(found)
        other, other_key = rng.choice(found)
        kind = rng.randrange(6)
        if kind <= 2:
            container[key] = copy.deepcopy(rng.choice(NASTY))
        elif kind == 3:
            del container[key]
        elif kind == 4 and isinstance(container, dict):
            container[rng.choice(("new", "", "__metadata__", "options", "a\n"))] = rng.choice(NASTY)
        else:
            container[key] = copy.deepcopy(other.get(other_key) if isinstance(other, dict) else 1)
    return value


def mutated_json(data: bytes, rng: random.Random) -> bytes:
    """A JSON file with its bytes or a value changed."""
    if rng.random() < 0.3:
        return mutated_bytes(data, rng)
    value = rng.choice(NASTY) if rng.random() < 0.02 else mutated_value(json.loads(data), rng)
    return json.dumps(value).encode()


def mutated_tensors(data: bytes, rng: random.Random) -> bytes:
    """A safetensors file with its bytes, header or arrays changed; the hash may be right."""
    kind = rng.randrange(3)
    if kind == 0:
        return mutated_bytes(data, rng)
    length = int.from_bytes(data[:8], "little")
    if kind == 1:
        header = json.dumps(mutated_value(json.loads(data[8 : 8 + length]), rng)).encode()
        return len(header).to_bytes(8, "little") + header + data[8 + length :]
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    facts = {key: text for key, text in metadata.items() if key == "facts"}
    arrays = load(data)
    name = rng.choice(list(arrays))
    array = arrays.pop(name)
    changes: list[Any] = [
        lambda: None,
        lambda: array.astype(rng.choice(("f8", "f2", "i8", "u1", "?"))),
        lambda: array[None],
        lambda: array[:0] if array.ndim else array.reshape(1),
        lambda: array * float("nan"),
        lambda: array.ravel()[:1],
    ]
    changed = rng.choice(changes)()  # numpy makes scalars of some
    if changed is not None:
        arrays[rng.choice((name, name, "other", "adam.step.w0"))] = np.asarray(changed)
    if facts and rng.random() < 0.5:
        facts = {"facts": json.dumps(mutated_value(json.loads(facts["facts"]), rng))}
    key = HASH_OF_ALL if facts else HASH
    return save(arrays, {key: hash_of(arrays, facts), **facts})


def mutated_toml(text: str, rng: random.Random) -> str:
    """A pack.toml with bytes, lines or values changed."""
    lines = text.split("\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        key, equals, _ = lines[at].partition("=")
        kind = rng.randrange(5)
        if kind <= 1 and equals:
            value = json.dumps(rng.choice(NASTY)).replace("Infinity", "inf").replace("NaN", "nan")
            lines[at] = f"{key}= {value}"
        elif kind == 2:
            del lines[at]
            lines = lines or [""]
        elif kind == 3:
            lines.insert(other, lines[at])
        elif kind == 4 and rng.random() < 0.3:
            lines[at] = ".".join(["a"] * rng.choice((3, 60, 5000))) + " = 1"
    text = "\n".join(lines)
    if rng.random() < 0.4:
        return mutated_bytes(text.encode(), rng).decode("utf-8", "surrogateescape")
    return text


# --- agents ------------------------------------------------------------------------------------


def write_run(folder: Path, learner_name: str) -> None:
    """A small run with all its files, as `train` and `eval` write them."""
    small = (
        {"hidden": (8,)}
        if BUILT_IN[learner_name].module.startswith("agents.grad")
        else {"width": 8}
    )
    learner = make_learner(learner_name, 0, **small)
    training, status = TrainConfig(iterations=3, tasks=2), RunStatus(1, 0.5, 1.0, 40, 2)
    status.rows, status.totals, status.since = [{"iteration": 1, "score_0": 0.1}], {"loss": 1.0}, 1
    facts = {"pack": "goals-5x5", "command": "python main.py train", "trained_on": ["0123456789ab"]}
    folder.mkdir()
    write_weights(folder / WEIGHTS, learner)
    write_checkpoint(folder / CHECKPOINT, learner.checkpoint(), json.dumps(vars(status)))
    config = describe(learner_name, learner, training=vars(training), versions={}, **facts)
    write_json(folder / CONFIG, config)
    curve = {"episodes": [0, 20, 40], "score_mean": [0.0, 0.5, 0.75]}
    write_json(folder / RESULTS, {"agents": {"changed": curve}})


def use_run(folder: Path) -> None:
    """Everything that reads the files of a run."""
    agent_card(str(folder))
    load_agent(str(folder))
    contenders([str(folder), "scratch"], "goals-5x5")
    _, learner, config = load_run(folder)
    read_training(folder / CONFIG, config["training"])
    read_status(folder / CHECKPOINT, resume(folder, learner))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A run of each of some learners; they are used once, so that all is imported and cached."""
    folder = tmp_path_factory.mktemp("runs")
    names = ("maml", "rl2", "varibad", "transformer", "cavia", "reptile")[: 6 if THOROUGH else 2]
    for name in names:
        write_run(folder / name, name)
        use_run(folder / name)
    return [folder / name for name in names]


@pytest.mark.timeout(0 if THOROUGH else 120)
def test_mutated_agents_are_refused_in_words(runs: list[Path], tmp_path: Path):
    rng, changed = random.Random(SEED), tmp_path / "changed"
    for number in range(N_AGENTS):
        run = rng.choice(runs)
        shutil.copytree(run, changed)
        for name in rng.sample((CONFIG, WEIGHTS, CHECKPOINT, RESULTS), rng.choice((1, 1, 1, 2))):
            data, is_json = (run / name).read_bytes(), name.endswith(".json")
            mutate = mutated_json if is_json else mutated_tensors
            (changed / name).write_bytes(mutate(data, rng))
        try:
            within_limits(lambda: use_run(changed), (AgentError,))
        except BaseException:
            print(f"agent {number}, {run.name}: {changed}")
            raise
        shutil.rmtree(changed)


# --- packs -------------------------------------------------------------------------------------


MIXTURE = """[mixture]
seed = 3
validation = 2
test = 2
[mixture.packs]
goals-5x5 = 1
[mixture.sketches]
hall = 1
rink = 2
[mixture.parameters]
most_side = 9
large_side = 12
most_states = 400
large_states = 500
"""


def pack_texts() -> list[str]:
    """The shipped pack.toml files with fewer tasks, and others that divide by all methods."""
    folders = [folder for folder in list_packs() if folder.name != "worlds"]  # see MIXTURE
    texts = [(folder / "pack.toml").read_text(encoding="utf-8") for folder in folders]
    texts = [re.sub(r"(?m)^(validation|test) = \d+", r"\1 = 2", text) for text in texts]
    by_file = '[split]\nby = "file"\ntrain = ["a.txt"]\nvalidation = ["b*"]\ntest = ["c.txt"]\n'
    goals = '[split]\nby = "goals"\n[split.goals]\n"open.txt" = """\n@tv\nhtt\n"""\n'
    return [*texts, PACK, MIXTURE, by_file, goals]


LEVEL = """goal: hidden
slip: left={0, 0.2} right=0.1
controls: {normal, down up left right}
wind: {east 0.1, none}
legend: q = ? pays=0.5..2 title="far"
map:
@??
?q?
"""


@pytest.mark.timeout(0 if THOROUGH else 120)
def test_mutated_packs_are_refused_in_words(tmp_path: Path):
    rng, texts = random.Random(SEED), pack_texts()
    for name in ("open", "a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(f"title: {name}\n{LEVEL}", encoding="utf-8")

    def use_pack() -> int:
        pack_entry(tmp_path)
        pack = load_pack(tmp_path)
        for learner in list(pack.train.tables)[:20]:
            if learner in BUILT_IN:
                advised_config(pack, learner)
        return sum(len(split.tasks) for split in pack.splits.values())

    advised_config("mazes-9x9", "rl2")  # imports
    for number in range(N_PACKS):
        text = mutated_toml(rng.choice(texts), rng)
        (tmp_path / "pack.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
        try:
            within_limits(use_pack, (PackError, LevelError))
        except BaseException:
            print(f"pack {number}:\n{text}")
            raise
