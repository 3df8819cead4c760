"""The inner loop in slow motion on the board: walks, their returns, their sum, and the policy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pygame

from game.view.draw.actors import draw_walk, place, segments
from game.view.draw.overlay_context import OverlayContext, visible_states
from game.view.draw.overlay_shapes import draw_arrow
from game.view.draw.overlays import knowledge, policy
from game.view.draw.pane import Pane
from game.view.draw.theme import Colour, Palette, Typeset, mix, number, smooth
from game.view.model.playback import PlaybackPosition
from game.view.model.slow_motion import SlowMoment, SlowStep, walk_at
from game.world.rules import Floats

LANES = 0.6  # of a cell: the room that the walks share
PAST = 80  # opacity of walks below what they led to, 0..255
GROWTH = 1.5  # seconds in which the arrows of the sum appear
BEFORE, FADE = 2.0, 1.5  # seconds: the policy before, and its change into the one after
LEAST_PUSH = 0.02  # share of the largest sum below which an arrow is left out


def good_hue(palette: Palette) -> Colour:
    """Return the colour of what becomes more likely."""
    return palette.goal


def bad_hue(palette: Palette) -> Colour:
    """Return the colour of what becomes less likely."""
    return palette.agents[2]


class SlowMotionView:
    """A step in slow motion on an agent's board; pictures are kept while they stay the same."""

    def __init__(self, pane: Pane, slow: SlowStep) -> None:
        self.pane, self.slow = pane, slow
        self._kept: dict[object, pygame.Surface] = {}

    def draw(self, surface: pygame.Surface, moment: SlowMoment) -> None:
        """Draw the board at a moment."""
        rect = self.pane.where.board.clip(surface.get_rect())
        if not rect.width or not rect.height or self.pane.tables is None:
            return
        view, seconds = surface.subsurface(rect), moment.seconds
        kind = self.slow.phases[moment.phase].kind
        if kind == "walks":
            self._draw_walks(view, seconds)
        elif kind == "returns":
            self._blit(view, "returns", self._judged_walks)
        elif kind == "sum":
            self._blit(view, "returns", self._judged_walks, PAST)
            self._blit(view, "sum", self._push, round(255 * min(1.0, seconds / GROWTH)))
        elif kind == "policy":
            share = min(max((seconds - BEFORE) / FADE, 0.0), 1.0)
            self._blit(view, "before", lambda: self._policy(0), round(255 * (1 - share)))
            self._blit(view, "after", lambda: self._policy(1), round(255 * share))
        else:
            self._blit(view, "maps", self._knowledge)
        if kind != "walks":
            self.pane.draw_tiles(view)

    def _blit(
        self,
        view: pygame.Surface,
        key: object,
        make: Callable[[], pygame.Surface],
        opacity: int = 255,
    ) -> None:
        """Put a picture onto the board; it is made when it is needed first."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept[key].set_alpha(opacity)
        view.blit(self._kept[key], (0, 0))

    # --- walks

    def _draw_walks(self, view: pygame.Surface, seconds: float) -> None:
        """Draw the walks so far and the agent on the one that is under way."""
        pane, (walk, share) = self.pane, walk_at(seconds, self.slow.walks)
        assert pane.tables is not None
        path, moves = self.slow.before.paths[0, walk], self.slow.before.moves[0, walk]
        hue = pane.board.palette.agent
        self._blit(view, ("walks", walk), lambda: self._walks(range(walk), hue), 150)
        done = share * int((moves >= 0).sum())
        move = min(int(done), max(0, int((moves >= 0).sum()) - 1))
        at, look = place(pane.tables.cell, path, moves, move, min(done - move, 1.0), pane.ways)
        begun = segments(pane.board, pane.tables.cell, path[: move + 1], self._lane(walk))
        draw_walk(view, begun, hue, self._width() + 1)
        pane.draw_agent(view, int(path[move]), at, look)

    def _walks(self, walks: range | list[int], hue: Colour, wider: int = 0) -> pygame.Surface:
        """Return the trails of some walks, each in its lane."""
        board, tables = self.pane.board, self.pane.tables
        assert tables is not None
        picture = pygame.Surface(board.size, pygame.SRCALPHA)
        for walk in walks:
            path = self.slow.before.paths[0, walk]
            stretches = segments(board, tables.cell, path, self._lane(walk))
            draw_walk(picture, stretches, hue, self._width() + wider)
        return picture

    def _judged_walks(self) -> pygame.Surface:
        """Return all walks, those above the mean over those below, by colour and by width."""
        board, returns = self.pane.board, self.slow.returns
        palette = board.palette
        assert returns is not None
        order = np.argsort(returns, kind="stable").tolist()
        bad = [walk for walk in order if returns[walk] <= self.slow.mean]
        good = [walk for walk in order if returns[walk] > self.slow.mean]
        below = self._walks(bad, bad_hue(palette))
        below.set_alpha(170)
        both = pygame.Surface(below.get_size(), pygame.SRCALPHA)
        both.blit(below, (0, 0))
        both.blit(self._walks(good, good_hue(palette), wider=board.cell // 45), (0, 0))
        return both

    def _lane(self, walk: int) -> float:
        """Return how far a walk's trail is from the middle of its cells, in cells."""
        return LANES * ((walk + 0.5) / self.slow.walks - 0.5)

    def _width(self) -> int:
        """Return the width of trails in px."""
        room = LANES * self.pane.board.cell / self.slow.walks
        return max(2, min(round(room * 0.9), round(self.pane.board.cell * 0.07)))

    # --- what they led to

    def _push(self) -> pygame.Surface:
        """Return the sum of advantages as arrows: filled where an action becomes more likely, and
        hollow where less."""
        pane, push = self.pane, self.slow.push
        assert pane.tables is not None
        assert push is not None
        states = visible_states(pane.tables, int(pane.tables.starts[0]))
        return push_arrows(pane, states, push)

    def _policy(self, later: int) -> pygame.Surface:
        """Return the policy before the step (0) or after it (1)."""
        return policy(self.pane.board, self._context(later), self.pane.type)[0]

    def _knowledge(self) -> pygame.Surface:
        """Return what an agent with maps knows after the step."""
        return knowledge(self.pane.board, self._context(1), self.pane.type)[0]

    def _context(self, later: int) -> OverlayContext:
        """Return the data for overlays at the beginning of the step (0) or of the next one (1)."""
        position = PlaybackPosition(self.slow.before.step + later, 0, 0, 0, 0.0, 0.0)
        return self.pane.overlay_context(position)


def push_arrows(pane: Pane, states: list[int], push: Floats) -> pygame.Surface:
    """Return arrows for sums of advantages `push` [S, A] in these states."""
    assert pane.tables is not None
    cells, board, palette = pane.tables.cell, pane.board, pane.board.palette
    most = max(float(np.abs(push[states]).max()), 1e-12)

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = board.cell * factor
        for state in states:
            x, y = board.centre(*cells[state])
            order = np.argsort(push[state]).tolist()  # what becomes more likely lies on top
            for action in order:
                share = float(push[state, action]) / most
                if abs(share) >= LEAST_PUSH:
                    hue = good_hue(palette) if share > 0 else bad_hue(palette)
                    size, tail = math.sqrt(abs(share)), (x * factor, y * factor)
                    halo = palette.paper if share > 0 else None
                    draw_arrow(surface, tail, action, side, size, hue, halo, hollow=share < 0)

    return smooth(board.size, paint, palette.ink)


def draw_captions(
    surface: pygame.Surface, rect: pygame.Rect, slow: SlowStep, moment: SlowMoment, type: Typeset
) -> None:
    """Draw the phases as a bar, the caption of the one that is shown, and what the colours mean."""
    palette, unit = type.palette, type.unit
    surface.fill(palette.paper, rect)
    y = _draw_bar(surface, rect, slow, moment, type)
    phase = slow.phases[moment.phase]
    room = max(1, (rect.bottom - y) // type.height("label") - 1)
    style = "heading" if type.width(phase.caption, "heading") <= rect.width else "label"
    for line in type.wrap(phase.caption, style, rect.width, room):
        at = (rect.left, y)
        y = type.write(surface, line, style, palette.ink, topleft=at).bottom
    if y + type.height("small") <= rect.bottom:
        _draw_key(surface, (rect.left, y + unit // 4), rect.width, slow, moment, type)


def _draw_bar(
    surface: pygame.Surface, rect: pygame.Rect, slow: SlowStep, moment: SlowMoment, type: Typeset
) -> int:
    """Draw one part of a bar for each phase, filled as far as it has been shown."""
    palette, unit, n = type.palette, type.unit, len(slow.phases)
    gap, high = unit // 2, max(4, unit // 2)
    wide = (rect.width - gap * (n - 1)) / n
    for i, phase in enumerate(slow.phases):
        part = pygame.Rect(round(rect.left + i * (wide + gap)), rect.top, round(wide), high)
        pygame.draw.rect(surface, palette.rule, part, border_radius=high // 2)
        share = moment.seconds / phase.seconds if i == moment.phase else float(i < moment.phase)
        part.width = round(part.width * share)
        if part.width:
            pygame.draw.rect(surface, palette.agent, part, border_radius=high // 2)
    return rect.top + high + unit


def _draw_key(
    surface: pygame.Surface,
    at: tuple[int, int],
    width: int,
    slow: SlowStep,
    moment: SlowMoment,
    type: Typeset,
) -> None:
    """Draw what the colours of a phase mean, or the number and the return of the walk."""
    palette, kind = type.palette, slow.phases[moment.phase].kind
    good, bad = good_hue(palette), bad_hue(palette)
    parts: list[tuple[Colour | None, str]] = []
    if kind == "walks":
        parts = [(None, walk_text(slow, moment))]
    elif kind == "returns":
        parts = [(good, "above the mean"), (bad, "not above it")]
    elif kind == "sum":
        parts = [(good, "filled: more likely"), (bad, "thin: less likely")]
    elif kind == "policy":
        after = moment.seconds >= BEFORE + FADE / 2
        parts = [(None, "now: after the step" if after else "now: before the step")]
    x, y, side = at[0], at[1], type.height("small") // 2
    for hue, text in parts:
        if x + type.width(text, "small") + 2 * side > at[0] + width:
            return
        if hue:
            box = pygame.Rect(x, y + side // 2, side, side)
            pygame.draw.rect(surface, hue, box, border_radius=side // 4)
            x = box.right + type.unit // 2
        ink = mix(palette.muted, palette.ink, 0.4)
        x = type.write(surface, text, "small", ink, topleft=(x, y)).right + 2 * type.unit


def walk_text(slow: SlowStep, moment: SlowMoment) -> str:
    """Return the number of the walk under way and, once it has ended, its return."""
    walk, share = walk_at(moment.seconds, slow.walks)
    text = f"walk {walk + 1} of {slow.walks}"
    if slow.returns is None or (share < 1 and walk < 2):
        return text
    return f"{text}: return {number(float(slow.returns[walk]))}"
