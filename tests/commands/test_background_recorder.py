"""Recordings in a process of their own."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands import main
from commands.background_recorder import BackgroundRecorder
from commands.open_window import finish_recording


@pytest.mark.parametrize(("code", "said"), [("0", "Saved"), ("'no room'", "no room")])
def test_a_film_is_finished_after_the_window_has_closed(
    code: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    process = subprocess.Popen

    def start(command: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        return process([sys.executable, "-c", f"raise SystemExit({code})"], **streams)

    monkeypatch.setattr(subprocess, "Popen", start)
    recorder = BackgroundRecorder()
    recorder.start("a line", tmp_path, "film")
    assert recorder.is_busy
    finish_recording(recorder)
    assert not recorder.is_busy
    printed = capsys.readouterr()
    assert said in (printed.out if code == "0" else printed.err)
    finish_recording(recorder)  # nothing is left to wait for
    assert capsys.readouterr().out == ""


def test_a_long_line_reaches_the_process_and_its_notes_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arguments of a process have at most 32,000 characters on Windows."""
    process, line = subprocess.Popen, "x" * 200_000
    script = "import sys; print('noise\\nnote: read', len(sys.stdin.read()), file=sys.stderr)"

    def start(command: list[str], **streams: Any) -> subprocess.Popen[bytes]:
        assert line not in command
        return process([sys.executable, "-c", script], **streams)

    monkeypatch.setattr(subprocess, "Popen", start)
    recorder = BackgroundRecorder()
    recorder.start(line, tmp_path / "page.html", "page")
    assert recorder.finish() == ("Saved", f"page.html in {tmp_path} - read 200000", True)


@pytest.mark.parametrize("command", ["watch --headless", "export"])
def test_a_replay_line_is_read_from_standard_input(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"no line\n")))
    assert main.main([*command.split(), "--replay", "-", "--out", str(tmp_path / "out")]) == 1
    assert "the replay line lacks agents" in capsys.readouterr().err
