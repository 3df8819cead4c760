"""The verdict on a level in one line: its kind, and why."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from game.authoring.figures import CheckedTask
from game.authoring.level_warnings import cell_text, unwanted_goals
from game.authoring.verdict import EQUAL, Figures, Verdict
from game.tasks.evaluated_levels import HARD
from game.text.level import Cell
from game.text.map_checks import missing_part
from game.text.percentage import percentage
from game.text.tiles import CANDIDATE, OPPONENTS

MOST_FIXED = 0.6  # score of a policy that never adapts, as docs/packs.md asks of packs
MOST_FIXED_GOAL = 0.8  # such a score with a hidden goal alone: passing all candidates takes a while
NO_ROOM = 0.9  # such a score leaves less to gain than adaptation usually costs
NO_ROOM_GOAL = 0.99  # with a hidden goal alone: an agent that adapts goes straight to it
EASY_BEFORE = 0.8  # score before adaptation that leaves little to be seen of it
EASY_FOR_SCRATCH = 0.9  # score of learning from scratch with which meta-training is of no use
EASY_AT_ONCE = 0.95  # score of the Bayes bound in the first episode: the others add nothing


class Kind(StrEnum):
    """The kinds of verdicts, as people read them."""

    UNFINISHED = "unfinished"
    BROKEN = "has errors"
    UNSOLVABLE = "cannot be solved"
    TOO_LARGE = "too large"
    AVOIDS_GOAL = "the best policy avoids the goal"
    NOTHING_TO_ADAPT = "nothing to adapt to"
    TOO_EASY = "too easy"
    GOOD = "good"
    HARD = "hard for this agent"
    UNKNOWN = "not known yet"


class Summary(NamedTuple):
    """A verdict in one line: what, and why. A later stage may change one that `may_change`."""

    kind: Kind
    why: str
    may_change: bool = False

    @property
    def text(self) -> str:
        """The line."""
        return f"{self.kind}: {self.why}" if self.why else str(self.kind)


def summarize(verdict: Verdict) -> Summary:
    """Return the verdict in one line. What speaks against a level comes first."""
    for find in _FINDERS:
        if found := find(verdict):
            return found
    if verdict.failure:
        return Summary(Kind.UNKNOWN, verdict.failure)
    if verdict.figures is None:
        return Summary(Kind.UNKNOWN, "the returns are being computed", may_change=True)
    if verdict.fixed is None and not verdict.is_done:
        why = "the best policy that never adapts is being computed"
        return Summary(Kind.UNKNOWN, why, may_change=True)
    return Summary(Kind.GOOD, _good_text(verdict), _may_change(verdict))


def _may_change(verdict: Verdict) -> bool:
    """Whether stages, or adaptations of the agent, are to come."""
    agent = verdict.agent
    return not verdict.is_done or agent is None or not (agent.is_complete or agent.failure)


def _unfinished(verdict: Verdict) -> Summary | None:
    """Return what is still to be painted, where nothing that is there is wrong."""
    missing = [missing_part(problem) for problem in verdict.problems]
    if not missing or not all(missing):
        return None
    return Summary(Kind.UNFINISHED, f"paint {' and '.join(reversed(missing))}")


def _broken(verdict: Verdict) -> Summary | None:
    """Return that the text is no level, unless all that it lacks is a way to a goal."""
    if not verdict.problems or _lost_starts(verdict):
        return None
    problems, n = verdict.problems, len(verdict.problems)
    first = next((one for one in problems if not missing_part(one)), problems[0])
    more = f" (and {n - 1} more)" if n > 1 else ""
    return Summary(Kind.BROKEN, f"{first.what} - {first.todo}{more}", not verdict.is_done)


def _lost_starts(verdict: Verdict) -> Sequence[Cell]:
    """Return the starts that lead to no goal, where they are all that is wrong with the text."""
    if verdict.draft is None or verdict.analysis is None:
        return ()
    lost = verdict.analysis.lost_starts
    places = {verdict.draft.place(cell) for cell in lost}
    others = [one for one in verdict.problems if (one.line, one.column) not in places]
    return () if others else lost


def _lost(verdict: Verdict) -> Summary | None:
    """Return that no way leads from a start to a goal."""
    lost = _lost_starts(verdict)
    why = f"no way leads from the start at {cell_text(lost[0])} to a goal" if lost else ""
    return Summary(Kind.UNSOLVABLE, why) if lost else None


def _unsolvable(verdict: Verdict) -> Summary | None:
    """Return that no goal can be reached within an episode, in all tasks or in some of them."""
    analysis = verdict.analysis
    if verdict.figures:
        return _unsolved_tasks(verdict.figures)
    if analysis and verdict.level and analysis.routes:
        moves, steps = analysis.routes[0].moves, verdict.level.steps
        if moves > steps:
            return Summary(Kind.UNSOLVABLE, _too_far_text(moves, steps), may_change=True)
    return None


def _unsolved_tasks(figures: Figures) -> Summary | None:
    """Return that no policy reaches a goal in some tasks."""
    unsolved = [one for one in figures.checked if one.best_probability < EQUAL]
    if not unsolved:
        return None
    n = len(figures.checked)
    share = f"in {len(unsolved)} of {n} tasks " if n > 1 else ""
    moves = max((one.shortest_path or 0 for one in unsolved), default=0)
    if moves:
        why = _too_far_text(moves, unsolved[0].task.level.steps)
    elif unsolved[0].task.level.has(OPPONENTS):
        why = "the opponents block every way to a goal"
    else:
        why = "no way leads to a goal"
    return Summary(Kind.UNSOLVABLE, f"{share}{why}")


def _too_far_text(moves: int, steps: int) -> str:
    return f"the way to a goal takes {moves} moves, and episodes have {steps} steps"


def _too_large(verdict: Verdict) -> Summary | None:
    """Return that the level has too many states to be planned."""
    refusal = verdict.size.refusal if verdict.size else ""
    return Summary(Kind.TOO_LARGE, refusal) if refusal else None


def _avoids(verdict: Verdict) -> Summary | None:
    """Return that an optimal policy does not want the goal."""
    checked: Sequence[CheckedTask] = verdict.figures.checked if verdict.figures else ()
    unwanted = unwanted_goals(checked)
    if not unwanted:
        return None
    least = min(one.goal_probability for one in unwanted)
    share = f" in {len(unwanted)} of {len(checked)} tasks" if len(checked) > 1 else ""
    why = f"something else pays more, so that it reaches the goal with a probability of {least:.2g}"
    return Summary(Kind.AVOIDS_GOAL, why + share)


def _nothing(verdict: Verdict) -> Summary | None:
    """Return that adaptation cannot gain anything."""
    if verdict.hidden == ():
        why = "nothing is hidden from the agent - hide the goal, or draw a value from a range"
        return Summary(Kind.NOTHING_TO_ADAPT, why)
    if same := _same_text(verdict):
        return Summary(Kind.NOTHING_TO_ADAPT, same)
    figures = verdict.figures
    if figures and max(one.optimal_return - one.random_return for one in figures.checked) < EQUAL:
        return Summary(Kind.NOTHING_TO_ADAPT, "all policies have the same return")
    least = NO_ROOM_GOAL if verdict.hidden == ("goal",) else NO_ROOM
    if verdict.fixed is not None and verdict.fixed >= least:
        return Summary(Kind.NOTHING_TO_ADAPT, _fixed_text(verdict, verdict.fixed))
    return None


def _same_text(verdict: Verdict) -> str:
    """Return that what is hidden is the same in all tasks, which training can learn by heart.

    Return "" where it differs. The variant of a map is observed, and so no hidden difference.
    """
    level = verdict.level
    if level is None or verdict.hidden != ("goal",) or len(level.find(CANDIDATE)) > 1:
        return ""
    is_one = verdict.size is not None and verdict.size.tasks == 1
    what = "this level is a single task" if is_one else "tasks differ only in what the agent sees"
    return f"{what} - put several '?', or draw a value from a range"


def _fixed_text(verdict: Verdict, score: float) -> str:
    """Return what a policy that never adapts reaches, and what to do about it."""
    found = f"one policy that never adapts scores {percentage(score)}"
    if verdict.hidden != ("goal",):
        return f"{found} in all tasks - let tasks differ more"
    todo = "put them on different ways, or farther apart"
    return f"{found}: passing all candidates costs little - {todo}"


def _hard(verdict: Verdict) -> Summary | None:
    """Return that the agent ends at a low score."""
    agent = verdict.agent
    if agent is None or not agent.is_complete or agent.after >= HARD:
        return None
    return Summary(Kind.HARD, agent.text, not verdict.is_done)


def _easy(verdict: Verdict) -> Summary | None:
    """Return that there is little to gain from adaptation."""
    why, agent, most = "", verdict.agent, MOST_FIXED
    if verdict.hidden == ("goal",):
        most = MOST_FIXED_GOAL
    if agent and agent.is_complete and agent.before >= EASY_BEFORE:
        why = f"the agent scores {percentage(agent.before)} before it adapts ({agent.text})"
    elif agent and agent.is_complete and (agent.scratch or 0) >= EASY_FOR_SCRATCH:
        why = f"it is learned as well without meta-training ({agent.text})"
    elif verdict.fixed is not None and verdict.fixed > most:
        why = _fixed_text(verdict, verdict.fixed)
    elif verdict.bayes and verdict.figures:
        (lower, _), _ = verdict.bayes
        score = verdict.figures.score(lower)
        if score >= EASY_AT_ONCE:
            why = f"knowing the candidates gives {percentage(score)} in the first episode"
    return Summary(Kind.TOO_EASY, why, _may_change(verdict)) if why else None


def _good_text(verdict: Verdict) -> str:
    """Return what there is to gain from adaptation, and what an agent makes of it."""
    parts = [verdict.agent.text] if verdict.agent and verdict.agent.tasks else []
    if verdict.fixed is not None:
        parts.append(f"without adaptation at most about {percentage(verdict.fixed)}")
    return "; ".join(parts) or f"hidden: {', '.join(verdict.hidden or ())}"


# what speaks against a level, in the order in which people want to know it
_FINDERS = (_unfinished, _broken, _lost, _too_large, _unsolvable, _avoids, _nothing, _hard, _easy)
