"""`eval`: adaptation curves of agents on held-out tasks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, UNUSABLE, fail
from commands.limits import MOST_ADAPTATION_SEEDS, MOST_RESULTS, out_of_range
from game.session.messages import BASELINE_AGENT, MOST_STEPS, STEPS


@dataclass(frozen=True)
class EvaluateCommand:
    """Adapt agents to held-out tasks; print and write their adaptation curves."""

    pack: Positional[str]
    """Pack folder, name of a shipped pack, or level file."""
    agent: tuple[str, ...] = ()
    """Runs, shipped agents or learners; else the pack's agent, and scratch."""
    split: str = "test"
    """Split of the tasks: test (refused if an agent was trained on one), validation or train."""
    steps: int = STEPS
    """Number of adaptation steps (0 to 1000)."""
    seeds: int = 3
    """Adaptation seeds: how many times each agent adapts to each task (1 to 1000)."""
    also: tuple[str, ...] = ()
    """Further packs for the same agents (out of distribution), drawn side by side."""
    out: Path | None = None
    """Folder for results.json, results.csv, per_task.csv and curves.png."""
    learner: tuple[str, ...] = ()
    """Your own learners that the agents need, as FILE.py:CLASS."""

    def run(self) -> int:
        import torch

        from agents.learner_registry import register_files
        from agents.map_sizes import check_map_sizes
        from agents.runs import learner_by_seed
        from agents.training.evaluate import evaluate, write_results
        from agents.training.evaluated_agents import check_held_out, contenders, tasks_of
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
        torch.set_num_threads(1)
        packs = [load_pack(name) for name in (self.pack, *self.also)]
        home = packs[0].name
        agents = contenders(self.agent or (packs[0].agent, BASELINE_AGENT), home)
        for pack in packs:
            if not tasks_of(pack, self.split):
                return fail(f"{pack.path}: the pack has no {self.split} tasks", AT_FAULT)
            check_map_sizes(pack, (self.split,), [*itertools.chain(*agents.values())])
            runs = sum(map(len, agents.values()))
            results = runs * self.seeds * len(tasks_of(pack, self.split)) * (self.steps + 1)
            if results > MOST_RESULTS:
                what = f"this asks for {results:,} results, over the limit of {MOST_RESULTS:,}"
                return fail(f"{what} - use fewer --seeds or --steps", UNUSABLE)
            if self.split != "train":
                for run in itertools.chain(*agents.values()):
                    check_held_out(run, home, pack, tasks_of(pack, self.split))
        console = Terminal()
        done = []
        for pack in packs:
            found = evaluate(
                pack,
                self.split,
                agents,
                lambda run: learner_by_seed(run, home),
                self.seeds,
                self.steps,
                home,
            )
            done.append(found)
            if self.out:
                write_results(self.out, done)
            show_evaluation(found.title, found.summary(), console)
        if self.out:
            show_written(self.out, console)
        return DONE
