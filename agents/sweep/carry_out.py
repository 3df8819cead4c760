"""One run of a sweep, carried out by this process: train the agent, then measure its adaptation.

A run is an ordinary run folder. Beside the files of `train` it has the adaptation curves on the
tasks of the split that the sweep evaluates, from which the tables of the sweep are made.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agents.agent_catalog import CONFIG
from agents.learner import Diverged
from agents.learner_registry import registered_name
from agents.run_folder import run_file
from agents.runs import load_agent
from agents.sweep.kept_curves import write_curves
from agents.sweep.run_state import (
    cached_pack,
    check_same,
    evaluated_tasks,
    learner_options,
    run_state,
    write_diverged,
)
from agents.sweep.sweep_run import SweepRun
from agents.training.evaluate import agent_curves
from agents.training.preparation import new_training, resumed_training
from agents.training.train import Training, Update
from game.tasks.packs import Pack

OnProgress = Callable[[float], object]  # gets the share of training that is done


def carry_out(run: SweepRun, folder: Path, on_progress: OnProgress) -> None:
    """Do what is not done yet of a run in the folder of a sweep.

    On KeyboardInterrupt the training is saved. Raises AgentError, PackError, LevelError, OSError,
    and Diverged, which a run that diverged before raises at once.
    """
    pack, out = cached_pack(run.pack), folder / run.name
    check_same(run, pack, out)
    state = run_state(run, folder)
    if state.diverged:
        raise Diverged(state.diverged)
    if not state.trained:
        _train(run, pack, folder, on_progress)
    if not state.done:
        tasks, plan = evaluated_tasks(run.pack, run.evaluation.split), run.evaluation
        learner = load_agent(str(out)).learner
        curves = agent_curves(learner, tasks, plan.seeds, plan.steps)
        write_curves(out, tasks.tasks, plan, curves)


def _train(run: SweepRun, pack: Pack, folder: Path, on_progress: OnProgress) -> None:
    """Train to the end, from the checkpoint if there is one."""
    training = _training(run, pack, folder)
    with training.opened():
        try:
            for event in training.run():
                if isinstance(event, Update):
                    on_progress(event.progress)
        except KeyboardInterrupt:
            training.save(with_curves=False)  # to draw them takes longer than to write all else
            raise
        except Diverged as error:
            training.save()
            write_diverged(run, pack, training.out, str(error))
            raise
        training.save()


def _training(run: SweepRun, pack: Pack, folder: Path) -> Training:
    """Return a new training, or the one that the run's folder holds."""
    out = folder / run.name
    if run_file(out, CONFIG):
        return resumed_training(pack, out)
    name, options = registered_name(run.learner), learner_options(run, pack)
    return new_training(name, options, pack, run.training, out, command=run.command(folder))
