"""Mutated levels, foreign ones too, are checked without a traceback, quickly and in little memory.

GRIDAPT_LEVELS=100000 in the environment checks as many; GRIDAPT_SEED sets where they begin.
"""

from __future__ import annotations

import os
import random
import resource
import time
from pathlib import Path

from game.authoring.check import check_all, check_text
from game.tasks.packs import LEVELS
from game.text.reading import open_levels

N_LEVELS = int(os.environ.get("GRIDAPT_LEVELS", 40))
SEED = int(os.environ.get("GRIDAPT_SEED", 24))
LONGEST = 1.0  # seconds of a check of a small level, where GRIDAPT_LEVELS is set
SMALL = 150_000  # states x steps; planning a larger task takes as much longer
MOST_MEMORY = 300_000  # kB more than before

FAMILY = """title: Bay; of ice
steps: 30
reward: goal=2 step=auto
slip: {0, 0.25}
controls: shuffled
wind: east 0..0.5
cost: mud=2..8 water={1, 9} floor=1
define: M every={1, 2} kind={x, y}
define: I slip=0.1..0.2
define: o worth={-1, 1}
define: H every=2
vary: mirror rotate

map:
@I>o.?
M1L1G?
aAH%~.
@.bB<^
"""
CRISS = "steps: 20\nends: never\nmap:\n?.@.?\n.#M#.\n?.,.?\n#a~A?\n"
LEGEND = """title: "Gold; and reeds"
description: Take the gold.
reward: goal=2 step=-0.1
slip: left={0, 0.3} right=0..0.1
controls: {normal, shuffled, shuffled all}
wind: {east 0.2, west 0..0.1, none}
define: L pays=0
legend: q = o worth={-1, 2} title="Fool's gold"
legend: w = , cost=2..8 slip=0.3 title="reeds"
legend: e = M kind={y, hunt} every=2
legend: r = G pays=0.2
legend: t = H every=1..3
legend: y = ? pays=3
starts: any
vary: mirror rotate

map:
..q.w?
we#.ro
L.t.y.
......
"""
BOXES = """ends: boxes
steps: 20
cost: target=2 floor=1
legend: q = $ title="crate"

map:
@.!..#
.q.=X.
..$..*
+....X
"""
GATES = "ends: never\nslip: left=0.2\nmap:\n@$!.?\n..=#?\n!*..?\n"
SOKOBAN = "Title: A; b\n\n#######\n#@ .  #\n# .#-_#\n#######\n; 1\n"
PUZZLES = """; 0
#######
#@ $ .#
# .$ -#
#######

; 1
\t####
4-2(-)#.-#
--6#|5#|#p$.#|5#
'Name; of it'
#####
#*@$.#
######
Author: B
"""
LAKE = "SFFF\nFHFH\nFFFH\nHFFG\n"
LISTED = "desc = [\n    'SFFF', b'FHFH',  # a row\n    'FFFH',\n    'HFFG',\n]\n"
ABOVE = "dialect: frozenlake\nslip: 0.3\nmap:\n" + LAKE
MOVING_AI = "type octile\nheight 3\nwidth 6\nmap\n..@.S.\n.TT.G.\n..OW..\n"
TILED = (
    '<?xml version="1.0"?>\n<map version="1.10" width="4">\n<data>\n1,1,0,2,\n2,0,0,1\n</data>\n'
)
SHIPPED = [path for path in sorted(LEVELS.glob("*/*.txt")) if path.parent.name != "drawn"]  # small
OWN = [path.read_text("utf-8") for path in SHIPPED]
FILES = [
    *((text, "a.txt") for text in [*OWN, FAMILY, CRISS, FAMILY, CRISS, ABOVE, TILED]),
    *((text, "a.txt") for text in 3 * [LEGEND, BOXES, GATES]),
    *((SOKOBAN, "a.xsb"), (LAKE, "a.frozenlake"), (MOVING_AI, "a.map")),
    *((PUZZLES, "b.xsb"), (PUZZLES, "b.txt"), (LISTED, "b.frozenlake")),
]
MARKS = '#.@G?,:%~I^v<>L123aAbBcCdDoMH 0123456789{}=;:-\t\r$*+SFTW█X!=$qwert"'
LINES = [line for text, _ in FILES for line in text.split("\n")] + [
    *(
        "steps: 1",
        "steps: 10000",
        "steps: 300",
        "ends: never",
        "slip: 0.5",
        "slip: 1",
        "goal: visible",
    ),
    *("reward: step=auto", "reward: goal=0", "reward: step=0", "reward: goal=1000 step=-1000"),
    *(
        "reward: step=1",
        "wind: west 1",
        "wind: north {0, 1}",
        "cost: floor=0",
        "vary: rotate mirror",
    ),
    *("define: M kind={x, y, hunt} every=1..5", "define: M kind=hunt", "define: H every=1000"),
    *("controls: shuffled", "cost: floor=0..1000", "define: o worth=1000", "dialect: xsb", "map:"),
    *(
        "ends: boxes",
        "starts: any",
        "controls: shuffled all",
        "slip: left=0.5 right=0.5",
        "slip: right=1",
    ),
    *("controls: stay up down left right", "controls: {normal, shuffled}", "wind: {east 1, none}"),
    *(
        "define: L pays=0",
        "define: L pays=1000",
        "candidates: 1,1 2,2",
        "legend: q = .",
        "legend: q = ?",
    ),
    *(
        "legend: . = o",
        "legend: w = $",
        "legend: e = M kind=x every=1..5",
        "legend: q = G pays=-1..1",
    ),
    *("legend: r = @", "legend: # = I", "legend: t = , cost=0 slip=1", "legend: q = L pays={1, 2}"),
    *(
        'title: "a; b"',
        "description: a; b",
        'legend: q = o title="x"',
        "wind: {north 0..1, south {0, 1}}",
    ),
]


def mutated(rng: random.Random) -> tuple[str, str]:
    """Return the text and the name of a level with up to three changes."""
    text, name = rng.choice(FILES)
    lines = text.split("\n")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0:
            lines[at : at + rng.randrange(2)] = [rng.choice(LINES)]
        elif kind == 1:
            lines.insert(0, rng.choice(LINES))
        elif kind == 2:
            lines.insert(at, lines[at])
        elif lines[at]:
            i = rng.randrange(len(lines[at]))
            lines[at] = lines[at][:i] + rng.choice(MARKS) + lines[at][i + 1 :]
    return "\n".join(lines), rng.choice([name, name, name, "a.txt"])


def memory() -> int:
    """Return the most memory that this process has had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_mutated_levels_are_checked_without_a_traceback(tmp_path: Path):
    before, accepted = memory(), 0
    for number in range(SEED, SEED + N_LEVELS):
        text, name = mutated(random.Random(number))
        path = tmp_path / name
        path.write_bytes(text.encode())
        began = time.process_time()
        reports = check_all(path)
        took = time.process_time() - began
        assert check_text(reports, as_json=False)
        assert check_text(reports, as_json=True).isascii()
        if "GRIDAPT_LEVELS" in os.environ:
            file = open_levels(path)
            levels = [file.examine(i + 1)[0] for i in range(len(file))]
            sizes = [(r["states"] or 0) * level.steps for r, level in zip(reports, levels) if level]
            longest = LONGEST * max(1, len(reports), sum(sizes) / SMALL)
            assert took < longest, f"{number}: {took:.1f} s\n{text}"
        accepted += any(not report["errors"] for report in reports)
    assert accepted > N_LEVELS // 10
    assert memory() - before < MOST_MEMORY
