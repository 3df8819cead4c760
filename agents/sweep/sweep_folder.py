"""The folder of a sweep before it begins: which of its runs are there, and whether others are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agents.learner import AgentError
from agents.sweep.run_state import RunState, cached_pack, check_same, run_state
from agents.sweep.spec import SpecError
from agents.sweep.sweep_run import SweepRun
from agents.training.evaluate import check_folder_names


def check_folder(runs: Sequence[SweepRun], folder: Path) -> dict[str, RunState]:
    """Return how far each run is, by its name.

    Raises SpecError, which names all runs that are there with other options or cannot be read, and
    AgentError where two packs would write their results to the same folder.
    """
    packs = [cached_pack(pack) for pack in dict.fromkeys(run.pack for run in runs)]
    check_folder_names(packs)
    names = {run.name for run in runs}
    problems = [
        f"{pack.path}: '{pack.name}' is the name of a run, too - rename the pack"
        for pack in packs[1:]
        if pack.name in names
    ]
    states: dict[str, RunState] = {}
    for run in runs:
        try:
            check_same(run, cached_pack(run.pack), folder / run.name)
            states[run.name] = run_state(run, folder)
        except AgentError as error:
            problems.append(str(error))
    if problems:
        raise SpecError(problems)
    return states
