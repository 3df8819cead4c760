"""The set-ups that screens are opened with: tasks and agents to watch, and tasks to play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from game.authoring.draft_file import Draft, open_draft
from game.session.messages import STEPS, AgentCard, Agents, NoAgent, Request, labels
from game.session.packed_levels import is_unpacked
from game.session.replay import read_line
from game.session.tour import Opening
from game.tasks.coverage import Coverage, coverage_of, differences
from game.tasks.distribution import SPLITS
from game.tasks.pack_file import PackError
from game.tasks.packs import LEVELS, Pack, load_pack
from game.tasks.task import Task
from game.text.conversion import in_own_notation
from game.text.level import LevelError
from game.text.reading import split_address
from game.text.writing import write
from game.view.model.agent_tasks import held_out_ids, is_training_pack, seen_ids
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.library import resolved
from game.view.model.play_session import PlaySetup
from game.view.model.task_families import Families
from game.view.model.training_run import demonstration_args
from game.view.screens.many_texts import MOST_TASKS, ManySetup
from game.view.screens.navigation_request import Navigation
from game.view.screens.watch_run import WatchSetup

UNTRAINED_SENTENCES = {  # the header's sentence for agents that were not meta-trained
    "scratch": "An agent without meta-training: an untrained policy learns the level from scratch.",
    "random": "A random policy that learns nothing: every learner has to beat it.",
    "planner": "A planner that knows the whole level: its return is the optimum.",
    "posterior-sampling": (
        "An agent that knows the rules and the map and searches for the goal cell by cell."
    ),
}
LIKE_TRAINING = "sizes, tiles and goals as in its training"  # of a generalist's unseen levels
TRIALS = 2  # of the pack's number of episodes that a person plays, if nothing else is asked for
UNLIKE = 4  # agents whose steps differ by this factor in episodes get a logarithmic axis


def watch_setup(
    pack: Pack,
    names: Sequence[str],
    agents: Agents,
    seed: int = 0,
    steps: int = STEPS,
    first: Task | None = None,
    jobs: BackgroundJobs | None = None,
) -> WatchSetup:
    """Return the set-up to watch these agents adapt to a pack's held-out tasks, or to those of
    another split if there are none.

    The first task is `first`, or the pack's task number `seed` (modulo the number of tasks). Slow
    computations go to `jobs`, or are done at once without them. Raises NoAgent.
    """
    jobs = jobs or BackgroundJobs(at_once=True)
    names = agents.compared(names, pack.name)
    cards = [agents.card(name, pack.name) for name in names]
    episodes = [card.episodes for card in cards]
    seen, held_out = seen_ids(cards[0], pack), held_out_ids(cards[0], pack)
    is_own = is_training_pack(cards[0], pack)
    return WatchSetup(
        tasks=_rotated(_shown_tasks(pack), first, seed),
        pack_title=pack.title,
        agents=labels(cards),
        seed=seed,
        steps=steps,
        episodes=episodes[0],
        seen=lambda task: task.id in seen,
        held_out=lambda task: task.id in held_out,
        learned=cards[0].learned,
        sentence=None if cards[0].learned else _untrained_sentence(cards[0]),
        adapts_by=cards[0].adapts_by,
        agent_ids=tuple(names),
        pack=pack.name,
        path=str(pack.path),
        max_episodes=max(episodes) * steps,
        out_of_distribution=_out_of_distribution(cards[0], is_own, jobs),
        in_distribution="" if is_own or not _is_generalist(cards[0]) else LIKE_TRAINING,
        families=Families(pack, jobs),
        episodes_differ=max(episodes) > UNLIKE * min(episodes),
        same_episodes=max(episodes) == min(episodes),
        held_out_curve=cards[0].usual,
        tested=cards[0].tested,
        cards=tuple(cards),
    )


def replay_setup(
    pack: Pack, request: Request, agents: Agents, jobs: BackgroundJobs | None = None
) -> WatchSetup:
    """Return the set-up to watch exactly the adaptation of `request`. Raises NoAgent."""
    names, seed, steps = request.agents, request.seed, request.steps
    setup = watch_setup(pack, names, agents, seed, steps, request.task, jobs)
    request = replace(request, agents=setup.agent_ids, path=setup.path)
    return replace(setup, request=request)


def many_setup(
    pack: Pack,
    names: Sequence[str],
    agents: Agents,
    seed: int = 0,
    steps: int = STEPS,
    first: Task | None = None,
    request: Request | None = None,
    jobs: BackgroundJobs | None = None,
) -> ManySetup:
    """Return the set-up to watch agents adapt to many tasks of a pack at once, with the settings of
    `request` if there is one.

    The tasks begin with those where `first` is, in the order of the pack. Raises NoAgent.
    """
    names = request.agents if request else names
    usual = watch_setup(pack, names, agents, seed, steps, None, jobs)
    split, tasks = _shown_split(pack)
    ids = [task.id for task in tasks]
    at = ids.index(first.id) if first and first.id in ids else 0
    own = Request(0, tasks[at], seed, steps, usual.agent_ids, usual.pack, path=usual.path)
    if request:
        own = replace(request, task=tasks[at], agents=usual.agent_ids, path=usual.path, changes=())
    return ManySetup(usual, tasks, split, own, at - at % MOST_TASKS, at % MOST_TASKS)


def play_setup(navigation: Navigation, agents: Agents, seed: int = 0) -> PlaySetup:
    """Return the set-up to play a pack's tasks, from the requested one on.

    The tasks are the held-out ones, or those of another split if there are none. In a duel where
    nobody has named the agent, it is one that learns from few episodes. The watched agent keeps its
    step size in a duel; the numbers of steps and episodes are the duel's. Raises NoAgent.
    """
    assert navigation.pack
    pack = navigation.pack
    agent = watched = navigation.agents[0] if navigation.kind == "duel" else ""
    if agent and navigation.by_default:
        agent = _fitting_opponent(pack, agents) or agent
    keeps_step_size = agent == watched != ""
    card = agents.card(agent, pack.name) if agent else None
    return PlaySetup(
        tasks=_rotated(_shown_tasks(pack), navigation.task, seed),
        pack_title=pack.title,
        pack=pack.name,
        episodes=navigation.episodes or TRIALS * pack.episodes,
        seed=seed,
        agent=agent,
        path=str(pack.path),
        agent_name=card.name if card else "",
        agent_episodes=card.least_episodes if card else 0,
        usual_episodes=card.episodes if card and not card.fits_duel else 0,
        step_size=navigation.request.step_size if navigation.request and keeps_step_size else 1.0,
    )


def _fitting_opponent(pack: Pack, agents: Agents) -> str:
    """Return an agent that fits a duel: one trained on the pack, else a generalist, else ""."""
    general, fitting = agents.defaults(None), []
    for name in dict.fromkeys((*agents.names(), *general)):
        try:
            card = agents.card(name, pack.name)
        except NoAgent:
            continue
        is_own = is_training_pack(card, pack)
        if card.learned and card.fits_duel and (is_own or name in general):
            fitting.append((not is_own, name))
    return min(fitting, key=lambda one: one[0])[1] if fitting else ""


def stop_navigation(opening: Opening) -> Navigation:
    """Return the request that opens a stop of the tour.

    Raises ReplayError, what `load_pack` raises, and OSError where a training has no place to save.
    """
    if opening.pack:
        return Navigation("train", args=demonstration_args(LEVELS / opening.pack))
    target = read_line(opening.line)
    watched = target.request if opening.kind in ("watch", "many") else None
    return Navigation(
        opening.kind,
        None if opening.kind == "edit" else target.pack,
        target.request.task,
        target.request.agents,
        opening.episodes,
        watched,
    )


def editable(path: Path | None, task: Task | None) -> Draft:
    """Return the draft to edit a level file, or else the level of a task, or else a new level.

    Levels that come with the project or in a replay line are copied, as is a level that is in no
    file: the draft is a new level with their text. Raises OSError.
    """
    if path is None and task is not None and task.level.file:
        file, _ = split_address(task.level.file)
        path = Path(task.level.file) if file.is_file() else None
    if path is not None and LEVELS not in resolved(path).parents and not is_unpacked(path):
        return open_draft(path)
    if path is not None:
        return Draft(None, copied=in_own_notation(open_draft(path).source))
    return Draft(None, copied=write(task.level)) if task is not None else open_draft(None)


def _shown_tasks(pack: Pack) -> tuple[Task, ...]:
    """Return the held-out tasks of a pack, or those of another split if there are none."""
    return _shown_split(pack)[1]


def _shown_split(pack: Pack) -> tuple[str, tuple[Task, ...]]:
    """Return the split whose tasks are shown, and its tasks: the held-out ones if there are any."""
    splits = ((name, pack.split(name).tasks) for name in reversed(SPLITS))
    return next((split for split in splits if split[1]), ("test", ()))


def _rotated(tasks: tuple[Task, ...], first: Task | None, seed: int) -> tuple[Task, ...]:
    """Return the tasks with `first`, or else number `seed`, in front; `first` is added if new."""
    start = seed % len(tasks) if tasks else 0
    if first is not None:
        ids = [task.id for task in tasks]
        start = ids.index(first.id) if first.id in ids else 0
        tasks = tasks if first.id in ids else (first, *tasks)
    return tasks[start:] + tasks[:start]


def _out_of_distribution(
    card: AgentCard, is_own: bool, jobs: BackgroundJobs
) -> Callable[[Task], tuple[str, ...] | None]:
    """Return a function that names why a task is outside the agent's training distribution.

    Its result is empty if the pack is the agent's own, or if the task has all that the agent was
    trained on in a wide range of sizes. It is None while it is being computed.
    """

    def reasons(task: Task) -> tuple[str, ...] | None:
        if is_own or not card.pack:
            return ()
        coverage = card.coverage or jobs.ask(
            ("distribution", card.pack), lambda: _coverage(card.pack), lambda why: ""
        )
        if coverage is None:
            return None
        if not isinstance(coverage, Coverage):
            return (f"not drawn from {card.pack}",)
        found = tuple(differences(task.level, coverage))
        return found if found or coverage.is_wide else (f"not drawn from {card.pack}",)

    return reasons


def _untrained_sentence(card: AgentCard) -> str:
    """Return the header's sentence for an agent without meta-training, such as `scratch (NAME)`."""
    return UNTRAINED_SENTENCES.get(card.name.partition(" ")[0], "")


def _is_generalist(card: AgentCard) -> bool:
    """Whether an agent was trained on a wide range of levels."""
    return card.coverage is not None and card.coverage.is_wide


def _coverage(name: str) -> Coverage | str:
    """Return what a pack's tasks contain, or "" if the pack cannot be loaded any more."""
    try:
        return coverage_of(load_pack(name))
    except (LevelError, PackError, OSError):
        return ""
