"""Decision-pretrained transformer (Lee et al. 2023, algorithm 1): imitate the optimum in context.

A causal transformer predicts the *optimal* action of the task at every step, from all that the
trial has shown so far. The labels are the planner's, which knows the task. The network does not,
so that it learns the mean of the optimal policies over all tasks that the trial leaves possible:

    p(a | trial, state) = E [pi*(a | state, task)], over tasks drawn from the posterior

Sampling from it is posterior sampling (theorem 1 of the paper), here with a new sample at every
step. No goal needs to be sampled, and no posterior is computed.

The trials of training are played by a mixture of behaviours, so that they cover what the agent
meets when it acts: the learner itself, and the optimum with any share of random actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from agents import ranks
from agents.learner import check_options
from agents.memory.imitation import ImitationConfig, ImitationLearner
from agents.memory.ppo import Trajectories, joined_steps
from agents.memory.trials import (
    Episode,
    MemoryPolicy,
    RunningTrials,
    TrialIndex,
    TrialObservation,
    TrialTransition,
)
from agents.rollout import Rngs
from game.session.messages import Phase
from game.world.batch import GridBatch
from game.world.planner import optimal_policy
from game.world.rules import Bools, Floats, Ints


@dataclass(frozen=True)
class DptConfig(ImitationConfig):
    """Options of dpt."""

    trials: int = 4
    """Trials of each task per iteration (1 to 10000)."""
    greedy: bool = False
    """Choose the most probable action while adapting instead of sampling one."""
    own: float = 0.5
    """Share of the trials that the learner plays itself during training (0 to 1)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, own=(0, 1))


class Dpt(ImitationLearner):
    """A causal transformer that predicts the optimal action."""

    Config = DptConfig
    config: DptConfig

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Play trials of every task, and learn what was optimal in them; see
        `Learner.meta_update`."""
        view, optimal = self.view(batch, rngs), optimal_actions(batch)
        own, noise = draw_behaviours(self.config, rngs)
        learner = self.start_policy(self.params, view, int(own.sum()))
        policy = Behaviours(learner, optimal, own, noise)
        self.on_phase(Phase.EPISODES)
        config, episodes = self.config, []
        running = RunningTrials(policy, batch, config.trials, rngs, clock_episodes=config.episodes)
        for _ in range(config.episodes):
            policy.begin_episode()
            episodes.append(running.play_episode())
        data = Trajectories.of(episodes)
        self.on_phase(Phase.UPDATE)
        target = labels(episodes, optimal).astype(data.reward.dtype)
        metrics = {
            "trial_return": float(data.reward.sum(0).mean()),
            **self.imitate(view, data, target, rngs, progress),
            "env_steps": int(data.lengths.sum()),
        }
        return ranks.of_whole_batch(metrics, batch.n_tasks)


# --- labels --------------------------------------------------------------------------------------


def optimal_actions(batch: GridBatch) -> Floats:
    """Return an optimal policy for each step [H, T, S, A], uniform over optimal actions.

    Where time runs out before a goal can be reached, any action is optimal. Then only those count
    that are optimal with all steps left, too: they tell the most about the task. Raises TooLarge.
    """
    policy = optimal_policy(batch)
    unhurried = policy[0] > 0
    for probs in policy[1:]:
        both = probs * unhurried
        total = both.sum(-1, keepdims=True)
        np.divide(both, total, out=probs, where=total > 0)
    return policy


def labels(episodes: Sequence[Episode], optimal: Floats) -> Floats:
    """Return the optimal actions [L, N, A] at the steps of whole trials, from those of each step of
    an episode [H, T, S, A]."""
    by_step = optimal.reshape(len(optimal), -1, optimal.shape[-1])
    steps = [np.arange(len(e.alive))[:, None] for e in episodes]
    found: Floats = joined_steps(
        episodes, [by_step[h, e.state[:-1]] for h, e in zip(steps, episodes, strict=True)]
    )
    return found


# --- behaviours ----------------------------------------------------------------------------------


def draw_behaviours(config: DptConfig, rngs: Rngs) -> tuple[Bools, Floats]:
    """Draw for each trial [N] whether the learner plays it, and else its share of random actions.

    Each task draws from its own generator.
    """
    own = np.concatenate([rng.random(config.trials) < config.own for rng in rngs])
    noise = np.concatenate([rng.random(config.trials) for rng in rngs])
    return own, noise


class Behaviours:
    """A `MemoryPolicy` for N trials that plays some of them as the learner would, and the others by
    the optimum with random actions. It gives no values."""

    def __init__(self, learner: MemoryPolicy, optimal: Floats, own: Bools, noise: Floats) -> None:
        """Take the learner's policy for its own trials alone, the optimum [H, T, S, A], whether a
        trial is the learner's own [N], and otherwise the share of random actions in it [N]."""
        self.learner, self.own, self.dtype = learner, own, learner.dtype
        self.number = own.cumsum() - 1  # of each trial among the learner's
        self.memory, self.belief = learner.memory, None
        n_actions = optimal.shape[-1]
        self.by_step = torch.from_numpy(optimal.reshape(len(optimal), -1, n_actions))
        self.noise = torch.from_numpy(noise)[:, None]
        self.step = 0  # of the episode

    def begin_episode(self) -> None:
        """Begin an episode of every trial."""
        self.step = 0

    def act(self, trials: TrialIndex, observation: TrialObservation) -> tuple[Tensor, Tensor]:
        """See `MemoryPolicy.act`."""
        numbers = np.arange(len(self.own))[trials]
        noise = self.noise[numbers]
        probs = (1 - noise) * self.by_step[self.step][observation.state]
        log_probs = (probs + noise / probs.shape[1]).log().to(self.dtype)
        own = np.flatnonzero(self.own[numbers])
        if len(own):
            inputs = observation.state, observation.clock, observation.last_move
            parts = (part[own] for part in (*inputs, observation.last_reward))
            seen = TrialObservation(*parts, begins=observation.begins)
            all_own = len(own) == self.own.sum()
            learners = slice(None) if all_own else self.number[numbers[own]]
            log_probs[own] = self.learner.act(learners, seen)[0]
        self.step += 1
        return log_probs, torch.zeros(len(numbers), dtype=self.dtype)

    def observe_transition(self, trials: TrialIndex, transition: TrialTransition) -> None:
        """Do nothing: the learner's next observation contains the transition."""

    def preview(self, trials: Ints, observation: TrialObservation) -> Tensor:
        """Return the learner's preview; see `MemoryPolicy.preview`."""
        return self.learner.preview(trials, observation)
