"""Algorithm distillation (Laskin et al. 2023): imitate learning itself, in context.

A gradient learner learns a training task from scratch, and all of its episodes are recorded: its
*learning history*. A causal transformer predicts the actions of such histories from all earlier
episodes. It can only predict the better actions of later episodes by the reason why they are
better, which the earlier ones show. So its own episodes get better as a trial goes on, with no
gradient.

A trial has some of the episodes of a history, in the order of learning, and skips the others (the
paper's subsampling, section 4.3), so that the transformer learns in a few episodes what takes the
gradient learner hundreds. It skips nothing that its own episodes do not show. Until one of them
reaches the goal, they are from the time when the gradient learner had not learned from the goal
either; those after it are spread over the rest of the history. Otherwise, trials would often show
walks to a goal that no earlier episode had found. An agent that imitates them walks to a place that
it made up, and takes its own walk as evidence that the goal is there (Ortega et al. 2021, "Shaking
the foundations").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agents import ranks
from agents.gradient.gradient_learner import GradientConfig
from agents.gradient.scratch import Scratch
from agents.inner_config import InnerConfig
from agents.learner import check_options, check_size
from agents.memory.imitation import ImitationConfig, ImitationLearner
from agents.memory.ppo import Trajectories
from agents.memory.trials import Episode, LastMoves, n_last_moves, trial_clock
from agents.rollout import Rngs, Rollout
from game.session.messages import Phase
from game.world.batch import GridBatch


@dataclass(frozen=True)
class AdConfig(ImitationConfig):
    """Options of ad."""

    trials: int = 4
    """Trials of each task per iteration (1 to 10000)."""
    epochs: int = 1
    """Passes over the trials of an iteration (1 to 100)."""
    minibatches: int = 16
    """Minibatches per epoch (1 to 1000)."""
    learning_rate: float = 3e-3
    """Initial learning rate of Adam (0 to 10)."""
    greedy: bool = False
    """Choose the most probable action while adapting instead of sampling one."""
    history: int = 30
    """Gradient steps of a learning history (1 to 10000)."""
    history_episodes: int = 20
    """Episodes that the gradient learner samples for each of its steps (2 to 10000)."""
    hidden: tuple[int, ...] = (64, 64)
    """Units in each hidden layer of the gradient learner's policy (1 to 4096 each)."""
    step_size: float = 0.1
    """Step size of the gradient learner (1e-6 to 100)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, history=(1, 10_000), history_episodes=(2, 10_000))
        check_options(self, hidden=(1, 4096), step_size=(1e-6, 100))
        check_size(self.gradient_learner)

    @property
    def gradient_learner(self) -> GradientConfig:
        """The options of the gradient learner whose histories are imitated."""
        inner = InnerConfig(episodes=self.history_episodes)
        return GradientConfig(
            hidden=self.hidden, step_size=self.step_size, inner=inner, n_actions=self.n_actions
        )


class Ad(ImitationLearner):
    """A causal transformer that predicts the next action of learning histories."""

    Config = AdConfig
    config: AdConfig

    def __init__(self, config: AdConfig, seed: int) -> None:
        super().__init__(config, seed)
        self.source = Scratch(config.gradient_learner, 0)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Record a new learning history on every task, and learn trials of it; see
        `Learner.meta_update`.

        A history that came again and again would be known by heart: its search alone would tell the
        network which task it is.
        """
        self.on_phase(Phase.EPISODES)
        histories = record_histories(self.source, batch, rngs, self.config.history)
        trials = [
            history.draw_trials(self.config.trials, self.config.episodes, rng)
            for history, rng in zip(histories, rngs, strict=True)
        ]
        data = Trajectories.of(list(as_episodes(batch, trials, self.numpy_type)))
        self.on_phase(Phase.UPDATE)
        target = (data.action[..., None] == np.arange(batch.n_actions)).astype(self.numpy_type)
        metrics = {
            "trial_return": float(data.reward.sum(0).mean()),
            "source_return": float(np.mean([history.last_return for history in histories])),
            **self.imitate(self.view(batch, rngs), data, target, rngs, progress),
            "env_steps": int(sum(history.alive.sum() for history in histories)),
        }
        return ranks.of_whole_batch(metrics, batch.n_tasks)


# --- histories -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LearningHistory:
    """All episodes of a gradient learner on one task: E after each of its K gradient steps, and as
    many before the first one."""

    state: np.ndarray  # [K + 1, H + 1, E] in small types, since there are many
    action: np.ndarray  # [K + 1, H, E]
    reward: np.ndarray  # [K + 1, H, E]
    alive: np.ndarray  # [K + 1, H, E] whether the episode was running when the action was chosen
    found: np.ndarray  # [K + 1, E] whether the episode reached the goal

    @property
    def last_return(self) -> float:
        """The mean return of the last episodes."""
        return float(self.reward[-1].sum(0).mean())

    @property
    def discovery(self) -> int:
        """The first step with an episode that reaches the goal; -1 if none does."""
        steps = np.flatnonzero(self.found.any(1))
        return int(steps[0]) if len(steps) else -1

    def draw_trials(self, n: int, episodes: int, rng: np.random.Generator) -> LearningHistory:
        """Return n trials of several episodes in place of K + 1 steps of E episodes.

        A trial takes random episodes, in order, from the steps up to the discovery of the goal.
        After the first one that reaches the goal, it has one from each of equal parts of the later
        steps. Where no episode of the history reaches the goal, the parts are those of all steps.
        """
        per_step, last, early = self.found.shape[1], len(self.found) - 1, self.discovery + 1
        known = np.ones((n, episodes), bool)  # whether an earlier episode of the trial shows it
        search = np.zeros((n, episodes), int)  # episodes, numbered in order
        if early:
            order = rng.random((n, max(early * per_step, episodes))).argsort(1)[:, :episodes]
            # with fewer episodes than a trial has, all are taken, the discovery included
            search = np.sort(np.minimum(order, early * per_step - 1), 1)
            found = self.found.ravel()[search]
            known = np.cumsum(found, 1) > found
        number, total = np.cumsum(known, 1), known.sum(1, keepdims=True)
        part = (number - rng.random(known.shape)) / np.maximum(1, total)
        later = np.minimum(early + (part * (len(self.found) - early)).astype(int), last)
        step = np.where(known, later, search // per_step)
        which = np.where(known, rng.integers(per_step, size=step.shape), search % per_step)
        steps = (self.state, self.action, self.reward, self.alive)  # of an episode
        state, action, reward, alive = (a[step, :, which].transpose(1, 2, 0) for a in steps)
        return LearningHistory(state, action, reward, alive, self.found[step, which].T)


def record_histories(
    source: Scratch, batch: GridBatch, rngs: Rngs, steps: int
) -> list[LearningHistory]:
    """Let a gradient learner learn each task in so many steps, and return its histories."""
    data = [step.data for step in source.inner_steps(batch, rngs, steps)]
    return [_history_of(data, batch, t) for t in range(batch.n_tasks)]


def _history_of(data: Sequence[Rollout], batch: GridBatch, t: int) -> LearningHistory:
    """Return the history of task t of a batch."""
    steps = batch.steps[t]
    state = np.stack([one.state[: steps + 1, t] for one in data]).astype(np.int32)
    action = np.stack([one.action[:steps, t] for one in data]).astype(np.int8)
    reward = np.stack([one.reward[:steps, t] for one in data]).astype(np.float32)
    alive = np.stack([one.alive[:steps, t] for one in data])
    found = (batch.goal[t][state[:, 1:]] & alive).any(1)
    return LearningHistory(state, action, reward, alive, found)


def as_episodes(
    batch: GridBatch, trials: Sequence[LearningHistory], dtype: type
) -> Iterator[Episode]:
    """Yield the episodes of trials of each task, as an agent with memory would have observed them.

    The last move and reward of an episode are observed at the beginning of the next one.
    """
    n = sum(one.action.shape[2] for one in trials)
    moves, trial = LastMoves(batch), np.arange(n)
    last_move, last_reward = np.full(n, n_last_moves(batch.n_actions) - 1), np.zeros(n, dtype)
    first = np.arange(batch.n_tasks) * batch.n_states
    limit = np.repeat(batch.steps, [one.action.shape[2] for one in trials])
    episodes = len(trials[0].action)
    for e in range(episodes):
        state = _side_by_side([o.state[e] + s for o, s in zip(trials, first, strict=True)], int)
        action = _side_by_side([one.action[e] for one in trials], int)
        reward = _side_by_side([one.reward[e] for one in trials], dtype)
        alive = _side_by_side([one.alive[e] for one in trials], bool)
        number = moves.number(action, state[:-1], state[1:])
        steps = np.arange(len(action))[:, None]
        zeros = np.zeros_like(reward)
        yield Episode(
            state=state,
            entered=state[1:],
            clock=trial_clock(steps, e, limit, episodes),
            last_move=np.concatenate([last_move[None], number[:-1]]),
            last_reward=np.concatenate([last_reward[None], reward[:-1]]),
            action=action,
            log_prob=zeros,
            value=zeros,
            reward=reward,
            alive=alive,
            belief=zeros[..., None][..., :0],
        )
        end = alive.sum(0) - 1
        last_move, last_reward = number[end, trial], reward[end, trial]


def _side_by_side(parts: Sequence[np.ndarray], dtype: type) -> np.ndarray:
    """Return arrays [.., n] of each task as one, with zeros beyond shorter ones."""
    longest = max(len(part) for part in parts)
    padded = [np.pad(part, ((0, longest - len(part)), (0, 0))) for part in parts]
    return np.concatenate(padded, 1).astype(dtype)
