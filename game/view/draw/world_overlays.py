"""The overlays of levels with a world of their own: a bandit's arms, and an MDP's graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import TypeAlias

import numpy as np
import pygame

from game.view.draw.board import Board
from game.view.draw.overlay_context import OverlayContext
from game.view.draw.overlay_shapes import cell_box, has_room, value_colour
from game.view.draw.theme import Point, Typeset, number, smooth
from game.world.rules import Floats

BAR = pygame.Rect(8, 0, 36, 72)  # left, width and largest height in per cent of a cell

Layer: TypeAlias = tuple[pygame.Surface, str]
Draw: TypeAlias = Callable[[Board, OverlayContext, Typeset], Layer]


def on_grid(draw: Draw) -> Draw:
    """Return a function that draws an overlay on levels of the grid, and explains itself on a level
    with a world of its own, where moves and goals mean nothing."""

    @wraps(draw)
    def drawn(board: Board, context: OverlayContext, type: Typeset) -> Layer:
        if context.tables.level.world:
            return pygame.Surface(board.size, pygame.SRCALPHA), "This overlay is for mazes alone."
        return draw(board, context, type)

    return drawn


def in_world(kind: str, draw: Draw) -> Callable[[Draw], Draw]:
    """Return a decorator of overlays, which are drawn by another function in a kind of world."""

    def replaced(usual: Draw) -> Draw:
        @wraps(usual)
        def drawn(board: Board, context: OverlayContext, type: Typeset) -> Layer:
            world = context.tables.level.world
            chosen = draw if world and world.kind == kind else usual
            return chosen(board, context, type)

        return drawn

    return replaced


def arm_chances(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw each arm's probability under the policy as a bar."""
    chances = context.probs[context.tables.starts[0]]
    surface = _bars(board, context, chances, [f"{100 * p:.0f}%" for p in chances], type)
    return surface, "Policy: the higher an arm's bar, the more likely the agent pulls it."


def arm_means(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw how often each arm pays, which the agent does not observe, as a bar."""
    means = context.tables.reward[context.tables.starts[0]]
    surface = _bars(board, context, means, [number(mean, 2) for mean in means], type)
    return surface, "Values: the mean reward of each arm, which the agent has to find out."


def _bars(
    board: Board, context: OverlayContext, shares: Floats, texts: list[str], type: Typeset
) -> pygame.Surface:
    """Return a layer with a bar and a text in each arm's cell; shares [A] are 0 to 1."""
    surface = pygame.Surface(board.size, pygame.SRCALPHA)
    arms = context.tables.cell[context.tables.next_state[context.tables.starts[0]]]
    for cell, share, text in zip(map(tuple, arms.tolist()), shares.tolist(), texts, strict=True):
        box = cell_box(board, cell)
        bar = pygame.Rect(
            0, 0, BAR.width * box.width // 100, round(share * BAR.height / 100 * box.height)
        )
        bar.bottomleft = box.left + BAR.left * box.width // 100, box.bottom
        surface.fill((*value_colour(share), 230), bar)
        if context.show_numbers and has_room(board, type, text):
            type.write(surface, text, "small", board.palette.ink, midtop=box.midtop)
    return surface


def likely_transitions(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw an MDP's graph under the policy: an arrow from each state to the likeliest next one."""
    tables = context.tables
    assert tables.outcomes is not None
    chances = np.einsum("sa,sao->so", context.probs, tables.outcomes)  # [S, S]
    places = [board.centre(*cell) for cell in tables.cell.tolist()]
    ink, halo = board.palette.ink, board.palette.paper

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = board.cell * factor
        for state, following in enumerate(chances.argmax(1).tolist()):
            a, b = (
                (places[end][0] * factor, places[end][1] * factor) for end in (state, following)
            )
            wide = max(2, round(0.14 * side * chances[state, following]))
            if state == following:
                pygame.draw.circle(surface, ink, a, 0.2 * side, wide)
            else:
                _draw_edge(surface, a, b, side, wide + 4, halo)
                _draw_edge(surface, a, b, side, wide, ink)

    text = "Policy: arrows to the likeliest next states, rings for staying; thicker is likelier."
    return smooth(board.size, paint, ink), text


def _draw_edge(
    surface: pygame.Surface, a: Point, b: Point, side: int, wide: int, colour: tuple[int, int, int]
) -> None:
    """Draw an arrow between the rims of two cells' middles, to the right of the line between them,
    where the arrow back has no place."""
    length = math.dist(a, b)
    x, y = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    right, rim, head = 0.1 * side, 0.24 * side, 0.12 * side + wide / 2
    start = a[0] + rim * x - right * y, a[1] + rim * y + right * x
    tip = b[0] - rim * x - right * y, b[1] - rim * y + right * x
    neck = tip[0] - head * x, tip[1] - head * y
    pygame.draw.line(surface, colour, start, neck, wide)
    wings = [(neck[0] - turn * head * y / 2, neck[1] + turn * head * x / 2) for turn in (-1, 1)]
    pygame.draw.polygon(surface, colour, [tip, *wings])
