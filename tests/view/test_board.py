"""The board, the plot and the layout."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pygame
import pytest

from game.text.level import Level
from game.text.reading import parse
from game.text.tiles import ACTIONS, BY_CHAR, TILES, Tile
from game.view.draw.actors import place, segments
from game.view.draw.board import Board, grid_size, walled
from game.view.draw.board_painting import neighbours
from game.view.draw.dynamic_tiles import DynamicTiles
from game.view.draw.ground_patterns import PATTERNS
from game.view.draw.layout import Heights, arrange, flow
from game.view.draw.live_board import LiveBoard
from game.view.draw.marks import SIGNS, swatch
from game.view.draw.plot import curve_labels, draw_plot, plot_area
from game.view.draw.plot_axes import (
    Axes,
    Curve,
    Stretch,
    digits_for,
    nice_ticks,
    shown_steps,
    spread,
)
from game.view.draw.theme import LIGHT, Typeset, number
from game.world.tables import compile_level
from tests.view_data import TASK

pytestmark = pytest.mark.usefixtures("fonts")

CELL = 40


def nearest_tile(colour: tuple[int, ...]) -> str:
    """Return the name of the tile with the nearest colour; "floor" for all tiles of its colour."""
    return min(BY_CHAR.values(), key=lambda tile: math.dist(tile.colour, colour[:3])).name


def test_each_terrain_has_its_colour_in_the_middle_of_its_cell() -> None:
    board = Board(TASK.level, CELL)
    for row, column, name in [
        (1, 2, "floor"),
        (1, 3, "grass"),
        (1, 4, "sand"),
        (1, 5, "mud"),
        (1, 6, "water"),
        (2, 2, "wall"),
        (2, 5, "wall"),
    ]:
        x, y = board.centre(row, column)
        assert nearest_tile(tuple(board.surface.get_at((round(x), round(y))))) == name


def test_a_level_is_always_painted_alike() -> None:
    once, again = Board(TASK.level, CELL), Board(TASK.level, CELL)
    assert pygame.image.tobytes(once.surface, "RGB") == pygame.image.tobytes(again.surface, "RGB")


def test_a_hidden_goal_looks_different_from_a_visible_one() -> None:
    hidden = Board(TASK.level, CELL)
    visible = Board(Level(TASK.level.rows, goal="visible"), CELL)
    x, y = hidden.centre(3, 6)
    cell = pygame.Rect(0, 0, CELL, CELL)
    cell.center = (round(x), round(y))
    goals = [pygame.image.tobytes(b.surface.subsurface(cell), "RGB") for b in (hidden, visible)]
    assert goals[0] != goals[1]


def test_outside_the_map_is_wall() -> None:
    """A map without a border gets one, and cells keep their numbers."""
    level = parse("map:\n@.\n.G\n")
    rows, ring = walled(level)
    assert (rows, ring) == (("####", "#@.#", "#.G#", "####"), 1)
    board = Board(level, CELL)
    assert nearest_tile(tuple(board.surface.get_at((2, board.size[1] // 2)))) == "wall"
    assert walled(TASK.level) == (TASK.level.rows, 0)


def test_neighbour_masks() -> None:
    rows = ("###", "#.#", "#.#", "###")
    assert neighbours(("...", ".#.", ".#."), 1, 1) == 4  # the wall continues in the south
    assert neighbours(("...", ".,.", "..."), 1, 1) == 0
    assert neighbours(rows, 1, 1) == 15  # terrain continues under walls
    assert neighbours(rows, 0, 0) == 15  # walls continue beyond the board


@pytest.mark.parametrize(("fraction", "row"), [(0.0, 1.0), (0.5, 1.5), (1.0, 2.0)])
def test_a_move_leads_from_cell_to_cell(fraction: float, row: float) -> None:
    cells = np.array([[1, 1], [2, 1]])
    at, look = place(cells, np.array([0, 1]), np.array([ACTIONS.index("down")]), 0, fraction)
    assert at == (row, 1)
    assert look == (1, 0)


def test_a_bump_leads_there_and_back() -> None:
    cells, left = np.array([[1, 1]]), np.array([ACTIONS.index("left")])
    columns = [place(cells, np.array([0, 0]), left, 0, f)[0][1] for f in (0.0, 0.5, 1.0)]
    assert columns[0] == columns[2] == pytest.approx(1)
    assert columns[1] < 1


def test_a_trail_has_every_stretch_once_and_none_for_bumps() -> None:
    tables = compile_level(TASK.level)
    a, b = tables.state_of((1, 1)), tables.state_of((1, 2))
    board = Board(TASK.level, CELL)
    walk = np.array([a, a, b, a, b, -1, -1])
    assert len(segments(board, tables.cell, walk, 0.0)) == 1


# --- plot


def test_axes_span_from_random_to_optimum() -> None:
    axes, area = Axes(5, 20, -8.0, 0.5), pygame.Rect(10, 10, 200, 100)
    assert area.top < axes.y(0.5, area) < axes.y(-8.0, area) < area.bottom
    assert axes.y(-99.0, area) == area.bottom
    assert area.left < axes.x(0, area) < axes.x(5, area) < area.right


def test_a_logarithmic_axis_begins_at_0_and_gives_few_episodes_room() -> None:
    axes, area = Axes(5, 20, -8.0, 0.5, logarithmic=True), pygame.Rect(10, 10, 200, 100)
    places = [axes.x(episodes, area) for episodes in (0, 1, 5, 20, 100)]
    assert area.left < places[0]
    assert places[-1] < area.right
    assert np.diff(places).min() > 20


def test_a_stretch_ends_where_the_next_one_begins() -> None:
    axes = Axes(4, 20, -8.0, 0.5, moves=(Stretch(0, -8.0, 0.5), Stretch(40, -6.0, 0.0, -1.0)))
    area = pygame.Rect(10, 10, 200, 100)
    left, border, right = axes.borders(area)
    assert (left, border, right) == (area.left, axes.x(40, area), area.right)
    found = [axes.stretch_at(x, area).start for x in (0, left, border - 1, border, right + 50)]
    assert found == [0, 0, 0, 40, 40]
    assert Axes(4, 20, -8.0, 0.5).stretches == (Stretch(0, -8.0, 0.5),)


def test_axes_in_percent_span_from_0_to_100() -> None:
    axes = Axes(5, 20, -8.0, 2.0, usual=((0, -3.0),), bayes=0.0, span=(-9.0, 2.0)).in_percent()
    assert (axes.random, axes.optimal, axes.ends) == (0, 100, (0, 100))
    assert (axes.usual, axes.bayes) == (((0, 50.0),), 80.0)
    parts = Stretch(0, -8.0, 2.0), Stretch(40, 0.0, 1.0, 0.5)
    moved = Axes(5, 20, -8.0, 2.0, moves=parts).in_percent()
    assert moved.moves == (Stretch(0, 0.0, 100.0), Stretch(40, 0.0, 100.0, 50.0))
    level = Axes(5, 20, 1.0, 1.0, bayes=1.0).in_percent()  # every policy has the same return
    assert level.bayes == 0


@pytest.mark.parametrize("seed", range(8))
def test_the_names_of_curves_cover_nothing(seed: int) -> None:
    """Names and values out of range lie on no line, no point and no other text."""
    rng, type = np.random.default_rng(seed), Typeset(1.0)
    axes = Axes(5, 20, 0.0, 100.0, percent=True, bayes=60.0, events=(40,))
    area = pygame.Rect(0, 0, 340, 200)
    values = np.minimum(rng.normal(60, 40, (3, 6)), 100)
    curves = [Curve(f"agent {i}", tuple(range(0, 120, 20)), tuple(v)) for i, v in enumerate(values)]
    labels = curve_labels(area, axes, curves, type)
    texts = [text for text, *_ in labels]
    places = [box for *_, box in labels]
    assert any("agent" in text for text in texts)
    for i, box in enumerate(places):
        assert area.contains(box)
        assert box.collidelist(places[:i]) < 0
        for curve in curves:
            points = curve.points(axes, area)
            assert not any(box.collidepoint(point) for point in points)
            assert not any(box.clipline(a, b) for a, b in itertools.pairwise(points))
        for value in (0, 60, 100):
            y = axes.y(value, area)
            assert not box.clipline((area.left, y), (area.right, y))


def test_values_out_of_range_are_written_beside_their_arrows() -> None:
    axes, area = Axes(5, 20, 0.0, 100.0, percent=True), pygame.Rect(0, 0, 340, 200)
    curve = Curve("agent", (0, 20, 40, 60), (0.0, -50.0, -230.0, 10.0))
    texts = [text for text, *_ in curve_labels(area, axes, [curve], Typeset(1.0))]
    assert texts == ["agent", "−50%", "−230%"]


@pytest.mark.parametrize("steps", [1, 5, 50])
def test_the_last_tick_does_not_touch_the_words_of_the_axis(steps: int) -> None:
    type, axes = Typeset(1.0), Axes(steps, 20, 0.0, 100.0, percent=True)
    rect = pygame.Rect(0, 0, 400, 200)
    area = plot_area(rect, axes, type)
    end = axes.x(axes.end, area) + type.width(str(axes.end), "label") / 2
    assert max(end, area.right) + type.width("episodes", "small") < rect.right


@pytest.mark.parametrize("gap", [0.0, 0.05])
def test_equal_curves_stay_visible(gap: float) -> None:
    """Strokes of curves that lie on each other, or seem to, take turns: each has its colour on the
    line."""
    axes, rect = Axes(5, 20, 0.0, 100.0, percent=True), pygame.Rect(0, 0, 400, 200)
    curves = [Curve("", (0, 100), (40.0 + gap * hue, 40.0), hue) for hue in range(3)]
    surface = pygame.Surface(rect.size)
    surface.fill(LIGHT.card)
    draw_plot(surface, rect, axes, curves, None, Typeset(1.0))
    area = plot_area(rect, axes, Typeset(1.0))
    y = round(axes.y(40, area))
    between = range(round(axes.x(20, area)), round(axes.x(80, area)))
    row = np.array([surface.get_at((x, y))[:3] for x in between])
    for hue in LIGHT.agents[:3]:
        assert (np.abs(row - hue).max(1) < 40).mean() > 0.15


def test_axes_have_a_span_even_if_all_returns_are_equal() -> None:
    axes, area = Axes(0, 1, -2.0, -2.0), pygame.Rect(0, 0, 100, 100)
    assert 0 <= axes.y(-2.0, area) <= 100


@pytest.mark.parametrize(("low", "high"), [(-9.6, 1.2), (-0.3, 0.9), (-250, 3), (0.001, 0.002)])
def test_ticks_are_few_and_round_and_distinct(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 8
    assert low <= ticks[0] < ticks[-1] <= high + 1e-9
    texts = [number(tick, digits_for(ticks)) for tick in ticks]
    assert len(set(texts)) == len(texts)


def test_step_labels_are_thinned_out_on_short_axes() -> None:
    assert shown_steps(5, 400, 40) == [0, 1, 2, 3, 4, 5]
    assert shown_steps(100, 400, 40) == [0, 20, 40, 60, 80, 100]
    assert shown_steps(0, 10, 40) == [0]


def test_labels_keep_their_distance() -> None:
    assert spread([10, 12, 50], 15, 100) == [10, 25, 50]
    assert spread([10, 12], 15, 20) == [5, 20]
    assert spread([], 15, 20) == []


def test_numbers_have_a_true_minus_and_no_minus_zero() -> None:
    assert (number(-1.005, 1), number(-0.001), number(3, 0)) == ("−1.0", "0.00", "3")


# --- layout


@pytest.mark.parametrize("grid", [(10.0, 10.0), (20.0, 6.0), (6.0, 20.0)])
@pytest.mark.parametrize("size", [(800, 560), (1280, 800), (1920, 1080), (500, 900)])
def test_the_board_keeps_its_shape(size: tuple[int, int], grid: tuple[float, float]) -> None:
    layout = arrange(size, grid, 8, Heights(20, 60, 30), 1.0)
    assert layout.board.size == (round(grid[0] * layout.cell), round(grid[1] * layout.cell))
    assert not layout.board.colliderect(layout.panel)
    assert layout.panel.right <= size[0]


def test_items_wrap_like_words() -> None:
    assert flow([50, 50, 50], gap=10, room=120) == [(0, 0), (60, 0), (0, 1)]


def test_grid_size_crops_the_border() -> None:
    columns, rows = grid_size(TASK.level)
    assert TASK.level.width - 1 < columns < TASK.level.width
    assert TASK.level.height - 1 < rows < TASK.level.height


def test_every_tile_has_its_own_appearance():
    """Also without colour: tiles differ in pattern, sign or letter."""
    plain = {".", "@", "G", "?", "#"}
    active_overlays = {}
    for tile in TILES:
        if tile.char not in plain:
            picture = pygame.transform.grayscale(swatch(tile.char, 40))
            active_overlays[tile.char] = pygame.image.tobytes(picture, "RGB")
    assert len(set(active_overlays.values())) == len(active_overlays)


def test_keys_coins_and_opponents_are_drawn_as_in_the_state() -> None:
    level = parse("map:\n@oaG\nM...\n")
    tables, board = compile_level(level), Board(level, 40)
    tiles = DynamicTiles(tables, board)

    def shown(state: int, following: int, fraction: float) -> set[tuple[int, int]]:
        """Return the cells where something is drawn."""
        before, after = board.surface.copy(), board.surface.copy()
        tiles.draw(after, state, following, fraction)
        changed = (pygame.surfarray.array3d(before) != pygame.surfarray.array3d(after)).any(2)
        cells = itertools.product(range(level.height), range(level.width))
        return {(r, c) for r, c in cells if changed[_square(board, r, c)].mean() > 0.1}

    start = int(tables.starts[0])
    right = int(tables.next_state[start, 3])  # onto the coin, while the patrol sets out
    further = int(tables.next_state[right, 3])  # onto the key
    assert shown(start, start, 0.0) == {(0, 1), (0, 2), (1, 0)}
    assert shown(right, right, 0.0) == {(0, 2), (1, 1)}
    assert shown(further, further, 0.0) == {(1, 2)}
    assert shown(start, right, 0.5) == {(0, 1), (0, 2), (1, 0), (1, 1)}  # half way


def _square(board: Board, row: int, column: int) -> tuple[slice, slice]:
    x, y = board.centre(row, column)
    return slice(int(x) - 16, int(x) + 16), slice(int(y) - 16, int(y) + 16)


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.char)
def test_every_pattern_in_the_tile_table_can_be_drawn(tile: Tile):
    """A misspelt pattern would leave a plain cell."""
    assert tile.pattern in ("plain", "wall", "start", *PATTERNS) or tile.char in SIGNS


# --- the board of the editor


def test_a_board_that_was_changed_looks_as_if_it_were_painted_anew() -> None:
    rng = random.Random(3)
    cells = [[rng.choice("##..,:%~Io1a$M") for _ in range(12)] for _ in range(9)]

    def level() -> Level:
        return Level(tuple(map("".join, cells)))

    board = LiveBoard(level(), 15, LIGHT)
    board.paint(60.0)
    for _ in range(12):
        cells[rng.randrange(9)][rng.randrange(12)] = rng.choice("#.~%@G")
        board.show(level())
        board.paint(60.0)
    anew = LiveBoard(level(), 15, LIGHT)
    anew.paint(60.0)
    pixels = [pygame.surfarray.array3d(one.surface).astype(int) for one in (board, anew)]
    assert abs(pixels[0] - pixels[1]).max() <= 16  # the softness of shadows


def test_a_large_change_is_painted_over_several_frames() -> None:
    board = LiveBoard(Level(("." * 30,) * 30), 15, LIGHT)
    board.paint(0.0)
    assert not board.is_finished
    board.paint(60.0)
    assert board.is_finished
    painted = board.painted
    board.show(Level(("." * 30,) * 29 + ("#" + "." * 29,)))
    board.paint(60.0)
    assert board.painted == painted + 1
