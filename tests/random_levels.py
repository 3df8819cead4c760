"""Small random levels, of all tiles and rules, for tests against the scalar reference."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from game.text.level import LegendTile, Level
from game.text.tiles import TILES, Tile
from tests.reference import GROUND, WINDS, WORDS, all_cells, any_starts, find, tile

TERRAIN = "....#,:%~"
ALL = "......##,:%~II^v<>LooHMaAbB"
PLACED = "@G1$*X+!="  # tiles that every level, or many a level of ALL tiles, gets
RARE = [t.char for t in TILES if t.char not in ALL + PLACED]  # in every third level of ALL tiles
ALPHABET = {*ALL, *PLACED, *RARE}
FREE = "qwzk&Q"
# values that the settings of legends take, by tile; tiles that are not here have none
LEGEND = {char: {"cost": [0.0, 3.0, 2.5], "slip": [0.0, 0.2, 1.0]} for char in GROUND}
LEGEND |= {"o": {"worth": [-1.0, 0.0, 2.0]}, "H": {"every": [1.0, 3.0]}}
LEGEND |= {"M": {"kind": ["x", "y", "hunt"], "every": [1.0, 2.0, 3.0]}}
LEGEND |= {char: {"pays": [-0.5, 0.0, 0.3, 3.0]} for char in "GL"}


def check_random_tiles(tiles: Iterable[Tile]) -> None:
    """Raise AssertionError for tiles that no random level has."""
    for t in tiles:
        assert t.char in ALPHABET, (
            f"no random level of tests/random_levels.py has the tile '{t.char}'"
        )


@cache
def random_level(seed: int, tiles: str = TERRAIN) -> Level:
    """Return a small level of these tiles with one or two starts and goals, and random rules.

    A level of ALL tiles has more random rules. In every third one there are RARE tiles, in every
    third one boxes, and in half of them legends.
    """
    rng = random.Random(seed)
    height, width = rng.randint(2, 5), rng.randint(2, 5)
    grid = [[rng.choice(tiles) for _ in range(width)] for _ in range(height)]
    spots = rng.sample(
        [(r, c) for r in range(height) for c in range(width)], min(4, height * width)
    )
    for (r, c), char in zip(spots, "@G" + rng.choice(["", "@", "G", "@G"])):
        grid[r][c] = char
    level = Level(
        rows=rows_of(grid),
        ends=rng.choice(["goal", "never"]),
        steps=rng.randint(1, 12),
        goal_reward=rng.choice([1.0, 2.5]),
        step_reward=rng.choice([-0.1, -0.3]),
        costs=rng.choice([(), (("mud", 7.0),), (("floor", 2.0), ("water", 1.5))]),
        slip=rng.choice([0.0, 0.0, 0.3]),
    )
    if tiles != ALL:
        return level
    level = with_all_rules(level, rng)
    new = random.Random(f"new {seed}")
    if seed % 3 == 1:
        level = with_boxes(level, new)
    elif seed % 3 == 2:
        level = with_rare_tiles(level, random.Random(f"rare {seed}"))
    if seed % 3 == 1 or new.random() < 0.2:
        level = with_gates(level, new)
    return with_legend(with_new_rules(level, new), new)


def rows_of(grid: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple("".join(row) for row in grid)


def put(level: Level, chars: str, cells: Sequence[tuple[int, int]]) -> Level:
    """Return the level with characters in these cells."""
    grid = [list(row) for row in level.rows]
    for (row, column), char in zip(cells, chars):
        grid[row][column] = char
    return replace(level, rows=rows_of(grid))


def with_rare_tiles(level: Level, rng: random.Random) -> Level:
    """Return the level with two RARE tiles for floor: each twice, or with its key or door."""
    chars = ""
    for char in rng.sample(RARE, 2):
        partner = char.swapcase() if char.swapcase() in RARE else char
        chars += "".join(c for c in (char, partner) if chars.count(c) < 2)
    floor = find(level, ".")
    rng.shuffle(floor)
    return put(level, chars, floor)


def with_all_rules(level: Level, rng: random.Random) -> Level:
    """Return the level with a pair of teleporters and random wind, controls and settings."""
    rows = [list(row) for row in level.rows]
    floor = [cell for cell in all_cells(level) if tile(level, cell) in ".#"]
    for cell in rng.sample(floor, 2) if len(floor) > 2 else []:
        rows[cell[0]][cell[1]] = "1"
    words = list(WORDS)[:4]
    rng.shuffle(words)
    kind = rng.choice(["x", "y", "hunt"])
    fields = vars(level) | {
        "rows": rows_of(rows),
        "costs": rng.choice([(), (("ice", 3.0), ("teleporter", 2.0)), (("one-way", 2.0),)]),
        "controls": rng.choice(["normal", " ".join(words)]),
        "defines": (
            ("I slip", rng.choice([0.5, 0.2])),
            ("o worth", rng.choice([0.5, -0.25])),
            ("M kind", kind),
            ("M every", rng.choice([1, 1, 2])),
            ("H every", rng.choice([1, 2, 3])),
        ),
    }
    if words == list(WORDS)[:4]:
        fields["controls"] = "normal"
    if rng.random() < 0.4:
        fields |= {"wind": rng.choice(list(WINDS)), "wind_chance": rng.choice([0.2, 1.0])}
    return Level(**fields)


def with_boxes(level: Level, rng: random.Random) -> Level:
    """Return the level with one to three boxes and without opponents; targets in most of them."""
    level = put(level, "." * 25, find(level, "MH") + find(level, "o")[1:])
    level = put(level, "." * 25, [c for c in find(level, "#^v<>LaAbB") if rng.random() < 0.6])
    floor = find(level, ".,:%~I")
    rng.shuffle(floor)
    last = len(level.rows) - 1, len(level.rows[0]) - 1  # boxes at the edge can hardly be pushed
    floor.sort(key=lambda cell: 0 in cell or cell[0] == last[0] or cell[1] == last[1])
    boxes = rng.choice(["$", "$$", "$*", "$$*" if len(all_cells(level)) < 16 else "$*"])
    level = put(level, boxes + "X" * rng.choice([0, 1, 2, 3]), floor)
    if rng.random() < 0.3:
        level = put(level, "+", find(level, "@"))
    enough = find(level, "$") and len(find(level, "$*")) <= len(find(level, "X*+"))
    if enough and rng.random() < 0.6:
        level = put(level, "." * 25, find(level, "G"))
        return replace(level, ends="boxes", costs=(("target", 3.0),))
    floor = [cell for cell in find(level, GROUND) if rng.random() < 0.1]
    return replace(level, candidates=tuple(floor))


def with_gates(level: Level, rng: random.Random) -> Level:
    """Return the level with one or two switches and gates for floor."""
    floor = find(level, ".,:%~")
    rng.shuffle(floor)
    return put(level, rng.choice(["!=", "!!=", "!==", "!!=="]), floor)


def with_new_rules(level: Level, rng: random.Random) -> Level:
    """Return the level, often with lopsided slips, controls of all actions or starts anywhere."""
    if rng.random() < 0.3:
        left, right = rng.choice([(0.3, 0.1), (0.0, 0.4), (1.0, 0.0), (0.2, 0.2)])
        level = replace(level, slip=0.0, slip_left=left, slip_right=right)
    if rng.random() < 0.3:
        words = rng.choice(list(itertools.permutations(WORDS))[1:])
        controls = " ".join(words[:4] if words[4] == "stay" else words)
        level = replace(level, controls=controls)
    if rng.random() < 0.4:
        level = replace(level, defines=(*level.defines, ("L pays", rng.choice([0.0, 0.5, -3.0]))))
    if rng.random() < 0.2:
        anywhere = put(replace(level, starts="any"), "." * 25, find(level, "@"))
        anywhere = put(anywhere, "X" * 25, find(anywhere, "+"))
        if not level.candidates and any_starts(anywhere):
            return anywhere
    return level


def with_legend(level: Level, rng: random.Random) -> Level:
    """Return the level with legend characters for some of its cells, in half of all levels."""
    if rng.random() < 0.5:
        return level
    legend: list[LegendTile] = []
    for char in FREE[: rng.randint(1, len(FREE))]:
        tiles = sorted({*"".join(level.rows)} - {*FREE})
        rich = [tile for tile in tiles if tile in LEGEND]
        if not rich:
            break
        meant = rng.choice(rich if rng.random() < 0.8 else tiles)
        settings = tuple(
            (key, rng.choice(values))
            for key, values in LEGEND.get(meant, {}).items()
            if rng.random() < 0.7
        )
        legend.append(LegendTile(char, meant, settings))
        cells = [(r, c) for r, c in find(level, meant) if level.rows[r][c] == meant]
        level = put(level, char * 25, [cell for cell in cells if rng.random() < 0.6])
    return replace(level, legend=tuple(legend))
