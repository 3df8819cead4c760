"""Algorithm distillation (Laskin et al. 2023): imitate learning itself, in context.

A gradient learner learns each training task from scratch, and all of its episodes are recorded: its
*learning history*. A causal transformer predicts the actions of such histories from all earlier
episodes. It can only predict the better actions of later episodes by the reason why they are
better, which the earlier ones show. So its own episodes get better as a trial goes on, with no
gradient.

A trial has one episode of each of several equal parts of a history, in the order of learning. It
skips the others (the paper's subsampling, section 4.3), so that the transformer learns in a few
episodes what takes the gradient learner hundreds. Some trials have the beginning of a history
alone. They show what to do when several episodes in a row have failed; in whole histories, few do.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agents import ranks
from agents.gradient.gradient_learner import GradientConfig
from agents.gradient.scratch import Scratch
from agents.inner_config import InnerConfig
from agents.learner import Arrays, check_options, check_size
from agents.memory.imitation import ImitationConfig, ImitationLearner
from agents.memory.ppo import Trajectories
from agents.memory.trials import Episode, LastMoves, n_last_moves, trial_clock
from agents.rollout import Rngs, Rollout
from game.session.messages import Phase
from game.text.writing import canonical
from game.world.batch import GridBatch
from game.world.tables import Tables

MOST_KEPT = 20_000_000  # steps of histories that are kept: about 200 MB


@dataclass(frozen=True)
class AdConfig(ImitationConfig):
    """Options of ad."""

    trials: int = 4
    """Trials of each task per iteration (1 to 10000)."""
    greedy: bool = False
    """Choose the most probable action while adapting instead of sampling one."""
    history: int = 30
    """Gradient steps of a learning history (1 to 10000)."""
    history_episodes: int = 20
    """Episodes that the gradient learner samples for each of its steps (2 to 10000)."""
    slow: float = 0.5
    """Share of the trials that have only the beginning of a history, of random length (0 to 1)."""
    hidden: tuple[int, ...] = (64, 64)
    """Units in each hidden layer of the gradient learner's policy (1 to 4096 each)."""
    step_size: float = 0.1
    """Step size of the gradient learner (1e-6 to 100)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_options(self, history=(1, 10_000), history_episodes=(2, 10_000))
        check_options(self, hidden=(1, 4096), step_size=(1e-6, 100), slow=(0, 1))
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
        self.histories = Histories(config, seed)

    def meta_update(self, batch: GridBatch, rngs: Rngs, progress: float) -> dict[str, float]:
        """Learn the histories of the tasks, which are recorded the first time; see
        `Learner.meta_update`."""
        self.on_phase(Phase.EPISODES)
        histories, env_steps = self.histories.of(batch)
        trials = [
            history.draw_trials(self.config.trials, self.config.episodes, self.config.slow, rng)
            for history, rng in zip(histories, rngs, strict=True)
        ]
        data = Trajectories.of(list(as_episodes(batch, trials, self.numpy_type)))
        self.on_phase(Phase.UPDATE)
        target = (data.action[..., None] == np.arange(batch.n_actions)).astype(self.numpy_type)
        metrics = {
            "trial_return": float(data.reward.sum(0).mean()),
            "source_return": float(np.mean([history.last_return for history in histories])),
            **self.imitate(self.view(batch, rngs), data, target, rngs, progress),
            "env_steps": env_steps,
        }
        return ranks.of_whole_batch(metrics, batch.n_tasks)

    def checkpoint(self) -> Arrays:
        """Add the seed of the histories, which are then recorded anew; see `Learner.checkpoint`."""
        return {**super().checkpoint(), "histories.seed": np.array(self.histories.seed)}

    def restore(self, checkpoint: Arrays) -> None:
        """See `Learner.restore`."""
        seed = checkpoint["histories.seed"]
        super().restore({n: array for n, array in checkpoint.items() if array is not seed})
        self.histories = Histories(self.config, int(seed))


# --- histories -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LearningHistory:
    """All episodes of a gradient learner on one task: E after each of its K gradient steps, and as
    many before the first one."""

    state: np.ndarray  # [K + 1, H + 1, E] in small types, since there are many
    action: np.ndarray  # [K + 1, H, E]
    reward: np.ndarray  # [K + 1, H, E]
    alive: np.ndarray  # [K + 1, H, E] whether the episode was running when the action was chosen

    @property
    def last_return(self) -> float:
        """The mean return of the last episodes."""
        return float(self.reward[-1].sum(0).mean())

    def draw_trials(
        self, n: int, episodes: int, slow: float, rng: np.random.Generator
    ) -> LearningHistory:
        """Return n trials of several episodes in place of K + 1 steps of E episodes.

        Episode i of a trial is one of the i-th of equal parts of the history; in a share `slow` of
        the trials, on average, only of its beginning, which is of random length.
        """
        share = np.where(rng.random((n, 1)) < slow, rng.random((n, 1)), 1)
        part = (np.arange(episodes) + rng.random((n, episodes))) / episodes
        step = (share * part * len(self.action)).astype(int)  # [n, episodes]
        which = rng.integers(self.action.shape[2], size=step.shape)
        arrays = (array[step, :, which].transpose(1, 2, 0) for array in vars(self).values())
        return LearningHistory(*arrays)


class Histories:
    """The learning history of each task, recorded when it is first asked for.

    It depends on the seed and the task alone (but for rounding, which may differ between batches).
    """

    def __init__(self, config: AdConfig, seed: int) -> None:
        self.steps, self.seed = config.history, seed
        self.source = Scratch(config.gradient_learner, seed)
        self.by_task: dict[str, LearningHistory] = {}

    def of(self, batch: GridBatch) -> tuple[list[LearningHistory], int]:
        """Return the history of each task of a batch, and the environment steps spent on it now."""
        names = [_digest(canonical(tables.level)) for tables in batch.tables]
        new = {
            name: tables
            for name, tables in zip(names, batch.tables, strict=True)
            if name not in self.by_task
        }
        recorded = self.record(new) if new else {}
        known = recorded | self.by_task
        room = MOST_KEPT // max(history.alive.size for history in known.values())
        self.by_task = dict(itertools.islice(known.items(), room))
        return [known[name] for name in names], sum(int(h.alive.sum()) for h in recorded.values())

    def record(self, tasks: dict[str, Tables]) -> dict[str, LearningHistory]:
        """Let the gradient learner learn these tasks, and return its history on each."""
        batch = GridBatch([*tasks.values()])
        rngs = [np.random.default_rng([self.seed, int(name, 16)]) for name in tasks]
        inner_steps = self.source.inner_steps(batch, rngs, self.steps)
        data = [step.data for step in inner_steps]
        return {name: _history_of(data, t, batch.steps[t]) for t, name in enumerate(tasks)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _history_of(data: Sequence[Rollout], t: int, steps: int) -> LearningHistory:
    """Return the history of task t, whose episodes have at most so many steps."""
    state = np.stack([one.state[: steps + 1, t] for one in data]).astype(np.int32)
    action = np.stack([one.action[:steps, t] for one in data]).astype(np.int8)
    reward = np.stack([one.reward[:steps, t] for one in data]).astype(np.float32)
    return LearningHistory(state, action, reward, np.stack([one.alive[:steps, t] for one in data]))


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
