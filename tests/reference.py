"""A scalar implementation of the rules, independent of the project's: no numpy, no tables."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

from game.text.level import Level
from game.text.tiles import TILES, Tile

COST = {".": 1, "@": 1, "G": 1, "?": 1, ",": 2, ":": 3, "%": 4, "~": 6}
NAME = {".": "floor", ",": "grass", ":": "sand", "%": "mud", "~": "water"}
NAME |= {"@": "start", "G": "goal", "?": "candidate", "I": "ice", "L": "lava", "o": "coin"}
NAME |= dict.fromkeys("^v<>", "one-way") | dict.fromkeys("123456789", "teleporter")
NAME |= dict.fromkeys("abcd", "key") | dict.fromkeys("ABCD", "door")
NAME |= {"M": "patrol", "H": "hunter"}
MOVE = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)]
SIDES = {0: (2, 3), 1: (2, 3), 2: (0, 1), 3: (0, 1)}
WORDS = {"up": 0, "down": 1, "left": 2, "right": 3}
WINDS = {"north": 0, "south": 1, "west": 2, "east": 3}
ARROWS = {"^": 0, "v": 1, "<": 2, ">": 3}
DEFAULTS = {"I slip": 0.5, "o worth": 0.5, "M kind": "x", "M every": 1, "H every": 2}

Cell = tuple[int, int]


class Opponent(NamedTuple):
    kind: str  # x, y or hunt
    every: int
    cell: Cell
    ahead: int  # direction of a patrol: 1 is right or down, -1 is back


class State(NamedTuple):
    cell: Cell
    keys: str  # held, in order
    coins: frozenset[Cell]  # left
    opponents: tuple[Opponent, ...]
    time: int  # steps taken
    over: bool


def tile(level: Level, cell: Cell) -> str:
    row, column = cell
    inside = 0 <= row < len(level.rows) and 0 <= column < len(level.rows[0])
    return level.rows[row][column] if inside else "#"


def setting(level: Level, label: str):
    return dict(level.defines).get(label, DEFAULTS[label])


def starts(level: Level) -> list[State]:
    opponents = []
    for cell in all_cells(level):
        if tile(level, cell) == "M":
            kind, every = setting(level, "M kind"), setting(level, "M every")
            opponents.append(Opponent(kind, int(every), cell, 1))
    for cell in all_cells(level):
        if tile(level, cell) == "H":
            opponents.append(Opponent("hunt", int(setting(level, "H every")), cell, 1))
    coins = frozenset(cell for cell in all_cells(level) if tile(level, cell) == "o")
    return [
        State(cell, "", coins, tuple(opponents), 0, False)
        for cell in all_cells(level)
        if tile(level, cell) == "@"
    ]


def moved(level: Level, state: State, move: int) -> tuple[Cell, bool]:
    """Return the agent's cell after a move, and whether the agent entered it."""
    here = tile(level, state.cell)
    target = (state.cell[0] + MOVE[move][0], state.cell[1] + MOVE[move][1])
    there = tile(level, target)
    if move == 4 or there == "#":
        return state.cell, False
    if here in ARROWS and ARROWS[here] != move:
        return state.cell, False
    if there in ARROWS and {ARROWS[there], move} in ({0, 1}, {2, 3}):
        return state.cell, False
    if there in "ABCD" and there.lower() not in state.keys:
        return state.cell, False
    if there in "123456789":
        others = [c for c in all_cells(level) if tile(level, c) == there and c != target]
        return (others[0] if others else target), True
    return target, True


def blocked(level: Level, cell: Cell) -> bool:
    """Whether an opponent cannot enter the cell."""
    return tile(level, cell) in "#ABCD"


def opponent_moved(level: Level, opponent: Opponent, agent: Cell, time: int) -> Opponent:
    if time % opponent.every:
        return opponent
    row, column = opponent.cell
    if opponent.kind == "hunt":
        down, right = agent[0] - row, agent[1] - column
        vertical = (row + (down > 0) - (down < 0), column)
        horizontal = (row, column + (right > 0) - (right < 0))
        pair = (vertical, horizontal)
        for cell in pair if abs(down) >= abs(right) else pair[::-1]:
            if not blocked(level, cell):
                return opponent._replace(cell=cell)
        return opponent
    for ahead in (opponent.ahead, -opponent.ahead):
        cell = (row, column + ahead) if opponent.kind == "x" else (row + ahead, column)
        if not blocked(level, cell):
            return opponent._replace(cell=cell, ahead=ahead)
    return opponent


def step(level: Level, state: State, action: int) -> tuple[State, float, bool]:
    """Return next state, reward and termination of an action that takes effect."""
    if state.over:
        return state, 0.0, True
    move = action
    if level.controls != "normal" and action < 4:
        move = WORDS[level.controls.split()[action]]
    cell, entered = moved(level, state, move)
    char = tile(level, cell)
    keys, coins = state.keys, state.coins
    if entered and char in "abcd":
        keys = "".join(sorted(set(keys + char)))
    reward = level.step_reward * dict(level.costs).get(NAME[char], COST.get(char, 1))
    ended = False
    if char == "G":
        reward, ended = level.goal_reward, level.ends == "goal"
    if char == "L":
        reward, ended = -1.0, True
    if entered and cell in coins:
        reward += setting(level, "o worth")
        coins = coins - {cell}
    time, opponents = state.time + 1, state.opponents
    if not ended:
        opponents = tuple(opponent_moved(level, o, cell, time) for o in opponents)
        if any(cell in (a.cell, b.cell) for a, b in zip(state.opponents, opponents)):
            reward, ended = reward - 1, True
    return State(cell, keys, coins, opponents, time, ended), reward, ended


def outcomes(level: Level, state: State, action: int) -> list[tuple[float, int]]:
    """Return the probabilities of the actions that may take effect, with these actions."""
    words = level.controls.split() if level.controls != "normal" else list(WORDS)
    moves = [WORDS[word] for word in words]  # of the four actions
    calm = 1.0 - level.wind_chance if level.wind != "none" else 1.0
    found = [] if calm == 1 else [(1 - calm, moves.index(WINDS[level.wind]))]
    slip = setting(level, "I slip") if tile(level, state.cell) == "I" else level.slip
    if action == 4 or not slip:
        return [*found, (calm, action)]
    left, right = (moves.index(side) for side in SIDES[moves[action]])
    slid = [(calm * slip / 2, left), (calm * slip / 2, right)]
    return [*found, (calm * (1 - slip), action), *slid]


def cells(level: Level) -> list[Cell]:
    """Return all cells that can be reached from a start, in reading order."""
    seen, queue = set(), list(starts(level))
    found = {state.cell for state in queue}
    while queue:
        state = queue.pop()
        for action in range(4):
            target, _, ended = step(level, state, action)
            target = target._replace(time=0)
            found.add(target.cell)
            if target not in seen and not ended:
                seen.add(target)
                queue.append(target)
    return sorted(found)


def all_cells(level: Level) -> list[Cell]:
    return [(r, c) for r in range(len(level.rows)) for c in range(len(level.rows[0]))]


def value(level: Level, policy: dict[Cell, list[float]] | None) -> float:
    """Return the exact return of a policy that depends on the cell only, or of the best one (None).

    The return is averaged over starts.
    """
    known: dict[State, float] = {}

    def state_value(state: State) -> float:
        if state.over or state.time >= level.steps:
            return 0.0
        if state not in known:
            q = []
            for action in range(5):
                total = 0.0
                for chance, effect in outcomes(level, state, action):
                    target, reward, _ = step(level, state, effect)
                    total += chance * (reward + state_value(target))
                q.append(total)
            weighted = sum(p * x for p, x in zip(policy[state.cell], q)) if policy else max(q)
            known[state] = weighted
        return known[state]

    return sum(map(state_value, starts(level))) / len(starts(level))


# --- the tile table ----------------------------------------------------------------------------


def check_tiles(tiles: Iterable[Tile]) -> None:
    """Raise AssertionError for tiles that this reference or its random levels do not have."""
    for t in tiles:
        if not (t.passable or t.effect):
            continue  # a kind of wall
        known = NAME.get(t.char), COST.get(t.char, 1)
        assert known == (t.name, t.cost), (
            f"tests/reference.py has {known} as name and cost of the tile '{t.char}', and the table"
            f" has {(t.name, t.cost)} - teach tests/reference.py the tile and its rules"
        )
        assert t.char in ALPHABET, f"no random level of tests/reference.py has the tile '{t.char}'"


# --- random levels -----------------------------------------------------------------------------

TERRAIN = "....#,:%~"
ALL = "......##,:%~II^v<>LooHMaAbB"
PLACED = "@G1"  # tiles that every level, or every level of ALL tiles, gets
RARE = [t.char for t in TILES if t.char not in ALL + PLACED]  # in every third level of ALL tiles
ALPHABET = {*ALL, *PLACED, *RARE}


def random_level(seed: int, tiles: str = TERRAIN) -> Level:
    """Return a small level of these tiles with one or two starts and goals, and random rules.

    A level of ALL tiles has more random rules, and in every third level also RARE tiles.
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
        rows=tuple("".join(row) for row in grid),
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
    return with_rare_tiles(level, random.Random(f"rare {seed}")) if seed % 3 == 2 else level


def with_rare_tiles(level: Level, rng: random.Random) -> Level:
    """Return the level with two RARE tiles for floor: each twice, or with its key or door."""
    chars = ""
    for char in rng.sample(RARE, 2):
        partner = char.swapcase() if char.swapcase() in RARE else char
        chars += "".join(c for c in (char, partner) if chars.count(c) < 2)
    floor = [cell for cell in all_cells(level) if tile(level, cell) == "."]
    rng.shuffle(floor)
    rows = [list(row) for row in level.rows]
    for (row, column), char in zip(floor, chars):
        rows[row][column] = char
    return Level(**vars(level) | {"rows": tuple("".join(row) for row in rows)})


def with_all_rules(level: Level, rng: random.Random) -> Level:
    """Return the level with a pair of teleporters and random wind, controls and settings."""
    rows = [list(row) for row in level.rows]
    floor = [cell for cell in all_cells(level) if tile(level, cell) in ".#"]
    for cell in rng.sample(floor, 2) if len(floor) > 2 else []:
        rows[cell[0]][cell[1]] = "1"
    words = list(WORDS)
    rng.shuffle(words)
    kind = rng.choice(["x", "y", "hunt"])
    fields = vars(level) | {
        "rows": tuple("".join(row) for row in rows),
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
    if fields["controls"] == " ".join(WORDS):
        fields["controls"] = "normal"
    if rng.random() < 0.4:
        fields |= {"wind": rng.choice(list(WINDS)), "wind_chance": rng.choice([0.2, 1.0])}
    return Level(**fields)
