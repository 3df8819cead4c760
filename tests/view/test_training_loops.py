"""The drawing of both loops beside a training: which phase is lit, at which pace."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from commands.train import parse_train
from game.session.messages import Doing, Finished, Phase, Trained
from game.tasks.packs import load_pack
from game.view.model.paced_phases import LEAST_SECONDS, PacedPhases
from game.view.model.training_run import demonstration_args
from game.view.screens.train import TrainScreen
from tests.view.test_train_screen import ARGS, begun, evaluated, picture, send
from tests.view_data import Script

pytestmark = pytest.mark.usefixtures("fonts")
ITERATION = (Phase.TASKS, Phase.EPISODES, Phase.ADAPTATION, Phase.UPDATE)


def shown(phases: PacedPhases, seconds: float, parts: int = 1) -> list[Phase]:
    """Return the phases that are on screen one after another in so many times these seconds."""
    found = []
    for _ in range(parts):
        phases.update(seconds)
        if phases.shown and (not found or found[-1] is not phases.shown):
            found.append(phases.shown)
    return found


def test_slow_phases_are_shown_as_they_begin() -> None:
    phases = PacedPhases()
    for phase in ITERATION:
        phases.add(phase)
        assert shown(phases, LEAST_SECONDS) == [phase]
        assert not phases.is_slowed


def test_of_fast_iterations_whole_ones_are_left_out_in_their_order() -> None:
    phases, seen = PacedPhases(), []
    for _ in range(100):
        for _ in range(40):
            for phase in ITERATION:
                phases.add(phase)
        seen += shown(phases, LEAST_SECONDS)
        assert phases.is_slowed
    assert seen == [*ITERATION] * 25


def test_no_evaluation_is_left_out() -> None:
    phases = PacedPhases()
    for phase in (*ITERATION, *ITERATION, Phase.EVALUATION, *ITERATION):
        phases.add(phase)
    found = shown(phases, LEAST_SECONDS, parts=20)
    assert found.count(Phase.EVALUATION) == 1
    assert found[-4:] == [*ITERATION]


def test_the_screen_follows_the_phases_and_counts_tasks(script: Script) -> None:
    screen = TrainScreen(ARGS, script)
    send(screen, script, replace(begun(), tasks=10), Trained(0, 120, 0.4, 24.0, 2_400_000))
    pictures = {pygame.image.tobytes(picture(screen, (1280, 800)), "RGB")}
    for phase in (*ITERATION, Phase.EVALUATION):
        send(screen, script, Doing(0, phase), seconds=LEAST_SECONDS)
        facts = screen.loops()
        assert (facts.phase, facts.iteration, facts.tasks) == (phase, 120, 1200)
        pictures.add(pygame.image.tobytes(picture(screen, (1280, 800)), "RGB"))
    assert len(pictures) == 6
    send(screen, script, Finished(0))
    assert screen.loops().phase is None


@pytest.mark.parametrize("size", [(480, 480), (960, 640), (1280, 800), (1920, 1080), (300, 200)])
def test_it_is_drawn_at_any_size(script: Script, size: tuple[int, int]) -> None:
    screen = TrainScreen(ARGS, script)
    send(screen, script, begun(), evaluated(1, 2.0, 0.1, 0.5, 0.7))
    for phases in ((Phase.UPDATE,), ITERATION, ITERATION):  # not all learners report all phases
        send(screen, script, *(Doing(0, phase) for phase in phases), seconds=LEAST_SECONDS)
        picture(screen, size)


def test_the_demonstration_trains_into_a_folder_of_its_own() -> None:
    pack = load_pack("goals-5x5").path
    args = demonstration_args(pack)
    folder = Path(args[args.index("--out") + 1])
    assert not begun(folder).is_kept
    assert begun().is_kept
    assert folder.parent == Path(tempfile.gettempdir())
    assert parse_train([*args]).minutes == 0.5  # all its options are known
    folder.rmdir()


def test_a_demonstration_is_left_without_saving(script: Script) -> None:
    screen = TrainScreen(ARGS, script)
    said = []
    for folder in (Path("runs/x"), Path("gridapt-demonstration-x")):
        send(screen, script, begun(folder))
        screen.run.begun = begun(folder)
        said.append([key.short for key in screen.all_keys() if key.cap == "Esc"])
    assert said == [["end and save"], ["leave"]]


def test_draws_are_counted_beside_the_tasks_that_they_are_drawn_from(script: Script) -> None:
    screen = TrainScreen(ARGS, script)
    send(screen, script, replace(begun(), tasks=5, different_tasks=10))
    send(screen, script, Trained(0, 100, 0.5, 1.0, 1000))
    facts = screen.loops()
    assert (facts.tasks, facts.different) == (500, 10)


def test_the_scores_of_a_training_decide_what_has_risen_most(script: Script) -> None:
    screen = TrainScreen(ARGS, script)
    send(screen, script, begun(), evaluated(1, 2.0, 0.0, 0.1))
    assert screen.outcome() is None
    assert screen.measured() == ""
    send(screen, script, evaluated(2, 3.0, 0.05, 0.6))
    assert screen.outcome() == 1
    assert screen.measured() == "Before: 0% to 5%; after step 1: 10% to 60%."
