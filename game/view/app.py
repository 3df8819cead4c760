"""The app: a stack of screens, the requests to go from one to another, and reloading of files."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pygame

from game.session.messages import STEPS, Agents, Feed, NoAgent
from game.session.replay import ReplayError
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack
from game.text.level import LevelError
from game.view import settings as stored_settings
from game.view.capture_requests import CAPTURES, Recorder, ScreenCapture
from game.view.draw.text_boxes import draw_pill
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.library import Library, LibraryPack, file_stamps, resolved
from game.view.screen_setups import (
    editable,
    many_setup,
    play_setup,
    replay_setup,
    stop_navigation,
    watch_setup,
)
from game.view.screens.asked_question import Answer, Question
from game.view.screens.gallery import Gallery
from game.view.screens.many import ManyScreen
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice
from game.view.screens.play import PlayScreen
from game.view.screens.screen import Screen
from game.view.screens.tour_guide import TourGuide
from game.view.screens.train import TrainScreen
from game.view.screens.waiting import WaitingScreen
from game.view.screens.watch import WatchScreen

PLAYED = ("play", "duel")  # kinds of navigation requests that a person plays in
NO_MOVES = "Its actions are no moves of a person. Watch an agent adapt to it instead."
LOADING_DELAY = 0.3  # seconds of loading a file after which the window says so
OFFER = (
    "A tour of about eight minutes shows how an agent learns to learn: you try it yourself, "
    "predict what agents will do, and see. F2 opens it at any time."
)
CHECK_FILES = 0.5  # seconds between two checks for changed files


class App:
    """A stack of screens, of which the last one is shown and gets the events.

    Settings are read from and written to `file`; None keeps none. `jobs` does slow work beside the
    drawing, and `recorder` makes GIFs. `show_goal` shows hidden goals to a person who plays.
    """

    def __init__(
        self,
        first: Navigation,
        agents: Agents,
        feed: Feed,
        file: Path | None = None,
        seed: int = 0,
        steps: int = STEPS,
        jobs: BackgroundJobs | None = None,
        show_goal: bool = False,
        recorder: Recorder | None = None,
    ) -> None:
        self.show_goal = show_goal
        self.agents, self.feed, self.file = agents, feed, file
        self.seed, self.steps = seed, steps
        self.settings = stored_settings.load(file) if file else stored_settings.Settings()
        self.appearance = self.settings.appearance()
        self.tour = TourGuide(place=self.settings.tour)
        self.library = Library(reversed(self.settings.recent), jobs)
        self.failure = ""  # why the training that the window was opened for has failed
        self.runs: list[Path] = []  # folders of trainings that have begun
        self.pages: list[Screen] = []
        self._capture = ScreenCapture(recorder)
        self._quick_jobs, self._slow_jobs = BackgroundJobs(), BackgroundJobs()  # of verdicts
        self._numbers = itertools.count()  # of requests to the feed
        self._loading_for = 0.0  # seconds, of a file
        self._unchecked = 0.0  # seconds since files were checked
        self._stamps: object = None  # of the current pack's files
        self._loading: Path | None = None  # to be opened as soon as it is loaded
        self._waiting: Navigation | None = None  # until its pack is loaded
        self._quitting = False  # whether the window is to close, once editors have asked
        self._offer: Question | None = None  # whether to take the tour, at the first start
        self._go(first)
        if first.is_first_sight and self.file and not self.settings.tour_offered:
            self._offer_tour()

    @property
    def quit(self) -> bool:
        """Whether all screens have been closed."""
        return not self.pages

    @property
    def page(self) -> Screen:
        """The screen that is shown."""
        return self.pages[-1]

    @property
    def location(self) -> Navigation:
        """The request that led to the pack and the agents on screen."""
        return next(page.opened_by for page in reversed(self.pages) if page.opened_by)

    def handle(self, event: pygame.event.Event) -> None:
        """Close all screens, load a dropped file, or hand the event to the screen."""
        if event.type == pygame.QUIT:
            self._quit()
        elif event.type == pygame.DROPFILE:
            self._loading = resolved(Path(event.file))
            self.library.add(self._loading)
            self.library.reload(self._loading)
        elif self.pages and not self._is_for_tour(event):
            self.page.handle(event)

    def _is_for_tour(self, event: pygame.event.Event) -> bool:
        """Whether the card of the tour has taken an event."""
        is_on = self.tour.is_on(self.page) and not self.page.is_blocked
        return is_on and self.tour.handle(event, self.page)

    def update(self, seconds: float) -> None:
        """Advance the screen and carry out its navigation request."""
        if not self.pages:
            return
        is_loading = self._waiting is not None or self._loading is not None
        self._loading_for = self._loading_for + seconds if is_loading else 0.0
        self._check_files(seconds)
        self.page.update(0.0 if self._stands_still else seconds)
        self.page.pass_time(seconds)
        self.tour.pass_time(seconds)
        navigation, self.page.navigation = self.page.navigation or self._waiting, None
        if isinstance(self.page, TrainScreen):
            self._note_training(self.page)
        if self.page.has_unsaved_changes and not (self.page.question or self.page.quit):
            self._quitting = False  # the person stays
        if self.page.quit and self._asks_before_closing:
            self.page.quit, self.page.question = False, self._closing_question()
        elif self.page.quit:
            self._leave_page()
        elif navigation and navigation.kind in CAPTURES:
            self._notify(self._capture.request(navigation, self.location.pack))
        elif navigation:
            self._try(navigation)
        if self.pages and self.tour.wanted is not None:
            wanted, self.tour.wanted = self.tour.wanted, None
            self._show_stop(wanted)
        if self.pages and self.tour.is_on(self.page):
            self.tour.press_keys()
        if self.pages:
            self._notify(self._capture.poll())
        self._remember(self.settings.with_appearance(self.appearance))

    def _leave_page(self) -> None:
        """Go back to the screen below; what an editor has saved is loaded again there."""
        closed = self.pages.pop()
        if isinstance(closed, TrainScreen):
            closed.on_close()  # the training ends; an editor has let go of its file by itself
        if self._quitting:
            self._quit()
        elif self.pages:
            pack = self.location.pack
            self._stamps = file_stamps(pack.path) if pack and not closed.has_saved else None
            self.page.on_resume()

    @property
    def _asks_before_closing(self) -> bool:
        """Whether leaving the screen closes the window, and the screen does not ask itself."""
        return len(self.pages) == 1 and not self.page.asks_by_itself

    def _closing_question(self) -> Question:
        """Return the question whether to close the window."""
        made = self._capture.recording
        film = f" The {made} that is being made will be finished." if made else ""
        answers = [
            Answer("Enter", pygame.K_RETURN, "close", self._quit),
            Answer("Esc", pygame.K_ESCAPE, "stay"),
        ]
        text = f"This is the first screen.{film}"
        if isinstance(self.page, TrainScreen):
            ends = " The training ends, and the agent is saved." if self.page.run.is_running else ""
            text = f"{text}{ends}"
        elif not isinstance(self.page, Gallery):
            gallery = Navigation("gallery", task=self.location.task)
            answers.insert(1, Answer("G", pygame.K_g, "gallery", lambda: self._go(gallery)))
        return Question("Close the window?", text, tuple(answers))

    def _quit(self) -> None:
        """Close all screens; an editor with unsaved changes asks first."""
        self._quitting = True
        while self.pages:
            if self.page.has_unsaved_changes:
                self.page.leave()
                return
            self.pages.pop().on_close()

    def close(self) -> None:
        """Let go of all that screens hold, because the program ends."""
        while self.pages:
            self.pages.pop().on_close()

    def snapshot(self) -> object:
        """Return the state that the drawing depends on. While it is equal, no redraw is needed."""
        if not self.pages:
            return None
        card = self.tour.snapshot(self.page) if self.tour.is_on(self.page) else None
        page = id(self.page), self.page.snapshot()
        return *page, self._capture.recording, card, self._loading_text()

    def _loading_text(self) -> str:
        """Return which file is being loaded, with dots that come and go; "" for a short while."""
        waits = self._waiting.path if self._waiting else None
        path = waits or self._loading
        is_told = isinstance(self.page, WaitingScreen)  # by the screen
        if path is None or is_told or self._loading_for < LOADING_DELAY:
            return ""
        return f"Loading {path.name}{'.' * (1 + int(2 * self._loading_for) % 3)}"

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen, and save its picture if that was requested."""
        if self.pages:
            if self.tour.is_on(self.page):
                self.tour.draw(surface, self.page)
            else:
                self.page.draw(surface)
            self._notify(self._capture.save_picture(surface))
            type = self.appearance.typeset(surface.get_size())
            self.page.draw_status(surface, self._capture.status)
            if loading := self._loading_text():
                draw_pill(surface, loading, type.palette.agent, (type.unit, type.unit // 2), type)

    def _notify(self, notice: Notice | None) -> None:
        """Show a notice over the screen, if there is one."""
        if notice is not None:
            self.page.notice = notice

    # --- navigation

    def _try(self, navigation: Navigation) -> None:
        """Carry out a navigation request, or say why that is not possible."""
        try:
            self._go(navigation)
        except NoAgent as error:
            self._waiting = None
            self.page.notice = Notice("This agent cannot be used", str(error))

    def _go(self, navigation: Navigation) -> None:
        """Open a screen on top of the current one. Raises NoAgent.

        What the request leaves open, pack and agents, is taken from the current screen.
        """
        if navigation.kind == "gallery":
            self._go_to_gallery(navigation)
            return
        if navigation.kind == "tour":
            self.tour.wanted = self.tour.index
            return
        if navigation.kind == "switch":
            self._switch(navigation)
            return
        if navigation.kind == "edit":
            self._edit(navigation)
            return
        if navigation.path and not (navigation.pack or self.pages):
            self._wait_for(navigation, navigation.path)
            return
        if navigation.path and not navigation.pack:
            loaded = self.library.pack(navigation.path)
            self._waiting = None if loaded else navigation
            if loaded is None or loaded.pack is None:
                return
            navigation = replace(navigation, pack=loaded.pack)
        if self.pages:
            pack = navigation.pack or self.location.pack
            navigation = replace(navigation, pack=pack)
            if not (navigation.agents or self._needs_other_agents(pack)):
                kept = self.location.agents, self.location.by_default
                navigation = replace(navigation, agents=kept[0], by_default=kept[1])
        if navigation.pack and not navigation.agents:
            agents = self.agents.defaults(navigation.pack)
            navigation = replace(navigation, agents=agents, by_default=True)
        if navigation.kind in PLAYED and navigation.pack and not navigation.pack.has_moves:
            self.page.notice = Notice("This level cannot be played", NO_MOVES, transient=True)
            return
        page = self._open(navigation)
        page.opened_by = navigation
        if navigation.kind == "many":
            self._close_many()
        self._push(page)
        self._stamps = file_stamps(navigation.pack.path) if navigation.pack else None
        if navigation.pack and navigation.pack.path.is_file() and not navigation.is_unlisted:
            self.library.add(navigation.pack.path)
            self._remember(self.settings.with_recent(navigation.pack.path))

    def _wait_for(self, navigation: Navigation, path: Path) -> None:
        """Show the errors of the file that the window was opened for, until it can be read."""
        page = WaitingScreen(path, self.appearance)
        page.opened_by = navigation
        self._push(page)
        self._stamps, self._loading = file_stamps(path), path

    def _close_many(self) -> None:
        """Close an older screen of many tasks with what lies over it: each leads to the other, and
        the stack would grow."""
        there = [i for i, page in enumerate(self.pages) if isinstance(page, ManyScreen)]
        while there and len(self.pages) > there[0]:
            self.pages.pop().on_close()

    def _go_instead(self, navigation: Navigation) -> None:
        """Open a screen in place of the current one. Raises NoAgent."""
        old = self.page
        self._go(navigation)
        if old in self.pages:  # many tasks close their older screen by themselves
            self.pages.remove(old)

    def _switch(self, navigation: Navigation) -> None:
        """Open a watch screen in place of the current one, with the same overlays. Raises NoAgent.

        The switched agents are a choice of the person. The first screen keeps its doors.
        """
        old, place = self.page, self.location
        task = navigation.request.task if navigation.request else None
        doors = isinstance(old, WatchScreen) and old.has_doors
        new_place = replace(navigation, kind="watch", pack=place.pack, task=task)
        self._go_instead(replace(new_place, is_first_sight=doors))
        new = self.page
        if isinstance(old, WatchScreen) and isinstance(new, WatchScreen):
            new.active_overlays, new.side_by_side = old.active_overlays, old.side_by_side

    def _edit(self, navigation: Navigation) -> None:
        """Open the editor on a level file, on the level of a task, or on a new level.

        A level that comes with the project, or that no file holds, is opened as a new one with its
        text.
        """
        from game.view.screens.editor import (
            EditorScreen,
        )  # the largest screen, and seldom the first

        try:
            draft = editable(navigation.path, navigation.task)
        except OSError as error:
            if not self.pages:  # the window was to open with it
                raise
            why = error.strerror or str(error)
            self.page.notice = Notice("The level cannot be edited", f"{navigation.path}: {why}")
            return
        page = EditorScreen(
            draft,
            self.agents,
            self.feed,
            self._numbers,
            self.appearance,
            self.library.jobs,
            self._quick_jobs,
            self._slow_jobs,
        )
        page.opened_by = None if self.pages else navigation
        self._push(page)
        if navigation.marks_goals and page.question is None:
            page.goals.toggle()
        if draft.path and draft.path.is_file():
            self.library.add(draft.path)
            self._remember(self.settings.with_recent(draft.path))

    def _needs_other_agents(self, pack: Pack | None) -> bool:
        """Whether nobody has named the agents on screen, and they were chosen for another pack."""
        location = self.location
        here, there = (one.path if one else None for one in (location.pack, pack))
        return location.by_default and here != there

    def _go_to_gallery(self, navigation: Navigation) -> None:
        """Go back to the gallery on the stack, or open one.

        Where an editor above it has unsaved changes, another one is opened: nothing is closed.
        """
        there = [i for i, page in enumerate(self.pages) if isinstance(page, Gallery)]
        above = self.pages[there[0] + 1 :] if there else []
        has_unsaved = any(one.has_unsaved_changes for one in above)
        if there and not has_unsaved:
            while len(self.pages) > there[0] + 1:
                self.pages.pop().on_close()
            assert isinstance(self.page, Gallery)
            self.page.fields.choose_mode(navigation.mode)
            self.page.on_resume()
        else:
            chosen = self.location.agents
            task, by_default = navigation.task, self.location.by_default
            gallery = Gallery(
                self.library,
                self.agents,
                self.appearance,
                chosen,
                task,
                by_default,
                navigation.mode,
            )
            self._push(gallery)

    # --- the guided tour

    @property
    def _stands_still(self) -> bool:
        """Whether the screen waits until the person has predicted what it will show, or has
        answered whether to take the tour."""
        is_offered = self._offer is not None and self.page.question is self._offer
        return is_offered or (self.tour.is_on(self.page) and self.tour.holds())

    def _offer_tour(self) -> None:
        """Ask once, at the first start, whether to take the tour."""
        answers = (
            Answer("Enter", pygame.K_RETURN, "take the tour", self.page.take_tour),
            Answer("Esc", pygame.K_ESCAPE, "not now"),
        )
        self._offer = self.page.question = Question("New here?", OFFER, answers)
        self._remember(replace(self.settings, tour_offered=True))

    def _show_stop(self, index: int) -> None:
        """Open a stop of the tour in place of the last one, or end the tour after its last stop."""
        old = self.tour.screen
        if index == len(self.tour.stops):
            self.tour.end()
            self._remember(replace(self.settings, tour=""))
            if old in self.pages and len(self.pages) > 1:
                self._drop(old)
            return
        stop = self.tour.stops[index]
        if isinstance(old, TrainScreen) and old in self.pages:
            old.on_close()  # before the next request, which its end would cut short
        try:
            self._go(stop_navigation(stop.opening))
        except (ReplayError, PackError, LevelError, NoAgent, OSError) as error:
            self.page.notice = Notice("This stop of the tour cannot be shown", str(error))
            return
        self.tour.begin(index, self.page)
        if old in self.pages and old is not self.page:
            self._drop(old)
        self._remember(replace(self.settings, tour=stop.name))

    def _drop(self, page: Screen) -> None:
        """Take a screen from the stack, unless it is an editor with unsaved changes."""
        if page.has_unsaved_changes:
            return
        was_shown = page is self.page
        self.pages.remove(page)
        page.on_close()
        if was_shown:
            self.page.on_resume()
        pack = self.location.pack  # whose files are watched from now on
        self._stamps = file_stamps(pack.path) if pack else None

    def _push(self, page: Screen) -> None:
        """Put a screen on top of the stack."""
        if self.pages:
            self.page.on_suspend()
        self.pages.append(page)

    def _open(self, navigation: Navigation) -> Screen:
        """Return a new screen for a navigation request. Raises NoAgent."""
        if navigation.kind == "train":
            args, jobs = navigation.args, self.library.jobs
            return TrainScreen(args, self.feed, self.appearance, self._numbers, jobs)
        pack, agents, jobs = navigation.pack, navigation.agents, self.library.jobs
        assert pack
        if navigation.kind in ("play", "duel"):
            game = play_setup(navigation, self.agents, self.seed)
            return PlayScreen(game, self.feed, self.appearance, self._numbers, self.show_goal, jobs)
        if navigation.kind == "many":
            chosen = navigation.task, navigation.request
            many = many_setup(pack, agents, self.agents, self.seed, self.steps, *chosen, jobs)
            return ManyScreen(many, self.feed, self.appearance, self._numbers)
        if navigation.request:
            setup = replay_setup(pack, navigation.request, self.agents, jobs)
        else:
            first = navigation.task
            setup = watch_setup(pack, agents, self.agents, self.seed, self.steps, first, jobs)
        side_by_side = len(agents) > 2 and not navigation.by_default
        doors = navigation.is_first_sight
        return WatchScreen(
            setup, self.feed, None, self.appearance, side_by_side, self._numbers, jobs, doors
        )

    def _remember(self, settings: stored_settings.Settings) -> None:
        """Write the settings if they have changed."""
        if settings != self.settings:
            self.settings = settings
            if self.file:
                stored_settings.save(self.file, settings)

    def _note_training(self, page: TrainScreen) -> None:
        """Note what the command reports after the window is closed."""
        if page is self.pages[0]:
            self.failure = page.failure
        begun = page.begun
        if begun and begun.is_kept and begun.out not in self.runs:
            self.runs.append(begun.out)

    # --- files

    def _check_files(self, seconds: float) -> None:
        """Reload the current pack if its files have changed, and open what has been loaded."""
        self._unchecked += seconds
        path = self.location.pack.path if self.location.pack else None
        if isinstance(self.page, WaitingScreen):
            path = self.page.path
        if path and self._unchecked > CHECK_FILES:
            self._unchecked = 0.0
            now = file_stamps(path)
            if now and now != self._stamps:
                self._stamps, self._loading = now, path
                self.library.reload(path)
        loaded = self.library.pack(self._loading) if self._loading else None
        if loaded:
            self._loading = None
            self._show(loaded, again=loaded.path == path)

    def _show(self, loaded: LibraryPack, again: bool) -> None:
        """Show a pack that was dropped onto the window or, `again`, has been reloaded."""
        if loaded.pack is None and again and isinstance(self.page, WaitingScreen):
            self.page.problem = loaded.problem
            return
        if loaded.pack is None:
            kept = " - the last valid version stays" if again else ""
            heading = f"{loaded.path.name} has errors{kept}"
            cells = self._cells_on_board(loaded) if again else ()
            self.page.notice = Notice(heading, loaded.problem, edits=loaded.level_file, cells=cells)
            return
        if again and self.page.stays_on_reload:
            return
        navigation = self._navigation_to(loaded, again)
        open_screen = self._go_instead if again else self._go
        try:
            open_screen(navigation)
        except NoAgent as error:
            self.page.notice = Notice("This agent cannot be used", str(error))

    def _navigation_to(self, loaded: LibraryPack, again: bool) -> Navigation:
        """Return the request to show a pack as the screen shows its own. `again`, with the settings
        that are in force, for the task of the same name as it is now."""
        place, task, request = self.location, loaded.tasks[0], None
        if again and place.task:
            same_name = (one for one in loaded.tasks if one.name == place.task.name)
            task = next(same_name, task)
        if again and place.request:
            request = replace(place.request, task=task, changes=())
        agents = () if self._needs_other_agents(loaded.pack) else place.agents
        return replace(
            place,
            kind="watch" if place.kind in ("train", "edit") else place.kind,
            pack=loaded.pack,
            task=task,
            agents=agents,
            request=request,
            is_first_sight=again and place.is_first_sight,
        )

    def _cells_on_board(self, loaded: LibraryPack) -> tuple[tuple[int, int], ...]:
        """Return the cells with errors of the level on screen, as it was before, which are on its
        board. A board that is turned or mirrored has other places."""
        if not isinstance(self.page, WatchScreen | PlayScreen):
            return ()
        task = self.page.task
        if any(label == "variant" for label, _ in task.drawn):
            return ()
        return tuple(cell for file, cell in loaded.wrong if file == task.level.file)
