"""Where Gridapt starts: `python main.py`, and the console script `gridapt`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

CTRL_C = signal.getsignal(signal.SIGINT)
if __name__ == "__main__" and CTRL_C is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules load, Ctrl-C ends at once

# Other distributions install a top-level package `agents`: ours, beside this file, comes first.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from commands.main import main

__all__ = ["main"]

if __name__ == "__main__":
    signal.signal(signal.SIGINT, CTRL_C)
    sys.exit(main())
