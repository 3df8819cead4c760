"""Which agents are watched where nobody names any."""

from __future__ import annotations

import pytest

from agents import default_agents
from agents.default_agents import COURSE_AGENT, GENERALISTS
from game.tasks.packs import load_pack

OWN, NONE = load_pack("goals-5x5"), load_pack("showcase")


def ship(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(default_agents, "list_pretrained", lambda: ["maml-gridnavi", *names])


def test_a_pack_with_an_agent_of_its_own_gets_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ship(monkeypatch, *GENERALISTS)
    assert default_agents.default_agents(OWN) == ("maml-goals-5x5", "scratch")


@pytest.mark.parametrize(
    ("shipped", "expected"),
    [
        ((), (COURSE_AGENT, "scratch")),
        (GENERALISTS[1:], (GENERALISTS[1], "scratch")),
        (GENERALISTS, (*GENERALISTS, "scratch")),
    ],
)
def test_other_levels_get_the_generalists_that_are_shipped(
    monkeypatch: pytest.MonkeyPatch, shipped: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    ship(monkeypatch, *shipped)
    assert NONE.agent == ""
    assert default_agents.default_agents(NONE) == expected


def test_the_first_sight_shows_gradient_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    ship(monkeypatch)
    assert default_agents.first_agents(NONE) == (COURSE_AGENT, "scratch")
    ship(monkeypatch, *GENERALISTS)
    assert default_agents.first_agents(NONE) == (COURSE_AGENT, GENERALISTS[0], "scratch")
