"""Looks inside: each overlay is one function and one key, over any board.

A function gets the board and the `OverlayContext`, and returns a layer to blit over the board and a
sentence that explains it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pygame

from game.session.trace import AdaptationStep
from game.text.level import Level
from game.text.tiles import BY_CHAR, CANDIDATE, FLOOR, GOAL
from game.view.draw.board import Board
from game.view.draw.theme import (
    DARK_INK,
    WHITE,
    Colour,
    Palette,
    Point,
    Typeset,
    dashes,
    mix,
    number,
    smooth,
)
from game.world.batch import GridBatch
from game.world.beliefs import belief
from game.world.features import SIGHT
from game.world.planner import optimal_path, optimal_return, state_values, visits
from game.world.rules import MOVES, STAY, Bools, Floats, Ints
from game.world.tables import Tables

LEAST = 0.04  # probability below which a policy arrow is left out
TURNED = 0.15  # of probability moved, from which on a cell counts as changed
USUAL = "−0.0"  # a number as cells bear it: either all of them do, or none
HEAT: Colour = (104, 58, 168)  # of visits: none of the agents' hues
SCALE: tuple[Colour, ...] = (  # of values: dark is low, bright is high, in greyscale, too
    (0, 32, 76),
    (58, 78, 108),
    (110, 110, 114),
    (166, 148, 110),
    (222, 194, 88),
    (255, 233, 69),
)


@dataclass(frozen=True)
class OverlayContext:
    """What there is to look into: an agent's steps so far, the step on screen and its state."""

    tables: Tables
    steps: Sequence[AdaptationStep]
    now: int
    state: int
    figures: bool = True  # whether cells may bear numbers: not below other overlays
    episode: int = 0  # of the step on screen
    move: int = 0  # moves made in it
    since: int = 0  # the step from which on the level is as it is
    family: Level | None = None  # with all cells where the goal may be, if that is known

    @property
    def step(self) -> AdaptationStep:
        return self.steps[self.now]

    @property
    def probs(self) -> Floats:
        """[S, A] the policy of the step on screen."""
        return self.step.action_probs[0]

    @property
    def entered(self) -> Ints:
        """The states that the moves shown so far have ended in, each once.

        Where a step is one episode of a trial, the episodes that it carries are of other trials.
        """
        first, paths = self.steps[self.since : self.now], self.step.paths[0]
        if len(self.steps) > 1 and self.steps[1].episodes == 1:
            parts = [step.paths[0, self.episode, 1:] for step in first]
        else:
            parts = [step.paths[0, :, 1:].ravel() for step in first]
            parts.append(paths[: self.episode, 1:].ravel())
        found: Ints = np.unique(np.concatenate([*parts, paths[self.episode, 1 : self.move + 1]]))
        return found[found >= 0]

    @property
    def believed(self) -> Floats | None:
        """[height, width] where the agent itself believes the goal to be, if it can tell."""
        belief, level = self.step.belief, self.tables.level
        if belief is None or self.episode:
            return None
        now: Floats = belief[0, min(self.move, level.steps - 1), : level.height * level.width]
        return now.reshape(level.height, level.width) if now.sum() > 0 else None

    @property
    def rest(self) -> object:
        """What of the state is not the cell, and hides or shows whole layers of states."""
        return self.tables.keys[self.state].tobytes(), self.tables.coins[self.state].tobytes()


def layer(tables: Tables, state: int) -> list[int]:
    """One state for each cell in which an episode may go on, with the same keys and coins left."""
    same: Bools = ~tables.over & (tables.keys == tables.keys[state]).all(1)
    same &= (tables.coins == tables.coins[state]).all(1)
    found: dict[tuple[int, ...], int] = {}
    for one in np.flatnonzero(same).tolist():
        found.setdefault(tuple(tables.cell[one].tolist()), one)
    return list(found.values())


Layer = tuple[pygame.Surface, str]
MOST_WORK = 4_000_000  # states times steps that are planned through without a pause to be felt


def _too_large(board: Board, scene: OverlayContext) -> Layer | None:
    """Where planning would take too long for a window, nothing and a word about it."""
    if scene.tables.n_states * scene.tables.level.steps <= MOST_WORK:
        return None
    return pygame.Surface(board.size, pygame.SRCALPHA), "This level is too large to look into."


# --- the overlays --------------------------------------------------------------------------------


def policy(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """Arrows from each cell, as long as the action is likely; a ring for staying."""
    states, ink = layer(scene.tables, scene.state), board.palette.ink
    halo = board.palette.paper

    def paint(surface: pygame.Surface, factor: int) -> None:
        for state in states:
            tail = _middle(board, scene, state, factor)
            for action, p in enumerate(scene.probs[state]):
                if p >= LEAST:
                    _arrow(surface, tail, action, board.cell * factor, float(p), ink, halo)

    text = "Policy: the longer an arrow, the likelier the agent goes that way; a ring is staying."
    return smooth(board.size, paint, ink), text


def heat(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """How often the agent is in each cell, in an episode."""
    if refusal := _too_large(board, scene):
        return refusal
    counts = _visits(scene)
    cells: dict[tuple[int, int], float] = {}
    for (row, column), count in zip(scene.tables.cell.tolist(), counts.tolist()):
        cells[row, column] = cells.get((row, column), 0.0) + count
    most = max(cells.values(), default=1.0)
    surface = pygame.Surface(board.size, pygame.SRCALPHA)
    for cell, count in cells.items():
        if count >= 0.005:
            share = math.sqrt(count / most)
            _tint(surface, board, cell, HEAT, 30 + 200 * share)
            if scene.figures:
                ink = WHITE if share > 0.45 else board.palette.ink
                _figure(surface, board, cell, number(count, 1 if count >= 0.05 else 2), type, ink)
    of = "on average" if scene.step.stationary else "in the episodes shown"
    return surface, f"Visits: how often the agent is in each cell in an episode, {of}."


def values(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """What an episode that begins in each cell returns under the present policy: exactly where that
    goes by the state alone."""
    if refusal := _too_large(board, scene):
        return refusal
    batch = GridBatch([scene.tables])
    worth = state_values(batch, scene.probs[None])[0]
    states = layer(scene.tables, scene.state)
    low, high = float(worth[states].min()), float(worth[states].max())
    surface = pygame.Surface(board.size, pygame.SRCALPHA)
    for state in states:
        share = (float(worth[state]) - low) / max(high - low, 1e-9)
        colour = _graded(share)
        cell = tuple(scene.tables.cell[state].tolist())
        _tint(surface, board, cell, colour, 205)
        ink = DARK_INK if share > 0.55 else WHITE
        if scene.figures:
            _figure(surface, board, cell, number(float(worth[state]), 1), type, ink)
    under = (
        "under the present policy, exactly"
        if scene.step.stationary
        else "if what the agent would do first in each cell were its policy"
    )
    span = f"({number(low, 1)} dark to {number(high, 1)} bright)"
    return surface, f"Values: what an episode from this cell would return {under} {span}."


def changes(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """Where the last adaptation step turned the policy."""
    blank = pygame.Surface(board.size, pygame.SRCALPHA)
    if not scene.now:
        return blank, "Changes: nothing yet, this is before adaptation. Go on one step."
    before, after = scene.steps[scene.now - 1].action_probs[0], scene.probs
    if before.shape != after.shape:
        return blank, "Changes: the level itself has changed in this step."
    moved = 0.5 * np.abs(after - before).sum(-1)  # [S] probability that went to other actions
    states = [s for s in layer(scene.tables, scene.state) if moved[s] >= TURNED]
    hue, pale = board.palette.ink, board.palette.muted

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = board.cell * factor
        for state in states:
            tail = _middle(board, scene, state, factor)
            box = pygame.Rect(0, 0, side * 0.92, side * 0.92)
            box.center = round(tail[0]), round(tail[1])
            tint = (*board.palette.agent, round(160 * float(moved[state])))
            pygame.draw.rect(surface, tint, box, border_radius=side // 8)
            old, new = int(before[state].argmax()), int(after[state].argmax())
            if old != new:
                _arrow(surface, tail, old, side, 0.6, pale, hollow=True)
            _arrow(surface, tail, new, side, 1.0, hue)

    if not states:
        return smooth(board.size, paint, hue), f"Changes in step {scene.now}: hardly any."
    turned = sum(int(before[s].argmax() != after[s].argmax()) for s in states)
    where = "1 cell" if len(states) == 1 else f"{len(states)} cells"
    text = (
        f"Changes in step {scene.now}: {where} moved; in {turned} the likeliest way turned "
        "(thin arrow: before, thick: now)."
    )
    return smooth(board.size, paint, hue), text


def optimum(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """A best path, which only the planner knows, with its length and return."""
    if refusal := _too_large(board, scene):
        return refusal
    states, actions = optimal_path(scene.tables)
    best = float(optimal_return(GridBatch([scene.tables]))[0])
    cells, hue = scene.tables.cell, board.palette.goal

    def paint(surface: pygame.Surface, factor: int) -> None:
        places = [_middle(board, scene, state, factor) for state in states.tolist()]
        thick, dash = max(2, board.cell * factor // 9), board.cell * factor / 6
        for a, b, here, there in zip(places, places[1:], cells[states], cells[states[1:]]):
            if math.dist(here, there) <= 1:  # a teleporter leads through no cell
                for start, end in dashes(a, b, dash, dash * 0.7):
                    pygame.draw.line(surface, hue, start, end, thick)
        for place in places[1:]:
            pygame.draw.circle(surface, hue, place, thick * 0.9)

    moves = int((actions != STAY).sum())
    luck = " with luck on its side" if GridBatch([scene.tables]).chancy[0] else ""
    text = f"Optimum: {moves} moves{luck}, return {number(best)}; only the planner sees this path."
    return smooth(board.size, paint, hue), text


def features(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """What the agent sees of the level from where it stands."""
    row, column = scene.tables.cell[scene.state].tolist()
    level = scene.tables.level
    veil = pygame.Surface(board.size, pygame.SRCALPHA)
    night = (*board.palette.night, 150)
    pygame.draw.rect(veil, night, veil.get_rect(), border_radius=board.radius)
    reach = (SIGHT + 0.5) * board.cell
    window = pygame.Rect(0, 0, round(2 * reach), round(2 * reach))
    window.center = _whole(board.centre(row, column))
    veil.fill((0, 0, 0, 0), window)
    pygame.draw.rect(veil, board.palette.agent, window, max(2, board.cell // 24))
    for r in range(max(0, row - SIGHT), min(level.height, row + SIGHT + 1)):
        for c in range(max(0, column - SIGHT), min(level.width, column + SIGHT + 1)):
            tile = BY_CHAR[level.rows[r][c]]
            if not tile.passable:
                _cross(veil, board, (r, c))
            elif (r, c) != (row, column):
                shown = level.shown or level
                cost = shown.cost(tile.char)
                if isinstance(cost, int | float):
                    _figure(veil, board, (r, c), f"{cost:g}", type, board.palette.ink)
    unseen = "; not the goal" if level.goal == "hidden" else "; and the way to the goal"
    return veil, (
        f"What the agent sees: that it is in row {row + 1}, column {column + 1}, and the costs and "
        f"walls within {SIGHT} cells{unseen}."
    )


def posterior(board: Board, scene: OverlayContext, type: Typeset) -> Layer:
    """Where the goal may still be for who saw all that was shown: the exact Bayes belief; beside it
    what the agent itself believes, if it has words for that."""
    tables, surface = scene.tables, pygame.Surface(board.size, pygame.SRCALPHA)
    if tables.level.goal == "visible":
        return surface, "Belief: the goal is in sight, there is nothing to believe."
    candidates, chances = exact_belief(scene)
    believed = scene.believed
    most = float(chances.max())
    for (row, column), chance in zip(candidates.tolist(), chances.tolist()):
        exact, own = _halves(_box(board, (row, column)), believed is not None)
        marked = tables.level.rows[row][column] == GOAL
        if chance > 0:
            surface.fill((*HEAT, round(40 + 80 * chance / most)), exact)
            if scene.figures and (chance < 1 or believed is not None):
                _percent(surface, exact, chance, type, board.palette, marked)
        else:
            side = min(exact.size) * 0.45
            box = pygame.Rect(0, 0, side, side)
            box.center = exact.center
            _paint_cross(surface, box, board.palette.ink, max(2, board.cell // 16))
        if believed is not None:
            share = float(believed[row, column] / believed.max())
            surface.fill((*board.palette.agent, round(140 * share)), own)
            if scene.figures:
                _percent(surface, own, float(believed[row, column]), type, board.palette, marked)
    left = int((chances > 0).sum())
    cells = "1 cell is left" if left == 1 else f"{left} cells are left"
    if believed is not None:
        text = f"Beliefs: in each cell, above, the exact one ({cells}); below, the agent's own."
        return surface, text
    if left == 1:
        return surface, "Exact belief: the goal has been seen, there is no doubt any more."
    what = "" if scene.family else ", if any floor may be the goal"
    return surface, f"Exact belief{what}: what was entered (crossed) is ruled out, {cells}."


def exact_belief(scene: OverlayContext) -> tuple[Ints, Floats]:
    """The cells [n, 2] where the goal may be, by the family of the level or else on any floor that
    can be reached, and their exact chances [n] for who saw all that was shown."""
    tables, level = scene.tables, scene.tables.level
    cells = np.unique(tables.cell, axis=0)
    if scene.family:
        places = {*scene.family.find(CANDIDATE), *level.find(GOAL)}
        likely = [tuple(cell) in places for cell in cells.tolist()]
    else:
        likely = [level.rows[row][column] in (FLOOR, GOAL) for row, column in cells.tolist()]
    candidates, entered = cells[np.array(likely, bool)], scene.entered
    on_goal = np.array([level.rows[r][c] == GOAL for r, c in tables.cell[entered].tolist()], bool)
    return candidates, belief(candidates, tables.cell[entered], on_goal)


def _halves(box: pygame.Rect, two: bool) -> tuple[pygame.Rect, pygame.Rect]:
    """The upper and the lower half of a cell, or all of it."""
    if not two:
        return box, box
    high = box.height // 2
    upper = pygame.Rect(box.left, box.top, box.width, high)
    return upper, pygame.Rect(box.left, upper.bottom + 1, box.width, box.height - high - 1)


def _percent(
    surface: pygame.Surface,
    box: pygame.Rect,
    chance: float,
    type: Typeset,
    palette: Palette,
    marked: bool,
) -> None:
    """A chance, where there is room for it; on a ground of its own where a mark is below it."""
    if type.width("100%", "small") >= box.width or type.height("small") - 2 > box.height:
        return
    text = f"{100 * chance:.0f}%"
    if marked:
        ground = pygame.Rect(0, 0, type.width(text, "small") + type.unit, type.height("small"))
        ground.center = box.center
        pygame.draw.rect(surface, (*palette.card, 210), ground, border_radius=type.unit // 2)
    type.write(surface, text, "small", palette.ink, center=box.center)


@dataclass(frozen=True)
class Overlay:
    """An overlay's key and function; `moves` says that it goes with the agent."""

    cap: str
    word: str
    draw: Callable[[Board, OverlayContext, Typeset], Layer]
    moves: bool = False


OVERLAYS: tuple[Overlay, ...] = (
    Overlay("P", "policy", policy),
    Overlay("H", "visits", heat),
    Overlay("V", "values", values),
    Overlay("C", "changes", changes),
    Overlay("O", "optimum", optimum),
    Overlay("F", "features", features, moves=True),
    Overlay("B", "belief", posterior, moves=True),
)


# --- shapes --------------------------------------------------------------------------------------


def _visits(scene: OverlayContext) -> Floats:
    """[S] exactly where the policy goes by the state alone, else in the episodes shown."""
    step, tables = scene.step, scene.tables
    if step.stationary:
        exact: Floats = visits(GridBatch([tables]), step.action_probs)[0]
        return exact
    paths: Ints = step.paths[0]
    counts = np.bincount(paths[paths >= 0], minlength=tables.n_states)
    return counts / len(paths)


def _middle(board: Board, scene: OverlayContext, state: int, factor: int) -> Point:
    x, y = board.centre(*scene.tables.cell[state])
    return x * factor, y * factor


def _whole(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _box(board: Board, cell: tuple[int, ...]) -> pygame.Rect:
    x, y = board.centre(*cell)
    half = board.cell / 2
    left, top = round(x - half), round(y - half)
    return pygame.Rect(left, top, round(x + half) - left, round(y + half) - top)


def _tint(
    surface: pygame.Surface, board: Board, cell: tuple[int, ...], colour: Colour, opacity: float
) -> None:
    surface.fill((*colour, round(opacity)), _box(board, cell))


def _figure(
    surface: pygame.Surface,
    board: Board,
    cell: tuple[int, ...],
    text: str,
    type: Typeset,
    colour: Colour | None = None,
) -> None:
    """A number in a cell that has room for it."""
    if max(type.width(text, "small"), type.width(USUAL, "small")) < board.cell:
        colour = colour or board.palette.ink
        type.write(surface, text, "small", colour, center=_box(board, cell).center)


def _cross(
    surface: pygame.Surface, board: Board, cell: tuple[int, int], colour: Colour = WHITE
) -> None:
    box = _box(board, cell).inflate(-board.cell * 0.55, -board.cell * 0.55)
    _paint_cross(surface, box, colour, max(2, board.cell // 16))


def _paint_cross(surface: pygame.Surface, box: pygame.Rect, colour: Colour, thick: int) -> None:
    for a, b in ((box.topleft, box.bottomright), (box.bottomleft, box.topright)):
        pygame.draw.line(surface, colour, a, b, thick)


def _graded(share: float) -> Colour:
    """The colour of a value; share 0..1."""
    at = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    first = min(int(at), len(SCALE) - 2)
    return mix(SCALE[first], SCALE[first + 1], at - first)


def _arrow(
    surface: pygame.Surface,
    tail: Point,
    action: int,
    side: int,
    p: float,
    colour: Colour,
    halo: Colour | None = None,
    hollow: bool = False,
) -> None:
    """An arrow as long as p, on a cell of `side` px, if so with a rim; `hollow` is a thin one."""
    if action == STAY:
        width = max(2, side // 40)
        pygame.draw.circle(surface, colour, tail, side * 0.13 * math.sqrt(p), width)
        return
    dy, dx = MOVES[action].tolist()
    reach, head = side * (0.1 + 0.36 * p), side * (0.05 + 0.05 * p)
    tip = (tail[0] + dx * reach, tail[1] + dy * reach)
    neck = (tip[0] - dx * head, tip[1] - dy * head)
    thick = max(2, round(side * (0.02 if hollow else 0.02 + 0.035 * p)))
    wings = [(neck[0] + dy * head, neck[1] + dx * head), (neck[0] - dy * head, neck[1] - dx * head)]
    if halo:
        rim = max(1, side // 40)
        pygame.draw.line(surface, halo, tail, neck, thick + 2 * rim)
        pygame.draw.polygon(surface, halo, [tip, *wings])
        pygame.draw.polygon(surface, halo, [tip, *wings], 2 * rim)
    pygame.draw.line(surface, colour, tail, neck, thick)
    pygame.draw.polygon(surface, colour, [tip, *wings], thick if hollow else 0)
