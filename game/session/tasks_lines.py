"""Replay lines for many tasks at once: what helps, what goes wrong, and first beside second order.

Each has the figures that the screen with many tasks shows for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TasksFigures:
    """An agent's mean score in percent after the last step, and on how many tasks it is worse than
    before adaptation."""

    percent: int
    worse: int


@dataclass(frozen=True)
class TasksLine:
    """A replay line for the first 20 test tasks of its pack, with the figures of some agents.

    `shown` are the figures of the agents of the line in their order. `own` are those of the first
    agent with its own settings, which stay as a ghost in the chart; None where no other settings
    are in force.
    """

    line: str
    shown: tuple[TasksFigures, ...]
    own: TasksFigures | None = None


# ten times the step size: the trust region does not protect this agent, which adapts a context
TOO_LARGE = TasksLine(
    "level=mazes-9x9 task=9de70ec14474 agents=cavia-mazes-9x9 seed=0 steps=5 step-size=10",
    (TasksFigures(56, 4),),
    TasksFigures(95, 0),
)
# 50 steps of 2 episodes in place of 5 steps of 20: as many episodes, but each step knows too little
TOO_LONG = TasksLine(
    "level=dynamics task=cf065b899f04 agents=maml-dynamics seed=0 steps=50 episodes=2",
    (TasksFigures(45, 6),),
    TasksFigures(90, 0),
)
# the same on one map, whose goals are those of training, as published: "20 tasks seen in training"
TOO_LONG_ON_ONE_MAP = TasksLine(
    "level=gridnavi task=f87b37a4b915 agents=maml-gridnavi,scratch:maml-gridnavi "
    "seed=2 steps=50 episodes=2",
    (TasksFigures(29, 12),),
    TasksFigures(100, 0),
)
FIRST_ORDER = TasksLine(
    "level=mazes-9x9 task=9de70ec14474 agents=maml-mazes-9x9,fomaml-mazes-9x9 seed=0 steps=5",
    (TasksFigures(96, 0), TasksFigures(96, 0)),
)
# levels like those of training, which were held out
HELD_OUT = TasksLine(
    "level=mazes-9x9 task=9de70ec14474 agents=maml-mazes-9x9,scratch:maml-mazes-9x9 seed=0 steps=5",
    (TasksFigures(96, 0), TasksFigures(86, 0)),
)
# out of distribution: levels of a pack that no agent was trained on; scratch as in GAMES
OTHER_PACK = TasksLine(
    "level=opponents task=f5eb120adf14 agents=maml-mazes-9x9,scratch:maml-opponents,maml-gridnavi "
    "seed=0 steps=5",
    (TasksFigures(85, 1), TasksFigures(63, 0), TasksFigures(25, 8)),
)
# what differs between tasks is the dynamics, or an opponent
ROBOTS = TasksLine(
    "level=dynamics task=cf065b899f04 agents=maml-dynamics,scratch:maml-dynamics seed=0 steps=5",
    (TasksFigures(90, 0), TasksFigures(56, 0)),
)
GAMES = TasksLine(
    "level=opponents task=f5eb120adf14 agents=maml-opponents,scratch:maml-opponents seed=0 steps=1",
    (TasksFigures(87, 0), TasksFigures(29, 0)),
)
# trained with opponents, with nothing, and without opponents
WHAT_DIFFERS = TasksLine(
    "level=opponents task=f5eb120adf14 agents=maml-opponents,scratch:maml-opponents,maml-gridnavi "
    "seed=0 steps=5",
    (TasksFigures(92, 0), *OTHER_PACK.shown[1:]),
)
