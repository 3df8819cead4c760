"""Optimal and exact returns against brute force and published values."""

from __future__ import annotations

import numpy as np
import pytest

from game.tasks.family import family
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import (
    expected_return,
    optimal_path,
    optimal_policy,
    optimal_return,
    optimal_values,
    optimum_and_goal,
    random_return,
    score,
    shortest_path,
    shortest_paths,
)
from game.world.tables import N_ACTIONS, Tables, TooLarge, compile_level
from tests import random_levels, reference


def test_returns_agree_with_brute_force_in_one_batch_of_different_levels():
    levels = [random_levels.random_level(seed) for seed in range(40)]
    levels += [random_levels.random_level(seed, random_levels.ALL) for seed in range(40)]
    batch = GridBatch.of(levels)
    rng = np.random.default_rng(0)
    seen = rng.dirichlet(np.ones(5), (batch.n_tasks, 5, 5))  # policies that depend on the cell only
    policies = np.stack([seen[t][tuple(batch.cell[t].T)] for t in range(batch.n_tasks)])
    found = expected_return(batch, policies), optimal_return(batch), random_return(batch)
    for t, (level, tables) in enumerate(zip(levels, batch.tables)):
        cells = [tuple(cell) for cell in tables.cell.tolist()]
        policy = {cell: seen[t][cell].tolist() for cell in cells}
        uniform = {cell: [0.2] * 5 for cell in cells}
        expected = [reference.value(level, p) for p in (policy, None, uniform)]
        assert [values[t] for values in found] == pytest.approx(expected, abs=1e-9)


def test_grid_navigation_has_its_published_bounds():
    """5 x 5, 21 goals outside the start's corner, 15 steps, +1 on every step on the goal."""
    level = parse("ends: never\nsteps: 15\nmap:\n@.???\n..???\n?????\n?????\n?????\n")
    batch = GridBatch.of([task.level for task in family(level, "gridnavi")])
    assert batch.n_tasks == 21
    assert optimal_return(batch).mean() == pytest.approx(11.071, abs=5e-4)
    assert random_return(batch).mean() == pytest.approx(-1.165, abs=5e-4)


def test_optimal_values_are_discounted_returns_of_the_best_policy():
    levels = [random_levels.random_level(seed, random_levels.ALL) for seed in range(20)]
    batch = GridBatch.of(levels)
    undiscounted = (batch.start * optimal_values(batch, 1.0)).sum(1)
    assert undiscounted == pytest.approx(optimal_return(batch))
    corridor = GridBatch.of([parse("steps: 5\nmap:\n@..G\n")])  # pays 1, and a step costs 0.1
    found = optimal_values(corridor, 0.5)[0, corridor.start[0].argmax()]
    assert found == pytest.approx(-0.1 - 0.5 * 0.1 + 0.25)


def test_the_optimal_path_avoids_expensive_cells():
    tables = compile_level(parse("map:\n@~G\n...\n"))
    states, actions = optimal_path(tables)
    assert tables.cell[states].tolist() == [[0, 0], [1, 0], [1, 1], [1, 2], [0, 2]]
    assert actions.tolist() == [1, 3, 3, 0]
    assert optimal_return(GridBatch([tables])) == pytest.approx([0.7])


def test_an_optimal_path_may_be_to_give_up():
    tables = compile_level(parse("steps: 2\nmap:\n@%%%G\n"))
    assert optimal_return(GridBatch([tables])) == pytest.approx([-0.2])
    assert optimal_path(tables)[1].tolist() == [0, 0]  # bumps: the first of equals


def test_an_optimal_path_takes_the_most_likely_outcomes():
    blown = compile_level(parse("wind: east 0.9\nmap:\n#.#\n@.G\n"))
    assert blown.cell[optimal_path(blown)[0]].tolist() == [[1, 0], [1, 1], [1, 2]]
    against = compile_level(parse("wind: east 1\nsteps: 2\nmap:\n#####\nG.@.G\n"))
    assert against.cell[optimal_path(against)[0]].tolist() == [[1, 2], [1, 3], [1, 4]]
    slippery = compile_level(parse("slip: 0.4\nmap:\n@..G\n"))
    assert optimal_path(slippery)[1].tolist() == [3, 3, 3]


def test_shortest_paths():
    assert shortest_path(compile_level(parse("map:\n@~G\n...\n"))) == 2
    assert shortest_path(compile_level(parse("map:\n@..G#@\nG....G\n"))) == 1
    assert shortest_path(compile_level(Level(("@#G",)))) is None


def test_scores_are_0_for_the_random_policy_and_1_for_the_optimum():
    random, optimal = np.array([-4.0, 1.0]), np.array([1.0, 1.0])
    assert score(random, random, optimal).tolist() == [0, 0]
    assert score(optimal, random, optimal).tolist() == [1, 0]  # 0 where there is no room


def test_a_policy_for_too_many_steps_is_refused_before_it_is_made():
    rows = ["@" + "." * 59, *["." * 60] * 19, "G" + "." * 59]
    level = parse("steps: 10000\nmap:\n" + "\n".join(rows))
    with pytest.raises(TooLarge, match="use fewer 'steps'"):
        optimal_policy(GridBatch.of([level]))


def test_one_sweep_gives_the_optimum_and_one_flood_the_paths_of_a_batch():
    levels = [random_levels.random_level(seed, random_levels.ALL) for seed in range(60)]
    batch = GridBatch.of(levels)
    assert np.array_equal(optimum_and_goal(batch)[0], optimal_return(batch))
    paths = [path_by_sets(tables) for tables in batch.tables]
    assert shortest_paths(batch) == paths
    assert None in paths


def path_by_sets(tables: Tables) -> int | None:
    """The fewest moves from any start to any goal, where any outcome is possible."""
    likely = GridBatch([tables]).effective(np.full((1, tables.n_states, N_ACTIONS), 0.2))[0] > 0
    reached, steps = {*tables.starts.tolist()}, 0
    while not tables.goal[list(reached)].any():
        more = {int(tables.next_state[s, a]) for s in reached for a in np.flatnonzero(likely[s])}
        if more <= reached:
            return None
        reached, steps = reached | more, steps + 1
    return steps
