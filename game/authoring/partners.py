"""Tiles that come in pairs, and which of them a map still lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from game.text.level import Cell, Rows
from game.text.tiles import BOXES, BY_CHAR, GATE, SWITCH, TARGET, TARGETS

_PARTNERED = {char for char, tile in BY_CHAR.items() if tile.effect} | {*BOXES, *TARGETS}


@dataclass(frozen=True)
class MissingPartner:
    """A tile without its partner: the cell that it is in, and the tile that it lacks."""

    tile: str
    cell: Cell
    partner: str


def missing_partners(tiles: Rows) -> list[MissingPartner]:
    """Return the tiles that have no partner on a map, in reading order.

    `tiles` are rows with nothing but tiles of the table. Partners are the second teleporter of a
    pair, a key and its doors, switches and gates, and a target for each box.
    """
    places: dict[str, list[Cell]] = {}
    for r, row in enumerate(tiles):
        if not _PARTNERED.isdisjoint(row):
            for c, char in enumerate(row):
                places.setdefault(char, []).append((r, c))
    found = [MissingPartner(t, places[t][0], p) for t in places for p in _lacking(t, places)]
    return sorted([*found, *_boxes_without_target(places)], key=lambda one: one.cell)


def newly_missing(before: Rows, after: Rows) -> list[MissingPartner]:
    """Return the partners that an edit made missing: those to offer to the author."""
    known = {(one.tile, one.partner) for one in missing_partners(before)}
    return [one for one in missing_partners(after) if (one.tile, one.partner) not in known]


def _lacking(tile: str, places: dict[str, list[Cell]]) -> Iterator[str]:
    """The partner that a tile of the map lacks, if it does."""
    effect = BY_CHAR[tile].effect if tile in BY_CHAR else ""
    if effect == "teleporter":
        if len(places[tile]) == 1:
            yield tile
        return
    partner = {SWITCH: GATE, GATE: SWITCH}.get(tile, "")
    if effect in ("key", "door"):
        partner = tile.swapcase()
    if partner and partner not in places:
        yield partner


def _boxes_without_target(places: dict[str, list[Cell]]) -> Iterator[MissingPartner]:
    """The box that is one more than there are targets, if there is one."""
    boxes = sorted((cell, tile) for tile in BOXES for cell in places.get(tile, ()))
    targets = sum(len(places.get(tile, ())) for tile in TARGETS)
    if targets < len(boxes):
        cell, tile = boxes[targets]
        yield MissingPartner(tile, cell, TARGET)
