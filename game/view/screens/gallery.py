"""The gallery: the levels of all packs as cards; choose a level, an agent and a mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pygame

from game.session.messages import AgentCard, Agents, NoAgent
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.view.draw.layout import frame
from game.view.draw.screen_header import draw_header, header_height
from game.view.draw.theme import Appearance, NotedText, Typeset, number
from game.view.model.agent_tasks import seen_ids
from game.view.model.gallery_fields import (
    AGENT_FIELDS,
    LEVELS,
    NO_AGENT,
    SECOND_AGENT,
    GalleryFields,
)
from game.view.model.gallery_levels import NEW_ITEM, GalleryItem, GalleryLevels
from game.view.model.library import Library
from game.view.model.listed_agents import ListedAgent, list_agents, read_cards
from game.view.model.training_run import training_args
from game.view.screens.agent_list import AgentList
from game.view.screens.card_grid import Card, CardGrid
from game.view.screens.gallery_inspector import (
    FieldButton,
    draw_inspector,
    draw_level,
    draw_new_level,
    draw_problem,
)
from game.view.screens.key_binding import Key
from game.view.screens.level_pictures import LevelPictures, new_level_picture
from game.view.screens.navigation_request import Navigation
from game.view.screens.notice import Notice
from game.view.screens.screen import Screen

INSPECTOR_SHARE = 0.34  # of the width
INSPECTOR_LEAST = 310  # px at scale 1
INSPECTOR_MOST_SHARE = 0.6  # of the width, where that is less
LARGE_PICTURE_DELAY = 0.15  # seconds from the selection of a level to its large picture
MOST_LETTERS = 60  # of a search
WHEEL_STEP = 48  # px
EVENT_MODIFIERS = pygame.KMOD_CTRL | pygame.KMOD_ALT | pygame.KMOD_META  # no text with these


class Gallery(Screen):
    """Choose what to watch, play or train on, with the keyboard or the mouse."""

    typing = True
    stays_on_reload = True  # it shows the new version by itself

    def __init__(
        self,
        library: Library,
        agents: Agents,
        appearance: Appearance | None = None,
        chosen: Sequence[str] = (),
        task: Task | None = None,
        by_default: bool = False,
        mode: str = "",
    ) -> None:
        """Start with the first two of the `chosen` agents, and with `task` if there is one.

        `by_default` says that nobody has chosen them: then each pack has its own. `mode` is one of
        `MODES`, or "" for the first.
        """
        super().__init__(appearance)
        self.library, self.agents = library, agents
        self.levels = GalleryLevels(library, task, mode == "train" and task is None)
        self.fields = GalleryFields(agents.learners(), chosen, by_default or not chosen)
        self.fields.follow(agents.defaults(None))
        self.fields.choose_mode(mode)
        self.agent_list: AgentList | None = None  # while it is open
        self._cards: dict[str, AgentCard | str] = {}  # of the listed agents, once they are needed
        self.grid = CardGrid(self.appearance.typeset((1280, 800)))
        self.pictures = LevelPictures()
        self.field_buttons: list[FieldButton] = []
        self._trained_on: dict[tuple[str, str], frozenset[str]] = {}  # (agent, pack): task ids
        self._selected_for = 0.0  # seconds since another level was selected
        self._drawn: tuple[object, pygame.Surface] | None = None  # snapshot and picture

    # --- opening a level

    def open(self) -> None:
        """Open the selected level in the chosen mode, or say why that is not possible."""
        item = self.levels.item
        if item is None:
            return
        if item is NEW_ITEM:
            self.navigation = Navigation("edit")
            return
        pack = item.library_pack.pack
        if item.task is None or pack is None:
            broken = item.library_pack
            text, file = broken.problem, broken.level_file
            self.notice = Notice("This level has errors", text, edits=file)
        elif self.fields.value("mode") == "train":
            self._open_training(pack, item.library_pack.path)
        else:
            self._open_task(pack, item.task)

    def _open_training(self, pack: Pack, path: Path) -> None:
        split = pack.split("train")
        if not (split.tasks or split.unlimited):
            text = "This pack is for watching only. Choose a pack with training tasks."
            self.notice = Notice(f"{pack.title} has no training tasks", text)
            return
        learner, minutes = self.fields.value("learner"), self.fields.value("minutes")
        args = training_args(self.agents, replace(pack, path=path), learner, minutes)
        self.navigation = Navigation("train", pack, args=args)

    def _open_task(self, pack: Pack, task: Task) -> None:
        by_default = self.fields.by_default
        names = self.agents.defaults(pack) if by_default else self.fields.agents
        try:
            for name in names:
                self.agents.card(name, pack.name)
        except NoAgent as error:
            self.notice = Notice("This agent cannot be used", str(error))
            return
        mode = self.fields.value("mode")
        self.navigation = Navigation(mode, pack, task, names, by_default=by_default)

    # --- actions of the keys

    def edit(self) -> None:
        """Open the editor with the selected level."""
        item = self.levels.item
        if item and item.task:
            self.navigation = Navigation("edit", task=item.task)
        elif item:
            path = None if item is NEW_ITEM else item.library_pack.path
            self.navigation = Navigation("edit", path=path)

    def next_field(self) -> None:
        """Let the arrow keys change the next field."""
        self.fields.activate_next()

    def move_left(self) -> None:
        """Select the level to the left, or the previous option of the active field."""
        self._move(-1)

    def move_right(self) -> None:
        """Select the level to the right, or the next option of the active field."""
        self._move(1)

    def move_up(self) -> None:
        """Select the level above, or the previous option of the active field."""
        self._move(-1, by_rows=True)

    def move_down(self) -> None:
        """Select the level below, or the next option of the active field."""
        self._move(1, by_rows=True)

    def previous_pack(self) -> None:
        """Select the first level of the previous pack."""
        if self.levels.items:
            self.select(self.levels.pack_start(-1))

    def next_pack(self) -> None:
        """Select the first level of the next pack."""
        if self.levels.items:
            self.select(self.levels.pack_start(1))

    def delete_letter(self) -> None:
        """Delete the last letter of the search."""
        self.levels.query = self.levels.query[:-1]

    def escape(self) -> None:
        """Clear the search, or leave if it is empty."""
        if self.levels.query:
            self.levels.query = ""
        else:
            self.leave()

    def _move(self, by: int, by_rows: bool = False) -> None:
        if self.fields.active in AGENT_FIELDS:
            self.open_agents(self.fields.active)
        elif self.fields.active != LEVELS:
            self.fields.change(self.fields.active, by)
        elif by_rows:
            target = self.grid.number_above_or_below(self.levels.selected, by)
            if target is not None:
                self.select(target)
        else:
            self.select(self.levels.selected + by)

    def select(self, number: int) -> None:
        """Select a level and scroll to it."""
        self.levels.select(number)
        self._selected_for = 0.0
        self.grid.reveal(self.levels.selected)

    # --- the list of agents

    @property
    def pack(self) -> Pack | None:
        """The pack of the selected level, if there is one."""
        return self.levels.item.library_pack.pack if self.levels.item else None

    def open_agents(self, field: str) -> None:
        """Open the list of agents for a field, at the agent that is chosen there."""
        self._cards = self._cards or read_cards(self.agents)
        listed = list_agents(self._cards, self.agents, self.pack)
        if field == SECOND_AGENT:
            listed.insert(0, ListedAgent(NO_AGENT, "no agent beside the first one"))
        names = [one.name for one in listed]
        chosen = self.fields.value(field)
        self.agent_list = AgentList(field, listed, names.index(chosen) if chosen in names else 0)

    def handle(self, event: pygame.event.Event) -> None:
        """Hand the event to the list of agents while it is open, if nothing lies over it."""
        covered = self.showing_help or self.notice is not None
        if self.agent_list and not covered and self.agent_list.handle(event):
            if self.agent_list.taken:
                self.fields.choose_agent(self.agent_list.field, self.agent_list.taken)
            if self.agent_list.closed:
                self.agent_list = None
        else:
            super().handle(event)

    # --- events and time

    def buttons(self) -> list[pygame.Rect]:
        """Return the places of the fields' halves, unless the list of agents covers them."""
        return [] if self.agent_list else [button.rect for button in self.field_buttons]

    def on_event(self, event: pygame.event.Event) -> None:
        """Type into the search, scroll, or choose what was clicked."""
        if event.type == pygame.KEYDOWN and event.unicode and event.unicode.isprintable():
            if not event.mod & EVENT_MODIFIERS:
                self.levels.query = (self.levels.query + event.unicode)[:MOST_LETTERS].lstrip()
        elif event.type == pygame.MOUSEWHEEL:
            self.grid.scroll -= event.y * WHEEL_STEP
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._click(event.pos)

    def _click(self, point: tuple[int, int]) -> None:
        """Select the level, or open it if it is selected already; or change the field."""
        number = self.grid.number_at(point)
        if number is not None:
            self.fields.active = LEVELS
            if number == self.levels.selected:
                self.open()
            self.select(number)
            return
        for button in self.field_buttons:
            if button.rect.collidepoint(point):
                self.fields.active = button.field
                if button.by:
                    self.fields.change(button.field, button.by)
                else:
                    self.open_agents(button.field)
                return

    def update(self, seconds: float) -> None:
        """Show what the library has loaded and what the search has found since the last frame."""
        self._selected_for += seconds
        if self.levels.update():
            self.grid.clear()
        self.fields.follow(self.agents.defaults(self.pack))

    def on_resume(self) -> None:
        """Offer agents that have been trained meanwhile."""
        self._cards, self.agent_list = {}, None

    # --- what the cards and the inspector say

    def is_seen(self, item: GalleryItem) -> bool:
        """Whether the chosen agent was trained on the item's task."""
        assert item.library_pack.pack
        key = (self.fields.value("agent"), item.library_pack.pack.name)
        if key not in self._trained_on:
            try:
                self._trained_on[key] = seen_ids(self.agents.card(*key), item.library_pack.pack)
            except NoAgent:
                self._trained_on[key] = frozenset()
        return item.task is not None and item.task.id in self._trained_on[key]

    def caption(self, item: GalleryItem, task: Task) -> str:
        """Return the optimal return of an item's task, and whether the chosen agent has seen it."""
        planned = self.library.planned(task)
        if planned is None:
            return "…"
        if planned.failure:
            return "too large"
        seen = "seen" if self.is_seen(item) else "unseen"
        return f"{number(planned.optimal_return, 1)}  {seen}"

    def _header(self) -> str:
        levels = self.levels
        if levels.is_loading:
            none = "" if levels.items else " No level matches the search so far."
            return f"Loading levels: {len(levels.packs)} of {self.library.size} packs…{none}"
        if not levels.items:
            return "No level matches the search."
        return "Type to search. Below each level: its optimal return and whether it was trained on."

    # --- drawing

    def body_snapshot(self) -> object:
        """Return what is chosen, and how much has been loaded and painted."""
        return self._snapshot_at((0, 0))

    def _snapshot_at(self, size: tuple[int, int]) -> object:
        """Return the state that the drawing depends on in a window of this size."""
        levels, fields = self.levels, self.fields
        chosen = (fields.active, levels.selected, levels.query, *fields.chosen.values())
        chosen += (*fields.agents, self.agent_list and (self.agent_list.field, self.agent_list.at))
        done = (self.library.jobs.count, self.pictures.painted, self._shows_large_picture)
        return size, self.grid.type, self.grid.scroll, chosen, done, levels.version

    @property
    def _shows_large_picture(self) -> bool:
        """Whether a level has been selected for long enough to paint its large picture."""
        return self._selected_for > LARGE_PICTURE_DELAY

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen as it is now. At most one new picture is painted."""
        self.pictures.begin_frame()
        super().draw(surface)

    def draw_body(self, surface: pygame.Surface) -> None:
        """Draw search, cards and inspector, or a copy of the last drawing if nothing changed."""
        self.grid.type = self.appearance.typeset(surface.get_size())
        snapshot = self._snapshot_at(surface.get_size())
        if self._drawn is None or self._drawn[0] != snapshot:
            with self.grid.type.noting() as self._noted:
                self._redraw(surface, self.grid.type)
            self._drawn = (snapshot, surface.copy())
        else:
            surface.blit(self._drawn[1], (0, 0))

    def noted_texts(self) -> list[NotedText]:
        """Return the texts on screen, unless the list of agents covers them."""
        return [] if self.agent_list else self._noted

    def _redraw(self, surface: pygame.Surface, type: Typeset) -> None:
        size, unit = surface.get_size(), type.unit
        surface.fill(type.palette.paper)
        footer = self.footer_height(size[0], type)
        top, main, bottom = frame(size, unit, header_height(size[0], type), footer)
        draw_header(surface, top, self._header(), type)
        least = min(INSPECTOR_LEAST * type.scale, INSPECTOR_MOST_SHARE * main.width)
        width = round(max(INSPECTOR_SHARE * main.width, least))
        panel = pygame.Rect(main.right - width, main.top, width, main.height)
        left = pygame.Rect(main.left, main.top, main.width - width - 3 * unit, main.height)
        search = self._draw_search(surface, left, type)
        grid = pygame.Rect(left.left, search.bottom + unit, left.width, 0)
        grid.height = max(1, main.bottom - grid.top)
        self.grid.arrange(grid, self.levels)
        hue = type.palette.agent if self.fields.active == LEVELS else type.palette.muted
        self.grid.draw(surface, self.levels, self._card, hue)
        self._draw_inspector(surface, panel, type)
        self.draw_footer(surface, bottom, type)
        if self.agent_list:
            self.agent_list.draw(surface, main, type)

    def _draw_search(
        self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset
    ) -> pygame.Rect:
        """Draw the search field with the number of levels found. Return its place."""
        palette, unit = type.palette, type.unit
        box = pygame.Rect(rect.left, rect.top, rect.width, type.height("body") + 2 * unit)
        pygame.draw.rect(surface, palette.card, box, border_radius=unit)
        pygame.draw.rect(surface, palette.rule, box, 1, border_radius=unit)
        if self.levels.is_loading:
            share = len(self.levels.packs) / max(1, self.library.size)
            left, width = box.left + unit, round((box.width - 2 * unit) * share)
            surface.fill(palette.agent, (left, box.bottom - 3, width, 3))
        count = sum(item is not NEW_ITEM for item in self.levels.items)
        found = "1 level" if count == 1 else f"{count} levels"
        found += " so far" if self.levels.is_loading else ""
        right = (box.right - 2 * unit, box.centery)
        shown = type.write(surface, found, "small", palette.muted, midright=right)
        at = (box.left + 2 * unit, box.centery)
        room = shown.left - unit - at[0]
        if self.levels.query:
            query = _end_of(self.levels.query, room, type)
            place = type.write(surface, query, "body", palette.ink, midleft=at)
            caret = pygame.Rect(place.right + 2, place.top, 2, place.height)
            surface.fill(palette.agent, caret)
        else:
            hint = "search: name or pack"
            hint = hint if type.width(hint, "body") <= room else "search"
            type.write(surface, hint, "body", palette.muted, midleft=at)
        return box

    def _card(self, item: GalleryItem) -> Card:
        if item is NEW_ITEM:
            return Card(new_level_picture(self.grid.thumbnail_side, self.grid.type), "")
        if item.task is None:
            return Card(None, "")
        return Card(self._thumbnail(item.task), self.caption(item, item.task))

    def _thumbnail(self, task: Task) -> pygame.Surface | None:
        side, palette = self.grid.thumbnail_side, self.grid.type.palette
        return self.pictures.thumbnail(task, side, palette, self.fields.goal_hidden)

    def _draw_inspector(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        room, self.field_buttons = draw_inspector(surface, rect, self.fields, type)
        item = self.levels.item
        if item is None:
            return
        if item is NEW_ITEM:
            draw_new_level(surface, room, type)
            return
        if item.task is None:
            draw_problem(surface, room, item, type)
            return
        task, hidden = item.task, self.fields.goal_hidden

        def picture_of(side: int) -> pygame.Surface | None:
            """Return the large picture, or the thumbnail until that is painted."""
            paint = self._shows_large_picture
            large = self.pictures.large(task, side, type.palette, hidden, paint)
            return large or self._thumbnail(task)

        seen, planned = self.is_seen(item), self.library.planned(task)
        draw_level(surface, room, item, seen, planned, picture_of, type)


def _end_of(text: str, width: int, type: Typeset) -> str:
    """Return the text, without its beginning if it is longer than `width` px."""
    cut = 0
    while cut < len(text) and type.width(text[cut:], "body") > width:
        cut += 1
    return text[cut:]


# fmt: off
Gallery.keys = (
    Key("←",      "level to the left, or previous option", (pygame.K_LEFT,),  Gallery.move_left, short="", group="go"),
    Key("→",      "level to the right, or next option",    (pygame.K_RIGHT,), Gallery.move_right, short="", group="go"),
    Key("↑",      "level above, or previous option",       (pygame.K_UP,),    Gallery.move_up, short="", group="go"),
    Key("↓",      "level below, or next option",           (pygame.K_DOWN,),  Gallery.move_down, short="choose", group="go"),
    Key("PgUp",   "previous pack",                  (pygame.K_PAGEUP,),       Gallery.previous_pack, priority=2, short="", group="go"),
    Key("PgDn",   "next pack",                      (pygame.K_PAGEDOWN,),     Gallery.next_pack, priority=2, short="pack", group="go"),
    Key("Tab",    "next field: levels, agents, mode", (pygame.K_TAB,),        Gallery.next_field, short="next field", group="go"),
    Key("Enter",  "open the level in the chosen mode", (pygame.K_RETURN, pygame.K_KP_ENTER), Gallery.open, short="open", group="go"),
    Key("Ctrl E", "edit the level",                 (pygame.K_e,),            Gallery.edit, ctrl=True, short="edit", priority=1, group="go"),
    Key("⌫",      "delete the last letter of the search", (pygame.K_BACKSPACE,), Gallery.delete_letter, priority=2, short="delete"),
    Key("Ctrl T", "light or dark theme",            (pygame.K_t,),            Gallery.switch_theme, ctrl=True, priority=2, short="theme", group="look"),
    Key("Esc",    "clear the search, or go back",   (pygame.K_ESCAPE,),       Gallery.escape, short="back", group="go"),
)
# fmt: on
