"""Map planner, a reference line: exact planning on the shown level with the maps of neural-map.

It learns nothing. It plans as if there were a goal on every cell that it has not visited, as long
as it has found none, and believes the maps in all else. The line shows what maps and planning alone
give, so that nobody takes planning for learning; neural-map has to learn what is set by hand here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.graph.believed_model import BelievedModel
from agents.graph.experience import Experience
from agents.graph.map_adaptation import MapLearner, Read
from agents.learner import check_options
from game.world.rules import Floats, Ints

LEAST_COST = 1e-3  # of a move, for the temperature


@dataclass(frozen=True)
class MapPlannerConfig:
    """Options of map-planner."""

    episodes: int = 20
    """Episodes of each adaptation step (1 to 10000). With 1, it plans anew at every move."""
    parts: int = 4
    """Times that it plans in a step of several episodes (1 to 10000)."""
    temperature: float = 0.3
    """Temperature of its choice among moves, in units of a move's cost (1e-6 to 100)."""

    def __post_init__(self) -> None:
        check_options(self, episodes=(1, 10_000), parts=(1, 10_000), temperature=(1e-6, 100))


class MapPlanner(MapLearner):
    """Optimism in the face of uncertainty, on maps."""

    Config = MapPlannerConfig
    config: MapPlannerConfig

    def reader(self) -> Read:
        """Return the planner."""
        return self.read

    def read(
        self, experience: Experience, episodes_ahead: float, steps_left: Ints | None = None
    ) -> Floats:
        """Return the probabilities of moves [N, A]: a soft choice by the planned values."""
        graph, batch = experience.graph, experience.batch
        left = batch.steps if steps_left is None else steps_left
        values = _planned(experience, left[graph.task])  # [N, A]
        costs = [max(LEAST_COST, abs(level.step_reward)) for level in graph.shown]
        unit = np.array(costs)[graph.task, None]
        values = (values - values.max(1, keepdims=True)) / (self.config.temperature * unit)
        moves: Floats = np.exp(values)
        return moves / moves.sum(1, keepdims=True)


def _planned(experience: Experience, left: Ints) -> Floats:
    """Return the value of each move [N, A] with `left` [N] moves to go, by value iteration."""
    graph, model = experience.graph, BelievedModel.of(experience)
    unvisited = experience.visits[graph.cell] == 0
    wanted = ~experience.found[graph.task] & unvisited & ~graph.over
    news = wanted[model.next] | experience.untried[graph.entered_class]
    return model.hoping(news).values(left)
