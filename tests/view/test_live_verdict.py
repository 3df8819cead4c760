"""The verdict beside an editor: stages in background jobs, and an agent that adapts meanwhile."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from game.authoring.verdict import AgentScores
from game.authoring.verdict_line import Kind, summarize
from game.session.messages import Failed, Finished, Request, Stepped, Stop
from game.tasks.coverage import Coverage
from game.view.model.agent_trial import TriedAgent
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.live_verdict import QUIET, LiveVerdict
from tests.view_data import AGENTS, Script, Slow, adaptation

TEXT = "steps: 14\nmap:\n?......?\n..@.....\n?......?\n"
KNOWN = Coverage(frozenset({(3, 8)}), frozenset("@.G"), frozenset({"hidden"}))
BEST = TriedAgent("best-run", "best", AGENTS[1], KNOWN)
QUICK = TriedAgent("quick-run", "quick", AGENTS[1])


def live(*agents: TriedAgent) -> tuple[LiveVerdict, Script]:
    """Return a verdict whose jobs are done at once, and its feed."""
    feed, now = Script(), BackgroundJobs(at_once=True)
    return LiveVerdict(agents, feed, itertools.count(1), now, now), feed


def settle(verdict: LiveVerdict, seconds: float = 0.0) -> None:
    """Let frames pass until no stage is left."""
    for _ in range(200):
        verdict.update(seconds)


LEARNS, LEARNS_NOT = (0, 10, 60), (0, 0.5, 1)  # sharpness of an agent's policy in each step


def answer(verdict: LiveVerdict, feed: Script, learns: tuple[float, ...] = LEARNS) -> None:
    """Answer all requests of the trial, with one agent that learns and one that does not."""
    answered = 0
    while answered < len(feed.asked):
        request = feed.asked[answered]
        answered += 1
        if not isinstance(request, Request):
            continue
        for agent, sharpness in enumerate([learns, LEARNS_NOT][: len(request.agents)]):
            for step in adaptation(request.task, "", sharpness).steps:
                verdict.take(Stepped(request.number, agent, step))
        verdict.take(Finished(request.number))


def test_the_stages_follow_each_other_and_an_agent_is_tried_once_it_is_quiet():
    verdict, feed = live(BEST, QUICK)
    verdict.judge(TEXT)
    settle(verdict)
    assert summarize(verdict.verdict).kind == Kind.GOOD
    assert not feed.asked  # no time has passed
    verdict.update(QUIET)
    assert feed.asked[0].agents == ("best-run", AGENTS[1])  # type: ignore[union-attr]
    answer(verdict, feed)
    found = verdict.update(0.0)
    assert len(feed.requests) == 4  # the tasks of the family
    assert found.agent is not None
    assert (found.agent.agent, found.agent.tasks, found.agent.of) == ("best", 4, 4)
    assert found.agent.before < 0.2 < 0.9 < found.agent.after
    assert found.agent.scratch is not None
    assert found.agent.scratch < 0.5
    assert summarize(found).why.startswith(found.agent.text)
    assert not verdict.is_working


def test_a_new_text_ends_the_trial_and_the_next_one_waits_again():
    verdict, feed = live(BEST)
    verdict.judge(TEXT)
    settle(verdict, QUIET)
    first = feed.requests[0][0]
    verdict.judge(TEXT.replace("14", "15"))
    assert feed.asked[-1] == Stop(first)
    verdict.take(Finished(first))  # out of date
    settle(verdict)
    assert len(feed.requests) == 1
    verdict.update(QUIET)
    assert feed.requests[-1][1].level.steps == 15


def test_a_pause_gives_the_feed_away_and_the_trial_begins_anew():
    verdict, feed = live(BEST)
    verdict.judge(TEXT)
    settle(verdict, QUIET)
    verdict.pause()
    verdict.update(0.0)
    assert [type(one) for one in feed.asked] == [Request, Stop, Request]


def test_other_tasks_are_drawn_on_demand():
    verdict, _ = live()
    verdict.judge("cost: mud=1..9\nmap:\n@.?%\n?..?\n")
    settle(verdict)
    before = [one.task.id for one in verdict.verdict.strip]
    verdict.reroll()
    settle(verdict)
    assert before != [one.task.id for one in verdict.verdict.strip]
    assert not verdict.is_working


def test_larger_tasks_get_the_quicker_agent_and_large_maps_no_scratch():
    rows = ["@" + "." * 16, *["." * 17] * 39, "?" + "." * 15 + "?"]
    for text, agents in (
        ("steps: 150\nmap:\n" + "\n".join(rows) + "\n", ("quick-run",)),
        ("goal: visible\nmap:\n@" + "." * 20 + "G\n", ("best-run",)),
        ("map:\n@ooo.?\n" + "......\n" * 6, ("best-run", AGENTS[1])),
    ):
        verdict, feed = live(BEST, QUICK)
        verdict.judge(text)
        settle(verdict, QUIET)
        assert feed.asked[0].agents == agents  # type: ignore[union-attr]


def test_an_agent_that_fails_is_reported():
    verdict, feed = live(BEST)
    verdict.judge(TEXT)
    settle(verdict, QUIET)
    verdict.take(Failed(feed.requests[0][0], "no such agent"))
    found = verdict.update(0.0)
    assert found.agent == AgentScores("best", of=4, failure="no such agent")
    assert not verdict.is_working


def test_texts_that_cannot_be_solved_are_not_tried():
    for text in ("map:\n@#G\n", "nonsense", "map:\n@M..G\n"):
        verdict, feed = live(BEST)
        verdict.judge(text)
        settle(verdict, QUIET)
        assert not feed.asked
        assert not verdict.is_working


def test_while_a_stage_is_computed_the_last_verdict_stays():
    feed, slow = Script(), Slow()
    verdict = LiveVerdict([], feed, itertools.count(), slow, slow)
    slow.let = True
    verdict.judge(TEXT)
    settle(verdict)
    slow.let = False
    verdict.judge("broken")
    assert verdict.update(1.0).level is not None
    slow.let = True
    assert verdict.update(1.0).level is None


def test_a_level_is_hard_for_an_agent_that_learns_little():
    verdict, feed = live(BEST)
    verdict.judge(TEXT)
    settle(verdict, QUIET)
    assert summarize(verdict.verdict).kind == Kind.GOOD
    answer(verdict, feed, LEARNS_NOT)
    found = summarize(verdict.update(0.0))
    assert found.text.startswith("hard for this agent: agent ")
    assert not found.may_change


@pytest.mark.parametrize(
    ("text", "tiles", "advised"),
    [
        (TEXT, "@.G", []),
        (TEXT, "@G", ["new to it: floor"]),
        (TEXT.replace("..@", "~I@"), "@.G", ["new to it: ice, water"]),
        (TEXT.replace("map:", "goal: visible\nwind: east 0.1..0.2\nmap:"), "@.G", ["visible"]),
    ],
)
def test_what_is_new_to_the_agent_is_advised(text: str, tiles: str, advised: list[str]):
    verdict, feed = live(replace(BEST, coverage=replace(KNOWN, tiles=frozenset(tiles))))
    verdict.judge(text)
    settle(verdict, QUIET)
    answer(verdict, feed)
    found = [one.text for one in verdict.update(0.0).advice if one.kind == "new"]
    assert len(found) == len(advised)
    assert all(part in one for part, one in zip(advised, found)), found
