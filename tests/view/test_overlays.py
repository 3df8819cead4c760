"""Overlays: each is checked for what it shows on the cells, and what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pygame
import pytest

from game.tasks.task import Task
from game.text.draws import place_goal
from game.text.reading import parse
from game.view.draw import overlays
from game.view.draw.board import Board
from game.view.draw.overlays import OVERLAYS, OverlayContext
from game.view.draw.theme import Typeset
from game.world.batch import GridBatch
from game.world.planner import expected_return, state_values, visits
from game.world.rules import Ints
from game.world.tables import Tables, compile_level
from tests.view_data import TASK, adaptation, roll_out, traces

pytestmark = pytest.mark.usefixtures("fonts")

CELL = 40


def scene(now: int = 2, figures: bool = True) -> OverlayContext:
    tables = compile_level(TASK.level)
    return OverlayContext(tables, traces()[0].steps, now, int(tables.starts[0]), figures)


def shown(name: str, what: OverlayContext) -> tuple[pygame.Surface, str]:
    overlay = next(o for o in OVERLAYS if o.word == name)
    return overlay.draw(Board(TASK.level, CELL), what, Typeset(1.0))


def opacity(picture: pygame.Surface, cell: tuple[int, int], at: tuple[int, int] = (0, 0)) -> int:
    x, y = Board(TASK.level, CELL).centre(*cell)
    return picture.get_at((round(x) + at[0], round(y) + at[1]))[3]


def test_every_overlay_has_its_own_key_and_says_what_it_shows() -> None:
    assert len({overlay.cap for overlay in OVERLAYS}) == len(OVERLAYS)
    for overlay in OVERLAYS:
        picture, sentence = shown(overlay.word, scene())
        assert picture.get_size() == Board(TASK.level, CELL).size
        assert sentence.endswith(".")


def test_arrows_are_as_long_as_likely() -> None:
    """At the start the adapted policy goes one way, almost surely; the first one goes all ways."""
    ahead, behind = (CELL // 3, 0), (-CELL // 5, 0)
    adapted, _ = shown("policy", scene(2))
    first, _ = shown("policy", scene(0))
    probs = scene(2).probs[scene().state]
    right = probs[3] > 0.5
    along = ahead if right else (0, CELL // 3)
    assert opacity(adapted, (1, 1), along) > 0
    assert opacity(first, (1, 1), along) == 0
    assert opacity(first, (1, 1), (CELL // 7, 0)) > 0
    assert opacity(adapted, (1, 1), behind) == 0


def test_visits_are_those_of_many_episodes() -> None:
    """Exact numbers against sampled ones, and the likely cell is the dark one."""
    batch = GridBatch.of([TASK.level])
    probs = traces()[0].steps[1].action_probs
    exact = visits(batch, probs)[0]
    rng = np.random.default_rng(0)
    counts = np.zeros(batch.n_states)
    rounds = 250
    for _ in range(rounds):
        paths, _, _ = roll_out(batch, probs[0], rng)
        counts += np.bincount(paths[paths >= 0], minlength=batch.n_states) / len(paths)
    assert np.abs(counts / rounds - exact).max() < 0.15
    picture, _ = shown("visits", scene(2, figures=False))
    assert opacity(picture, (1, 1)) > opacity(picture, (1, 4))


def test_visits_of_who_remembers_are_those_of_the_episodes_shown() -> None:
    """What it would do as the episode begins, in `action_probs`, is not what it does."""
    step = replace(traces()[0].steps[0], stationary=False)
    once = replace(step, paths=step.paths[:, :1], moves=step.moves[:, :1])
    assert once.return_exact is not None
    picture, sentence = shown("visits", replace(scene(0, figures=False), steps=[once]))
    assert "in the episodes shown" in sentence
    path = once.paths[0, 0]
    cells = compile_level(TASK.level).cell
    entered = {tuple(cells[state].tolist()) for state in path[path >= 0]}
    for cell in map(tuple, np.unique(cells, axis=0).tolist()):
        assert (opacity(picture, cell) > 0) == (cell in entered)


def test_values_average_to_the_return_of_the_policy() -> None:
    batch = GridBatch.of([TASK.level])
    probs = traces()[0].steps[1].action_probs
    values = state_values(batch, probs)
    assert np.isclose((values * batch.start).sum(), expected_return(batch, probs)[0])


def test_values_are_not_called_exact_for_who_remembers() -> None:
    _, sentence = shown("values", scene(0))
    assert "exactly" in sentence
    step = replace(traces()[0].steps[0], stationary=False)
    _, sentence = shown("values", replace(scene(0), steps=[step]))
    assert "exactly" not in sentence


def test_the_best_cell_is_the_brightest() -> None:
    picture, _ = shown("values", scene(2, figures=False))
    board = Board(TASK.level, CELL)
    colours = {
        cell: picture.get_at(tuple(round(v) for v in board.centre(*cell)))[:3]
        for cell in ((3, 5), (1, 1))
    }
    assert sum(colours[3, 5]) > sum(colours[1, 1])


def test_changes_are_nothing_before_the_first_step_and_turns_later() -> None:
    picture, sentence = shown("changes", scene(0))
    assert "nothing yet" in sentence
    assert picture.get_bounding_rect().size == (0, 0)
    picture, sentence = shown("changes", scene(1))
    assert "moved" in sentence
    assert picture.get_bounding_rect().width > CELL


def test_the_optimal_path_says_its_cost() -> None:
    _, sentence = shown("optimum", scene())
    assert f"return {traces()[0].optimal_return:.2f}" in sentence


def test_what_the_agent_sees_is_clear_and_the_rest_veiled() -> None:
    picture, sentence = shown("features", scene())
    assert opacity(picture, (3, 6)) > 100
    assert opacity(picture, (1, 1)) == 0
    corner = picture.get_width() - 1, picture.get_height() - 1
    assert picture.get_at(corner)[3] == 0  # those of the board are round
    assert "row 2, column 2" in sentence
    assert "not the goal" in sentence


def test_a_layer_has_one_state_for_each_cell() -> None:
    """With a key the same cells are there twice; only those with the same things held are shown."""
    tables = compile_level(parse("map:\n@aA.G\n"))
    start = int(tables.starts[0])
    states = overlays.layer(tables, start)
    assert sorted(tables.cell[states][:, 1].tolist()) == [0]
    held = int(tables.next_state[start, 3])
    cells = tables.cell[overlays.layer(tables, held)][:, 1].tolist()
    assert sorted(cells) == [0, 1, 2, 3]


def test_the_belief_is_that_of_a_count_of_what_was_entered() -> None:
    """Brute force: each floor cell in turn is taken for the goal and held against what was seen."""
    what = replace(scene(1), episode=1, move=2)
    tables, steps = what.tables, what.steps
    paths = [*steps[0].paths[0], steps[1].paths[0, 0], steps[1].paths[0, 1, :3]]
    seen = {tuple(tables.cell[s].tolist()) for path in paths for s in path[1:] if s >= 0}
    goal = TASK.level.find("G")[0]
    floor = [*TASK.level.find("."), goal]
    left = {goal} if goal in seen else {cell for cell in floor if cell not in seen}
    picture, text = shown("belief", replace(what, figures=False))
    board = Board(TASK.level, CELL)
    for cell in floor:
        x, y = board.centre(*cell)
        purple = picture.get_at((round(x) + CELL // 3, round(y)))
        assert (purple[3] > 0) == (cell in left)
    assert "no doubt" in text if len(left) == 1 else f"{len(left)} cells" in text


FAMILY = parse("steps: 9\nmap:\n#########\n#?..@..?#\n#.#?#.#.#\n#..?...?#\n#########\n")
HIDDEN = Task(place_goal(FAMILY, (3, 7)), "one of a family")


def test_the_belief_over_a_family_is_what_brute_force_says() -> None:
    """Every candidate in turn is the goal, and the moves shown are made once more in that task."""
    trace = adaptation(HIDDEN, "seeker", (0, 1))
    scene = OverlayContext(
        compile_level(HIDDEN.level), trace.steps, 1, 0, episode=2, move=4, family=FAMILY
    )
    shown = [(step.paths[0, e], step.moves[0, e], 99) for step in trace.steps[:1] for e in range(4)]
    last = trace.steps[1]
    shown += [(last.paths[0, e], last.moves[0, e], 4 if e == 2 else 99) for e in range(3)]
    left = []
    for cell in FAMILY.find("?"):
        tables = compile_level(place_goal(FAMILY, cell))
        if all(_agrees(scene.tables, tables, *one) for one in shown):
            left.append(cell)
    cells, chances = overlays.exact_belief(scene)
    expected = [1 / len(left) if tuple(cell) in left else 0.0 for cell in cells.tolist()]
    assert HIDDEN.level.find("G")[0] in left
    assert sorted(map(tuple, cells.tolist())) == sorted(FAMILY.find("?"))
    assert chances.tolist() == pytest.approx(expected)


def _agrees(here: Tables, other: Tables, path: Ints, moves: Ints, most: int) -> bool:
    """Whether the same moves lead through the same cells, and end where they did."""
    state = int(other.starts[0])
    for t, action in enumerate(moves[:most].tolist()):
        if action < 0:
            return True
        if other.over[state]:
            return False
        state = int(other.next_state[state, action])
        same = (other.cell[state] == here.cell[path[t + 1]]).all()
        if not same or bool(other.over[state]) != bool(here.over[path[t + 1]]):
            return False
    return True


def test_the_agents_belief_stands_below_the_exact_one() -> None:
    trace = adaptation(HIDDEN, "seeker", (0, 1))
    belief = np.zeros((1, 9, FAMILY.height * FAMILY.width))
    belief[0, :, 1 * FAMILY.width + 1] = 1.0
    steps = [replace(step, belief=belief) for step in trace.steps]
    scene = OverlayContext(compile_level(HIDDEN.level), steps, 0, 0, False, family=FAMILY)
    board, type = Board(HIDDEN.level, CELL), Typeset(1.0)
    picture, text = overlays.posterior(board, scene, type)
    assert "the agent's own" in text
    for cell in FAMILY.find("?"):
        x, y = map(round, board.centre(*cell))
        above, below = (picture.get_at((x + CELL // 3, y + dy * CELL // 4)) for dy in (-1, 1))
        assert above[3] > 0
        assert (below[3] > 0) == (cell == (1, 1))
        assert above[:3] != below[:3]
    assert overlays.posterior(board, replace(scene, episode=1), type)[1].startswith("Exact")


def test_a_chance_can_be_read_on_the_goals_own_mark() -> None:
    """There its number stands on a ground of its own, elsewhere on the tint alone."""
    scene = OverlayContext(
        compile_level(HIDDEN.level), adaptation(HIDDEN, "", (0,)).steps, 0, 0, True
    )
    board, type = Board(HIDDEN.level, 80), Typeset(1.0)
    picture, _ = overlays.posterior(board, replace(scene, move=0, family=FAMILY), type)
    (goal,) = HIDDEN.level.find("G")
    ground = board.palette.card
    for cell in FAMILY.find("?"):
        x, y = map(round, board.centre(*cell))
        around = [picture.get_at((x - 21 + dx, y))[:3] for dx in range(8)]
        assert (ground in around) == (cell == goal)
