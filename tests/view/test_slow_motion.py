"""The inner loop in slow motion: its phases, and what the screen draws of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pygame
import pytest

from agents.default_agents import COURSE_AGENT
from agents.gradient.inner_loop import InnerObjective
from agents.rollout import roll_out
from agents.runs import load_agent
from game.session.messages import Change, RecordedFeed
from game.session.trace import AdaptationTrace
from game.tasks.task import task_rng
from game.view.model.slow_motion import SlowMoment, SlowStep, slow_step, walk_at, walk_starts
from game.view.screens.watch import WatchScreen
from game.world.batch import GridBatch
from tests.view_data import EPISODES, TASK, experience, press, subject, traces

pytestmark = pytest.mark.usefixtures("fonts")
SIZES = [(480, 480), (960, 640), (1280, 800), (600, 900)]


def pushed(returns: tuple[float, ...] = (1.0, 2.0, 3.0, 10.0)) -> list[AdaptationTrace]:
    """Return traces whose watched agent takes gradient steps along a known sum."""
    watched, other = traces()
    push = np.zeros_like(watched.steps[0].action_probs)
    push[0, :, 1], push[0, :, 2] = 1.0, -0.5
    watched.steps = [
        replace(
            step,
            walk_returns=np.array([returns]),
            return_sampled=np.array([np.mean(returns)]),
            push=push if step.step else None,
        )
        for step in watched.steps
    ]
    return [watched, other]


def screen_of(shown: list[AdaptationTrace]) -> WatchScreen:
    screen = WatchScreen(subject(), RecordedFeed(shown))
    screen.update(0.0)
    return screen


def picture(screen: WatchScreen, size: tuple[int, int] = (960, 640)) -> bytes:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return pygame.image.tobytes(surface, "RGB")


def kinds(slow: SlowStep) -> list[str]:
    return [phase.kind for phase in slow.phases]


def test_a_gradient_step_has_four_phases_with_captions() -> None:
    slow = slow_step(pushed()[0].steps, 0)
    assert [phase.caption for phase in slow.phases] == [
        "1 · It walks 4 times.",
        "2 · 1 of 4 walks are better than the mean, 4.00.",
        "3 · Steps of good walks are made more likely, of bad ones less: this is the sum.",
        "4 · One gradient step: the policy before and after.",
    ]


def test_walks_with_equal_returns_are_not_called_good_or_bad() -> None:
    slow = slow_step(pushed((-2.0,) * 4)[0].steps, 0)
    assert slow.phases[1].caption == "2 · All walks have the return −2.00: none is better."
    assert "good" not in slow.phases[2].caption


def test_other_agents_have_the_phases_that_exist() -> None:
    steps = traces()[0].steps
    assert kinds(slow_step(steps, 0)) == ["walks", "policy"]
    assert "No gradient step" in slow_step(steps, 0).phases[1].caption
    maps = experience(TASK)
    known = [replace(step, maps=maps) for step in steps]
    assert kinds(slow_step(known, 0)) == ["walks", "maps"]
    same = [steps[0], replace(steps[0], step=1, episodes=EPISODES)]
    assert slow_step(same, 0).phases[1].caption.endswith("the policy stays as it is.")
    assert kinds(slow_step(steps, 2)) == ["walks"]  # nothing follows the last step
    assert kinds(slow_step(steps, 0, same_task=False)) == ["walks"]


def test_the_number_of_walks_is_honest() -> None:
    first, second, _ = traces()[0].steps
    many = slow_step([first, replace(second, episodes=100)], 0)
    assert many.phases[0].caption == f"1 · It walks 100 times. {EPISODES} of them are shown."
    once = slow_step([first, replace(second, episodes=1)], 0)
    assert (once.walks, once.phases[0].caption) == (1, "1 · It walks once.")


def test_time_alone_decides_the_moment() -> None:
    slow = slow_step(pushed()[0].steps, 0)
    moment = SlowMoment(0)
    for _ in range(100):
        moment = moment.advanced(slow, 0.05)
    at_once = SlowMoment(0).advanced(slow, 5.0)
    assert moment.phase == at_once.phase == 1
    assert moment.seconds == pytest.approx(at_once.seconds)
    last = moment.advanced(slow, 1000.0)
    assert (last.phase, last.seconds) == (3, slow.phases[3].seconds)
    starts = walk_starts(4)
    assert [walk_at(start, 4)[0] for start in starts] == [0, 1, 2, 3, 3]
    assert walk_at(starts[-1], 4) == (3, 1.0)


def test_j_begins_and_ends_it_and_arrows_go_between_phases() -> None:
    screen = screen_of(pushed())
    usual = picture(screen)
    screen.handle(press(pygame.K_j))
    assert screen.slow == SlowMoment(0)
    seen = [picture(screen)]
    for phase in (1, 2, 3):
        screen.handle(press(pygame.K_RIGHT))
        assert screen.slow == SlowMoment(0, phase)
        seen.append(picture(screen))
    assert len({usual, *seen}) == 5
    screen.handle(press(pygame.K_RIGHT))
    assert screen.slow == SlowMoment(1)
    screen.handle(press(pygame.K_LEFT))
    assert screen.slow == SlowMoment(0, 3)
    screen.handle(press(pygame.K_ESCAPE))
    assert screen.slow is None
    assert not screen.quit


def test_space_pauses_it() -> None:
    screen = screen_of(pushed())
    screen.toggle_slow_motion()
    screen.update(0.5)
    assert screen.slow
    assert screen.slow.seconds == 0.5
    screen.handle(press(pygame.K_SPACE))
    before = picture(screen)
    screen.update(0.5)
    assert picture(screen) == before


def test_it_shows_the_last_step_that_leads_to_another() -> None:
    screen = screen_of(pushed())
    screen.run.playback.go_to(2)
    screen.toggle_slow_motion()
    assert screen.slow
    assert screen.slow.step == 1
    screen.restart()
    assert screen.slow is None


@pytest.mark.parametrize("key", [pygame.K_m, pygame.K_x])
def test_it_ends_where_the_arrows_get_another_meaning(key: int) -> None:
    screen = screen_of(pushed())
    screen.handle(press(key))
    screen.toggle_slow_motion()
    assert screen.slow
    assert screen.experiments.goal is None
    assert screen.experiments.sliders is None
    screen.handle(press(key))
    assert screen.slow is None


def test_a_moved_goal_leads_to_no_comparison_of_policies() -> None:
    screen = screen_of(pushed())
    screen.run.request = replace(screen.run.request, changes=(Change(1, (1, 1)),))
    screen.toggle_slow_motion()
    assert kinds(screen.slow_step()) == ["walks"]


@pytest.mark.parametrize("size", SIZES)
def test_every_phase_is_drawn_at_any_size(size: tuple[int, int]) -> None:
    for shown in (pushed(), traces()):
        screen = screen_of(shown)
        screen.toggle_slow_motion()
        for phase in range(len(screen.slow_step().phases)):
            screen.slow = SlowMoment(0, phase, 1.0)
            picture(screen, size)


def test_the_sum_is_that_of_the_learner() -> None:
    learner = load_agent(COURSE_AGENT).learner
    batch = GridBatch.of([TASK.level])
    first, second = learner.adapt(batch, [task_rng(0, TASK)], 1)
    data = roll_out(batch, first.action_probs, learner.config.inner.episodes, [task_rng(0, TASK)])
    assert first.push is None
    assert first.walk_returns is not None
    np.testing.assert_allclose(first.walk_returns[0], data.returns[0])
    np.testing.assert_allclose(
        second.push, InnerObjective(batch, learner.config.inner).weights(data)
    )
