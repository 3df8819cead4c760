"""Where Gridapt starts: `python main.py`, and the console script `gridapt`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

# Other distributions install a top-level package `agents`: ours, beside this file, comes first.
sys.path.insert(0, str(Path(__file__).resolve().parent))


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, or that of the command line; see `commands.main`."""
    ctrl_c = signal.getsignal(signal.SIGINT)
    if argv is None and ctrl_c is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl-C ends at once
    from commands.main import main, run_program

    signal.signal(signal.SIGINT, ctrl_c)
    return run_program() if argv is None else main(argv)


if __name__ == "__main__":
    sys.exit(main())
