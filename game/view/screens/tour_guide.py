"""The guided tour over the screens: which stop is on, what was answered, and its card."""

from __future__ import annotations

import pygame

from game.session.tour import TOUR, TourChoice, TourStop, place_of
from game.view.draw.hovered_term import HoveredTerm
from game.view.draw.key_caps import draw_key_state
from game.view.draw.term_spots import term_at
from game.view.draw.theme import NotedText, Typeset
from game.view.draw.tour_card import (
    CardBoxes,
    CardFacts,
    Mark,
    card_height,
    card_width,
    clear_of,
    divide,
    draw_marks,
    draw_tour_card,
)
from game.view.screens.key_binding import Key
from game.view.screens.screen import Screen

NEXT, BACK, LEAVE = "F2", "Shift F2", "Esc"
HELD = ("watch", "many")  # kinds of screens that wait for an answer
CHOOSE = "Click an answer, or press its number."
LONGEST = "Before: from −10% to −10%; after one step: from −10% to 100%."  # of what screens measure
PREPARING = "The agents are getting ready; then a question follows."


class TourGuide:
    """The tour: a stop of it is on as long as the screen that it has opened is shown.

    `wanted` is the index of the stop that the person wants to see, for the app to open; the number
    of stops stands for the end.
    """

    def __init__(self, stops: tuple[TourStop, ...] = TOUR, place: str = "") -> None:
        """Begin at the stop of the name `place`, or at the first one."""
        self.stops = stops
        names = [stop.name for stop in stops]
        self.index = names.index(place) if place in names else 0
        self.screen: Screen | None = None  # that the current stop has opened
        self.wanted: int | None = None
        self._unpressed: tuple[str, ...] = ()  # keys of the stop, as long as it is not ready
        self.given: dict[str, int] = {}  # answers to the choices of stops, by name
        self._boxes = CardBoxes()
        self._card = pygame.Rect(0, 0, 0, 0)
        self._marks: list[Mark] = []
        self._mouse: tuple[int, int] | None = None
        self._typeset: Typeset | None = None  # of the last drawing
        self._noted: list[NotedText] = []  # texts of the card, as they were drawn last
        self._term = HoveredTerm()

    @property
    def stop(self) -> TourStop:
        """The current stop."""
        return self.stops[self.index]

    def is_on(self, screen: Screen) -> bool:
        """Whether the current stop is on this screen."""
        return screen is self.screen

    def begin(self, index: int, screen: Screen) -> None:
        """Begin a stop on the screen that it has opened."""
        self._term.move_to(None)
        self.index, self.screen = index, screen
        self._unpressed = self.stop.opening.keys
        screen.pointed_at = self.stop.points_at
        self.given.pop(self.stop.name, None)  # predicted anew
        screen.is_predicted = self.holds()

    def press_keys(self) -> None:
        """Press the keys of the stop on its screen, once that is ready for them."""
        if self._unpressed and self.screen and self.screen.is_ready():
            caps, self._unpressed = self._unpressed, ()
            for cap in caps:
                _key_of(self.screen, cap).action(self.screen)

    def end(self) -> None:
        """Leave the tour, which begins with its first stop the next time."""
        self.index, self.screen = 0, None

    # --- predictions and questions

    def asks(self) -> TourChoice | None:
        """Return the choice that is waiting for an answer.

        One whose answers are on the screen waits until the screen is ready.
        """
        choice = self._unanswered()
        return None if choice and choice.is_on_screen and self._is_awaited() else choice

    def _is_awaited(self) -> bool:
        """Whether the screen is not ready, or has not been given the keys of the stop."""
        return bool(self._unpressed) or not (self.screen and self.screen.is_ready())

    def _unanswered(self) -> TourChoice | None:
        """Return the choice of the stop, unless an answer was given."""
        return None if self.stop.name in self.given else self.stop.choice

    def holds(self) -> bool:
        """Whether time stands still: an adaptation waits for an answer."""
        return self._unanswered() is not None and self.stop.opening.kind in HELD

    def answer(self, index: int) -> None:
        """Give an answer to the choice of the current stop, and press the keys that follow."""
        self.given[self.stop.name] = index
        if self.screen:
            self.screen.is_predicted = False
        if self.stop.choice:
            self._unpressed += self.stop.choice.keys

    def right_answer(self, screen: Screen) -> int | None:
        """Return the right answer once the screen has shown it, else None."""
        choice = self.stop.choice
        if choice is None or self._unanswered() or not (choice.is_on_screen or screen.is_over()):
            return None
        return screen.outcome() if choice.right is None else choice.right

    # --- events

    def handle(self, event: pygame.event.Event, screen: Screen) -> bool:
        """Handle an event for the card. Return whether it is not for the screen."""
        if event.type == pygame.MOUSEMOTION:
            return self._follow_mouse(event.pos, screen)
        if event.type in (pygame.KEYDOWN, pygame.MOUSEBUTTONDOWN, pygame.WINDOWLEAVE):
            self._term.move_to(None)
        if event.type == pygame.KEYDOWN:
            return self._press(event)
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            return self._click(event.pos, screen)
        is_mouse = event.type in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEWHEEL)
        return is_mouse and bool(self._mouse) and self._card.collidepoint(self._mouse or (0, 0))

    def _follow_mouse(self, at: tuple[int, int], screen: Screen) -> bool:
        """Note what the mouse is on. Return whether that is the card."""
        self._mouse, is_here = at, self._card.collidepoint(at)
        type = self._typeset if is_here else None
        self._term.move_to(term_at(self._noted, at, type) if type else None)
        if is_here:
            screen.leave_mouse()
        return is_here

    def pass_time(self, seconds: float) -> None:
        """Let the mouse rest on the card."""
        self._term.pass_time(seconds)

    def _press(self, event: pygame.event.Event) -> bool:
        """Go on or back, or answer. Return whether the key is the tour's."""
        held = getattr(event, "mod", 0)
        if event.key == pygame.K_F2 and not held & (pygame.KMOD_CTRL | pygame.KMOD_ALT):
            self._go(-1 if held & pygame.KMOD_SHIFT else 1)
            return True
        choice = self.asks()
        if choice and event.unicode in [str(i + 1) for i in range(len(choice.answers))]:
            self.answer(int(event.unicode) - 1)
            return True
        return False

    def _click(self, at: tuple[int, int], screen: Screen) -> bool:
        """Do what the key or the answer at a place does. Return whether the click is the tour's."""
        for box, (cap, _) in zip(self._boxes.keys, self._keys()):
            if box.inflate(8, 8).collidepoint(at):
                if cap == LEAVE:
                    _key_of(screen, LEAVE).action(screen)
                else:
                    self._go(1 if cap == NEXT else -1)
                return True
        choice = self.asks()
        places = [*self._boxes.answers] if choice else []
        if choice and choice.is_on_screen and not self._card.collidepoint(at):
            places = [mark.rect for mark in self._marks]
        hit = [i for i, box in enumerate(places) if box.inflate(8, 8).collidepoint(at)]
        if hit:  # a loop lies in another one
            self.answer(min(hit, key=lambda i: places[i].width * places[i].height))
        return bool(hit) or self._card.collidepoint(at)

    def _go(self, by: int) -> None:
        """Ask for the next or the previous stop."""
        self.wanted = max(0, self.index + by)

    # --- texts

    def _keys(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of the card. What Esc does, the screen says."""
        is_last = self.index + 1 == len(self.stops)
        back = ((BACK, "back"),) if self.index else ()
        leave = _key_of(self.screen, LEAVE) if self.screen else None
        leaves = (leave.short or leave.text) if leave else "leave"
        return ((NEXT, "end of the tour" if is_last else "next"), *back, (LEAVE, leaves))

    def facts(self, screen: Screen) -> CardFacts:
        """Return what the card says now."""
        stop, choice = self.stop, self.asks()
        place, keys = place_of(stop, self.stops), self._keys()
        if choice:
            answers = tuple((str(i + 1), one.text) for i, one in enumerate(choice.answers))
            head = (place, stop.heading, stop.text)
            return CardFacts(*head, choice.question, answers, "", CHOOSE, keys)
        if self._unanswered():
            return CardFacts(place, stop.heading, stop.text, action=PREPARING, keys=keys)
        is_decided_there = stop.choice is not None and stop.choice.right is None
        measured = screen.measured() if is_decided_there else ""
        note = self._note(self.right_answer(screen), measured)
        return CardFacts(place, stop.heading, stop.text, "", (), note, stop.action, keys)

    def _note(self, right: int | None, measured: str = "") -> str:
        """Return what came of the answer, or what was answered as long as that is open.

        `measured` are the figures on screen if it is these that decide, else "".
        """
        choice = self.stop.choice
        if choice is None:
            return ""
        given = self.given[self.stop.name]
        if right is None:
            return f"You said: {choice.answers[given].text}. Now see."
        return _verdict(choice, given == right, right, measured)

    def _tallest(self, width: int, type: Typeset) -> int:
        """Return the height of the card in its tallest state, so that the screen stays in place."""
        stop, choice, keys = self.stop, self.stop.choice, self._keys()
        head = place_of(stop, self.stops), stop.heading, stop.text
        states = [CardFacts(*head, action=stop.action, keys=keys)]
        if choice:
            answers = tuple(("1", one.text) for one in choice.answers)
            states.append(CardFacts(*head, choice.question, answers, "", CHOOSE, keys))
            for i in range(len(answers)):
                note = _verdict(choice, False, i, LONGEST if choice.right is None else "")
                states.append(CardFacts(*head, note=note, action=stop.action, keys=keys))
        return max(card_height(one, width, type) for one in states)

    # --- drawing

    def snapshot(self, screen: Screen) -> object:
        """Return the state that the card depends on."""
        on = self._box_at_mouse()
        return (
            self.index,
            self.asks(),
            self._unanswered(),
            self.right_answer(screen),
            on and tuple(on),
            self._term.snapshot(),
        )

    def draw(self, surface: pygame.Surface, screen: Screen) -> None:
        """Draw the screen with the card below it or, in a small window, over it."""
        size = surface.get_size()
        type = screen.appearance.typeset(size)
        facts, width = self.facts(screen), card_width(size[0], type)
        tallest = self._tallest(width, type)
        height, self._card = divide(size, (width, tallest), type.unit)
        surface.fill(type.palette.paper)
        screen.draw(surface.subsurface((0, 0, size[0], height)))
        self._marks = self._find_marks(screen)
        if height == size[1]:
            _, card = divide(size, (width, card_height(facts, width, type)), type.unit)
            self._card = clear_of(card, size, self._marks)
        if screen.is_blocked:
            return
        draw_marks(surface, self._marks, type)
        self._typeset = type
        with type.noting() as self._noted:
            self._boxes = draw_tour_card(surface, self._card, facts, type)
        box = self._box_at_mouse()
        if box:
            draw_key_state(surface, box, False, type)
        self._term.draw(surface, type)

    def _find_marks(self, screen: Screen) -> list[Mark]:
        """Return the rings: around what the stop points at, or around the answers to choose."""
        anchors, choice = screen.anchors(), self.stop.choice
        if choice is None or not choice.is_on_screen or self._is_awaited():
            rect = anchors.get(self.stop.points_at)
            return [Mark(rect)] if rect else []
        right = self.right_answer(screen)
        return [
            Mark(anchors[one.anchor], str(i + 1), i == right)
            for i, one in enumerate(choice.answers)
            if one.anchor in anchors
        ]

    def _box_at_mouse(self) -> pygame.Rect | None:
        """Return the key or answer on the card that the mouse is on."""
        boxes = (*self._boxes.answers, *self._boxes.keys)
        at = self._mouse or (-1, -1)
        return next((box for box in boxes if box.inflate(8, 8).collidepoint(at)), None)


def _key_of(screen: Screen, cap: str) -> Key:
    """Return the key of a screen with this label."""
    return next(key for key in screen.all_keys() if key.cap == cap)


def _verdict(choice: TourChoice, is_right: bool, right: int, measured: str) -> str:
    """Return whether an answer was right, and why."""
    said = "Right." if is_right else f"No: {choice.answers[right].text}."
    return " ".join(part for part in (said, measured, choice.why(right)) if part)
