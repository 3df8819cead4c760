"""What the editor's panel says about a level, in words and numbers."""

from __future__ import annotations

from game.authoring.advice import Advice
from game.authoring.analyses import LevelAnalysis
from game.authoring.training_cost import MOST_STATES
from game.authoring.verdict import Verdict
from game.authoring.verdict_line import Kind, summarize
from game.text.header_edits import set_value
from game.text.level import MAX_STATES
from game.text.map_edits import set_cells
from game.text.percentage import percentage
from game.text.source_map import SourceMap, locate
from game.text.tiles import FLOOR
from game.view.draw.theme import number
from game.view.model.verdict_facts import (
    BAD,
    GOOD,
    WAITING,
    WARNING,
    Piece,
    VerdictFacts,
    VerdictNumber,
)

MOST_ADVICE = 3  # pieces that are shown
SCORES = "Scores: 0 % is the random policy's return, 100 % the optimal one."
FIGURE_HINTS = {
    "path": "The moves of the shortest way from a start to each goal.",
    "tasks": "Different tasks that can be drawn from this level.",
    "optimum": "The optimal policy's mean return: of one that knows the task.",
    "random": "The random policy's mean return.",
    "Bayes bound": "The best mean return in a first episode of a policy that knows the candidates, "
    "but not which of them is the goal.",
    "fixed policy": f"The best score found for a policy that never adapts. {SCORES}",
}
AGENT_HINT = (
    "This agent's scores on the tasks of the strip, before and after it adapts; 'scratch' learns "
    f"them without meta-training. {SCORES}"
)
TONES = {
    Kind.BROKEN: BAD,
    Kind.UNSOLVABLE: BAD,
    Kind.TOO_LARGE: BAD,
    Kind.GOOD: GOOD,
    Kind.UNKNOWN: WAITING,
    Kind.UNFINISHED: WAITING,
}


def verdict_facts(verdict: Verdict) -> VerdictFacts:
    """Return what the panel says of all that is known."""
    if verdict.draft is None and not verdict.problems:
        return VerdictFacts("…", WAITING, "")
    summary = summarize(verdict)
    tone = TONES.get(summary.kind, WARNING)
    if tone == GOOD and not verdict.is_done:  # a better policy that never adapts may be found
        tone = WAITING
    word = f"{summary.kind}…" if summary.may_change and tone != WAITING else str(summary.kind)
    note = verdict.size.note if verdict.size and summary.kind != Kind.TOO_LARGE else ""
    pieces = [Piece(sentence(note))] if note else []
    pieces += [_piece(i, one) for i, one in enumerate(verdict.advice)]
    pieces += [Piece(sentence(text)) for _, _, text in verdict.warnings]
    shown = tuple(pieces[:MOST_ADVICE])
    return VerdictFacts(
        word, tone, sentence(summary.why), _figures(verdict), _meter(verdict), shown
    )


def sentence(text: str) -> str:
    """Return a sentence for the panel."""
    end = "" if text[-1:] in ("", "?", ".") else "."
    return f"{text[:1].upper()}{text[1:]}{end}"


def _piece(key: int, advice: Advice) -> Piece:
    """Return a piece of advice for the panel; a click applies it where an edit can do so."""
    return Piece(sentence(advice.text), key if advice.cells or advice.line else None)


def _figures(verdict: Verdict) -> tuple[VerdictNumber, ...]:
    """Return the numbers of a level, with "…" for those that are being computed."""
    if verdict.level is None:
        return ()
    figures, size = verdict.figures, verdict.size
    wait = "–" if verdict.is_done else "…"
    found = {
        "path": _path(verdict.analysis) or wait,
        "tasks": wait if size is None else "∞" if size.tasks is None else f"{size.tasks:,}",
        "optimum": number(figures.optimal) if figures else wait,
        "random": number(figures.random) if figures else wait,
    }
    if verdict.bayes:
        (low, high), _ = verdict.bayes
        bound = number(low) if number(low) == number(high) else f"{number(low)} to {number(high)}"
        found["Bayes bound"] = bound
    if verdict.fixed is not None or not verdict.is_done:
        found["fixed policy"] = wait if verdict.fixed is None else percentage(verdict.fixed)
    shown = [VerdictNumber(name, value, FIGURE_HINTS[name]) for name, value in found.items()]
    if verdict.agent:
        scores = verdict.agent.text.removeprefix("agent ")  # its name stands before them
        shown.append(VerdictNumber(verdict.agent.agent, scores or wait, AGENT_HINT))
    return tuple(shown)


def _path(analysis: LevelAnalysis | None) -> str:
    """Return the lengths of the shortest ways to the goals; "" where there are none."""
    moves = [route.moves for route in analysis.routes] if analysis else []
    if not moves:
        return ""
    least, most = min(moves), max(moves)
    if least == most:
        return f"{least} move{'' if least == 1 else 's'}"
    return f"{least} to {most} moves"


def _meter(verdict: Verdict) -> tuple[float, str] | None:
    """Return the number of states as a share of the most that agents learn on, with words."""
    if verdict.size is None:
        return None
    states = verdict.size.states
    shown = f"{states:,}" if states <= MAX_STATES else f"over {MAX_STATES:,}"
    return states / MOST_STATES, f"{shown} of {MOST_STATES:,} states"


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
