"""Gridapt's command line: parses, wires, calls; computes nothing."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

CTRL_C = signal.getsignal(signal.SIGINT)
if __name__ == "__main__" and CTRL_C is not signal.SIG_IGN:  # while modules load it ends at once
    signal.signal(signal.SIGINT, signal.SIG_DFL)

# other distributions install a top-level package `agents`: ours, beside this file, comes first
sys.path.insert(0, str(Path(__file__).resolve().parent))

import contextlib
import dataclasses
import io
import itertools
import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from tyro.conf import OmitArgPrefixes, OmitSubcommandPrefixes, Positional, subcommand

if TYPE_CHECKING:
    from agents.train import Training
    from game.authoring import Known
    from game.feed import Card, Request
    from game.tasks import Pack

DONE, AT_FAULT, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
NOTHING_YET = "the first iteration was not done yet: nothing is saved"


def fail(message: object, code: int) -> int:
    """Tell what is wrong, and give the exit code."""
    print(message, file=sys.stderr)
    return code


class Shipped:
    """The agents that a person may choose from in the window: see `game.feed.Agents`."""

    def names(self) -> list[str]:
        from agents.catalog import UNTRAINED, list_pretrained, list_runs

        return [*list_runs(), *list_pretrained(), *UNTRAINED]

    def learners(self) -> list[str]:
        from agents.learner import REGISTRY

        return [name for name, entry in REGISTRY.items() if entry.trains]

    def card(self, name: str, pack: str) -> Card:
        from agents.catalog import agent_card
        from agents.learner import AgentError
        from game.feed import NoAgent

        try:
            return agent_card(name, pack)
        except AgentError as error:
            raise NoAgent(error) from None


class Filming:
    """Makes a GIF by a command line of its own, so that the window goes on smoothly meanwhile."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()

    def start(self, line: str, folder: Path) -> None:
        """Begin with what a replay line says."""
        self._folder = folder
        command = [sys.executable, str(Path(__file__).resolve()), "watch", "--replay", line]
        command += ["--headless", "--out", str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def poll(self) -> tuple[str, str, bool] | None:
        """A note (heading, text, whether all is well) once it is done."""
        if self._process is None or self._process.poll() is None:
            return None
        process, self._process = self._process, None
        said = process.communicate()[1].decode(errors="replace").strip()
        if process.returncode:
            return "The film could not be made", said or "It ended unexpectedly.", False
        return "Filmed", str(self._folder / "adaptation.gif"), True

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()


def open_window(
    what: str,
    pack: Pack | None = None,
    agents: tuple[str, ...] = (),
    seed: int = 0,
    steps: int = 5,
    episodes: int = 0,
    show_goal: bool = False,
    request: Request | None = None,
    args: tuple[str, ...] = (),
) -> int:
    """Open the window on a screen, and stay until it is closed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(DONE))  # leaves as one does who closes it
    from agents.worker import Worker

    feed = Worker(training_of)  # first of all: it loads while the window opens
    from game.view.app import App
    from game.view.page import Wish
    from game.view.settings import settings_file
    from game.view.window import NoDisplay, WrongPygame, run

    began = time.time()
    task = request.task if request else None
    wish = Wish(what, pack, task=task, agents=agents, episodes=episodes, request=request, args=args)
    film, file = Filming(), settings_file()
    app = App(wish, Shipped(), feed, file, seed, steps, show_goal=show_goal, film=film)
    try:
        code = run(app)
        return fail(app.failure, AT_FAULT) if app.failure else code
    except (NoDisplay, WrongPygame) as error:
        return fail(error, UNUSABLE)
    finally:
        film.close()
        feed.close()
        for out in app.runs:
            print(kept(out, began))
        if what == "train" and not (app.runs or app.failure):
            print(NOTHING_YET)


def kept(out: Path, began: float) -> str:
    """What is left of a training that began at this time, once it has ended."""
    from agents.catalog import CHECKPOINT

    last = out / CHECKPOINT
    if last.exists() and last.stat().st_mtime >= began:
        return f"the agent that was trained is saved in {out}"
    return NOTHING_YET


# --- watch -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watch:
    """Watch an agent adapt to a level that it has never seen."""

    level: Positional[str] = "showcase"
    """A level file, a pack's folder, or the name of a shipped pack."""
    agent: str | None = None
    """A run's folder, a shipped agent or a learner; else the agent that the pack names."""
    versus: tuple[str, ...] = ()
    """Up to three other agents beside it: 'scratch' learns from scratch. (In the window that is so
    unless this says 'none'.)"""
    headless: bool = False
    """Open no window: write trace.json, policy.npz, curve.png, board.png and adaptation.gif."""
    out: Path | None = None
    """The folder for these files."""
    seed: int = 0
    """Chooses the task, and all that is random in the adaptation."""
    steps: int = 5
    """Adaptation steps."""
    replay: str | None = None
    """Show again just what a replay line says (copied from the window by L, or from trace.json);
    it takes the place of all the above but --headless and --out."""

    def run(self) -> int:
        from game.feed import Request
        from game.replay import read_line
        from game.tasks import load_pack

        if not 0 <= self.steps <= 1000 or self.seed < 0:
            return fail("--steps is 0 to 1000, --seed at least 0", UNUSABLE)
        if self.headless == (self.out is None):
            return fail("--headless and --out DIR go together", UNUSABLE)
        if len(self.versus) > 3:
            return fail("--versus takes at most three agents", UNUSABLE)
        if self.replay is not None:
            scene = read_line(self.replay)
            if self.headless:
                return self._write(scene.pack, scene.request)
            request = scene.request
            agents, seed, steps = request.agents, request.seed, request.steps
            return open_window("watch", scene.pack, agents, seed, steps, request=request)
        pack = load_pack(self.level)
        tasks = pack.split("test").tasks
        if not tasks:
            return fail(f"{pack.path}: the pack has no held-out tasks to watch", AT_FAULT)
        if self.headless:
            task, agents = tasks[self.seed % len(tasks)], self._agents(pack, self.versus)
            return self._write(pack, Request(0, task, self.seed, self.steps, agents, pack.name))
        agents = self._agents(pack, self.versus or ("scratch",))
        return open_window("watch", pack, agents, self.seed, self.steps)

    def _agents(self, pack: Pack, versus: tuple[str, ...]) -> tuple[str, ...]:
        others = (name for name in versus if name not in ("", "none"))
        return (self.agent or pack.agent, *others)

    def _write(self, pack: Pack, request: Request) -> int:
        import torch

        from agents.plots import plot_trace
        from agents.worker import trace
        from game.files import save_arrays, write_atomically, write_json
        from game.replay import line_of
        from game.tables import compile_level
        from game.trace import trace_json
        from game.view.app import subject_like
        from game.view.record import save_gif, save_picture
        from game.view.window import WrongPygame, check_pygame

        assert self.out
        try:
            check_pygame()
        except WrongPygame as error:
            return fail(error, UNUSABLE)
        torch.set_num_threads(1)
        self.out.mkdir(parents=True, exist_ok=True)
        task, line = request.task, line_of(pack, request)
        subject = subject_like(pack, request, Shipped())
        traces = trace(request)
        arrays = traces[0].arrays() | compile_level(task.level).arrays()
        title = f"{task.name} ({pack.title}), task {task.id}"
        files = {
            "policy.npz": lambda path: save_arrays(path, arrays),
            "curve.png": lambda path: plot_trace(path, traces, title),
            "board.png": lambda path: save_picture(path, subject, traces),
            "adaptation.gif": lambda path: save_gif(path, subject, traces),
        }
        level = self.level if self.replay is None else str(pack.path)
        facts = trace_json(level, task.id, request.seed, traces) | {"replay": line}
        write_json(self.out / "trace.json", facts)
        for name, write in files.items():
            write_atomically(self.out / name, write)
        print(f"written to {self.out}: trace.json {' '.join(files)}")
        return DONE


# --- play ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Play:
    """Play a level yourself: the goal is hidden, and you have several episodes to find it and to
    get there cheaply."""

    level: Positional[str] = "showcase"
    """A level file, a pack's folder, or the name of a shipped pack."""
    duel: str | None = None
    """An agent that gets the same goal and the same number of episodes: a run's folder, a shipped
    agent, or a learner."""
    show_goal: bool = False
    """Show the goal from the beginning (in a duel: at the end)."""
    episodes: int | None = None
    """How many; else twice those of the pack's trials."""
    seed: int = 0
    """Chooses the task, and all that is random."""

    def run(self) -> int:
        from game.tasks import load_pack

        if self.seed < 0 or (self.episodes is not None and not 1 <= self.episodes <= 100):
            return fail("--episodes is 1 to 100, --seed at least 0", UNUSABLE)
        pack = load_pack(self.level)
        if not any(split.tasks for split in pack.splits.values()):
            return fail(f"{pack.path}: the pack has no tasks to play", AT_FAULT)
        what = "duel" if self.duel else "play"
        agents = (self.duel or pack.agent, "scratch")
        return open_window(what, pack, agents, self.seed, 5, self.episodes or 0, self.show_goal)


# --- train, eval, bench --------------------------------------------------------------------------


@dataclass(frozen=True)
class Train:
    """Meta-train an agent on a pack. 'train PACK --learner NAME --help' lists the
    learner's own options, too."""

    pack: Positional[str]
    """A pack's folder or name, or a level file."""
    learner: str = "maml"
    """How to learn to learn."""
    out: Path | None = None
    """The folder of the run; else runs/LEARNER-PACK."""
    overwrite: bool = False
    """Take the place of a run that is there already."""
    resume: bool = False
    """Go on with the run in --out as if it had not stopped; all options are those it began with,
    but --iterations and --minutes may be given anew (which bends the schedule of the rates)."""
    iterations: int | None = None
    """Iterations of the outer loop; 4000 where nothing else is said."""
    minutes: float | None = None
    """Train for this long instead."""
    tasks: int = 32
    """Tasks of a meta-batch."""
    patience: int = 0
    """End after so many of the 20 validations without a better one; 0 never does."""
    seed: int = 0
    """Of all that is random."""
    threads: int = 1
    """Threads of torch; more than 1 rarely pays on networks this small."""
    tensorboard: bool = False
    """Write TensorBoard's files, too, into the folder of the run."""

    window: bool = False
    """Watch it in a window; closing that stops and saves, as Ctrl-C does."""

    def run(self) -> int:
        from rich.console import Console

        from agents.console import show_training, show_written
        from agents.learner import Diverged
        from agents.runs import load_agent

        training = self.training(sys.argv[1:])
        out, console = training.out, Console()
        advice = training.pack.train.get(self.learner)
        if advice and not self.resume:
            console.print(f"the pack advises: {advice}", highlight=False)
        try:
            show_training(training, console)
        except KeyboardInterrupt:
            training.save()
            left = f"the agent so far is saved in {out}" if training.at.iteration else NOTHING_YET
            console.print(f"stopped; {left}", soft_wrap=True)
            return INTERRUPTED
        except Diverged as error:
            training.save()
            return fail(f"{error}; what was best before is in {out}", AT_FAULT)
        training.save()
        load_agent(str(out))
        show_written(out, console)
        return DONE

    def check(self) -> tuple[Pack, Path]:
        """The pack and the folder of the run. Raises AgentError or PackError, as `training`."""
        from agents.catalog import RUNS, WEIGHTS
        from agents.learner import AgentError, find_entry
        from game.tasks import PackError, load_pack

        if min(self.tasks, self.threads) < 1 or min(self.seed, self.patience) < 0:
            raise AgentError("--tasks and --threads are at least 1, --seed and --patience 0")
        if self.iterations is not None and self.iterations < 1:
            raise AgentError("--iterations is at least 1")
        if self.minutes is not None and not 0 < self.minutes < 1e6:
            raise AgentError("--minutes is more than 0")
        pack = load_pack(self.pack)
        if not (pack.split("train").tasks or pack.split("train").unlimited):
            raise PackError(f"{pack.path}: the pack has no training tasks")
        out = self.out or RUNS / f"{self.learner}-{pack.name}"
        if self.resume:
            return pack, out
        if not find_entry(self.learner).trains:
            what = f"there is nothing to train about '{self.learner}'"
            raise AgentError(f"{what} - use it at once: python main.py eval {self.pack} --agent "
                             f"{self.learner}")  # fmt: skip
        if (out / WEIGHTS).exists() and not self.overwrite:
            todo = "give another --out, --resume it, or --overwrite it"
            raise AgentError(f"{out}: there is a trained agent already - {todo}")
        return pack, out

    def training(self, argv: Sequence[str]) -> Training:
        """The run that these options, said as `argv`, ask for. Raises AgentError or PackError."""
        import torch

        from agents.train import Board, TrainConfig, Training

        pack, out = self.check()
        torch.set_num_threads(self.threads)
        if self.resume:
            return self._resumed(pack, out)
        config = TrainConfig(
            self.iterations or TrainConfig.iterations,
            self.minutes,
            self.tasks,
            self.seed,
            patience=self.patience,
        )
        command = "python main.py " + shlex.join(argv)
        board = Board(out) if self.tensorboard else None
        learner = _make_learner(self)
        return Training(learner, self.learner, pack, config, out, command, board=board)

    def _resumed(self, pack: Pack, out: Path) -> Training:
        from agents.learner import AgentError
        from agents.runs import load_run
        from agents.train import Board, TrainConfig, Training

        name, learner, facts = load_run(out) if out.is_dir() else ("", None, {})
        if learner is None:
            raise AgentError(f"{out}: there is no run here to resume - say where with --out")
        if facts.get("pack") != pack.name:
            raise AgentError(f"{out}: this run is on '{facts.get('pack')}', not on '{pack.name}'")
        config = TrainConfig(**facts["training"])
        if self.iterations or self.minutes:
            iterations = self.iterations or config.iterations
            config = dataclasses.replace(config, iterations=iterations, minutes=self.minutes)
        board = Board(out) if self.tensorboard else None
        command = str(facts.get("command", ""))
        return Training(learner, name, pack, config, out, command, resume=True, board=board)


def training_of(argv: Sequence[str]) -> Training:
    """What a command line of `train` asks for. Raises AgentError or PackError, and others as the
    reading of packs does. The window's worker calls it."""
    from agents.learner import AgentError

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command = _parse(list(argv))
    except SystemExit:
        raise AgentError(said.getvalue().strip()) from None
    training: Training = command.training(argv)
    return training


def train_in_window(argv: list[str]) -> int:
    """Show the training in the window. Torch stays out of here, and with it the options of the
    learner: they are for the worker to read."""
    command, others = tyro.cli(
        Annotated[Train, OmitArgPrefixes],
        args=argv[1:],
        prog="main.py train",
        return_unknown_args=True,
    )
    if not others:
        command.check()
    args = tuple(one for one in argv if one != "--window")
    return open_window("train", args=args)


def _make_learner(args: Train) -> Any:
    from agents.learner import learner_class

    return learner_class(args.learner)(args.options, args.seed)  # type: ignore[attr-defined]


def _with_options(argv: Sequence[str]) -> type:
    """Train with the options of the learner that `argv` names."""
    from agents.learner import learner_class, make_config

    name = next((b for a, b in itertools.pairwise(argv) if a == "--learner"), "maml")
    name = next((a.partition("=")[2] for a in argv if a.startswith("--learner=")), name)
    config: Any = learner_class(name).Config
    flags: Any = Annotated[config, OmitArgPrefixes]
    options = ("options", flags, dataclasses.field(default_factory=lambda: make_config(name)))
    return dataclasses.make_dataclass("Train", [options], bases=(Train,), frozen=True)


@dataclass(frozen=True)
class Eval:
    """Adapt agents to held-out tasks; print and write their curves."""

    pack: Positional[str]
    """A pack's folder or name, or a level file."""
    agent: tuple[str, ...] = ()
    """Runs, shipped agents, or learners (meaning the shipped LEARNER-PACK); else the agent that the
    pack names, and scratch. Runs that differ in nothing but their seed are pooled as one agent."""
    split: str = "test"
    """Whose tasks: test (held out: refused if an agent was trained on one), validation or train."""
    steps: int = 5
    """Adaptation steps."""
    seeds: int = 3
    """Seeds of adaptation: each task is adapted to this often."""
    also: tuple[str, ...] = ()
    """Further packs for the same agents, as out of distribution; drawn side by side."""
    out: Path | None = None
    """The folder for results.json, results.csv, per_task.csv and curves.png."""

    def run(self) -> int:
        import torch
        from rich.console import Console

        from agents.console import show_evaluation, show_written
        from agents.evaluate import check_held_out, contenders, evaluate, tasks_of, write_results
        from agents.runs import learner_by_seed
        from game.tasks import SPLITS, load_pack

        if self.split not in SPLITS or not 0 <= self.steps <= 1000 or self.seeds < 1:
            splits = ", ".join(SPLITS)
            message = f"--split is one of {splits}; --steps 0 to 1000; --seeds at least 1"
            return fail(message, UNUSABLE)
        torch.set_num_threads(1)
        packs = [load_pack(name) for name in (self.pack, *self.also)]
        home = packs[0].name
        agents = contenders(self.agent or (packs[0].agent, "scratch"), home)
        for pack in packs:
            if not tasks_of(pack, self.split):
                return fail(f"{pack.path}: the pack has no {self.split} tasks", AT_FAULT)
            if self.split != "train":
                for run in itertools.chain(*agents.values()):
                    check_held_out(run, home, pack, tasks_of(pack, self.split))
        console = Console()
        done = []
        for pack in packs:
            found = evaluate(
                pack,
                self.split,
                agents,
                lambda run: learner_by_seed(run, home),
                self.seeds,
                self.steps,
            )
            show_evaluation(found.title, found.summary(), console)
            done.append(found)
        if self.out:
            self.out.mkdir(parents=True, exist_ok=True)
            write_results(self.out, done)
            show_written(self.out, console)
        return DONE


@dataclass(frozen=True)
class Microscope:
    """Measure how far each estimator of the meta-gradient is from the truth, and how noisy."""

    level: Positional[str]
    """A level file, or a pack's folder or name (its first held-out task is taken)."""
    step_size: float = 0.1
    """Of the inner step."""
    samples: int = 1000
    """Meta-gradients of each estimator and number of episodes."""
    seed: int = 0
    """Of the policy, and of the samples."""
    out: Path | None = None
    """The folder for microscope.png and microscope.csv."""

    def run(self) -> int:
        import torch
        from rich.console import Console

        from agents.console import show_readings, show_written
        from agents.microscope import measure, plot_readings, write_readings
        from game.tasks import SPLITS, load_pack

        if not 0 < self.step_size <= 100 or self.samples < 10 or self.seed < 0:
            usage = "--step-size is more than 0, --samples at least 10, --seed 0"
            return fail(usage, UNUSABLE)
        torch.set_num_threads(1)
        pack = load_pack(self.level)
        tasks = [task for split in reversed(SPLITS) for task in pack.split(split).tasks]
        if not tasks:
            return fail(f"{pack.path}: the pack has no listed tasks", AT_FAULT)
        if self.out:
            self.out.mkdir(parents=True, exist_ok=True)
        title = f"Meta-gradients on {tasks[0].name}: step size α = {self.step_size:g}"
        console = Console()
        readings = measure(tasks[0].level, self.step_size, self.samples, self.seed, console.print)
        show_readings(readings, title, console)
        if self.out:
            write_readings(self.out / "microscope.csv", readings)
            plot_readings(self.out / "microscope.png", readings, title)
            show_written(self.out, console)
        return DONE


@dataclass(frozen=True)
class Exercise:
    """Do a classic exercise of meta-RL: what it shows in three sentences, and its figure."""

    name: Positional[str] = ""
    """Which one: goals, warm-up, second-order, pitfalls, memory, navigation or games; without a
    name they are listed."""
    out: Path | None = None
    """The folder for the figure and the numbers; else out/NAME."""
    seed: int = 0
    """Of training."""
    budget: float = 1.0
    """Share of the work to do: less is quicker, and shows less."""

    def run(self) -> int:
        from agents.exercises import EXERCISES, list_exercises

        if not self.name:
            print(list_exercises())
            return DONE
        if self.name not in EXERCISES:
            known = list_exercises()
            return fail(f"no exercise is called '{self.name}' - there are:\n{known}", UNUSABLE)
        if not 0 < self.budget <= 100 or self.seed < 0:
            return fail("--budget is more than 0, and at most 100; --seed at least 0", UNUSABLE)

        import torch
        from rich.console import Console
        from rich.progress import track

        from agents.console import show_written
        from agents.exercises.lesson import Lesson, do_exercise

        torch.set_num_threads(1)
        console = Console()
        lesson = Lesson(
            self.out or Path("out") / self.name,
            self.seed,
            self.budget,
            lambda steps, text: track(steps, text, console=console, transient=True),
        )
        for sentence in do_exercise(self.name, lesson).sentences:
            console.print(sentence, highlight=False)
        show_written(lesson.out, console)
        return DONE


@dataclass(frozen=True)
class Bench:
    """Measure throughput on one core: of stepping, environments, compiling, generating, learning.
    Ratios are to a plain Python loop over the same rules, in the same run."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from agents.bench import all_figures
        from agents.console import show_benchmarks

        show_benchmarks(all_figures(), self.json)
        return DONE


# --- levels --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListPacks:
    """List the packs that come with the project."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import list_packs

        print(list_packs(self.json))
        return DONE


@dataclass(frozen=True)
class New:
    """Write a commented first level and its pack.toml into a new folder, to begin with."""

    folder: Positional[Path]
    """The folder. What is there already is never touched."""

    def run(self) -> int:
        from game.starter import write_first_pack

        files = write_first_pack(self.folder)
        folder = shlex.quote(str(self.folder))
        run = shlex.quote(f"runs/maml-{self.folder.resolve().name}")
        print(f"written: {', '.join(map(str, files))}")
        print("next, look at it, watch an agent in it, and train one of your own on it:")
        for command in (
            f"levels check {folder}",
            f"levels sample {folder}",
            f"watch {folder}",
            f"train {folder} --minutes 2",
            f"watch {folder} --agent {run}",
        ):
            print(f"  python main.py {command}")
        return DONE


@dataclass(frozen=True)
class Check:
    """Check level files or packs; exit 1 if there is an error."""

    files: Positional[tuple[str, ...]]
    """Level files, or folders or names of packs."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import check, check_text

        if not self.files:
            return fail("name the level files or packs to check", UNUSABLE)
        reports = check(self.files)
        print(check_text(reports, self.json), end="")
        return AT_FAULT if any(report["errors"] for report in reports) else DONE


@dataclass(frozen=True)
class Show:
    """Print a level's map with its optimal path, returns and task ids."""

    level: Positional[str]
    """A level file, or a pack's folder or name."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import show

        print(show(self.level, self.json))
        return DONE


@dataclass(frozen=True)
class Legend:
    """Print the table of tiles, and the notations of others that are read."""

    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import legend

        print(legend(self.json))
        return DONE


@dataclass(frozen=True)
class Hash:
    """Print the ids of the tasks of a level or pack."""

    level: Positional[str]
    """A level file, or a pack's folder or name."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import hashes

        print(hashes(self.level, self.json))
        return DONE


@dataclass(frozen=True)
class Sample:
    """Draw tasks: their maps, what was drawn, optimal returns, shortest paths."""

    level: Positional[str]
    """A level file, all of whose tasks may be drawn, or a pack's folder or name: then they are of
    those that it trains on (or holds out, if it is for testing only)."""
    n: Annotated[int, tyro.conf.arg(aliases=["-n"], name="number")] = 8
    """How many tasks."""
    seed: int = 0
    """Of the draws."""
    split: str | None = None
    """Draw from this split: train, validation or test."""
    png: Path | None = None
    """Draw a picture of them, too."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import MOST_DRAWN, draw, sample
        from game.tasks import SPLITS

        if not 1 <= self.n <= MOST_DRAWN or self.seed < 0:
            return fail(f"--number is 1 to {MOST_DRAWN:,}, --seed at least 0", UNUSABLE)
        if self.split not in (None, *SPLITS):
            return fail(f"--split is one of {', '.join(SPLITS)}", UNUSABLE)
        about, known = draw(self.level, self.n, self.seed, self.split)
        print(sample(about, known, self.json))
        return self._draw(about, known) if self.png else DONE

    def _draw(self, about: str, known: Sequence[Known]) -> int:
        from game.files import write_atomically
        from game.view.sheet import save_sheet
        from game.view.window import WrongPygame

        assert self.png
        try:
            write_atomically(self.png, lambda path: save_sheet(path, about, known))
        except WrongPygame as error:
            return fail(error, UNUSABLE)
        print(f"drawn in {self.png}", file=sys.stderr)
        return DONE


@dataclass(frozen=True)
class Convert:
    """Print a level in our own notation: of Sokoban (.xsb, .sok), FrozenLake (.frozenlake) or
    MovingAI (.map), for you to go on with."""

    level: Positional[Path]
    """A level file."""

    def run(self) -> int:
        from game.level import read, write

        print(write(read(self.level)), end="")
        return DONE


@dataclass(frozen=True)
class Fixed:
    """Find the best policy that does not adapt: its score, over all that a map may hide."""

    pack: Positional[str]
    """A pack's folder or name, or a level file."""
    split: str = "test"
    """Whose maps: test (held out), validation or train."""
    groups: int = 4
    """How many maps, the first of the split."""
    tasks: int = 64
    """The most tasks of a map; of more, so many are drawn."""
    seed: int = 0
    """Of the draws, and of the search."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        from game.authoring import fixed
        from game.tasks import SPLITS

        if self.split not in SPLITS or min(self.groups, self.tasks) < 1 or self.seed < 0:
            what = "--groups and --tasks are at least 1, --seed 0"
            return fail(f"--split is one of {', '.join(SPLITS)}; {what}", UNUSABLE)
        print(fixed(self.pack, self.split, self.groups, self.tasks, self.seed, self.json))
        return DONE


LevelCommand = (
    Annotated[ListPacks, subcommand("list")]
    | Annotated[New, subcommand("new")]
    | Annotated[Check, subcommand("check")]
    | Annotated[Show, subcommand("show")]
    | Annotated[Legend, subcommand("legend")]
    | Annotated[Hash, subcommand("hash")]
    | Annotated[Sample, subcommand("sample")]
    | Annotated[Convert, subcommand("convert")]
    | Annotated[Fixed, subcommand("fixed")]
)


@dataclass(frozen=True)
class Levels:
    """Look at levels and packs; write and check your own."""

    command: OmitSubcommandPrefixes[LevelCommand]

    def run(self) -> int:
        return self.command.run()


# --- the command line ----------------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code: 0 done, 1 bad input, 2 usage or environment, 130."""
    argv = list(sys.argv[1:] if argv is None else argv) or ["watch"]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may know fewer letters than a title
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _run(argv: list[str]) -> int:
    from agents.learner import AgentError
    from game.features import TooLargeToSee
    from game.feed import NoAgent
    from game.level import LevelError
    from game.replay import ReplayError
    from game.tables import TooLarge
    from game.tasks import PackError

    try:
        try:
            if argv[0] == "train" and "--window" in argv and not {"--help", "-h"} & set(argv):
                return train_in_window(argv)
            command = _parse(argv)
        except ValueError as error:  # an option out of its range
            return fail(error, UNUSABLE)
        code: int = command.run()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        raise
    except (LevelError, PackError, ReplayError, TooLarge, TooLargeToSee) as error:
        return fail(error, AT_FAULT)
    except OSError as error:
        return fail(f"{error.filename or 'file'}: {error.strerror or error}", AT_FAULT)
    except (AgentError, NoAgent) as error:
        return fail(error, UNUSABLE)


def _parse(argv: list[str]) -> Any:
    """The command that `argv` asks for. Raises PackError; ValueError for options out of range."""
    command = _read(argv)
    return _advised(command, argv) if isinstance(command, Train) else command


def _advised(command: Train, argv: list[str]) -> Train:
    """The command with the options that its pack advises for its learner, where `argv` leaves them
    open. Raises PackError where `train` knows no such options."""
    from game.tasks import PackError, find_pack, pack_advice

    path = find_pack(command.pack)
    advice = pack_advice(path).get(command.learner, "")
    if command.resume or not advice:
        return command
    own = next((i for i, word in enumerate(argv) if word.startswith("-")), len(argv))
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            advised: Train = _read([*argv[:own], *shlex.split(advice), *argv[own:]])
    except (SystemExit, ValueError):
        raise PackError(
            f"{path}: '{advice}', which its [train] advises for '{command.learner}', are no "
            f"options that train takes - see python main.py train --help"
        ) from None
    return advised


def _read(argv: list[str]) -> Any:
    train = _with_options(argv) if argv[0] == "train" else Train
    kinds = {
        "watch": Watch,
        "play": Play,
        "train": train,
        "eval": Eval,
        "microscope": Microscope,
        "exercise": Exercise,
        "levels": Levels,
        "bench": Bench,
    }
    commands: Any = None
    for name, kind in kinds.items():
        command = Annotated[kind, subcommand(name)]  # type: ignore[valid-type]
        commands = command if commands is None else commands | command
    config = (OmitSubcommandPrefixes,)
    about = "Gridapt: watch, author and train agents that learn to learn."
    return tyro.cli(commands, args=argv, description=about, prog="main.py", config=config)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, CTRL_C)
    sys.exit(main())
