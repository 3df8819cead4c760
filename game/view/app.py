"""The window's screens: which one is on, how one gets from one to the other, and what is kept."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pygame

from game.files import write_atomically
from game.session.messages import Agents, Feed, NoAgent, Request
from game.session.replay import line_of
from game.tasks.coverage import Coverage, coverage_of, departures
from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack, load_pack
from game.tasks.task import Task
from game.text.level import LevelError
from game.view import settings as memory
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.families import Families
from game.view.model.library import Library, LibraryPack, stamp
from game.view.recording import copy_text, free_name, save_png
from game.view.screens.gallery import Gallery
from game.view.screens.play import EACH, PlayScreen, PlaySetup
from game.view.screens.screen import Navigation, Notice, Screen
from game.view.screens.train import TrainScreen
from game.view.screens.watch import WatchScreen, WatchSetup

UNTRAINED = {  # what is to be seen of an agent that was not meta-trained
    "scratch": "An agent that has learned nothing before learns a level in a few steps.",
    "random": "An agent that goes anywhere and learns nothing: whoever learns has to beat it.",
    "planner": "A planner that is told all about the level plays it: nobody can do better.",
    "posterior-sampling": (
        "An agent that knows the rules and the map only has to find the goal: it rules cells out."
    ),
}
RECORDS = ("photo", "film", "copy")  # wishes that lead to no other screen
RECORDINGS = "recordings"  # where pictures and films go
UNLIKE = 4  # steps that differ by this factor in episodes share a logarithmic axis
CHECK_FILES = 0.5  # seconds between two looks at whether a file was written


def setup_of(
    pack: Pack,
    names: Sequence[str],
    agents: Agents,
    seed: int = 0,
    steps: int = 5,
    first: Task | None = None,
    jobs: BackgroundJobs | None = None,
) -> WatchSetup:
    """What is watched where these agents adapt to a pack's held-out tasks. Raises NoAgent.

    The first task is the one given, or as many after the pack's first as the seed says. What takes
    time is left to `jobs`, or else done at once.
    """
    jobs = jobs or BackgroundJobs(at_once=True)
    cards = [agents.card(name, pack.name) for name in names]
    tasks = pack.split("test").tasks
    start = seed % len(tasks) if tasks else 0
    if first is not None:
        ids = [task.id for task in tasks]
        start = ids.index(first.id) if first.id in ids else 0
        tasks = tasks if first.id in ids else (first, *tasks)
    return WatchSetup(
        tasks=tasks[start:] + tasks[:start],
        pack_title=pack.title,
        agents=tuple(card.name for card in cards),
        seed=seed,
        steps=steps,
        episodes=cards[0].episodes,
        seen=lambda task: task.id in cards[0].trained_on,
        sentence=None if cards[0].learned else UNTRAINED.get(cards[0].name, ""),
        given=tuple(names),
        pack=pack.name,
        longest=max(card.episodes for card in cards) * steps,
        outside=_outside(pack, cards[0].pack, jobs),
        families=Families(pack, jobs),
        unlike=max(card.episodes for card in cards) > UNLIKE * min(card.episodes for card in cards),
        usual=cards[0].usual,
    )


def _outside(
    pack: Pack, home: str, jobs: BackgroundJobs
) -> Callable[[Task], tuple[str, ...] | None]:
    """Why a task of a pack is not drawn from the pack that an agent was trained on: nothing where
    it is; None as long as nobody knows."""

    def why(task: Task) -> tuple[str, ...] | None:
        if home in ("", pack.name):
            return ()
        known = jobs.ask(("distribution", home), lambda: _distribution(home))
        if known is None:
            return None
        found = departures(task.level, known) if isinstance(known, Coverage) else []
        return (f"new to it: {', '.join(found)}",) if found else (f"not drawn from {home}",)

    return why


def _distribution(name: str) -> Coverage | str:
    """Of a pack, if that is still there."""
    try:
        return coverage_of(load_pack(name))
    except (LevelError, PackError, OSError):
        return ""


def setup_like(
    pack: Pack, request: Request, agents: Agents, jobs: BackgroundJobs | None = None
) -> WatchSetup:
    """What is watched where just this was asked for. Raises NoAgent."""
    names, seed, steps = request.agents, request.seed, request.steps
    subject = setup_of(pack, names, agents, seed, steps, request.task, jobs)
    return replace(subject, request=request)


def game_of(navigation: Navigation, agents: Agents, seed: int = 0) -> PlaySetup:
    """What is played: the held-out tasks of a pack, from the one wished for on. Raises NoAgent."""
    assert navigation.pack
    lists = [navigation.pack.split(name).tasks for name in reversed(SPLITS)]
    tasks = next((found for found in lists if found), ())
    ids = [task.id for task in tasks]
    start = seed % len(tasks) if tasks else 0
    if navigation.task:
        start = ids.index(navigation.task.id) if navigation.task.id in ids else 0
        tasks = tasks if navigation.task.id in ids else (navigation.task, *tasks)
    agent = navigation.agents[0] if navigation.what == "duel" else ""
    return PlaySetup(
        tasks=tasks[start:] + tasks[:start],
        pack_title=navigation.pack.title,
        pack=navigation.pack.name,
        episodes=navigation.episodes or EACH * navigation.pack.episodes,
        seed=seed,
        agent=agent,
        agent_name=agents.card(agent, navigation.pack.name).name if agent else "",
    )


class Recorder(Protocol):
    """Whoever makes a GIF of what a replay line says, in the background."""

    def start(self, line: str, folder: Path) -> None:
        """Begin."""
        ...

    def poll(self) -> tuple[str, str, bool] | None:
        """A note (heading, text, whether all is well) once it is done."""
        ...


class App:
    """All screens, the one on top being on. `file` is where settings are kept; None: nowhere."""

    def __init__(
        self,
        first: Navigation,
        agents: Agents,
        feed: Feed,
        file: Path | None = None,
        seed: int = 0,
        steps: int = 5,
        jobs: BackgroundJobs | None = None,
        show_goal: bool = False,
        recorder: Recorder | None = None,
    ) -> None:
        self.recorder, self._recording = recorder, False
        self._photo = False  # whether the next picture is to be kept
        self.folder = Path(RECORDINGS)
        self.show_goal = show_goal  # to a person who plays
        self.agents, self.feed, self.file = agents, feed, file
        self.seed, self.steps = seed, steps
        self.settings = memory.load(file) if file else memory.Settings()
        self.appearance = self.settings.appearance()
        self.library = Library(reversed(self.settings.recent), jobs)
        self._numbers = itertools.count()  # of requests to the feed
        self._checked = 0.0  # seconds since files were looked at
        self._stamp: object = None  # of the files that are on
        self._coming: Path | None = None  # being loaded, to be opened
        self.failure = ""  # why the training that the window was opened for has failed
        self.runs: list[Path] = []  # folders of trainings that have begun
        self._later: Navigation | None = None  # as soon as its pack is loaded
        self.pages: list[Screen] = []
        self._go(first)

    @property
    def quit(self) -> bool:
        return not self.pages

    @property
    def visit(self) -> Navigation:
        """Which level is on, and how."""
        return next(page.visit for page in reversed(self.pages) if page.visit)

    @property
    def page(self) -> Screen:
        """The screen that is on."""
        return self.pages[-1]

    def handle(self, event: pygame.event.Event) -> None:
        """Give an event to the screen that is on; closing the window leaves them all."""
        if event.type == pygame.QUIT:
            self.pages.clear()
        elif event.type == pygame.DROPFILE:
            self._coming = Path(event.file).resolve()
            self.library.add(self._coming)
            self.library.reload(self._coming)
        elif self.pages:
            self.page.handle(event)

    def update(self, seconds: float) -> None:
        """Let time pass, and go where the screen wants to."""
        if not self.pages:
            return
        self._look_at_files(seconds)
        self.page.update(seconds)
        self.page.read(seconds)
        navigation, self.page.navigation = self.page.navigation or self._later, None
        if isinstance(self.page, TrainScreen):
            self._see_to_training(self.page)
        if self.page.quit:
            self.pages.pop()
            if self.pages:
                self._stamp = stamp(self.visit.pack.path) if self.visit.pack else None
                self.page.resume()
        elif navigation and navigation.what in RECORDS:
            self._record(navigation)
        elif navigation:
            self._try(navigation)
        self._check_recorder()
        self._remember(self.settings.of(self.appearance))

    def state(self) -> object:
        """What the picture of the screen that is on hangs on."""
        return (id(self.page), self.page.state()) if self.pages else None

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen that is on."""
        if self.pages:
            self.page.draw(surface)
            if self._photo:
                self._photo = False
                self._save_photo(surface)

    # --- pictures

    def _record(self, navigation: Navigation) -> None:
        """Keep a picture of the screen, film the adaptation, or copy its replay line."""
        self._photo = navigation.what == "photo"
        if not navigation.request:
            return
        assert self.visit.pack
        line = line_of(self.visit.pack, navigation.request)
        if navigation.what == "copy":
            kept = copy_text(line)
            how = "Copied: to see this again" if kept else "To see this again"
            self.page.notice = Notice(how, f'python main.py watch --replay "{line}"', calm=True)
        elif self._recording or self.recorder is None:
            self.page.notice = Notice("One film at a time", "The last one is still being made.")
        else:
            self._recording = True
            folder = free_name(
                self.folder, f"{navigation.request.task.id}-seed{navigation.request.seed}"
            )
            self.recorder.start(line, folder)
            self.page.notice = Notice("Filming", f"The GIF will be in {folder}.", calm=True)

    def _check_recorder(self) -> None:
        said = self.recorder.poll() if self.recorder and self._recording else None
        if said is not None and self.pages:
            self._recording = False
            self.page.notice = Notice(*said)

    def _save_photo(self, surface: pygame.Surface) -> None:
        path = free_name(self.folder, "gridapt", ".png")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: save_png(surface, file))
        except (OSError, pygame.error) as error:
            self.page.notice = Notice("The picture could not be saved", str(error))
        else:
            self.page.notice = Notice("Saved", str(path), calm=True)

    # --- from screen to screen

    def _try(self, navigation: Navigation) -> None:
        """Go where a screen wishes to, unless the agent cannot be used."""
        try:
            self._go(navigation)
        except NoAgent as error:
            self._later = None
            self.page.notice = Notice("This agent cannot be used", str(error))

    def _go(self, navigation: Navigation) -> None:
        """Open a screen upon the one that is on, so that leaving it leads back here."""
        if navigation.what == "gallery":
            self._to_gallery(navigation)
            return
        if navigation.path and not navigation.pack:
            shelf = self.library.shelf(navigation.path)
            self._later = None if shelf else navigation
            if shelf is None or shelf.pack is None:
                return
            navigation = replace(navigation, pack=shelf.pack)
        if self.pages:
            navigation = replace(navigation, pack=navigation.pack or self.visit.pack)
            navigation = replace(navigation, agents=navigation.agents or self.visit.agents)
        if navigation.pack and not navigation.agents:
            navigation = replace(navigation, agents=(navigation.pack.agent, "scratch"))
        page = self._open(navigation)
        page.visit = navigation
        self._put(page)
        self._stamp = stamp(navigation.pack.path) if navigation.pack else None
        if navigation.pack and navigation.pack.path.is_file():
            self.library.add(navigation.pack.path)
            self._remember(self.settings.opened(navigation.pack.path))

    def _to_gallery(self, navigation: Navigation) -> None:
        """Back to the gallery that one came from, or on to a new one."""
        there = [i for i, page in enumerate(self.pages) if isinstance(page, Gallery)]
        if there:
            del self.pages[there[0] + 1 :]
            self.page.resume()
        else:
            chosen = self.visit.agents
            self._put(Gallery(self.library, self.agents, self.appearance, chosen, navigation.task))

    def _put(self, page: Screen) -> None:
        """Lay a screen upon the one that is on."""
        if self.pages:
            self.page.cover()
        self.pages.append(page)

    def _open(self, navigation: Navigation) -> Screen:
        if navigation.what == "train":
            return TrainScreen(navigation.args, self.feed, self.appearance, self._numbers)
        assert navigation.pack
        if navigation.what in ("play", "duel"):
            game = game_of(navigation, self.agents, self.seed)
            shown, jobs = self.show_goal, self.library.jobs
            return PlayScreen(game, self.feed, self.appearance, self._numbers, shown, jobs)
        if navigation.request:
            subject = setup_like(
                navigation.pack, navigation.request, self.agents, self.library.jobs
            )
        else:
            names, task = navigation.agents, navigation.task
            setting = self.seed, self.steps, task, self.library.jobs
            subject = setup_of(navigation.pack, names, self.agents, *setting)
        abreast = len(navigation.agents) > 2
        given = None, self.appearance, abreast, self._numbers, self.library.jobs
        return WatchScreen(subject, self.feed, *given)

    def _remember(self, now: memory.Settings) -> None:
        """Write the settings, if they are others than before."""
        if now != self.settings:
            self.settings = now
            if self.file:
                memory.save(self.file, now)

    def _see_to_training(self, page: TrainScreen) -> None:
        """Note what is to be told once the window is closed."""
        if page is self.pages[0]:
            self.failure = page.failure
        if page.begun and page.begun.out not in self.runs:
            self.runs.append(page.begun.out)

    # --- files

    def _look_at_files(self, seconds: float) -> None:
        """Open what was dropped; load again what was written, and keep it as it was on errors."""
        self._checked += seconds
        path = self.visit.pack.path if self.visit.pack else None
        if path and self._checked > CHECK_FILES:
            self._checked = 0.0
            now = stamp(path)
            if now and now != self._stamp:
                self._stamp, self._coming = now, path
                self.library.reload(path)
        shelf = self.library.shelf(self._coming) if self._coming else None
        if shelf:
            self._coming = None
            self._show(shelf, again=shelf.path == path)

    def _show(self, shelf: LibraryPack, again: bool) -> None:
        if shelf.pack is None:
            kept = " - the last good state stays" if again else ""
            self.page.notice = Notice(f"{shelf.path.name} has errors{kept}", shelf.problem)
            return
        if again and isinstance(self.page, Gallery):
            return  # it shows the new state by itself
        task = shelf.tasks[0]
        if again and self.visit.task:
            same = (one for one in shelf.tasks if one.name == self.visit.task.name)
            task = next(same, task)
        what = "watch" if self.visit.what == "train" else self.visit.what
        navigation = replace(self.visit, what=what, pack=shelf.pack, task=task)
        old = self.page
        try:
            self._go(navigation)
            if again:
                self.pages.remove(old)
        except NoAgent as error:
            self.page.notice = Notice("This agent cannot be used", str(error))
