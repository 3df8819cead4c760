"""The sentence that ends an adaptation."""

from __future__ import annotations

import numpy as np

from game.session.ending import duration, ending_sentence
from game.session.messages import AgentCard, Change
from game.session.trace import AdaptationStep, AdaptationTrace

AGENT = AgentCard("maml", 10, pack="mazes", training_seconds=1320.0, training_levels=2000)
SCRATCH = AgentCard("scratch (maml)", 10, learned=False)
TRAINED = "It was meta-trained for 22 minutes on 2,000 levels; scratch was not."


def trace(*returns: float, episodes: int = 10, moved=()) -> AdaptationTrace:
    """A trace with these exact returns; the random return is 0 and the optimal one 1."""
    none = np.zeros((1, 1, 1))
    steps = [
        AdaptationStep(
            k, k * episodes, np.array([0]), k, np.array([r]), np.array([r]), none, none, none
        )
        for k, r in enumerate(returns)
    ]
    return AdaptationTrace("agent", 0.0, 1.0, steps, moved)


def test_it_compares_with_scratch_and_says_what_meta_training_took():
    text = ending_sentence([trace(0.1, 0.9, 0.98), trace(0, 0.3, 0.7)], [AGENT, SCRATCH])
    assert text == f"98% after 20 tries; from scratch 70%. {TRAINED}"
    short = ending_sentence([trace(0.1, 0.98, episodes=1)], [AGENT], short=True)
    assert short == "98% after 1 try."


def test_it_says_plainly_what_went_worse():
    text = ending_sentence([trace(0.8, 0.5), trace(0, 0.7)], [AGENT, SCRATCH], short=True)
    assert text == (
        "50% after 10 tries, worse than before (80%); from scratch 70%, which is better."
    )
    assert ending_sentence([trace(-0.2)], [AGENT], short=True) == "−20% before adaptation."


def test_scratch_is_compared_after_the_nearest_number_of_tries():
    traces = [trace(0.1, 0.9, episodes=1), trace(0, 0.3, 0.4, episodes=20)]
    assert ending_sentence(traces, [AGENT, SCRATCH], short=True) == (
        "90% after 1 try; from scratch 0% before adaptation."
    )
    traces = [trace(*[0.9] * 6, episodes=1), trace(0, 0.3, 0.4, episodes=4)]
    assert "from scratch 30% after 4 tries" in ending_sentence(traces, [AGENT, SCRATCH])


def test_it_takes_the_scratch_that_learns_like_the_watched_agent():
    other = AgentCard("scratch (rl2)", 1, learned=False)
    run = AgentCard("scratch", 10)  # a run of this name that was meta-trained
    traces = [trace(0.1, 0.9), trace(0, 0.1), trace(0, 0.2), trace(0, 0.3)]
    assert "from scratch 30%" in ending_sentence(traces, [AGENT, run, other, SCRATCH])


def test_after_a_change_the_last_stretch_counts():
    moved = ((0, 0.0, 1.0), (1, 0.0, 2.0))
    traces = [trace(0.1, 0.2, 1.8, moved=moved), trace(0, 0, 1, moved=moved)]
    text = ending_sentence(traces, [AGENT, SCRATCH], (Change(1, (2, 2)),), short=True)
    assert text == "90% after 10 tries, counted from the moved goal; from scratch 50%."
    assert "the amnesia" in ending_sentence(traces, [AGENT, SCRATCH], (Change(1),))


def test_unknown_facts_are_left_out():
    end = [trace(0.1, 0.9), trace(0, 0.1)]
    unknown = AgentCard("maml", 10, pack="mazes")
    assert ending_sentence(end, [unknown, SCRATCH]).endswith(
        "It was meta-trained; scratch was not."
    )
    few = AgentCard("maml", 10, trained_on=frozenset("a"), training_levels=1)
    assert ending_sentence(end[:1], [few]).endswith("It was meta-trained on 1 task.")
    assert ending_sentence(end[:1], [SCRATCH]).endswith("It was not meta-trained.")
    many = AgentCard("maml", 10, training_levels=54_240)
    assert "on about 54,000 levels" in ending_sentence(end, [many, SCRATCH])


def test_without_steps_or_room_there_is_no_score():
    assert ending_sentence([trace()], [AGENT]) == ""
    flat = AdaptationTrace("agent", 1.0, 1.0, trace(1.0).steps)
    assert "Nothing to learn" in ending_sentence([flat], [AGENT])


def test_durations_in_words():
    lengths = [0.2, 30, 59.9, 90, 72, 360.1, 3579.5]
    words = ["1 second", "30 seconds", "1 minute", "1.5 minutes", "1.2 minutes", "6 minutes"]
    assert [duration(one) for one in lengths] == [*words, "60 minutes"]
