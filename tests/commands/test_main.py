"""The command line as people use it: what it writes, what it refuses, and its exit codes."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from agents.default_agents import GENERALISTS
from agents.learner_registry import advised_config, make_config
from agents.run_folder import LOCK
from commands import main
from commands.exit_codes import NOTHING_SAVED
from commands.open_window import learners_process, open_window, saved_message
from commands.train import parse_train
from game.authoring.check import check
from game.tasks.pack_file import PackError
from game.tasks.packs import list_packs, load_pack, pack_advice
from game.text.reading import parse
from tests.view_data import Script

ROOT = Path(__file__).resolve().parents[2]
LEVEL = "title: Corner\nsteps: 12\nmap:\n@.~\n.#.\n,.G\n"


def run(*arguments: str) -> int:
    """The exit code of a command."""
    try:
        return main.main(list(arguments))
    except SystemExit as error:
        return int(error.code or 0)


@pytest.fixture
def level(tmp_path: Path) -> str:
    path = tmp_path / "corner.txt"
    path.write_text(LEVEL, encoding="utf-8")
    return str(path)


def watch(level: str, out: Path, *more: str, seed: int = 0, steps: int = 2) -> dict:
    arguments = ["--headless", "--seed", str(seed), "--steps", str(steps), "--out", str(out)]
    assert run("watch", level, *arguments, *more) == 0
    return json.loads((out / "trace.json").read_text())


# --- the commands ------------------------------------------------------------------------------

LINES = [
    ["watch"],
    ["watch", "boxes", "--versus", "a", "b", "--seed=3", "--agent", "None", "--out", "x"],
    ["play", "a.txt", "--episodes", "7", "--show_goal", "--learner", "a.py:A", "b.py:B"],
    ["eval", "a", "--agent", "b", "c"],
    ["levels", "check", "a.txt", "b.txt", "--json"],
    ["levels", "sample", "boxes", "-n", "2", "--split", "test"],
    ["bench", "--only", "x", "--no-json"],
]


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_command_by_itself_reads_a_line_as_all_together_do(line: list[str]):
    together = main._parse_among_all(line)
    assert main._parse_alone(line) == getattr(together, "command", together)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    for line, names in ((["--help"], main.COMMANDS), (["levels", "--help"], main.LEVEL_COMMANDS)):
        assert run(*line) == 0
        listed = re.findall(r"[•*] (\w+)", capsys.readouterr().out)
        assert [name for name in listed if name in names] == [*names]


def test_an_error_may_suggest_options_of_another_command(capsys: pytest.CaptureFixture[str]):
    assert run("watch", "--number", "3") == 2
    assert "levels sample --help" in " ".join(capsys.readouterr().err.split())


# --- watch --headless --------------------------------------------------------------------------


def test_a_headless_watch_writes_the_trace_the_policy_and_pictures(level: str, tmp_path: Path):
    agent = "maml-mazes-9x9"
    trace = watch(level, tmp_path / "out", "--agent", agent, "--versus", "scratch", steps=5)
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"trace.json", "policy.npz", "curve.png", "board.png", "adaptation.gif"}
    keys = {"level", "task", "seed", "optimal_return", "random_return", "replay"}
    keys |= {"agent", "scratch"}
    assert set(trace) == keys
    assert (trace["level"], trace["seed"]) == (Path(level).name, 0)
    assert trace["task"] == load_pack(level).split("test").tasks[0].id
    assert trace["agent"]["name"] == agent
    room = trace["optimal_return"] - trace["random_return"]
    for who in ("agent", "scratch"):
        steps = trace[who]["steps"]
        assert [step["step"] for step in steps] == [0, 1, 2, 3, 4, 5]
        assert [step["episodes"] for step in steps] == [0, 20, 40, 60, 80, 100]
        assert [step["gradient_steps"] for step in steps] == [0, 1, 2, 3, 4, 5]
        spent = [step["env_steps"] for step in steps]
        assert spent[0] == 0
        assert all(0 < b - a <= 20 * 12 for a, b in itertools.pairwise(spent))
        for step in steps:
            expected = (step["return_exact"] - trace["random_return"]) / room
            assert step["score"] == pytest.approx(expected)


def test_a_level_of_ones_own_gets_the_best_generalist(level: str, tmp_path: Path):
    agent = watch(level, tmp_path / "out", steps=2)["agent"]
    assert agent["name"] == GENERALISTS[0]
    for k, step in enumerate(agent["steps"]):
        assert (step["episodes"], step["gradient_steps"]) == (20 * k, 0)
        assert 0 <= step["explored"] <= 1
    assert agent["steps"][-1]["score"] > 0.9
    assert not agent["steps"][-1]["searching"]


def test_the_same_seed_gives_the_same_files_and_another_seed_others(level: str, tmp_path: Path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        watch(level, tmp_path / name, "--versus", "scratch", seed=seed)
    for file in ("trace.json", "policy.npz", "curve.png", "board.png", "adaptation.gif"):
        a, b = ((tmp_path / name / file).read_bytes() for name in "ab")
        assert a == b, file
    assert (tmp_path / "a/trace.json").read_bytes() != (tmp_path / "c/trace.json").read_bytes()


def test_the_trace_can_be_recomputed_from_the_saved_policy(tmp_path: Path):
    path = tmp_path / "slippery.txt"
    path.write_text("slip: 0.2\nsteps: 9\nmap:\n@.,\n.#~\n@.G\n", encoding="utf-8")
    trace = watch(str(path), tmp_path / "out")
    saved = np.load(tmp_path / "out" / "policy.npz")
    n_states = len(saved["cell"])
    assert saved["action_probs"].shape == (3, n_states, 5)
    assert saved["cell"].tolist() == [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 0],
        [1, 2],
        [2, 0],
        [2, 1],
        [2, 2],
    ]
    rng = random.Random(0)
    sides = {0: (2, 3), 1: (2, 3), 2: (0, 1), 3: (0, 1)}
    names = ("starts", "slip", "reward", "terminated", "next_state")
    starts, slip, reward, terminated, next_state = (saved[name].tolist() for name in names)
    for step, probs in zip(trace["agent"]["steps"], saved["action_probs"].tolist()):
        returns = []
        for _ in range(1500):
            state, total = rng.choice(starts), 0.0
            for _ in range(int(saved["steps"])):
                (action,) = rng.choices(range(5), probs[state])
                if action < 4 and rng.random() < slip[state]:
                    action = rng.choice(sides[action])
                total += reward[state][action]
                ended = terminated[state][action]
                state = next_state[state][action]
                if ended:
                    break
            returns.append(total)
        error = np.std(returns) / np.sqrt(len(returns))
        assert abs(np.mean(returns) - step["return_exact"]) <= 4 * error + 1e-9


def test_a_pack_is_watched_on_its_held_out_tasks(tmp_path: Path):
    held_out = load_pack("goals-5x5").split("test").tasks
    traces = [watch("goals-5x5", tmp_path / str(s), seed=s, steps=0) for s in (1, 6)]
    assert [trace["task"] for trace in traces] == [held_out[1].id] * 2


# --- what is refused ---------------------------------------------------------------------------

BAD = {
    "ragged": "map:\n###\n#@\n#G#\n",
    "two": "steps: -3\nmap:\n@xG\n",
    "tile": "map:\n@ZG\n",
    "start": "map:\n..G\n",
    "goal": "map:\n@..\n",
    "steps": "steps: -3\nmap:\n@G\n",
    "junk": bytes(range(256)) * 8,
    "empty": b"",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", ["watch", "check", "train"])
def test_a_malformed_level_exits_1_with_places_and_no_traceback(
    name: str, command: str, tmp_path: Path, capsys
):
    path, text = tmp_path / f"{name}.txt", BAD[name]
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    out = ["--out", str(tmp_path / "out")]
    arguments = {
        "watch": ["watch", str(path), "--headless", *out],
        "train": ["train", str(path), *out],
        "check": ["levels", "check", str(path)],
    }
    assert run(*arguments[command]) == 1
    shown = "".join(capsys.readouterr())
    places = re.findall(rf"^{re.escape(str(path))}:\d+:\d+: .+ - .+", shown, re.MULTILINE)
    assert len(places) >= (2 if name == "two" else 1)
    assert "Traceback" not in shown
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["watch", "nowhere.txt"], 1, "no such file"),
        (["play", "nowhere.txt"], 1, "no such file"),
        (["play", "showcase", "--episodes", "0"], 2, "--episodes"),
        (["play", "showcase", "--duel", "nobody"], 2, "no such run"),
        (["train", "showcase", "--out", "{out}"], 1, "no training tasks"),
        (["train", "goals-5x5", "--learner", "magic"], 2, "no learner is called 'magic'"),
        (["train", "goals-5x5", "--tasks", "0"], 2, "at least 1"),
        (["eval", "showcase", "--split", "train", "--agent", "scratch"], 1, "no train tasks"),
        (["exercise", "sums"], 2, "warm-up"),
        (["exercise", "goals", "--budget", "0"], 2, "--budget"),
        (["eval", "goals-5x5", "--agent", "nobody"], 2, "no such run or agent"),
        (["eval", "goals-5x5", "--seeds", "100000000"], 2, "at most 1,000"),
        (["eval", "goals-5x5", "--seeds", "900", "--steps", "999"], 2, "limit of 1,000,000"),
        (["train", "goals-5x5", "--tasks", "1000000000"], 2, "at most 10,000"),
        (
            ["train", "goals-5x5", "--tasks", "9999", "--episodes", "9999"],
            2,
            "limit of 2,000,000",
        ),
        (["train", "goals-5x5", "--hidden", "4096", "4096"], 2, "19,144,704 weights"),
        (["microscope", "goals-5x5", "--samples", "100000000000"], 2, "at most 20,000"),
        (["levels", "fixed", "goals-5x5", "--tasks", "1000000000"], 2, "at most 1,000"),
        (["levels", "sample", "goals-5x5", "-n", "1", "--png", "/dev/null"], 1, "no regular file"),
        (["watch", "{level}", "--seed", "9" * 30], 2, "--seed is at least 0, and at most"),
        (["watch", "{level}", "--seed", "9" * 5000], 2, ""),
        (["watch", "{level}", "--headless"], 2, "go together"),
        (["watch", "{level}", "--headless", "--out", "{out}", "--agent", "x"], 2, "no such run"),
        (["watch", "--steps", "five"], 2, ""),
        (["levels", "lsit"], 2, ""),
        (["levels", "check"], 2, "name the level files"),
        (["nonsense"], 2, ""),
    ],
)
def test_exit_codes(arguments: list[str], code: int, what: str, level: str, tmp_path: Path, capsys):
    places = {"level": level, "out": str(tmp_path / "out")}
    assert run(*(argument.format(**places) for argument in arguments)) == code
    shown = "".join(capsys.readouterr())
    assert what in shown
    assert "Traceback" not in shown


def test_a_level_too_large_to_see_is_refused(tmp_path: Path, capsys):
    path = tmp_path / "wide.txt"
    path.write_text("map:\n@" + "." * 20 + "G\n")
    arguments = ("watch", str(path), "--headless", "--out", str(tmp_path / "out"))
    assert run(*arguments, "--agent", "maml-mazes-9x9") == 1
    assert "1 x 22" in capsys.readouterr().err
    assert run(*arguments, "--steps", "1") == 0  # the default agent sees maps of any size


def test_without_a_display_the_window_is_refused_with_what_to_do():
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("SDL_VIDEODRIVER", None)
    result = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2
    assert "--headless" in result.stderr
    assert "Traceback" not in result.stderr


# --- levels ------------------------------------------------------------------------------------


def test_check_reports_all_files_in_json(level: str, tmp_path: Path, capsys):
    bad = tmp_path / "bad.txt"
    bad.write_text("map:\n@\n")
    assert run("levels", "check", level, str(bad), str(tmp_path / "none.txt"), "--json") == 1
    reports = json.loads(capsys.readouterr().out)
    assert [bool(report["errors"]) for report in reports] == [False, True, True]
    assert reports[0]["states"] == 8
    assert reports[0]["shortest_path"] == 4
    assert reports[0]["optimal_return"] == pytest.approx(0.6)


def test_check_warns_of_what_is_legal_but_suspicious(tmp_path: Path, capsys):
    path = tmp_path / "odd.txt"
    path.write_text("steps: 2\nmap:\n@..?\n##?#\n####\n###?\n")
    assert run("levels", "check", str(path)) == 0
    shown = capsys.readouterr().out
    assert "out of reach" in shown
    assert "2 steps, but the way to row 1 column 4 takes 3" in shown


def test_a_goal_that_opponents_never_let_pass_to_is_an_error(tmp_path: Path, capsys):
    path = tmp_path / "narrow.txt"
    path.write_text("map:\n@..M..G\n")
    assert run("levels", "check", str(path)) == 1
    assert "the opponents block every way to a goal" in capsys.readouterr().out


def test_sample_draws_tasks_of_a_family(tmp_path: Path, capsys):
    path = tmp_path / "family.txt"
    path.write_text("slip: 0..0.2\ncontrols: shuffled\nvary: rotate\nmap:\n@.?\n.o?\n")
    assert run("levels", "sample", str(path), "-n", "5", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert len({row["task"] for row in rows}) == 5
    assert all({"goal", "controls", "slip"} <= set(row["drawn"]) for row in rows)
    assert all(row["shortest_path"] in (2, 3) for row in rows)
    assert run("levels", "sample", str(path)) == 0
    shown = capsys.readouterr().out
    assert shown.count("controls") == 8
    assert rows[0]["task"] in shown  # the same seed
    assert run("levels", "check", str(path), "--json") == 0
    report = json.loads(capsys.readouterr().out)[0]
    assert (report["tasks"], report["sampled"]) == (256, True)


def test_a_level_with_too_many_states_is_refused_with_its_factors(tmp_path: Path, capsys):
    path = tmp_path / "large.txt"
    path.write_text("map:\n@" + "." * 49 + "G\n" + ("." * 51 + "\n") * 40 + "H" * 51 + "\n")
    assert run("levels", "check", str(path)) == run("levels", "show", str(path)) == 1
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert text.startswith(f"{path}:2:1: the level has up to")
        assert "cells of the hunters), over the limit of 65,536" in text


def test_shipped_packs_pass_their_own_check(capsys):
    assert run("levels", "check", "showcase", "goals-5x5", "mazes-9x9") == 0


def test_list_legend_show_and_hash(level: str, capsys):
    for command in (["list"], ["legend"], ["show", level], ["hash", level]):
        assert run("levels", *command) == 0
    shown = capsys.readouterr().out
    task = load_pack(level).split("test").tasks[0]
    assert "mazes-9x9" in shown
    assert "water" in shown
    assert shown.count(task.id) == 2
    assert run("levels", "list", "--json") == run("levels", "legend", "--json") == 0


def test_of_many_tasks_the_first_are_shown(capsys):
    assert run("levels", "show", "mazes-9x9") == 0
    shown = capsys.readouterr().out
    assert shown.count("shortest path") == 24
    assert "and 140 more" in shown


def test_the_readme_shows_a_level_that_is_right():
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    levels = [block for block in blocks if "map:" in block]
    assert levels
    for text in levels:
        parse(text)


# --- train and eval ----------------------------------------------------------------------------


def test_train_then_eval_then_watch_ones_own_run(level: str, tmp_path: Path, capsys):
    out = str(tmp_path / "run")
    few = ["--iterations", "2", "--tasks", "3", "--inner-steps", "1", "--hidden", "8"]
    assert run("train", "goals-5x5", "--learner", "maml", "--out", out, *few) == 0
    assert run("eval", "goals-5x5", "--agent", out, "scratch", "--out", str(tmp_path / "e")) == 0
    results = json.loads((tmp_path / "e" / "results.json").read_text())
    assert set(results["agents"]) == {"run", "scratch"}
    assert (tmp_path / "e" / "curves.png").stat().st_size > 0
    assert watch(level, tmp_path / "w", "--agent", out)["agent"]["name"] == "run"


def test_eval_refuses_what_an_agent_was_trained_on_unless_it_is_asked_for(tmp_path: Path, capsys):
    shutil.copytree(ROOT / "levels" / "goals-5x5", tmp_path / "swapped")
    toml = tmp_path / "swapped" / "pack.toml"
    head, mark, drawing = toml.read_text().rpartition("\n@")  # the map of goals by their split
    toml.write_text(head + mark + drawing.translate(str.maketrans("ht", "th")))
    few = ["--iterations", "1", "--tasks", "2", "--inner-steps", "1", "--hidden", "8"]
    out = str(tmp_path / "run")
    assert run("train", str(tmp_path / "swapped"), "--out", out, *few) == 0
    capsys.readouterr()
    asked = ["eval", "goals-5x5", "--agent", out, "--steps", "1", "--seeds", "1"]
    assert run(*asked) == 2
    assert "trained on 5 of these 5 tasks of goals-5x5" in capsys.readouterr().err
    assert run(*asked, "--split", "train") == 0
    assert run("eval", "gridnavi", *asked[2:], "--also", "goals-5x5") == 2
    assert run("eval", "gridnavi", *asked[2:], "--also", "showcase") == 0


def test_what_the_shipped_packs_advise_are_options_of_learners():
    advised = [(folder, name) for folder in list_packs() for name in pack_advice(folder).tables]
    assert len(advised) > 10
    for folder, learner in advised:
        assert advised_config(folder, learner) != make_config(learner)


def write_advice(folder: Path, advice: str) -> Path:
    """A pack with a level and this advice."""
    (folder / "open.txt").write_text("goal: hidden\nmap:\n@???\n????\n", encoding="utf-8")
    (folder / "pack.toml").write_text(f'title = "maml"\n{advice}\n', encoding="utf-8")
    return folder


def test_a_pack_advises_options_of_a_learner_and_what_is_typed_counts_more(tmp_path: Path, capsys):
    write_advice(tmp_path, "[train.maml]\nhidden = []\nstep_size = 2\ninner.episodes = 5")
    out = tmp_path / "run"
    arguments = ["train", str(tmp_path), "--iterations", "1", "--step-size", "3", "--out", str(out)]
    assert run(*arguments) == 0
    said = "options from the pack: hidden = [], step_size = 2, inner.episodes = 5"
    assert said in capsys.readouterr().out
    config = json.loads((out / "config.json").read_text())
    assert config["training"]["tasks"] == len(load_pack(tmp_path).split("train").tasks)
    options = config["options"]
    assert (options["hidden"], options["step_size"]) == ([], 3)
    assert options["inner"] == asdict(make_config("maml", hidden=()).inner) | {"episodes": 5}
    assert run("train", str(tmp_path), "--resume", "--iterations", "2", "--out", str(out)) == 0
    assert json.loads((out / "config.json").read_text())["options"]["step_size"] == 3


@pytest.mark.parametrize(
    ("advice", "complaint"),
    [
        ("[train]\nmaml = '--out victim --overwrite'", r"3:1: 'maml' is no table of options"),
        ("[train]\nmaml = '--entropy 0.03'", r"3:1: 'maml' is no table .* write \[train.maml\]"),
        *(
            (f"[train.fomaml]\n{name} = 1\n[train.maml]\n{name} = 1", rf"5:1: '{name}' is not")
            for name in ("out", "overwrite", "resume", "window", "tensorboard", "learner")
        ),
        *(
            (f"train.maml.'{name}' = 1", rf"2:1: '{name}' is not known here")
            for name in ("iterations", "minutes", "seed", "tasks", "--out", "step-size", "@file")
        ),
        ("[train.maml]\ninner.discounts = 1", r"3:1: 'discounts' .* did you mean 'discount'"),
        ("[train.maml]\ninner.discount = 'x'", r"3:1: 'discount' is 'x', and should be a number"),
        ("[train.maml]\nstep_size = nan", r"3:1: 'step_size' is a number that is not finite"),
        ("[train.maml]\nstep_size = 1e9", r"2:1: 'maml' cannot be .* 'step_size' is 1000000000"),
    ],
)
def test_a_pack_sets_options_of_its_learner_and_nothing_else(
    advice: str, complaint: str, tmp_path: Path
):
    write_advice(tmp_path, advice)
    with pytest.raises(PackError, match=rf"^{re.escape(str(tmp_path))}.pack\.toml:{complaint}"):
        parse_train(["train", str(tmp_path)])


def test_advice_holds_for_a_file_by_its_name_and_not_for_a_resumed_run(tmp_path: Path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from agents.gradient.maml import Maml, MamlConfig\nclass Mine(Maml): Config = MamlConfig\n"
    )
    advice = "[train.'mine.py:Mine']\nstep_size = 7\n[train]\nmaml = '--out victim'"
    pack = write_advice(tmp_path, advice)
    named = ["train", str(pack), "--learner", f"{file}:Mine"]
    assert parse_train(named).options.step_size == 7.0
    assert parse_train(["train", str(pack), "--resume"]).options == make_config("maml")
    assert advised_config(load_pack(pack), "fomaml") == make_config("fomaml")
    assert "'maml' is no table of options" in check([str(pack)])[-1]["errors"][0]


def test_a_window_that_is_told_to_end_ends_well(monkeypatch, tmp_path: Path):
    """As a session does that ends: exit code 0, and the learners' process is closed."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    closed: list[bool] = []

    class Feed(Script):
        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr("agents.training.worker.Worker", lambda *_: Feed())
    monkeypatch.setattr("game.view.window.run", lambda app: signal.raise_signal(signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended, learners_process() as feed:
            open_window(feed, "train", args=("train", "goals-5x5"))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 0
    assert closed


def test_what_is_left_of_a_training_is_told(tmp_path: Path):
    """What an older run has left there is not said to be of this one."""
    began = time.time()
    assert saved_message(tmp_path, began) == NOTHING_SAVED
    last = tmp_path / "last.safetensors"
    last.write_bytes(b"")
    assert str(tmp_path) in saved_message(tmp_path, began - 1)
    os.utime(last, (began - 9, began - 9))
    assert saved_message(tmp_path, began) == NOTHING_SAVED


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_saves_and_says_where(tmp_path: Path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "main.py", "train", "goals-5x5", "--tasks", "2", "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 90
    while not (out / "metrics.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 130, shown
    assert str(out) in shown.replace("\n", "")
    assert "Traceback" not in shown
    files = {path.name for path in out.iterdir() if path.name != LOCK}
    names = ("agent.safetensors", "last.safetensors", "config.json", "metrics.csv", "curves.png")
    assert files == set(names)


def test_a_trained_agent_is_not_overwritten_unasked(tmp_path: Path, capsys):
    arguments = ["train", "goals-5x5", "--out", str(tmp_path), "--iterations", "1", "--tasks", "2"]
    assert run(*arguments) == 0
    before = (tmp_path / "agent.safetensors").read_bytes()
    assert run(*arguments, "--seed", "1") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "agent.safetensors").read_bytes() == before
    assert run(*arguments, "--seed", "1", "--overwrite") == 0
    assert (tmp_path / "agent.safetensors").read_bytes() != before


@pytest.mark.parametrize(
    "option",
    ["--episodes=0", "--inner-steps=-1", "--learning-rate=nan", "--step-size=inf", "--minutes=nan"],
)
def test_options_out_of_range_are_refused_before_anything_is_written(
    option: str, tmp_path: Path, capsys
):
    assert run("train", "goals-5x5", "--out", str(tmp_path / "run"), option) == 2
    shown = "".join(capsys.readouterr())
    assert "Traceback" not in shown
    assert not (tmp_path / "run").exists()


def test_agents_of_one_name_keep_their_own_rows(tmp_path: Path):
    shipped = ROOT / "agents" / "pretrained" / "maml-mazes-9x9"
    for parent in "ab":
        shutil.copytree(shipped, tmp_path / parent / "x")
    runs = [str(tmp_path / parent / "x") for parent in "ab"]
    out = tmp_path / "out"
    assert run("eval", "goals-5x5", "--agent", *runs, "--seeds", "1", "--out", str(out)) == 0
    assert len(json.loads((out / "results.json").read_text())["agents"]) == 2


def test_whoever_stops_reading_our_output_sees_no_complaint():
    command = f"{sys.executable} main.py levels hash mazes-9x9 | head -1"
    found = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert found.stdout.count("\n") == 1
    assert not found.stderr
