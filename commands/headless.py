"""Write an adaptation to files, without a window."""

from __future__ import annotations

from pathlib import Path

from agents.training.plots import plot_trace
from agents.training.worker import trace
from commands.agent_choices import AgentChoices
from game.files import name_text, prepare_folder, save_arrays, write_atomically, write_json
from game.session.messages import Request
from game.session.replay import line_of
from game.session.trace import trace_json
from game.tasks.packs import Pack
from game.view.image_files import save_gif, save_picture
from game.view.screen_setups import replay_setup
from game.view.window import check_pygame
from game.world.tables import compile_level


def write_adaptation(out: Path, level: str, pack: Pack, request: Request) -> list[str]:
    """Adapt as a request says, and write the trace, the policies and the pictures into a folder.

    `level` is what trace.json calls the level. Returns the names of the files. Raises WrongPygame,
    and AgentError or NoAgent.
    """
    import torch

    check_pygame()
    torch.set_num_threads(1)
    task = request.task
    setup = replay_setup(pack, request, AgentChoices())
    assert setup.request
    prepare_folder(out)
    traces = trace(setup.request)
    arrays = traces[0].arrays() | compile_level(task.level).arrays()
    title = f"{task.name} ({pack.title}), task {task.id}"
    files = {
        "policy.npz": lambda path: save_arrays(path, arrays),
        "curve.png": lambda path: plot_trace(path, traces, title),
        "board.png": lambda path: save_picture(path, setup, traces),
        "adaptation.gif": lambda path: save_gif(path, setup, traces),
    }
    facts = trace_json(name_text(level), task.id, request.seed, traces) | {
        "replay": line_of(pack, setup.request)
    }
    write_json(out / "trace.json", facts)
    for name, write in files.items():
        write_atomically(out / name, write)
    return ["trace.json", *files]
