"""The output of the program, which may end before the work does.

A reader may go away (`| head`), a terminal may be closed, and the disk of a log file may be full.
None of that stops the work: what is printed from then on is lost, and the files are written.
"""

from __future__ import annotations

import errno
import io
import os
import sys

READER_GONE = (errno.EPIPE, errno.EIO, errno.ESHUTDOWN, errno.ECONNRESET)


class LastingOutput(io.FileIO):
    """A stream's file, which swallows everything after the first write that fails."""

    failure = ""  # why, where that is not the reader's wish

    def write(self, data: object) -> int:
        """Write bytes, or drop them if nobody can read them."""
        try:
            return super().write(data) or 0  # type: ignore[arg-type]
        except OSError as error:
            gone = error.errno in READER_GONE or os.name == "nt"
            self.failure = "" if gone else str(error.strerror)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes  # type: ignore[arg-type]


def lasting_streams() -> LastingOutput | None:
    """Make stdout and stderr outlast their readers. Returns the file of stdout, if it has one."""
    nowhere = open(os.devnull, "w")  # noqa: SIM115 - for a program started without an output
    sys.stderr = _lasting(sys.stderr) or sys.stderr or nowhere
    output = _lasting(sys.stdout)
    sys.stdout = output or sys.stdout or nowhere
    return output.buffer.raw if output else None  # type: ignore[attr-defined]


def _lasting(stream: object) -> io.TextIOWrapper | None:
    """Return a stream to the same file that outlasts its reader, or None if there is no file."""
    if not isinstance(stream, io.TextIOWrapper):
        return None  # a program without a terminal may have no streams
    stream.flush()
    file = LastingOutput(stream.fileno(), "w", closefd=False)
    # a terminal may lack letters that a title has
    return io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
