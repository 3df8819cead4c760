"""`edit`: draw a level in the window."""

from __future__ import annotations

from dataclasses import dataclass

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, fail
from commands.open_window import learners_process, open_window
from commands.option_types import OptionalPath, Texts


@dataclass(frozen=True)
class EditCommand:
    """Draw a level, see what it is worth, and play, watch or train on it."""

    file: Positional[OptionalPath] = None
    """Level file, or level of a collection (FILE#3); a new one if there is none of that name."""
    learner: Texts = ()
    """Your own learners that the agents need, as FILE.py:CLASS."""

    def run(self) -> int:
        from agents.learner_registry import register_files

        if self.file is not None and self.file.is_dir():
            return fail(f"{self.file}: this is a folder - name a level file in it", AT_FAULT)
        register_files(self.learner)
        with learners_process(self.learner) as feed:
            return open_window(feed, "edit", path=self.file, learners=self.learner)
