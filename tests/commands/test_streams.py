"""The work outlasts its output: a reader that goes away, a full log file, no output at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commands import main
from commands.exit_codes import AT_FAULT, DONE, TERMINATED, when_told_to_end
from commands.streams import LastingOutput

ROOT = Path(__file__).resolve().parents[2]
FULL = Path("/dev/full")


def test_what_nobody_reads_is_dropped():
    reader, writer = os.pipe()
    output = LastingOutput(writer, "w")
    output.write(b"read")
    assert os.read(reader, 10) == b"read"
    os.close(reader)
    assert output.write(b"lost") == 4
    assert output.write(b"lost, too") == 9
    assert not output.failure
    output.close()


@pytest.mark.skipif(not FULL.exists(), reason="the system has no such device")
def test_a_full_disk_is_remembered():
    with LastingOutput(os.open(FULL, os.O_WRONLY), "w") as output:
        assert output.write(b"lost") == 4
        assert "space" in output.failure


@pytest.mark.skipif(not FULL.exists(), reason="the system has no such device")
@pytest.mark.parametrize(
    ("sink", "code"), [("| true", DONE), (">&-", DONE), (">/dev/full", AT_FAULT)]
)
def test_a_command_ends_well_whatever_becomes_of_its_output(sink: str, code: int):
    line = f"{sys.executable} main.py levels list {sink}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("cannot be written" in done.stderr) == (code == AT_FAULT)


def test_being_told_to_end_is_an_exit_code(monkeypatch):
    def command(argv: list[str]) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("the signal has not arrived")

    monkeypatch.setattr(main, "_run", command)
    before = signal.signal(signal.SIGTERM, main._terminate)
    try:
        assert main.main(["levels"]) == TERMINATED
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_signal_that_is_ignored_stays_ignored():
    """As under nohup: the terminal may be closed, and the work goes on."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        when_told_to_end(main._terminate)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
