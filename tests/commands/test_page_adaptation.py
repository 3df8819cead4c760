"""A page's adaptation equals Python's, where both are given the same random numbers.

GRIDAPT_ADAPTATIONS=100 in the environment compares on as many tasks, of all packs.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from torch import Tensor

from agents.adaptation import TaskChange, adapt_through
from agents.agent_catalog import PRETRAINED, read_config
from agents.gradient.body import Body
from agents.gradient.gradient_learner import GradientLearner
from agents.gradient.meta_optimizer import MetaOptimizer
from agents.gradient.policy import Observation, Params
from agents.inner_config import STEP_SIZES, GraphConfig, InnerConfig
from agents.learner_registry import make_learner
from agents.runs import load_agent
from commands.pages.inlining import LIVE_MODULES, joined_modules
from commands.pages.live_tables import NotLive, live_obstacle, live_tables
from game.session.trace import AdaptationStep
from game.tasks.packs import LEVELS, load_pack
from game.tasks.task import Task, task_rng
from game.text.drawn_values import can_move_goal, move_goal
from game.text.level import Cell
from game.text.reading import parse
from game.text.tiles import GOAL
from game.world.batch import GridBatch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Evaluate = Callable[..., Any]  # calls a function of JavaScript
N_TASKS = int(os.environ.get("GRIDAPT_ADAPTATIONS", 0))
STEPS = 5
TOLERANCE = 1e-5
SMALL = GraphConfig(channels=8, rounds=3, head=(8,))
INNER = InnerConfig(episodes=6)


@dataclass(frozen=True)
class Case:
    """One adaptation. `agent` is shipped, or else a learner with `config`."""

    agent: str
    pack: str
    episodes: int | None = None
    step_size: float = 1.0
    goal: bool = False  # the goal is elsewhere from the beginning
    moved: int | None = None  # the step from which on the goal is elsewhere
    config: Mapping[str, Any] = field(default_factory=dict)

    def learner(self, seed: int) -> GradientLearner:
        """The agent."""
        if self.config:
            learner = make_learner(self.agent, seed, **self.config)
        else:
            learner = load_agent(self.agent, self.pack, seed).learner
        assert isinstance(learner, GradientLearner)
        return learner

    def options(self) -> dict[str, Any]:
        """The options of the module."""
        return {
            "episodes": self.episodes,
            "stepSize": self.step_size,
            "steps": STEPS,
            "goal": 0 if self.goal else None,
            "moved": {"step": self.moved, "goal": 0} if self.moved else None,
        }


CASES = (
    Case("maml-mazes-9x9", "mazes-9x9"),
    Case("scratch:maml-terrain-9x9", "terrain-9x9", step_size=3.0, episodes=7),
    Case("cavia-mazes-9x9", "mazes-9x9", goal=True),
    Case("maml-worlds", "dynamics", moved=2),
    Case("maml-gridnavi", "gridnavi", moved=2),
    Case("maml-opponents", "opponents", step_size=0.3),
    Case("maml", "dynamics", config={"inner": replace(INNER, surrogate="plain", trust=0)}),
    Case(
        "maml",
        "rewards",
        config={
            "inner": replace(INNER, kept=3, scaled=True, lost_undiscounted=True, shrink=0),
            "per_step": True,
            "step_sizes": "layer",
        },
    ),
    Case(
        "cavia",
        "boxes",
        config={"body": "graph", "graph": SMALL, "inner": replace(INNER, surrogate="dice")},
    ),
)
SHIPPED = {folder.name: read_config(folder) for folder in sorted(PRETRAINED.iterdir())}
BY_GRADIENTS = {  # the pack of each agent; one was trained on a part of goals-5x5
    name: config["pack"] if (LEVELS / config["pack"]).is_dir() else "goals-5x5"
    for name, config in SHIPPED.items()
    if "inner" in config["options"]
}
LONG_CASES = (
    *(Case(name, pack) for name, pack in BY_GRADIENTS.items()),
    *(Case(f"scratch:{name}", pack) for name, pack in BY_GRADIENTS.items() if "maml-" in name),
    *(Case("maml-worlds", path.name) for path in sorted(LEVELS.iterdir())),
    *(Case("maml-worlds", pack, moved=1) for pack in ("doors", "terrain-9x9", "opponents")),
)


# --- Python's side -------------------------------------------------------------------------------


class Recorder:
    """A generator that keeps the uniform numbers that were drawn from it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.numbers: list[float] = []

    def random(self, size: Any = None) -> Any:
        """Return uniform numbers."""
        drawn = self._rng.random(size)
        self.numbers += np.ravel(drawn).tolist()
        return drawn


class RoundedBody:
    """A body whose observations are those in single precision, which pages hold."""

    def __init__(self, body: Body, meta: Params) -> None:
        self._body, self._meta = body, meta

    def observe(self, meta: Params, batch: GridBatch) -> tuple[Observation, Tensor]:
        observed, columns = self._body.observe(self._meta, batch)
        return _doubled(observed), columns

    def observe_changed(self, meta: Params, batch: GridBatch, columns: Tensor) -> Observation:
        return _doubled(self._body.observe_changed(self._meta, batch, columns))


def _doubled(observed: Observation) -> Observation:
    if isinstance(observed, Tensor):
        return observed.double()
    return replace(observed, moves=observed.moves.double())


def double_learner(learner: GradientLearner) -> GradientLearner:
    """Return the learner in double precision, so that rounding does not turn a sampled action."""
    double, single = copy.copy(learner), learner.meta.average
    params = {n: _in_double(n, p) for n, p in single.items()}
    double.meta = MetaOptimizer(params, learner.config.outer)
    double.body = RoundedBody(learner.body, single)  # type: ignore[assignment]
    return double


def _in_double(name: str, param: Tensor) -> Tensor:
    """Return a parameter in double precision; step sizes are rounded as their exponentials are."""
    return param.exp().double().log() if name.startswith(STEP_SIZES) else param.double()


@dataclass(frozen=True)
class Prepared:
    """A case with what Python computes, and what the page is given."""

    case: Case
    task: Task
    steps: list[AdaptationStep]
    request: dict[str, Any]


def prepared(case: Case, index: int, task: Task | None = None) -> Prepared:
    """Adapt in Python to a task, or to one of the case's pack, and keep the random numbers."""
    if task is None:
        pack = load_pack(case.pack)
        split = pack.split("test" if "test" in pack.splits else "train")
        task = split.sample(1, np.random.default_rng(index))[0]
    learner = case.learner(index)
    cell = another_cell(task) if case.goal or case.moved else None
    live = live_tables(task.level, {case.agent: learner}, [cell] if cell else [])
    double = double_learner(learner)
    if case.episodes:
        double = double.with_episodes(case.episodes)
    double.scale_steps(case.step_size)
    recorder: Any = Recorder(task_rng(index, task))
    here = GridBatch.of([task.level])
    elsewhere = GridBatch.of([move_goal(task.level, cell)]) if cell else here
    changes = {case.moved: TaskChange(elsewhere)} if case.moved else {}
    first = elsewhere if case.goal else here
    steps = list(adapt_through(double, first, [recorder], STEPS, changes))
    request = {"live": live, "agent": case.agent, "options": case.options()}
    return Prepared(case, task, steps, request | {"numbers": recorder.numbers})


def another_cell(task: Task) -> Cell:
    """Return a cell to which a task's goal can be moved: one of them all, by the task's id."""
    level = task.level
    cells = [(r, c) for r in range(level.height) for c in range(level.width)]
    free = [cell for cell in cells if can_move_goal(level, cell) and cell not in level.find(GOAL)]
    return free[int(task.id, 16) % len(free)]


# --- the page's side -----------------------------------------------------------------------------


LOAD = """async (text) => {
    const url = URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
    globalThis.adaptation = await import(url);
}"""
ADAPT = """({live, agent, options, numbers}) => {
    let drawn = 0;
    const steps = adaptation.adaptationSteps(live, agent, options, () => numbers[drawn++]);
    return [[...steps], drawn];
}"""


@pytest.fixture(scope="module")
def evaluate(browser: Browser) -> Iterator[Evaluate]:
    """Call a function of JavaScript in a page that knows the module."""
    with contextlib.closing(browser.new_page()) as page:
        page.evaluate(LOAD, joined_modules(LIVE_MODULES))
        yield page.evaluate


def check_equal(evaluate: Evaluate, known: Prepared) -> None:
    """Check that the page's steps are those of Python."""
    found, drawn = evaluate(ADAPT, known.request)
    assert drawn == len(known.request["numbers"])
    assert len(found) == len(known.steps)
    for step, other in zip(known.steps, found, strict=True):
        where = f"{known.case} {known.task.name} {known.task.id} step {step.step}"
        assert step.return_exact is not None
        assert other["returnExact"] == pytest.approx(step.return_exact[0], abs=TOLERANCE), where
        assert other["returnSampled"] == pytest.approx(step.return_sampled[0]), where
        assert np.allclose(other["probs"], step.action_probs[0], atol=TOLERANCE), where
        assert other["paths"] == step.paths[0].tolist(), where
        counts = (step.step, step.episodes, step.env_steps[0], step.gradient_steps)
        found_counts = tuple(other[n] for n in ("step", "episodes", "envSteps", "gradientSteps"))
        assert found_counts == counts, where


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.agent} on {case.pack}")
def test_a_page_adapts_as_python_does(evaluate: Evaluate, case: Case):
    check_equal(evaluate, prepared(case, 1))


@pytest.mark.parametrize("agent", ["maml-mazes-9x9", "maml-worlds"])
def test_a_moved_goal_can_open_the_way_to_more_states(evaluate: Evaluate, agent: str):
    corridor = Task(parse("steps: 9\nmap:\n@.G.\n.#.#\n"), "Corridor")
    known = prepared(Case(agent, "mazes-9x9", moved=1), 1, corridor)
    assert len({step.action_probs.shape for step in known.steps}) == 2
    check_equal(evaluate, known)


@pytest.mark.skipif(not N_TASKS, reason="slow: see the top of this file")
@pytest.mark.timeout(0)
def test_a_page_adapts_as_python_does_on_many_tasks(evaluate: Evaluate):
    known = live_cases()
    for _ in range(N_TASKS):
        check_equal(evaluate, next(known))


def live_cases() -> Iterator[Prepared]:
    """Yield the long cases, each on one task after the other, without levels that are too large."""
    for index, case in enumerate(cycle(LONG_CASES)):
        with contextlib.suppress(NotLive):
            yield prepared(case, index)


def test_a_seed_gives_the_same_adaptation_as_in_the_window(evaluate: Evaluate):
    """A scratch agent draws its initialisation from the seed, too."""
    agent, seed = "scratch:maml-mazes-9x9", 17
    [task] = load_pack("mazes-9x9").split("test").sample(1, np.random.default_rng(seed))
    live = live_tables(task.level, {agent: load_agent(agent, seed=0).learner})
    found = evaluate(
        "([live, ...rest]) => [...adaptation.seededSteps(live, ...rest)]", [live, agent, seed, {}]
    )
    learner = load_agent(agent, seed=seed).learner
    assert isinstance(learner, GradientLearner)
    batch = GridBatch.of([task.level])
    known = double_learner(learner).adapt(batch, [task_rng(seed, task)], STEPS)
    for step, other in zip(known, found, strict=True):
        assert step.return_exact is not None
        assert other["returnExact"] == pytest.approx(step.return_exact[0], abs=TOLERANCE)
        assert other["paths"] == step.paths[0].tolist()


@pytest.mark.parametrize("entropy", [[0], [5, 0x123456789ABC], [1 << 40, 3, 4, 5, 6]])
def test_random_numbers_are_those_of_numpy(evaluate: Evaluate, entropy: list[int]):
    uniform, normal = evaluate(
        """(words) => {
            const numbers = new adaptation.NumpyRandom(words.map(BigInt));
            const draw = (name) => Array.from({length: 2000}, () => numbers[name]());
            return [draw("random"), draw("normal")];
        }""",
        list(map(str, entropy)),
    )
    rng = np.random.default_rng(entropy)
    assert uniform == rng.random(2000).tolist()
    assert np.allclose(normal, rng.standard_normal(2000), rtol=0, atol=1e-12)


def test_an_agent_that_does_not_adapt_by_gradients_shows_recorded_runs():
    level = parse("map:\n@.G\n")
    assert "does not adapt by gradients" in live_obstacle(make_learner("rl2", 0), level)
    assert live_obstacle(make_learner("maml", 0), level) == ""


def test_the_data_of_a_maze_take_little_room():
    case, [task] = (
        CASES[0],
        load_pack("mazes-9x9").split("test").sample(1, np.random.default_rng(1)),
    )
    learners = {name: load_agent(name).learner for name in (case.agent, f"scratch:{case.agent}")}
    assert len(json.dumps(live_tables(task.level, learners, [another_cell(task)]))) < 300_000


def test_a_page_does_not_adapt_where_it_cannot_draw_the_chance():
    level = parse("steps: 1\nworld: bandit arms=3 seed=1\nmap:\n@...\n")
    with pytest.raises(NotLive, match="cannot draw the chance in 'world: bandit'"):
        live_tables(level, {})
