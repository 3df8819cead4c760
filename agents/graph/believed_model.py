"""The level as an agent believes it to be: the shown graph with what its maps add.

A policy can be tried out on this model without playing. Nothing hidden enters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents.graph.experience import Experience
from agents.graph.graph_inputs import Floats32, move_effects
from game.text.level import Level
from game.world.rules import STAY, Bools, Floats, Ints
from game.world.shown_graph import ShownGraph

SHARPER = (1.0, 2.0, 4.0, 16.0)  # powers of a policy's probabilities that are tried out
HASTE = 1e-5  # of the largest shown reward: cost of a move that makes a plan take the shortest way


@dataclass(frozen=True)
class BelievedModel:
    """The moves in N nodes of T tasks, as believed."""

    graph: ShownGraph
    next: Ints  # [N, A] the node after each move, if it takes effect
    reward: Floats  # [N, A] if the move takes effect
    ends: Bools  # [N, A] the episode ends with the move
    effect: Floats32 | None  # [N, A, A] probability of the effective move; None: the intended one
    start: Floats  # [N] probability that an episode of the task starts here
    steps: Ints  # [T] of an episode

    @classmethod
    def of(cls, experience: Experience) -> BelievedModel:
        """Return the model that goes with what was experienced."""
        graph, batch = experience.graph, experience.batch
        belief = experience.moves.estimate()
        blocked = experience.blocked()
        following = np.where(blocked, np.arange(graph.n_nodes)[:, None], graph.next)
        goal_ends = np.array([level.ends == "goal" for level in graph.shown])[graph.task]
        known = (goal_ends & (experience.goals[graph.cell] > 0))[following]
        pays = experience.goal_pays[graph.cell[following]]
        ordinary = graph.reward + experience.beyond() * ~graph.terminated
        ordinary = np.where(blocked, ordinary[:, [STAY]], ordinary)
        start = np.zeros(graph.n_nodes)
        np.add.at(start, graph.node, batch.start)
        return cls(
            graph=graph,
            next=following,
            reward=np.where(known, pays, ordinary),
            ends=(graph.terminated & ~blocked) | known,
            effect=move_effects(graph, belief.wind, belief.slip_factor),
            start=start,
            steps=batch.steps,
        )

    def is_like(self, other: BelievedModel) -> bool:
        """Return whether both are the same for all that matters to a policy."""
        if self.graph is not other.graph or (self.effect is None) != (other.effect is None):
            return False
        parts = [(self.next, other.next), (self.reward, other.reward), (self.ends, other.ends)]
        if self.effect is not None and other.effect is not None:
            parts.append((self.effect, other.effect))
        return all(np.allclose(own, its) for own, its in parts)

    def expected(self, values: Floats) -> Floats:
        """Return values of effective moves [N, A, ..] as those of intended moves [N, A, ..]."""
        if self.effect is None:
            return values
        flat = values.reshape(*values.shape[:2], -1)
        mixed: Floats = (self.effect @ flat).reshape(values.shape)
        return mixed

    def returns(self, policies: Floats) -> Floats:
        """Return the returns [T, K] that K policies [N, A, K] promise."""
        graph = self.graph
        moves = policies
        if self.effect is not None:
            moves = self.effect.swapaxes(1, 2) @ policies  # [N, A, K] of effective moves
        now = (moves * self.reward[..., None]).sum(1)  # [N, K]
        onward = moves * ~self.ends[..., None]
        value = np.zeros_like(now)
        left = self.steps[graph.task][:, None]
        for step in range(int(self.steps.max()), 0, -1):
            new = now + (onward * value[self.next]).sum(1)
            new[graph.over] = 0
            value = np.where(step <= left, new, value)
        weighted = value * self.start[:, None]
        promised: Floats = np.add.reduceat(weighted, graph.first[:-1])
        return promised

    def best(self, *policies: Floats) -> Floats:
        """Return in each task that of some policies [N, A] which promises most."""
        stacked = np.stack(policies, -1)
        best = self.returns(stacked).argmax(1)  # [T]
        chosen: Floats = np.take_along_axis(stacked, best[self.graph.task][:, None, None], 2)
        return chosen[..., 0]

    def values(self, left: Ints) -> Floats:
        """Return what each move [N, A] is worth with `left` [N] moves to go, this one included, by
        value iteration."""
        q = np.zeros(self.reward.shape)
        for step in range(int(left.max())):
            value = np.where(self.graph.over, 0.0, q.max(1))
            ahead = self.expected(self.reward + value[self.next] * ~self.ends)
            ahead = np.where((step < left)[:, None], ahead, q)
            if np.array_equal(ahead, q):
                break
            q = ahead
        return q

    def plan(self) -> Floats:
        """Return the policy [N, A] of the moves that are worth most, by the shortest ways."""
        unit = HASTE * self.graph.largest_reward[self.graph.task, None]
        q = replace(self, reward=self.reward - unit).values(self.steps[self.graph.task])
        best = q > q.max(1, keepdims=True) - unit / 2
        policy: Floats = best / best.sum(1, keepdims=True)
        return policy


def is_settled(experience: Experience) -> Bools:
    """Return the tasks [T] in which there is nothing left to find or to try, opponents included."""
    return experience.settled & ~experience.has_unknown_opponents


class BestSoFar:
    """The policy that promises most of those that an agent has had in each task.

    Once there is nothing left to find or to try, a new policy takes the place of the one before
    only if it promises more: so adaptation does not make it worse. Of each new policy, sharper ones
    are tried out, too, and with `plans` the plan that is best on the believed model.
    """

    def __init__(self, plans: bool) -> None:
        self._plans = plans
        self._last: tuple[BelievedModel, Floats] | None = None  # a model, and the best policy on it
        # by task: the shown level, and the move probabilities [n, A] in its nodes
        self._kept: dict[int, tuple[Level, Floats]] = {}

    def choose(self, experience: Experience, new: Callable[[], NDArray[np.float64]]) -> Floats:
        """Return the move probabilities [N, A] to go by, where `new` gives new ones.

        It is not called where the best plan is known already.
        """
        settled = is_settled(experience)
        if not settled.any():
            return new()
        graph, model = experience.graph, BelievedModel.of(experience)
        if self._last and self._last[0].is_like(model):
            return self._last[1]
        moves = new()
        nodes = [slice(*graph.first[t : t + 2]) for t in range(len(settled))]
        before = moves.copy()
        for t, (level, kept) in self._kept.items():
            if graph.shown[t] is level:
                before[nodes[t]] = kept
        policies = [before, *(sharpened(moves, power) for power in SHARPER)]
        chosen = model.best(*policies, *([model.plan()] if self._plans else []))
        chosen = np.where(settled[graph.task][:, None], chosen, moves)
        self._kept = {int(t): (graph.shown[t], chosen[nodes[t]]) for t in np.flatnonzero(settled)}
        if self._plans and settled.all():
            self._last = model, chosen
        return chosen


def sharpened(moves: Floats, power: float) -> Floats:
    """Return probabilities [N, A] raised to a power, and normalised."""
    powers = (moves / moves.max(1, keepdims=True)) ** power
    sharper: Floats = powers / powers.sum(1, keepdims=True)
    return sharper
