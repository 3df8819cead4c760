"""Adaptation as a trial: one adaptation step per episode, also beyond those trained for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from agents.memory.trials import Episode, MemoryPolicy, RunningTrials
from agents.rollout import Rngs
from game.session.trace import EPISODES_SHOWN, AdaptationStep
from game.world.batch import GridBatch
from game.world.rules import Floats, Ints

STOCHASTIC_TRIALS = 20  # trials of each task that a mean is taken over

# from beliefs [steps, T, B] to those fields of an `AdaptationStep` that show them
BeliefFields: TypeAlias = Callable[[Floats], dict[str, Any]]


class LongTrials(RunningTrials):
    """Trials that may be longer than the `trained` episodes of those in training.

    Beyond these, a policy would get worse: the clock shows times that were never trained, and what
    is in memory drifts. So the clock stands still at the last trained episode. The memory goes on
    as long as each episode reaches a goal and returns more than the one before and as much as the
    best one, and at most for as many episodes again. Then it is held: every episode begins with the
    memory that the best one began with. So what the last trained episode only repeats is kept from
    there on. A trial that has not reached a goal goes on, since it has nothing to lose.
    """

    def __init__(
        self,
        policy: MemoryPolicy,
        batch: GridBatch,
        per_task: int,
        rngs: Rngs,
        greedy: bool,
        trained: int,
    ) -> None:
        super().__init__(policy, batch, per_task, rngs, greedy, clock_episodes=trained)
        self.trained = trained
        self.best = np.full(len(self.limit), -np.inf)  # [N] highest return with a goal since then
        self.last_return = np.full(len(self.limit), -np.inf)  # [N] of an episode with a goal
        self.held = np.zeros(len(self.limit), bool)  # [N] whether the memory is held
        self.at_best = [array.clone() for array in self.memory()]  # when the best episode began
        self.before: list[Tensor] = []  # the memory when the present episode began, if it counts

    def memory(self) -> list[Tensor]:
        """Return all arrays [N, ..] that last from one episode to the next."""
        return [*self.policy.memory, *map(torch.from_numpy, (self.last_move, self.last_reward))]

    def play_episode(self) -> Episode:
        """See `RunningTrials.play_episode`."""
        self.begin_episode()
        episode = super().play_episode()
        found = self.batch.goal.ravel()[episode.state].any(0)
        self.end_episode(np.where(found, episode.reward.sum(0), -np.inf))
        return episode

    def begin_episode(self) -> None:
        """Note the memory that an episode begins with, if it is the last trained one or beyond."""
        is_last = self.episodes >= self.trained - 1
        self.before = [array.clone() for array in self.memory()] if is_last else []

    def end_episode(self, returns: Floats) -> None:
        """Hold the memory of trials that are to be held, after an episode that is counted already.

        `returns` [N] are those of the episode, -inf where it reached no goal.
        """
        if self.before:
            self._keep_best(returns, self.before)
        self.last_return = returns

    def _keep_best(self, returns: Floats, before: list[Tensor]) -> None:
        """Note the best episodes and the memory `before` them, and put back what is held.

        `returns` [N] are those of the episode, -inf where it reached no goal.
        """
        as_good = ~self.held & np.isfinite(returns) & (returns >= self.best)
        self.best = np.where(as_good, returns, self.best)
        over = ~as_good | (returns <= self.last_return) | (self.episodes >= 2 * self.trained)
        self.held |= over & np.isfinite(self.best)
        chosen, held = torch.from_numpy(as_good), torch.from_numpy(self.held)
        for now, best, old in zip(self.memory(), self.at_best, before, strict=True):
            best[chosen] = old[chosen]
            now[held] = best[held]


def adapt_in_memory(
    start_policy: Callable[[int], MemoryPolicy],
    batch: GridBatch,
    rngs: Rngs,
    steps: int,
    greedy: bool,
    trained: int,
    belief_fields: BeliefFields | None = None,
) -> Iterator[AdaptationStep]:
    """Yield the adaptation steps 0 to `steps` of a trial, one per episode; see `Learner.adapt`.

    `start_policy(n)` returns a policy at the beginning of n trials, which was `trained` for so many
    episodes. If neither tasks nor policy depend on chance, one trial per task gives exact
    returns; otherwise returns are means over STOCHASTIC_TRIALS.
    """
    certain = greedy and not batch.by_chance and bool(((batch.start > 0).sum(1) == 1).all())
    per_task = 1 if certain else STOCHASTIC_TRIALS
    policy = start_policy(batch.n_tasks * per_task)
    running = LongTrials(policy, batch, per_task, rngs, greedy, trained)
    env_steps = np.zeros(batch.n_tasks)
    for k in range(steps + 1):
        action_probs = running.preview_policy()
        episode = running.play_episode()
        by_task = (-1, batch.n_tasks, per_task)
        each = episode.reward.reshape(by_task).sum(0, dtype=float)  # [T, trials]
        returns, shown = each.mean(1), min(EPISODES_SHOWN, per_task)
        paths, moves = _paths_and_moves(episode, batch, shown)
        beliefs = np.zeros((batch.horizon, batch.n_tasks, episode.belief.shape[2]))
        beliefs[: len(episode.belief)] = episode.belief[:, ::per_task]
        yield AdaptationStep(
            step=k,
            episodes=k,
            env_steps=env_steps.round().astype(int),
            gradient_steps=0,
            return_sampled=returns,
            return_exact=returns if certain else None,
            action_probs=action_probs,
            paths=paths,
            moves=moves,
            stationary=False,
            walk_returns=each[:, :shown],
            **(belief_fields(beliefs) if belief_fields else {}),
        )
        env_steps = env_steps + episode.alive.reshape(by_task).sum(0).mean(1)


def _paths_and_moves(episode: Episode, batch: GridBatch, n: int) -> tuple[Ints, Ints]:
    """Return paths [T, n, H + 1] and moves [T, n, H] of each task's first n trials; -1 once an
    episode is over."""
    length, per_task = len(episode.alive), episode.alive.shape[1] // batch.n_tasks
    shape = (length, batch.n_tasks, per_task)
    alive = episode.alive.reshape(shape)[..., :n]
    first = np.arange(batch.n_tasks)[:, None] * batch.n_states
    states = episode.state.reshape(length + 1, *shape[1:])[..., :n] - first
    paths = np.full((batch.n_tasks, n, batch.horizon + 1), -1)
    moves = np.full((batch.n_tasks, n, batch.horizon), -1)
    begun = np.concatenate([np.ones_like(alive[:1]), alive])
    paths[..., : length + 1] = np.where(begun, states, -1).transpose(1, 2, 0)
    moves[..., :length] = np.where(alive, episode.action.reshape(shape)[..., :n], -1).transpose(
        1, 2, 0
    )
    return paths, moves
