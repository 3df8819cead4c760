"""Level texts with odd comments, spacing and line ends, and random edits of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from game.authoring.drawing import brush, flood, line, paint, rectangle
from game.authoring.drawn_numbers import turn_value
from game.text.header_edits import EditError, Path, remove_value, set_value
from game.text.map_edits import replace_map, resize, set_cells
from game.text.source_map import SourceMap

TILES = "....   ####@G?,:%~I^v<>LaAbB12oMH!="
LEGEND = "qyw"
COMMENTS = (
    *("; a comment", ";", "  ; steps: 7", '; "quoted" ; twice', ";map:", "\t;tab", "; @#G$"),
    *("; title: \u00e9\u2028x", ";;;;", "; \u2603"),
)
BEHIND = ("", "", "", " ; why", ";x", "   ;  y ", '\t; say "hi"', "  ", "\t")
VALUES: dict[Path, tuple[str, ...]] = {
    ("title",): ("Ice", '"Ice; then fire"', 'He said "no"', '""', '"a" b', "x: y", '"q"'),
    ("author",): ("A. Person", "\u00c9va", '"x;y"'),
    ("description",): ("Take the gold: all of it.", '"quoted"', ""),
    ("goal",): ("hidden", "visible"),
    ("ends",): ("goal", "never"),
    ("steps",): ("40", "1", "0077"),
    ("reward",): ("goal=2 step=-0.25", "step=.5", "goal=1"),
    ("cost",): ("mud=4  water={1, 9}", "floor=2..3", "mud=2\tgrass=0 sand=1"),
    ("slip",): ("0.1", "0..0.2", "{0, 0.3}", "left=0.1 right=0..0.2", "right=1"),
    ("controls",): ("normal", "shuffled", "{normal, shuffled all}", "down up left right"),
    ("wind",): ("none", "east 0.2", "west  {0, 0.5}", "{east 0.2, none}"),
    ("define", "M"): ("kind=x every=2", "every={1, 2}"),
    ("define", "o"): ("worth=-1", "worth=0..2"),
    ("define", "I"): ("slip=0.1",),
    ("legend", "q"): ('o worth=-1 title="Fool\'s gold"', "o"),
    ("legend", "y"): ("M kind=y", 'M title="a = b"  every=2'),
    ("legend", "w"): (", slip=0.3  cost=2..8", "^"),
    ("vary",): ("mirror", "none", "rotate mirror"),
    ("candidates",): ("1,1 2,2", "2,1"),
}
PAIRS: dict[Path, tuple[str, ...]] = {
    ("reward", "goal"): ("2", "0.5"),
    ("reward", "step"): ("-0.2", "0"),
    ("cost", "mud"): ("7", "2..3", "{1, 2}"),
    ("cost", "water"): ("8",),
    ("slip", "left"): ("0.1", "{0, 0.2}"),
    ("define", "M", "every"): ("3", "1..2"),
    ("define", "L", "pays"): ("-2",),
    ("legend", "q", "worth"): ("0.25",),
    ("legend", "q", "title"): ("Pyrite", "x=y z"),
    ("legend", "w", "cost"): ("3",),
    ("wind", "chance"): ("0.3", "0..0.1"),
}
SET = {**VALUES, **PAIRS}
NUMBERS = [path for path in PAIRS if path[0] != "reward" and path[-1] != "title"] + [("slip",)]


def odd_text(rng: random.Random) -> str:
    """Return the text of a level: of a strange look, and often with an error in it."""
    lines = []
    for path in rng.sample(list(VALUES), rng.randrange(len(VALUES))):
        key, value = path[0], rng.choice(VALUES[path])
        if key == "define":
            value = f"{path[1]}{rng.choice((' ', '   '))}{value}"
        if key == "legend":
            value = f"{path[1]}{rng.choice(('=', ' = ', '  ='))}{value}"
        colon = rng.choice((":", ": ", ": ", " : ", ":\t", " :   "))
        lines.append(f"{rng.choice(('', '', ' ', chr(9)))}{key}{colon}{value}{rng.choice(BEHIND)}")
    for _ in range(rng.randrange(5)):
        odd = rng.choice((*COMMENTS, "", "", "  ", "\t"))
        lines.insert(rng.randrange(len(lines) + 1), odd)
    if rng.random() < 0.05:
        lines.insert(
            rng.randrange(len(lines) + 1), rng.choice(("stepz: 3", "steps 3", "cost: mud"))
        )
    lines.append(rng.choice(("map:", "map:", " map:", "map: ; here", "map:\t", "map :")))
    lines += odd_rows(rng)
    if rng.random() < 0.05:
        lines += [rng.choice(("; below", "steps: 3"))]
    lines += [""] * rng.choice((0, 1, 1, 1, 3))
    ends = rng.choice((("\n",), ("\n",), ("\r\n",), ("\n", "\r\n")))
    text = "".join(f"{one}{rng.choice(ends)}" for one in lines[:-1]) + lines[-1]
    return rng.choice(("", "", "", "\ufeff")) + text


def odd_rows(rng: random.Random) -> list[str]:
    """Return the rows of a map, in one of ten of which they have different lengths."""
    height, width = rng.randint(1, 9), rng.randint(2, 9)
    tiles = TILES + (LEGEND if rng.random() < 0.3 else "")
    rows = ["".join(rng.choice(tiles) for _ in range(width)) for _ in range(height)]
    if rng.random() < 0.1:
        rows = [row[: rng.randint(1, width)] for row in rows]
    return rows


def random_edit(rng: random.Random) -> Callable[[SourceMap], str]:
    """Return a random edit: a function from a source to its new text, which may raise EditError."""
    kind = rng.randrange(8)
    if kind < 3:
        return lambda source: _draw(source, rng)
    if kind == 3:
        sides = {side: rng.choice((0, 0, 1, -1, 2)) for side in ("top", "bottom", "left", "right")}
        return lambda source: resize(source, **sides, fill=rng.choice("#.%"))
    if kind == 4:
        return lambda source: remove_value(source, rng.choice(list(SET)))
    if kind == 5:
        return lambda source: turn_value(source, rng.choice(NUMBERS))
    if kind == 6 and rng.random() < 0.3:
        rows = ["".join(rng.choice("#.@G") for _ in range(6)) for _ in range(rng.randint(1, 6))]
        return lambda source: replace_map(source, rows)
    path = rng.choice(list(SET))
    return lambda source: set_value(source, path, rng.choice(SET[path]))


def _draw(source: SourceMap, rng: random.Random) -> str:
    """The text with a stroke of a random tool."""
    if not source.width:
        raise EditError("no map to draw on - add one first")

    def cell() -> tuple[int, int]:
        return rng.randrange(source.height), rng.randrange(source.width)

    cells = rng.choice(
        (
            lambda: [cell()],
            lambda: line(cell(), cell()),
            lambda: brush([cell() for _ in range(3)]),
            lambda: rectangle(cell(), cell(), rng.random() < 0.5),
            lambda: flood(source.board, cell()),
        )
    )()
    symmetry = rng.choice(((), ("left-right",), ("left-right", "up-down")))
    return set_cells(source, paint(source.board, cells, rng.choice(TILES), symmetry))
