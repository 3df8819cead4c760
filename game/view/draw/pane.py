"""One agent on its board: trails, overlays, the figure; and its timeline of adaptation steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pygame

from game.session.trace import AdaptationStep, AdaptationTrace, Ints
from game.text.level import Level
from game.text.tiles import GOAL
from game.view.draw import hud
from game.view.draw.actors import (
    Cast,
    Token,
    draw_joy,
    draw_walk,
    lane_of,
    past_trails,
    place,
    segments,
    stretch,
    trail_hue,
    trail_width,
)
from game.view.draw.board import Board, goal_mark, grid_size
from game.view.draw.layout import Place
from game.view.draw.overlays import Layer, Overlay, OverlayContext
from game.view.draw.theme import Colour, Typeset, dashes, mix, number
from game.view.model.playback import PlaybackPosition
from game.world.tables import Tables

TRAILS_SHOWN = 3
GLANCE = 0.7  # seconds for which the waiting agent looks one way
LOOKS_AROUND = ((0, 0), (0, 1), (0, 0), (0, -1))  # what the agent does while it waits
GOES = 120  # opacity of the walks on a thumbnail
LEAST_THUMB = 34  # px: thumbnails are at least as wide; if there are too many, some are left out


class Pane:
    """A board, its agent and its timeline, drawn again for every frame."""

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
        self.since = 0  # the step from which on the level is as it is
        self.family: Level | None = None  # that the level may be of, for all that is to be seen
        self._token = Token(board.cell, board.palette.agents[agent])
        self._cast = Cast(tables, board) if tables else None
        self._trails: tuple[object, pygame.Surface] | None = None
        self._layers: dict[str, tuple[object, Layer]] = {}

    def path(self, step: int, index: int) -> tuple[Ints, Ints]:
        """States [H + 1] and moves [H] of an episode."""
        shown = self.trace.steps[step]
        return shown.paths[0, index], shown.moves[0, index]

    def draw(
        self,
        surface: pygame.Surface,
        position: PlaybackPosition | None,
        active_overlays: Sequence[Overlay],
        age: float,
    ) -> None:
        """The board as it is now; `age` is the window's, in seconds."""
        visible = self.where.board.clip(surface.get_rect())
        if not visible.size[0] or not visible.size[1]:
            return
        view = surface.subsurface(visible)
        if position is not None and self.tables is not None:
            self._draw_moment(view, position, active_overlays)
        elif self.tables is not None:
            begin = int(self.tables.starts[0])
            assert self._cast is not None
            self._cast.draw(view, begin, begin, 0.0)
            look = LOOKS_AROUND[int(age / GLANCE) % len(LOOKS_AROUND)]
            self._token.draw(view, self.board.centre(*self.tables.cell[begin]), look)

    def draw_carried(self, surface: pygame.Surface, cell: tuple[int, int], fits: bool) -> None:
        """The goal where it is being moved to; crossed out where it cannot be."""
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

    def scene(self, position: PlaybackPosition, figures: bool = True) -> OverlayContext:
        """What overlays look into."""
        assert self.tables is not None
        path, _ = self.path(position.step, position.index)
        state = int(path[position.move])
        begin = int(self.tables.starts[0])
        state = begin if self.tables.over[state] else state
        step = min(position.step, len(self.trace.steps) - 1)
        where = position.index, position.move, self.since, self.family
        return OverlayContext(self.tables, self.trace.steps, step, state, figures, *where)

    def layer(self, overlay: Overlay, position: PlaybackPosition, figures: bool = True) -> Layer:
        """An overlay's picture and sentence, made anew only when there is something new to see."""
        scene = self.scene(position, figures)
        key = (
            position.step,
            figures,
            (position.index, position.move) if overlay.moves else scene.rest,
        )
        known = self._layers.get(overlay.cap)
        if known is None or known[0] != key:
            known = self._layers[overlay.cap] = (key, overlay.draw(self.board, scene, self.type))
        return known[1]

    def _draw_moment(
        self, view: pygame.Surface, position: PlaybackPosition, active_overlays: Sequence[Overlay]
    ) -> None:
        assert self.tables is not None
        assert self._cast is not None
        cells, board = self.tables.cell, self.board
        path, moves = self.path(position.step, position.index)
        for overlay in active_overlays:
            view.blit(self.layer(overlay, position, len(active_overlays) == 1)[0], (0, 0))
        view.blit(self._past(position), (0, 0))
        at, look = place(cells, path, moves, position.move, position.fraction)
        lane = lane_of(position.episode)
        stretches = segments(board, cells, path[: position.move + 1], lane)
        stretches.append(stretch(board, cells[path[position.move]], at, lane))
        draw_walk(view, stretches, self.hue(position.episode), trail_width(board))
        if position.rested and self._ends_well(path):
            draw_joy(view, board, at, position.rested)
        state, ahead = int(path[position.move]), path[position.move + 1 : position.move + 2]
        following = int(ahead[0]) if len(ahead) and ahead[0] >= 0 else state
        self._cast.draw(view, state, following, position.fraction)
        self._token.draw(view, board.centre(*at), look)

    def hue(self, episode: int) -> Colour:
        """Of an episode's trail; beside other agents, that of the agent."""
        palette = self.board.palette
        return trail_hue(palette, episode) if self.alone else palette.agents[self.agent]

    def _ends_well(self, path: Ints) -> bool:
        """Whether the episode stands on a goal at its end."""
        assert self.tables is not None
        row, column = self.tables.cell[path[path >= 0][-1]]
        return self.tables.level.rows[row][column] == GOAL

    def _past(self, position: PlaybackPosition) -> pygame.Surface:
        key = (position.step, position.episode)
        if self._trails is None or self._trails[0] != key:
            assert self.tables is not None
            carried = len(self.trace.steps[position.step].moves[0])
            first = max(0, position.episode - TRAILS_SHOWN + 1)
            paths = [
                (self.hue(e), lane_of(e), self.path(position.step, e % carried)[0])
                for e in range(first, position.episode)
            ]
            self._trails = (key, past_trails(self.board, self.tables.cell, paths))
        return self._trails[1]


class Timeline:
    """Thumbnails of where an agent went in each adaptation step; a click goes there."""

    def __init__(
        self,
        trace: AdaptationTrace,
        tables_at: Callable[[int], Tables],
        rect: pygame.Rect,
        last: int,
        agent: int,
        type: Typeset,
    ) -> None:
        """`tables_at` gives those of the level as it is at a step: it may change meanwhile."""
        self.trace, self.tables_at, self.type = trace, tables_at, type
        self.hue = type.palette.agents[agent]
        self._made: dict[int, pygame.Surface] = {}
        self._texts: dict[int, str] = {}  # below them
        self._boards: dict[int, Board] = {}
        level = tables_at(0).level
        columns, rows = grid_size(level)
        label = type.height("small")
        high = max(1, rect.height - label - 4)
        gap = type.unit // 2 + 2
        most = max(2, (rect.width + gap) // (LEAST_THUMB + gap))
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
        if id(tables) not in self._boards:
            self._boards[id(tables)] = Board(tables.level, self._cell, self.type.palette)
        return self._boards[id(tables)]

    @property
    def count(self) -> int:
        """How many thumbnails there are."""
        return len(self._made)

    def step_at(self, at: tuple[int, int]) -> int | None:
        """The step whose thumbnail is there, if there is one by now."""
        for step, slot in self.slots.items():
            if slot.inflate(4, 4).collidepoint(at) and step in self._made:
                return step
        return None

    def make_one(self, furthest: int) -> bool:
        """Make a thumbnail that is missing of the steps up to this one, and say whether there was
        one: one a frame, so that no frame stalls."""
        for step in self.steps:
            if step <= min(furthest, len(self.trace.steps) - 1) and step not in self._made:
                self._made[step] = self._picture(self.trace.steps[step])
                self._texts = self._labels()
                return True
        return False

    def _picture(self, step: AdaptationStep) -> pygame.Surface:
        """The board with the walks of all episodes that the step carries."""
        tables = self.tables_at(step.step)
        board, hue = self._board(tables), self.hue
        picture = board.surface.copy()
        for path in step.paths[0]:
            walk = pygame.Surface(board.size, pygame.SRCALPHA)
            draw_walk(walk, segments(board, tables.cell, path, 0.0), hue, max(2, board.cell // 3))
            walk.set_alpha(GOES)
            picture.blit(walk, (0, 0))
        return picture

    def draw(self, surface: pygame.Surface, now: int | None) -> None:
        """All thumbnails; the step on screen has a thick frame, steps to come a dashed one."""
        palette = self.type.palette
        for step, slot in self.slots.items():
            here = now is not None and step == self._nearest(now)
            if step in self._made:
                surface.blit(self._made[step], slot)
                colour = self.hue if here else palette.rule
                pygame.draw.rect(surface, colour, slot.inflate(4, 4), 3 if here else 1, 4)
            else:
                pygame.draw.rect(surface, palette.faint, slot, border_radius=4)
                _dashed(surface, slot, mix(palette.rule, palette.ink, 0.2))
            if step in self._texts:
                style, ink = ("label", palette.ink) if here else ("small", palette.muted)
                at = slot.centerx, slot.bottom + 4
                self.type.write(surface, self._texts[step], style, ink, midtop=at)

    def _labels(self) -> dict[int, str]:
        """The steps and their returns, or as much of that as has room below every thumbnail."""
        returns = {step: self.trace.exact(self.trace.steps[step]) for step in self._made}
        room = self.slots[0].width + self.type.unit
        for form, digits in (("step {}: {}", 1), ("{}: {}", 1), ("{1}", 1), ("{1}", 0)):
            texts = {step: form.format(step, number(one, digits)) for step, one in returns.items()}
            if all(self.type.width(text, "label") <= room for text in texts.values()):
                return texts
        return {}

    def _nearest(self, now: int) -> int:
        return min(self.steps, key=lambda step: abs(step - now))


def chosen_steps(last: int, most: int) -> list[int]:
    """The steps 0..last, or as many of them as there is room for, evenly, with both ends."""
    if last + 1 <= most:
        return list(range(last + 1))
    return sorted({round(i * last / (most - 1)) for i in range(most)})


def _dashed(surface: pygame.Surface, rect: pygame.Rect, colour: Colour) -> None:
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
    """The agents' names above their boards, with their markers, and how well they do: return and
    score, or where that has no room for one of them the score alone."""
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
    picture = hud.marker_picture(agent, type)
    box = surface.blit(picture, picture.get_rect(midleft=where.name.midleft))
    left, y = box.right + type.unit // 2, where.name.centery
    value = type.write(surface, said, "small", type.palette.muted, midright=(where.name.right, y))
    text = type.fit(name, "label", value.left - left - type.unit)
    type.write(surface, text, "label", type.palette.texts[agent], midleft=(left, y))
