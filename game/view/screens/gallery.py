"""The gallery: all packs and one's own levels as pictures; choose a level, an agent and a mode."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pygame

from game.session.messages import Agents, NoAgent
from game.tasks.task import Task
from game.text.level import Level
from game.text.tiles import FLOOR, GOAL
from game.view.draw import hud
from game.view.draw.board import Board, grid_size
from game.view.draw.layout import frame
from game.view.draw.theme import Appearance, Palette, Typeset, number
from game.view.model.library import Library, LibraryPack
from game.view.screens.screen import Key, Navigation, Notice, Screen

MODES = {
    "watch": "the agent adapts before your eyes",
    "play": "you look for the goal yourself, several times",
    "duel": "you and the agent, the same goal, the same number of episodes",
    "train": "a new agent learns to learn on the whole pack, before your eyes",
}
NONE = "no other"
FIELDS = {  # what there is to choose in each mode
    "watch": ("levels", "agent", "beside it", "mode"),
    "play": ("levels", "mode"),
    "duel": ("levels", "agent", "mode"),
    "train": ("levels", "learner", "minutes", "mode"),
}
MINUTES = ("1", "2", "5", "15", "60")
RUNS = Path("runs")  # where agents that are trained here go
MOST_THUMBS = 72
NAME_LINES = 2  # of a card; below them are its figures
INSPECTOR = 0.34  # of the width


@dataclass(frozen=True)
class GalleryItem:
    """A picture in the gallery: a task of a shelf, or a shelf that cannot be used."""

    shelf: LibraryPack
    task: Task | None

    @property
    def name(self) -> str:
        return self.task.name if self.task else self.shelf.title

    def fits(self, query: str) -> bool:
        """Whether all words of a search are in its names."""
        text = f"{self.name} {self.shelf.title} {self.shelf.path.name}".casefold()
        return all(word in text for word in query.casefold().split())


@dataclass(frozen=True)
class GalleryRow:
    """A line of the gallery: a heading, or cards next to one another; `top` in px of it all."""

    top: int
    heading: LibraryPack | None = None
    first: int = 0  # number of its first entry
    count: int = 0


def without_goal(level: Level) -> Level:
    """The level as one plays it: a hidden goal is not to be seen."""
    if level.goal != "hidden":
        return level
    return replace(level, rows=tuple(row.replace(GOAL, FLOOR) for row in level.rows))


class Gallery(Screen):
    """Choose what to watch or play: with the keyboard alone, or with the mouse."""

    typing = True

    def __init__(
        self,
        library: Library,
        agents: Agents,
        appearance: Appearance | None = None,
        chosen: Sequence[str] = (),
        task: Task | None = None,
    ) -> None:
        super().__init__(appearance)
        self.library, self.agents = library, agents
        self.query = ""
        self.field = "levels"  # of FIELDS: where the arrow keys go
        names = agents.names()
        self.choices = {
            "agent": list(dict.fromkeys([*chosen[:1], *names])),
            "beside it": list(dict.fromkeys([NONE, "scratch", *chosen[1:], *names])),
            "mode": list(MODES),
            "learner": agents.learners(),
            "minutes": list(MINUTES),
        }
        beside = self.choices["beside it"]
        self.chosen = {
            "agent": 0,
            "beside it": beside.index(chosen[1]) if len(chosen) > 1 else 0,
            "mode": 0,
            "learner": 0,
            "minutes": 0,
        }
        self.entries: list[GalleryItem] = []
        self.selected = 0
        self.scroll = 0.0
        self._wanted = task.id if task else None  # to be selected as soon as it is there
        self._asked: object = None
        self._lines: list[GalleryRow] = []
        self._thumbs: dict[object, pygame.Surface] = {}
        self._columns = 1
        self._cards: list[tuple[pygame.Rect, int]] = []
        self._fields: list[tuple[pygame.Rect, str, int]] = []  # rect, field, by how much
        self._grid = pygame.Rect(0, 0, 1, 1)
        self._shelves: list[LibraryPack] = []
        self._cards_of: dict[tuple[str, str], frozenset[str]] = {}
        self._rested = 0.0  # seconds since another picture was selected
        self._drawn: tuple[object, pygame.Surface] | None = None
        self._busy = False  # whether a picture has been painted in this frame
        self._painted = 0  # pictures, so far
        self._kept: tuple[object, pygame.Surface] | None = None
        self._type = self.appearance.typeset((1280, 800))

    # --- what is chosen

    def value(self, field: str) -> str:
        """What is chosen in a field."""
        return self.choices[field][self.chosen[field]]

    @property
    def fields(self) -> tuple[str, ...]:
        """What there is to choose, in this mode."""
        return FIELDS[self.value("mode")]

    @property
    def entry(self) -> GalleryItem | None:
        """The picture that is selected."""
        return self.entries[self.selected] if self.entries else None

    @property
    def blindfold(self) -> bool:
        """Whether goals are hidden from the person, too."""
        return self.value("mode") in ("play", "duel")

    def open(self) -> None:
        """Go there."""
        entry = self.entry
        if entry is None:
            return
        if entry.task is None:
            self.notice = Notice("This level cannot be used yet", entry.shelf.problem)
            return
        if self.value("mode") == "train":
            assert entry.shelf.pack
            split = entry.shelf.pack.split("train")
            if not (split.tasks or split.unlimited):
                text = "It is for watching only: choose a pack that has tasks for training."
                self.notice = Notice(f"{entry.shelf.title} has no training tasks", text)
                return
            self.navigation = Navigation(
                "train", entry.shelf.pack, args=self._training(entry.shelf)
            )
            return
        beside = self.value("beside it")
        names = (self.value("agent"), *(() if beside == NONE else (beside,)))
        try:
            assert entry.shelf.pack
            for name in names:
                self.agents.card(name, entry.shelf.pack.name)
        except NoAgent as error:
            self.notice = Notice("This agent cannot be used", str(error))
            return
        self.navigation = Navigation(self.value("mode"), entry.shelf.pack, entry.task, names)

    def _training(self, shelf: LibraryPack) -> tuple[str, ...]:
        """The command line that trains what is chosen, into a folder of its own."""
        learner, minutes = self.value("learner"), self.value("minutes")
        assert shelf.pack
        name = f"{learner}-{shelf.pack.name}"
        names = itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2)))
        out = next(RUNS / one for one in names if not (RUNS / one).exists())
        said = ("train", str(shelf.path), "--learner", learner, "--minutes", minutes)
        return (*said, "--out", str(out))

    def resume(self) -> None:
        """There may be new agents to choose."""
        names = self.agents.names()
        for field, first in (("agent", []), ("beside it", [NONE, "scratch"])):
            kept = self.value(field)
            self.choices[field] = list(dict.fromkeys([*first, kept, *names]))
            self.chosen[field] = self.choices[field].index(kept)

    # --- keys

    def next_field(self) -> None:
        """The arrow keys go to the next field."""
        at = self.fields.index(self.field)
        self.field = self.fields[(at + 1) % len(self.fields)]

    def left(self) -> None:
        """The picture on the left, or the choice before."""
        self._step(-1)

    def right(self) -> None:
        """The picture on the right, or the next choice."""
        self._step(1)

    def up(self) -> None:
        """The picture above, or the choice before."""
        self._step(-1, rows=True)

    def down(self) -> None:
        """The picture below, or the next choice."""
        self._step(1, rows=True)

    def page_up(self) -> None:
        """The pack before."""
        self._jump(-1)

    def page_down(self) -> None:
        """The next pack."""
        self._jump(1)

    def rub_out(self) -> None:
        """Take the last letter away."""
        self.query = self.query[:-1]

    def escape(self) -> None:
        """End the search, or leave."""
        if self.query:
            self.query = ""
        else:
            self.leave()

    def _step(self, by: int, rows: bool = False) -> None:
        name = self.field
        if name != "levels":
            self.chosen[name] = (self.chosen[name] + by) % len(self.choices[name])
        elif rows:
            self._change_row(by)
        else:
            self.select(self.selected + by)

    def _change_row(self, by: int) -> None:
        rows = [line for line in self._lines if line.count]
        here = next((i for i, row in enumerate(rows) if row.first + row.count > self.selected), 0)
        if rows and 0 <= here + by < len(rows):
            column, row = self.selected - rows[here].first, rows[here + by]
            self.select(row.first + min(column, row.count - 1))

    def _jump(self, by: int) -> None:
        firsts = [
            i
            for i, entry in enumerate(self.entries)
            if not i or entry.shelf.path != self.entries[i - 1].shelf.path
        ]
        here = max((k for k, first in enumerate(firsts) if first <= self.selected), default=0)
        if firsts:
            self.select(firsts[min(max(here + by, 0), len(firsts) - 1)])

    def select(self, number: int) -> None:
        """Select a picture, and show it."""
        self._wanted = None
        self._rested = 0.0
        self.selected = min(max(number, 0), max(0, len(self.entries) - 1))
        self._reveal()

    def _reveal(self) -> None:
        """Scroll to the selected picture."""
        for line in self._lines:
            if line.first <= self.selected < line.first + line.count:
                high, room = self._card_height(), self._grid.height
                heading = self._heading_height() if line.first == self.selected else 0
                self.scroll = min(self.scroll, line.top - heading)
                self.scroll = max(self.scroll, line.top + high - room)

    def on_event(self, event: pygame.event.Event) -> None:
        """Letters search; the wheel scrolls; a click chooses, and on what is chosen opens."""
        if event.type == pygame.KEYDOWN and event.unicode and event.unicode.isprintable():
            if not event.mod & (pygame.KMOD_CTRL | pygame.KMOD_ALT | pygame.KMOD_META):
                self.query = (self.query + event.unicode)[:60].lstrip()
        elif event.type == pygame.MOUSEWHEEL:
            self.scroll -= event.y * 48
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._click(event.pos)

    def _click(self, at: tuple[int, int]) -> None:
        for rect, place in self._cards:
            if rect.collidepoint(at) and self._grid.collidepoint(at):
                self.field = "levels"
                if place == self.selected:
                    self.open()
                self.select(place)
                return
        for rect, field, by in self._fields:
            if rect.collidepoint(at):
                self.field = field
                self._step(by)
                return

    # --- what there is

    def update(self, seconds: float) -> None:
        """Take what has been loaded since the last frame."""
        self._rested += seconds
        self._shelves = self.library.shelves()
        asked = (self.query, tuple(id(shelf) for shelf in self._shelves))
        if asked == self._asked:
            return
        self._asked = asked
        kept = self._wanted or (self.entry.task.id if self.entry and self.entry.task else None)
        tasks: list[GalleryItem] = []
        for shelf in self._shelves:
            tasks += [GalleryItem(shelf, task) for task in shelf.tasks] or [
                GalleryItem(shelf, None)
            ]
        self.entries = [entry for entry in tasks if entry.fits(self.query)]
        self._lines = []
        ids = [entry.task.id if entry.task else None for entry in self.entries]
        self.selected = ids.index(kept) if kept in ids else 0

    # --- drawing

    def _heading_height(self) -> int:
        return self._type.height("heading") + 2 * self._type.unit

    def _thumb_side(self) -> int:
        return 16 * self._type.unit

    def _card_height(self) -> int:
        type = self._type
        return self._thumb_side() + (NAME_LINES + 1) * type.height("small") + 5 * type.unit // 2

    def _pitch(self) -> int:
        """From one card to the next: they share all the width."""
        return (self._grid.width - self._type.unit) // self._columns

    def current(self) -> object:
        """What is chosen, and what has been loaded and painted."""
        return self._state((0, 0))

    def draw_body(self, surface: pygame.Surface) -> None:
        """Pictures on the left; on the right, what is selected and what is to be done with it."""
        type = self._type = self.appearance.typeset(surface.get_size())
        key = self._state(surface.get_size())
        if self._drawn is None or self._drawn[0] != key:
            self._draw_all(surface, type)
            self._drawn = (key, surface.copy())
        else:
            surface.blit(self._drawn[1], (0, 0))

    def _state(self, size: tuple[int, int]) -> object:
        """All that the picture hangs on: as long as it stays, nothing needs to be drawn again."""
        chosen = (self.field, self.selected, self.query, *self.chosen.values())
        known = (self.library.jobs.count, self._painted, self._rests)
        return size, self._type, self.scroll, chosen, known, self._asked

    @property
    def _rests(self) -> bool:
        """Whether a picture has been selected for long enough to be painted large."""
        return self._rested > 0.15

    def _draw_all(self, surface: pygame.Surface, type: Typeset) -> None:
        size = surface.get_size()
        surface.fill(type.palette.paper)
        footer = self.footer_height(max(size[0], 480) - 6 * type.unit, type)
        top, main, bottom = frame(size, type.unit, hud.header_height(size[0], type), footer)
        count = len(self.entries)
        text = (
            "Type to search. Below each level: its optimal return, and whether it was trained on."
        )
        if not count:
            text = "No level is called that."
        if not self._shelves:
            text = "Looking for levels…"
        hud.draw_header(surface, top, text, type)
        wide = round(main.width * INSPECTOR)
        panel = pygame.Rect(main.right - wide, main.top, wide, main.height)
        left = pygame.Rect(main.left, main.top, main.width - wide - 3 * type.unit, main.height)
        box = self._draw_search(surface, left, type)
        grid = pygame.Rect(left.left, box.bottom + type.unit, left.width, 0)
        grid.height = max(1, main.bottom - grid.top)
        self._arrange(grid)
        self._draw_grid(surface, type)
        self._draw_inspector(surface, panel, type)
        self.draw_footer(surface, bottom, type)

    def _draw_search(
        self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset
    ) -> pygame.Rect:
        palette = type.palette
        box = pygame.Rect(rect.left, rect.top, rect.width, type.height("body") + 2 * type.unit)
        pygame.draw.rect(surface, palette.card, box, border_radius=type.unit)
        pygame.draw.rect(surface, palette.rule, box, 1, border_radius=type.unit)
        at = (box.left + 2 * type.unit, box.centery)
        if self.query:
            place = type.write(surface, self.query, "body", palette.ink, midleft=at)
            caret = pygame.Rect(place.right + 2, place.top, 2, place.height)
            surface.fill(palette.agent, caret)
        else:
            type.write(surface, "search: name or pack", "body", palette.muted, midleft=at)
        found = "1 level" if len(self.entries) == 1 else f"{len(self.entries)} levels"
        right = (box.right - 2 * type.unit, box.centery)
        type.write(surface, found, "small", palette.muted, midright=right)
        return box

    def _arrange(self, grid: pygame.Rect) -> None:
        """Divide the entries into lines, again where the room for them has changed."""
        pitch = self._thumb_side() + 2 * self._type.unit
        columns = max(1, grid.width // pitch)
        if self._lines and (grid, columns) == (self._grid, self._columns):
            return
        self._grid, self._columns = grid, columns
        self._lines = []
        top, i = 0, 0
        while i < len(self.entries):
            shelf = self.entries[i].shelf
            own = shelf.path in self.library.own
            heading = shelf if not own else OWN
            self._lines.append(GalleryRow(top, heading=heading))
            top += self._heading_height()
            n = i
            while n < len(self.entries) and self._section(n) == (heading.path if not own else None):
                n += 1
            for first in range(i, n, columns):
                self._lines.append(GalleryRow(top, first=first, count=min(columns, n - first)))
                top += self._card_height()
            i = n
        self._reveal()

    def _section(self, number: int) -> object:
        """Entries with the same section stand below one heading."""
        path = self.entries[number].shelf.path
        return None if path in self.library.own else path

    def _draw_grid(self, surface: pygame.Surface, type: Typeset) -> None:
        grid, palette = self._grid, type.palette
        low = max((line.top for line in self._lines), default=0) + self._card_height()
        self.scroll = min(max(self.scroll, 0.0), max(0.0, low - grid.height))
        visible, self._cards = grid.clip(surface.get_rect()), []
        if not visible.width or not visible.height:
            return
        view = surface.subsurface(visible)
        for line in self._lines:
            y = round(line.top - self.scroll)
            if y > grid.height or y + self._card_height() < 0:
                continue
            if line.heading:
                title = type.fit(line.heading.title, "heading", grid.width)
                type.write(view, title, "heading", palette.ink, topleft=(type.unit, y + type.unit))
            for k in range(line.count):
                x = type.unit + k * self._pitch()
                wide = self._pitch() - 2 * type.unit
                rect = pygame.Rect(x, y, wide, self._card_height() - 2 * type.unit)
                self._draw_card(view, rect, line.first + k, type)
                self._cards.append((rect.move(grid.topleft), line.first + k))
        if low > grid.height:
            share = grid.height / low
            bar = pygame.Rect(0, 0, 4, max(16, round(grid.height * share)))
            bar.topright = (grid.right + 2 * type.unit, grid.top + round(self.scroll * share))
            pygame.draw.rect(surface, palette.muted, bar, border_radius=2)

    def _draw_card(
        self, view: pygame.Surface, rect: pygame.Rect, number: int, type: Typeset
    ) -> None:
        """A picture with its name."""
        entry, palette = self.entries[number], type.palette
        side = self._thumb_side()
        box = pygame.Rect(rect.left, rect.top, side, side)
        if number == self.selected:
            frame = rect.inflate(type.unit, type.unit)
            pygame.draw.rect(view, palette.card, frame, border_radius=type.unit)
            hue = palette.agent if self.field == "levels" else palette.muted
            pygame.draw.rect(view, hue, frame, 3, border_radius=type.unit)
        picture = self._thumb(entry)
        if picture:
            view.blit(picture, picture.get_rect(midleft=box.midleft))
        else:
            pygame.draw.rect(view, palette.faint, box, border_radius=type.unit)
            if entry.task is None:
                type.write(view, "has errors", "label", palette.alert, center=box.center)
        y = box.bottom + type.unit // 2
        for line in type.wrap(entry.name, "label", rect.width, NAME_LINES):
            y = type.write(view, line, "label", palette.ink, topleft=(rect.left, y)).bottom
        if entry.task:
            said = type.fit(self._said(entry, entry.task), "small", rect.width)
            type.write(view, said, "small", palette.muted, topleft=(rect.left, y))

    def _said(self, entry: GalleryItem, task: Task) -> str:
        known = self.library.known(task)
        if known is None:
            return "…"
        if known.failure:
            return "too large"
        return f"{number(known.optimal_return, 1)}  {'seen' if self._seen(entry) else 'unseen'}"

    def _seen(self, entry: GalleryItem) -> bool:
        """Whether the chosen agent met the task in its training."""
        assert entry.shelf.pack
        key = (self.value("agent"), entry.shelf.pack.name)
        if key not in self._cards_of:
            try:
                self._cards_of[key] = self.agents.card(*key).trained_on
            except NoAgent:
                self._cards_of[key] = frozenset()
        return entry.task is not None and entry.task.id in self._cards_of[key]

    def _thumb(self, entry: GalleryItem) -> pygame.Surface | None:
        """The small picture of a level, once it is painted."""
        if entry.task is None:
            return None
        side, palette = self._thumb_side(), self._type.palette
        key = (entry.task.id, side, palette.name, self.blindfold)
        if key not in self._thumbs and not self._busy:
            while len(self._thumbs) >= MOST_THUMBS:
                del self._thumbs[next(iter(self._thumbs))]
            self._thumbs[key] = self._paint(entry.task.level, side, palette)
        return self._thumbs.get(key)

    def _large(self, entry: GalleryItem, side: int) -> pygame.Surface | None:
        """The large picture of a level, once it has been selected for a moment; only one is kept."""
        assert entry.task
        palette = self._type.palette
        key = (entry.task.id, side, palette.name, self.blindfold)
        if self._kept is None or self._kept[0] != key:
            if self._busy or not self._rests:
                return self._thumb(entry)
            palette = replace(palette, paper=palette.card)  # its round corners lie on the panel
            self._kept = (key, self._paint(entry.task.level, side, palette))
        return self._kept[1]

    def _paint(self, level: Level, side: int, palette: Palette) -> pygame.Surface:
        """A level in a square of `side` px; one picture a frame."""
        self._busy = True
        self._painted += 1
        level = without_goal(level) if self.blindfold else level
        return Board(level, max(1, int(side / max(grid_size(level)))), palette).surface

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen as it is now; at most one new picture is painted."""
        self._busy = False
        super().draw(surface)

    # --- the panel on the right

    def _draw_inspector(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        palette, unit = type.palette, type.unit
        pygame.draw.rect(surface, palette.card, rect, border_radius=unit + 4)
        pygame.draw.rect(surface, palette.rule, rect, 1, border_radius=unit + 4)
        inside = rect.inflate(-4 * unit, -4 * unit)
        low = self._draw_fields(surface, inside, type)
        entry = self.entry
        if entry is None:
            return
        y = inside.top
        name = type.fit(entry.name, "title", inside.width)
        y = type.write(surface, name, "title", palette.ink, topleft=inside.topleft).bottom
        y += unit // 2
        if entry.task is None:
            for text in type.wrap(entry.shelf.problem, "small", inside.width):
                y = type.write(
                    surface, text, "small", palette.alert, topleft=(inside.left, y)
                ).bottom
                if y > low - 2 * unit:
                    return
            return
        seen = self._seen(entry)
        hue = palette.muted if seen else palette.agent
        words = "seen in training" if seen else "unseen in training"
        badge = hud.draw_pill(surface, words, hue, (inside.left, y), type)
        title = type.fit(entry.shelf.title, "small", inside.right - badge.right - unit)
        at = (badge.right + unit, badge.centery)
        type.write(surface, title, "small", palette.muted, midleft=at)
        y = badge.bottom + unit
        known = self.library.known(entry.task)
        if known and not known.failure:
            text = f"optimum {number(known.optimal_return)}, random {number(known.random_return)}"
            y = type.write(surface, text, "small", palette.ink, topleft=(inside.left, y)).bottom
        elif known:
            y = type.write(
                surface, "too large", "small", palette.alert, topleft=(inside.left, y)
            ).bottom
        y += unit
        room = pygame.Rect(inside.left, y, inside.width, low - y - unit)
        side = min(room.width, room.height)
        if side > 8 * unit:
            picture = self._large(entry, side)
            if picture:
                surface.blit(picture, picture.get_rect(midtop=room.midtop))
                y += side + unit
        text = entry.shelf.pack.text if entry.shelf.pack else ""
        room_left = (low - unit - y) // type.height("small")
        for line in type.wrap(text, "small", inside.width, room_left) if text else []:
            y = type.write(surface, line, "small", palette.muted, topleft=(inside.left, y)).bottom

    def _draw_fields(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> int:
        """Agent, other agent and mode, at the foot of the panel; returns the y above."""
        palette, unit = type.palette, type.unit
        line = type.height("label") + 2 * unit
        explained = type.wrap(MODES[self.value("mode")], "small", rect.width)
        top = (
            rect.bottom
            - (len(self.fields) - 1) * line
            - len(explained) * type.height("small")
            - unit
        )
        y, self._fields = top, []
        label = max(type.width(name, "small") for name in self.fields[1:]) + 2 * unit
        for name in self.fields[1:]:
            on = self.field == name
            box = pygame.Rect(rect.left + label, y, rect.width - label, line - unit // 2)
            middle = (rect.left, box.centery)
            type.write(surface, name, "small", palette.muted, midleft=middle)
            pygame.draw.rect(surface, palette.faint, box, border_radius=unit // 2)
            hue = palette.agent if on else palette.rule
            pygame.draw.rect(surface, hue, box, 3 if on else 1, border_radius=unit // 2)
            arrow = type.width("◂", "label") + 2 * unit
            value = type.fit(self.value(name), "label", box.width - 2 * arrow)
            type.write(surface, value, "label", palette.ink, center=box.center)
            for text, by, half in (("◂", -1, box.left), ("▸", 1, box.centerx)):
                side = pygame.Rect(half, box.top, box.width // 2, box.height)
                x = box.left + arrow // 2 if by < 0 else box.right - arrow // 2
                type.write(surface, text, "label", palette.muted, center=(x, box.centery))
                self._fields.append((side, name, by))
            y += line
        for text in explained:
            type.write(surface, text, "small", palette.muted, topleft=(rect.left, y))
            y += type.height("small")
        pygame.draw.line(surface, palette.rule, (rect.left, top - unit), (rect.right, top - unit))
        return top - unit


OWN = LibraryPack(Path(), "Your levels")  # the heading of all files that are no pack's

# fmt: off
Gallery.keys = (
    Key("←",      "the level on the left, or the choice before", (pygame.K_LEFT,),  Gallery.left, short=""),
    Key("→",      "the level on the right, or the next choice",  (pygame.K_RIGHT,), Gallery.right, short=""),
    Key("↑",      "the level above, or the choice before",       (pygame.K_UP,),    Gallery.up, short=""),
    Key("↓",      "the level below, or the next choice",         (pygame.K_DOWN,),  Gallery.down, short="choose"),
    Key("PgUp",   "the pack before",                (pygame.K_PAGEUP,),             Gallery.page_up, minor=2, short=""),
    Key("PgDn",   "the next pack",                  (pygame.K_PAGEDOWN,),           Gallery.page_down, minor=2, short="pack"),
    Key("Tab",    "levels, agent, other agent, mode", (pygame.K_TAB,),              Gallery.next_field, short="agent, mode"),
    Key("Enter",  "open",                           (pygame.K_RETURN, pygame.K_KP_ENTER), Gallery.open),
    Key("⌫",      "take a letter of the search away", (pygame.K_BACKSPACE,),        Gallery.rub_out, minor=2, short="rub out"),
    Key("Ctrl T", "light or dark",                  (pygame.K_t,),                  Gallery.switch_theme, ctrl=True, minor=2, short="theme"),
    Key("Esc",    "end the search, or leave",       (pygame.K_ESCAPE,),             Gallery.escape, short="back"),
)
# fmt: on
