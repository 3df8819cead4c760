"""The line on work in progress."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest

from commands.progress import show_progress
from game.authoring.check import check_in_turn


class Screen(io.StringIO):
    """A terminal, or else a file."""

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have progress shown at once."""
    monkeypatch.setattr("commands.progress.PATIENCE", 0.0)


def work(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, is_long: bool = True
) -> tuple[str, str]:
    """Return what is printed to stdout and stderr while work is done."""
    out, err = io.StringIO(), Screen(is_terminal)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with show_progress("checking") as line:
        line("a.txt", 2, 5)
        until = time.monotonic() + 20
        while is_long and is_terminal and "task 3 of 5" not in err.getvalue():
            assert time.monotonic() < until
            time.sleep(0.01)
        line.print(["a.txt: ok"])
        line.print([])
    return out.getvalue(), err.getvalue()


@pytest.mark.usefixtures("patience")
def test_a_terminal_shows_progress_and_output_stays_apart(monkeypatch: pytest.MonkeyPatch):
    out, err = work(monkeypatch, is_terminal=True)
    assert out == "a.txt: ok\n"
    assert "checking a.txt: task 3 of 5" in err


@pytest.mark.usefixtures("patience")
def test_a_file_gets_no_progress(monkeypatch: pytest.MonkeyPatch):
    assert work(monkeypatch, is_terminal=False) == ("a.txt: ok\n", "")


def test_short_work_shows_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("commands.progress.PATIENCE", 1000.0)
    assert work(monkeypatch, is_terminal=True, is_long=False) == ("a.txt: ok\n", "")


def test_problems_are_told_before_bounds_are_computed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "a.txt").write_text("cost: mud=4\nmap:\n@.?\n..?\n")
    (tmp_path / "b.txt").write_text("map:\n@..\n")
    seen: list[object] = []

    def compute_bounds(*_: object) -> tuple[None, None]:
        seen.append("bounds")
        return None, None

    monkeypatch.setattr("game.authoring.check.bayes_figures", compute_bounds)
    names = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    for report in check_in_turn(names, found=seen.append):
        seen.append(report["file"])
    warning, bounds, first, error, second = seen
    assert "no mud on the map" in warning[0]
    assert (bounds, first, second) == ("bounds", *names)
    assert "no goal" in error[0]
