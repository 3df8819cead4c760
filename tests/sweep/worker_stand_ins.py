"""What processes do in place of carrying out runs; without imports that take time."""

from __future__ import annotations

import errno
import os
from multiprocessing.connection import Connection
from pathlib import Path

from agents.sweep.runs_process import Outcome


def end_at_once(connection: Connection, folder: Path, core: int) -> None:
    os._exit(1)


def say_disk_is_full(connection: Connection, folder: Path, core: int) -> None:
    connection.recv()
    full = (errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    connection.send(Outcome("full", disk_full=full))
    connection.recv()
