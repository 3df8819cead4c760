"""The contract that every learner meets, as checks that can be called on a learner of your own.

    check_learner(lambda seed: MyLearner(MyConfig(), seed))

or, in a test file, one test for each rule:

    @pytest.mark.parametrize("rule", RULES)
    def test_contract(rule):
        RULES[rule](make)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agents.adaptation import TaskChange, adapt_through
from agents.learner import AgentError, Arrays, Learner, check_usable
from game.session.trace import AdaptationStep
from game.tasks.task import Task, task_rng
from game.text.drawn_values import move_goal
from game.text.reading import parse
from game.text.tiles import FLOOR, GOAL
from game.world.batch import GridBatch
from game.world.planner import expected_return, optimal_return

Make = Callable[[int], Learner]  # from a seed, a new learner
STEPS = 2
CLOSE = 1e-5  # of returns and probabilities that should be the same
# tasks that differ in size, length of an episode and chance
LEVELS = {
    "maze": """\
steps: 40
map:
...#.....
.#.#.###.
.#...#.#.
.###.#...
..~#@.,#.
##.#.#.#G
....,#...
""",
    "open": "steps: 20\nmap:\n.....\n..@..\n.....\n..%..\nG....\n",
    "slippery": "slip: 0.2\nsteps: 9\nmap:\n@.,@\n.#~.\n..G.\n",
}


class ContractBroken(AssertionError):
    """A learner breaks a rule of the contract; the message says which, and how."""


def check_learner(make: Make) -> None:
    """Check a learner against all rules. Raises ContractBroken."""
    for check in RULES.values():
        check(make)


# --- the rules ---------------------------------------------------------------------------------


def meta_parameters_are_finite_arrays_by_name(make: Make) -> None:
    """`state` and `checkpoint` give numpy arrays by name, none at all or all of them finite."""
    learner = make(0)
    try:
        check_usable(learner)
    except AgentError as error:
        raise ContractBroken(str(error)) from None
    for name, array in learner.checkpoint().items():
        _require(isinstance(array, np.ndarray), f"checkpoint()['{name}'] is no numpy array")
        _require(bool(np.isfinite(array).all()), f"checkpoint()['{name}'] is not finite")


def adapting_leaves_the_meta_parameters_unchanged(make: Make) -> None:
    """The inner loop never changes the meta-parameters."""
    learner = make(0)
    before = _copied(learner.state())
    _adapt(learner, _tasks())
    _require_same(before, learner.state(), "adapt changed the meta-parameters")


def the_same_seed_gives_the_same_steps(make: Make) -> None:
    """All randomness comes from the generators that `adapt` is given."""
    learner = make(0)
    first, again = _adapt(learner, _tasks()), _adapt(learner, _tasks())
    _require(_same_steps(first, again), "the same seed gave other steps the second time")
    other = _adapt(learner, _tasks(), seed=1)
    differ = not np.array_equal(first[0].paths, other[0].paths)
    _require(differ, "another seed gave the same episodes, on a task with chance in it")


def a_batch_adapts_as_its_tasks_do_alone(make: Make) -> None:
    """Each task draws from its own generator, and no task depends on the others of its batch."""
    tasks = _tasks()
    together = _adapt(make(3), tasks)
    for t, task in enumerate(tasks):
        alone = _adapt(make(3), [task])
        for whole, one in zip(together, alone, strict=True):
            n_states = one.action_probs.shape[1]
            what = f"{task.name}, step {one.step}"
            same = np.allclose(whole.action_probs[t, :n_states], one.action_probs[0], 0, CLOSE)
            _require(same, f"{what}: other policies alone than in a batch")
            same = np.isclose(whole.return_sampled[t], one.return_sampled[0], 0, CLOSE)
            _require(bool(same), f"{what}: another return alone than in a batch")
            same = whole.env_steps[t] == one.env_steps[0]
            _require(bool(same), f"{what}: other env_steps alone than in a batch")


def a_step_says_what_was_spent_before_it(make: Make) -> None:
    """Step 0 is before adaptation; step k stands at k times `episodes_per_step` episodes."""
    learner, tasks = make(3), _tasks()
    batch = _batch(tasks)
    steps = _adapt(learner, tasks)
    _require([s.step for s in steps] == [*range(STEPS + 1)], "steps are to be numbered from 0")
    episodes = [k * learner.episodes_per_step for k in range(STEPS + 1)]
    _require([s.episodes for s in steps] == episodes, "episodes do not go by episodes_per_step")
    _require(steps[0].gradient_steps == 0, "gradient steps were taken before step 0")
    _require(not steps[0].env_steps.any(), "environment steps were spent before step 0")
    for step in steps:
        most = step.episodes * batch.steps
        _require(bool((step.env_steps <= most).all()), f"step {step.step}: too many env_steps")


def returns_and_policies_are_possible(make: Make) -> None:
    """Probabilities add up to 1, no exact return is above the optimum, and the exact return of a
    stationary policy is that of its `action_probs`."""
    tasks = _tasks()
    batch = _batch(tasks)
    optimum = optimal_return(batch)
    for step in _adapt(make(3), tasks):
        what = f"step {step.step}"
        shape = (batch.n_tasks, batch.n_states, batch.n_actions)
        _require(step.action_probs.shape == shape, f"{what}: action_probs is not [T, S, A]")
        sums = np.allclose(step.action_probs.sum(-1), 1)
        _require(sums, f"{what}: action probabilities do not add up to 1")
        most = np.inf if batch.noise else batch.reward.max() * batch.horizon
        _require(bool((step.return_sampled <= most).all()), f"{what}: an impossible return")
        if step.return_exact is not None:
            below = (step.return_exact <= optimum + 1e-9).all()
            _require(bool(below), f"{what}: an exact return above the optimum")
            if step.stationary:
                exact = expected_return(batch, step.action_probs)
                same = np.allclose(step.return_exact, exact, 0, CLOSE)
                _require(same, f"{what}: return_exact is not that of action_probs")


def the_episodes_shown_follow_the_tables(make: Make) -> None:
    """`paths` and `moves` are episodes as the rules allow them; -1 once an episode is over."""
    tasks = _tasks()
    batch = _batch(tasks)
    for step in _adapt(make(3), tasks):
        for t, tables in enumerate(batch.tables):
            for states, moves in zip(step.paths[t], step.moves[t], strict=True):
                what = f"{tasks[t].name}, step {step.step}"
                taken = int((moves >= 0).sum())
                _require(states[0] in tables.starts, f"{what}: an episode begins at no start")
                _require(taken <= tables.level.steps, f"{what}: an episode is too long")
                _require(bool((states[taken + 1 :] == -1).all()), f"{what}: states after the end")
                for h in range(taken):
                    row = tables.next_state[states[h]]
                    by_chance = tables.slip.any() or tables.outcomes is not None
                    allowed = set(row.tolist()) if by_chance else {int(row[moves[h]])}
                    _require(int(states[h + 1]) in allowed, f"{what}: an impossible move")


def a_belief_is_a_distribution(make: Make) -> None:
    """Chances of cells add up to 1 in each step of the episode, and are 0 once it is over.

    Chances of answers to other questions are from 0 to 1, and likewise 0 in the end.
    """
    for step in _adapt(make(3), _tasks()):
        alive = step.moves[:, 0] >= 0  # [T, steps]
        if step.belief is not None:
            sums = step.belief.sum(-1)
            _require(np.allclose(sums, alive, 0, 1e-4), "a belief does not add up to 1")
            _require(bool((step.belief >= 0).all()), "a belief has negative chances")
        if step.drawn is not None:
            possible = (step.drawn >= 0) & (step.drawn <= 1 + 1e-4)
            _require(bool(possible.all()), "a belief has chances that are not from 0 to 1")
            _require(not step.drawn[~alive].any(), "a belief goes on after the episode")


def state_and_load_are_inverse(make: Make) -> None:
    """A learner that loads another's `state` adapts as that one does."""
    source, target = make(1), make(2)
    target.load(source.state())
    same = _same_steps(_adapt(source, _tasks()), _adapt(target, _tasks()))
    _require(same, "a learner that loaded the state of another adapts otherwise")


def an_outer_iteration_is_deterministic(make: Make) -> None:
    """`meta_update` draws from its generators alone; its metrics are finite numbers."""
    results = []
    for _ in range(2):
        learner = make(0)
        metrics = _update(learner, 0)
        finite = all(np.isfinite(value) for value in metrics.values())
        _require(finite, f"a metric is not finite: {metrics}")
        _require(not metrics or "env_steps" in metrics, "the metrics lack 'env_steps'")
        results.append(_copied(learner.state()))
    _require_same(results[0], results[1], "the same outer iteration gave other meta-parameters")


def training_goes_on_from_a_checkpoint(make: Make) -> None:
    """Stopped and resumed, the outer loop takes the very steps that it would have taken."""
    whole, first = make(0), make(0)
    for learner in (whole, first):
        _update(learner, 0)
    resumed = make(5)
    resumed.restore(_copied(first.checkpoint()))
    _update(whole, 1)
    _update(resumed, 1)
    _require_same(whole.state(), resumed.state(), "resumed training took another step")


def the_number_of_episodes_can_be_asked_for(make: Make) -> None:
    """`with_episodes` gives a learner with so many a step, and leaves this one as it is."""
    learner = make(0)
    fixed = learner.episodes_per_step
    other = learner.with_episodes(3)
    _require(learner.episodes_per_step == fixed, "with_episodes changed the learner itself")
    _require(other.episodes_per_step in (3, fixed), "with_episodes(3) gave another number")
    steps = _adapt(other, _tasks())
    _require(steps[1].episodes == other.episodes_per_step, "its steps take other numbers")
    _require_same(learner.state(), other.state(), "with_episodes changed the meta-parameters")


def step_sizes_can_be_scaled_back_and_forth(make: Make) -> None:
    """`scale_steps` by a factor and by its inverse changes nothing."""
    learner = make(0)
    before = _copied(learner.state())
    learner.scale_steps(2.0)
    learner.scale_steps(0.5)
    after = learner.state()
    near = before.keys() == after.keys() and all(
        np.allclose(before[name], after[name], 1e-5, 1e-5) for name in before
    )
    _require(near, "scale_steps(2) and scale_steps(0.5) do not cancel out")


def adaptation_goes_on_when_the_goal_moves(make: Make) -> None:
    """Steps before the move stay the same; steps and episodes keep counting after it."""
    task = _tasks()[0]
    moved = GridBatch.of([_goal_moved(task).level])
    change = {1: TaskChange(moved), 2: TaskChange(forget=True)}
    batch, plain = _batch([task]), _adapt(make(3), [task], steps=3)
    steps = list(adapt_through(make(3), batch, [task_rng(0, task)], 3, change))
    _require(_same_steps(steps[:1], plain[:1]), "a change to come altered the steps before it")
    _require([step.step for step in steps] == [0, 1, 2, 3], "steps do not keep counting")
    spent = [step.episodes for step in steps]
    _require(spent == [step.episodes for step in plain], "episodes do not keep counting")
    shapes = {step.action_probs.shape[1] for step in steps[1:]}
    _require(shapes == {moved.n_states}, "the policy is not that of the changed task")


RULES: dict[str, Callable[[Make], None]] = {
    rule.__name__: rule
    for rule in (
        meta_parameters_are_finite_arrays_by_name,
        adapting_leaves_the_meta_parameters_unchanged,
        the_same_seed_gives_the_same_steps,
        a_batch_adapts_as_its_tasks_do_alone,
        a_step_says_what_was_spent_before_it,
        returns_and_policies_are_possible,
        the_episodes_shown_follow_the_tables,
        a_belief_is_a_distribution,
        state_and_load_are_inverse,
        an_outer_iteration_is_deterministic,
        training_goes_on_from_a_checkpoint,
        the_number_of_episodes_can_be_asked_for,
        step_sizes_can_be_scaled_back_and_forth,
        adaptation_goes_on_when_the_goal_moves,
    )
}


# --- what they share ---------------------------------------------------------------------------


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ContractBroken(message)


def _require_same(one: Arrays, other: Arrays, message: str) -> None:
    same = one.keys() == other.keys() and all(np.array_equal(one[n], other[n]) for n in one)
    _require(same, message)


def _copied(arrays: Arrays) -> Arrays:
    return {name: array.copy() for name, array in arrays.items()}


def _tasks() -> list[Task]:
    return [Task(parse(text), name) for name, text in LEVELS.items()]


def _batch(tasks: Sequence[Task]) -> GridBatch:
    return GridBatch.of([task.level for task in tasks])


def _adapt(
    learner: Learner, tasks: Sequence[Task], seed: int = 0, steps: int = STEPS
) -> list[AdaptationStep]:
    rngs = [task_rng(seed, task) for task in tasks]
    return list(learner.adapt(_batch(tasks), rngs, steps))


def _update(learner: Learner, iteration: int) -> dict[str, float]:
    """One iteration of the outer loop on a few small tasks."""
    tasks = _tasks()
    rngs = [np.random.default_rng([iteration, t]) for t in range(len(tasks))]
    return learner.meta_update(_batch(tasks), rngs, 0.5)


def _same_steps(one: Sequence[AdaptationStep], other: Sequence[AdaptationStep]) -> bool:
    return len(one) == len(other) and all(
        first.keys() == second.keys()
        and all(np.array_equal(first[name], second[name]) for name in first)
        for first, second in zip(map(_content, one), map(_content, other), strict=True)
    )


def _content(step: AdaptationStep) -> dict[str, Any]:
    """Return all fields of a step by name, those of its maps among them."""
    return {**vars(step), "maps": None, **(vars(step.maps) if step.maps else {})}


def _goal_moved(task: Task) -> Task:
    """The task with its goal on another floor cell."""
    level = task.level
    cell = next(cell for cell in level.find(FLOOR)[::-1] if cell not in level.find(GOAL))
    return Task(move_goal(level, cell), task.name)
