"""Write an adaptation to files, without a window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agents.training.plots import plot_trace
from agents.training.worker import trace
from commands.picture_process import PictureProcess
from game.files import (
    name_text,
    prepare_folder,
    save_arrays,
    save_png,
    write_atomically,
    write_json,
)
from game.session.messages import Request
from game.session.replay import ReplayError, line_of, pack_source
from game.session.trace import trace_json
from game.tasks.packs import Pack
from game.world.tables import compile_level


def write_adaptation(
    out: Path, pack: Pack, request: Request, learners: Sequence[str] = ()
) -> list[str]:
    """Adapt as a request says, and write the trace, the policies and the pictures into a folder.

    `learners` are the user's own learners. Returns the names of the files. Raises WrongPygame, and
    AgentError or NoAgent.
    """
    from agents.torch_start import load_torch

    with PictureProcess(pack, request, learners) as process:
        load_torch()
        request = process.request()
        prepare_folder(out)
        traces = trace(request)
        process.draw(traces)
        task = request.task
        facts = trace_json(name_text(pack_source(pack)), task.id, request.seed, traces)
        write_json(out / "trace.json", facts | _replay(pack, request))
        arrays = traces[0].arrays() | compile_level(task.level).arrays()
        title = f"{task.name} ({pack.title}), task {task.id}"
        write_atomically(out / "policy.npz", lambda path: save_arrays(path, arrays))
        write_atomically(out / "curve.png", lambda path: plot_trace(path, traces, title))
        board = process.board()
        write_atomically(out / "board.png", lambda path: save_png(path, board))
        gif = process.gif()
        write_atomically(out / "adaptation.gif", lambda path: path.write_bytes(gif))
    return ["trace.json", "policy.npz", "curve.png", "board.png", "adaptation.gif"]


def _replay(pack: Pack, request: Request) -> dict[str, str]:
    """Return what trace.json says of how to replay it; {} where the level is too large."""
    try:
        return {"replay": line_of(pack, request)}
    except ReplayError:
        return {}
