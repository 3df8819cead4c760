"""`train`: meta-train an agent on a pack, headless or in the window."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import tyro
from tyro.conf import OmitArgPrefixes, Positional

from agents import ranks
from agents.training.train_config import (
    MOST_ITERATIONS,
    MOST_MINUTES,
    MOST_PATIENCE,
    MOST_TASKS,
    TrainConfig,
    read_training,
)
from commands.exit_codes import AT_FAULT, DONE, NOTHING_SAVED, fail
from commands.limits import MOST_PROCESSES, MOST_SEED, MOST_THREADS, out_of_range
from commands.option_types import OptionalFloat, OptionalInt, OptionalPath

if TYPE_CHECKING:
    from agents.training.train import Training
    from game.tasks.packs import Pack

DEFAULT_LEARNER = "maml"


@dataclass(frozen=True)
class TrainCommand:
    """Meta-train an agent; 'train PACK --learner NAME --help' lists that learner's options, too."""

    pack: Positional[str]
    """Pack folder, name of a shipped pack, level file, or level of a collection (FILE#3)."""
    learner: str = DEFAULT_LEARNER
    """Learner: built in, offered by an installed package, or your own as FILE.py:CLASS."""
    out: OptionalPath = None
    """Folder of the run, else runs/LEARNER-PACK."""
    overwrite: bool = False
    """Replace a run that exists already."""
    resume: bool = False
    """Continue the run in --out; only --iterations and --minutes may change."""
    iterations: OptionalInt = None
    """Iterations of the outer loop, else 4000."""
    minutes: OptionalFloat = None
    """Training time in minutes, instead of a number of iterations."""
    tasks: OptionalInt = None
    """Tasks per meta-batch, else 32, or all training tasks if there are fewer."""
    patience: int = TrainConfig.patience
    """Stop early after this many of the 20 validations without improvement; 0 never does."""
    seed: int = TrainConfig.seed
    """Seed for all random numbers."""
    threads: int = 1
    """CPU threads for torch; more than 1 rarely helps with networks this small."""
    processes: OptionalInt = None
    """Processes (1 or 2). A second one prepares the tasks of the next iteration; the agent is the
    same. Default: 2 if training may use two cores, else 1. The window always uses 1."""
    tensorboard: bool = False
    """Also write TensorBoard files into the folder of the run."""

    window: bool = False
    """Watch the training in a window; closing it stops and saves, as Ctrl-C does."""

    def run(self) -> int:
        from agents.learner import Diverged
        from agents.learner_registry import goes_by
        from agents.runs import load_agent
        from agents.training.batches import useful_processes
        from agents.training.fingerprint import check_ranks
        from commands.console import Terminal, show_training, show_written
        from commands.in_ranks import end_training
        from game.authoring.training_cost import slow_levels

        training = ranks.together(lambda: self.training(sys.argv[1:], useful_processes()))
        check_ranks(training)
        out, console = training.out, Terminal()
        advice = "" if self.resume else training.pack.train.text(goes_by(self.learner))
        if advice:
            console.print(f"options from the pack: {advice}")
        for line in slow_levels(training.pack):
            console.print(line, soft_wrap=True)
        with training.opened():
            try:
                if ranks.is_first():
                    show_training(training, console)
                else:
                    training.finish()
            except (KeyboardInterrupt, ranks.RankLost) as error:
                if ranks.n_ranks() > 1:
                    return end_training(training, error, console)
                training.save()
                saved = f"the agent so far is saved in {out}" if training.status.iteration else ""
                console.print(f"stopped; {saved}" if saved else NOTHING_SAVED, soft_wrap=True)
                raise
            except Diverged as error:
                best_saved = training.agent_saved
                training.save()
                last = "the agent so far is" if training.agent_saved else "no agent is saved"
                saved = "the best agent before that is" if best_saved else last
                return fail(f"{error}; {saved} in {out}", AT_FAULT)
            training.save()
        if not ranks.is_first():
            return DONE
        load_agent(str(out))
        show_written(out, console)
        return DONE

    def check(self) -> tuple[Pack, Path]:
        """The pack and the folder of the run. Raises AgentError or PackError, as `training`."""
        from agents.agent_catalog import WEIGHTS
        from agents.learner import AgentError, sees_graph
        from agents.learner_registry import find_entry, run_name
        from agents.map_sizes import check_map_sizes
        from agents.run_folder import AGENT_THERE, run_file
        from commands.progress import load_pack
        from game.session.messages import RUNS
        from game.tasks.pack_file import PackError

        rule = out_of_range(
            self,
            tasks=(1, MOST_TASKS),
            threads=(1, MOST_THREADS),
            iterations=(1, MOST_ITERATIONS),
            seed=(0, MOST_SEED),
            patience=(0, MOST_PATIENCE),
            processes=(1, MOST_PROCESSES),
        )
        if rule:
            raise AgentError(rule)
        if self.minutes is not None and not 0 < self.minutes < MOST_MINUTES:
            raise AgentError(f"--minutes is more than 0, and less than {MOST_MINUTES:,.0f}")
        pack = load_pack(self.pack)
        if not (pack.split("train").tasks or pack.split("train").unlimited):
            raise PackError(f"{pack.path}: the pack has no training tasks")
        out = self.out or RUNS / run_name(self.learner, pack.name)
        options = getattr(self, "options", None)  # the window's process has none; its worker checks
        if self.resume or (options is not None and not sees_graph(options)):
            agent = str(out) if self.resume else self.learner
            check_map_sizes(pack, ("train", "validation"), (agent,))
        if self.resume:
            return pack, out
        if not find_entry(self.learner).trains:
            what = f"'{self.learner}' has nothing to train"
            raise AgentError(
                f"{what} - use it directly: python main.py eval {self.pack} --agent {self.learner}"
            )
        if run_file(out, WEIGHTS) and not self.overwrite:
            raise AgentError(f"{out}: {AGENT_THERE}")
        return pack, out

    def training(self, argv: Sequence[str], processes: int = 1) -> Training:
        """The run that these options, given as `argv`, ask for; without --processes, it has so many
        `processes`. Raises AgentError or PackError."""
        from agents.learner_registry import build_learner
        from agents.runs import check_saved
        from agents.torch_start import load_torch
        from agents.training.tensorboard import TensorBoardLog
        from agents.training.train import Training
        from game.files import name_text

        pack, out = self.check()
        load_torch(self.threads)
        if self.resume:
            return self._resumed(pack, out, processes)
        config = TrainConfig(
            self.iterations or TrainConfig.iterations,
            self.minutes,
            self.tasks or _default_tasks(pack),
            self.seed,
            patience=self.patience,
        )
        command = name_text("python main.py " + shlex.join(argv))
        log = TensorBoardLog(out) if self.tensorboard else None
        name, options = registered_name(self.learner), self.options  # type: ignore[attr-defined]
        _check_work(pack, config.tasks, options)
        learner = build_learner(name, options, self.seed)
        check_saved(name, learner)
        return Training(
            learner,
            name,
            pack,
            config,
            out,
            command,
            overwrite=self.overwrite,
            log=log,
            processes=self.processes or processes,
        )

    def _resumed(self, pack: Pack, out: Path, processes: int) -> Training:
        from agents.agent_catalog import CONFIG
        from agents.learner import AgentError
        from agents.runs import load_run
        from agents.training.tensorboard import TensorBoardLog
        from agents.training.train import Training

        name, learner, facts = load_run(out) if out.is_dir() else ("", None, {})
        if learner is None:
            raise AgentError(f"{out}: there is no run here to resume - say where with --out")
        if facts.get("pack") != pack.name:
            raise AgentError(f"{out}: this run is on '{facts.get('pack')}', not on '{pack.name}'")
        config = read_training(out / CONFIG, facts["training"])
        if self.iterations or self.minutes:
            iterations = self.iterations or config.iterations
            config = dataclasses.replace(config, iterations=iterations, minutes=self.minutes)
        _check_work(pack, config.tasks, learner.config)
        log = TensorBoardLog(out) if self.tensorboard else None
        command = str(facts.get("command", ""))
        processes = self.processes or processes
        return Training(
            learner, name, pack, config, out, command, resume=True, log=log, processes=processes
        )


def training_of(argv: Sequence[str]) -> Training:
    """The training that a command line of `train` asks for; the window's worker calls this.

    Raises AgentError or PackError, and whatever reading a pack raises.
    """
    from agents.learner import AgentError

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            command = parse_train(list(argv))
    except SystemExit:
        raise AgentError(said.getvalue().strip() or "the command line cannot be read") from None
    return command.training(argv)


def parse_train(argv: list[str], prog: str = "train") -> TrainCommand:
    """Read a command line of `train`: the learner that it names adds its own options, and the pack
    sets those that are left open. Raises AgentError or PackError, and ValueError for options out of
    range."""
    from agents.learner_registry import advised_config, find_entry, make_config
    from agents.torch_start import load_torch

    learner = registered_name(_named_learner(argv))
    find_entry(learner)  # raises an error about its name before torch is loaded
    load_torch()

    def read(config: Any) -> TrainCommand:
        kind, about = _with_options(learner, config), TrainCommand.__doc__
        command: TrainCommand = tyro.cli(kind, args=argv[1:], prog=prog, description=about)
        return command

    config = make_config(learner)
    command = read(config)
    advised = config if command.resume else advised_config(command.pack, learner)
    return command if advised == config else read(advised)


def _named_learner(argv: Sequence[str]) -> str:
    """The learner that a command line of `train` names."""
    name = next((b for a, b in itertools.pairwise(argv) if a == "--learner"), DEFAULT_LEARNER)
    return next((a.partition("=")[2] for a in argv if a.startswith("--learner=")), name)


def _with_options(learner: str, config: Any) -> type:
    """TrainCommand with the options of a learner, which are those of `config` if left open."""
    title = tyro.conf.arg(name=learner.rpartition(":")[2])  # of its options in the help
    flags: Any = Annotated[type(config), OmitArgPrefixes, title]
    options = ("options", flags, dataclasses.field(default_factory=lambda: config))
    return dataclasses.make_dataclass("TrainCommand", [options], bases=(TrainCommand,), frozen=True)


def _check_work(pack: Pack, tasks: int, options: Any) -> None:
    """Raise AgentError where an iteration would have to hold too many environment steps."""
    from agents.learner import AgentError
    from agents.rollout import MOST_SAMPLED

    task = pack.split("train").sample(1, np.random.default_rng(0))[0]
    steps = tasks * getattr(options, "episodes_per_task", 1) * task.level.steps
    if steps > MOST_SAMPLED:
        raise AgentError(
            f"an iteration would sample up to {steps:,} environment steps, over the limit of "
            f"{MOST_SAMPLED:,} - use fewer --tasks or episodes"
        )


def _default_tasks(pack: Pack) -> int:
    """The tasks per meta-batch: not more than there are, since a task twice teaches nothing new."""
    train = pack.split("train")
    return TrainConfig.tasks if train.unlimited else min(TrainConfig.tasks, len(train.tasks))


def registered_name(learner: str) -> str:
    """The name of a learner; one given as FILE.py:CLASS is made known to this process."""
    from agents.learner_registry import is_file_learner, register_file

    return register_file(learner) if is_file_learner(learner) else learner
