"""The state of the watch screen: its set-up, and one adaptation with the steps that have arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from game.session.messages import STEPS, AgentCard, Request
from game.session.trace import AdaptationStep, AdaptationTrace
from game.tasks.evaluated_levels import EvaluatedLevel, Expectation, LevelKind, expected_scores
from game.tasks.task import Task
from game.view.draw.plot_axes import Axes, Stretch
from game.view.model.baselines import BaselineCache, PlannedTask
from game.view.model.hard_levels import hard_level
from game.view.model.playback import Pace, Playback
from game.view.model.task_families import Families
from game.world.tables import Tables


def _in_distribution(task: Task) -> tuple[str, ...]:
    """Return no reasons why a task is out of distribution."""
    return ()


def _unseen(task: Task) -> bool:
    """Return False: the task was not in the agent's training."""
    return False


def _is_held_out(task: Task) -> bool:
    """Return True: the task is like those that the agent was evaluated on."""
    return True


@dataclass(frozen=True)
class WatchSetup:
    """The tasks and agents to watch, without the feed that computes the adaptation steps."""

    tasks: tuple[Task, ...]
    pack_title: str
    agents: tuple[str, ...]  # names on screen; the first agent is watched, the others compared
    seed: int = 0
    steps: int = STEPS
    episodes: int = 20  # of each adaptation step of the watched agent
    learned: bool = True  # whether the watched agent was meta-trained
    seen: Callable[[Task], bool] = _unseen  # whether the agent was trained on the task
    # why a task is outside the training distribution; (): it is inside; None: not known yet
    out_of_distribution: Callable[[Task], tuple[str, ...] | None] = _in_distribution
    in_distribution: str = ""  # what the panel says of a task inside it, else the pack's title
    adapts_by: str = ""  # how the watched agent adapts, in the words of its card
    sentence: str | None = None  # the header's text, if not the usual one
    agent_ids: tuple[str, ...] = ()  # the agents as a request names them; (): `agents`
    pack: str = ""
    path: str = ""  # of the pack
    held_out_curve: tuple[tuple[int, float], ...] = ()  # (episodes, score) on held-out tasks
    tested: tuple[EvaluatedLevel, ...] = ()  # test levels with scores after the same episodes
    held_out: Callable[[Task], bool] = _is_held_out  # whether the curve is expected on the task
    max_episodes: int = 0  # episodes of all steps, of the agent that takes most
    episodes_differ: bool = False  # whether the agents' episodes per step differ by a large factor
    same_episodes: bool = True  # whether they are the same
    request: Request | None = None  # the first adaptation, if not the usual one
    families: Families | None = None  # the level families of the tasks, if the pack is known
    cards: tuple[AgentCard, ...] = ()  # of the agents; (): an ended run has no last sentence


@dataclass(frozen=True, eq=False)
class TaskPhase:
    """The part of a run with one position of the goal: it begins at adaptation step `step`."""

    step: int
    task: Task
    baselines: PlannedTask
    axes: Axes
    warning: str = ""  # why the task is hard for the watched agent, if it is


class AdaptationRun:
    """One adaptation: its request, and the adaptation steps that have arrived for it.

    Each move of the goal begins a new phase. All phases share one span of returns.
    """

    def __init__(
        self, request: Request, cache: BaselineCache, setup: WatchSetup, pace: Pace
    ) -> None:
        self.request, self._cache, self._setup = request, cache, setup
        self.number, self.task, self.seed = request.number, request.task, request.seed
        self.steps, self.episodes = request.steps, setup.episodes
        if request.episodes and setup.episodes > 1:
            self.episodes = request.episodes
        self.playback = Playback(self.steps, pace, len(setup.agents))
        self.failure, self.finished = "", False
        self.traces = tuple(AdaptationTrace(name, 0.0, 1.0) for name in setup.agents)
        axes = Axes(self.steps, self.episodes, 0.0, 1.0)
        self.phases = [TaskPhase(0, self.task, PlannedTask(), axes)]
        self._baselines: dict[str, PlannedTask] = {}  # by task id
        self.planned = False  # whether the baselines of all phases are known
        self.fetch_baselines()

    def fetch_baselines(self) -> None:
        """Set phases and baselines if the background jobs have computed them by now."""
        phases = None if self.planned else self._make_phases()
        if phases is None:
            return
        self.planned, self.phases = True, phases
        failures = (phase.baselines.failure for phase in phases)
        self.failure = next((failure for failure in failures if failure), "")
        first, *moves = ((p.step, p.axes.random, p.axes.optimal) for p in phases)
        for trace in self.traces:
            trace.random_return, trace.optimal_return = first[1:]
            trace.moved = tuple(moves)

    def _make_phases(self) -> list[TaskPhase] | None:
        """Return the phases of the run, or None while the baselines of one are being computed."""
        starts = [0, *(change.step for change in self.request.changes if change.goal)]
        tasks = [self.request.task_at(step) for step in starts]
        for task in tasks:
            found = self._baselines.get(task.id) or self._cache.of(task)
            if found is None:
                return None
            self._baselines[task.id] = found
        known = [self._baselines[task.id] for task in tasks]
        span = min(one.random_return for one in known), max(one.optimal_return for one in known)
        moves = tuple(
            Stretch(step * self.episodes, one.random_return, one.optimal_return)
            for step, one in zip(starts, known)
        )
        phases = []
        for step, task, one in zip(starts, tasks, known):
            expected = self._expected(task, one)
            axes = replace(
                self._make_axes(one, span, expected), moves=moves if len(known) > 1 else ()
            )
            phases.append(TaskPhase(step, task, one, axes, hard_level(one.tables, expected)))
        return phases

    def _expected(self, task: Task, planned: PlannedTask) -> Expectation | None:
        """Return the scores that test levels like a task let expect of the watched agent.

        None without such levels, and for tasks of its training.
        """
        setup = self._setup
        if planned.tables is None or not setup.tested or setup.seen(task):
            return None
        kind = LevelKind.of(task.level, planned.tables.n_states)
        return expected_scores(kind, setup.tested, task.id)

    def _make_axes(
        self, baselines: PlannedTask, span: tuple[float, float], expected: Expectation | None
    ) -> Axes:
        """Return a phase's axes; `span` is the range of returns over all phases."""
        request, setup = self.request, self._setup
        random, optimal = baselines.random_return, baselines.optimal_return
        episodes = self.steps * self.episodes
        longest = setup.max_episodes * self.steps // max(1, setup.steps)
        known = [e for e, _ in setup.held_out_curve if e <= episodes]

        def returns(scores: Iterable[float]) -> tuple[tuple[int, float], ...]:
            """Return (episodes, return) pairs for the scores after these episodes."""
            return tuple((e, random + s * (optimal - random)) for e, s in zip(known, scores))

        # a change comes at a step of each agent: after other episodes, if these differ
        by_step = bool(request.changes) and not setup.same_episodes
        unchanged = not request.changes and not request.episodes and request.step_size == 1
        is_usual = unchanged and setup.held_out(request.task)
        usual = returns(score for _, score in setup.held_out_curve) if is_usual else ()
        low, high = returns(()), returns(())
        if expected and unchanged:
            usual, low, high = map(returns, (expected.mean, expected.low, expected.high))
        return Axes(
            self.steps,
            self.episodes,
            random,
            optimal,
            max(0 if request.episodes or by_step else longest, episodes),
            usual=usual,
            usual_low=low,
            usual_high=high,
            logarithmic=setup.episodes_differ and not by_step,
            by_step=by_step,
            span=span,
            events=tuple(change.step * self.episodes for change in request.changes),
        )

    def phase_at(self, step: int) -> TaskPhase:
        """Return the phase that an adaptation step belongs to."""
        return [phase for phase in self.phases if phase.step <= step][-1]

    def tables_at(self, step: int) -> Tables:
        """Return the tables of the task at an adaptation step, once the run is planned."""
        tables = self.phase_at(step).baselines.tables
        assert tables is not None
        return tables

    @property
    def has_ended(self) -> bool:
        """Whether all steps of all agents have arrived, and the last one is on screen."""
        position = self.playback.position()
        is_last = position is not None and position.step == self.steps
        return self.finished and self.planned and is_last and not self.failure

    @property
    def phase(self) -> TaskPhase:
        """The phase on screen."""
        position = self.playback.position()
        return self.phase_at(position.step if position else 0)

    def add_step(self, agent: int, step: AdaptationStep) -> None:
        """Append an adaptation step to an agent's trace, unless the trace has it already."""
        if step.step == len(self.traces[agent].steps):
            self.traces[agent].steps.append(step)
            self.playback.add((step.moves[0] >= 0).sum(-1).tolist(), agent)

    def continue_from(self, other: AdaptationRun, step: int) -> None:
        """Copy another run's steps up to `step`, and go on from there."""
        for agent, trace in enumerate(other.traces):
            for one in trace.steps[: step + 1]:
                self.add_step(agent, one)
        self.playback.go_to(step)
        self.playback.next_step()
