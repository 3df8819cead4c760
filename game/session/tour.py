"""The guided tour as data: its stops, what each one opens, points at, says and asks.

Stops open real screens with fixed seeds; every figure in a sentence is that of the replay line.
"""

from __future__ import annotations

from dataclasses import dataclass

QUESTIONS = 0  # the part of the stops that ask what was understood, at the end


@dataclass(frozen=True)
class Opening:
    """The screen that a stop opens, and the keys that are pressed on it at once.

    `kind` is that of a navigation request. A replay line gives the level, also where it is played
    ("play") or edited ("edit"). Of the kind "train", a demonstration is trained on `pack`.
    """

    kind: str
    line: str = ""
    episodes: int = 0  # to play; 0: the pack's usual number
    pack: str = ""
    keys: tuple[str, ...] = ()  # labels of keys of the screen


@dataclass(frozen=True)
class TourAnswer:
    """An answer in words or, with an anchor, a place of the screen to be clicked."""

    text: str
    anchor: str = ""


@dataclass(frozen=True)
class TourChoice:
    """A prediction or a question: one of its answers is right, for the reason that is given then.

    `right` is None where the person's own episodes decide; the screen reports the answer.
    """

    question: str
    answers: tuple[TourAnswer, ...]
    right: int | None
    reason: str

    @property
    def is_on_screen(self) -> bool:
        """Whether the answers are places of the screen."""
        return bool(self.answers[0].anchor)


@dataclass(frozen=True)
class TourStop:
    """A stop of the tour: what it opens and points at, a sentence or two, and what to do there."""

    name: str  # by which it is remembered
    part: int  # 1, 2, ... or `QUESTIONS`
    heading: str
    text: str
    opening: Opening
    points_at: str  # an anchor of the screen
    action: str  # what the person does
    choice: TourChoice | None = None
    page_text: str = ""  # that a page says instead, which lacks the stops that are played


def place_of(stop: TourStop, stops: tuple[TourStop, ...]) -> str:
    """Return where a stop is in the tour: "3 of 8", or "question 2 of 5"."""
    if stop.part == QUESTIONS:
        asked = [one for one in stops if one.part == QUESTIONS]
        return f"question {asked.index(stop) + 1} of {len(asked)}"
    parts = sorted({one.part for one in stops} - {QUESTIONS})
    return f"{parts.index(stop.part) + 1} of {len(parts)}"


def _words(*answers: str) -> tuple[TourAnswer, ...]:
    """Return answers in words."""
    return tuple(TourAnswer(text) for text in answers)


MAZE = "level=mazes-9x9 task=96179c05a594"
SCRATCH_LINE = f"{MAZE} agents=scratch:maml-mazes-9x9 seed=0 steps=5"
META_LINE = f"{MAZE} agents=maml-mazes-9x9,scratch:maml-mazes-9x9 seed=0 steps=1"
ONE_GOAL_LINE = (
    "level=goals-5x5 task=52ff1f05b15d agents=maml-goals-5x5,maml-one-goal seed=0 steps=5"
)
LONG_LINE = "level=opponents task=f5eb120adf14 agents=maml-opponents seed=0 steps=20 episodes=2"
LARGE_LINE = (
    "level=mazes-9x9 task=9de70ec14474 agents=multitask-mazes-9x9,fomaml-mazes-9x9,maml-mazes-9x9 "
    "seed=0 steps=5 step-size=10"
)
UNLIKE_LINE = (
    "level=opponents task=00be6aff22a9 agents=maml-gridnavi,scratch:maml-gridnavi seed=0 steps=5"
)
ROBOT_LINE = (
    "level=dynamics task=573d0f101283 agents=maml-dynamics,scratch:maml-dynamics seed=0 steps=5"
)
GAME_LINE = (
    "level=opponents task=0b489c7bbc63 agents=maml-opponents,scratch:maml-opponents seed=0 steps=5"
)
NEW_GOAL_LINE = (
    "level=goals-5x5 task=c71af24ecae5 agents=maml-one-goal,maml-goals-5x5 seed=0 steps=1"
)
FEW_STEPS_LINE = (
    "level=mazes-9x9 task=2d7379d9fd69 agents=scratch:maml-mazes-9x9,maml-mazes-9x9 seed=0 steps=1"
)
FAIR_LINE = (
    "level=mazes-9x9 task=9de70ec14474 agents=maml-mazes-9x9,scratch:maml-mazes-9x9 seed=0 steps=5"
)
ROBOTS_AND_GAMES_LINE = (
    "level=opponents task=0b489c7bbc63 agents=maml-gridnavi,maml-opponents seed=0 steps=1"
)

TOUR: tuple[TourStop, ...] = (
    TourStop(
        name="you",
        part=1,
        heading="You look for a hidden goal",
        text="The goal is on one of these cells, but you cannot see it. You have three tries "
        "(episodes), and the goal stays where it is.",
        opening=Opening("play", MAZE + " agents=scratch seed=0 steps=5", episodes=3),
        points_at="board",
        action="Walk with the arrow keys; Space begins the next try.",
        choice=TourChoice(
            "In which try will you find it?",
            _words("first", "second", "third", "in none"),
            None,
            "The first tries are a search; who has found the goal walks straight there. Getting "
            "better at one new task by acting in it is called adaptation.",
        ),
    ),
    TourStop(
        name="scratch",
        part=2,
        heading="An agent does it from scratch, slowly",
        text="The same maze, a policy that has learned nothing. It walks 20 times, takes one "
        "gradient step, and walks again. 0% is a random walk, 100% the best walk.",
        opening=Opening("watch", SCRATCH_LINE),
        points_at="chart",
        action="Watch the curve grow; → goes to the next step.",
        choice=TourChoice(
            "What is its score after three steps, 60 tries?",
            _words("below 20%", "about 50%", "above 90%"),
            0,
            "7% after 60 tries, 87% after 100. Random walks rarely meet the goal, so the first "
            "steps have little to learn from.",
        ),
        page_text="A maze with a hidden goal, and a policy that has learned nothing. It walks 20 "
        "times, takes one gradient step, and walks again. 0% is a random walk, 100% the best walk.",
    ),
    TourStop(
        name="meta",
        part=3,
        heading="The meta-trained agent: one step",
        text="The same maze, the same 20 tries, one gradient step as before. But this agent starts "
        "from a policy that was trained on many other mazes.",
        opening=Opening("watch", META_LINE),
        points_at="chart",
        action="Compare both curves; → goes to the step.",
        choice=TourChoice(
            "What is its score after one step, 20 tries?",
            _words("below 20%", "about 50%", "above 90%"),
            2,
            "97%; scratch has −4% then. Its starting point already searches well, and was chosen "
            "so that one step is enough.",
        ),
    ),
    TourStop(
        name="inner",
        part=4,
        heading="The inner loop, in slow motion",
        text="The same agent and maze, one adaptation step. This loop runs inside each new level: "
        "walk 20 times, then change the policy once.",
        opening=Opening("watch", META_LINE, keys=("J",)),
        points_at="board",
        action="Watch the phases; → goes to the next one, Space pauses.",
        choice=TourChoice(
            "How does it learn from the walks where to go?",
            _words(
                "it is told where the goal is",
                "steps of good walks become more likely",
                "it plans a path on the map",
            ),
            1,
            "The arrows are the sum over all walks: towards what the better ones did. One gradient "
            "step moves the policy along them.",
        ),
    ),
    TourStop(
        name="outer",
        part=5,
        heading="The outer loop: half a minute of training",
        text="It draws tasks, runs the inner loop on each, and moves the starting point to where "
        "that ends better. The panel lights what runs now.",
        opening=Opening("train", pack="goals-5x5"),
        points_at="panel",
        action="Watch the curve rise, then go on; the training may end early.",
        choice=TourChoice(
            "What will rise most in half a minute?",
            _words("the score before adaptation", "the score after it"),
            1,
            "The outer loop does not look for a policy that is good, but for one that becomes good "
            "in a few steps.",
        ),
    ),
    TourStop(
        name="many goals",
        part=6,
        heading="One task or many",
        text="Two agents with the same training; the second met a single goal in all of it, the "
        "first ten different ones. Now the goal is where neither has seen it.",
        opening=Opening("watch", ONE_GOAL_LINE, keys=("S",)),
        points_at="board 2",
        action="Compare both boards; → goes to the next step.",
        choice=TourChoice(
            "Which one finds the new goal in one step?",
            _words("trained on ten goals", "trained on one goal", "both"),
            0,
            "91% against −51%. Who met one goal only learned to walk there. Many tasks teach what "
            "they share: how to search.",
        ),
    ),
    TourStop(
        name="long",
        part=7,
        heading="Too much: a long inner loop",
        text="Twenty levels at once. The agent was trained for 20 tries in each step; now the same "
        "40 tries are cut into 20 steps of two. The pale curve has its own settings.",
        opening=Opening("many", LONG_LINE),
        points_at="chart",
        action="Watch the mean over all levels; → goes to the next step.",
        choice=TourChoice(
            "What does that do to its score after 40 tries?",
            _words("better: more steps", "the same", "worse"),
            2,
            "69% instead of 92%, and worse than before adaptation on 4 of 20 levels: two walks "
            "rarely see the goal, so each step learns from chance.",
        ),
    ),
    TourStop(
        name="large",
        part=7,
        heading="Too much: ten times the step",
        text="Twenty mazes, three starts, steps ten times as large: trained on all mazes at once "
        "(multitask), through its own step but first order (fomaml), second order (maml).",
        opening=Opening("many", LARGE_LINE),
        points_at="chart",
        action="Compare the curves with the pale ones; → goes to the next step.",
        choice=TourChoice(
            "Which one does it hurt most?",
            _words("multitask", "fomaml", "maml"),
            0,
            "After five steps multitask 82% instead of 94%, fomaml 90% instead of 96%, maml 96% as "
            "before. A start that was trained to be adapted stands it best.",
        ),
    ),
    TourStop(
        name="fair",
        part=8,
        heading="Is that fair? Not everywhere",
        text="The agent of the mazes had practised on some 54,000 other mazes, for six minutes; "
        "scratch on none. Here, an agent that was trained on one map without opponents meets one.",
        opening=Opening("watch", UNLIKE_LINE),
        points_at="chart",
        action="Compare both curves; → goes to the next step.",
        choice=TourChoice(
            "Which one is better after five steps?",
            _words("the meta-trained agent", "scratch"),
            1,
            "Scratch: 100% against −13%. Out of distribution a learned start can be worse than "
            "none. So test on held-out levels, and say what training cost.",
        ),
    ),
    TourStop(
        name="robots",
        part=8,
        heading="For robots: hidden dynamics",
        text="In each task the floor may slip and the controls may be swapped, as on a robot with "
        "a worn wheel. One step of 20 tries finds out: 99%, scratch 52%.",
        opening=Opening("watch", ROBOT_LINE),
        points_at="board",
        action="Watch it; the panel names what is hidden.",
    ),
    TourStop(
        name="games",
        part=8,
        heading="For games: an opponent whose habits are hidden",
        text="In each task an opponent behaves in another way, which the agent has to find out by "
        "playing: 99% after 20 tries, scratch 18%.",
        opening=Opening("watch", GAME_LINE),
        points_at="board",
        action="Watch the opponent; D plays a duel against the agent.",
    ),
    TourStop(
        name="make",
        part=8,
        heading="Make your own",
        text="This is the maze of the first stops, in the editor. Draw walls, water or another "
        "goal; the strip below shows which tasks your level stands for.",
        opening=Opening("edit", MAZE + " agents=scratch seed=0 steps=5"),
        points_at="board",
        action="Draw with the mouse; F6 lets agents adapt to it.",
    ),
    TourStop(
        name="why many tasks",
        part=QUESTIONS,
        heading="Why many tasks?",
        text="In each room the goal is somewhere else, and a visitor has 20 tries and one step.",
        opening=Opening("watch", NEW_GOAL_LINE, keys=("S",)),
        points_at="board",
        action="Go on, or look around first.",
        choice=TourChoice(
            "Which of the two agents would you send? Click its board.",
            (TourAnswer("left", "board"), TourAnswer("right", "board 2")),
            1,
            "It met many goals in training, so it learned to search; the other one walks to its "
            "own goal. After one step: 96% against −8%.",
        ),
    ),
    TourStop(
        name="which loop",
        part=QUESTIONS,
        heading="Outer and inner loop",
        text="A training again. On the board, its agent adapts to one task; the panel counts the "
        "changes of its starting point.",
        opening=Opening("train", pack="goals-5x5"),
        points_at="board",
        action="Go on, or look around first.",
        choice=TourChoice(
            "Which of the two will also run in a level of your own? Click it.",
            (TourAnswer("the board", "board"), TourAnswer("the panel", "progress")),
            0,
            "The inner loop adapts to each new level, yours too. The outer loop has ended by then: "
            "it runs in meta-training only.",
        ),
    ),
    TourStop(
        name="why few steps",
        part=QUESTIONS,
        heading="Why are a few steps enough?",
        text="Both will try this maze 20 times, and then take one gradient step.",
        opening=Opening("watch", FEW_STEPS_LINE, keys=("S",)),
        points_at="board",
        action="Go on, or look around first.",
        choice=TourChoice(
            "Whose starting point was chosen so that one step is enough? Click its board.",
            (TourAnswer("left", "board"), TourAnswer("right", "board 2")),
            1,
            "99% against 1%. The outer loop has moved its starting point to where one step of the "
            "inner loop helps most.",
        ),
    ),
    TourStop(
        name="when fair",
        part=QUESTIONS,
        heading="Against scratch: when is it fair?",
        text="An agent and scratch on 20 mazes that neither has trained on. The agent has "
        "practised on other mazes before.",
        opening=Opening("many", FAIR_LINE, keys=("→",) * 5),
        points_at="boards",
        action="Go on, or look around first.",
        choice=TourChoice(
            "What shows whether the agent is better, this board or all of them? Click it.",
            (TourAnswer("one board", "board"), TourAnswer("all boards", "boards")),
            1,
            "One level may be luck. The mean over held-out levels counts, and what training cost "
            "belongs beside it.",
        ),
    ),
    TourStop(
        name="robots and games",
        part=QUESTIONS,
        heading="Robots and games: what must be in training?",
        text="A game against an opponent with unknown habits. One agent has met many opponents in "
        "training; the other has met none, on a single map.",
        opening=Opening("watch", ROBOTS_AND_GAMES_LINE, keys=("S",)),
        points_at="board",
        action="F2 ends the tour. Then make, train and watch your own.",
        choice=TourChoice(
            "Which one trained on what differs between these tasks? Click its board.",
            (TourAnswer("left", "board"), TourAnswer("right", "board 2")),
            1,
            "99% against 3% after one step. What differs between tasks, the opponent, or a robot's "
            "floor and wheels, must differ in training.",
        ),
    ),
)
