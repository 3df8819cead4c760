"""A recording that is being made when the window closes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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

    def start(command: list[str], **streams: int) -> subprocess.Popen[bytes]:
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
