"""The train screen, driven by messages and events."""

from __future__ import annotations

from pathlib import Path

import pygame
import pytest

from game.session.messages import (
    Begun,
    Evaluated,
    Failed,
    Finished,
    Request,
    Stop,
    Trained,
    TrainRequest,
)
from game.tasks.packs import load_pack
from game.view.app import App
from game.view.draw.theme import LIGHT
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.gallery_fields import MODES
from game.view.screens.gallery import Gallery
from game.view.screens.navigation_request import Navigation
from game.view.screens.screen import COMMON
from game.view.screens.train import TrainScreen
from game.view.screens.train_panel import MOST_PAST_CURVES, score_curves
from game.view.screens.watch import WatchScreen
from tests.view_data import TASK, FixedAgents, Script, adaptation, press

pytestmark = pytest.mark.usefixtures("fonts")

SIZES = [(1280, 800), (960, 640), (1920, 1080), (600, 900), (300, 200)]
ARGS = ("train", "goals-5x5", "--learner", "maml", "--minutes", "1")
STEPS = tuple(adaptation(TASK, "maml", (0, 10, 60)).steps)


@pytest.fixture
def screen(script: Script) -> TrainScreen:
    return TrainScreen(ARGS, script)


def begun(tmp: Path = Path("runs/x"), minutes: float | None = 1.0) -> Begun:
    path = load_pack("goals-5x5").path
    return Begun(0, "maml", path, "Goals 5x5", tmp, TASK, 4000, minutes)


def evaluated(iteration: int, seconds: float, *scores: float) -> Evaluated:
    return Evaluated(0, iteration, seconds, scores, STEPS)


def send(screen: TrainScreen, script: Script, *messages: object, seconds: float = 0.3) -> None:
    script.messages = list(messages)  # type: ignore[arg-type]
    screen.update(seconds)


def picture(screen: TrainScreen, size: tuple[int, int] = (960, 640)) -> pygame.Surface:
    surface = pygame.Surface(size)
    screen.draw(surface)
    return surface


def test_it_requests_the_training_of_its_command_line(screen: TrainScreen, script: Script) -> None:
    assert script.asked == [TrainRequest(0, ARGS)]
    assert screen.run.state == "loading"
    picture(screen)  # there is something to draw before anything has come


def test_it_shows_the_progress_of_training(screen: TrainScreen, script: Script) -> None:
    send(screen, script, begun(), Trained(0, 120, 0.4, 24.0, 2_400_000))
    iteration, time, rates, share, waiting = screen.progress()
    assert waiting is None
    assert (iteration, time, share) == ("Iteration 120", "0:24 of 1:00", 0.4)
    assert rates.split("   ") == ["5.0 iterations/s", "100,000 env steps/s", "2.4 million in total"]
    other = TrainScreen(ARGS, script)
    send(other, script, begun(minutes=None), Trained(0, 7, 0.1, 4000.0, 7))
    assert other.progress()[:2] == ("Iteration 7 of 4,000", "1:06:40")


def test_earlier_curves_fade(screen: TrainScreen, script: Script) -> None:
    send(screen, script, begun(), *(evaluated(i, i, 0, i / 40, i / 40) for i in range(1, 31)))
    now, *before = score_curves(screen.run.evaluations, screen.run.episodes_per_step)
    assert (now.name, now.fade, now.values[-1]) == ("now", 0.0, 75.0)
    assert len(before) == MOST_PAST_CURVES
    assert [curve.fade for curve in before] == sorted(curve.fade for curve in before)
    assert [curve.values[-1] for curve in before] == sorted(
        (curve.values[-1] for curve in before), reverse=True
    )
    assert before[-1].name == "at first"
    shown = picture(screen)
    panel = [shown.get_at((x, y))[:3] for x in range(540, 860) for y in range(200, 500)]
    far = min(sum(abs(a - b) for a, b in zip(colour, LIGHT.agent)) for colour in panel)
    assert far < 12  # the curve's markers


def test_the_sample_is_the_newest_once_the_last_one_was_shown(
    screen: TrainScreen, script: Script
) -> None:
    send(screen, script, begun(), evaluated(1, 1, 0, 0.1, 0.2))
    assert screen.run.sample
    assert screen.run.sample.iteration == 1
    send(screen, script, evaluated(2, 2, 0, 0.1, 0.2), evaluated(3, 3, 0, 0.1, 0.2))
    assert screen.run.sample.iteration == 1
    for _ in range(200):
        screen.update(0.05)
    assert screen.run.sample.iteration == 3
    assert "iteration 3" in screen.caption()


def test_a_paused_sample_is_not_replaced(screen: TrainScreen, script: Script) -> None:
    send(screen, script, begun(), evaluated(1, 1, 0, 0.1, 0.2))
    screen.handle(press(pygame.K_SPACE))
    send(screen, script, evaluated(2, 2, 0, 0.1, 0.2))
    for _ in range(200):
        screen.update(0.05)
    assert screen.run.sample
    assert screen.run.sample.iteration == 1


def test_without_validation_tasks_the_scores_are_the_samples(
    screen: TrainScreen, script: Script
) -> None:
    send(screen, script, begun(), evaluated(1, 1))
    trace = screen.run.sample.trace if screen.run.sample else None
    assert trace
    assert score_curves(screen.run.evaluations, screen.run.episodes_per_step)[0].values == tuple(
        100 * trace.score(step) for step in STEPS
    )


@pytest.mark.parametrize("event", [press(pygame.K_ESCAPE), pygame.event.Event(pygame.QUIT)])
def test_leaving_ends_training_and_saves(
    screen: TrainScreen, script: Script, event: pygame.event.Event
) -> None:
    send(screen, script, begun(), Trained(0, 1, 0.1, 1.0, 1))
    screen.handle(event)
    assert screen.quit
    assert script.asked[1:] == []  # the app may ask before it closes the screen
    screen.on_close()
    assert script.asked[1:] == [Stop(0)]


def test_a_finished_training_is_not_stopped_again(screen: TrainScreen, script: Script) -> None:
    send(screen, script, begun(), Trained(0, 1, 1.0, 1.0, 1), Finished(0))
    assert screen.run.state == "trained"
    screen.handle(press(pygame.K_ESCAPE))
    screen.on_close()
    assert len(script.asked) == 1


def test_a_failure_is_shown(screen: TrainScreen, script: Script) -> None:
    send(screen, script, begun(), Failed(0, "exploration has collapsed"))
    assert screen.run.state == "failed"
    picture(screen)


@pytest.mark.parametrize("size", SIZES)
def test_it_draws_at_any_size(screen: TrainScreen, script: Script, size: tuple[int, int]) -> None:
    send(screen, script, begun(), Trained(0, 9, 0.2, 9.0, 9), evaluated(1, 1, 0, 0.1, 0.2))
    for key in (pygame.K_p, pygame.K_t, pygame.K_RIGHT, pygame.K_F1):
        screen.handle(press(key))
        picture(screen, size)


def test_every_key_does_something(
    screen: TrainScreen, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched: list[bool] = []
    monkeypatch.setattr(
        "game.view.screens.screen.switch_full_screen", lambda: switched.append(True)
    )
    send(screen, script, begun(), Trained(0, 9, 0.2, 9.0, 9), evaluated(1, 1, 0, 0.1, 0.2))
    for key in (*screen.keys, *COMMON):
        screen.run.sample.playback.go_to(1)  # type: ignore[union-attr]
        screen.appearance.zoom = 1
        before = (screen.snapshot(), screen.navigation, screen.quit, screen.appearance.zoom)
        n_switched = len(switched)
        mod = pygame.KMOD_CTRL * key.ctrl | pygame.KMOD_LALT * key.alt
        screen.handle(press(key.codes[0], mod=mod))
        after = (screen.snapshot(), screen.navigation, screen.quit, screen.appearance.zoom)
        assert after != before or len(switched) > n_switched, key.cap
        screen.showing_help, screen.quit, screen.navigation = False, False, None


# --- from screen to screen


def app_of(tmp_path: Path, script: Script, navigation: Navigation) -> App:
    file = tmp_path / "settings.json"
    return App(navigation, FixedAgents(), script, file, jobs=BackgroundJobs(at_once=True))


def test_enter_ends_training_and_watches_the_agent(tmp_path: Path) -> None:
    script = Script()
    agents = FixedAgents()
    agents.card = lambda name, pack: FixedAgents().card("scratch", pack)  # type: ignore[method-assign]
    app = App(
        Navigation("train", args=ARGS),
        agents,
        script,
        tmp_path / "s",
        jobs=BackgroundJobs(at_once=True),
    )
    script.messages = [begun(tmp_path), Trained(0, 3, 0.1, 1.0, 1)]
    app.update(0.1)
    app.handle(press(pygame.K_RETURN))
    app.update(0.1)
    assert isinstance(app.page, TrainScreen)  # it is not saved yet
    script.messages = [Finished(0)]
    for _ in range(3):
        app.update(0.1)
    assert isinstance(app.page, WatchScreen)
    assert app.runs == [tmp_path]
    last = script.asked[-1]
    assert isinstance(last, Request)
    assert last.agents == (str(tmp_path), "scratch")
    assert last.pack == "goals-5x5"
    watched = app.page
    app.handle(press(pygame.K_RETURN))  # a second one, by mistake
    app.update(0.1)
    assert app.page is watched


def test_the_gallery_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "reptile-goals-5x5").mkdir(parents=True)
    script = Script()
    app = app_of(tmp_path, script, Navigation("watch", load_pack("goals-5x5"), agents=("scratch",)))
    app.handle(press(pygame.K_g, "g"))
    app.update(0.1)
    gallery = app.page
    assert isinstance(gallery, Gallery)
    gallery.fields.chosen["mode"] = list(MODES).index("train")
    app.update(0.1)
    app.draw(pygame.Surface((960, 640)))
    for key in (pygame.K_TAB, pygame.K_RIGHT, pygame.K_TAB, pygame.K_RIGHT, pygame.K_RETURN):
        app.handle(press(key))
    app.update(0.1)
    assert isinstance(app.page, TrainScreen)
    path = str(load_pack("goals-5x5").path)
    assert app.page.args == (
        *("train", path, "--learner", "reptile", "--minutes", "2"),
        *("--out", str(Path("runs/reptile-goals-5x5-2"))),
    )


def test_a_pack_without_training_tasks_is_not_trained_on(tmp_path: Path) -> None:
    script = Script()
    app = app_of(tmp_path, script, Navigation("watch", load_pack("showcase"), agents=("scratch",)))
    app.handle(press(pygame.K_g, "g"))
    for _ in range(2):
        app.update(0.1)
    assert isinstance(app.page, Gallery)
    app.page.fields.chosen["mode"] = list(MODES).index("train")
    app.handle(press(pygame.K_RETURN))
    assert app.page.notice
    assert "no training tasks" in app.page.notice.heading
