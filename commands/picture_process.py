"""A process that draws the pictures of an adaptation, and loads what that takes meanwhile."""

from __future__ import annotations

import contextlib
import io
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from agents.training.processes import end_process, start_process

if TYPE_CHECKING:
    from PIL.Image import Image

    from game.session.messages import Request
    from game.session.trace import AdaptationTrace
    from game.tasks.packs import Pack


class ProcessEnded(Exception):
    """The process has ended before its work was done."""


class PictureProcess:
    """Draws the pictures of one adaptation in another process, which ends with the `with` block.

    `learners` are the user's own learners (FILE.py:CLASS). Whatever that process raises, the method
    raises that waits for it.
    """

    def __init__(self, pack: Pack, request: Request, learners: Sequence[str]) -> None:
        arguments = pack, request, tuple(learners)
        self._process, self._connection = start_process(_serve, *arguments)

    def __enter__(self) -> PictureProcess:
        return self

    def __exit__(self, *_: object) -> None:
        end_process(self._process, self._connection)

    def request(self) -> Request:
        """Return the request with the names of all its agents, once the process is ready.

        Raises WrongPygame, NoAgent or ProcessEnded.
        """
        request: Request = self._receive()
        return request

    def draw(self, traces: Sequence[AdaptationTrace]) -> None:
        """Begin to draw."""
        with contextlib.suppress(OSError):  # the process has ended: `board` reports it
            self._connection.send(traces)

    def board(self) -> Image:
        """Return the final frame once it is drawn."""
        board: Image = self._receive()
        return board

    def gif(self) -> bytes:
        """Return the GIF of the whole adaptation once it is drawn, after `board`."""
        gif: bytes = self._receive()
        return gif

    def _receive(self) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            what = "the process that draws pictures ended unexpectedly (out of memory?)"
            raise ProcessEnded(f"{what} - run the command again") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(connection: Connection, pack: Pack, request: Request, learners: tuple[str, ...]) -> None:
    """Run the process: send the request, receive traces, and send pictures; or else the error."""
    try:
        _answer(connection, pack, request, learners)
    except Exception as error:
        error.add_note(f"in the process that draws pictures:\n{traceback.format_exc()}")
        connection.send(error)


def _answer(
    connection: Connection, pack: Pack, request: Request, learners: tuple[str, ...]
) -> None:
    from agents.learner_registry import register_files
    from commands.agent_choices import AgentChoices
    from game.view.image_files import final_frame, save_gif
    from game.view.screen_setups import replay_setup
    from game.view.window import check_pygame

    check_pygame()
    register_files(learners)
    setup = replay_setup(pack, request, AgentChoices())
    connection.send(setup.request)
    setup.out_of_distribution(request.task)  # takes long, and is kept for the pictures
    traces = connection.recv()
    connection.send(final_frame(setup, traces))  # the other process has time to compress it
    gif = io.BytesIO()
    save_gif(gif, setup, traces)
    connection.send(gif.getvalue())
