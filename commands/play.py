"""`play`: a person plays a level, alone or against an agent."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, UNUSABLE, fail, say
from commands.limits import MOST_SEED, out_of_range
from commands.open_window import can_wait_for, learners_process, open_window
from commands.option_types import OptionalInt, OptionalText, Texts
from game.session.messages import BASELINE_AGENT, STEPS

if TYPE_CHECKING:
    from agents.training.worker import Worker


@dataclass(frozen=True)
class PlayCommand:
    """Play a level yourself: find the hidden goal, then reach it at ever lower cost."""

    level: Positional[str] = "showcase"
    """Level file, level of a collection (FILE#3), pack folder, or name of a shipped pack."""
    duel: OptionalText = None
    """Agent to play against: a run's folder, a shipped agent or a learner."""
    show_goal: bool = False
    """Show the goal from the beginning (in a duel: at the end)."""
    episodes: OptionalInt = None
    """Number of episodes (1 to 1000), else twice as many as in the pack's trials."""
    seed: int = 0
    """Seed for the choice of the task and for all random numbers."""
    learner: Texts = ()
    """Your own learners that the agents need, as FILE.py:CLASS."""

    def run(self) -> int:
        from agents.default_agents import default_agents
        from agents.learner_registry import register_files
        from commands.progress import load_pack
        from game.tasks.pack_file import PackError
        from game.tasks.packs import MOST_EPISODES
        from game.text.level import LevelError

        rule = out_of_range(self, episodes=(1, MOST_EPISODES), seed=(0, MOST_SEED))
        if rule:
            return fail(rule, UNUSABLE)
        register_files(self.learner)
        with learners_process(self.learner) as feed:
            try:
                pack = load_pack(self.level)
            except (LevelError, PackError) as error:
                if not can_wait_for(self.level):
                    raise
                return self._wait(feed, error)
            if not pack.has_moves:
                todo = f"watch an agent instead: python main.py watch {self.level}"
                what = f"a level with 'world: {pack.world}' has no moves to play with"
                return fail(f"{pack.path}: {what} - {todo}", UNUSABLE)
            if not any(split.tasks for split in pack.splits.values()):
                return fail(f"{pack.path}: the pack has no tasks to play", AT_FAULT)
            return open_window(
                feed,
                "duel" if self.duel else "play",
                pack,
                (self.duel, BASELINE_AGENT) if self.duel else default_agents(pack),
                self.seed,
                STEPS,
                self.episodes or 0,
                self.show_goal,
                learners=self.learner,
            )

    def _wait(self, feed: Worker, error: Exception) -> int:
        """Open the window on a file with errors; it is played as soon as it has been mended."""
        say(error, sys.stderr)
        return open_window(
            feed,
            "duel" if self.duel else "play",
            agents=(self.duel, BASELINE_AGENT) if self.duel else (),
            seed=self.seed,
            episodes=self.episodes or 0,
            show_goal=self.show_goal,
            learners=self.learner,
            by_default=not self.duel,
            path=Path(self.level),
        )
