"""Edits of a level's text that are not made where they would only add problems to it."""

from __future__ import annotations

from collections.abc import Callable

from game.text.header_edits import EditError
from game.text.level import Problem
from game.text.reading import LevelFile
from game.text.source_map import SourceMap

Change = Callable[[SourceMap], str]  # returns the text that is to replace that of a source


def safely(change: Change) -> Change:
    """Return the change as one that raises EditError where it adds problems and solves none."""

    def guarded(source: SourceMap) -> str:
        text = change(source)
        if found := _added_problem(source, text):
            raise EditError(f"{found.what} - {found.todo}")
        return text

    return guarded


def _added_problem(source: SourceMap, text: str) -> Problem | None:
    """Return the first problem that a new text has and the old one has not.

    None where the new text is better in something: problems may hide others, which are found once
    the first ones are solved.
    """
    after = _problems(source, text)
    before = _problems(source, source.text) if after else {}
    if before.keys() - after.keys():
        return None
    return next((one for what, one in after.items() if what not in before), None)


def _problems(source: SourceMap, text: str) -> dict[str, Problem]:
    """Return the problems of a text by what they say."""
    return {one.what: one for one in LevelFile(text, source.name).examine(source.number)[1]}
