"""A person's session at the play screen: one task after another, alone or against an agent."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from game.session.messages import AgentNote, Failed, Feed, Ready, Request, Stepped
from game.session.trace import AdaptationStep
from game.tasks.task import Task
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import BaselineCache, PlannedTask
from game.view.model.human_trial import HumanStep, HumanTrial, episode_returns

PAUSE_SECONDS = 0.5  # after an episode, before an action begins the next one


@dataclass(frozen=True)
class PlaySetup:
    """The tasks to play and, for a duel, the agent to play against."""

    tasks: tuple[Task, ...]
    pack_title: str
    pack: str = ""
    episodes: int = 8
    seed: int = 0
    agent: str = ""  # name or folder for the feed; "" if this is not a duel
    agent_name: str = ""  # on screen
    agent_episodes: int = 2  # of each of its adaptation steps: the fewest that it can learn from
    usual_episodes: int = 0  # of its usual adaptation steps, if a duel's are too short; else 0
    path: str = ""  # of the pack
    step_size: float = 1.0  # multiplies the agent's own step size


class PlaySession:
    """The person's trial on the current task and, in a duel, the agent's steps on the same task."""

    def __init__(
        self,
        setup: PlaySetup,
        feed: Feed | None = None,
        numbers: Iterator[int] | None = None,
        jobs: BackgroundJobs | None = None,
    ) -> None:
        """`numbers` numbers the requests to the feed. Without `jobs` tasks are planned at once."""
        self.setup, self.feed = setup, feed
        self._baselines = BaselineCache(jobs)
        self._numbers = itertools.count() if numbers is None else numbers
        self._index = 0  # of the current task
        self.restart()

    def restart(self) -> None:
        """Play the current task from the first episode on."""
        self.planned = PlannedTask()  # empty until the task is planned
        self.number = -1  # of the request to the agent; -1 before the first one
        self.failure = ""
        self.agent_note = ""  # how the agent's step size was chosen, where that needs saying
        self.trial: HumanTrial | None = None  # None until the task is planned
        self.last_step: HumanStep | None = None  # None at the start of an episode
        self.since_step = 0.0  # seconds since the last step, or since the start of the episode
        self.agent_steps: list[AdaptationStep] = []
        self._plan()

    def next_task(self) -> None:
        """Play the next task of the set-up; the first one follows the last."""
        self._index = (self._index + 1) % len(self.setup.tasks)
        self.restart()

    @property
    def task(self) -> Task:
        """The current task."""
        return self.setup.tasks[self._index]

    @property
    def is_duel(self) -> bool:
        """Whether an agent plays the same task."""
        return bool(self.setup.agent)

    def act(self, action: int) -> bool:
        """Take an action, or begin the next episode. Return whether that ended an episode."""
        if self.trial is None:
            return False
        if self.trial.resting:
            if self.since_step > PAUSE_SECONDS:
                self.trial.next_episode()
                self.last_step, self.since_step = None, 0.0
            return False
        self.last_step, self.since_step = self.trial.act(action), 0.0
        return self.trial.resting

    def update(self, seconds: float) -> None:
        """Advance by a number of seconds, and take the steps that the agent has sent."""
        self.since_step += seconds
        if self.trial is None and not self.failure:
            self._plan()
        for message in self.feed.poll() if self.feed and self.is_duel else ():
            if isinstance(message, Ready) or message.number not in (None, self.number):
                continue
            if isinstance(message, AgentNote):
                self.agent_note = message.text
            elif isinstance(message, Stepped):
                self.agent_steps.append(message.step)
            elif isinstance(message, Failed):
                self.failure = message.text

    def request_missing(self) -> None:
        """Request the agent's episodes again, unless all of them have arrived."""
        if self.trial and len(self._all_agent_returns()) < self.setup.episodes:
            self._request_agent()

    def agent_returns(self) -> list[float]:
        """Return the agent's returns, of as many episodes as the person has finished."""
        return self._all_agent_returns()[: len(self.trial.returns)] if self.trial else []

    def _all_agent_returns(self) -> list[float]:
        if self.planned.tables is None:
            return []
        return episode_returns(self.planned.tables, self.agent_steps, self.setup.episodes)

    def _plan(self) -> None:
        """Begin the trial if the task has been planned."""
        planned = self._baselines.of(self.task)
        if planned is None:
            return
        self.planned, self.failure = planned, planned.failure
        if planned.tables:
            self.trial = HumanTrial(planned.tables, self.setup.episodes, self.setup.seed)
            self._request_agent()

    def _request_agent(self) -> None:
        """In a duel, request that the agent plays the current task.

        Its adaptation steps are as short as it can learn from, so that it learns as often as
        possible in the person's number of episodes.
        """
        self.number, self.agent_steps = next(self._numbers), []
        if self.is_duel and self.feed:
            setup, steps = self.setup, self.setup.episodes - 1
            agent = (setup.agent,), setup.pack, setup.agent_episodes, setup.step_size
            request = Request(self.number, self.task, setup.seed, steps, *agent, path=setup.path)
            self.feed.request(request)

    def reset_settings(self) -> None:
        """Let the agent play again with its own step size. The person's episodes stay."""
        self.setup = replace(self.setup, step_size=1.0)
        self._request_agent()
