"""Maps of experience, and what they tell about controls, wind, slip and opponents."""

from __future__ import annotations

import numpy as np
import pytest

from agents.graph.experience import Experience, Moves
from agents.rollout import roll_out
from game.tasks.family import draw_tasks, family
from game.tasks.packs import load_pack
from game.tasks.task import Task, task_rng
from game.text.level import Level
from game.text.reading import parse
from game.text.tiles import ACTIONS
from game.text.values import moves_of
from game.world.batch import GridBatch
from game.world.rules import STAY
from game.world.tables import N_ACTIONS


def walked(level: Level | str, actions: str) -> Experience:
    """The experience of one episode with these actions, by their first letters."""
    batch = GridBatch.of([parse(level) if isinstance(level, str) else level])
    tables, experience = batch.tables[0], Experience(batch)
    state = int(tables.starts[0])
    task = np.zeros(1, int)
    experience.begin(task, np.array([state]))
    for time, letter in enumerate(actions):
        action = next(i for i, name in enumerate(ACTIONS) if name[0] == letter)
        entered = int(tables.next_state[state, action])
        fields = (time, state, action, entered)
        reward = np.array([tables.reward[state, action]])
        experience.add(Moves(task, *(np.array([field]) for field in fields), reward))
        state = entered
    return experience


def film(experience: Experience, name: str) -> list[list[float]]:
    """A map of the only task by its name, as rows."""
    level = experience.graph.shown[0]
    values: np.ndarray = getattr(experience.maps(), name)[0]
    return values.round(3).reshape(level.height, level.width).tolist()


def test_visits_goals_and_deaths_are_counted_by_cell():
    experience = walked("map:\n@..\n..G\n", "rdr")
    assert film(experience, "visits") == [[1, 1, 0], [0, 1, 1]]
    assert film(experience, "goals") == [[0, 0, 0], [0, 0, 1]]
    assert experience.found.all()
    experience = walked("map:\n@.L\n..G\n", "rr")
    assert film(experience, "deaths") == [[0, 0, 1], [0, 0, 0]]
    assert not experience.found.any()


def test_a_hidden_cost_shows_as_reward_beyond_what_was_shown():
    level = "cost: mud={1, 7}\nmap:\n@%%\n..G\n"
    task = next(t for t in tasks_of(level) if "7" in dict(t.drawn)["cost mud"])
    experience = Experience(GridBatch.of([task.level]))
    data = roll_out(experience.batch, uniform(experience.batch), 20, [np.random.default_rng(0)])
    untried = experience.untried.sum()
    experience.add_episodes(data)
    assert untried == 1
    assert not experience.untried.any()
    assert film(experience, "paid")[0][1] == pytest.approx(-0.3)  # 7 instead of 4


def test_what_is_out_of_reach_need_not_be_tried():
    level = "cost: mud={1, 7}\nmap:\n@.%\n..G\n"
    walled = "cost: mud={1, 7}\nmap:\n@.#%\n..G#\n"
    for text, n in ((level, 1), (walled, 0)):
        experience = Experience(GridBatch.of([tasks_of(text)[0].level]))
        assert experience.untried.sum() == n


def tasks_of(text: str) -> list[Task]:
    """All tasks of a level text."""
    return list(family(parse(text), "level"))


def uniform(batch: GridBatch) -> np.ndarray:
    return np.full(batch.reward.shape, 1 / N_ACTIONS)


@pytest.mark.parametrize("pack", ["dynamics"])
def test_controls_and_wind_are_found_out(pack):
    """After 20 random episodes the posterior has found the permutation of the controls."""
    tasks = load_pack(pack).split("test").tasks[:12]
    batch = GridBatch.of([task.level for task in tasks])
    experience = Experience(batch)
    assert np.allclose(experience.moves.estimate().controls[:, :STAY, :STAY], 0.25, atol=0.01)
    experience.add_episodes(roll_out(batch, uniform(batch), 20, [task_rng(0, t) for t in tasks]))
    belief = experience.moves.estimate()
    for t, task in enumerate(tasks):
        moves = [ACTIONS.index(move) for move in moves_of(task.level.controls)]
        assert belief.controls[t].argmax(1).tolist() == moves
        assert belief.wind[t].argmax() == ACTIONS.index("left")  # the west wind
        assert 0.05 <= belief.wind[t].max() <= 0.35


def test_normal_controls_are_taken_for_granted():
    experience = Experience(GridBatch.of([parse("map:\n@..\n..G\n")]))
    assert np.array_equal(experience.moves.estimate().controls[0], np.eye(N_ACTIONS))


def test_a_push_that_fails_tells_of_a_place_without_room_and_nothing_about_controls():
    experience = walked("map:\n#######\n#@$.G.#\n#.....#\n#######\n", "rr")
    assert film(experience, "visits")[1] == [0, 1, 2, 0, 0, 0, 0]
    assert np.flatnonzero(experience.no_room).tolist() == [7 + 4]
    assert experience.blocked().any()
    assert not experience.moves.in_doubt.any()


def test_the_kind_of_an_opponent_is_found_out():
    """After 20 random episodes the graph has the opponents' true moves, as far as they were met."""
    tasks = load_pack("opponents").split("test").tasks[:9]
    batch = GridBatch.of([task.level for task in tasks])
    experience = Experience(batch)
    assert experience.graph.unknown.shape[1] == 1
    experience.add_episodes(roll_out(batch, uniform(batch), 20, [task_rng(0, t) for t in tasks]))
    right = 0
    for t, task in enumerate(tasks):
        believed = experience.graph.shown[t]
        right += believed.setting("M kind") == task.level.setting("M kind")
    assert right >= 8


@pytest.mark.parametrize("pace", [1, 2, 3, 4])
def test_a_hidden_pace_of_a_hunter_is_found_out(pace: int):
    """Also the slowest one that the pack `worlds` draws."""
    level = "define: H every={1, 2, 3, 4}\nsteps: 30\nmap:\n@......\n.......\n......H\n.#....G\n"
    task = next(t for t in tasks_of(level) if t.level.setting("H every") == pace)
    experience = Experience(GridBatch.of([task.level]))
    batch = experience.batch
    assert experience.has_unknown_opponents.all()
    experience.add_episodes(roll_out(batch, uniform(batch), 20, [np.random.default_rng(0)]))
    assert not experience.has_unknown_opponents.any()
    assert experience.graph.shown[0].setting("H every") == pace


def test_many_kinds_of_hidden_opponents_stay_unknown():
    """Six kinds and paces, each drawn by itself, have too many combinations to weigh them all."""
    legend = "".join(f"legend: {c} = M kind={{x, y}} every={{1, 2}}\n" for c in "nqrtuw")
    text = f"{legend}steps: 5\nmap:\n@.....G\n.......\nn.q.r.t\n.......\nu.w....\n"
    level = next(draw_tasks(parse(text), "", np.random.default_rng(0))).level
    experience = Experience(GridBatch.of([level]))
    batch = experience.batch
    experience.add_episodes(roll_out(batch, uniform(batch), 3, [np.random.default_rng(0)]))
    assert experience.has_unknown_opponents.all()


def test_maps_do_not_depend_on_the_other_tasks_of_a_batch():
    tasks = load_pack("terrain-9x9").split("test").tasks[:4]
    together = GridBatch.of([task.level for task in tasks])
    whole = Experience(together)
    whole.add_episodes(roll_out(together, uniform(together), 5, [task_rng(0, t) for t in tasks]))
    for t, task in enumerate(tasks):
        alone = GridBatch.of([task.level])
        part = Experience(alone)
        part.add_episodes(roll_out(alone, uniform(alone), 5, [task_rng(0, task)]))
        assert np.array_equal(whole.maps().paid[t], part.maps().paid[0])
