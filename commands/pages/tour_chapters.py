"""The stops of the guided tour that a page can show: adaptations, with what is asked about them."""

from __future__ import annotations

from collections.abc import Sequence

from commands.pages.payload import Json
from game.session.tour import QUESTIONS, TOUR, TourAnswer, TourChoice, TourStop

PAGE_KEYS = {"S", "→"}  # keys of a stop whose effect a page has: boards side by side, the next step
PAGE_CHOICES = {  # question and answers, by the name of a stop, where a page looks different
    "when fair": (
        "What shows whether the agent is better, the boards of one maze or the chart of all 20? "
        "Click it.",
        (
            TourAnswer("the boards of one maze", "boards"),
            TourAnswer("the chart of all 20", "chart"),
        ),
    ),
}
PLACES = {  # of a page, by the anchors of answers
    "board": "board 0",
    "board 2": "board 1",
    "boards": "boards",
    "chart": "chart",
    "chart's begin": "chart begin",
    "chart's end": "chart end",
}
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
        "choice": _choice(stop.choice, stop.name) if stop.choice else None,
    }


def _choice(choice: TourChoice, name: str) -> Json:
    """Return the prediction or question of a stop by its name. `places` of the page can be clicked
    for its answers; they are None for answers in words."""
    question, answers = PAGE_CHOICES.get(name, (choice.question, choice.answers))
    return {
        "question": question,
        "answers": [answer.text for answer in answers],
        "places": [PLACES.get(answer.anchor) for answer in answers],
        "right": choice.right,
        "reason": choice.reason,
    }
