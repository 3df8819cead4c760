"""The table of tiles: the only place that reading, rules, drawing and lists take tiles from."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]
LARGEST = 1000  # the largest number in a header: a cost, a reward, a pace


@dataclass(frozen=True)
class Tile:
    """One kind of cell.

    `cost` is the cost of entering, in units of the level's step reward. `effect` names the branch
    of the rules that the tile needs beyond its cost ("" for none). `pattern` is the mark that the
    window draws besides the colour, so that no meaning rests on colour alone. Tiles may share a
    name. `ground` is the name that `cost:` lines use for the cell, if it is another one.
    """

    char: str
    name: str
    cost: float
    passable: bool
    effect: str
    colour: Colour
    pattern: str
    text: str
    ground: str = ""

    @property
    def cost_name(self) -> str:
        """The name of the cell in `cost:` lines."""
        return self.ground or self.name


FLOOR_COLOUR = (238, 234, 224)

# fmt: off
TILES: tuple[Tile, ...] = (
    #    char name         cost passable effect       colour           pattern   what it is, in a sentence
    Tile("#", "wall",      1, False,   "",          (84, 96, 120),   "wall",   "blocks; a bump costs as much as the cell one stands on"),
    Tile(".", "floor",     1, True,    "",          FLOOR_COLOUR,    "plain",  "open ground; a space is read as floor"),
    Tile("@", "start",     1, True,    "start",     FLOOR_COLOUR,    "start",  "where episodes begin; one of several at random"),
    Tile("G", "goal",      1, True,    "goal",      FLOOR_COLOUR,    "plain",  "the goal; several: any of them"),
    Tile("?", "candidate", 1, True,    "candidate", FLOOR_COLOUR,    "plain",  "may be the goal: one of them is drawn for each task"),
    Tile(",", "grass",     2, True,    "",          (176, 205, 140), "ticks",  "terrain"),
    Tile(":", "sand",      3, True,    "",          (236, 208, 142), "dots",   "terrain"),
    Tile("%", "mud",       4, True,    "",          (176, 140, 108), "hatch",  "terrain"),
    Tile("~", "water",     6, True,    "",          (124, 178, 222), "waves",  "terrain"),
    Tile("I", "ice",       1, True,    "ice",       (208, 234, 240), "glints", "slippery: a move may go to one of its two sides"),
    Tile("^", "one-way",   1, True,    "up",        (222, 216, 228), "up",     "can be left upwards only, and not entered from above"),
    Tile("v", "one-way",   1, True,    "down",      (222, 216, 228), "down",   "can be left downwards only, and not entered from below"),
    Tile("<", "one-way",   1, True,    "left",      (222, 216, 228), "left",   "can be left to the left only, and not entered from the left"),
    Tile(">", "one-way",   1, True,    "right",     (222, 216, 228), "right",  "can be left to the right only, and not entered from the right"),
    Tile("L", "lava",      1, True,    "lava",      (226, 108, 72),  "lava",   "ends the episode; pays -1 unless the level says otherwise"),
    *(Tile(c, "teleporter", 1, True,   "teleporter", (206, 180, 226), "portal", "leads to the other cell with this digit") for c in "123456789"),
    *(Tile(c, "key",       1, True,    "key",       FLOOR_COLOUR,    "key",    f"opens every door {c.upper()}, and is kept") for c in "abcd"),
    *(Tile(c, "door",      1, True,    "door",      (196, 150, 96),  "door",   f"a wall without the key {c.lower()}") for c in "ABCD"),
    Tile("o", "coin",      1, True,    "coin",      FLOOR_COLOUR,    "coin",   "pays its worth once, on top of the entering cost"),
    Tile("M", "patrol",    1, True,    "patrol",    FLOOR_COLOUR,    "patrol", "an opponent on a line: a catch ends the episode, -1; on floor"),
    Tile("H", "hunter",    1, True,    "hunter",    FLOOR_COLOUR,    "hunter", "an opponent that pursues: a catch ends the episode, -1; on floor"),
    Tile("$", "box",       1, True,    "box",       FLOOR_COLOUR,    "box",    "is pushed by walking into it; on floor", "floor"),
    Tile("X", "target",    1, True,    "target",    FLOOR_COLOUR,    "target", "where boxes belong: with 'ends: boxes' all boxes on targets end the episode"),
    Tile("*", "box",       1, True,    "box",       FLOOR_COLOUR,    "box",    "a box on a target", "target"),
    Tile("+", "start",     1, True,    "start",     FLOOR_COLOUR,    "start",  "a start on a target", "target"),
    Tile("!", "switch",    1, True,    "switch",    FLOOR_COLOUR,    "switch", "opens or closes all gates when the agent or a box enters it"),
    Tile("=", "gate",      1, True,    "gate",      FLOOR_COLOUR,    "gate",   "a wall until a switch opens it; a wall to opponents"),
)
# fmt: on

BY_CHAR: dict[str, Tile] = {tile.char: tile for tile in TILES}
BY_NAME: dict[str, Tile] = {
    tile.name: tile for tile in reversed(TILES)
}  # the first tile of each name

WALL = BY_NAME["wall"].char
FLOOR = BY_NAME["floor"].char
START = BY_NAME["start"].char
GOAL = BY_NAME["goal"].char
CANDIDATE = BY_NAME["candidate"].char
COIN = BY_NAME["coin"].char
PATROL = BY_NAME["patrol"].char
HUNTER = BY_NAME["hunter"].char
ICE = BY_NAME["ice"].char
LAVA = BY_NAME["lava"].char
SWITCH = BY_NAME["switch"].char
GATE = BY_NAME["gate"].char
BOX, TARGET, BOX_ON_TARGET, START_ON_TARGET = "$X*+"
STARTS, BOXES = (START, START_ON_TARGET), (BOX, BOX_ON_TARGET)
TARGETS = (TARGET, BOX_ON_TARGET, START_ON_TARGET)
OPPONENTS = (PATROL, HUNTER)
# terrain, floor included: tiles with a cost and no effect
GROUND = tuple(tile.char for tile in TILES if tile.passable and not tile.effect)
# tiles whose cell may hold a box; a gate must be open
BOXABLE = (*GROUND, *STARTS, ICE, *TARGETS, *BOXES, SWITCH, GATE)
# characters that a `legend:` line may give a meaning, in the order in which task ids use them
FREE = tuple(
    char
    for char in sorted(map(chr, range(ord("!"), ord("~") + 1)), key=lambda c: (not c.isalpha(), c))
    if char not in BY_CHAR and char not in ';"'
)
DIRECTIONS = ("up", "down", "left", "right")  # effects of one-way tiles
ACTIONS = (*DIRECTIONS, "stay")
ARROWS = {tile.effect: tile.char for tile in TILES if tile.effect in DIRECTIONS}


@dataclass(frozen=True)
class Setting:
    """One key of one tile that a level may set: a number, or one of `words`.

    `whole` says which numbers must be whole: "" none, "range" those of ranges, "all" all of them.
    """

    tile: str
    key: str
    default: float | str
    low: float = 0
    high: float = 0
    whole: str = ""
    words: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.tile} {self.key}"


def _by_label(*settings: Setting) -> dict[str, Setting]:
    return {setting.label: setting for setting in settings}


# what `define:` lines set; task ids depend on the order
SETTINGS = _by_label(
    Setting(ICE, "slip", 0.5, 0, 1),
    Setting(COIN, "worth", 0.5, -LARGEST, LARGEST),
    Setting(PATROL, "kind", "x", words=("x", "y", "hunt")),
    Setting(PATROL, "every", 1, 1, LARGEST, whole="all"),
    Setting(HUNTER, "every", 2, 1, LARGEST, whole="all"),
    Setting(LAVA, "pays", -1, -LARGEST, LARGEST),
)
# what `legend:` lines set; the defaults that are not in SETTINGS are the level's own
LEGEND_SETTINGS = (
    _by_label(
        *(Setting(c, "cost", BY_CHAR[c].cost, 0, LARGEST, whole="range") for c in (*GROUND, ICE)),
        *(Setting(c, "slip", 0.0, 0, 1) for c in GROUND),
    )
    | SETTINGS
    | _by_label(*(Setting(c, "pays", 1, -LARGEST, LARGEST) for c in (GOAL, CANDIDATE)))
)
