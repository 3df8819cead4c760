"""An agent's pane: its board with trails, overlays and token, and its timeline of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pygame

from game.session.trace import AdaptationStep, AdaptationTrace, Ints
from game.text.level import Level
from game.view.draw.actors import (
    TRAILS_SHOWN,
    Look,
    Token,
    directions,
    draw_goal_ring,
    draw_walk,
    lane_of,
    past_trails,
    place,
    segments,
    small_trail_width,
    stretch,
    trail_hue,
    trail_width,
)
from game.view.draw.board import Board, grid_size
from game.view.draw.curve_markers import marker_picture
from game.view.draw.dynamic_tiles import DynamicTiles, draw_as_written
from game.view.draw.layout import Place
from game.view.draw.marks import goal_mark
from game.view.draw.overlay_context import OverlayContext
from game.view.draw.overlays import Overlay
from game.view.draw.theme import Colour, Point, Typeset, dashes, mix, number
from game.view.draw.world_overlays import Layer
from game.view.model.playback import PlaybackPosition
from game.world.rules import MOVES
from game.world.tables import Tables

GLANCE = 0.7  # seconds for which a waiting agent looks in one direction
LOOKS_AROUND = ((0, 0), (0, 1), (0, 0), (0, -1))  # directions in which a waiting agent looks
WALK_OPACITY = 120  # on thumbnails, 0..255
# labels of thumbnails, the longest first: the text of step and value, and the value's digits
PERCENT_FORMS = (("step {}: {}%", 0), ("{}: {}%", 0), ("{1}%", 0), ("{1}", 0))
RETURN_FORMS = (("step {}: {}", 1), ("{}: {}", 1), ("{1}", 1), ("{1}", 0))
LEAST_THUMBNAIL = 34  # px: least width; if there is no room for all steps, some are left out


class Pane:
    """An agent's board with everything that moves on it, redrawn for every frame."""

    def __init__(
        self,
        trace: AdaptationTrace,
        tables: Tables | None,
        board: Board,
        where: Place,
        type: Typeset,
        agent: int,
        alone: bool,
    ) -> None:
        self.trace, self.tables, self.board, self.where = trace, tables, board, where
        self.type, self.agent, self.alone = type, agent, alone
        self.since = 0  # first adaptation step on the level as it is now
        self.family: Level | None = None  # the level's family, if it is known
        self._token = Token(board.cell, board.palette.agents[agent])
        self._dynamic_tiles = DynamicTiles(tables, board) if tables else None
        self.ways = directions(tables.level) if tables else MOVES  # of the actions
        self._trails: tuple[object, pygame.Surface] | None = None
        self._layers: dict[str, tuple[object, Layer]] = {}

    def path(self, step: int, index: int) -> tuple[Ints, Ints]:
        """Return states [H + 1] and moves [H] of an episode of a step."""
        shown = self.trace.steps[step]
        return shown.paths[0, index], shown.moves[0, index]

    def draw(
        self,
        surface: pygame.Surface,
        position: PlaybackPosition | None,
        active_overlays: Sequence[Overlay],
        age: float,
    ) -> None:
        """Draw the board at a position of the playback; `age` is the window's age in seconds."""
        visible = self.where.board.clip(surface.get_rect())
        if not visible.size[0] or not visible.size[1]:
            return
        view = surface.subsurface(visible)
        if position is not None and self.tables is not None:
            self._draw_position(view, position, active_overlays)
        elif self.tables is not None:
            begin = int(self.tables.starts[0])
            row, column = self.tables.cell[begin].tolist()
            look = LOOKS_AROUND[int(age / GLANCE) % len(LOOKS_AROUND)]
            self.draw_agent(view, begin, (row, column), look)

    def draw_tiles(self, view: pygame.Surface) -> None:
        """Draw what moves on the board as it is at the first start, without the agent."""
        assert self.tables is not None
        assert self._dynamic_tiles is not None
        begin = int(self.tables.starts[0])
        self._dynamic_tiles.draw(view, begin, begin, 0.0)

    def draw_agent(self, view: pygame.Surface, state: int, at: Point, look: Look) -> None:
        """Draw what moves on the board as it is in a state, and the agent at a place (row, column),
        onto the board's part of the window."""
        assert self._dynamic_tiles is not None
        self._dynamic_tiles.draw(view, state, state, 0.0)
        self._token.draw(view, self.board.centre(*at), look)

    def draw_carried(self, surface: pygame.Surface, cell: tuple[int, int], fits: bool) -> None:
        """Draw the goal on the cell that it is moved to; crossed out if it does not fit there."""
        board, corner = self.board, self.where.board.topleft
        x, y = board.centre(*cell)
        mark = goal_mark(board.cell, False, board.palette)
        box = mark.get_rect(center=(round(corner[0] + x), round(corner[1] + y)))
        hue = board.palette.goal if fits else board.palette.alert
        surface.blit(mark, box)
        pygame.draw.rect(surface, hue, box, 3, 4)
        if not fits:
            pygame.draw.line(surface, hue, box.topleft, box.bottomright, 3)
            pygame.draw.line(surface, hue, box.bottomleft, box.topright, 3)

    def overlay_context(
        self, position: PlaybackPosition, show_numbers: bool = True
    ) -> OverlayContext:
        """Return the data that overlays draw at a position of the playback."""
        assert self.tables is not None
        path, _ = self.path(position.step, position.index)
        state = int(path[position.move])
        begin = int(self.tables.starts[0])
        state = begin if self.tables.over[state] else state
        step = min(position.step, len(self.trace.steps) - 1)
        where = position.index, position.move, self.since, self.family
        return OverlayContext(self.tables, self.trace.steps, step, state, show_numbers, *where)

    def layer(
        self, overlay: Overlay, position: PlaybackPosition, show_numbers: bool = True
    ) -> Layer:
        """Return an overlay's picture and sentence; they are cached until they change."""
        context = self.overlay_context(position, show_numbers)
        moment = (position.index, position.move) if overlay.follows_agent else context.inventory
        key = (position.step, show_numbers, moment)
        cached = self._layers.get(overlay.cap)
        if cached is None or cached[0] != key:
            cached = self._layers[overlay.cap] = (key, overlay.draw(self.board, context, self.type))
        return cached[1]

    def _draw_position(
        self, view: pygame.Surface, position: PlaybackPosition, active_overlays: Sequence[Overlay]
    ) -> None:
        """Draw overlays, trails, moving tiles and the agent at a position of the playback."""
        assert self.tables is not None
        assert self._dynamic_tiles is not None
        cells, board = self.tables.cell, self.board
        path, moves = self.path(position.step, position.index)
        for overlay in active_overlays:
            view.blit(self.layer(overlay, position, len(active_overlays) == 1)[0], (0, 0))
        view.blit(self._past_trails(position), (0, 0))
        at, look = place(cells, path, moves, position.move, position.fraction, self.ways)
        lane = lane_of(position.episode)
        stretches = segments(board, cells, path[: position.move + 1], lane)
        stretches.append(stretch(board, cells[path[position.move]], at, lane))
        draw_walk(view, stretches, self.hue(position.episode), trail_width(board))
        if position.rested and self._ends_on_goal(path):
            draw_goal_ring(view, board, at, position.rested)
        state, ahead = int(path[position.move]), path[position.move + 1 : position.move + 2]
        following = int(ahead[0]) if len(ahead) and ahead[0] >= 0 else state
        self._dynamic_tiles.draw(view, state, following, position.fraction)
        self._token.draw(view, board.centre(*at), look)

    def hue(self, episode: int) -> Colour:
        """Return the colour of an episode's trail; beside other agents it is the agent's colour."""
        palette = self.board.palette
        return trail_hue(palette, episode) if self.alone else palette.agents[self.agent]

    def _ends_on_goal(self, path: Ints) -> bool:
        """Whether an episode with these states ends on a goal, which worlds have none of."""
        assert self.tables is not None
        return not self.tables.level.world and bool(self.tables.goal[path[path >= 0][-1]])

    def _past_trails(self, position: PlaybackPosition) -> pygame.Surface:
        """Return the trails of the episodes before the current one; cached."""
        key = (position.step, position.episode)
        if self._trails is None or self._trails[0] != key:
            assert self.tables is not None
            recorded = len(self.trace.steps[position.step].moves[0])
            first = max(0, position.episode - TRAILS_SHOWN + 1)
            paths = [
                (self.hue(e), lane_of(e), self.path(position.step, e % recorded)[0])
                for e in range(first, position.episode)
            ]
            self._trails = (key, past_trails(self.board, self.tables.cell, paths))
        return self._trails[1]


class Timeline:
    """Thumbnails of the paths of each adaptation step; the screen maps clicks to steps."""

    def __init__(
        self,
        trace: AdaptationTrace,
        tables_at: Callable[[int], Tables],
        rect: pygame.Rect,
        last: int,
        agent: int,
        type: Typeset,
    ) -> None:
        """`tables_at` returns the tables of the level at a step, as the level may be edited."""
        self.trace, self.tables_at, self.type = trace, tables_at, type
        self.hue = type.palette.agents[agent]
        self._made: dict[int, pygame.Surface] = {}
        self._texts: dict[int, str] = {}  # below them
        self._said: object = None  # what the texts depend on
        self._boards: dict[int, Board] = {}
        level = tables_at(0).level
        columns, rows = grid_size(level)
        label = type.height("small")
        high = max(1, rect.height - label - 4)
        gap = type.unit // 2 + 2
        most = max(2, (rect.width + gap) // (LEAST_THUMBNAIL + gap))
        self.steps = chosen_steps(last, most)
        wide = (rect.width + gap) / len(self.steps) - gap
        self._cell = max(1, int(min(wide / columns, high / rows)))
        width, height = self._board(tables_at(0)).size
        pitch = (rect.width - width) / max(1, len(self.steps) - 1) if len(self.steps) > 1 else 0
        pitch = min(pitch, width + 3 * gap)
        self.slots = {
            step: pygame.Rect(round(rect.left + i * pitch), rect.top, width, height)
            for i, step in enumerate(self.steps)
        }

    def _board(self, tables: Tables) -> Board:
        """Return the small board of a level; cached."""
        if id(tables) not in self._boards:
            self._boards[id(tables)] = Board(tables.level, self._cell, self.type.palette)
        return self._boards[id(tables)]

    @property
    def count(self) -> int:
        """The number of thumbnails made so far."""
        return len(self._made)

    def step_at(self, at: tuple[int, int]) -> int | None:
        """Return the step whose thumbnail is at a place in px, if there is one."""
        for step, slot in self.slots.items():
            if slot.inflate(4, 4).collidepoint(at) and step in self._made:
                return step
        return None

    def make_one(self, furthest: int) -> bool:
        """Make one missing thumbnail of the steps up to `furthest`. Return whether one was missing.

        Called once per frame, so that no frame stalls.
        """
        for step in self.steps:
            if step <= min(furthest, len(self.trace.steps) - 1) and step not in self._made:
                self._made[step] = self._picture(self.trace.steps[step])
                return True
        return False

    def _picture(self, step: AdaptationStep) -> pygame.Surface:
        """Return the board with the paths of all recorded episodes of a step."""
        tables = self.tables_at(step.step)
        board, hue = self._board(tables), self.hue
        picture = board.surface.copy()
        draw_as_written(picture, tables.level, board)
        for path in step.paths[0]:
            walk = pygame.Surface(board.size, pygame.SRCALPHA)
            stretches = segments(board, tables.cell, path, 0.0)
            draw_walk(walk, stretches, hue, small_trail_width(board, 3))
            walk.set_alpha(WALK_OPACITY)
            picture.blit(walk, (0, 0))
        return picture

    def draw(self, surface: pygame.Surface, now: int | None, percent: bool = True) -> None:
        """Draw all thumbnails: the current step has a thick frame, steps to come a dashed one.

        `percent` chooses the unit below them: the score in percent, or the return.
        """
        palette, said = self.type.palette, (percent, self.count)
        if self._said != said:
            self._said, self._texts = said, self._labels(percent)
        for step, slot in self.slots.items():
            here = now is not None and step == self._nearest(now)
            if step in self._made:
                surface.blit(self._made[step], slot)
                colour = self.hue if here else palette.rule
                pygame.draw.rect(surface, colour, slot.inflate(4, 4), 3 if here else 1, 4)
            else:
                pygame.draw.rect(surface, palette.faint, slot, border_radius=4)
                _draw_dashed_frame(surface, slot, mix(palette.rule, palette.ink, 0.2))
            if step in self._texts:
                style, ink = ("label", palette.ink) if here else ("small", palette.muted)
                at = slot.centerx, slot.bottom + 4
                self.type.write(surface, self._texts[step], style, ink, midtop=at)

    def _labels(self, percent: bool) -> dict[int, str]:
        """Return the labels below the thumbnails: step and score or return, shortened until they
        fit."""
        steps = {step: self.trace.steps[step] for step in self._made}
        values = {
            step: 100 * self.trace.score(one) if percent else self.trace.exact(one)
            for step, one in steps.items()
        }
        room = self.slots[0].width + self.type.unit
        for form, digits in PERCENT_FORMS if percent else RETURN_FORMS:
            texts = {step: form.format(step, number(one, digits)) for step, one in values.items()}
            if all(self.type.width(text, "label") <= room for text in texts.values()):
                return texts
        return {}

    def _nearest(self, now: int) -> int:
        """Return the step with a thumbnail that is nearest to step `now`."""
        return min(self.steps, key=lambda step: abs(step - now))


def chosen_steps(last: int, most: int) -> list[int]:
    """Return the steps 0..last, or `most` of them, evenly spaced and with both ends."""
    if last + 1 <= most:
        return list(range(last + 1))
    return sorted({round(i * last / (most - 1)) for i in range(most)})


def _draw_dashed_frame(surface: pygame.Surface, rect: pygame.Rect, colour: Colour) -> None:
    corners = [rect.topleft, rect.topright, rect.bottomright, rect.bottomleft]
    for start, end in zip(corners, corners[1:] + corners[:1]):
        for a, b in dashes(start, end, 4, 4):
            pygame.draw.line(surface, colour, a, b)


def draw_names(
    surface: pygame.Surface,
    places: Sequence[Place],
    names: Sequence[str],
    numbers: Sequence[Sequence[str]],
    type: Typeset,
) -> None:
    """Draw the agents' names above their boards, each with marker, return and score.

    If one of them has no room for return and score, all get the score alone.

    numbers: (return, score) of each agent.
    """
    said = [f"return {value}   {score}" if score else "" for value, score in numbers]
    room = places[0].name.width - type.height("label") - type.unit
    widths = (type.width(a, "label") + type.width(b, "small") for a, b in zip(names, said))
    if max(widths) > room:
        said = [score for _, score in numbers]
    for agent, (where, name, text) in enumerate(zip(places, names, said)):
        _draw_name(surface, where, name, text, agent, type)


def _draw_name(
    surface: pygame.Surface, where: Place, name: str, said: str, agent: int, type: Typeset
) -> None:
    surface.fill(type.palette.paper, where.name)
    picture = marker_picture(agent, type)
    box = surface.blit(picture, picture.get_rect(midleft=where.name.midleft))
    left, y = box.right + type.unit // 2, where.name.centery
    value = type.write(surface, said, "small", type.palette.muted, midright=(where.name.right, y))
    text = type.fit(name, "label", value.left - left - type.unit)
    type.write(surface, text, "label", type.palette.texts[agent], midleft=(left, y))
