"""`export`: one HTML file in which a browser shows how agents adapt to levels."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tyro.conf import Positional

from commands.exit_codes import AT_FAULT, DONE, NOTE, UNUSABLE, fail, say
from commands.limits import MOST_SEED, out_of_range
from commands.option_types import OptionalPath, OptionalText, Texts
from game.session.messages import BASELINE_AGENT, MOST_AGENTS, MOST_STEPS, STEPS

if TYPE_CHECKING:
    from commands.pages.payload import Json
    from game.session.messages import Request
    from game.session.tour import TourStop
    from game.tasks.packs import Pack

MOST_CHOICES = 20  # seeds or goals of a page
TOUR_TITLE = "What is meta-reinforcement learning?"


@dataclass(frozen=True)
class ExportCommand:
    """Write a page (one HTML file) in which any browser shows how an agent adapts."""

    levels: Positional[Texts] = ()
    """Levels, as `watch` takes them; several make one page with a menu. Else the showcase."""
    out: OptionalPath = None
    """File to write, such as page.html."""
    agent: OptionalText = None
    """Agent to watch: a run's folder, a shipped agent or a learner; else the pack's default."""
    versus: Texts = ()
    """Up to three agents to compare with, or 'none'; else the pack's defaults, or 'scratch' beside
    --agent."""
    seed: int = 0
    """Seed for the choice of the task; the first of the seeds to choose from in the page."""
    steps: int = STEPS
    """Number of adaptation steps (0 to 1000)."""
    seeds: int = 3
    """Number of adaptation seeds to choose from (1 to 20)."""
    goals: int = 3
    """Number of places of a hidden goal to choose from (1 to 20)."""
    step_sizes: bool = True
    """Whether one can choose among step sizes."""
    tour: bool = False
    """Make the page of the guided tour, in place of levels and agents."""
    replay: OptionalText = None
    """Replay line to make the page of (key L copies it), instead of levels and agents; '-' for
    standard input."""
    learner: Texts = ()
    """Your own learners that the agents need, as FILE.py:CLASS."""

    def run(self) -> int:
        from agents.learner_registry import register_files
        from commands.pages.inlining import TooLargeForPage
        from commands.pages.tour_chapters import chapter, page_stops
        from game.files import prepare_folder, replaceable, write_atomically

        rule = out_of_range(
            self,
            steps=(0, MOST_STEPS),
            seed=(0, MOST_SEED - MOST_CHOICES),
            seeds=(1, MOST_CHOICES),
            goals=(1, MOST_CHOICES),
        )
        if rule:
            return fail(rule, UNUSABLE)
        if self.out is None:
            return fail("name the file to write with --out, such as --out page.html", UNUSABLE)
        if len(self.versus) > MOST_AGENTS - 1:
            return fail(f"--versus takes at most {MOST_AGENTS - 1} agents", UNUSABLE)
        own = [f"--{name}" for name in ("tour", "replay") if getattr(self, name)]
        if len(own) > 1 or (own and (self.levels or self.agent or self.versus)):
            return fail(f"{own[0]} already says levels and agents - leave out the others", UNUSABLE)
        register_files(self.learner)
        requests = self._requests()  # the first argument has its error first
        if isinstance(requests, str):
            return fail(requests, AT_FAULT)
        replaceable(self.out)  # both fail before the work, not after it
        try:
            prepare_folder(self.out.parent)
        except OSError as error:
            if not self.out.parent.is_dir():
                raise
            # else it names a temporary file in the folder
            raise OSError(error.errno, error.strerror, str(self.out)) from None
        levels = [self._payload(pack, request) for pack, request in requests]
        title = " · ".join(dict.fromkeys(one["title"] for one in levels))
        if self.tour:
            title, stops = TOUR_TITLE, page_stops()
            levels = [
                one
                | {"chapter": chapter(stop, stops)}
                | self._many(stop, *request, [agent["name"] for agent in one["agents"]])
                for one, stop, request in zip(levels, stops, requests, strict=True)
            ]
        try:
            page = self._page(title, levels)
        except TooLargeForPage as error:
            return fail(error, AT_FAULT)
        write_atomically(self.out, lambda path: path.write_text(page, encoding="utf-8"))
        say(f"written to {self.out} ({len(page.encode()) / 1e3:,.0f} kB)")
        return DONE

    def _page(self, title: str, levels: list[Json]) -> str:
        """Return the text of the page. Raises TooLargeForPage.

        It gives up what nobody has asked for rather than fail.
        """
        from commands.pages.inlining import TooLargeForPage, render_page, without_surplus_tables

        try:
            return render_page(title, without_surplus_tables(levels))
        except TooLargeForPage:
            lost, smaller = self._smaller(levels)
            if not lost:
                raise
        say(f"{NOTE}{lost} do not fit into the page", sys.stderr)
        return render_page(title, without_surplus_tables(smaller))

    def _smaller(self, levels: list[Json]) -> tuple[str, list[Json]]:
        """Return what can be left out of a page since nobody has asked for it, "" for nothing, and
        the levels without it: choices as of a page that the window saves, or default agents."""
        from commands.pages.inlining import without_choices, without_further_agents

        if self.replay is not None:
            return "other seeds, goals and step sizes", [without_choices(one) for one in levels]
        if not (self.tour or self.agent or self.versus):
            return "agents beside the first one and scratch", [
                without_further_agents(one) for one in levels
            ]
        return "", levels

    def _many(self, stop: TourStop, pack: Pack, request: Request, names: list[str]) -> Json:
        """Return what a chapter with many tasks has in place of adaptations in the page."""
        from commands.pages.many_curves import many_curves, many_ending
        from commands.pages.tour_chapters import MANY

        if stop.opening.kind != MANY:
            return {}
        many = many_curves(pack, request)
        many["ending"] = many_ending(many, names)
        return {"many": many, "live": None, "bayes": None}

    def _requests(self) -> list[tuple[Pack, Request]] | str:
        """Return the adaptations to show, each with its pack; or what is wrong with the levels."""
        from agents.map_sizes import check_map_sizes
        from commands.pages.tour_chapters import page_stops
        from commands.progress import load_pack
        from commands.replay_option import read_replay
        from game.session.messages import Request
        from game.session.replay import read_line

        if self.tour:
            targets = [read_line(stop.opening.line) for stop in page_stops()]
            return [(one.pack, one.request) for one in targets]
        if self.replay is not None:
            target = read_replay(self.replay)
            return [(target.pack, target.request)]
        found = []
        for name in self.levels or ("showcase",):
            pack = load_pack(name)
            tasks = pack.split("test").tasks
            if not tasks:
                return f"{pack.path}: the pack has no held-out tasks to show"
            agents = self._agents(pack)
            check_map_sizes(pack, ("test",), agents)
            task = tasks[self.seed % len(tasks)]
            request = Request(0, task, self.seed, self.steps, agents, pack.name)
            found.append((pack, replace(request, path=str(pack.path))))
        return found

    def _agents(self, pack: Pack) -> tuple[str, ...]:
        """Return the agents to show of a pack, the watched one first: as `watch` chooses them."""
        from agents.default_agents import default_agents

        watched, *others = default_agents(pack)
        if self.versus:
            others = [one for one in self.versus if one not in ("", "none")]
        elif self.agent:
            others = [BASELINE_AGENT]
        return (self.agent or watched, *others)

    def _payload(self, pack: Pack, request: Request) -> Json:
        """Compute what a page shows of one level, with a line on the progress."""
        from agents.torch_start import load_torch
        from commands.pages.payload import level_payload
        from commands.pages.recorded_runs import plan_recording, precomputed_runs
        from commands.progress import show_progress

        with show_progress("adapting to") as line:
            load_torch()
            choices = (1, 1, False) if self.tour else (self.seeds, self.goals, self.step_sizes)
            recording = plan_recording(request, *choices)
            name = request.task.name
            runs = list(precomputed_runs(recording, lambda done, all_: line(name, done, all_)))
        return level_payload(pack, recording, runs)
