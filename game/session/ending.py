"""The sentence that ends an adaptation: scores, tries, and what meta-training took."""

from __future__ import annotations

from collections.abc import Sequence

from game.session.messages import BASELINE_AGENT, AgentCard, Change
from game.session.trace import AdaptationTrace
from game.text.percentage import percentage

HARM = 0.02  # loss of score from which on adaptation has made an agent worse
GOOD = 0.9  # score from which on an agent does well


def ending_sentence(
    traces: Sequence[AdaptationTrace],
    cards: Sequence[AgentCard],
    changes: Sequence[Change] = (),
    short: bool = False,
) -> str:
    """Return how an adaptation ended: "98% after 20 tries; from scratch 70%." and what it took.

    `traces` are complete, the watched agent's first, and `cards` are those of their agents.
    Scratch is compared after as many tries. After a change of the task, tries count from there.
    `short` leaves out meta-training. "" without steps.
    """
    watched = traces[0]
    if not watched.steps:
        return ""
    low, high = watched.bounds(watched.steps[-1].step)
    if high - low <= 1e-12:
        return "Nothing to learn here: the random policy is as good as the optimum."
    scratch = scratch_index(cards)
    first = _first_step(watched, changes)
    text = _own_part(watched, first, changes)
    if scratch is not None and traces[scratch].steps:
        text += _scratch_part(watched, traces[scratch], first)
    return f"{text}." if short else f"{text}. {training_part(cards[0], scratch is not None)}"


def scratch_index(cards: Sequence[AgentCard]) -> int | None:
    """Return which agent learns from scratch as the watched one does, or else which does at all."""
    others = {card.name: i for i, card in enumerate(cards) if i and not card.learned}
    alike = f"{BASELINE_AGENT} ({cards[0].name})"
    found = [i for name, i in others.items() if name.partition(" ")[0] == BASELINE_AGENT]
    return others.get(alike, found[0] if found else None)


def _first_step(trace: AdaptationTrace, changes: Sequence[Change]) -> int:
    """Return the step at which the last change took place; 0 without changes."""
    return min(max((one.step for one in changes), default=0), len(trace.steps) - 1)


def _tries(trace: AdaptationTrace, step: int, first: int) -> int:
    """Return the episodes that an agent had for a step, since another one."""
    return trace.steps[step].episodes - trace.steps[min(first, step)].episodes


def _own_part(trace: AdaptationTrace, first: int, changes: Sequence[Change]) -> str:
    """Return the watched agent's score, and whether adaptation has made it worse."""
    before, after = trace.score(trace.steps[first]), trace.score(trace.steps[-1])
    text = f"{percentage(after)} {_when(_tries(trace, len(trace.steps) - 1, first))}"
    if changes:
        moved = max(changes, key=lambda one: one.step).goal is not None
        text += ", counted from the moved goal" if moved else ", counted from the amnesia"
    return f"{text}, worse than before ({percentage(before)})" if after < before - HARM else text


def _scratch_part(watched: AdaptationTrace, scratch: AdaptationTrace, first: int) -> str:
    """Return the score from scratch after as many tries, or after the nearest number that it has.

    Where scratch is better, the text says so.
    """
    tries = _tries(watched, len(watched.steps) - 1, first)
    had = [_tries(scratch, k, first) for k in range(len(scratch.steps))]
    nearest = min(range(min(first, len(had) - 1), len(had)), key=lambda k: abs(had[k] - tries))
    score = scratch.score(scratch.steps[nearest])
    text = f"; from scratch {percentage(score)}"
    if had[nearest] != tries:
        text += f" {_when(had[nearest])}"
    is_better = score > watched.score(watched.steps[-1]) + HARM
    return f"{text}, which is better" if is_better else text


def training_part(card: AgentCard, beside_scratch: bool) -> str:
    """Return what the meta-training of an agent took, as far as its files say."""
    if not card.learned:
        return "It was not meta-trained."
    text = "It was meta-trained"
    if card.training_seconds:
        text += f" for {duration(card.training_seconds)}"
    if card.training_levels:
        text += f" on {amount(card)}"
    return f"{text}; scratch was not." if beside_scratch else f"{text}."


def _when(tries: int) -> str:
    return f"after {tries:,} {'try' if tries == 1 else 'tries'}" if tries else "before adaptation"


def duration(seconds: float) -> str:
    """Return a length of time in words: seconds below one minute, then minutes."""
    if round(seconds) < 60:
        n, unit = str(max(1, round(seconds))), "second"
    else:
        minutes = seconds / 60
        n, unit = f"{minutes:,.0f}" if minutes >= 9.5 else f"{minutes:.1f}", "minute"
    n = n.removesuffix(".0")
    return f"{n} {unit}{'s' * (n != '1')}"


def amount(card: AgentCard) -> str:
    """Return the number of training levels in words, to two digits where they are many.

    The tasks of a finite split may differ in no more than the goal, and are called tasks.
    """
    n = card.training_levels or 0
    what = "task" if card.trained_on else "level"
    if n < 100:
        return f"{n} {what}{'s' * (n != 1)}"
    step: int = 10 ** (len(str(n)) - 2)
    return f"{'' if n % step == 0 else 'about '}{round(n / step) * step:,} {what}s"
