"""The overlays of the editor: what the map of a level says by itself, drawn over its board.

Each is one function and one key. It draws onto a transparent layer, and returns a sentence that
explains it. A new overlay is one more function and one more row of EDITOR_OVERLAYS.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass

import pygame

from game.authoring.analyses import LevelAnalysis, Link, links, opponent_tracks, stuck_opponents
from game.text.level import Cell, Level
from game.text.tiles import ARROWS
from game.view.draw.board import BoardGrid
from game.view.draw.marks import DYNAMIC_TILES, MARKS
from game.view.draw.overlay_shapes import cell_box, draw_cross, tint_cell, write_below
from game.view.draw.theme import WHITE, Colour, Point, Typeset, dashes, mix

PATH_WIDTH = 0.12  # of a cell
TINT = 110  # opacity, 0..255
LANE, LANES = 0.13, 5  # of a cell, between the ways side by side in it; the most of these
BELOW_SIGNS = 70  # opacity, 0..255, of what would cover a key or another sign
SIGN_AND_NUMBER = 3  # lines of text: the height of a cell with room for a sign and a number
SIGNED = (*MARKS, *DYNAMIC_TILES, *ARROWS.values())  # tiles with a sign to be read

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
    legs = [
        (hues[i % len(hues)], leg, number if len(route.legs) > 1 else 0)
        for i, route in enumerate(routes)
        for number, leg in enumerate(route.legs, 1)
    ]
    lines, lanes = pygame.Surface(board.size, pygame.SRCALPHA), min(len(legs), LANES)
    ways = []
    for i, (_, leg, _) in enumerate(legs):
        shift = board.cell * LANE * (i % lanes - (lanes - 1) / 2)
        ways.append([(x + shift, y + shift) for x, y in (board.centre(*cell) for cell in leg)])
    for points, (hue, leg, _) in reversed(list(zip(ways, legs))):
        _draw_way(lines, board, points, leg, hue)
    _put_below_signs(layer, lines, board, found.level)
    taken = set(found.level.find(*SIGNED))
    for points, (hue, leg, number) in zip(ways, legs):
        _draw_ring(layer, board, leg[-1], hue)
        if number:
            at = _free_middle(leg, taken)
            taken.add(leg[at])
            _write_label(layer, board, points[at], str(number), hue, type)
    if not routes:
        return "Shortest path: no goal can be reached."
    lengths = ", ".join(str(route.moves) for route in routes[:6])
    more = ", …" if len(routes) > 6 else ""
    order = " The numbers are the order of its parts." if any(n for _, _, n in legs) else ""
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
        box = cell_box(board, cell)
        cross = pygame.Rect(box.center, (board.cell * 0.36, board.cell * 0.36))
        draw_cross(layer, cross, WHITE, max(2, board.cell // 14))
    return f"Traps that cannot be left: {_counted(found.traps)} (×)."


def stuck(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw a frame around the opponents that cannot move."""
    cells, thick = stuck_opponents(found.level), max(3, board.cell // 9)
    for cell in cells:
        box = cell_box(board, cell)
        pygame.draw.rect(layer, WHITE, box.inflate(2, 2), thick + 2, border_radius=5)
        pygame.draw.rect(layer, type.palette.alert, box, thick, border_radius=4)
    return f"Opponents that cannot move: {len(cells) or 'none'}."


def tracks(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw the cells that each opponent can be in."""
    hue, every = type.palette.agents[1], opponent_tracks(found.level)
    lines = pygame.Surface(board.size, pygame.SRCALPHA)
    for track in every:
        for cell in track.cells:
            tint_cell(lines, board, cell, hue, TINT * 0.6)
        if track.kind != "hunt" and len(track.cells) > 1:
            first, last = (board.centre(*cell) for cell in (track.cells[0], track.cells[-1]))
            pygame.draw.line(lines, hue, first, last, max(2, board.cell // 14))
            for end in (first, last):
                pygame.draw.circle(lines, hue, end, max(3, board.cell // 8))
    _put_below_signs(layer, lines, board, found.level)
    number = len({track.cell for track in every})
    return f"Tracks of opponents: {number or 'none'}; a hunter goes on from there."


def pairs(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Draw lines between what belongs together: teleporters, keys and doors, switches and gates."""
    hues, every = type.palette.agents, links(found.level)
    lines = pygame.Surface(board.size, pygame.SRCALPHA)
    for i, link in enumerate(every):
        _draw_link(lines, board, link, hues[i % len(hues)])
    _put_below_signs(layer, lines, board, found.level)
    for i, link in enumerate(every):
        for cell in (*link.sources, *link.targets):
            thick = max(2, board.cell // 16) + 1
            pygame.draw.rect(
                layer, hues[i % len(hues)], cell_box(board, cell), thick, border_radius=4
            )
    missing = [link.missing for link in every if link.missing]
    lacking = f" Missing: {', '.join(map(repr, missing))}." if missing else ""
    return f"Pairs and links: teleporters, keys and doors, switches and gates.{lacking}"


def distances(layer: pygame.Surface, board: BoardGrid, found: LevelAnalysis, type: Typeset) -> str:
    """Tint the cells by their distance from the start, with the numbers where there is room."""
    far = max(found.distances.values(), default=0)
    near, remote = type.palette.agents[1], type.palette.agents[0]
    hues = [mix(near, remote, distance / max(far, 1)) for distance in range(far + 1)]
    seen = {cell: n for cell, n in found.distances.items() if board.shows(cell)}
    tint = pygame.Surface(board.size, pygame.SRCALPHA)
    for cell, distance in seen.items():
        tint_cell(tint, board, cell, hues[distance], TINT)
    _put_below_signs(layer, tint, board, found.level)
    if type.width(str(far), "small") < board.cell and type.height("small") < board.cell:
        signed = set(found.level.find(*SIGNED))
        has_both = board.cell >= SIGN_AND_NUMBER * type.height("small")
        for cell, distance in seen.items():
            if cell not in signed:
                at = cell_box(board, cell).center
                type.write(layer, str(distance), "small", type.palette.ink, center=at)
            elif has_both:
                write_below(layer, board, cell, str(distance), type)
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
    """Draw a way through cells; a jump by teleporter is dashed."""
    thick = max(2, round(board.cell * PATH_WIDTH))
    for colour, width in ((WHITE, thick + 2), (hue, thick)):
        for a, b, one, other in zip(points, points[1:], cells, cells[1:]):
            jumps = abs(one[0] - other[0]) + abs(one[1] - other[1]) > 1
            for start, end in dashes(a, b, 6, 6) if jumps else [(a, b)]:
                pygame.draw.line(layer, colour, start, end, width)
        for point in points:
            pygame.draw.circle(layer, colour, point, width / 2)


def _put_below_signs(
    layer: pygame.Surface, drawing: pygame.Surface, board: BoardGrid, level: Level
) -> None:
    """Put a drawing onto the layer, pale in the cells whose signs it would cover."""
    for cell in level.find(*SIGNED):
        pale = (255, 255, 255, BELOW_SIGNS)
        drawing.fill(pale, cell_box(board, cell), pygame.BLEND_RGBA_MULT)
    layer.blit(drawing, (0, 0))


def _draw_ring(layer: pygame.Surface, board: BoardGrid, cell: Cell, hue: Colour) -> None:
    """Draw a ring around what is in a cell: a way leads there."""
    thick, radius = max(2, round(board.cell * PATH_WIDTH / 2)), max(2, board.cell * 0.46)
    pygame.draw.circle(layer, WHITE, board.centre(*cell), radius + 1, thick + 2)
    pygame.draw.circle(layer, hue, board.centre(*cell), radius, thick)


def _free_middle(way: Sequence[Cell], taken: Container[Cell]) -> int:
    """Return the index of the cell of a way that is nearest to its middle and not taken."""
    middle = len(way) // 2
    order = sorted(range(len(way)), key=lambda i: abs(i - middle))
    return next((i for i in order if way[i] not in taken), middle)


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
    """Draw a line from each source to each target."""
    thick = max(2, board.cell // 16)
    for source in link.sources:
        for target in link.targets:
            ends = board.centre(*source), board.centre(*target)
            pygame.draw.line(layer, WHITE, *ends, thick + 2)
            pygame.draw.line(layer, hue, *ends, thick)


def _counted(cells: Iterable[Cell]) -> str:
    """Return how many cells there are, in words."""
    number = len(list(cells))
    return "none" if not number else "1 cell" if number == 1 else f"{number} cells"
