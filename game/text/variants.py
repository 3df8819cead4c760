"""The symmetric variants of a level: mirrored and rotated maps."""

from __future__ import annotations

from dataclasses import replace

from game.text.level import MIRROR, ROTATE, WINDS, Level
from game.text.tiles import DIRECTIONS, PATROL, SETTINGS, TILES
from game.text.values import NORMAL, SHUFFLED, OneOf, Value


def mirrored(level: Level) -> Level:
    """The level with left and right swapped; where opponents set out to stays as it is."""
    rows = tuple(row[::-1] for row in level.rows)
    return _transformed(level, rows, {"left": "right", "right": "left"})


def rotated(level: Level) -> Level:
    """The level turned clockwise by a quarter; opponents still set out to the right, or down."""
    rows = tuple("".join(column[::-1]) for column in zip(*level.rows))
    turn = {"up": "right", "right": "down", "down": "left", "left": "up", "x": "y", "y": "x"}
    return _transformed(level, rows, turn)


_ARROWS = {tile.effect: tile.char for tile in TILES if tile.effect in DIRECTIONS}
_BLOWS = {move: wind for wind, move in WINDS.items()}


def _transformed(level: Level, rows: tuple[str, ...], words: dict[str, str]) -> Level:
    """The level with other rows, in which all that has a direction goes by other words."""
    arrows = str.maketrans({_ARROWS[a]: _ARROWS[b] for a, b in words.items() if a in _ARROWS})
    moves = {a: words.get(a, a) for a in DIRECTIONS}
    controls = level.controls
    if controls not in (NORMAL, SHUFFLED):
        turned = {moves[a]: moves[b] for a, b in zip(DIRECTIONS, controls.split())}
        controls = " ".join(turned[a] for a in DIRECTIONS)
    return replace(
        level,
        rows=tuple(row.translate(arrows) for row in rows),
        controls=controls,
        wind=_BLOWS[moves[WINDS[level.wind]]] if level.wind in WINDS else level.wind,
        defines=_turned_axis(level, words),
        shown=level.shown and _transformed(level.shown, rows, words),
    )


def _turned_axis(level: Level, words: dict[str, str]) -> tuple[tuple[str, Value], ...]:
    """The settings where a patrol's axis goes by other words, too."""
    label = f"{PATROL} kind"
    if not level.find(PATROL) or "x" not in words:
        return level.defines
    kind = level.setting(label)
    if isinstance(kind, OneOf):
        turned: Value = OneOf(tuple(words.get(str(k), k) for k in kind.members))
    else:
        turned = words.get(str(kind), kind) if isinstance(kind, str) else kind
    given = dict(level.defines) | {label: turned}
    return tuple((name, given[name]) for name in SETTINGS if name in given)


def variants(level: Level) -> list[tuple[str, Level]]:
    """The symmetric variants that `vary` allows, each with a name, the level itself first."""
    found = [("", level)]
    if MIRROR in level.vary:
        found.append(("mirrored", mirrored(level)))
    if ROTATE in level.vary:
        for name, variant in list(found):
            for quarter in (90, 180, 270):
                variant = rotated(variant)
                found.append((f"{name} turned {quarter}".strip(), variant))
    return found
