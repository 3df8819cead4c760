"""The verdict about the level that is being edited, which grows while nothing is changed.

`judge` yields it in stages. Each stage is a background job of its own, so that a change of the text
drops all later stages; the slow ones have a thread of their own, so that the quick stages of the
next text do not wait for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from game.authoring.advice import Advice
from game.authoring.task_strip import StripTask
from game.authoring.verdict import QUICK_STAGES, AgentScores, Verdict, judge
from game.tasks.coverage import Coverage
from game.text.header_edits import set_value
from game.text.map_edits import set_cells
from game.text.source_map import SourceMap, locate
from game.text.tiles import FLOOR
from game.view.model.background_jobs import BackgroundJobs


class LiveVerdict:
    """What is known of the text as it is now, and the strip of its tasks.

    `strip` and its verdict are those of an earlier text until the new ones are known.
    """

    def __init__(self, jobs: BackgroundJobs, slow_jobs: BackgroundJobs | None = None) -> None:
        self.verdict = Verdict()
        self.strip: tuple[StripTask, ...] = ()
        self.is_stale = False  # whether the strip is that of an earlier text
        self.version = 0  # counts the changes of all of these
        self.coverage: Coverage | None = None  # of the agent that adapts
        self._jobs, self._slow_jobs = jobs, slow_jobs or jobs
        self._source: SourceMap | None = None
        self._stages: Iterator[Verdict] | None = None
        self._seed = 0
        self._run = 0  # number of the text that is judged
        self._stage = 0  # number of the stage that is asked for

    @property
    def is_known(self) -> bool:
        """Whether the problems of the text are known."""
        return self._stage > 0

    def reroll(self) -> None:
        """Draw other tasks for the strip."""
        self._seed += 1
        self._source = None

    def update(self, source: SourceMap) -> None:
        """Take what is known of a text by now, and ask for the next stage. Never blocks."""
        if source is not self._source:
            self._begin(source)
        while self._stages is not None:
            jobs = self._jobs if self._stage < QUICK_STAGES else self._slow_jobs
            key = ("verdict", self._run, self._stage)
            found = jobs.ask(key, partial(_next_stage, self._stages), lambda why: (_failed(why),))
            if found is None:
                return
            jobs.forget(key)
            self._take(found[0])

    def _begin(self, source: SourceMap) -> None:
        """Drop what is known, and begin to judge another text."""
        for jobs in (self._jobs, self._slow_jobs):
            jobs.forget(("verdict", self._run, self._stage))
        self._source = source
        self._run += 1
        self._stage = 0
        text, name, number = source.text, source.name, source.number
        self._stages = judge(text, name, number, self._seed, self.coverage)
        self.is_stale = True
        self.version += 1

    def _take(self, verdict: Verdict | None) -> None:
        """Take the verdict after a stage; None after the last one."""
        self._stage += 1
        self.version += 1
        if verdict is None:
            self._stages = None
            return
        self.verdict = verdict
        if verdict.strip and self.is_stale:
            self.strip, self.is_stale = verdict.strip, False
        if verdict.is_done:
            self._stages = None

    def note_agent(self, scores: AgentScores) -> None:
        """Add what an agent makes of the level."""
        self.verdict = replace(self.verdict, agent=scores)
        self.version += 1

    def advised(self, key: int) -> str | None:
        """Return the text with a piece of advice applied; None where there is none any more."""
        if self._source is None or not self.is_known or key >= len(self.verdict.advice):
            return None
        return applied(self._source, self.verdict.advice[key])


def applied(source: SourceMap, advice: Advice) -> str:
    """Return a text with a piece of advice applied to it. Raises EditError."""
    if advice.cells:
        return set_cells(source, dict.fromkeys(advice.cells, FLOOR))
    key, _, value = advice.line.partition(":")
    if "=" not in value:
        return set_value(source, (key,), value)
    text = source.text
    for word in value.split():
        name, _, number = word.partition("=")
        text = set_value(locate(text, source.name, source.number), (key, name), number)
    return text


def _next_stage(stages: Iterator[Verdict]) -> tuple[Verdict | None]:
    """Return the verdict after the next stage, if there is one, as the result of a job."""
    return (next(stages, None),)


def _failed(why: str) -> Verdict:
    return Verdict(failure=f"the level cannot be judged ({why})", is_done=True)
