"""The training that benchmark and profile measure: MAML on new mazes, with default options."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agents.learner_registry import advised_config, build_learner
from agents.training.train import Training, Update
from agents.training.train_config import MOST_ITERATIONS, TrainConfig
from game.tasks.packs import load_pack

MAZES = "mazes-9x9"
WARM_UP = 3  # iterations before time is taken


@contextlib.contextmanager
def maml_updates(processes: int) -> Iterator[Iterator[Update]]:
    """Train with the options that `train` has by default, and give the event of each iteration.

    With 2 `processes` the second one draws, compiles and observes the tasks.

    So many iterations are planned that no validation comes, which would write files.
    """
    config = TrainConfig(iterations=MOST_ITERATIONS)
    learner = build_learner("maml", advised_config(MAZES, "maml"), config.seed)
    training = Training(learner, "maml", load_pack(MAZES), config, Path(MAZES), processes=processes)
    run: Any = training.run()  # a generator: to close it ends the training
    with contextlib.closing(run) as events:
        yield (event for event in events if isinstance(event, Update))
