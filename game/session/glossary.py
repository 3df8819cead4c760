"""The terms of the window, each explained in a sentence or two.

`docs/glossary.md` is this text as a page, and a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

TERMS: Mapping[str, str] = {
    "adaptation": (
        "Learning one task, by acting in it. The weights that meta-training has found are where "
        "it starts."
    ),
    "adaptation step": (
        "One round of adaptation: the agent plays some episodes of the task, then changes its "
        "policy. Agents with a memory change it within the episode; for them a step is one or "
        "more episodes."
    ),
    "95% interval": (
        "Where the mean over all tasks of this kind is likely to be. Intervals of two agents that "
        "overlap may be no real difference."
    ),
    "amnesia": (
        "The agent forgets what it has learned in this task, and adapts anew from its initial "
        "weights."
    ),
    "Bayes bound": (
        "Upper bound on the first episode's return when something is hidden: the return of the "
        "best possible search, as a mean over all that may be hidden."
    ),
    "belief": (
        "What an agent holds to be likely about what is hidden: a probability for each cell "
        "that may be the goal."
    ),
    "controls": (
        "What the arrow keys or the agent's four moves do. In some levels they may be swapped, and "
        "which one does what is hidden."
    ),
    "duel": (
        "You and an agent play the same task for the same number of episodes. Neither sees what is "
        "hidden."
    ),
    "env steps": ("Moves made in the level so far, over all episodes: the cost of learning there."),
    "episode": (
        "One try: from the start until the goal is reached, the agent dies, or time is up."
    ),
    "first order": (
        "Meta-training that ignores how the inner gradient depends on the initial weights. It "
        "is cheaper and often nearly as good."
    ),
    "gradient step": (
        "A small change of the policy's weights that makes moves likelier which paid off in the "
        "last episodes."
    ),
    "held-out": ("Kept out of training, to test on. Scores of a fair comparison come from here."),
    "hidden": (
        "Drawn anew for each task and not shown to the agent, such as where the goal is or "
        "which control does what. The agent can only find it out by acting."
    ),
    "inner loop": (
        "Adaptation to one task: play episodes, change the policy, play again. It runs in each "
        "task, also after training."
    ),
    "iteration": (
        "One pass of the outer loop: agents adapt to a batch of tasks, and the initial weights "
        "move once."
    ),
    "made worse": (
        "The tasks on which the score is lower than before adaptation, by more than 2 points."
    ),
    "meta-trained": (
        "Trained on many tasks to become good at a new one within few episodes, not to be good "
        "at one task."
    ),
    "opponent": (
        "A figure that moves by a habit of its own, along a row or a column, or as a hunter. "
        "An episode ends where it catches the agent."
    ),
    "optimum": (
        "The optimal return: what a planner gets that knows the whole task, the hidden part "
        "included. It is 100% of the score."
    ),
    "out of distribution": (
        "Unlike the levels of the agent's training in size, tiles or goals. What it learned "
        "there may not help here."
    ),
    "outer loop": (
        "Meta-training: adapt copies to many tasks, see how good they become, and move the "
        "initial weights so that the next copies become better."
    ),
    "planner": (
        "A program that knows the whole task and computes the best moves. It shows the optimum "
        "and learns nothing."
    ),
    "policy": ("What the agent does: for each situation, the probability of each move."),
    "random": (
        "The policy that picks each move with equal probability. Its return is 0% of the score."
    ),
    "regret": ("What an agent has missed so far: the optimal returns less its own, added up."),
    "return": (
        "The sum of rewards of an episode: what the goal and coins pay, less what steps, ground "
        "and dangers cost."
    ),
    "score": (
        "The return in percent: 0 is the random policy, 100 the optimum. Levels with different "
        "rewards can so be compared."
    ),
    "scratch": (
        "The same inner loop with random initial weights: learning without meta-training. What "
        "adaptation is compared with."
    ),
    "second order": (
        "Meta-training that follows how the inner gradient depends on the initial weights. It is "
        "exact and costs more than first order."
    ),
    "seed": (
        "The number that all random numbers follow from. The same seed gives the same "
        "adaptation again."
    ),
    "seen in training": (
        "The agent was trained on this very task, so a good score shows memory rather than "
        "adaptation."
    ),
    "slip": (
        "The probability that a move goes to one of its two sides instead of ahead, as on ice."
    ),
    "starting point": (
        "The weights from which adaptation starts in each task. Meta-training has found them; "
        "those of scratch are random."
    ),
    "step size": (
        "How far a gradient step moves the weights. Too small learns slowly; too large destroys "
        "what was learned."
    ),
    "task": (
        "One concrete level: all that its text leaves open, such as the goal, has been drawn. "
        "An agent adapts to one task at a time."
    ),
    "trust region": (
        "A limit on how much one gradient step may change the policy. A step beyond it is "
        "shortened."
    ),
    "unseen": ("Not among the levels that the agent was trained on."),
    "validation": (
        "Tasks that are kept out of training and decide which state of the agent is kept. The "
        "test tasks are others still."
    ),
    "value": (
        "The return to expect from a cell on: high where the goal is near, low where dangers are."
    ),
    "wind": (
        "With some probability, it moves the agent in its own direction in place of the move that "
        "was chosen."
    ),
}
OTHER_WORDS: Mapping[str, str] = {  # words of the window that a term explains, too
    "adapted": "adaptation",
    "adapting": "adaptation",
    "adapts": "adaptation",
    "adaptation steps": "adaptation step",
    "control": "controls",
    "Bayes": "Bayes bound",
    "episodes": "episode",
    "gradient steps": "gradient step",
    "intervals": "95% interval",
    "env steps/s": "env steps",
    "iterations": "iteration",
    "meta-training": "meta-trained",
    "opponents": "opponent",
    "optimal": "optimum",
    "slippery": "slip",
    "tasks": "task",
    "tries": "episode",
    "try": "episode",
    "values": "value",
}
LABELS: Mapping[str, str] = {"step": "adaptation step"}  # explained where they are the whole text
_WORDS = {word.lower(): term for word, term in {**dict(zip(TERMS, TERMS)), **OTHER_WORDS}.items()}
_PATTERN = re.compile(
    r"(?<![\w-])("
    + "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True)))
    + r")(?![\w-])",
    re.IGNORECASE,
)


def terms_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, term) of each term in a text, the longest one where two begin."""
    if text in LABELS:
        yield 0, len(text), LABELS[text]
    for found in _PATTERN.finditer(text):
        yield found.start(), found.end(), _WORDS[found.group().lower()]


def glossary_page() -> str:
    """Return the text of docs/glossary.md."""
    head = (
        "# Glossary\n\n"
        "The terms that the window uses. There, rest the mouse on a term to read what it means.\n"
        "The ideas behind them are in [meta-RL](meta-rl.md).\n"
    )
    rows = (f"| {term} | {text} |" for term, text in sorted(TERMS.items(), key=_by_name))
    return "\n".join([head, "| term | meaning |", "| --- | --- |", *rows]) + "\n"


def _by_name(entry: tuple[str, str]) -> str:
    return entry[0].lower()
