"""Overlays: each is checked for its drawing on the cells and for its sentence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pygame
import pytest

from game.tasks.task import Task
from game.text.drawn_values import place_goal
from game.text.reading import parse
from game.view.draw import overlays
from game.view.draw.board import Board
from game.view.draw.overlay_context import OverlayContext, visible_states
from game.view.draw.overlays import OVERLAYS, Overlay
from game.view.draw.theme import Typeset
from game.view.screens.key_binding import CTRL, Key
from game.view.screens.overlay_keys import overlay_key
from game.view.screens.screen import COMMON, Screen
from game.view.screens.train import TrainScreen
from game.view.screens.watch import WatchScreen
from game.world.batch import GridBatch
from game.world.planner import expected_return, state_values, visits
from game.world.rules import Ints
from game.world.tables import Tables, compile_level
from tests.view_data import TASK, adaptation, experience, press, roll_out, traces

pytestmark = pytest.mark.usefixtures("fonts")

CELL = 40


def context(now: int = 2, show_numbers: bool = True) -> OverlayContext:
    tables = compile_level(TASK.level)
    return OverlayContext(tables, traces()[0].steps, now, int(tables.starts[0]), show_numbers)


def shown(name: str, of: OverlayContext) -> tuple[pygame.Surface, str]:
    overlay = next(o for o in OVERLAYS if o.word == name)
    return overlay.draw(Board(TASK.level, CELL), of, Typeset(1.0))


def opacity(picture: pygame.Surface, cell: tuple[int, int], at: tuple[int, int] = (0, 0)) -> int:
    x, y = Board(TASK.level, CELL).centre(*cell)
    return picture.get_at((round(x) + at[0], round(y) + at[1]))[3]


def test_every_overlay_has_its_own_key_and_a_sentence() -> None:
    assert len({overlay.cap for overlay in OVERLAYS}) == len(OVERLAYS)
    for overlay in OVERLAYS:
        picture, sentence = shown(overlay.word, context())
        assert picture.get_size() == Board(TASK.level, CELL).size
        assert sentence.endswith(".")


def test_arrows_are_longer_for_likelier_actions() -> None:
    """In the start cell the adapted policy is almost deterministic, the first one is uniform."""
    ahead, behind = (CELL // 3, 0), (-CELL // 5, 0)
    adapted, _ = shown("policy", context(2))
    first, _ = shown("policy", context(0))
    probs = context(2).probs[context().state]
    right = probs[3] > 0.5
    along = ahead if right else (0, CELL // 3)
    assert opacity(adapted, (1, 1), along) > 0
    assert opacity(first, (1, 1), along) == 0
    assert opacity(first, (1, 1), (CELL // 7, 0)) > 0
    assert opacity(adapted, (1, 1), behind) == 0


def test_visits_are_those_of_many_episodes() -> None:
    """Exact visits agree with sampled ones, and the likelier cell has the stronger tint."""
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
    picture, _ = shown("visits", context(2, show_numbers=False))
    assert opacity(picture, (1, 1)) > opacity(picture, (1, 4))


def test_visits_of_a_policy_with_memory_are_those_of_the_episodes_shown() -> None:
    """Its `action_probs` hold at the beginning of an episode only, so they give no visits."""
    step = replace(traces()[0].steps[0], stationary=False)
    once = replace(step, paths=step.paths[:, :1], moves=step.moves[:, :1])
    assert once.return_exact is not None
    picture, sentence = shown("visits", replace(context(0, show_numbers=False), steps=[once]))
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


def test_values_of_a_policy_with_memory_are_not_called_exact() -> None:
    _, sentence = shown("values", context(0))
    assert "exactly" in sentence
    step = replace(traces()[0].steps[0], stationary=False)
    _, sentence = shown("values", replace(context(0), steps=[step]))
    assert "exactly" not in sentence


def test_the_best_cell_is_the_brightest() -> None:
    picture, _ = shown("values", context(2, show_numbers=False))
    board = Board(TASK.level, CELL)
    colours = {
        cell: picture.get_at(tuple(round(v) for v in board.centre(*cell)))[:3]
        for cell in ((3, 5), (1, 1))
    }
    assert sum(colours[3, 5]) > sum(colours[1, 1])


def test_changes_are_empty_before_the_first_step_and_drawn_later() -> None:
    picture, sentence = shown("changes", context(0))
    assert "nothing yet" in sentence
    assert picture.get_bounding_rect().size == (0, 0)
    picture, sentence = shown("changes", context(1))
    assert "moved" in sentence
    assert picture.get_bounding_rect().width > CELL


def test_the_optimum_names_its_return() -> None:
    _, sentence = shown("optimum", context())
    assert f"return {traces()[0].optimal_return:.2f}" in sentence


def test_features_darken_everything_that_the_agent_does_not_observe() -> None:
    picture, sentence = shown("features", context())
    assert opacity(picture, (3, 6)) > 100
    assert opacity(picture, (1, 1)) == 0
    corner = picture.get_width() - 1, picture.get_height() - 1
    assert picture.get_at(corner)[3] == 0  # the board's corners are round
    assert "row 2, column 2" in sentence
    assert "not the goal" in sentence


def test_visible_states_are_one_for_each_cell() -> None:
    """A key doubles the states of each cell; only those with the same keys held are visible."""
    tables = compile_level(parse("map:\n@aA.G\n"))
    start = int(tables.starts[0])
    states = visible_states(tables, start)
    assert sorted(tables.cell[states][:, 1].tolist()) == [0]
    held = int(tables.next_state[start, 3])
    cells = tables.cell[visible_states(tables, held)][:, 1].tolist()
    assert sorted(cells) == [0, 1, 2, 3]


def test_the_belief_rules_out_the_cells_that_were_entered() -> None:
    """Brute force: each floor cell is a candidate unless it was entered without being the goal."""
    moment = replace(context(1), episode=1, move=2)
    tables, steps = moment.tables, moment.steps
    paths = [*steps[0].paths[0], steps[1].paths[0, 0], steps[1].paths[0, 1, :3]]
    seen = {tuple(tables.cell[s].tolist()) for path in paths for s in path[1:] if s >= 0}
    goal = TASK.level.find("G")[0]
    floor = [*TASK.level.find("."), goal]
    left = {goal} if goal in seen else {cell for cell in floor if cell not in seen}
    picture, text = shown("belief", replace(moment, show_numbers=False))
    board = Board(TASK.level, CELL)
    for cell in floor:
        x, y = board.centre(*cell)
        purple = picture.get_at((round(x) + CELL // 3, round(y)))
        assert (purple[3] > 0) == (cell in left)
    assert "no doubt" in text if len(left) == 1 else f"{len(left)} cells" in text


FAMILY = parse("steps: 9\nmap:\n#########\n#?..@..?#\n#.#?#.#.#\n#..?...?#\n#########\n")
HIDDEN = Task(place_goal(FAMILY, (3, 7)), "one of a family")


def test_the_belief_over_a_family_agrees_with_brute_force() -> None:
    """For each candidate as the goal, the moves shown are repeated in that task and compared."""
    trace = adaptation(HIDDEN, "seeker", (0, 1))
    moment = OverlayContext(
        compile_level(HIDDEN.level), trace.steps, 1, 0, episode=2, move=4, family=FAMILY
    )
    shown = [(step.paths[0, e], step.moves[0, e], 99) for step in trace.steps[:1] for e in range(4)]
    last = trace.steps[1]
    shown += [(last.paths[0, e], last.moves[0, e], 4 if e == 2 else 99) for e in range(3)]
    left = []
    for cell in FAMILY.find("?"):
        tables = compile_level(place_goal(FAMILY, cell))
        if all(_agrees(moment.tables, tables, *one) for one in shown):
            left.append(cell)
    cells, chances = overlays.exact_belief(moment)
    expected = [1 / len(left) if tuple(cell) in left else 0.0 for cell in cells.tolist()]
    assert HIDDEN.level.find("G")[0] in left
    assert sorted(map(tuple, cells.tolist())) == sorted(FAMILY.find("?"))
    assert chances.tolist() == pytest.approx(expected)


def _agrees(here: Tables, other: Tables, path: Ints, moves: Ints, most: int) -> bool:
    """Whether the same moves lead through the same cells and end in the same step."""
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


def test_the_agents_belief_is_below_the_exact_one() -> None:
    trace = adaptation(HIDDEN, "seeker", (0, 1))
    belief = np.zeros((1, 9, FAMILY.height * FAMILY.width))
    belief[0, :, 1 * FAMILY.width + 1] = 1.0
    steps = [replace(step, belief=belief) for step in trace.steps]
    moment = OverlayContext(compile_level(HIDDEN.level), steps, 0, 0, False, family=FAMILY)
    board, type = Board(HIDDEN.level, CELL), Typeset(1.0)
    picture, text = overlays.posterior(board, moment, type)
    assert "the agent's own" in text
    for cell in FAMILY.find("?"):
        x, y = map(round, board.centre(*cell))
        above, below = (picture.get_at((x + CELL // 3, y + dy * CELL // 4)) for dy in (-1, 1))
        assert above[3] > 0
        assert (below[3] > 0) == (cell == (1, 1))
        assert above[:3] != below[:3]
    assert overlays.posterior(board, replace(moment, episode=1), type)[1].startswith("Exact")


def test_a_chance_is_legible_on_the_mark_of_the_goal() -> None:
    """There the number has a ground of its own, elsewhere only the tint."""
    moment = OverlayContext(
        compile_level(HIDDEN.level), adaptation(HIDDEN, "", (0,)).steps, 0, 0, True
    )
    board, type = Board(HIDDEN.level, 80), Typeset(1.0)
    picture, _ = overlays.posterior(board, replace(moment, move=0, family=FAMILY), type)
    (goal,) = HIDDEN.level.find("G")
    ground = board.palette.card
    for cell in FAMILY.find("?"):
        x, y = map(round, board.centre(*cell))
        around = [picture.get_at((x - 21 + dx, y))[:3] for dx in range(8)]
        assert (ground in around) == (cell == goal)


# --- what an agent with maps knows


def known(
    *found: tuple[str, int, int, float], show_numbers: bool = False, **maps: object
) -> tuple[pygame.Surface, str]:
    """Return the layer and the sentence for maps with these entries."""
    moment = context(1, show_numbers)
    known_maps = replace(experience(TASK, *found), **maps)  # type: ignore[arg-type]
    steps = [moment.steps[0], replace(moment.steps[1], maps=known_maps)]
    return shown("what it knows", replace(moment, steps=steps))


def test_an_agent_without_maps_shows_none_and_says_so() -> None:
    picture, sentence = shown("what it knows", context())
    assert picture.get_bounding_rect().size == (0, 0)
    assert "keeps no maps" in sentence


def test_fog_lies_where_the_agent_has_not_been() -> None:
    picture, sentence = known(("visits", 1, 2, 4))
    near, far = opacity(picture, (1, 1)), opacity(picture, (3, 5))
    assert near < 60 < 150 < far < 255  # the level shows through
    assert opacity(picture, (0, 1)) < opacity(picture, (4, 6))  # walls are as clear as what is near
    corner = picture.get_width() - 1, picture.get_height() - 1
    assert picture.get_at(corner)[3] == 0  # the board's corners are round
    reachable = experience(TASK).reachable.sum()
    assert f"{200 // reachable:.0f}% of the map (the rest is in fog), no goal found" in sentence


def test_a_map_that_is_nearly_explored_is_not_called_explored() -> None:
    cells = np.ones((1, 300))
    for unvisited, percent in ((1, 99), (0, 100)):
        visits = np.arange(300)[None] >= unvisited
        maps = replace(experience(TASK), reachable=cells, visits=visits * 1.0)
        assert maps.percent_explored(0) == percent


def test_goals_deaths_and_rewards_are_marked_and_counted() -> None:
    plain, _ = known(("visits", 3, 1, 9), ("visits", 3, 2, 9), ("visits", 3, 3, 9))
    marks = ("goals", 3, 1, 7.0), ("deaths", 3, 2, 1.0), ("paid", 3, 3, -1.5)
    picture, sentence = known(*(("visits", 3, c, 9) for c in (1, 2, 3)), *marks)
    for column in (1, 2, 3):
        assert opacity(picture, (3, column)) > opacity(plain, (3, column)) + 20
    assert "a goal reached 7 times, died once (×)" in sentence
    assert "unexpected rewards (+ −)" in sentence
    gain, _ = known(("visits", 3, 3, 9), ("paid", 3, 3, 1.5))
    x, y = map(round, Board(TASK.level, CELL).centre(3, 3))
    off = CELL // 3  # beside the sign
    (red, green, _, _), (less_red, more_green, _, _) = (
        one.get_at((x + off, y + off)) for one in (picture, gain)
    )
    assert red > green
    assert more_green > less_red


def test_permuted_controls_are_shown_around_the_agent() -> None:
    """The cap on each side shows the action that moves there; it is empty while that is open."""
    rolled, even = np.eye(5), np.eye(5)
    rolled[:4, :4] = np.roll(np.eye(4), 1, 0)
    even[:4, :4] = 0.25
    plain, sentence = known()
    assert "the action that leads there" not in sentence
    layers = [known(controls=controls[None]) for controls in (rolled, even)]
    assert all("the action that leads there" in sentence for _, sentence in layers)
    below = (0, round(0.82 * CELL))  # of the agent
    for picture, _ in layers:
        assert opacity(picture, (1, 1), below) > opacity(plain, (1, 1), below)
    pictures = {pygame.image.tobytes(picture, "RGBA") for picture, _ in layers}
    assert len(pictures) == 2


# --- keys


def key_events(key: Key) -> list[pygame.event.Event]:
    """The key events that a key is meant to answer to."""
    mod = CTRL if key.ctrl else 0
    by_code = [press(code, chr(code) if 32 < code < 127 else "", mod) for code in key.codes]
    return by_code + [press(0, char, mod) for char in key.typed]


def clashes(keys: Sequence[Key]) -> set[tuple[str, str]]:
    """The caps of each pair of keys that answer to the same event."""
    return {
        (one.cap, other.cap)
        for one, other in itertools.combinations(keys, 2)
        if any(one.matches(e) and other.matches(e) for e in key_events(one) + key_events(other))
    }


def key_table(screen: type[Screen], *extra: Overlay) -> list[Key]:
    """All keys of a screen, with those of further overlays.

    A key of the screen may replace a common key with the same cap; an overlay may not.
    """
    caps = {key.cap for key in screen.keys} - {overlay.cap for overlay in OVERLAYS}
    common = [key for key in COMMON if key.cap not in caps]
    return [*screen.keys, *(overlay_key(overlay) for overlay in extra), *common]


@pytest.mark.parametrize("screen", [WatchScreen, TrainScreen])
def test_no_two_keys_of_a_screen_answer_to_the_same_event(screen: type[Screen]) -> None:
    """The first of two such keys wins, so that the other one, such as an overlay's, is dead."""
    assert {overlay.cap for overlay in OVERLAYS} <= {key.cap for key in screen.keys}
    assert clashes(key_table(screen)) == set()


@pytest.mark.parametrize(
    ("screen", "cap", "taken_by"),
    [
        (WatchScreen, "P", "P"),  # an overlay
        (WatchScreen, "S", "S"),  # a key of the screen
        (WatchScreen, "T", "T"),  # a common key, which the overlay would hide
        (WatchScreen, "=", "+"),  # the same key of the keyboard
        (TrainScreen, "P", "P"),
        (TrainScreen, "T", "T"),
    ],
)
def test_an_overlay_on_a_taken_key_is_found(screen: type[Screen], cap: str, taken_by: str) -> None:
    extra = Overlay(cap, "extra", overlays.policy)
    assert clashes(key_table(screen, extra)) & {(cap, taken_by), (taken_by, cap)}
