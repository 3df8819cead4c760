"""The verdict on a level that is being written: what its text is worth, in stages.

`judge` yields a verdict after each stage, the quick ones first, each with all that is known so far.
Nothing is computed between two stages, so that it can be dropped as soon as the text changes. It
takes any text, and raises nothing. What agents make of the level is added from outside, since it
takes learners.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from game.authoring.advice import Advice, advise, advise_walls
from game.authoring.analyses import LevelAnalysis
from game.authoring.check import tasks_to_check
from game.authoring.figures import (
    CheckedTask,
    TaskFigures,
    check_tasks,
    checked_so_far,
    planning_work,
)
from game.authoring.fixed_policy import alike_tasks, improving_fixed_policies
from game.authoring.level_warnings import cut_texts, find_warnings
from game.authoring.task_strip import StripTask, draw_strip
from game.authoring.training_cost import MOST_STATES
from game.tasks.coverage import Coverage
from game.tasks.family import count_tasks, nth_task
from game.tasks.packs import DEFAULT_EPISODES
from game.text.drawn_values import drawable_values
from game.text.level import ENDS_BOXES, MAX_STATES, Level, Problem
from game.text.percentage import percentage
from game.text.reading import LevelFile
from game.text.tiles import CANDIDATE, GOAL
from game.text.values import Range
from game.world.bayes_optimal import Bounds, bayes_returns, hidden_draws
from game.world.features import MAX_SIZE
from game.world.tables import TooLarge, compile_level, states_bound

EQUAL = 1e-9  # returns that differ by less count as equal
MOST_ALIKE = 16  # tasks for which the best policy that never adapts is sought
STARTS = 2  # random starts of that search
MOST_FIXED_WORK = 1_000_000  # states x steps of all tasks in that search: some seconds
QUICK_STAGES = 3  # of `judge`: those that take a few hundredths of a second
Warned = tuple[tuple[int, int, str], ...]  # line, column, message


@dataclass(frozen=True)
class LevelSize:
    """The number of tasks and states of a level, and who can do with it.

    `tasks` is None where numbers are drawn from ranges without end. `states` are those of one task,
    or an upper bound where they have not been counted, or are too many, as `refusal` says.
    """

    tasks: int | None
    states: int
    largest_side: int
    is_counted: bool = False
    refusal: str = ""

    @property
    def is_observable(self) -> bool:
        """Whether agents that observe features can take the map."""
        return self.largest_side <= MAX_SIZE

    @property
    def note(self) -> str:
        """The problem with the size; "" where there is none."""
        if self.refusal:
            return self.refusal
        if not self.is_observable:
            return f"too large for agents that see at most {MAX_SIZE} x {MAX_SIZE} cells"
        if self.is_counted and self.states > MOST_STATES:
            return f"slow to train on: over {MOST_STATES:,} states"
        return ""


@dataclass(frozen=True)
class Figures:
    """The figures of the tasks of a level, as far as they have been computed.

    `of` is the number of tasks, and `sampled` says that there are more than these.
    """

    checked: tuple[CheckedTask, ...]
    of: int
    sampled: bool = False

    @property
    def optimal(self) -> float:
        """The mean optimal return."""
        return float(np.mean([one.optimal_return for one in self.checked]))

    @property
    def random(self) -> float:
        """The mean return of the random policy."""
        return float(np.mean([one.random_return for one in self.checked]))

    def score(self, value: float) -> float:
        """Return the normalised mean return: 0 for the random policy, 1 for the optimal one."""
        room = self.optimal - self.random
        return (value - self.random) / room if room > EQUAL else 0.0


@dataclass(frozen=True)
class AgentScores:
    """The mean scores of an agent, and of learning from scratch, on some tasks; 1 is optimal.

    `tasks` of `of` tasks are done. `failure` says why there are no more.
    """

    agent: str
    before: float = 0.0
    after: float = 0.0
    scratch: float | None = None
    tasks: int = 0
    of: int = 0
    failure: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all tasks are done."""
        return 0 < self.of <= self.tasks

    @property
    def text(self) -> str:
        """The scores in one line; as long as there are none, why."""
        if not self.tasks:
            return self.failure
        text = f"agent {percentage(self.before)} → {percentage(self.after)}"
        if self.scratch is not None:
            text += f", scratch {percentage(self.scratch)}"
        return text if self.is_complete else f"{text} ({self.tasks} of {self.of} tasks)"


@dataclass(frozen=True)
class Verdict:
    """The judgement of a text so far. Fields that are None or empty are open, or do not apply.

    `draft` is the level as far as it is written; it is also there where `problems` are. `strip` are
    a few of its tasks, with their figures in `strip_figures`. `hidden` are the names of what an
    agent does not observe. `bayes` are the bounds of the Bayes-optimal return of one episode and of
    a trial, and `fixed` is the score of the best policy found so far that never adapts. `is_done`
    says that no stage follows, and `failure` why one of them could not be completed.
    """

    level: Level | None = None
    draft: Level | None = None
    problems: tuple[Problem, ...] = ()
    analysis: LevelAnalysis | None = None
    strip: tuple[StripTask, ...] = ()
    size: LevelSize | None = None
    hidden: tuple[str, ...] | None = None
    warnings: Warned = ()
    advice: tuple[Advice, ...] = ()
    strip_figures: tuple[CheckedTask, ...] = ()
    figures: Figures | None = None
    bayes: tuple[Bounds, Bounds] | None = None
    fixed: float | None = None
    agent: AgentScores | None = None
    is_done: bool = False
    failure: str = ""


# --- the stages ----------------------------------------------------------------------------------


def judge(
    text: str | bytes,
    name: str = "level",
    number: int | None = None,
    seed: int = 0,
    coverage: Coverage | None = None,
) -> Iterator[Verdict]:
    """Yield the verdict on a text after each stage; the first QUICK_STAGES of them are quick.

    `name` and `number` are those of its file and level, as for `LevelFile`; `seed` chooses the
    tasks of the strip, and `coverage` is what the agent was trained on.
    """
    file = LevelFile(text, name)
    level, problems = file.examine(number)
    verdict = Verdict(level, level or file.draft(), tuple(problems))
    if verdict.draft is None:
        yield replace(verdict, is_done=True)
        return
    yield verdict
    analysis = LevelAnalysis(verdict.draft).compute()
    advice = tuple(advise(analysis, coverage=coverage) if level else advise_walls(analysis))
    verdict = replace(verdict, analysis=analysis, advice=advice, is_done=level is None)
    if level:
        strip = tuple(draw_strip(level, level.title, seed))
        size, hidden = estimate_size(level), tuple(hidden_variables(level))
        verdict = replace(verdict, strip=strip, size=size, hidden=hidden)
        yield verdict
        stages = _Stages(verdict, level, analysis, coverage, tuple(cut_texts(file.header)))
        yield from stages.compute()
        verdict = stages.learn(is_done=True)
    yield verdict


@dataclass
class _Stages:
    """The later stages of the verdict on a level without problems."""

    verdict: Verdict
    level: Level
    analysis: LevelAnalysis
    coverage: Coverage | None
    cut: Warned  # warnings about the text

    def learn(self, **facts: Any) -> Verdict:
        """Return the verdict with some more fields set, and keep it."""
        self.verdict = replace(self.verdict, **facts)
        return self.verdict

    def compute(self) -> Iterator[Verdict]:
        """Yield the verdict with more and more of its fields."""
        size = count_size(self.level)
        yield self.learn(size=size)
        yield self.learn(warnings=self._warnings(()))
        if size.refusal:
            return
        try:
            yield from self._check_tasks()
        except TooLarge as error:  # another task has more states than the first one
            yield self.learn(size=replace(size, refusal=_refusal(self.level, error)))
            return
        yield from self._compute_bounds(size)

    def _warnings(self, checked: Sequence[CheckedTask]) -> Warned:
        graph = self.analysis.graph if self.analysis.is_whole else None
        return (*self.cut, *find_warnings(self.level, checked, graph))

    def _check_tasks(self) -> Iterator[Verdict]:
        """Yield the figures of the strip, and then of all tasks. Raises TooLarge."""
        checked = check_tasks([one.task for one in self.verdict.strip])
        strip = tuple(checked)
        yield self.learn(strip_figures=strip, figures=Figures(strip, len(strip)))
        tasks, sampled = tasks_to_check(self.level)
        if sampled or len(tasks) > len(strip):
            for checked in checked_so_far(tasks):
                yield self.learn(figures=Figures(tuple(checked), len(tasks), sampled))
        advice = tuple(advise(self.analysis, checked, self.coverage))
        yield self.learn(warnings=self._warnings(checked), advice=advice)

    def _compute_bounds(self, size: LevelSize) -> Iterator[Verdict]:
        """Yield what can be reached without knowing the task, and without adapting to it."""
        hidden = self.verdict.hidden
        if hidden == ("goal",) and self.level.find(CANDIDATE):
            yield self.learn(bayes=bayes_returns(self.level, DEFAULT_EPISODES))
        if hidden and size.is_observable:
            for score in _fixed_scores(self.level):
                yield self.learn(fixed=score)


def _fixed_scores(level: Level) -> Iterator[float]:
    """Yield better and better scores of policies that never adapt.

    There are none for a single task, and where the search takes too long.
    """
    rng = np.random.default_rng(0)
    tasks = alike_tasks(level, MOST_ALIKE, rng)
    if len(tasks) < 2:
        return
    if len(tasks) * planning_work(TaskFigures(tasks[0])) <= MOST_FIXED_WORK:
        for found in improving_fixed_policies(tasks, STARTS, rng):
            yield found.score


def estimate_size(level: Level) -> LevelSize:
    """Return the size of a level with an upper bound on its states, at once."""
    ranges = [one for one in drawable_values(level).values() if isinstance(one, Range)]
    tasks = count_tasks(level) * math.prod(one.points for one in ranges)  # 0: without end
    try:
        states = states_bound(nth_task(level, 0, "").level)
    except TooLarge:
        states = MAX_STATES + 1
    return LevelSize(tasks or None, states, max(level.height, level.width))


def count_size(level: Level) -> LevelSize:
    """Return the size of a level with the states of its first task counted."""
    size = estimate_size(level)
    try:
        states = compile_level(nth_task(level, 0, "").level).n_states
    except TooLarge as error:
        return replace(size, refusal=_refusal(level, error))
    return replace(size, states=states, is_counted=True)


def _refusal(level: Level, error: TooLarge) -> str:
    """Return what an error says without the level's place."""
    return str(error).removeprefix(level.where)


def hidden_variables(level: Level) -> list[str]:
    """Return the names of what an agent does not observe: the goal, and values that are drawn."""
    hides_goal = level.goal == "hidden" and level.ends != ENDS_BOXES
    goal = ["goal"] if hides_goal and level.has((GOAL, CANDIDATE)) else []
    return goal + hidden_draws(level)
