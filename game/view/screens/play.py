"""The play screen: a person plays a task for several episodes, with the goal hidden at first.

In a duel an agent plays the same task for the same number of episodes. Its curve never shows more
episodes than the person has finished.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pygame

from game.session.messages import Feed
from game.tasks.hidden_variables import hidden_hints
from game.tasks.task import Task
from game.text.tiles import ACTIONS
from game.view.draw.screen_header import draw_header
from game.view.draw.text_boxes import draw_notice
from game.view.draw.theme import Appearance, Typeset
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.play_session import PAUSE_SECONDS, PlaySession, PlaySetup
from game.view.screens.key_binding import Key
from game.view.screens.level_pictures import is_goal_hidden
from game.view.screens.navigation_request import Navigation
from game.view.screens.play_frame import PlayFrame
from game.view.screens.play_input import MOVE_KEYS, HeldMove, stick_action, stick_position
from game.view.screens.play_panel import draw_play_panel, header_sentence, settings_text
from game.view.screens.plot_key import PLOT_KEY
from game.view.screens.screen import Screen
from game.world.rules import STAY


class PlayScreen(Screen):
    """The screen on which a person plays one task after another."""

    def __init__(
        self,
        setup: PlaySetup,
        feed: Feed | None = None,
        appearance: Appearance | None = None,
        numbers: Iterator[int] | None = None,
        show_goal: bool = False,
        jobs: BackgroundJobs | None = None,
    ) -> None:
        super().__init__(appearance)
        self.session = PlaySession(setup, feed, numbers, jobs)
        self.show_goal = show_goal  # on request; a duel shows it after the last episode
        self._held = HeldMove()
        self._frame: PlayFrame | None = None

    @property
    def task(self) -> Task:
        """The current task."""
        return self.session.task

    @property
    def goal_shown(self) -> bool:
        """Whether the board shows the goal: it was found, shown on request, or never hidden."""
        trial = self.session.trial
        if trial is None or not is_goal_hidden(self.task.level):
            return True
        return trial.found or self.is_revealed

    @property
    def is_revealed(self) -> bool:
        """Whether the screen tells what is hidden: at the end, and alone also on request."""
        trial = self.session.trial
        is_over = trial is not None and trial.over
        return is_over or (self.show_goal and not self.session.is_duel)

    def shows_all(self) -> bool:
        """Whether nothing is left to show."""
        return self.goal_shown and (self.is_revealed or not hidden_hints(self.task))

    def all_keys(self) -> list[Key]:
        """Return all keys. One more resets settings of the agent that are not its own."""
        reset = (RESET_KEY,) if self.session.setup.step_size != 1 else ()
        return [*reset, *super().all_keys()]

    def footer_choice(self, width: int, type: Typeset) -> list[Key]:
        """Return the keys that the footer chooses from: after the last episode without those that
        play on."""
        keys = super().footer_choice(width, type)
        return [key for key in keys if key.cap not in PLAYING] if self.is_over() else keys

    # --- for the guided tour

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places that the tour can point at."""
        layout = self._frame.layout if self._frame else None
        if layout is None:
            return super().anchors()
        own = {"header": layout.header, "board": layout.board, "panel": layout.panel}
        return super().anchors() | own

    def is_over(self) -> bool:
        """Whether the last episode is over."""
        return self.session.trial is not None and self.session.trial.over

    def outcome(self) -> int | None:
        """Return the index of the first episode that reached the goal, else the number of all."""
        trial = self.session.trial
        if trial is None:
            return None
        reached = (i for i, path in enumerate(trial.paths) if trial.tables.goal[path].any())
        return next(reached, trial.episodes)

    # --- actions of the keys

    def move(self, action: int) -> None:
        """Take an action, and repeat it as long as its key is held."""
        self._held.hold(action)
        self._act(action)

    def stay(self) -> None:
        """Stay on the cell for one step, or begin the next episode."""
        self._act(STAY)

    def go_on(self) -> None:
        """Begin the next episode, if the last one is over."""
        if self.session.trial and self.session.trial.resting:
            self._act(STAY)

    def _act(self, action: int) -> None:
        if self.session.act(action):
            self._held.release()

    def toggle_goal(self) -> None:
        """Show the goal, or hide it."""
        self.show_goal = not self.show_goal
        self._frame = None

    def reset_settings(self) -> None:
        """Let the agent play with its own step size."""
        self.session.reset_settings()

    def restart(self) -> None:
        """Play the task again from the first episode on."""
        self.session.restart()
        self._frame = None

    def next_task(self) -> None:
        """Go to the next task."""
        self.session.next_task()
        self._frame = None

    def to_gallery(self) -> None:
        """Open the gallery to choose another level, agent or mode."""
        self.navigation = Navigation("gallery", task=self.task)

    def edit(self) -> None:
        """Open the editor with this level."""
        self.navigation = Navigation("edit", task=self.task)

    # --- events and time

    def on_event(self, event: pygame.event.Event) -> None:
        """Release the held key, or move by gamepad."""
        if event.type in (pygame.KEYUP, pygame.MOUSEBUTTONUP):
            self._held.release()
        elif event.type == pygame.JOYBUTTONDOWN:
            self.stay()
        else:
            position = stick_position(event)
            if position is not None:
                self._push_stick(stick_action(*position))

    def _push_stick(self, action: int | None) -> None:
        """Move as the stick points; None is its centre."""
        if action is None:
            self._held.release()
        elif action != self._held.action:
            self.move(action)

    def update(self, seconds: float) -> None:
        """Advance the session by a number of seconds, and repeat the move that is held."""
        self.session.update(seconds)
        action, trial = self._held.action, self.session.trial
        if action is not None and trial and not trial.resting and self._held.is_due(seconds):
            self._act(action)

    def on_suspend(self) -> None:
        """Free the pictures: another screen was opened over this one."""
        self._frame = None

    def on_resume(self) -> None:
        """Request again what the requests of another screen have cancelled."""
        self.session.request_missing()

    # --- drawing

    def sentence(self) -> str:
        """Return the header's sentence."""
        return header_sentence(self.session, self.goal_shown)

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences on screen that may name keys."""
        settings = settings_text(self.session.setup)
        return (*super().sentences(), self.sentence(), settings)

    def body_snapshot(self) -> object:
        """Return the state of the trial, and the time since the last step while that matters."""
        session, trial = self.session, self.session.trial
        moment = (trial.moves, trial.resting, len(trial.paths), trial.over) if trial else ()
        since = min(session.since_step, PAUSE_SECONDS)
        steps, failure = len(session.agent_steps), session.failure
        step_size = session.setup.step_size
        return moment, since, steps, failure, self.show_goal, self.task, step_size

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw the board with the person on it, and the panel with the plot of all episodes."""
        size, session = surface.get_size(), self.session
        type = self.appearance.typeset(size)
        reveal = self.is_revealed
        footer = self.footer_height(size[0], type)
        if self._frame is None or not self._frame.fits(session, size, type, footer, reveal):
            self._frame = PlayFrame(session, size, type, footer, reveal)
        self._refresh_texts(self._frame, type)
        surface.blit(self._frame.background, (0, 0))
        if session.trial:
            self._frame.draw_board(surface, session, session.trial, self.goal_shown)
        if session.failure:
            heading = "The agent failed" if session.trial else "This level cannot be planned"
            board = self._frame.layout.board
            draw_notice(surface, board, heading, session.failure, type)

    def cell_box(self, cell: tuple[int, int]) -> pygame.Rect | None:
        """Return where the board shows a cell."""
        frame = self._frame
        return frame.board.box(cell, frame.layout.board) if frame else None

    def _refresh_texts(self, frame: PlayFrame, type: Typeset) -> None:
        """Draw header, panel and footer again if their texts have changed."""
        session, trial, sentence = self.session, self.session.trial, self.sentence()
        moment = (trial.moves, trial.resting, tuple(trial.returns), trial.found) if trial else ()
        returns, caps = tuple(session.agent_returns()), self.footer_caps()
        step_size = session.setup.step_size
        texts = (moment, returns, sentence, caps, session.failure, self.is_revealed, step_size)
        if frame.texts == texts:
            return
        frame.texts = texts
        percent = not self.appearance.plots_returns
        background, panel = frame.background, frame.layout.panel
        with type.noting() as self._noted:
            draw_header(background, frame.layout.header, sentence, type)
            draw_play_panel(background, panel, session, self.is_revealed, type, percent)
            self.draw_footer(background, frame.layout.footer, type)


def _move(action: int, screen: PlayScreen) -> None:
    screen.move(action)


PLAYING = (*"←↑↓→.", "Space")  # caps of the keys that play an episode
# fmt: off
RESET_KEY = Key("Bksp", "reset the agent's step size to its own", (pygame.K_BACKSPACE,), PlayScreen.reset_settings, priority=1, short="reset step size")
PlayScreen.keys = (
    *(
        Key(cap, f"move {ACTIONS[action]} (arrow keys, WASD or gamepad)", MOVE_KEYS[action], partial(_move, action), short="move" if cap == "→" else "", group="time")
        for cap, action in zip("←↑↓→", MOVE_KEYS)
    ),
    Key(".",     "stay on the cell for one move", (pygame.K_PERIOD, pygame.K_KP_PERIOD), PlayScreen.stay, ".", short="stay", priority=1, group="time"),
    Key("Space", "continue: begin the next episode", (pygame.K_SPACE, pygame.K_RETURN, pygame.K_KP_ENTER), PlayScreen.go_on, short="continue", group="time"),
    Key("U",     "uncover the goal and what else is hidden (in a duel after the last episode)", (pygame.K_u,), PlayScreen.toggle_goal, is_on=PlayScreen.shows_all, short="uncover the goal", priority=1, group="look"),
    Key("R",     "restart from the first episode", (pygame.K_r,),           PlayScreen.restart, short="restart", priority=1, group="time"),
    Key("N",     "next level",                   (pygame.K_n,),             PlayScreen.next_task, group="go"),
    PLOT_KEY,
    Key("Ctrl E", "edit this level",             (pygame.K_e,),             PlayScreen.edit, ctrl=True, short="edit", priority=1, group="go"),
    Key("G",     "gallery: another level, agent or mode", (pygame.K_g,),    PlayScreen.to_gallery, short="gallery", priority=1, group="go"),
)
# fmt: on
