"""`sweep`: train every combination of packs, learners, options and seeds, and compare them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from commands.exit_codes import AT_FAULT, DONE, UNUSABLE, fail, say
from commands.limits import MOST_WORKERS, out_of_range
from commands.option_types import OptionalFloat, OptionalInt, OptionalPath, OptionalText, Texts

if TYPE_CHECKING:
    from agents.sweep.engine import Engine
    from agents.sweep.run_state import RunState
    from agents.sweep.sweep_run import SweepRun

HERE, RAY = "here", "ray"  # values of --on


@dataclass(frozen=True)
class SweepCommand:
    """Train every combination of packs, learners, options and seeds; compare them in one table.

    Each combination is a run folder in --out. The same command skips runs that are done, and
    continues those that were interrupted.
    """

    spec: Annotated[OptionalPath, tyro.conf.Positional, tyro.conf.arg(metavar="SPEC.toml")] = None
    """TOML file that sets the options below (packs = [...], seeds = "0..9", [set] ...). Options of
    the command line take precedence."""
    packs: Texts = ()
    """Packs to train on, as `train` takes them."""
    learners: Texts = ()
    """Learners, as `train` takes them, else maml."""
    seeds: Texts = ()
    """Training seeds: numbers, or ranges such as 0..9 (ten seeds); else 0."""
    set: Texts = ()
    """Values of options to combine, as inner.discount=.8,.9 hidden=[64],[64,64] tasks=16,32. An
    option applies to the learners that have it."""
    iterations: OptionalInt = None
    """Iterations of each run, else 4000."""
    minutes: OptionalFloat = None
    """Training time of each run in minutes, instead of a number of iterations."""
    tasks: OptionalInt = None
    """Tasks per meta-batch, else as `train`."""
    patience: OptionalInt = None
    """Stop a run after this many of its 20 validations without improvement; 0 never does."""
    split: OptionalText = None
    """Split whose tasks the agents adapt to, else validation: choose by that, and report test."""
    adaptation_seeds: OptionalInt = None
    """Adaptation seeds of the tables, else 3."""
    steps: OptionalInt = None
    """Adaptation steps of the tables, else 5."""
    out: OptionalPath = None
    """Folder of the runs, results.json, results.csv, per_task.csv and curves.png; else
    runs/sweep, or runs/NAME for NAME.toml."""
    workers: OptionalInt = None
    """Number of worker processes, else one for each core that this program may use."""
    dry_run: bool = False
    """Say what would run, and about how long it may take; write nothing."""
    on: str = HERE
    """Where the runs are carried out: 'here', or on a 'ray' cluster."""
    address: str = ""
    """Address of a running Ray cluster: HOST:PORT, or auto for the one that this machine is a node
    of. Without it, a cluster is started on this machine, and ended after the sweep."""

    def run(self) -> int:
        from agents.sweep.spec import read_spec
        from agents.torch_start import load_torch
        from game.session.messages import RUNS

        try:
            self._check_usage()
            given = self._given()
        except ValueError as error:
            return fail(error, UNUSABLE)
        n_workers = self._n_workers()  # before torch is loaded: an address may not answer
        spec = read_spec(self.spec, given)
        out = self.out or RUNS / (self.spec.stem if self.spec else "sweep")
        if out.exists() and not out.is_dir():
            return fail(f"{out}: is not a folder - give another --out", UNUSABLE)
        load_torch()
        from agents.run_folder import locked
        from agents.sweep.planning import plan_runs
        from agents.sweep.sweep_folder import check_folder
        from commands.progress import load_pack

        runs = plan_runs(spec, load_pack)
        states = check_folder(runs, out)
        if self.dry_run:
            return self._say_plan(runs, states, n_workers)
        with locked(out, "sweep"):
            return self._carry_out(runs, states, out, n_workers)

    def _check_usage(self) -> None:
        """Raise ValueError for options that do not fit."""
        rule = out_of_range(self, workers=(1, MOST_WORKERS))
        if rule:
            raise ValueError(rule)
        if self.on not in (HERE, RAY):
            raise ValueError(f"--on is '{HERE}' or '{RAY}', not '{self.on}'")
        if self.address and self.on != RAY:
            raise ValueError(f"--address is for Ray clusters - add --on {RAY}")
        if self.address and self.workers:
            raise ValueError("--workers is for this machine: a cluster at --address has its own")
        if not (self.spec or self.packs):
            raise ValueError("name a SPEC.toml, or packs: sweep --packs PACK --learners LEARNER")

    def _given(self) -> dict[str, Any]:
        """Return what the command line sets, by the keys of a spec. Raises ValueError."""
        from agents.sweep.spec import parse_settings

        keys = ("packs", "learners", "seeds", "iterations", "minutes", "tasks", "patience")
        evaluation = {"split": self.split, "seeds": self.adaptation_seeds, "steps": self.steps}
        return {
            **{key: getattr(self, key) for key in keys},
            "set": parse_settings(self.set),
            "evaluation": {key: value for key, value in evaluation.items() if value is not None},
        }

    def _n_workers(self) -> int:
        """Return how many runs are carried out at a time. Raises AgentError where Ray cannot be
        used."""
        from agents.training.processes import usable_cores
        from commands.progress import show_progress

        if self.on == RAY:
            from agents.sweep.ray_cluster import check_ray

            with show_progress("asking for the Ray cluster"):
                cores = check_ray(self.address)
            if cores is not None:
                return max(1, cores)
        return self.workers or len(usable_cores())

    def _engine(self, n_workers: int) -> Engine:
        if self.on == RAY:
            from agents.sweep.on_ray import RayEngine

            return RayEngine(self.address, n_workers, partial(say, stream=sys.stderr))
        from agents.sweep.local import LocalEngine

        return LocalEngine(n_workers)

    def _say_plan(
        self, runs: Sequence[SweepRun], states: Mapping[str, RunState], n_workers: int
    ) -> int:
        from agents.sweep.estimate import estimate_sweep
        from commands.progress import show_progress
        from commands.sweep_display import plan_lines

        with show_progress("timing a few iterations"):
            estimate = estimate_sweep(runs, states, n_workers)
        say("\n".join(plan_lines(runs, states, estimate, n_workers)))
        return AT_FAULT if estimate.failures else DONE

    def _carry_out(
        self,
        runs: Sequence[SweepRun],
        states: Mapping[str, RunState],
        out: Path,
        n_workers: int,
    ) -> int:
        """Carry out the runs that are not done, and show the results. Returns an exit code."""
        from agents.sweep.engine import DISK_FULL
        from commands.sweep_display import show_results, show_runs

        left = [run for run in runs if not states[run.name].done]
        try:
            failed = show_runs(self._engine(n_workers), len(runs), left, out) if left else {}
            show_results(runs, out)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            where = f"{error.filename or out}: {error.strerror}"
            return fail(f"{where} - make room; the same command then goes on", AT_FAULT)
        if failed:
            lines = [f"{name}: {message}" for name, message in failed.items()]
            return fail("\n".join([f"{len(failed)} of {len(runs)} runs failed:", *lines]), AT_FAULT)
        return DONE
