"""Vectorized environments against single steps and the scalar reference."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache, partial

import numpy as np
import pytest

from game.tasks.packs import load_pack
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.environments import Environments, Transitions
from game.world.tables import N_ACTIONS
from tests import random_levels, reference
from tests.grid_packs import GRID_PACKS
from tests.world.test_rules import looks, reads

STEPS = int(os.environ.get("GRIDAPT_STEPS", 100_000))  # compared with the reference, in all

RANDOM = [random_levels.random_level(seed, random_levels.ALL) for seed in range(40)]


def test_a_run_is_single_steps_with_a_clock():
    """Starts, terminations and truncations agree with a loop over single environments."""
    batch = GridBatch.of([*RANDOM, parse("ends: never\nsteps: 7\nmap:\n@@G\n")])
    task = np.arange(300) % batch.n_tasks
    many = Environments(batch, task, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    state, clock, over = many.reset(), np.zeros(300, int), np.zeros(300, bool)
    seen = np.zeros(3, int)
    for steps in (1, 60, 3):
        actions = rng.integers(N_ACTIONS, size=(steps, 300))
        found = many.run(actions)
        for k in range(steps):
            effect = found.transition[k] % N_ACTIONS
            after, reward, terminated = batch.step(state, effect)
            clock += 1
            for i in np.flatnonzero(over):  # begins anew: any start of its task
                states, first = batch.tables[task[i]].starts, task[i] * batch.n_states
                assert found.state[k, i] - first in states
                after[i], reward[i], terminated[i], clock[i] = found.state[k, i], 0, False, 0
            truncated = (clock == batch.steps[task]) & ~terminated
            assert (found.transition[k] // N_ACTIONS == state)[~over].all()
            assert (found.state[k] == after).all()
            assert (found.reward[k] == reward).all()
            assert (found.terminated[k] == terminated).all()
            assert (found.truncated[k] == truncated).all()
            seen += [over.sum(), terminated.sum(), truncated.sum()]
            state, over = after, terminated | truncated
    assert (seen > 100).all()


def test_runs_of_any_length_and_into_given_arrays_are_the_same():
    batch = GridBatch.of(RANDOM)
    actions = np.random.default_rng(0).integers(N_ACTIONS, size=(30, 50))

    def play(*lengths: int) -> np.ndarray:
        many = Environments(batch, np.arange(50) % 40, np.random.default_rng(1))
        out = Transitions.empty(max(lengths), 50)
        parts = []
        for part in np.split(actions, np.cumsum(lengths)[:-1]):
            fits = out if len(part) == max(lengths) else None
            found = many.run(part, fits)
            assert fits is None or found is fits
            parts.append(np.stack([found.state, found.reward, found.truncated]))
        return np.concatenate(parts, 1)

    whole = play(30)
    assert (play(1, 28, 1) == whole).all()
    assert (play(15, 15) == whole).all()


def test_with_resampling_every_episode_is_of_any_task():
    batch = GridBatch.of([parse(f"steps: {n}\nmap:\n@.G\n") for n in (1, 2, 3)])
    many = Environments(batch, np.zeros(1000, int), np.random.default_rng(0), resample=True)
    found = many.run(np.full((2000, 1000), 4))
    task, begun = found.state // batch.n_states, found.transition >= batch.over.size * N_ACTIONS
    assert np.bincount(task[begun]) / begun.sum() == pytest.approx([1 / 3] * 3, abs=0.01)
    lengths = np.diff(np.flatnonzero(found.truncated[:, 0])) - 1  # one begins the episode
    assert (lengths == batch.steps[task[found.truncated[:, 0], 0]][1:]).all()


def test_actions_that_do_not_exist_are_refused():
    many = Environments(GridBatch.of(RANDOM[:1]), np.zeros(2, int), np.random.default_rng(0))
    for action in (-1, 5):
        with pytest.raises(ValueError, match="actions are from 0 to 4"):
            many.run(np.array([[0, action]]))


# --- against the reference ---------------------------------------------------------------------


def sources() -> Iterator[list[Level]]:
    """Yield tasks of every shipped pack, and levels with random tiles and rules."""
    for folder in GRID_PACKS:
        if folder.name == "worlds":  # a mixture of these, and of larger levels
            continue
        for split in load_pack(folder.name).splits.values():
            if split.tasks:
                tasks = split.sample(min(20, len(split.tasks)), np.random.default_rng(0))
                yield [task.level for task in tasks]
    yield [*RANDOM, parse("steps: 40\nmap:\n@aA.bB.G\n")]
    for first in range(40, 160, 40):
        yield [
            random_levels.random_level(seed, random_levels.ALL) for seed in range(first, first + 40)
        ]


TILES = {"ice": "I", "one-way": "^v<>", "lava": "L", "teleporter": "123456789", "key": "abcd"}
TILES |= {"door": "ABCD", "coin": "o", "goal": "G", "water": "~"}
EVENTS = {*TILES, "slipped", "blown", "shuffled", "caught", "goal without end", "entered a legend"}
EVENTS |= {"pushed", "could not push", "flipped", "boxes at home", "lopsided", "stay moved"}


def events(
    level: Level, before: reference.State, action: int, effect: int, after: reference.State
) -> set[str]:
    """Return the events of a step."""
    char = reference.tile(level, after.cell)
    moved = after.cell != before.cell
    found = {name for name, chars in TILES.items() if char in chars and moved}
    if effect != action:
        found.add("slipped" if level.wind == "none" else "blown")
    if level.controls != "normal" and moved:
        found.add("stay moved" if effect == 4 else "shuffled")
    if after.over and char not in "GL":
        found.add("boxes at home" if after.boxes else "caught")
    if moved and reference.written(level, after.cell) != char:
        found.add("entered a legend")
    if after.boxes != before.boxes:
        found.add("pushed")
    ahead = reference.next_to(before.cell, reference.moves(level)[effect])
    if ahead in before.boxes and not moved:
        found.add("could not push")
    if after.gates_open != before.gates_open:
        found.add("flipped")
    if effect != action and level.slip_left != level.slip_right:
        found.add("lopsided")
    return found | ({"goal without end"} if char == "G" and not after.over else set())


def test_random_play_in_all_packs_agrees_with_the_scalar_reference():
    """GRIDAPT_STEPS=1000000 in the environment compares a million steps."""
    everything = list(sources())
    share = -(-STEPS // len(everything))
    happened: set[str] = set()
    for levels in everything:
        happened |= compare(levels, -(-share // len(levels)))
    assert happened == EVENTS


def compare(levels: list[Level], steps: int) -> set[str]:
    """Compare `steps` random steps of each level with the reference, and return the events."""
    batch = GridBatch.of(levels)
    n, S = batch.n_tasks, batch.n_states
    many = Environments(batch, np.arange(n), np.random.default_rng(0))
    first = many.reset()
    actions = np.random.default_rng(1).integers(N_ACTIONS, size=(steps, n))
    found = many.run(actions)
    happened: set[str] = set()
    for t, (level, tables) in enumerate(zip(levels, batch.tables)):
        starts = {state.cell: state for state in reference.starts(level)}
        assert [*starts] == [tuple(cell) for cell in tables.cell[tables.starts].tolist()]
        here = starts[tuple(tables.cell[first[t] - t * S].tolist())]
        state_of = cache(partial(looks, tables))
        over = False
        for k in range(steps):
            state = state_of(found.state[k, t] - t * S)
            if over:
                here, pays, terminated = starts[state[0]], 0.0, False
            else:
                before, action = here, int(actions[k, t])
                effect = int(found.transition[k, t]) % N_ACTIONS
                if effect != action:
                    assert effect in [e for _, e in reference.outcomes(level, here, action)]
                here, pays, terminated = reference.step(level, here, effect)
                happened |= events(level, before, action, effect, here)
            truncated = here.time == level.steps and not terminated
            assert state == reads(here)
            assert abs(found.reward[k, t] - pays) < 1e-9
            assert (found.terminated[k, t], found.truncated[k, t]) == (terminated, truncated)
            over = terminated or truncated
    return happened
