"""Agents that act step by step in environments of one's own, which are written here in plain
Python: what they do is what `adapt` does in the compiled level."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from agents.acting import Trial, start_trial
from agents.learner import AgentError, Learner
from agents.learner_registry import make_learner
from agents.runs import Agent, load_agent
from game.session.trace import AdaptationStep
from game.tasks.family import family
from game.tasks.task import Task, task_rng
from game.text.reading import parse
from game.world.batch import GridBatch

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "gymnasium.md").read_text(encoding="utf-8")
GRIDNAVI = next((ROOT / "levels" / "gridnavi").glob("*.txt"))
MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)]  # up, down, left, right, stay
MAZE = "steps: 9\nmap:\n@.#?\n..,?\n#..?\n"
BANDIT = "steps: 1\nworld: bandit arms=5 seed=3\nmap:\n##@##\n.....\n"
MDP = "steps: 6\nworld: mdp states=5 actions=4 seed=2\nmap:\n@....\n"
KEY_TO_DOOR = "steps: 9\nworld: key-to-door key=1,2 door=3,3\nmap:\n@..\n...\n...\n"


class PlainRoom:
    """A room with walls, grass, and a goal that no step shows but by its reward."""

    def __init__(self, rows: list[str], goal: tuple[int, int], ends: bool, steps: int) -> None:
        self.rows, self.goal, self.ends, self.steps = rows, goal, ends, steps
        self.grass = 2  # times as dear as floor

    def reset(self) -> tuple[int, int]:
        self.time, self.place = 0, (0, 0)
        return self.place

    def step(self, action: int) -> tuple[float, tuple[int, int], bool]:
        row, column = np.add(self.place, MOVES[action]).tolist()
        inside = 0 <= row < len(self.rows) and 0 <= column < len(self.rows[0])
        if inside and self.rows[row][column] != "#":
            self.place = row, column
        on_grass = self.rows[self.place[0]][self.place[1]] == ","
        cost = 0.1 * (self.grass if on_grass else 1)
        reward = 1.0 if self.place == self.goal else -cost
        self.time += 1
        done = self.time == self.steps or (self.ends and self.place == self.goal)
        return reward, self.place, done


def play(trial: Trial, room: PlainRoom, episodes: int) -> tuple[list[list[int]], list[float]]:
    """Return the actions of each episode, and its return."""
    actions, returns = [], []
    for _ in range(episodes):
        place, done = room.reset(), False
        actions.append([])
        returns.append(0.0)
        while not done:
            actions[-1].append(trial.act(place))
            reward, place, done = room.step(actions[-1][-1])
            trial.observe(reward, place, done, goal=place == room.goal)
            returns[-1] += reward
    return actions, returns


def adapt(learner: Learner, task: Task, episodes: int) -> list[AdaptationStep]:
    return list(learner.adapt(GridBatch.of([task.level]), [task_rng(0, task)], episodes - 1))


def moves_of(step: AdaptationStep, walk: int = 0) -> list[int]:
    return [int(move) for move in step.moves[0, walk] if move >= 0]


def check_plays_as_adapt(agent: Agent, task: Task, level: str | Path, episodes: int) -> None:
    """Check that actions and returns in the plain room are those of `adapt` in the task."""
    ((goal,), rows) = task.level.find("G"), list(task.level.rows)
    room = PlainRoom(rows, goal, task.level.ends == "goal", task.level.steps)
    actions, returns = play(start_trial(agent, level), room, episodes)
    steps = adapt(agent.learner, task, episodes)
    assert actions == [moves_of(step) for step in steps]
    assert returns == pytest.approx([float(s.return_sampled[0]) for s in steps], abs=1e-6)


def with_noise(name: str, **options: object) -> Learner:
    """Return an untrained learner whose greedy actions differ from state to state."""
    learner, rng = make_learner(name, **options), np.random.default_rng(7)
    noisy = {
        name: array + 0.3 * rng.standard_normal(array.shape).astype(array.dtype)
        for name, array in learner.state().items()
    }
    learner.load(noisy)
    return learner


@pytest.mark.parametrize("name", ["rl2-gridnavi", "varibad-gridnavi", "transformer-gridnavi"])
def test_in_a_plain_dark_room_returns_are_those_of_adapt(name: str):
    """The agent gets the level file, whose goal is not drawn; twice the episodes of training."""
    agent = load_agent(name)
    for task in list(family(parse(GRIDNAVI.read_text(encoding="utf-8")), ""))[::6]:
        check_plays_as_adapt(agent, task, GRIDNAVI, 8)


@pytest.mark.parametrize("name", ["rl2", "varibad", "transformer", "dpt", "ad"])
def test_every_learner_with_memory_acts_as_it_adapts(name: str):
    agent = Agent(name, with_noise(name, episodes=2, greedy=True), "")
    for task in family(parse(MAZE), ""):
        check_plays_as_adapt(agent, task, MAZE, 5)


def test_an_agent_with_maps_notes_the_goal_that_it_is_told_of():
    for task in family(parse(MAZE), ""):
        check_plays_as_adapt(load_agent("rl2-worlds"), task, MAZE, 6)


def test_in_a_plain_bandit_the_same_payments_lead_to_the_same_pulls():
    learner = with_noise("rl2", n_actions=5, episodes=10)
    task = Task(parse(BANDIT), "")
    steps, pulls = adapt(learner, task, 12), set()
    for walk in range(3):
        trial = start_trial(Agent("rl2", learner, ""), BANDIT.replace("seed=3", "seed=8"))
        for step in steps:
            arm = trial.act(0)
            assert [arm] == moves_of(step, walk)
            trial.observe(step.walk_returns[0, walk], arm + 1, done=True)
            pulls.add(arm)
    assert len(pulls) > 1


def test_in_an_mdp_a_place_is_the_number_of_a_state():
    learner = with_noise("rl2", n_actions=4)
    level, rng = parse(MDP), np.random.default_rng(1)
    trials = [start_trial(Agent("rl2", learner, ""), source) for source in (level, MDP)]
    trial, other = trials
    for place in rng.integers(5, size=6):
        action = trial.act(place)
        trial.observe(0.5, place, done=True)
        assert other.act(int(place)) == action
        other.observe(0.5, int(place), done=True)
    with pytest.raises(ValueError, match=r"place 5 is no state of this level.*0 to 4"):
        trial.act(5)


def test_states_that_look_alike_are_one_place():
    """Before the key, with it and after the door the agent observes the same cell."""
    trial = start_trial(Agent("rl2", with_noise("rl2"), ""), KEY_TO_DOOR)
    trial.act((0, 0))
    trial.observe(1.0, (0, 1))
    trial.act((0, 1))


def test_actions_that_are_sampled_depend_on_the_seed_alone():
    agent = Agent("rl2", make_learner("rl2", greedy=False), "")
    room = PlainRoom(["....", "....", "...."], (2, 3), False, 9)
    text = MAZE.replace("#", ".").replace(",", ".")
    first, again, other = (play(start_trial(agent, text, seed), room, 3)[0] for seed in (0, 0, 1))
    assert first == again != other


def test_an_agent_without_memory_is_refused():
    for name in ("maml-gridnavi", "random"):
        with pytest.raises(AgentError, match=f"{name}: only agents with memory act step by step"):
            start_trial(name, GRIDNAVI)


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("steps: 9\nmap:\n@a.\n..G\n", "row 0 column 0 .* several states .* project's own"),
        ("goal: visible\nmap:\n@.?\n..?\n", "the goal is visible, and not drawn yet"),
        ("no/such.txt", "no/such.txt: no such level file - give the path"),
        ("levels/gridnavi", "levels/gridnavi: no such level file - give the path"),
    ],
)
def test_levels_that_places_do_not_describe_are_refused(level: str, message: str):
    with pytest.raises(ValueError, match=message):
        start_trial("rl2-gridnavi", level)


def test_a_task_with_other_actions_is_refused():
    with pytest.raises(AgentError, match="the agent has 5 actions, and the task has 4"):
        start_trial("rl2-gridnavi", MDP)


@pytest.mark.parametrize("place", [(5, 0), (-1, 0), (0.5, 0), 3, "a", None, (0, 0, 0)])
def test_a_place_that_is_no_cell_is_refused(place: object):
    trial = start_trial("rl2-gridnavi", GRIDNAVI)
    with pytest.raises(
        ValueError, match=r"is no cell that the agent can reach.*map of 5 x 5 cells"
    ):
        trial.act(place)  # type: ignore[arg-type]


def test_calls_out_of_turn_are_refused():
    trial = start_trial("rl2-gridnavi", GRIDNAVI)
    with pytest.raises(ValueError, match="call `act` first"):
        trial.observe(0.0, (0, 0))
    trial.act((0, 0))
    with pytest.raises(ValueError, match="call `observe` before `act`"):
        trial.act((0, 0))
    with pytest.raises(ValueError, match="the reward is nan"):
        trial.observe(float("nan"), (0, 1))
    trial.observe(-0.1, (0, 1))
    with pytest.raises(ValueError, match="led to another place than \\(0, 0\\) - say done=True"):
        trial.act((0, 0))
    for _ in range(14):
        trial.act((0, 1))
        trial.observe(-0.1, (0, 1))
    with pytest.raises(ValueError, match="an episode of this level has 15 steps - say done=True"):
        trial.act((0, 1))


def test_the_example_of_the_page_prints_what_it_says(capsys: pytest.CaptureFixture[str]):
    section = PAGE[PAGE.index("## Agents in an environment of your own") :]
    code, printed = re.findall(r"```(?:python)?\n(.*?)```", section, flags=re.S)[:2]
    exec(compile(code, "docs/gymnasium.md", "exec"), {})
    assert capsys.readouterr().out == printed
