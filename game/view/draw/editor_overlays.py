"""The overlays of the editor: what the map of a level says by itself, drawn over its board.

Each is one function and one key. It draws onto a transparent layer, and returns a sentence that
explains it. A new overlay is one more function and one more row of EDITOR_OVERLAYS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pygame

from game.authoring.analyses import LevelAnalysis, Link, links, opponent_tracks, stuck_opponents
from game.text.level import Cell
from game.view.draw.board import BoardGrid
from game.view.draw.overlay_shapes import cell_box, draw_cross, has_room, tint_cell, write_in_cell
from game.view.draw.theme import WHITE, Colour, Point, Typeset, dashes, mix

PATH_WIDTH = 0.12  # of a cell
TINT = 110  # opacity, 0..255
LEG_OFFSET = 0.1  # of a cell, between the legs of a path

Explain = Callable[[pygame.Surface, BoardGrid, LevelAnalysis, Typeset], str]


@dataclass(frozen=True)
class EditorOverlay:
    """An overlay: the digit that is its key with Alt, its name, and its function."""

    digit: str
    name: str
    draw: Explain

    @property
    def cap(self) -> str:
        """The label of its key."""
        return f"Alt {self.digit}"


def paths(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw the shortest way to each goal; a way that crosses itself has numbered legs."""
    hues, routes = type.palette.agents, found.routes
    for i, route in reversed(list(enumerate(routes))):
        hue, legs = hues[i % len(hues)], route.legs
        for number, leg in enumerate(legs):
            shift = board.cell * LEG_OFFSET * (number - (len(legs) - 1) / 2)
            points = [(x + shift, y + shift) for x, y in (board.centre(*cell) for cell in leg)]
            _draw_way(layer, board, points, leg, hue)
            if len(legs) > 1:
                _write_label(layer, board, _middle(points), str(number + 1), hue, type)
    if not routes:
        return "Shortest path: no goal can be reached."
    lengths = ", ".join(str(route.moves) for route in routes[:6])
    more = ", …" if len(routes) > 6 else ""
    order = " The numbers are the order of its parts." if len(routes[0].legs) > 1 else ""
    return f"Shortest path: {lengths}{more} moves.{order}"


def out_of_reach(
    layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset
) -> str:
    """Draw the cells that no way leads to, hatched."""
    for cell in found.out_of_reach:
        _hatch(layer, board, cell, type.palette.alert)
    if not found.is_whole:
        return "Out of reach: the level is too large to know."
    return f"Out of reach: {_counted(found.out_of_reach)} (hatched)."


def traps(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw the cells from which no goal can be reached any more, crossed out."""
    for cell in found.traps:
        tint_cell(layer, board, cell, type.palette.alert, TINT)
        inside = cell_box(board, cell).inflate(-board.cell // 2, -board.cell // 2)
        draw_cross(layer, inside, WHITE, max(2, board.cell // 12))
    return f"Traps that cannot be left: {_counted(found.traps)} (×)."


def stuck(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw a frame around the opponents that cannot move."""
    cells = stuck_opponents(found.level)
    for cell in cells:
        box = cell_box(board, cell)
        pygame.draw.rect(layer, type.palette.alert, box, max(3, board.cell // 9), border_radius=4)
    return f"Opponents that cannot move: {len(cells) or 'none'}."


def tracks(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw the cells that each opponent can be in."""
    hue, every = type.palette.agents[1], opponent_tracks(found.level)
    for track in every:
        for cell in track.cells:
            tint_cell(layer, board, cell, hue, TINT * 0.6)
        if track.kind != "hunt" and len(track.cells) > 1:
            first, last = (board.centre(*cell) for cell in (track.cells[0], track.cells[-1]))
            pygame.draw.line(layer, hue, first, last, max(2, board.cell // 14))
            for end in (first, last):
                pygame.draw.circle(layer, hue, end, max(3, board.cell // 8))
    number = len({track.cell for track in every})
    return f"Tracks of opponents: {number or 'none'}; a hunter goes on from there."


def pairs(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw lines between what belongs together: teleporters, keys and doors, switches and gates."""
    missing = []
    for i, link in enumerate(links(found.level)):
        hue = type.palette.agents[i % len(type.palette.agents)]
        _draw_link(layer, board, link, hue)
        missing += [link.missing] if link.missing else []
    lacking = f" Missing: {', '.join(map(repr, missing))}." if missing else ""
    return f"Pairs and links: teleporters, keys and doors, switches and gates.{lacking}"


def distances(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Tint the cells by their distance from the start, with the numbers where there is room."""
    far = max(found.distances.values(), default=0)
    near, remote = type.palette.agents[1], type.palette.agents[0]
    for cell, distance in found.distances.items():
        tint_cell(layer, board, cell, mix(near, remote, distance / max(far, 1)), TINT)
        if has_room(board, type, "00"):
            write_in_cell(layer, board, cell, str(distance), type, type.palette.ink)
    return f"Distance from the start in moves: up to {far}."


EDITOR_OVERLAYS = (
    EditorOverlay("1", "path", paths),
    EditorOverlay("2", "out of reach", out_of_reach),
    EditorOverlay("3", "traps", traps),
    EditorOverlay("4", "stuck", stuck),
    EditorOverlay("5", "tracks", tracks),
    EditorOverlay("6", "links", pairs),
    EditorOverlay("7", "distance", distances),
)


def overlay_layer(
    overlays: Sequence[EditorOverlay], board: BoardGrid, found: LevelAnalysis, type: Typeset
) -> tuple[pygame.Surface, str]:
    """Return the picture of some overlays, and the sentence of the last one."""
    layer, text = pygame.Surface(board.size, pygame.SRCALPHA), ""
    for overlay in overlays:
        text = overlay.draw(layer, board, found, type)
    return layer, text


# --- shapes --------------------------------------------------------------------------------------


def _draw_way(
    layer: pygame.Surface,
    board: BoardGrid,
    points: Sequence[Point],
    cells: Sequence[Cell],
    hue: Colour,
) -> None:
    """Draw a way through cells; a jump by teleporter is dashed, and the last step has a head."""
    thick = max(2, round(board.cell * PATH_WIDTH))
    for colour, width in ((WHITE, thick + 2), (hue, thick)):
        for a, b, one, other in zip(points, points[1:], cells, cells[1:]):
            jumps = abs(one[0] - other[0]) + abs(one[1] - other[1]) > 1
            for start, end in dashes(a, b, 6, 6) if jumps else [(a, b)]:
                pygame.draw.line(layer, colour, start, end, width)
        for point in points:
            pygame.draw.circle(layer, colour, point, width / 2)
    pygame.draw.circle(layer, WHITE, points[-1], thick + 2)
    pygame.draw.circle(layer, hue, points[-1], thick)


def _middle(points: Sequence[Point]) -> Point:
    return points[len(points) // 2]


def _write_label(
    layer: pygame.Surface, board: BoardGrid, at: Point, text: str, hue: Colour, type: Typeset
) -> None:
    """Write a number in a disc."""
    radius = max(type.height("small") // 2, board.cell // 6)
    pygame.draw.circle(layer, WHITE, at, radius + 1)
    pygame.draw.circle(layer, hue, at, radius)
    type.write(layer, text, "label", WHITE, center=(round(at[0]), round(at[1])))


def _hatch(layer: pygame.Surface, board: BoardGrid, cell: Cell, hue: Colour) -> None:
    """Draw slanting lines over a cell."""
    tint_cell(layer, board, cell, hue, TINT / 2)
    box = cell_box(board, cell)
    pitch = max(5, board.cell // 4)
    for x in range(box.left - box.height, box.right, pitch):
        start, end = (x, box.bottom), (x + box.height, box.top)
        if clipped := box.clipline(start, end):
            pygame.draw.line(layer, hue, *clipped, 2)


def _draw_link(layer: pygame.Surface, board: BoardGrid, link: Link, hue: Colour) -> None:
    """Draw a line from each source to each target, and a frame around all of them."""
    thick = max(2, board.cell // 16)
    for source in link.sources:
        for target in link.targets:
            ends = board.centre(*source), board.centre(*target)
            pygame.draw.line(layer, WHITE, *ends, thick + 2)
            pygame.draw.line(layer, hue, *ends, thick)
    for cell in (*link.sources, *link.targets):
        pygame.draw.rect(layer, hue, cell_box(board, cell), thick + 1, border_radius=4)


def _counted(cells: Iterable[Cell]) -> str:
    """Return how many cells there are, in words."""
    number = len(list(cells))
    return "none" if not number else "1 cell" if number == 1 else f"{number} cells"
