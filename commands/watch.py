"""`watch`: an agent adapts to a level, in the window or headless."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, UNUSABLE, fail, say
from commands.limits import MOST_SEED, out_of_range
from commands.open_window import can_wait_for, learners_process, open_window
from commands.option_types import OptionalPath, OptionalText, Texts
from game.session.messages import BASELINE_AGENT, MOST_AGENTS, MOST_STEPS, STEPS

if TYPE_CHECKING:
    from agents.training.worker import Worker
    from game.session.messages import Request
    from game.tasks.packs import Pack
    from game.tasks.task import Task

WIDE_GAP = "Four rooms"
"""The showcase level with the widest gap to scratch. Over seeds 0 to 9, the agent of the course
scores 80% after 20 episodes and 98% after 100, and scratch with its inner loop 7% and 36%."""


@dataclass(frozen=True)
class WatchCommand:
    """Watch an agent adapt to a level that it has never seen."""

    level: Positional[str] = "showcase"
    """Level file, level of a collection (FILE#3), pack folder, or name of a shipped pack."""
    agent: OptionalText = None
    """Agent to watch: a run's folder, a shipped agent or a learner; else the pack's default."""
    versus: Texts = ()
    """Up to three agents to compare with, as 'scratch', or 'none'; else the window's default."""
    headless: bool = False
    """Open no window; write trace.json, policy.npz, curve.png, board.png and adaptation.gif."""
    out: OptionalPath = None
    """Folder for the files of --headless."""
    seed: int = 0
    """Seed for the choice of the task and for all random numbers of the adaptation."""
    steps: int = STEPS
    """Number of adaptation steps (0 to 1000)."""
    replay: OptionalText = None
    """Replay line to show again (key L copies it), or '-' for standard input; only --headless and
    --out go with it."""
    learner: Texts = ()
    """Your own learners that the agents need, as FILE.py:CLASS."""

    def run(self) -> int:
        from agents.learner_registry import register_files

        rule = out_of_range(self, steps=(0, MOST_STEPS), seed=(0, MOST_SEED))
        if rule:
            return fail(rule, UNUSABLE)
        if self.headless == (self.out is None):
            return fail("--headless and --out DIR go together", UNUSABLE)
        if len(self.versus) > MOST_AGENTS - 1:
            return fail(f"--versus takes at most {MOST_AGENTS - 1} agents", UNUSABLE)
        register_files(self.learner)
        if self.headless:
            return self._watch(None)
        with learners_process(self.learner) as feed:
            return self._watch(feed)

    def _watch(self, feed: Worker | None) -> int:
        """Watch in a window with the learners' process, or headless without one."""
        from agents.map_sizes import check_map_sizes
        from commands.progress import load_pack
        from commands.replay_option import read_replay
        from game.session.messages import Request
        from game.tasks.pack_file import PackError
        from game.text.level import LevelError

        if self.replay is not None:
            target = read_replay(self.replay)
            if feed is None:
                return self._write(target.pack, target.request)
            return self._open(feed, target.pack, target.request.agents, target.request)
        try:
            pack = load_pack(self.level)
        except (LevelError, PackError) as error:
            if feed is None or not can_wait_for(self.level):
                raise
            return self._wait(feed, error)
        tasks = pack.split("test").tasks
        if not tasks:
            return fail(f"{pack.path}: the pack has no held-out tasks to watch", AT_FAULT)
        named = [name for name in self.versus if name not in ("", "none")]
        watched, *others = self._default_agents(pack)
        check_map_sizes(pack, ("test",), (self.agent or watched, *named))
        if feed is None:
            task, agents = tasks[self.seed % len(tasks)], (self.agent or watched, *named)
            return self._write(pack, Request(0, task, self.seed, self.steps, agents, pack.name))
        if self.agent:
            others = [BASELINE_AGENT]
        agents = (self.agent or watched, *(named if self.versus else others))
        return self._open(feed, pack, agents)

    def _wait(self, feed: Worker, error: Exception) -> int:
        """Open the window on a file with errors; it is watched as soon as it has been mended."""
        from agents.default_agents import default_agents

        say(error, sys.stderr)
        others = [name for name in self.versus if name not in ("", "none")]
        if self.agent and not self.versus:
            others = [BASELINE_AGENT]
        is_named = bool(self.agent or self.versus)
        return open_window(
            feed,
            "watch",
            agents=(self.agent or default_agents()[0], *others) if is_named else (),
            seed=self.seed,
            steps=self.steps,
            learners=self.learner,
            by_default=not is_named,
            path=Path(self.level),
        )

    def _default_agents(self, pack: Pack) -> tuple[str, ...]:
        """Return the agents that are watched where none is named, the watched one first."""
        from agents.default_agents import default_agents

        return default_agents(pack)

    def _first_sight(self, pack: Pack) -> Task | None:
        """Return the task of the first screen with its doors; None for any other screen."""
        return None

    def _open(
        self, feed: Worker, pack: Pack, agents: tuple[str, ...], request: Request | None = None
    ) -> int:
        seed, steps = (request.seed, request.steps) if request else (self.seed, self.steps)
        return open_window(
            feed,
            "watch",
            pack,
            agents,
            seed,
            steps,
            request=request,
            learners=self.learner,
            by_default=not (self.agent or self.versus or request),
            first_sight=self._first_sight(pack),
        )

    def _write(self, pack: Pack, request: Request) -> int:
        from commands.headless import write_adaptation
        from commands.picture_process import ProcessEnded
        from game.view.window import WrongPygame

        assert self.out
        try:
            files = write_adaptation(self.out, pack, request, self.learner)
        except (WrongPygame, ProcessEnded) as error:
            return fail(error, UNUSABLE)
        say(f"written to {self.out}: {' '.join(files)}")
        return DONE


@dataclass(frozen=True)
class FirstSight(WatchCommand):
    """Open the window where nothing is asked for: on gradient steps, the generalist a key away."""

    def _default_agents(self, pack: Pack) -> tuple[str, ...]:
        from agents.default_agents import first_agents

        return first_agents(pack)

    def _first_sight(self, pack: Pack) -> Task | None:
        return next(one for one in pack.split("test").tasks if one.name == WIDE_GAP)
