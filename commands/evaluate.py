"""`eval`: adaptation curves of agents on held-out tasks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tyro.conf import Positional

from commands.exit_codes import DONE, UNUSABLE, fail
from commands.limits import MOST_ADAPTATION_SEEDS, MOST_RESULTS, out_of_range
from commands.option_types import OptionalPath, Texts
from game.session.messages import MOST_STEPS, STEPS

if TYPE_CHECKING:
    from game.tasks.packs import Pack


@dataclass(frozen=True)
class EvaluateCommand:
    """Adapt agents to held-out tasks; print and write their adaptation curves."""

    pack: Positional[str]
    """Pack folder, name of a shipped pack, level file, or level of a collection (FILE#3)."""
    agent: Texts = ()
    """Runs, shipped agents or learners; else the pack's default agents, and scratch."""
    split: str = "test"
    """Split of the tasks: test (refused if an agent was trained on one), validation or train."""
    steps: int = STEPS
    """Number of adaptation steps (0 to 1000)."""
    seeds: int = 3
    """Adaptation seeds: how many times each agent adapts to each task (1 to 1000)."""
    also: Texts = ()
    """Further packs for the same agents (out of distribution), drawn side by side."""
    out: OptionalPath = None
    """Folder for results.json, results.csv, per_task.csv and curves.png."""
    learner: Texts = ()
    """Your own learners that the agents need, as FILE.py:CLASS."""

    def run(self) -> int:
        from agents.torch_start import load_torch

        load_torch()
        from agents.default_agents import default_agents
        from agents.learner_registry import register_files
        from agents.runs import load_agent
        from agents.training.evaluate import check_folder_names, evaluate, write_results
        from agents.training.evaluated_agents import contenders
        from commands.console import Terminal, show_evaluation, show_written
        from commands.progress import load_pack
        from game.files import prepare_folder
        from game.tasks.distribution import SPLITS

        if self.split not in SPLITS:
            return fail(f"--split is one of {', '.join(SPLITS)}", UNUSABLE)
        rule = out_of_range(self, steps=(0, MOST_STEPS), seeds=(1, MOST_ADAPTATION_SEEDS))
        if rule:
            return fail(rule, UNUSABLE)
        register_files(self.learner)
        if self.out:
            prepare_folder(self.out)
        packs = [load_pack(name) for name in (self.pack, *self.also)]
        home = packs[0].name
        agents = contenders(self.agent or default_agents(packs[0]), home)
        check_folder_names(packs)
        for pack in packs:
            self._check(pack, list(itertools.chain(*agents.values())), home)
        console = Terminal()
        done = []
        for pack in packs:
            found = evaluate(
                pack,
                self.split,
                agents,
                lambda run: load_agent(run, home).learner,
                self.seeds,
                self.steps,
                home,
            )
            done.append(found)
            if self.out:
                write_results(self.out, done)
            show_evaluation(found.title, found.summary, console)
        if self.out:
            show_written(self.out, console)
        return DONE

    def _check(self, pack: Pack, runs: list[str], home: str) -> None:
        """Check that a pack can be evaluated on, before any work begins.

        Raises PackError without tasks, and AgentError or TooLargeToSee.
        """
        from agents.learner import AgentError
        from agents.map_sizes import check_map_sizes
        from agents.training.evaluated_agents import check_held_out, tasks_of
        from game.tasks.pack_file import PackError

        tasks = tasks_of(pack, self.split)
        if not tasks:
            raise PackError(f"{pack.path}: the pack has no {self.split} tasks")
        check_map_sizes(pack, (self.split,), runs, home)
        results = len(runs) * self.seeds * len(tasks) * (self.steps + 1)
        if results > MOST_RESULTS:
            what = f"this asks for {results:,} results, over the limit of {MOST_RESULTS:,}"
            raise AgentError(f"{what} - use fewer --seeds or --steps")
        for run in runs if self.split != "train" else ():
            check_held_out(run, home, pack, tasks)
