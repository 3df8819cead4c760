"""The overlays: each is one function and one key, and works on any board.

A function gets the board and the `OverlayContext`. It returns a layer to blit over the board, and a
sentence that explains the layer. A new overlay is one more function and one more row of `OVERLAYS`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pygame

from game.session.trace import ExperienceMaps
from game.text.level import ENDS_BOXES
from game.text.tiles import CANDIDATE, FLOOR, GOAL
from game.view.draw.board import Board
from game.view.draw.experience_marks import (
    draw_controls,
    draw_death,
    draw_fog,
    draw_halo,
    draw_paid,
    draw_sign,
    fog_thickness,
)
from game.view.draw.observed import (
    is_blocked,
    observed_cells,
    observed_cost,
    observed_goal,
    observed_things,
)
from game.view.draw.overlay_context import OverlayContext, visible_states
from game.view.draw.overlay_shapes import (
    cell_box,
    cross_cell,
    draw_arrow,
    draw_cross,
    halves,
    has_room,
    tint_cell,
    value_colour,
    write_below,
    write_chance,
    write_in_cell,
)
from game.view.draw.theme import DARK_INK, WHITE, Colour, Point, Typeset, dashes, number, smooth
from game.view.draw.world_overlays import (
    Draw,
    Layer,
    arm_chances,
    arm_means,
    in_world,
    likely_transitions,
    on_grid,
)
from game.world.batch import GridBatch
from game.world.beliefs import belief
from game.world.features import VIEW_RADIUS
from game.world.planner import optimal_path, optimal_return, state_values, visits
from game.world.rules import Floats, Ints

LEAST_ARROW = 0.04  # probability below which a policy arrow is left out
CHANGED = 0.15  # total variation distance from which on a cell counts as changed
HEAT: Colour = (104, 58, 168)  # of visits and beliefs: none of the agents' hues
MOST_WORK = 4_000_000  # states times steps that can be planned without a noticeable pause

CellMap = dict[tuple[int, int], float]  # values by (row, column)


@dataclass(frozen=True)
class Overlay:
    """An overlay's key, name and function."""

    cap: str
    word: str
    draw: Draw
    follows_agent: bool = False  # whether the layer changes with every move


@in_world("bandit", arm_chances)
@in_world("mdp", likely_transitions)
@on_grid
def policy(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw an arrow for each action, scaled by its probability; a ring for staying."""
    states, ink = visible_states(context.tables, context.state), board.palette.ink
    halo = board.palette.paper

    def paint(surface: pygame.Surface, factor: int) -> None:
        for state in states:
            tail = _centre(board, context, state, factor)
            for action, p in enumerate(context.probs[state]):
                if p >= LEAST_ARROW:
                    draw_arrow(surface, tail, action, board.cell * factor, float(p), ink, halo)

    text = "Policy: the longer an arrow, the more likely the action; a ring means staying."
    return smooth(board.size, paint, ink), text


def visit_heatmap(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw the number of visits per episode to each cell."""
    if refusal := _too_large(board, context):
        return refusal
    counts = _visits(context)
    cells: dict[tuple[int, int], float] = {}
    for (row, column), count in zip(context.tables.cell.tolist(), counts.tolist()):
        cells[row, column] = cells.get((row, column), 0.0) + count
    most = max(cells.values(), default=1.0)
    surface = pygame.Surface(board.size, pygame.SRCALPHA)
    for cell, count in cells.items():
        if count >= 0.005:
            share = math.sqrt(count / most)
            tint_cell(surface, board, cell, HEAT, 30 + 200 * share)
            if context.show_numbers:
                ink = WHITE if share > 0.45 else board.palette.ink
                text = number(count, 1 if count >= 0.05 else 2)
                write_in_cell(surface, board, cell, text, type, ink)
    basis = "expected" if context.step.stationary else "in the episodes shown"
    return surface, f"Visits: visits to each cell per episode, {basis}."


@in_world("bandit", arm_means)
def values(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw each cell's value: the expected return of an episode from there under the policy.

    The values are exact for a stationary policy, which depends on the state alone.
    """
    if refusal := _too_large(board, context):
        return refusal
    batch = GridBatch([context.tables])
    value = state_values(batch, context.probs[None])[0]
    states = visible_states(context.tables, context.state)
    low, high = float(value[states].min()), float(value[states].max())
    surface = pygame.Surface(board.size, pygame.SRCALPHA)
    for state in states:
        share = (float(value[state]) - low) / max(high - low, 1e-9)
        cell = tuple(context.tables.cell[state].tolist())
        tint_cell(surface, board, cell, value_colour(share), 205)
        ink = DARK_INK if share > 0.55 else WHITE
        if context.show_numbers:
            write_in_cell(surface, board, cell, number(float(value[state]), 1), type, ink)
    basis = (
        "of the current policy, computed exactly"
        if context.step.stationary
        else "if the first action in each cell were the whole policy"
    )
    span = f"from {number(low, 1)} (dark) to {number(high, 1)} (bright)"
    cells = "each cell, boxes as they stand," if context.tables.boxes.size else "each cell"
    return surface, f"Values: expected return from {cells} {basis}, {span}."


@on_grid
def changes(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw the cells where the last adaptation step changed the policy."""
    blank = pygame.Surface(board.size, pygame.SRCALPHA)
    if not context.now:
        return blank, "Changes: nothing yet before adaptation; go to the next step."
    before, after = context.steps[context.now - 1].action_probs[0], context.probs
    if before.shape != after.shape:
        return blank, "Changes: the level itself has changed in this step."
    distance = 0.5 * np.abs(after - before).sum(-1)  # [S] total variation
    states = [s for s in visible_states(context.tables, context.state) if distance[s] >= CHANGED]
    hue, pale = board.palette.ink, board.palette.muted

    def paint(surface: pygame.Surface, factor: int) -> None:
        side = board.cell * factor
        for state in states:
            tail = _centre(board, context, state, factor)
            box = pygame.Rect(0, 0, side * 0.92, side * 0.92)
            box.center = round(tail[0]), round(tail[1])
            tint = (*board.palette.agent, round(160 * float(distance[state])))
            pygame.draw.rect(surface, tint, box, border_radius=side // 8)
            old, new = int(before[state].argmax()), int(after[state].argmax())
            if old != new:
                draw_arrow(surface, tail, old, side, 0.6, pale, hollow=True)
            draw_arrow(surface, tail, new, side, 1.0, hue)

    if not states:
        return smooth(board.size, paint, hue), f"Changes in step {context.now}: hardly any."
    turned = sum(int(before[s].argmax() != after[s].argmax()) for s in states)
    where = "1 cell" if len(states) == 1 else f"{len(states)} cells"
    text = (
        f"Changes in step {context.now}: probabilities moved in {where}; the likeliest action "
        f"changed in {turned} (thin arrow: before, thick: now)."
    )
    return smooth(board.size, paint, hue), text


@on_grid
def optimum(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw an optimal path, with its length and return."""
    if refusal := _too_large(board, context):
        return refusal
    states, actions = optimal_path(context.tables)
    best = float(optimal_return(GridBatch([context.tables]))[0])
    cells, hue = context.tables.cell, board.palette.goal

    def paint(surface: pygame.Surface, factor: int) -> None:
        places = [_centre(board, context, state, factor) for state in states.tolist()]
        thick, dash = max(2, board.cell * factor // 9), board.cell * factor / 6
        for a, b, here, there in zip(places, places[1:], cells[states], cells[states[1:]]):
            if math.dist(here, there) <= 1:  # teleporters skip the cells between
                for start, end in dashes(a, b, dash, dash * 0.7):
                    pygame.draw.line(surface, hue, start, end, thick)
        for place in places[1:]:
            pygame.draw.circle(surface, hue, place, thick * 0.9)

    moves = int((context.tables.left_first[actions] != 0).sum())  # without steps that stay
    luck = " if no move slips" if GridBatch([context.tables]).stochastic[0] else ""
    text = f"Optimum: {moves} moves{luck}, return {number(best)}; the agent does not see this path."
    return smooth(board.size, paint, hue), text


def features(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw what the agent observes in its current cell; everything else is darkened."""
    row, column = context.tables.cell[context.state].tolist()
    level = context.tables.level
    veil = pygame.Surface(board.size, pygame.SRCALPHA)
    night = (*board.palette.night, 150)
    pygame.draw.rect(veil, night, veil.get_rect(), border_radius=board.radius)
    reach = (VIEW_RADIUS + 0.5) * board.cell
    window = pygame.Rect(0, 0, round(2 * reach), round(2 * reach))
    x, y = board.centre(row, column)
    window.center = round(x), round(y)
    veil.fill((0, 0, 0, 0), window)
    pygame.draw.rect(veil, board.palette.agent, window, max(2, board.cell // 24))
    for cell in observed_cells(context):
        if is_blocked(context, cell):
            cross_cell(veil, board, cell)
        elif (cost := observed_cost(context, cell)) is not None:
            write_in_cell(veil, board, cell, f"{cost:g}", type, board.palette.ink)
    return veil, (
        f"Features: the agent observes its position (row {row + 1}, column {column + 1}), "
        f"{observed_things(level)} within {VIEW_RADIUS} cells{observed_goal(level)}."
    )


@on_grid
def posterior(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw the exact Bayes posterior of the goal given all moves shown.

    If the agent has a belief of its own, it takes the lower half of each cell.
    """
    tables, surface = context.tables, pygame.Surface(board.size, pygame.SRCALPHA)
    if tables.level.ends == ENDS_BOXES:
        return surface, "Belief: the goal is every box on a target, there is nothing to infer."
    if tables.level.goal == "visible":
        return surface, "Belief: the goal is visible, there is nothing to infer."
    candidates, chances = exact_belief(context)
    own_belief = context.agent_belief
    most = float(chances.max())
    for (row, column), chance in zip(candidates.tolist(), chances.tolist()):
        exact, own = halves(cell_box(board, (row, column)), own_belief is not None)
        is_goal = tables.level.tiles[row][column] == GOAL
        if chance > 0:
            surface.fill((*HEAT, round(40 + 80 * chance / most)), exact)
            if context.show_numbers and (chance < 1 or own_belief is not None):
                write_chance(surface, exact, chance, type, board.palette, is_goal)
        else:
            side = min(exact.size) * 0.45
            box = pygame.Rect(0, 0, side, side)
            box.center = exact.center
            draw_cross(surface, box, board.palette.ink, max(2, board.cell // 16))
        if own_belief is not None:
            chance = float(own_belief[row, column])
            share = float(own_belief[row, column] / own_belief.max())
            surface.fill((*board.palette.agent, round(140 * share)), own)
            if context.show_numbers:
                write_chance(surface, own, chance, type, board.palette, is_goal)
    left = int((chances > 0).sum())
    cells = "1 cell is left" if left == 1 else f"{left} cells are left"
    if own_belief is not None:
        text = f"Beliefs in each cell: above the exact one ({cells}), below the agent's own."
        return surface, text
    if left == 1:
        return surface, "Exact belief: the goal has been found, no doubt is left."
    prior = "" if context.family else " if any floor may be the goal"
    return surface, f"Exact belief{prior}: cells that were entered are ruled out (×), {cells}."


def exact_belief(context: OverlayContext) -> tuple[Ints, Floats]:
    """Return the candidate cells of the goal [n, 2] and their posterior probabilities [n].

    The candidates are those of the level's family, or else all floor that can be reached.
    """
    tables, level = context.tables, context.tables.level
    cells = np.unique(tables.cell, axis=0)
    if context.family:
        places = {*context.family.find(CANDIDATE), *level.find(GOAL)}
        likely = [tuple(cell) in places for cell in cells.tolist()]
    else:
        likely = [level.tiles[row][column] in (FLOOR, GOAL) for row, column in cells.tolist()]
    candidates, entered = cells[np.array(likely, bool)], context.entered_states
    return candidates, belief(candidates, tables.cell[entered], tables.goal[entered])


def knowledge(board: Board, context: OverlayContext, type: Typeset) -> Layer:
    """Draw the maps of an agent that keeps some: fog where it has not been, rewards that the level
    does not show, goals, deaths and, where controls are in doubt, what its actions do."""
    surface = pygame.Surface(board.size, pygame.SRCALPHA)
    maps, palette, level = context.step.maps, board.palette, context.tables.level
    if maps is None:
        return surface, NO_MAPS
    draw_fog(surface, board, fog_thickness(maps, level.height, level.width))
    paid, goals, deaths = (_by_cell(m, level.width) for m in (maps.paid, maps.goals, maps.deaths))
    most_paid = max(map(abs, paid.values()), default=1.0)
    for cell, reward in paid.items():
        draw_paid(surface, board, cell, reward > 0, math.sqrt(abs(reward) / most_paid))
    for cell in goals:
        draw_halo(surface, board, cell, palette.goal)
    for cell, count in deaths.items():
        draw_death(surface, board, cell, math.sqrt(count / max(deaths.values())))
    for cell, reward in paid.items():
        if cell in goals:
            continue  # the ring stands for what a goal pays
        if context.show_numbers and has_room(board, type):
            write_below(surface, board, cell, number(reward, 1, signed=True), type)
        else:
            draw_sign(surface, board, cell, reward > 0)
    if remapped := not np.allclose(maps.controls[0], np.eye(len(maps.controls[0])), atol=0.05):
        at = context.tables.cell[context.state].tolist()
        draw_controls(surface, board, (at[0], at[1]), maps.controls[0])
    text = f"What it knows before step {context.now}: {_in_words(maps, goals, deaths, paid)}"
    return (
        surface,
        f"{text}; by the agent: the action that leads there." if remapped else f"{text}.",
    )


NO_MAPS = (
    "What it knows: nothing to show, this agent keeps no maps; all that it learned is in the "
    "numbers of its policy."
)
LEAST_PAID = 0.005  # mean reward that counts as one that the level does not show


def _by_cell(values: Floats, width: int) -> CellMap:
    """Return the entries of a map [1, cells] that are not 0, by (row, column)."""
    cells = np.flatnonzero(np.abs(values[0]) > LEAST_PAID)
    return {divmod(cell, width): float(values[0, cell]) for cell in cells.tolist()}


def _in_words(maps: ExperienceMaps, goals: CellMap, deaths: CellMap, paid: CellMap) -> str:
    """Return what an agent knows in words, given the entries of three of its maps."""
    found = _times("a goal reached", sum(goals.values())) if goals else "no goal found"
    fog = " (the rest is in fog)" if maps.explored(0) < 1 else ""
    parts = [f"{maps.percent_explored(0)}% of the map{fog}"]
    parts += [found] if goals or maps.is_searching(0) else []
    parts += [f"{_times('died', sum(deaths.values()))} (×)"] if deaths else []
    parts += ["unexpected rewards (+ −)"] if paid else []
    return ", ".join(parts)


def _times(what: str, count: float) -> str:
    """Return how often something happened, in words."""
    return f"{what} once" if count == 1 else f"{what} {count:,.0f} times"


OVERLAYS: tuple[Overlay, ...] = (
    Overlay("P", "policy", policy),
    Overlay("H", "visits", visit_heatmap),
    Overlay("V", "values", values),
    Overlay("C", "changes", changes),
    Overlay("O", "optimum", optimum),
    Overlay("F", "features", features, follows_agent=True),
    Overlay("B", "belief", posterior, follows_agent=True),
    Overlay("K", "what it knows", knowledge, follows_agent=True),
)


def _too_large(board: Board, context: OverlayContext) -> Layer | None:
    """Return an empty layer with an explanation if planning would take too long for a window."""
    if context.tables.n_states * context.tables.level.steps <= MOST_WORK:
        return None
    return pygame.Surface(board.size, pygame.SRCALPHA), "This level is too large for this overlay."


def _visits(context: OverlayContext) -> Floats:
    """Return visits per episode [S]: exact for a stationary policy, else of the episodes shown."""
    step, tables = context.step, context.tables
    if step.stationary:
        exact: Floats = visits(GridBatch([tables]), step.action_probs)[0]
        return exact
    paths: Ints = step.paths[0]
    counts = np.bincount(paths[paths >= 0], minlength=tables.n_states)
    return counts / len(paths)


def _centre(board: Board, context: OverlayContext, state: int, factor: int) -> Point:
    """Return the middle of a state's cell, in px times `factor`."""
    x, y = board.centre(*context.tables.cell[state])
    return x * factor, y * factor
