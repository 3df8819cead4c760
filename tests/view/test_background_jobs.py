"""The end of a program with background jobs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_end_of_the_program_waits_for_the_job_that_is_being_done_and_for_no_other():
    code = (
        "import threading, time\n"
        "from game.view.model.background_jobs import BackgroundJobs\n"
        "begun, jobs = threading.Event(), BackgroundJobs()\n"
        "def work(): begun.set(); time.sleep(0.2); print('done', flush=True)\n"
        "jobs.ask(1, work, str); begun.wait(); jobs.ask(2, work, str); print('end', flush=True)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stdout.split()) == (0, ["end", "done"]), result.stderr
