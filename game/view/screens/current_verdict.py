"""The verdict on the text of the editor: its problems, facts and advice, and where they lead."""

from __future__ import annotations

from game.authoring.advice import suggested_steps
from game.authoring.analyses import LevelAnalysis
from game.authoring.task_strip import StripTask
from game.authoring.verdict import Verdict
from game.authoring.verdict_line import Kind, summarize
from game.session.messages import Feed
from game.text.level import Cell, Problem
from game.text.map_checks import missing_part
from game.text.tiles import WALL
from game.view.model.level_editor import LevelEditor
from game.view.model.live_verdict import LiveVerdict
from game.view.model.text_area import TextArea
from game.view.model.text_caret import Caret
from game.view.model.verdict_facts import WAITING, VerdictFacts
from game.view.screens.editor_facts import applied, sentence, verdict_facts


class CurrentVerdict:
    """What is known about an editor's text by now; the last verdict counts until there is another."""

    def __init__(self, editor: LevelEditor, text: TextArea, live: LiveVerdict, feed: Feed) -> None:
        self._editor, self._text, self.live, self._feed = editor, text, live, feed
        self.strip: tuple[StripTask, ...] = ()  # of the last text that had tasks
        self.facts = VerdictFacts("…", WAITING, "")
        self._judged: str | None = None  # the text that `live` judges
        self._outdated: Verdict | None = None  # the verdict on the text before that

    def update(self, seconds: float, is_drawing: bool) -> None:
        """Take what is known about the text by now; a stroke is judged when it has ended."""
        draft = self._editor.draft
        if self._judged != draft.text and not is_drawing:
            self._judged, self._outdated = draft.text, self.live.verdict
            self.live.judge(draft.text, draft.source.name, draft.number)
        for message in self._feed.poll():
            self.live.take(message)
        verdict = self.live.update(seconds)
        self.facts = verdict_facts(verdict)
        if self.is_current and verdict.strip:
            self.strip = verdict.strip
        if self.is_current and verdict.analysis and not is_drawing:
            self._editor.follow_steps(suggested_steps(verdict.analysis))

    @property
    def is_current(self) -> bool:
        """Whether the problems are known that the text has now."""
        return self._judged == self._editor.text and self.live.verdict is not self._outdated

    @property
    def analysis(self) -> LevelAnalysis | None:
        """The analysis of the text as it is now, as soon as it is known."""
        return self.live.verdict.analysis if self.is_current else None

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems with what is there; what is still missing is at no place."""
        problems = self.live.verdict.problems if self.is_current else ()
        return tuple(one for one in problems if not missing_part(one))

    @property
    def wrong_cells(self) -> set[Cell]:
        """The cells that have errors.

        What is wrong with the whole map is reported at its first cell; a wall there is not wrong.
        """
        source = self._editor.reading.source
        places = (source.cell_at(one.line, one.column) for one in self.errors)
        tiles, (height, width) = self._editor.reading.level.tiles, self._editor.size
        inside = {at for at in places if at and at[0] < height and at[1] < width}
        return {(row, column) for row, column in inside if tiles[row][column] != WALL}

    # --- commands

    def go_to_next_problem(self) -> None:
        """Go to the next problem, on the board and in the text."""
        problems = self.live.verdict.problems
        if not problems:
            self._editor.message = "No problems."
            return
        here = self._text.caret.line + 1, self._text.caret.column + 1
        later = (one for one in problems if (one.line, one.column) > here)
        problem = next(later, problems[0])
        self._text.go_to(Caret(problem.line - 1, problem.column - 1))
        self._editor.message = sentence(f"{problem.what} - {problem.todo}")

    def apply_advice(self, key: int) -> None:
        """Apply a piece of advice."""
        advice = self.live.verdict.advice
        if self.is_current and key < len(advice):
            self._editor.begin_stroke()
            if self._editor.edit(lambda source: applied(source, advice[key])):
                self._editor.message = "Done. Ctrl Z undoes it."

    def require_sound(self) -> bool:
        """Return whether the level has no problems; else say what to do."""
        if not (self.is_current and self.live.verdict.problems):
            return True
        summary = summarize(self.live.verdict)
        if summary.kind == Kind.UNFINISHED:
            self._editor.message = f"The level is not finished yet: {summary.why}."
        else:
            self.go_to_next_problem()
            self._editor.message = f"Mend the level first. {self._editor.message}"
        return False
