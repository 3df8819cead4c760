"""`train --window`: the checks before the window opens."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.learner import AgentError
from commands.train import TrainCommand


def test_the_checks_need_no_options_of_the_learner(tmp_path: Path) -> None:
    """They are for the worker to read: the process of the window loads no torch."""
    command = TrainCommand("goals-5x5", learner="maml", out=tmp_path / "run", window=True)
    pack, out = command.check()
    assert (pack.name, out) == ("goals-5x5", tmp_path / "run")
    with pytest.raises(AgentError, match="--minutes"):
        TrainCommand("goals-5x5", learner="maml", minutes=-1, window=True).check()
