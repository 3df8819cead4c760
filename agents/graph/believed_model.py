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
from game.world.tables import N_ACTIONS

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
        known = (goal_ends & experience.is_goal[graph.cell])[following]
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

    def of_task(self, t: int) -> tuple[np.ndarray, ...]:
        """Return all that matters to a policy in task t: the moves in its nodes, what they pay and
        end, and which of them take effect."""
        first, end = self.graph.first[t : t + 2]
        effect = np.eye(N_ACTIONS) if self.effect is None else self.effect[first:end]
        effects = np.broadcast_to(effect, (end - first, N_ACTIONS, N_ACTIONS))
        return self.next[first:end] - first, self.reward[first:end], self.ends[first:end], effects

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
        moves = np.where(graph.over[:, None, None], 0.0, moves)
        now = (moves * self.reward[..., None]).sum(1)  # [N, K]
        by_move = np.moveaxis(moves * ~self.ends[..., None], 1, 0).copy()  # [A, N, K]
        following = self.next.T.copy()  # [A, N]
        value = np.zeros_like(now)
        left = self.steps[graph.task][:, None]
        for step in range(int(self.steps.max()), 0, -1):
            ahead = np.zeros_like(now)
            for chance, node in zip(by_move, following):  # faster than a sum over an axis
                ahead += chance * value.take(node, 0)
            value = np.where(step <= left, now + ahead, value)
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

    def hoping(self, news: Bools) -> BelievedModel:
        """Return the model in which the moves `news` [N, A] end the episode and pay what is hoped
        for: a goal's reward, and enough to make up for the cost of any way there."""
        hopes = [lv.goal_reward + abs(lv.step_reward) * lv.steps for lv in self.graph.shown]
        reward = self.reward + np.array(hopes)[self.graph.task, None] * news
        return replace(self, reward=reward, ends=self.ends | news)

    def plans(self) -> list[Floats]:
        """Return the best plans: policies [N, A] of the moves that are worth most, by the shortest
        ways.

        A policy has no clock. One plan has a whole episode to go in each node; the other what is
        left after the fewest moves from a start, which counts where time is short.
        """
        steps = self.steps[self.graph.task]
        left = np.maximum(1, steps - np.minimum(self.graph.from_start, steps)).astype(int)
        return [self.plan(steps), self.plan(left)]

    def plan(self, left: Ints) -> Floats:
        """Return the best plan [N, A] with `left` [N] moves to go."""
        unit = HASTE * self.graph.largest_reward[self.graph.task, None]
        q = replace(self, reward=self.reward - unit).values(left)
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
    are tried out, too, and with `plans` the best plans on the believed model. Where all safe cells
    were visited and no goal was found, a plan dares the others.
    """

    def __init__(self, plans: bool) -> None:
        self._plans = plans
        self._kept: dict[int, _Kept] = {}  # by task

    def choose(self, experience: Experience, new: Callable[[], NDArray[np.float64]]) -> Floats:
        """Return the move probabilities [N, A] to go by, where `new` gives new ones.

        A task that knows the best plan goes by it as long as it believes in the same level; `new`
        is not called where all tasks do.
        """
        settled, lost = is_settled(experience), experience.is_lost
        if not (settled.any() or lost.any()):
            return new()
        graph, model = experience.graph, BelievedModel.of(experience)
        parts = {t: model.of_task(t) for t in np.flatnonzero(settled).tolist()}
        kept = {t: one for t, one in self._kept.items() if graph.shown[t] is one.level}
        done = {t for t, one in kept.items() if self._plans and one.is_for(parts[t])}
        if len(done) == len(settled):
            return np.concatenate([kept[t].moves for t in range(len(settled))])
        nodes = [slice(*graph.first[t : t + 2]) for t in range(len(settled))]
        moves = new()
        before = moves.copy()
        for t, one in kept.items():
            before[nodes[t]] = one.moves
        policies = [before, *(sharpened(moves, power) for power in SHARPER)]
        best = model.best(*policies, *(model.plans() if self._plans else []))
        chosen = moves.copy()
        if lost.any() and self._plans:
            hopeful = model.hoping(experience.unentered[graph.next])
            dare = hopeful.plan(model.steps[graph.task])
            chosen = np.where(lost[graph.task, None], dare, chosen)
        for t in done:
            chosen[nodes[t]] = kept[t].moves
        for t in parts.keys() - done:
            chosen[nodes[t]] = best[nodes[t]]
            self._kept[t] = _Kept(graph.shown[t], parts[t], best[nodes[t]])
        return chosen


@dataclass(frozen=True)
class _Kept:
    """The policy that promises most in a task so far."""

    level: Level  # as shown
    model: tuple[np.ndarray, ...]  # on which it does; see `BelievedModel.of_task`
    moves: Floats  # [n, A] probabilities in the task's nodes

    def is_for(self, model: tuple[np.ndarray, ...]) -> bool:
        """Return whether it was chosen on this model."""
        return all(np.allclose(own, its) for own, its in zip(self.model, model, strict=True))


def sharpened(moves: Floats, power: float) -> Floats:
    """Return probabilities [N, A] raised to a power, and normalised."""
    powers = (moves / moves.max(1, keepdims=True)) ** power
    sharper: Floats = powers / powers.sum(1, keepdims=True)
    return sharper
