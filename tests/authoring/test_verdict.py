"""The verdict on a text that is being written: its stages, and the line that sums it up."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from game.authoring.check import check_file
from game.authoring.verdict import QUICK_STAGES, AgentScores, Verdict, judge
from game.authoring.verdict_line import Kind, summarize
from tests.authoring.test_mutated_levels import mutated

GOOD = "steps: 14\nmap:\n?......?\n..@.....\n?......?\n"
AGENT = AgentScores("neural-map", 0.31, 0.96, 0.12, 6, 6)


def verdict(text: str) -> Verdict:
    """Return the verdict of the last stage."""
    *_, last = judge(text)
    assert last.is_done
    return last


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("", Kind.BROKEN, "there is no map - write 'map:' and the map's rows below the header"),
        (
            "map:\n....\n",
            Kind.UNFINISHED,
            "paint a start '@' and a goal 'G' or several candidates '?'",
        ),
        ("map:\n@...\n", Kind.UNFINISHED, "paint a goal 'G' or several candidates '?'"),
        ("ends: boxes\nmap:\n@.#.X\n", Kind.UNFINISHED, "paint a box '$'"),
        (
            "ends: boxes\nmap:\n..$..\n",
            Kind.UNFINISHED,
            "a target 'X' for each box and a start '@'",
        ),
        ("map:\n..G\nsteps: 3\n", Kind.BROKEN, "a header line or comment below 'map:'"),
        ("steps: x\nmap:\n@..\n", Kind.BROKEN, "steps 'x' is not a whole number"),
        ("steps: x\nmap:\n@.x\n", Kind.BROKEN, "steps 'x' is not a whole number"),
        ("map:\n@.#G\n", Kind.UNSOLVABLE, "no way leads from the start at row 1 column 1 to a"),
        ("map:\n@.#G\n.\n", Kind.BROKEN, "a row of 1 tiles among rows of 4"),
        (
            "steps: 2\nmap:\n@...G\n",
            Kind.UNSOLVABLE,
            "the way to a goal takes 4 moves, and episodes have 2 steps",
        ),
        ("steps: 2\nmap:\n?@...?\n", Kind.UNSOLVABLE, "in 1 of 2 tasks the way to a goal takes 4"),
        ("map:\n@.?#?\n", Kind.UNSOLVABLE, "in 1 of 2 tasks no way leads to a goal"),
        ("map:\n@M..G\n", Kind.UNSOLVABLE, "the opponents block every way to a goal"),
        ("map:\n@ooooo?\nooooooo\nooooooo\n", Kind.TOO_LARGE, "the level has up to"),
        (
            "goal: visible\nmap:\nL@~~~~~G\n",
            Kind.AVOIDS_GOAL,
            "something else pays more, so that it reaches the goal with a probability of 0",
        ),
        ("?L@~~~~?\n...~~~~?\n", Kind.AVOIDS_GOAL, "probability of 0 in 2 of 3 tasks"),
        ("goal: visible\nmap:\n@...G\n", Kind.NOTHING_TO_ADAPT, "nothing is hidden from the agent"),
        ("steps: 9\nmap:\n@??\n", Kind.NOTHING_TO_ADAPT, "one policy that never adapts scores 100"),
        ("reward: goal=0 step=0\nmap:\n@??\n", Kind.NOTHING_TO_ADAPT, "all policies have the same"),
        ("steps: 40\nmap:\n?...?\n..@..\n?...?\n", Kind.TOO_EASY, "one policy that never adapts"),
        (GOOD, Kind.GOOD, "without adaptation at most about"),
        ("map:\n@...G\n", Kind.NOTHING_TO_ADAPT, "this level is a single task - put several '?'"),
        ("map:\n@.?G\n", Kind.NOTHING_TO_ADAPT, "this level is a single task"),
        ("vary: rotate\nmap:\n@..?\n", Kind.NOTHING_TO_ADAPT, "differ only in what the agent"),
        ("controls: shuffled\nsteps: 9\nmap:\n@...G\n", Kind.GOOD, "without adaptation at most"),
    ],
)
def test_each_kind_of_verdict_says_why(text: str, kind: Kind, why: str):
    if "\n" in text and ":" not in text:
        text = f"map:\n{text}"
    found = summarize(verdict(text))
    assert found.kind == kind, found
    assert why in found.why


def test_no_level_is_good_before_the_best_fixed_policy_is_known():
    kinds = [summarize(one).kind for one in judge(GOOD)]
    first = next(i for i, one in enumerate(judge(GOOD)) if one.fixed is not None)
    assert set(kinds[:first]) == {Kind.UNKNOWN}
    assert set(kinds[first:]) == {Kind.GOOD}


def test_settings_of_a_level_with_errors_get_no_advice():
    assert verdict("map:\n@.G\n").advice
    assert not verdict("steps: 20x\nmap:\n@.G\n").advice


def test_too_many_states_count_more_than_too_few_steps():
    large = f"map:\n@{'.' * 60}G\n{'o' * 39}{'.' * 23}\n"
    assert summarize(verdict(large)).kind == Kind.TOO_LARGE


@pytest.mark.parametrize(
    ("changes", "kind", "why"),
    [
        ({}, Kind.GOOD, "agent 31% → 96%, scratch 12%; without adaptation at most about"),
        ({"after": 0.4}, Kind.HARD, "agent 31% → 40%, scratch 12%"),
        ({"after": 0.4, "tasks": 2}, Kind.GOOD, "agent 31% → 40%, scratch 12% (2 of 6 tasks)"),
        ({"before": 0.85}, Kind.TOO_EASY, "the agent scores 85% before it adapts"),
        ({"scratch": 0.95}, Kind.TOO_EASY, "without meta-training (agent 31% → 96%, scratch 95%)"),
        ({"before": -0.2, "scratch": None}, Kind.GOOD, "agent −20% → 96%;"),
        ({"tasks": 0, "failure": "no such agent"}, Kind.GOOD, "without adaptation"),
    ],
)
def test_what_an_agent_makes_of_a_level_counts(changes: dict[str, object], kind: Kind, why: str):
    agent = replace(AGENT, **changes)  # type: ignore[arg-type]
    found = summarize(replace(verdict(GOOD), agent=agent))
    assert found.kind == kind
    assert why in found.why
    is_open = agent.tasks == 2
    assert found.may_change == is_open


def test_the_figures_are_those_of_the_check(tmp_path):
    path = tmp_path / "level.txt"
    path.write_text(GOOD)
    report, found = check_file(path), verdict(GOOD)
    assert found.figures
    assert found.size
    assert found.bayes
    assert found.figures.optimal == pytest.approx(report["optimal_return"])
    assert found.figures.random == pytest.approx(report["random_return"])
    assert found.size.states == report["states"]
    assert found.size.tasks == report["tasks"]
    assert found.bayes[0][0] == pytest.approx(report["bayes_return"])
    assert found.bayes[1][0] == pytest.approx(report["bayes_trial"])


def test_warnings_are_those_of_the_check(tmp_path):
    text = "title: A; b\nsteps: 40\nmap:\n@.?#?\n..A..\n"
    path = tmp_path / "level.txt"
    path.write_text(text)
    warned = [f"{path}:{line}:{at}: warning: {what}" for line, at, what in verdict(text).warnings]
    assert sorted(warned) == sorted(check_file(path)["warnings"])


def test_the_quick_stages_come_first_and_know_places_ways_and_tasks():
    text = "cost: mud=1..3\nslip: {0, 0.1}\nmap:\n@.?%\n?..?\n"
    quick = [one for one, _ in zip(judge(text), range(QUICK_STAGES))]
    reading, ways, size = quick
    assert reading.level
    assert [route.moves for route in ways.analysis.routes] == [1, 2, 4]
    assert ways.size.tasks == 3 * 2 * 3
    assert not ways.size.is_counted
    assert len(ways.strip) == 6
    assert size.size.states == 8
    assert all(one.figures is None and not one.is_done for one in quick)
    endless = "slip: 0..0.1\nmap:\n@G\n"
    assert verdict(endless).size.tasks is None


def test_problems_have_places_and_the_draft_is_analysed():
    broken = verdict("map:\n@.#.\n..#x?\n")
    assert (broken.problems[0].line, broken.problems[0].column) == (2, 5)
    assert broken.draft
    assert broken.advice[0].cells == ((0, 2),)
    assert broken.level is None


def test_sizes_that_agents_cannot_do_with_are_noted():
    wide = verdict("map:\n@" + "." * 20 + "G\n")
    assert "16 x 16" in wide.size.note
    assert wide.fixed is None
    large = "map:\n@" + "." * 7 + "?\n" + "\n".join(["." * 9] * 7) + "\noooooo..?\n"
    counted = next(one.size for one in judge(large) if one.size and one.size.is_counted)
    assert counted.note == "slow to train on: over 2,000 states"


def test_any_text_gets_a_verdict():
    kinds: set[Kind] = set()
    for number in range(24):
        text, name = mutated(random.Random(number))
        for one, _ in zip(judge(text, name), range(QUICK_STAGES + 2)):
            kinds.add(summarize(one).kind)
    assert {Kind.BROKEN, Kind.NOTHING_TO_ADAPT} <= kinds
