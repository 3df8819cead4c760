"""The base class of all screens: keys, a footer, notices, help and appearance.

The few widgets of the window are our own: keys that can be pressed or clicked, lists and one text
field. A widget library would bring its own fonts, themes and focus, redraw every frame and be
larger than all of this. Ours are small enough to be tested completely.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pygame

from game.view.draw.display_size import switch_full_screen
from game.view.draw.hovered_term import HoveredTerm
from game.view.draw.key_caps import (
    DrawnHelp,
    draw_footer,
    draw_help,
    draw_key_state,
    footer_height,
)
from game.view.draw.layout import frame, inside_width
from game.view.draw.screen_header import draw_status, header_height
from game.view.draw.term_spots import TermSpot, term_at
from game.view.draw.text_boxes import draw_notice, draw_wrong_cell
from game.view.draw.theme import Appearance, NotedText, Typeset
from game.view.screens.asked_question import Question
from game.view.screens.key_binding import (
    CTRL,
    Key,
    fitting_keys,
    in_groups,
    key_words,
    named_caps,
)
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice

NOTICE_SECONDS = 6.0  # for which a transient notice stays
READ_KEYS = (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_ESCAPE, pygame.K_SPACE)
MEND_CAP = "Ctrl E"
MEND = f"{MEND_CAP} mends it in the editor, which marks the place. Enter closes this note."


class Screen:
    """A screen: handles events, advances in time and draws itself onto any surface."""

    keys: ClassVar[tuple[Key, ...]] = ()
    mouse: ClassVar[tuple[tuple[str, str], ...]] = ()  # what the mouse does, for the help
    pointed_at = ""  # the anchor that the tour points at, which gets more room in the panel
    is_predicted = False  # whether the person predicts what comes: nothing may tell it before
    typing = False  # whether letters go into a text field instead of triggering keys
    asks_by_itself = False  # whether it asks before it closes the window, where that is needed
    stays_on_reload = False  # whether a reloaded file leaves it as it is

    def __init__(self, appearance: Appearance | None = None) -> None:
        self.appearance = appearance or Appearance()
        self.quit = False
        self.navigation: Navigation | None = None
        self.opened_by: Navigation | None = None  # the request that opened this screen
        self._notice: Notice | None = None
        self._notice_age = 0.0  # seconds
        self.question: Question | None = None  # over the screen, until it is answered
        self.showing_help = False
        self._mouse_on: pygame.Rect | None = None  # what the mouse is on that can be clicked
        self._mouse_down = False  # whether the left button is held
        self._term = HoveredTerm()
        self._typeset: Typeset | None = None  # of the last drawing
        self._noted: list[NotedText] = []  # texts of the last drawing
        self._key_boxes: list[tuple[pygame.Rect, Key]] = []  # in the footer
        self._footer: tuple[object, list[Key], int] | None = (
            None  # what it depends on; keys; height
        )
        self._help_boxes: list[tuple[pygame.Rect, Key]] = []  # on the card of all keys
        self._help: DrawnHelp | None = None  # the card of all keys on screen
        self._help_page = 0

    @property
    def notice(self) -> Notice | None:
        """The message over the screen, if there is one."""
        return self._notice

    @notice.setter
    def notice(self, notice: Notice | None) -> None:
        self._notice, self._notice_age = notice, 0.0

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether closing the screen would lose what the person has done."""
        return False

    @property
    def has_saved(self) -> bool:
        """Whether the screen has written a level file."""
        return False

    # --- actions of the common keys

    def leave(self) -> None:
        """Close this screen."""
        self.quit = True

    def switch_theme(self) -> None:
        """Switch between the light and the dark theme."""
        self.appearance.switch()

    def enlarge_type(self) -> None:
        """Make all text one size larger."""
        self.appearance.enlarge(1)

    def shrink_type(self) -> None:
        """Make all text one size smaller."""
        self.appearance.enlarge(-1)

    def reset_type(self) -> None:
        """Set all text to its default size."""
        self.appearance.enlarge(0)

    def switch_full_screen(self) -> None:
        """Let the window fill the screen, or give it the size again that it had before."""
        switch_full_screen()

    def save_picture(self) -> None:
        """Ask the app to save a picture of the screen."""
        self.navigation = Navigation("photo")

    def take_tour(self) -> None:
        """Ask the app for the guided tour."""
        self.navigation = Navigation("tour")

    def show_help(self) -> None:
        """List all keys, from the first page on."""
        self.showing_help, self._help, self._help_page = True, None, 0

    # --- events

    def handle(self, event: pygame.event.Event) -> None:
        """Handle a key, a click on a key's picture, the close button, or another event."""
        self._follow_mouse(event)
        if event.type == pygame.QUIT:
            self.leave()
        elif self.question and event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN):
            self._answer(self.question, event)
        elif self.showing_help and self._turns_page(event):
            self._help_page += 1
        elif self._is_showing_errors() and self._presses_mend(event):
            self._mend()
        elif event.type == pygame.MOUSEBUTTONDOWN and self.showing_help:
            self._dismiss()
            self._press_key(self._help_boxes, event)
        elif event.type == pygame.KEYDOWN and self._is_showing_errors():
            self._answer_errors(event)
        elif event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN) and self._dismiss():
            return
        elif event.type == pygame.KEYDOWN:
            for key in self.all_keys():
                if key.matches(event):
                    key.action(self)
                    return
            self.on_event(event)
        elif event.type == pygame.MOUSEBUTTONDOWN and self._press_key(self._key_boxes, event):
            return
        else:
            self.on_event(event)

    def _turns_page(self, event: pygame.event.Event) -> bool:
        """Whether an event shows the next page of the help: F1 and a click do, up to the last."""
        help = self._help
        if help is None or help.pages < 2:
            return False
        if event.type == pygame.MOUSEBUTTONDOWN:
            return help.more.collidepoint(event.pos)
        is_key = event.type == pygame.KEYDOWN and event.key == pygame.K_F1
        return is_key and self._help_page + 1 < help.pages

    def _follow_mouse(self, event: pygame.event.Event) -> None:
        """Note what the mouse is on that can be clicked, and whether it is pressed."""
        if event.type == pygame.MOUSEMOTION:
            self._mouse_on = self._clickable(event.pos)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._mouse_on, self._mouse_down = self._clickable(event.pos), True
        elif event.type in (pygame.MOUSEBUTTONUP, pygame.WINDOWFOCUSLOST):
            self._mouse_down = False
        elif event.type == pygame.WINDOWLEAVE:
            self.leave_mouse()
        if event.type == pygame.MOUSEMOTION:
            self._follow_terms(event.pos)
        elif event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN):
            self._term.move_to(None)

    def leave_mouse(self) -> None:
        """Forget what the mouse was on: it has left the screen, or is on a card over it."""
        self._mouse_on = None
        self._term.move_to(None)

    def _follow_terms(self, at: tuple[int, int]) -> None:
        """Note which term of the glossary the mouse is on."""
        covered = self.question or self.showing_help or self.notice
        self._term.move_to(None if covered else self.term_at(at))

    def term_at(self, at: tuple[int, int]) -> TermSpot | None:
        """Return the term of the glossary at a point of the screen."""
        noted = self.noted_texts()
        return term_at(noted, at, self._typeset) if self._typeset else None

    def noted_texts(self) -> list[NotedText]:
        """Return the texts on screen whose terms explain themselves."""
        return self._noted

    def _clickable(self, at: tuple[int, int]) -> pygame.Rect | None:
        """Return the place of the answer, key or button at a point of the screen."""
        return next((rect for rect in self._clickables() if rect.collidepoint(at)), None)

    def _clickables(self) -> list[pygame.Rect]:
        """Return the places of what can be clicked now."""
        if self.question:
            return self.question.places
        if self.showing_help:
            more = [self._help.more] if self._help else []
            return [*more, *(rect for rect, _ in self._help_boxes)]
        return [*(rect for rect, _ in self._key_boxes), *self.buttons()]

    def buttons(self) -> list[pygame.Rect]:
        """Return the places of what can be clicked on this screen besides keys."""
        return []

    def _answer(self, question: Question, event: pygame.event.Event) -> None:
        """Do what a key or a click answers to the question over the screen."""
        answer = question.answer_to(event)
        if answer:
            self.question = None
            answer.action()

    def _is_showing_errors(self) -> bool:
        """Whether a notice about a level file with errors is on screen."""
        return bool(self.notice and self.notice.edits) and not self.showing_help

    def _answer_errors(self, event: pygame.event.Event) -> None:
        """Edit the file with errors or close the notice about it; no other key does anything."""
        if event.key == pygame.K_e and getattr(event, "mod", 0) & CTRL:
            self._mend()
        elif event.key in READ_KEYS:
            self.notice = None

    def _presses_mend(self, event: pygame.event.Event) -> bool:
        """Whether an event is a click on the key in the footer that mends a file with errors."""
        is_click = event.type == pygame.MOUSEBUTTONDOWN and event.button == 1
        key = self.key_at(event.pos) if is_click else None
        return key is not None and key.cap == MEND_CAP

    def _mend(self) -> None:
        """Open the editor on the file with errors."""
        assert self.notice
        self.navigation = Navigation("edit", path=self.notice.edits)
        self.notice = None

    def _press_key(
        self, boxes: Sequence[tuple[pygame.Rect, Key]], event: pygame.event.Event
    ) -> bool:
        """Do what the key does whose picture is clicked. Return whether there is one."""
        found = (key for rect, key in boxes if rect.collidepoint(event.pos))
        key = next(found, None) if event.button == 1 else None
        if key is not None:
            key.action(self)
        return key is not None

    def key_at(self, at: tuple[int, int]) -> Key | None:
        """Return the key whose picture in the footer is at a place."""
        return next((key for rect, key in self._key_boxes if rect.collidepoint(at)), None)

    def all_keys(self) -> list[Key]:
        """Return this screen's keys, then the common keys that none of them overrides."""
        caps = {key.cap for key in self.keys}
        common = [
            key for key in COMMON if key.cap not in caps and not (self.typing and key.is_letter)
        ]
        return [*self.keys, *common]

    def _dismiss(self) -> bool:
        """Close the help and the notice. Return whether one of them was blocking the screen."""
        blocked = self.showing_help or (self.notice is not None and not self.notice.transient)
        self.showing_help, self.notice = False, None
        return blocked

    # --- for the guided tour

    @property
    def is_blocked(self) -> bool:
        """Whether a question, the list of keys or a message gets all events."""
        reads = self.notice is not None and not self.notice.transient
        return bool(self.question) or self.showing_help or reads

    def anchors(self) -> dict[str, pygame.Rect]:
        """Return the places that the tour can point at, as they were drawn last."""
        return {f"key {key.cap}": rect for rect, key in self._key_boxes}

    def is_ready(self) -> bool:
        """Whether the keys that a stop presses at once find what they need."""
        return True

    def is_over(self) -> bool:
        """Whether the screen has shown all that it was opened to show."""
        return True

    def outcome(self) -> int | None:
        """Return the right answer to a prediction that this screen decides, once it is known."""
        return None

    def measured(self) -> str:
        """Return the figures on screen that decide a prediction, in a sentence; "" if none do."""
        return ""

    def on_event(self, event: pygame.event.Event) -> None:
        """Handle any other event."""

    def update(self, seconds: float) -> None:
        """Advance by a number of seconds."""

    def pass_time(self, seconds: float) -> None:
        """Remove a transient notice after a while, and explain the term that the mouse rests on."""
        self._term.pass_time(seconds)
        self._notice_age += seconds
        if self.notice and self.notice.transient and self._notice_age > NOTICE_SECONDS:
            self.notice = None

    def on_suspend(self) -> None:
        """Free cached pictures: another screen was opened over this one."""

    def on_resume(self) -> None:
        """React to being the current screen again, after another one was closed."""

    def on_close(self) -> None:
        """Let go of what the screen holds: the program ends."""

    # --- drawing

    def snapshot(self) -> object:
        """Return the state that the drawing depends on. While it is equal, no redraw is needed."""
        appearance = self.appearance.palette.name, self.appearance.zoom
        over = (
            self.showing_help,
            self._help_page,
            self.notice,
            self.question and self.question.heading,
        )
        on = self._mouse_on and tuple(self._mouse_on)
        mouse = on, on and self._mouse_down
        term = self._term.snapshot()
        return appearance, over, mouse, term, self.active_caps(), self.body_snapshot()

    def body_snapshot(self) -> object:
        """Return this screen's own part of the snapshot."""

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen onto a surface of any size."""
        self.draw_body(surface)
        type = self._typeset = self.appearance.typeset(surface.get_size())
        self.draw_dialogs(surface, type)
        if self.showing_help:
            self._draw_help(surface, type)
        elif self.notice:
            self._draw_notice(surface, self.notice, type)
        if self.question:
            self.question.draw(surface, type)
        self._term.draw(surface, type)
        if self._mouse_on in self._clickables():
            draw_key_state(surface, self._mouse_on, self._mouse_down, type)

    def draw_status(self, surface: pygame.Surface, lines: Sequence[str]) -> None:
        """Draw two short lines about what goes on in the background into the drawn header."""
        type = self._typeset
        if lines and type and not (self.showing_help or self.question):
            height = header_height(surface.get_width(), type)
            usual, _, _ = frame(surface.get_size(), type.unit, height, 0)
            draw_status(surface, self.anchors().get("header", usual), lines, type)

    def _draw_help(self, surface: pygame.Surface, type: Typeset) -> None:
        """Draw the list of all keys, and note where they can be clicked."""
        groups = in_groups(self.all_keys())
        texts = [(name, [(key.cap, key.text) for key in keys]) for name, keys in groups]
        brief = [(name, key_words(keys)) for name, keys in groups]
        mouse = [("Mouse", self.mouse)] if self.mouse else []
        page = self._help_page
        help = draw_help(surface, [*texts, *mouse], [*brief, *mouse], page, type)
        listed = (key for _, keys in groups for key in keys)
        self._help_boxes, self._help = list(zip(help.keys, listed)), help

    def _draw_notice(self, surface: pygame.Surface, notice: Notice, type: Typeset) -> None:
        """Draw a notice, and mark its cells on the board."""
        for cell in notice.cells:
            if box := self.cell_box(cell):
                draw_wrong_cell(surface, box, type)
        text = f"{notice.text}\n{MEND}" if notice.edits else notice.text
        draw_notice(surface, surface.get_rect(), notice.heading, text, type, notice.transient)

    def draw_dialogs(self, surface: pygame.Surface, type: Typeset) -> None:
        """Draw what lies over the screen's content, below help and notice."""

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw the screen's own content, below help and notice."""

    def cell_box(self, cell: tuple[int, int]) -> pygame.Rect | None:
        """Return where the board shows a cell (row, column); None if it does not, or without a
        board."""
        return None

    def sentences(self) -> tuple[str, ...]:
        """Return the sentences on screen that may name keys."""
        if self.notice is None:
            return ()
        return (self.notice.text, MEND) if self.notice.edits else (self.notice.text,)

    def named_caps(self) -> frozenset[str]:
        """Return the caps of the keys that sentences on screen name."""
        return named_caps(self.sentences(), self.all_keys())

    def footer_caps(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the caps of the keys that the footer needs, as sentences name them, and of the
        toggles that are on, which it shows where there is room."""
        return self.named_caps(), self.active_caps()

    def footer_choice(self, width: int, type: Typeset) -> list[Key]:
        """Return the keys that a footer of this width chooses from."""
        return self.all_keys()

    def footer_keys(self, width: int, type: Typeset) -> list[Key]:
        """Return the keys of a footer of this width: those to begin with, those that sentences
        name, and toggles that are on.

        Toggles take only room that is left in its lines, so that its height stays. The last result
        is kept.
        """
        return self._fitted_footer(width, type)[1]

    def _fitted_footer(self, width: int, type: Typeset) -> tuple[object, list[Key], int]:
        """Return the footer that fits a width: what it depends on, its keys and its height."""
        keys, (needed, wanted) = self.footer_choice(width, type), self.footer_caps()
        asked = (width, type, keys, needed, wanted)
        if self._footer is None or self._footer[0] != asked:
            shown = fitting_keys(keys, wanted, width, type, needed)
            self._footer = asked, shown, footer_height(key_words(shown), width, type)
        return self._footer

    def footer_height(self, width: int, type: Typeset) -> int:
        """Return the height in pixels of the footer of a window of this width."""
        return self._fitted_footer(inside_width(width, type.unit), type)[2]

    def draw_footer(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        """Draw the footer's keys with what they do; toggles that are on are marked."""
        keys = self.footer_keys(rect.width, type)
        active = self.active_caps()
        boxes = draw_footer(surface, rect, key_words(keys), [k.cap in active for k in keys], type)
        self._key_boxes = list(zip(boxes, keys))

    def active_caps(self) -> frozenset[str]:
        """Return the caps of the toggle keys that are on."""
        return frozenset(k.cap for k in self.all_keys() if k.is_on and k.is_on(self))


# fmt: off
COMMON: tuple[Key, ...] = (
    #   cap       text                   codes                                action
    Key("T",      "light or dark theme", (pygame.K_t,),                       Screen.switch_theme, priority=2, short="theme", group="look"),
    Key("Ctrl +", "larger text",         (pygame.K_PLUS, pygame.K_KP_PLUS),   Screen.enlarge_type, "+=", ctrl=True, priority=2, short="", group="look"),
    Key("Ctrl −", "smaller text",        (pygame.K_MINUS, pygame.K_KP_MINUS), Screen.shrink_type, "-", ctrl=True, priority=2, short="", group="look"),
    Key("Ctrl 0", "default text size",   (pygame.K_0, pygame.K_KP0),          Screen.reset_type, ctrl=True, priority=2, short="text", group="look"),
    Key("Alt Enter", "full screen", (pygame.K_RETURN, pygame.K_KP_ENTER), Screen.switch_full_screen, alt=True, priority=3, group="look"),
    Key("F12",    "save a picture",      (pygame.K_F12,),                     Screen.save_picture, priority=2, short="picture", group="go"),
    Key("F2",     "guided tour",         (pygame.K_F2,),                      Screen.take_tour, shift=False, priority=1, short="tour", group="go"),
    Key("F1",     "all keys",            (pygame.K_F1,),                      Screen.show_help, short="all keys", group="go"),
    Key("Esc",    "leave",               (pygame.K_ESCAPE,),                  Screen.leave, priority=1, group="go"),
)
# fmt: on
