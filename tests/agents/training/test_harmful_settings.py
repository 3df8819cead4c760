"""Tests of the settings that make adaptation worse in docs/meta-rl.md: its figures are true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agents.runs import load_agent
from agents.training.curves import TaskBatches, adaptation_curves
from game.session.messages import STEPS, Request
from game.tasks.packs import load_pack

DOCUMENT = (Path(__file__).parents[3] / "docs" / "meta-rl.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class HarmfulSettings:
    """Settings of an agent, and what the document says of them: the mean score in percent on 20
    held-out tasks, on how many it is worse than before adaptation, and the score with its own
    settings."""

    agent: str
    pack: str
    request: Request
    said: tuple[int, int]
    own: int


def harmful(
    agent: str, pack: str, said: tuple[int, int], own: int, **settings: Any
) -> HarmfulSettings:
    """Return settings of an agent on the first held-out task of a pack."""
    task = load_pack(pack).split("test").tasks[0]
    request = Request(0, task, seed=0, steps=STEPS, agents=(agent,), pack=pack)
    return HarmfulSettings(agent, pack, replace(request, **settings), said, own)


def figures(one: HarmfulSettings, request: Request) -> tuple[int, int]:
    """Return the agent's figures on the first 20 held-out tasks, with a request's settings."""
    learner = load_agent(one.agent, one.pack).learner
    learner = learner.with_episodes(request.episodes) if request.episodes else learner
    learner.scale_steps(request.step_size)
    batches = TaskBatches(load_pack(one.pack).split("test").tasks[:20])
    scores = adaptation_curves(lambda seed: learner, batches, [0], request.steps).scores[0]
    worse = int((scores[:, -1] < scores[:, 0] - 0.02).sum())
    return round(100 * scores[:, -1].mean()), worse


@pytest.mark.parametrize(
    "one",
    [
        # the trust region does not protect an agent that adapts a context
        harmful("cavia-mazes-9x9", "mazes-9x9", (56, 4), 95, step_size=10.0),
        # as many episodes as in 5 steps of 20, but each step knows too little
        harmful("maml-dynamics", "dynamics", (45, 6), 90, steps=50, episodes=2),
    ],
    ids=lambda one: one.agent,
)
def test_the_document_says_what_is_true_of_harmful_settings(one: HarmfulSettings) -> None:
    score, worse = one.said
    assert f"{score}% " in DOCUMENT
    assert f"in place of {one.own}%" in DOCUMENT
    assert f"{worse} of them" in DOCUMENT
    assert figures(one, one.request) == one.said
    usual = replace(one.request, steps=STEPS, episodes=None, step_size=1.0)
    assert figures(one, usual)[0] == one.own
