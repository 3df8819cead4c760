"""Boxes, switches and gates on the board, and the characters of a level's own legend."""

from __future__ import annotations

import itertools

import numpy as np
import pygame
import pytest

from game.tasks.family import nth_task
from game.tasks.task import Task
from game.text.level import Level
from game.text.reading import parse
from game.text.tiles import ACTIONS, TILES
from game.view.draw import overlays
from game.view.draw.actors import directions, place
from game.view.draw.badges import LEAST_BADGED, has_badge
from game.view.draw.board import Board
from game.view.draw.board_legend import (
    BOXES_TEXT,
    MOST_LINES,
    legend_items,
    legend_places,
)
from game.view.draw.box_marks import IRON
from game.view.draw.dynamic_tiles import DynamicTiles, box_ways, draw_as_written
from game.view.draw.marks import badged_swatch, swatch
from game.view.draw.observed import is_blocked, observed_things
from game.view.draw.overlay_context import OverlayContext, visible_states
from game.view.draw.theme import DARK, LIGHT, Typeset
from game.view.model.tile_words import hidden_settings, tile_words
from game.view.screens.level_pictures import without_goal
from game.world.tables import Tables, compile_level
from tests.view_data import adaptation

pytestmark = pytest.mark.usefixtures("fonts")

CELL = 40
UP, DOWN, LEFT, RIGHT, STAY = range(len(ACTIONS))
SOKOBAN = "ends: boxes\nmap:\n......\n@$X*..\n......\n"
GATE = "map:\n@!.=G\n.....\n"
GOLD = (
    'legend: q = o worth=-1 title="Fool\'s gold"\nlegend: f = M kind=y every=2\n'
    'legend: t = % cost=7\nlegend: w = G pays=0.2 title="Side door"\nlegend: W = . title="Mat"\n'
    "define: L pays=0\nmap:\n@qoGw\n.tW%f\n..L..\n"
)


def after(tables: Tables, *actions: int) -> int:
    """Return the state after these actions from the start."""
    state = int(tables.starts[0])
    for action in actions:
        state = int(tables.next_state[state, action])
    return state


def picture(tables: Tables, board: Board, *draw: float) -> pygame.Surface:
    surface = board.surface.copy()
    state, following, fraction = draw
    DynamicTiles(tables, board).draw(surface, int(state), int(following), fraction)
    return surface


def cell_of(surface: pygame.Surface, board: Board, row: float, column: float) -> bytes:
    """Return the pixels of a cell."""
    box = pygame.Rect(0, 0, CELL, CELL)
    box.center = tuple(map(round, board.centre(row, column)))
    return pygame.image.tobytes(surface.subsurface(box), "RGB")


def alike(surface: pygame.Surface, board: Board, *cells: tuple[int, int]) -> bool:
    """Whether two cells look alike, up to the jitter from cell to cell."""
    one, other = (
        np.frombuffer(cell_of(surface, board, *cell), np.uint8).astype(int) for cell in cells
    )
    return float(abs(one - other).mean()) < 4


# --- boxes and gates


def test_boxes_stand_where_the_state_says_and_slide_with_the_agent() -> None:
    level = parse(SOKOBAN.replace("ends: boxes\n", "").replace("......\n@", "....G.\n@", 1))
    tables, board = compile_level(level), Board(level, CELL)
    start, pushed = after(tables), after(tables, RIGHT)
    bare = [cell_of(board.surface, board, 1, column) for column in range(6)]

    def changed(*draw: float) -> list[int]:
        surface = picture(tables, board, *draw)
        return [c for c in range(6) if cell_of(surface, board, 1, c) != bare[c]]

    assert changed(start, start, 0.0) == [1, 3]
    assert changed(start, pushed, 0.5) == [1, 2, 3]
    assert changed(pushed, pushed, 0.0) == [2, 3]


def test_a_box_on_a_target_looks_like_one_that_the_map_has_there() -> None:
    level = parse("ends: boxes\nmap:\n........\n@$X.*.$X\n........\n")
    tables, board = compile_level(level), Board(level, CELL)
    surface = picture(tables, board, after(tables, RIGHT), after(tables, RIGHT), 0.0)
    assert alike(surface, board, (1, 2), (1, 4))
    assert not alike(surface, board, (1, 2), (1, 6))


def test_the_target_below_a_box_is_there_when_the_box_leaves() -> None:
    level = parse("ends: boxes\nmap:\n........\n@.*X.$.X\n........\n")
    tables, board = compile_level(level), Board(level, CELL)
    pushed = after(tables, UP, RIGHT, RIGHT, DOWN)
    surface = picture(tables, board, pushed, pushed, 0.0)
    assert [2, 2] in tables.boxes[pushed].tolist()
    assert alike(surface, board, (1, 2), (1, 3))


@pytest.mark.parametrize("push", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_only_the_box_that_is_pushed_moves_though_the_order_changes(push: tuple[int, int]) -> None:
    """The tables keep boxes in reading order: a push up or down may change it."""
    for boxes in itertools.combinations(itertools.product(range(3), range(3)), 3):
        for i, (row, column) in enumerate(boxes):
            there = (row + push[0], column + push[1])
            if there in boxes:
                continue
            moved = sorted([*boxes[:i], there, *boxes[i + 1 :]])
            ways = list(box_ways(np.array(sorted(boxes)), np.array(moved)))
            assert [way for way in ways if way[0] != way[1]] == [((row, column), there)]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_an_open_gate_has_a_clear_middle_and_a_closed_one_has_bars(palette) -> None:
    level = parse(GATE)
    tables, board = compile_level(level), Board(level, CELL, palette)
    x, y = map(round, board.centre(0, 3))
    bar = (x - round(0.065 * CELL), y)
    shut, switched = after(tables), after(tables, RIGHT)
    assert not tables.gates[shut]
    assert tables.gates[switched]
    closed = picture(tables, board, shut, shut, 0.0)
    opened = picture(tables, board, switched, switched, 0.0)
    half = picture(tables, board, shut, switched, 0.5)
    assert max(abs(a - b) for a, b in zip(closed.get_at(bar)[:3], IRON)) < 40
    assert opened.get_at(bar) == board.surface.get_at(bar)
    shots = {pygame.image.tobytes(one, "RGB") for one in (closed, opened, half)}
    assert len(shots) == 3


def test_pictures_without_tables_have_everything_where_the_map_has_it() -> None:
    """Thumbnails and the gallery do not compile a level."""
    level = parse("legend: q = o worth=2\nmap:\n@.q.aG\n.=o*A.\n.$....\n")
    tables, board = compile_level(level), Board(level, CELL)
    drawn = board.surface.copy()
    draw_as_written(drawn, level, board)
    start = after(tables)
    same = picture(tables, board, start, start, 0.0)
    assert pygame.image.tobytes(drawn, "RGB") == pygame.image.tobytes(same, "RGB")


def test_opponents_of_different_kinds_have_their_own_signs() -> None:
    """The tables keep the order of the map, whatever the kinds."""
    level = parse(
        "legend: h = M kind=hunt every=9\nlegend: q = M kind=y\nsteps: 5\n"
        "map:\n@....G\n......\n.h..q.\n......\n"
    )
    tables, board = compile_level(level), Board(level, CELL)
    start = after(tables)
    surface = picture(tables, board, start, start, 0.0)
    drawn = board.surface.copy()
    draw_as_written(drawn, level, board)
    for cell in ((2, 1), (2, 4)):
        assert cell_of(surface, board, *cell) == cell_of(drawn, board, *cell)


@pytest.mark.parametrize("cell", [1, 2, 3, 5, 9, 18, 64])
def test_every_tile_can_be_drawn_at_every_size(cell: int) -> None:
    rows = "".join(tile.char for tile in TILES)
    level = Level((rows, rows.replace("o", "q")), legend=parse(GOLD).legend)
    board = Board(level, cell, DARK)
    draw_as_written(board.surface, level, board)


# --- badges


def test_two_kinds_of_coins_differ_on_the_board_and_in_the_legend() -> None:
    level = parse(GOLD)
    board = Board(level, CELL)
    draw_as_written(board.surface, level, board)
    assert cell_of(board.surface, board, 0, 1) != cell_of(board.surface, board, 0, 2)
    shots = [pygame.image.tobytes(badged_swatch(level, c, 24), "RGB") for c in "qoWf"]
    assert len(set(shots)) == 4


def test_badges_leave_when_what_they_mark_is_taken() -> None:
    level = parse("legend: q = o worth=2\nmap:\n@q.G\n....\n")
    tables, board = compile_level(level), Board(level, CELL)
    taken = after(tables, RIGHT)
    surface = picture(tables, board, taken, taken, 0.0)
    assert cell_of(surface, board, 0, 1) == cell_of(board.surface, board, 0, 1)


def test_a_hidden_goal_of_the_legend_leaves_no_badge() -> None:
    level = parse(GOLD)
    hidden = Board(without_goal(level), CELL)
    plain = Board(without_goal(level.with_tiles({"G": "."})), CELL)
    assert pygame.image.tobytes(hidden.surface, "RGB") == pygame.image.tobytes(plain.surface, "RGB")


def test_boxes_have_no_badges_and_small_cells_have_none() -> None:
    level = parse('ends: boxes\nlegend: p = $ title="Piano"\nmap:\n@.p.X\n.....\n')
    assert not has_badge(level, "p")
    small = parse(GOLD)
    size = LEAST_BADGED - 1
    marked = badged_swatch(small, "W", size)
    assert pygame.image.tobytes(marked, "RGB") == pygame.image.tobytes(swatch(".", size), "RGB")


# --- the legend's words


def texts(level: Level, **more: object) -> list[str]:
    return [text for _, text in legend_items(level, Typeset(1.0), **more)]  # type: ignore[arg-type]


def test_the_legend_names_each_character_with_its_settings() -> None:
    assert texts(parse(GOLD)) == [
        "goal, hidden from the agent",
        "mud costs 4",
        "lava pays 0",
        "coin",
        "Fool's gold: worth −1",
        "patrol y, every 2",
        "mud costs 7",
        "Side door: pays 0.2",
        "Mat",
    ]


def test_the_legend_says_that_boxes_are_the_goal() -> None:
    assert texts(parse(SOKOBAN)) == [BOXES_TEXT, "box", "target"]
    assert texts(parse("ends: boxes\ncost: target=3\nmap:\n.....\n.+$..\n.....\n")) == [
        BOXES_TEXT,
        "box",
        "target costs 3",
    ]


def test_values_that_are_drawn_are_marked_and_not_told_to_a_person() -> None:
    family = parse(
        "cost: mud=4..8\nlegend: q = o worth={-1, 1}\nlegend: w = ? pays=2\nlegend: x = ? pays=1\n"
        "map:\n@q%w\n...x\n"
    )
    task = nth_task(family, 0, "family")
    hidden = hidden_settings(task)
    watched, played = (
        texts(task.level, hidden=hidden),
        texts(task.level, hidden=hidden, reveal=False),
    )
    assert "coin: worth −1 (drawn)" in watched
    assert any(text.startswith("goal pays 2") for text in watched)
    assert "mud costs 4 to 8 (drawn)" in played
    assert "coin: worth ? (drawn)" in played
    assert not any("pays" in text for text in played)
    assert texts(family)[1:3] == ["mud costs 4 to 8 (drawn)", "coin: worth −1 or 1 (drawn)"]


def test_header_lines_that_a_pack_hides_are_not_told_either() -> None:
    level = parse("define: o worth=0.5\nmap:\n@oG\n")
    task = Task(level, "", (("define", "o worth=0.5"),))
    assert tile_words(level, "o", hidden_settings(task), reveal=False) == "coin: worth ? (drawn)"


def test_a_legend_of_strangers_fits() -> None:
    """Fifty long titles neither crash nor fill the window."""
    free = "EFJKNOPQRSTUVWYZefghijklmnpqrstuwxyz&'()-/0[]_`{|}"
    long = "titles of strangers, with \u00e4 and \u4e16 " * 5
    lines = [f'legend: {c} = o title="{c} {long}"' for c in free]
    level = parse("\n".join([*lines, "map:", f"@{free}G", ""]), "free.txt")
    type = Typeset(1.0)
    items = legend_items(level, type)
    places, height = legend_places(items, 300, type)
    assert len(items) == len(free) + 1
    assert max(line for _, line in places) < MOST_LINES
    assert height <= MOST_LINES * 2 * type.height("small")


# --- overlays and moves


def moment(text: str, state: int | None = None) -> OverlayContext:
    level = parse(text)
    tables = compile_level(level)
    steps = adaptation(Task(level, ""), "agent", (0, 5)).steps
    return OverlayContext(tables, steps, 1, after(tables) if state is None else state, move=1)


@pytest.mark.parametrize("text", [SOKOBAN, GATE, GOLD, "starts: any\n" + SOKOBAN.replace("@", ".")])
@pytest.mark.parametrize("overlay", overlays.OVERLAYS, ids=lambda overlay: overlay.word)
def test_every_overlay_works_with_boxes_gates_and_legends(
    text: str, overlay: overlays.Overlay
) -> None:
    context = moment(text)
    board = Board(context.tables.level, CELL)
    layer, sentence = overlay.draw(board, context, Typeset(1.0))
    assert layer.get_size() == board.size
    assert sentence.endswith(".")
    if "boxes" in text and overlay.word == "belief":
        assert "every box on a target" in sentence


def test_visible_states_have_the_boxes_and_gates_of_the_state_on_screen() -> None:
    tables = compile_level(parse("map:\n@!.=G\n..$..\n.....\n"))
    for state in (after(tables), after(tables, RIGHT), after(tables, DOWN, RIGHT, RIGHT)):
        states = visible_states(tables, state)
        assert state in states
        assert (tables.boxes[states] == tables.boxes[state]).all()
        assert (tables.gates[states] == tables.gates[state]).all()


def test_a_closed_gate_is_observed_as_blocked() -> None:
    context = moment(GATE)
    assert is_blocked(context, (0, 3))
    assert not is_blocked(moment(GATE, after(context.tables, RIGHT)), (0, 3))
    assert observed_things(context.tables.level) == "costs, walls, switches and gates"


def test_a_bump_goes_where_the_controls_send_the_action() -> None:
    ways = directions(parse("controls: stay right up left down\nmap:\n@G\n"))
    cells, path = np.array([[1, 1]]), np.array([0, 0])
    up, _ = place(cells, path, np.array([UP]), 0, 0.5, ways)
    down, look = place(cells, path, np.array([DOWN]), 0, 0.5, ways)
    assert up == (1, 1)  # it stays
    assert down[1] > 1
    assert look == (0, 1)
