"""The process that draws the pictures of an adaptation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from agents.training.worker import trace
from commands.agent_choices import AgentChoices
from commands.picture_process import PictureProcess, ProcessEnded
from game.files import save_png
from game.session.messages import NoAgent, Request
from game.tasks.packs import load_pack
from game.view.image_files import final_frame, save_gif
from game.view.screen_setups import replay_setup

PACK = load_pack("goals-5x5")


def request(*agents: str) -> Request:
    return Request(0, PACK.split("test").tasks[0], 0, 1, agents, PACK.name)


def test_it_draws_what_this_process_would_draw(tmp_path: Path):
    with PictureProcess(PACK, request("random"), ()) as process:
        found = process.request()
        traces = trace(found)
        process.draw(traces)
        save_png(tmp_path / "board.png", process.board())
        (tmp_path / "adaptation.gif").write_bytes(process.gif())
    setup = replay_setup(PACK, request("random"), AgentChoices())
    assert found == setup.request
    save_png(tmp_path / "a.png", final_frame(setup, traces))
    save_gif(tmp_path / "a.gif", setup, traces)
    assert (tmp_path / "board.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert (tmp_path / "adaptation.gif").read_bytes() == (tmp_path / "a.gif").read_bytes()


def test_what_it_raises_is_raised_here():
    refused = pytest.raises(NoAgent, match="nobody: no such run")
    with PictureProcess(PACK, request("nobody"), ()) as process, refused:
        process.request()


def test_it_ends_with_the_block_and_its_end_is_noticed():
    with PictureProcess(PACK, request("random"), ()) as process:
        process.request()
        process._process.kill()
        process.draw([])
        with pytest.raises(ProcessEnded, match="ended unexpectedly"):
            process.board()
    assert not process._process.is_alive()


@pytest.mark.parametrize("pack", ["showcase", "dynamics", "boxes", "mazes-9x9"])
def test_every_kind_of_pack_can_be_sent(pack: str):
    loaded = load_pack(pack)
    task = (loaded.split("test").tasks or loaded.split("train").tasks)[0]
    one = dataclasses.replace(request("random"), task=task, pack=loaded.name)
    with PictureProcess(loaded, one, ()) as process:
        assert process.request().task.id == task.id
