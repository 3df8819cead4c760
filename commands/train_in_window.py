"""`train --window`: show meta-training in the window."""

from __future__ import annotations

from typing import Annotated

import tyro
from tyro.conf import OmitArgPrefixes

from agents.learner_registry import registered_name
from commands.open_window import learners_process, open_window
from commands.train import TrainCommand


def train_in_window(argv: list[str], prog: str) -> int:
    """Show a training in the window.

    Torch stays out of this process; the learner's own options are for the worker to read.
    """
    from agents.learner_registry import is_file_learner

    command, others = tyro.cli(
        Annotated[TrainCommand, OmitArgPrefixes],
        args=argv[1:],
        prog=prog,
        return_unknown_args=True,
    )
    registered_name(command.learner)
    if not others:
        command.check()
    args = tuple(one for one in argv if one != "--window")
    learners = (command.learner,) if is_file_learner(command.learner) else ()
    with learners_process(learners) as feed:
        return open_window(feed, "train", args=args, learners=learners)
