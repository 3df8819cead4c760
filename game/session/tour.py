"""The guided tour as data: its stops, what each one opens, points at, says and asks.

Stops open real screens with fixed seeds; every figure in a sentence is that of the replay line, or
of the study that `docs/results.md` describes.
"""

from __future__ import annotations

from dataclasses import dataclass

from game.session.tasks_lines import (
    FIRST_ORDER,
    GAMES,
    HELD_OUT,
    OTHER_PACK,
    ROBOTS,
    TOO_LARGE,
    TOO_LONG,
    WHAT_DIFFERS,
    TasksLine,
)
from game.text.percentage import percentage

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
    """An answer in words or, with an anchor, a place of the screen to be clicked.

    `reason` is given in place of the choice's one where this answer has turned out to be right.
    """

    text: str
    anchor: str = ""
    reason: str = ""


@dataclass(frozen=True)
class TourChoice:
    """A prediction or a question: one of its answers is right, for the reason that is given then.

    `right` is None where the screen reports the answer: the person's own episodes, or a training,
    decide. `keys` are pressed on the screen once an answer is given, to show what decides.
    """

    question: str
    answers: tuple[TourAnswer, ...]
    right: int | None
    reason: str
    keys: tuple[str, ...] = ()

    def why(self, right: int) -> str:
        """Return the reason for an answer that has turned out to be right."""
        return self.answers[right].reason or self.reason

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
    """Return where a stop is in the tour: "3 of 8", "7b of 8", or "question 2 of 5"."""
    if stop.part == QUESTIONS:
        asked = [one for one in stops if one.part == QUESTIONS]
        return f"question {asked.index(stop) + 1} of {len(asked)}"
    parts = sorted({one.part for one in stops} - {QUESTIONS})
    same = [one for one in stops if one.part == stop.part]
    letter = chr(ord("a") + same.index(stop)) if len(same) > 1 else ""
    return f"{parts.index(stop.part) + 1}{letter} of {len(parts)}"


def _harm(line: TasksLine) -> str:
    """Return what other settings did to the first agent: its mean score, and how many it made
    worse."""
    shown, own = line.shown[0], line.own or line.shown[0]
    return f"{shown.percent}% instead of {own.percent}%, worse than before on {shown.worse} of 20"


def _means(line: TasksLine) -> str:
    """Return the mean scores of a line's agent and of scratch."""
    agent, scratch = line.shown
    return f"{agent.percent}%, scratch {scratch.percent}%"


def _words(*answers: str) -> tuple[TourAnswer, ...]:
    """Return answers in words."""
    return tuple(TourAnswer(text) for text in answers)


_ON_MAZES, _SCRATCH, _ON_ONE_MAP = (one.percent for one in OTHER_PACK.shown)
_MET, _NOT_TRAINED, _MET_NONE = (percentage(one.percent / 100) for one in WHAT_DIFFERS.shown)
MAZE = "level=mazes-9x9 task=96179c05a594"
SCRATCH_LINE = f"{MAZE} agents=scratch:maml-mazes-9x9 seed=0 steps=5"
META_LINE = f"{MAZE} agents=maml-mazes-9x9,scratch:maml-mazes-9x9 seed=0 steps=1"
ONE_GOAL_LINE = (
    "level=goals-5x5 task=52ff1f05b15d agents=maml-goals-5x5,maml-one-goal seed=0 steps=5"
)
ROBOT_LINE = (
    "level=dynamics task=573d0f101283 agents=maml-dynamics,scratch:maml-dynamics seed=0 steps=5"
)
GAME_LINE = (
    "level=opponents task=0b489c7bbc63 agents=maml-opponents,scratch:maml-opponents seed=0 steps=5"
)
NEW_GOAL_LINE = (
    "level=goals-5x5 task=c71af24ecae5 agents=maml-goals-5x5,maml-one-goal seed=0 steps=1"
)
HIDDEN_LINE = "level=dynamics task=f70e0b3b285b agents=maml-dynamics,maml-gridnavi seed=0 steps=1"
FEW_STEPS_LINE = (
    "level=mazes-9x9 task=2d7379d9fd69 agents=maml-mazes-9x9,scratch:maml-mazes-9x9 seed=0 steps=1"
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
            (
                *_words("first", "second", "third"),
                TourAnswer(
                    "in none",
                    reason="Three tries are few. The score says only that the ground cost you "
                    "less than it costs a random walk (0%). Getting better at one new task by "
                    "acting in it is called adaptation.",
                ),
            ),
            None,
            "The tries before were a search; from then on, one can walk straight there. Getting "
            "better at one new task by acting in it is called adaptation.",
        ),
    ),
    TourStop(
        name="scratch",
        part=2,
        heading="An agent does it from scratch",
        text="The same maze, a policy that has learned nothing. It walks 20 times, takes one "
        "gradient step, and walks again. 0% is a random walk, 100% the best walk.",
        opening=Opening("watch", SCRATCH_LINE),
        points_at="chart",
        action="Watch the curve grow; → goes to the next step.",
        choice=TourChoice(
            "What is its score after three steps, 60 tries?",
            _words("below 20%", "about 50%", "above 90%"),
            0,
            "7% after 60 tries, 87% after 100. Of its first 20 walks, which are random, one met "
            "the goal: that is little to learn from.",
        ),
        page_text="A maze with a hidden goal, and a policy that has learned nothing. It walks 20 "
        "times, takes one gradient step, and walks again. 0% is a random walk, 100% the best walk.",
    ),
    TourStop(
        name="meta",
        part=3,
        heading="The meta-trained agent: one step",
        text="The same maze, the same 20 tries, one gradient step as before. But this agent starts "
        "from a policy that was trained on many other mazes. Bayes: the best mean of a first try, "
        "with the goal hidden; later tries can be better.",
        opening=Opening("watch", META_LINE),
        points_at="chart",
        action="Compare both curves; → goes to the step.",
        choice=TourChoice(
            "What is its score after one step, 20 tries?",
            _words("below 20%", "about 50%", "above 90%"),
            2,
            "97%; scratch has −4% then. Its first 20 walks met the goal five times, those of "
            "scratch once; and its starting point was trained so that one step helps.",
        ),
    ),
    TourStop(
        name="inner",
        part=4,
        heading="The inner loop, in slow motion",
        text="The same agent and maze, one adaptation step. The inner loop runs in each new level, "
        "also in one that you draw: walk 20 times, then change the policy once.",
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
            "The arrows were the sum over all walks: towards what the better ones did. One "
            "gradient step has moved the policy along them; now you see the policy after it.",
        ),
    ),
    TourStop(
        name="outer",
        part=5,
        heading="The outer loop: half a minute of training",
        text="It runs only in training: draw tasks, run the inner loop on each, move the starting "
        "point to where that ends better.",
        opening=Opening("train", pack="goals-5x5"),
        points_at="panel",
        action="See what is lit, and the curve rise; you may go on early.",
        choice=TourChoice(
            "What will rise most in half a minute?",
            _words("the score before adaptation", "the score after one step"),
            None,
            "The outer loop looks for a starting point from which a few steps are enough, not for "
            "one that is good at once.",
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
            "91% against −51%; on 14 new goals 93% against 24% on average. With one goal in "
            "training it is enough to walk there; with many, the agent must learn from its walks.",
        ),
    ),
    TourStop(
        name="long",
        part=7,
        heading="Many small steps",
        text="Twenty levels at once. The agent was trained for five steps of 20 tries; now the "
        "same 100 tries make 50 steps of two. In the end, a pale curve shows its own settings.",
        opening=Opening("many", TOO_LONG.line),
        points_at="chart",
        action="Watch the mean over all levels; → goes to the next step.",
        choice=TourChoice(
            "What does that do to its score after 100 tries?",
            _words("better: more steps", "the same", "worse"),
            2,
            f"{_harm(TOO_LONG)} levels. A step after two tries has less to learn from than one "
            "after 20.",
        ),
    ),
    TourStop(
        name="large",
        part=7,
        heading="Ten times the step",
        text="Twenty mazes, and an agent (cavia) whose steps are ten times as large as in its "
        "training. In the end, a pale curve shows its own settings.",
        opening=Opening("many", TOO_LARGE.line),
        points_at="chart",
        action="Compare both curves; → goes to the next step.",
        choice=TourChoice(
            "What does that do to its score after five steps?",
            _words("better: it learns faster", "the same", "worse"),
            2,
            f"{_harm(TOO_LARGE)} mazes. The starting point was trained for steps of one size.",
        ),
    ),
    TourStop(
        name="first order",
        part=7,
        heading="First order beside second",
        text="Twenty mazes. The outer loop of maml follows how another start would have changed "
        "the gradient step (second order). That of fomaml does not (first order); it costs less.",
        opening=Opening("many", FIRST_ORDER.line),
        points_at="chart",
        action="Compare both curves; → goes to the next step.",
        choice=TourChoice(
            "Which one is better after five steps?",
            _words("maml, second order", "fomaml, first order", "neither"),
            2,
            f"maml {FIRST_ORDER.shown[0].percent}%, fomaml {FIRST_ORDER.shown[1].percent}%, both "
            "without a maze that got worse. On these mazes, first order is enough.",
        ),
    ),
    TourStop(
        name="fair",
        part=8,
        heading="Against scratch: is that fair?",
        text="20 levels with opponents, unlike any in training. One agent had 54,000 mazes (six "
        "minutes), one a single map (a minute), scratch only a step size tuned on such levels.",
        opening=Opening("many", OTHER_PACK.line),
        points_at="chart",
        action="Compare the means; → goes to the next step.",
        choice=TourChoice(
            "Which one is worse than scratch after five steps?",
            _words("single map", "54,000 mazes", "both", "neither"),
            0,
            f"Single map {_ON_ONE_MAP}%, mazes {_ON_MAZES}%, scratch {_SCRATCH}%; the intervals of "
            "the last two overlap. Fair: many held-out levels, equal tries, and costs told.",
        ),
    ),
    TourStop(
        name="robots",
        part=8,
        heading="For robots: hidden dynamics",
        text="In each task the controls may be swapped, a wind may blow and the floor may slip, as "
        "on a robot with a worn wheel; training drew them anew for each task. After five steps of "
        f"20 tries, the mean on 20 such levels is {_means(ROBOTS)}.",
        opening=Opening("watch", ROBOT_LINE),
        points_at="board",
        action="Watch it; the panel names what is hidden.",
    ),
    TourStop(
        name="games",
        part=8,
        heading="For games: hidden habits",
        text="An opponent walks along a row or a column, or hunts; if it catches the agent, the "
        "try ends with −1. Its habit is found out by playing. "
        f"After one step of 20 tries, the mean on 20 such levels is {_means(GAMES)}.",
        opening=Opening("watch", GAME_LINE),
        points_at="board",
        action="Watch the opponent; D plays a duel against the agent.",
    ),
    TourStop(
        name="make",
        part=8,
        heading="Make your own",
        text="This is the room of stop 6, in the editor. The goal may be on any cell with ?, and "
        "each of them is a task: the strip below shows six. Draw walls, water or other goals.",
        opening=Opening("edit", ONE_GOAL_LINE),
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
            (TourAnswer("left board", "board"), TourAnswer("right board", "board 2")),
            0,
            "96% against −8% after one step. It met ten goals in training and had to learn from "
            "its walks where each is; the other one met a single goal.",
            ("→",),
        ),
    ),
    TourStop(
        name="which loop",
        part=QUESTIONS,
        heading="Outer and inner loop",
        text="A training again, with both loops in the panel: the small one lies in the large one.",
        opening=Opening("train", pack="goals-5x5"),
        points_at="loops",
        action="Go on, or look around first.",
        choice=TourChoice(
            "Which loop still runs after training, when the agent meets your level? Click it.",
            (TourAnswer("outer loop", "outer loop"), TourAnswer("inner loop", "inner loop")),
            1,
            "The inner loop adapts the policy to each new level, yours too; the outer loop, which "
            "improves the starting point over many tasks, has ended by then.",
        ),
    ),
    TourStop(
        name="why few steps",
        part=QUESTIONS,
        heading="Why are a few steps enough?",
        text="A meta-trained agent (orange) and scratch (blue) will try this maze 20 times, and "
        "then take one gradient step. The chart begins before the step, and ends after it.",
        opening=Opening("watch", FEW_STEPS_LINE),
        points_at="chart",
        action="Go on, or look around first.",
        choice=TourChoice(
            "Which policy has the outer loop trained, so that one step is enough? Click it.",
            (
                TourAnswer("the one at the beginning", "chart's begin"),
                TourAnswer("the one at the end", "chart's end"),
            ),
            0,
            "It is hardly better than scratch there (15% against 0%), but a starting point from "
            "which one step is enough: 99% against 1%. The one at the end is new in each level.",
            ("→",),
        ),
    ),
    TourStop(
        name="when fair",
        part=QUESTIONS,
        heading="Against scratch: when is it fair?",
        text="An agent and scratch on 20 mazes that neither has trained on, with as many tries. "
        "The agent has practised for six minutes on other mazes.",
        opening=Opening("many", HELD_OUT.line, keys=("→",) * 5),
        points_at="boards",
        action="Go on, or look around first.",
        choice=TourChoice(
            "What shows whether the agent is better, this board or all of them? Click it.",
            (TourAnswer("one board", "board"), TourAnswer("all of them", "boards")),
            1,
            "One level may be luck. Fair is the mean over held-out levels, "
            f"{_means(HELD_OUT)}, after as many tries; and what training cost must be told.",
        ),
    ),
    TourStop(
        name="robots and games",
        part=QUESTIONS,
        heading="Robots and games: which training?",
        text="A robot in one of many worlds: controls may be swapped, a wind may blow. One agent "
        "was trained on such worlds, the other on a single map whose goal moves.",
        opening=Opening("watch", HIDDEN_LINE, keys=("S",)),
        points_at="board",
        action="F2 ends the tour. Then make, train and watch your own.",
        choice=TourChoice(
            "Which one will find out what is hidden here, in 20 tries? Click its board.",
            (TourAnswer("left board", "board"), TourAnswer("right board", "board 2")),
            0,
            "92% against 4%: what is hidden here differed in its training. In games it is the "
            f"opponent: {_MET} after five steps on 20 levels, scratch {_NOT_TRAINED}, single map "
            f"{_MET_NONE}.",
            ("→",),
        ),
    ),
)
