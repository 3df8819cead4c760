"""A plain scalar reading of the rules, apart from the project's own: no numpy, no tables."""

from __future__ import annotations

import random

from game.level import Level

COST = {".": 1, "@": 1, "G": 1, "?": 1, ",": 2, ":": 3, "%": 4, "~": 6}
NAME = {".": "floor", ",": "grass", ":": "sand", "%": "mud", "~": "water"}
NAME |= {"@": "start", "G": "goal", "?": "candidate"}
MOVE = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)]
SIDES = {0: (2, 3), 1: (2, 3), 2: (0, 1), 3: (0, 1)}

Cell = tuple[int, int]


def tile(level: Level, cell: Cell) -> str:
    row, column = cell
    inside = 0 <= row < len(level.rows) and 0 <= column < len(level.rows[0])
    return level.rows[row][column] if inside else "#"


def step(level: Level, cell: Cell, action: int) -> tuple[Cell, float, bool]:
    """The effect of a move that takes effect: next cell, reward, whether the episode ends."""
    target = (cell[0] + MOVE[action][0], cell[1] + MOVE[action][1])
    if tile(level, target) == "#":
        target = cell
    char = tile(level, target)
    if char == "G":
        return target, level.goal_reward, level.ends == "goal"
    return target, level.step_reward * dict(level.costs).get(NAME[char], COST[char]), False


def outcomes(level: Level, action: int) -> list[tuple[float, int]]:
    """The moves that may take effect, with their chances."""
    if action == 4 or not level.slip:
        return [(1.0, action)]
    left, right = SIDES[action]
    return [(1 - level.slip, action), (level.slip / 2, left), (level.slip / 2, right)]


def cells(level: Level) -> list[Cell]:
    """All cells that can be walked to from a start, reading order."""
    starts = [c for c in all_cells(level) if tile(level, c) == "@"]
    seen, queue = set(starts), list(starts)
    while queue:
        cell = queue.pop()
        if tile(level, cell) == "G" and level.ends == "goal":
            continue
        for action in range(4):
            target, _, _ = step(level, cell, action)
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return sorted(seen)


def all_cells(level: Level) -> list[Cell]:
    return [(r, c) for r in range(len(level.rows)) for c in range(len(level.rows[0]))]


def value(level: Level, policy: dict[Cell, list[float]] | None) -> float:
    """Exact return over the episode of a policy, or (None) the best one, averaged over starts."""
    ahead = dict.fromkeys(cells(level), 0.0)
    for _ in range(level.steps):
        now = {}
        for cell in ahead:
            if tile(level, cell) == "G" and level.ends == "goal":
                now[cell] = 0.0
                continue
            q = []
            for action in range(5):
                total = 0.0
                for chance, effect in outcomes(level, action):
                    target, reward, ended = step(level, cell, effect)
                    total += chance * (reward + (0.0 if ended else ahead[target]))
                q.append(total)
            now[cell] = sum(p * x for p, x in zip(policy[cell], q)) if policy else max(q)
        ahead = now
    starts = [c for c in all_cells(level) if tile(level, c) == "@"]
    return sum(ahead[c] for c in starts) / len(starts)


def random_level(seed: int) -> Level:
    """A small level with all tiles, one or two starts and goals, and any rules."""
    rng = random.Random(seed)
    height, width = rng.randint(2, 5), rng.randint(2, 5)
    grid = [[rng.choice("....#,:%~") for _ in range(width)] for _ in range(height)]
    spots = rng.sample(
        [(r, c) for r in range(height) for c in range(width)], min(4, height * width)
    )
    for (r, c), char in zip(spots, "@G" + rng.choice(["", "@", "G", "@G"])):
        grid[r][c] = char
    return Level(
        rows=tuple("".join(row) for row in grid),
        ends=rng.choice(["goal", "never"]),
        steps=rng.randint(1, 12),
        goal_reward=rng.choice([1.0, 2.5]),
        step_reward=rng.choice([-0.1, -0.3]),
        costs=rng.choice([(), (("mud", 7.0),), (("floor", 2.0), ("water", 1.5))]),
        slip=rng.choice([0.0, 0.0, 0.3]),
    )
