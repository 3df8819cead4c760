"""A scalar implementation of the rules, independent of the project's: no numpy, no tables.

It reads nothing but the fields of a level.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from game.text.level import Level
from game.text.tiles import Tile

COST = {".": 1, "@": 1, "G": 1, "?": 1, ",": 2, ":": 3, "%": 4, "~": 6}
NAME = {".": "floor", ",": "grass", ":": "sand", "%": "mud", "~": "water"}
NAME |= {"@": "start", "G": "goal", "?": "candidate", "I": "ice", "L": "lava", "o": "coin"}
NAME |= dict.fromkeys("^v<>", "one-way") | dict.fromkeys("123456789", "teleporter")
NAME |= dict.fromkeys("abcd", "key") | dict.fromkeys("ABCD", "door")
NAME |= {"M": "patrol", "H": "hunter", "$": "box", "X": "target", "*": "box", "+": "start"}
NAME |= {"!": "switch", "=": "gate"}
COST_NAME = NAME | {"$": "floor", "*": "target", "+": "target"}  # what lies below box and start
GROUND = ".,:%~I"
HOLDS_A_BOX = GROUND + "@+X$*!="  # a gate must be open
MOVE = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)]
WORDS = {"up": 0, "down": 1, "left": 2, "right": 3, "stay": 4}
LEFT_OF = {0: 2, 2: 1, 1: 3, 3: 0}  # of each move, the move to its left
RIGHT_OF = {left: move for move, left in LEFT_OF.items()}
WINDS = {"north": 0, "south": 1, "west": 2, "east": 3}
ARROWS = {"^": 0, "v": 1, "<": 2, ">": 3}
DEFAULTS = {"I slip": 0.5, "o worth": 0.5, "M kind": "x", "M every": 1, "H every": 2, "L pays": -1}

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
    boxes: frozenset[Cell]
    gates_open: bool
    opponents: tuple[Opponent, ...]
    time: int  # steps taken
    over: bool


# --- the map -----------------------------------------------------------------------------------


def written(level: Level, cell: Cell) -> str:
    """Return the character of a cell, as the level has it."""
    row, column = cell
    inside = 0 <= row < len(level.rows) and 0 <= column < len(level.rows[0])
    return level.rows[row][column] if inside else "#"


def tile(level: Level, cell: Cell) -> str:
    char = written(level, cell)
    for one in level.legend:
        if one.char == char:
            return one.tile
    return char


def all_cells(level: Level) -> list[Cell]:
    return [(r, c) for r in range(len(level.rows)) for c in range(len(level.rows[0]))]


def find(level: Level, tiles: str) -> list[Cell]:
    return [cell for cell in all_cells(level) if tile(level, cell) in tiles]


def setting(level: Level, cell: Cell, key: str):
    """Return a setting of a cell: the legend's, else that of `define`, else the default.

    It is None where none of them has one.
    """
    for one in level.legend:
        if one.char == written(level, cell) and key in dict(one.settings):
            return dict(one.settings)[key]
    label = f"{tile(level, cell)} {key}"
    return dict(level.defines).get(label, DEFAULTS.get(label))


def cost(level: Level, cell: Cell) -> float:
    own = setting(level, cell, "cost")
    if own is not None:
        return own
    char = tile(level, cell)
    return dict(level.costs).get(COST_NAME[char], COST.get(char, 1))


def slips(level: Level, cell: Cell) -> tuple[float, float]:
    """Return the probabilities that a move from here slips to its left and to its right."""
    own = setting(level, cell, "slip")
    if own is not None:
        return own / 2, own / 2
    return level.slip / 2 + level.slip_left, level.slip / 2 + level.slip_right


# --- starts ------------------------------------------------------------------------------------


def begin(level: Level, cell: Cell) -> State:
    opponents = []
    for place in find(level, "MH"):
        kind = setting(level, place, "kind") or "hunt"
        opponents.append(Opponent(kind, int(setting(level, place, "every")), place, 1))
    coins, boxes = frozenset(find(level, "o")), frozenset(find(level, "$*"))
    return State(cell, "", coins, boxes, False, tuple(opponents), 0, False)


def starts(level: Level) -> list[State]:
    cells = find(level, "@+")
    if level.starts:
        cells = any_starts(level) if level.starts == "any" else list(level.starts)
    return [begin(level, cell) for cell in cells]


def any_starts(level: Level) -> list[Cell]:
    """Return the floor, terrain and ice from which all candidates, or else a goal, can be reached.

    Luck may help, and opponents are ignored. Coins make no difference.
    """
    rows = [list(row) for row in level.rows]
    for row, column in level.candidates:  # of a drawn level: as they were before
        rows[row][column] = "?"
    level = replace(level, rows=tuple(map("".join, rows)))
    effects = list(range(5))
    if level.wind_chance == 1:
        effects = [effect for chance, effect in outcomes(level, begin(level, (0, 0)), 4) if chance]
    nothing = {"opponents": (), "coins": frozenset()}
    first = {cell: begin(level, cell)._replace(**nothing) for cell in find(level, GROUND)}
    graph = walked(level, list(first.values()), effects)
    wanted = [{s for s in graph if s.cell == candidate} for candidate in find(level, "?")]
    wanted = wanted or [{state for state in graph if is_goal(level, state)}]
    for states in wanted:
        leading = leading_to(graph, states)
        first = {cell: state for cell, state in first.items() if state in leading}
    return list(first)


def is_goal(level: Level, state: State) -> bool:
    return is_solved(level, state.boxes) or tile(level, state.cell) == "G"


def walked(
    level: Level, first: list[State], effects: Iterable[int] = range(5)
) -> dict[State, set[State]]:
    """Return all states that can be reached, without their time, each with those that follow."""
    queue = list(first)
    seen = {*queue}
    graph: dict[State, set[State]] = {}
    for state in queue:
        graph[state] = {step(level, state, effect)[0]._replace(time=0) for effect in effects}
        queue += graph[state] - seen
        seen |= graph[state]
    return graph


def leading_to(graph: dict[State, set[State]], states: set[State]) -> set[State]:
    """Return the states from which some of these can be reached."""
    before: dict[State, list[State]] = {}
    for state, following in graph.items():
        for target in following:
            before.setdefault(target, []).append(state)
    queue, seen = list(states), {*states}
    for state in queue:
        more = {*before.get(state, ())} - seen
        queue += more
        seen |= more
    return seen


def cells(level: Level) -> list[Cell]:
    """Return all cells that can be reached from a start, in reading order."""
    return sorted({state.cell for state in walked(level, starts(level))})


# --- a step ------------------------------------------------------------------------------------


def next_to(cell: Cell, move: int) -> Cell:
    return cell[0] + MOVE[move][0], cell[1] + MOVE[move][1]


def is_open(level: Level, state: State, cell: Cell) -> bool:
    """Whether a cell is no closed gate."""
    return tile(level, cell) != "=" or state.gates_open


def pushed(level: Level, state: State, box: Cell, move: int) -> frozenset[Cell] | None:
    """Return the boxes after a push, or None where the box has no room."""
    beyond = next_to(box, move)
    fits = tile(level, beyond) in HOLDS_A_BOX and is_open(level, state, beyond)
    if not fits or beyond in state.boxes or beyond in level.candidates:
        return None
    return state.boxes - {box} | {beyond}


def entered(level: Level, state: State, move: int) -> tuple[Cell, frozenset[Cell]] | None:
    """Return the cell that a move enters and the boxes afterwards, or None for stay and a bump."""
    here, target = tile(level, state.cell), next_to(state.cell, move)
    there, boxes = tile(level, target), state.boxes
    if move == 4 or there == "#" or not is_open(level, state, target):
        return None
    if here in ARROWS and ARROWS[here] != move:
        return None
    if there in ARROWS and {ARROWS[there], move} in ({0, 1}, {2, 3}):
        return None
    if there in "ABCD" and there.lower() not in state.keys:
        return None
    if target in boxes:
        after = pushed(level, state, target, move)
        return after and (target, after)
    if there in "123456789":
        others = [cell for cell in find(level, there) if cell != target]
        return (others[0] if others else target), boxes
    return target, boxes


def is_solved(level: Level, boxes: frozenset[Cell]) -> bool:
    """Whether the boxes end the episode."""
    return level.ends == "boxes" and all(tile(level, box) in "X*+" for box in boxes)


def blocked(level: Level, cell: Cell) -> bool:
    """Whether an opponent cannot enter the cell."""
    return tile(level, cell) in "#ABCD="


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
    new = entered(level, state, moves(level)[action])
    cell, boxes = new or (state.cell, state.boxes)
    char, keys, coins = tile(level, cell), state.keys, state.coins
    reward, ended = level.step_reward * cost(level, cell), False
    if char in "GL":
        own = setting(level, cell, "pays")
        reward, ended = (level.goal_reward if own is None else own), char == "L"
        ended |= char == "G" and level.ends == "goal"
    if is_solved(level, boxes):
        reward, ended = level.goal_reward, True
    gates_open = state.gates_open
    if new:
        if char in "abcd":
            keys = "".join(sorted({*keys, char}))
        if cell in coins:
            reward += setting(level, cell, "worth")
            coins = coins - {cell}
        for place in [cell, *(boxes - state.boxes)]:
            gates_open ^= tile(level, place) == "!" and bool(find(level, "="))
    time, opponents = state.time + 1, state.opponents
    if not ended:
        opponents = tuple(opponent_moved(level, o, cell, time) for o in opponents)
        if any(cell in (a.cell, b.cell) for a, b in zip(state.opponents, opponents)):
            reward, ended = reward - 1, True
    return State(cell, keys, coins, boxes, gates_open, opponents, time, ended), reward, ended


# --- chance ------------------------------------------------------------------------------------


def moves(level: Level) -> list[int]:
    """Return the move of each of the five actions."""
    words = list(WORDS) if level.controls == "normal" else level.controls.split()
    return [WORDS[word] for word in words + ["stay"] * (5 - len(words))]


def outcomes(level: Level, state: State, action: int) -> list[tuple[float, int]]:
    """Return the probabilities of the actions that may take effect, with these actions."""
    action_of = moves(level).index
    move = moves(level)[action]
    calm = 1.0 - level.wind_chance if level.wind != "none" else 1.0
    found = [] if calm == 1 else [(1 - calm, action_of(WINDS[level.wind]))]
    left, right = slips(level, state.cell)
    if move == 4 or not left + right:
        return [*found, (calm, action)]
    found += [(calm * left, action_of(LEFT_OF[move])), (calm * right, action_of(RIGHT_OF[move]))]
    return [*found, (calm * (1 - left - right), action)]


def value(level: Level, policy: dict[Cell, list[float]] | None) -> float:
    """Return the exact return of a policy that depends on the cell only, or of the best one (None).

    The return is averaged over starts.
    """
    known: dict[State, float] = {}

    def state_value(state: State) -> float:
        if state.over or state.time >= level.steps:
            return 0.0
        if state not in known:
            q, effects = [], {}
            for action in range(5):
                total = 0.0
                for chance, effect in outcomes(level, state, action):
                    if effect not in effects:
                        target, reward, _ = step(level, state, effect)
                        effects[effect] = reward + state_value(target)
                    total += chance * effects[effect]
                q.append(total)
            weighted = sum(p * x for p, x in zip(policy[state.cell], q)) if policy else max(q)
            known[state] = weighted
        return known[state]

    first = starts(level)
    return sum(map(state_value, first)) / len(first)


# --- the tile table ----------------------------------------------------------------------------


def check_tiles(tiles: Iterable[Tile]) -> None:
    """Raise AssertionError for tiles that this reference does not have."""
    for t in tiles:
        if not (t.passable or t.effect):
            continue  # a kind of wall
        known = NAME.get(t.char), COST.get(t.char, 1)
        assert known == (t.name, t.cost), (
            f"tests/reference.py has {known} as name and cost of the tile '{t.char}', and the table"
            f" has {(t.name, t.cost)} - teach tests/reference.py the tile and its rules"
        )
        assert COST_NAME[t.char] == t.cost_name
