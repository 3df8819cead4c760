"""The verdict on a text that somebody is editing, kept up to date beside the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from game.authoring.verdict import EQUAL, QUICK_STAGES, Verdict, judge
from game.session.messages import Feed, Message
from game.view.model.agent_trial import AgentTrial, TriedAgent, choose_agent
from game.view.model.background_jobs import BackgroundJobs

QUIET = 0.5  # seconds without a change after which an agent adapts to the tasks


class LiveVerdict:
    """The stages of the verdict on the latest text, computed in background jobs.

    The quick stages have a thread of their own, so that they need not wait for a slow one of an
    earlier text. A frame calls `update`, and `take` with each message of the feed; neither waits.
    """

    def __init__(
        self,
        agents: Sequence[TriedAgent],
        feed: Feed,
        numbers: Iterator[int],
        quick: BackgroundJobs,
        slow: BackgroundJobs,
    ) -> None:
        """`agents` are those to try, the best one first and the quickest last; there may be none.

        `numbers` are those of requests to the feed; nobody else uses the jobs `quick`.
        """
        self._agents, self._feed, self._numbers = tuple(agents), feed, numbers
        self._quick, self._slow = quick, slow
        self.verdict = Verdict()
        """All that is known of the latest text; at first that of the text before it."""
        self._source: tuple[str, str, int | None] = ("", "level", None)
        self._seed = 0
        self._stages: Iterator[Verdict] = iter(())
        self._stage = self._version = 0
        self._quiet = 0.0  # seconds since the last change
        self._trial: AgentTrial | None = None
        self._ended = True

    @property
    def is_working(self) -> bool:
        """Whether the verdict may still change without a change of the text."""
        return not self._ended or bool(self._trial and self._trial.is_running)

    def judge(self, text: str, name: str = "level", number: int | None = None) -> None:
        """Judge another text, whose file and level are called so."""
        self._source, self._quiet = (text, name, number), 0.0
        self._begin()

    def reroll(self) -> None:
        """Draw other tasks for the strip."""
        self._seed += 1
        self._begin()

    def _begin(self) -> None:
        """Drop what is being computed, and begin with the first stage."""
        self.pause()
        self._jobs.forget(self._key)
        coverage = self._agents[0].coverage if self._agents else None
        text, name, number = self._source
        self._stages = judge(text, name, number, self._seed, coverage)
        self._stage, self._ended, self._trial = 0, False, None
        self._version += 1

    def pause(self) -> None:
        """End what the agent does: another screen wants the feed. `update` begins it anew."""
        if self._trial and self._trial.is_running:
            self._trial.stop()
            self._trial = None

    def update(self, seconds: float) -> Verdict:
        """Return the verdict after so many more seconds."""
        self._quiet += seconds
        if not self._ended:
            self._advance()
        if self._trial is None and self._agents and self._quiet >= QUIET:
            self._try_agent()
        if self._trial:
            self.verdict = replace(self.verdict, agent=self._trial.scores)
        return self.verdict

    def take(self, message: Message) -> None:
        """Take a message of the feed, whosever it is."""
        if self._trial:
            self._trial.take(message)

    @property
    def _jobs(self) -> BackgroundJobs:
        """The jobs of the current stage."""
        return self._quick if self._stage < QUICK_STAGES else self._slow

    @property
    def _key(self) -> tuple[object, ...]:
        """The key of the current stage's job."""
        return ("verdict", id(self), self._version, self._stage)

    def _advance(self) -> None:
        """Take the result of the current stage, if it is there, and begin with the next one."""
        stages, last = self._stages, self.verdict

        def failed(why: str) -> Verdict:
            failure = f"the level cannot be judged ({why})"
            return replace(last, failure=failure, is_done=True)

        found = self._jobs.ask(self._key, lambda: next(stages), failed)
        if found is None:
            return
        self._jobs.forget(self._key)
        self.verdict = found
        self._stage, self._ended = self._stage + 1, found.is_done

    def _try_agent(self) -> None:
        """Let an agent adapt to those tasks of the strip that can be solved."""
        known = self.verdict.strip_figures if self._stage else ()
        tasks = [
            one
            for one in known
            if one.best_probability > EQUAL and one.optimal_return - one.random_return > EQUAL
        ]
        if tasks:
            tried = choose_agent(self._agents, tasks)
            self._trial = AgentTrial(tasks, tried, self._feed, self._numbers)
            self._trial.start()
