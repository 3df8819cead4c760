"""What the agent observes around its cell, for the overlay of the features."""

from __future__ import annotations

from collections.abc import Iterator

from game.text.level import ENDS_BOXES, Cell, Level
from game.text.tiles import BOXES, BY_CHAR, GATE, SWITCH, TARGETS
from game.view.draw.overlay_context import OverlayContext
from game.world.features import VIEW_RADIUS
from game.world.rules import KEYS

THINGS = {"boxes": BOXES, "targets": TARGETS, "switches": (SWITCH,), "gates": (GATE,)}


def observed_cells(context: OverlayContext) -> Iterator[Cell]:
    """Yield the cells of the map that the agent observes from its own."""
    row, column = context.tables.cell[context.state].tolist()
    level = context.tables.level
    for r in range(max(0, row - VIEW_RADIUS), min(level.height, row + VIEW_RADIUS + 1)):
        for c in range(max(0, column - VIEW_RADIUS), min(level.width, column + VIEW_RADIUS + 1)):
            yield r, c


def is_blocked(context: OverlayContext, cell: Cell) -> bool:
    """Whether the agent observes the cell as blocked: a wall, a locked door or a closed gate."""
    tables, state = context.tables, context.state
    tile = BY_CHAR[tables.level.tiles[cell[0]][cell[1]]]
    if tile.effect == "door":
        return not tables.keys[state, KEYS.index(tile.char.lower())]
    if tile.effect == "gate":
        return not tables.gates[state]
    return not tile.passable


def observed_cost(context: OverlayContext, cell: Cell) -> float | None:
    """Return the cost that the agent observes in a cell; None where something stands on it."""
    tables, state = context.tables, context.state
    standing = [tables.cell[state].tolist(), *tables.boxes[state].tolist()]
    observed = tables.level.shown or tables.level
    cost = observed.cost(observed.rows[cell[0]][cell[1]])
    return cost if list(cell) not in standing and isinstance(cost, int | float) else None


def observed_things(level: Level) -> str:
    """Return the words for what the agent observes around itself."""
    found = ["costs", "walls", *(name for name, tiles in THINGS.items() if level.has(tiles))]
    return f"{', '.join(found[:-1])} and {found[-1]}"


def observed_goal(level: Level) -> str:
    """Return the words for what the agent observes of the goal, to follow those for the rest."""
    if level.ends == ENDS_BOXES:
        return ""
    return ", not the goal" if level.goal == "hidden" else ", and the direction of the goal"
