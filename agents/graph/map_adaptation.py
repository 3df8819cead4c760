"""Adaptation by maps: play, write what happened into maps, read them for the next policy."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Protocol, Self

import numpy as np

from agents.graph.believed_model import BestSoFar, is_settled
from agents.graph.experience import Experience
from agents.graph.graph_inputs import EACH_MOVE
from agents.graph.walk import Walk
from agents.learner import NO_CHANGES, BaseLearner, Changes
from agents.rollout import Rngs, Rollout, adaptation_step, roll_out
from game.session.trace import AdaptationStep, ExperienceMaps
from game.world.batch import GridBatch
from game.world.planner import expected_return
from game.world.rules import Floats, Ints
from game.world.tables import N_ACTIONS


class Read(Protocol):
    """Gives the policy that belongs to the maps, over the moves in each node of the graph."""

    def __call__(
        self, experience: Experience, episodes_ahead: float, steps_left: Ints | None = None
    ) -> Floats:
        """Return the probabilities of moves [N, A]; see `graph_inputs`."""
        ...


class MapLearner(BaseLearner):
    """A learner that adapts by maps. Its config has the `episodes` of a step, and in how many
    `parts` a step is played.

    The maps are read once for each part, and with one episode a step at every move. Once there is
    nothing left to find or to try, the agent keeps the policy that promises most on its maps, and
    where it `plans` also weighs the plan that is best on them.
    """

    def reader(self) -> Read:
        """Return what gives the policy that belongs to the maps."""
        raise NotImplementedError

    @property
    def plans(self) -> bool:
        """Whether plans are weighed."""
        return True

    @property
    def episodes_per_step(self) -> int:
        """The number of episodes of each adaptation step."""
        episodes: int = self.config.episodes
        return episodes

    def with_episodes(self, episodes: int) -> Self:
        """See `Learner.with_episodes`."""
        other = copy.copy(self)
        other.config = replace(self.config, episodes=episodes)
        return other

    def adapt(
        self, batch: GridBatch, rngs: Rngs, steps: int, changes: Changes = NO_CHANGES
    ) -> Iterator[AdaptationStep]:
        """Fill the maps and read them; see `Learner.adapt`."""
        read, episodes = self.reader(), self.config.episodes
        if episodes == 1:
            return _by_move(read, self.plans, batch, rngs, steps)
        parts = np.array_split(np.arange(episodes), min(self.config.parts, episodes))
        sizes = [len(part) for part in parts]
        return _by_episodes(read, self.plans, batch, rngs, steps, sizes)


def _by_episodes(
    read: Read, plans: bool, batch: GridBatch, rngs: Rngs, steps: int, sizes: list[int]
) -> Iterator[AdaptationStep]:
    """Yield steps of several episodes, in parts of these sizes.

    A step's exact return and probabilities are those of its first part. Its last part looks for
    further goals.
    """
    experience, best = Experience(batch), BestSoFar(plans)
    env_steps = np.zeros(batch.n_tasks, int)
    for k in range(steps + 1):
        maps, policies, parts = experience.maps(), [], []
        for part, size in enumerate(sizes):
            moves = best.choose(experience, partial(read, experience, size))
            if 0 < part == len(sizes) - 1:
                moves = _search_on(experience, read, size, moves)
            policies.append(action_probabilities(experience, moves))
            parts.append(roll_out(batch, policies[-1], size, rngs))
            experience.add_episodes(parts[-1])
        data, exact = Rollout.joined(parts), expected_return(batch, policies[0])
        step = adaptation_step(k, env_steps, policies[0], data, exact, gradient_steps=0)
        yield replace(step, maps=maps)
        env_steps = env_steps + data.env_steps


def _search_on(experience: Experience, read: Read, size: int, moves: Floats) -> Floats:
    """Return move probabilities [N, A] that look for another goal where one was found.

    Elsewhere, and where no cell is left to visit, they are `moves`.
    """
    graph = experience.graph
    on = experience.goal_hidden & experience.settled & experience.has_unvisited
    if not on.any():
        return moves
    return np.where(on[graph.task, None], read(experience.before_goals(), size), moves)


def _by_move(
    read: Read, plans: bool, batch: GridBatch, rngs: Rngs, steps: int
) -> Iterator[AdaptationStep]:
    """Yield steps of one episode, in which the maps are read at every move."""
    alone = [GridBatch([tables]) for tables in batch.tables]
    walks = [Walk(one, [rng], Experience(one)) for one, rng in zip(alone, rngs, strict=True)]
    best = [BestSoFar(plans) for _ in walks]
    env_steps = np.zeros(batch.n_tasks, int)
    for k in range(steps + 1):
        data = _empty_episode(batch)
        first = np.full(batch.reward.shape, 1 / N_ACTIONS)
        maps = ExperienceMaps.of([walk.experience.maps() for walk in walks])
        for t, walk in enumerate(walks):
            probs = _play_episode(read, best[t], walk, data, t)
            first[t, : probs.shape[1]] = probs[0]
        step = adaptation_step(k, env_steps, first, data, None, gradient_steps=0, stationary=False)
        yield replace(step, maps=maps)
        env_steps = env_steps + data.env_steps


def _empty_episode(batch: GridBatch) -> Rollout:
    """Return one episode of each task, as yet without moves."""
    shape = (batch.horizon, batch.n_tasks, 1)
    state = np.zeros((batch.horizon + 1, *shape[1:]), int)
    return Rollout(state, np.zeros(shape, int), np.zeros(shape), np.zeros(shape, bool))


def _play_episode(read: Read, best: BestSoFar, walk: Walk, data: Rollout, t: int) -> Floats:
    """Play an episode of the one task of a walk, and write it into task t of `data`.

    Once there is nothing left to find or to try, the best policy is kept to the episode's end. A
    goal that pays less than usual does not end the search.
    Returns the probabilities of actions [1, S, A] at its beginning.
    """
    experience = walk.experience
    kept: Floats | None = None

    def policy() -> Floats:
        nonlocal kept
        if experience.hopes_for_better[0]:
            moves = read(experience.before_goals(), EACH_MOVE, walk.steps_left)
            return action_probabilities(experience, moves)
        if kept is not None:
            return kept
        new = partial(read, experience, EACH_MOVE, walk.steps_left)
        probs = action_probabilities(experience, best.choose(experience, new))
        kept = probs if is_settled(experience)[0] else None
        return probs

    first = probs = policy()
    for h in range(int(walk.batch.steps[0])):
        moves = walk.go(probs, 1)
        data.state[h, t], data.action[h, t] = moves.state, moves.action
        data.reward[h, t], data.alive[h, t] = moves.reward, True
        data.state[h + 1 :, t] = moves.entered
        if walk.time[0] == 0:  # the next episode has begun
            break
        probs = policy()
    return first


def action_probabilities(experience: Experience, moves: Floats) -> Floats:
    """Return the probabilities of actions [T, S, A], given those of moves [N, A]."""
    controls = experience.moves.estimate().controls  # [T, A, A]
    probs: Floats = moves[experience.graph.node] @ controls.swapaxes(1, 2)
    return probs / probs.sum(-1, keepdims=True)
