"""The adaptations that a page shows, computed beforehand: seeds, step sizes and goals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from agents.agent_catalog import agent_card
from agents.learner import Learner
from agents.runs import load_agent
from agents.scratch_agents import inner_options, is_scratch, with_scratch
from agents.training.scratch_baseline import tune_scratch
from agents.training.worker import trace
from game.session.messages import AgentCard, Request, labels
from game.session.trace import AdaptationTrace
from game.tasks.packs import load_pack
from game.tasks.task import Task
from game.text.drawn_values import can_move_goal, move_goal
from game.text.level import Cell
from game.text.tiles import BOXES, CANDIDATE, GOAL
from game.text.walking import start_cells

MOST_LIVE_GOALS = 12  # places of the goal in a page that adapts by itself
STEP_SIZES = (0.3, 1.0, 3.0, 10.0)  # factors of the agents' own step sizes


@dataclass(frozen=True)
class RecordedRun:
    """One agent's adaptation with one choice of seed, step size and goal; `goal` is None where the
    goal is at the task's own place. `agent` is the agent's index."""

    agent: int
    seed: int
    step_size: float
    goal: Cell | None
    trace: AdaptationTrace


@dataclass(frozen=True)
class Recording:
    """What a page shows of one task: agents to compare, seeds, step sizes and goals to choose from.

    `agents` are names as `--agent` takes them, and `cards` are theirs. `request` holds the other
    settings of the adaptations. `live_goals` are further goals, for agents that adapt in the page.
    """

    request: Request
    agents: tuple[str, ...]
    cards: tuple[AgentCard, ...]
    seeds: tuple[int, ...]
    step_sizes: tuple[float, ...]
    goals: tuple[Cell | None, ...]
    live_goals: tuple[Cell, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The names that the agents have beside each other."""
        return labels(self.cards)

    @property
    def adapts_by_gradients(self) -> tuple[bool, ...]:
        """Whether each agent has a step size."""
        pack = self.request.pack
        return tuple(
            is_scratch(name) or inner_options(name, pack) is not None for name in self.agents
        )

    def goal_at(self, goal: Cell | None, step: int) -> Cell | None:
        """Return where the goal is at an adaptation step, after the changes up to it."""
        moved = [one.goal for one in self.request.changes if one.goal and one.step <= step]
        return moved[-1] if moved else goal

    def task(self, goal: Cell | None) -> Task:
        """Return the task with its goal at a cell."""
        return task_with_goal(self.request.task, goal)


def plan_recording(request: Request, seeds: int, goals: int, step_sizes: bool) -> Recording:
    """Return what is to be recorded of a request: `seeds` seeds from its own on, so many goals, and
    the step sizes of a page, or its own alone. There are no goals to choose from where the request
    has changes of the task. Raises AgentError or NoAgent."""
    moved = () if request.changes else other_goals(request.task, max(goals - 1, MOST_LIVE_GOALS))
    agents = tuple(with_scratch(request.agents, request.pack))
    own = request.step_size
    return Recording(
        request,
        agents,
        tuple(agent_card(name, request.pack) for name in agents),
        tuple(range(request.seed, request.seed + seeds)),
        tuple(sorted({own, *STEP_SIZES})) if step_sizes else (own,),
        (None, *moved[: goals - 1]),
        moved[goals - 1 :],
    )


def precomputed_runs(
    recording: Recording, progress: Callable[[int, int], None] = lambda done, total: None
) -> Iterator[RecordedRun]:
    """Yield the adaptation of each agent with each choice that makes a difference to it.

    `progress` is called with the number of finished choices and of all. Raises AgentError.
    """
    choices = [
        (goal, seed, size)
        for goal in recording.goals
        for seed in recording.seeds
        for size in recording.step_sizes
    ]
    for done, (goal, seed, size) in enumerate(choices):
        progress(done, len(choices))
        indices = [
            i
            for i, by_gradients in enumerate(recording.adapts_by_gradients)
            if by_gradients or size == recording.request.step_size
        ]
        if not indices:
            continue
        request = replace(
            recording.request,
            task=recording.task(goal),
            seed=seed,
            step_size=size,
            agents=tuple(recording.agents[i] for i in indices),
        )
        for i, one in zip(indices, trace(request), strict=True):
            yield RecordedRun(i, seed, size, goal, one)


def live_learners(recording: Recording) -> dict[str, Learner]:
    """Return the agents that adapt by gradients, by their labels, as the recorded runs have them.

    Raises AgentError.
    """
    request, by_gradients = recording.request, recording.adapts_by_gradients
    return {
        label: learner_of(name, request.pack, request.path, request.seed)
        for label, name, fits in zip(recording.labels, recording.agents, by_gradients, strict=True)
        if fits
    }


def learner_of(name: str, pack: str, path: str, seed: int) -> Learner:
    """Return the learner of an agent; the step size of scratch is tuned. Raises AgentError."""
    if not is_scratch(name):
        return load_agent(name, pack, seed).learner
    place = path or pack
    *_, tuned = tune_scratch(name, load_pack(place) if place else None)
    return tuned.learner(seed)


# --- goals ---------------------------------------------------------------------------------------


def task_with_goal(task: Task, goal: Cell | None) -> Task:
    """Return a task with its goal at a cell, or as it is for None."""
    return task if goal is None else replace(task, level=move_goal(task.level, goal))


def other_goals(task: Task, most: int) -> tuple[Cell, ...]:
    """Return up to `most` cells to which a task's goal can be moved, none where it is not hidden.

    They are the level's other candidates where these are known, or else floor; each is as far as
    possible from the start, the goal and the ones before it.
    """
    level = task.level
    goals = level.find(GOAL)
    if most <= 0 or level.goal != "hidden" or len(goals) != 1 or level.has(BOXES):
        return ()
    taken = [*goals, *start_cells(level)]
    source = task.member.find(CANDIDATE) if task.member else []
    cells = source or [(r, c) for r in range(level.height) for c in range(level.width)]
    free = [cell for cell in cells if cell not in taken and can_move_goal(level, cell)]
    found: list[Cell] = []
    while free and len(found) < most:
        best = max(free, key=lambda cell: min(_distance(cell, one) for one in taken))
        found.append(best)
        taken.append(best)
        free.remove(best)
    return tuple(found)


def _distance(a: Cell, b: Cell) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])
