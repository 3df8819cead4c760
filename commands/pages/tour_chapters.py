"""The stops of the guided tour that a page can show: adaptations, with what is asked about them."""

from __future__ import annotations

from collections.abc import Sequence

from commands.pages.payload import Json
from game.session.tour import QUESTIONS, TOUR, TourChoice, TourStop

PAGE_KEYS = {"S", "→"}  # keys of a stop whose effect a page has: boards side by side, the next step
BOARDS = ("board", "board 2")  # anchors of answers that are boards
MANY = "many"  # the kind of stops with many tasks at once


def page_stops(stops: Sequence[TourStop] = TOUR) -> tuple[TourStop, ...]:
    """Return the stops that a page can show: those on which nobody plays, trains or edits."""
    return tuple(
        stop
        for stop in stops
        if stop.opening.kind in ("watch", MANY) and PAGE_KEYS.issuperset(stop.opening.keys)
    )


def chapter(stop: TourStop, stops: Sequence[TourStop]) -> Json:
    """Return what a page says at a stop, which is one of `stops`."""
    is_question = stop.part == QUESTIONS
    alike = [one for one in stops if (one.part == QUESTIONS) == is_question]
    place = f"{alike.index(stop) + 1} of {len(alike)}"
    return {
        "heading": stop.heading,
        "text": stop.page_text or stop.text,
        "place": f"Question {place}" if is_question else place,
        "question": is_question,
        "step": stop.opening.keys.count("→"),
        "choice": _choice(stop.choice) if stop.choice else None,
    }


def _choice(choice: TourChoice) -> Json:
    """Return a prediction or a question. `boards` are the boards that its answers stand for."""
    anchors = [answer.anchor for answer in choice.answers]
    are_boards = set(anchors) <= set(BOARDS)
    return {
        "question": choice.question,
        "answers": [answer.text for answer in choice.answers],
        "boards": [BOARDS.index(one) if are_boards else None for one in anchors],
        "right": choice.right,
        "reason": choice.reason,
    }
