"""Read the command line, run a command, and turn errors into exit codes."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TextIO

import tyro
from tyro.conf import OmitSubcommandPrefixes, subcommand

from agents.ranks import RankFailed, RankLost, launched_ranks, together
from commands.exit_codes import (
    AT_FAULT,
    DONE,
    INTERRUPTED,
    TERMINATED,
    UNUSABLE,
    fail,
    when_told_to_end,
)
from commands.streams import lasting_streams
from game.text.visible import visible

COMMANDS = {  # the module and class of each: a command line loads the one that it names
    "watch": "commands.watch:WatchCommand",
    "play": "commands.play:PlayCommand",
    "edit": "commands.edit:EditCommand",
    "export": "commands.export:ExportCommand",
    "train": "commands.train:TrainCommand",
    "sweep": "commands.sweep:SweepCommand",
    "reproduce": "commands.reproduce:ReproduceCommand",
    "eval": "commands.evaluate:EvaluateCommand",
    "microscope": "commands.microscope:MicroscopeCommand",
    "exercise": "commands.exercise:ExerciseCommand",
    "levels": "commands.levels.group:LevelsCommand",
    "bench": "commands.bench:BenchCommand",
}
LEVEL_COMMANDS = {  # those of `levels`
    name: f"commands.levels.{name}:{name.title()}Command"
    for name in ("list", "new", "check", "show", "legend", "hash", "sample", "convert", "fixed")
}
ABOUT = "Gridapt: watch, write levels for, and train agents that learn to learn."
SCRIPT = "gridapt"  # the console script


class Terminated(KeyboardInterrupt):
    """The program is to end, by SIGTERM or because its terminal was closed: as after Ctrl-C."""


def run_program() -> int:
    """Run the command of this process's command line, and return its exit code."""
    output = lasting_streams()
    when_told_to_end(_terminate)
    code = main(sys.argv[1:])
    with contextlib.suppress(ValueError):  # the stream is closed
        sys.stdout.flush()
    if output and output.failure and code == DONE:
        return fail(f"the output cannot be written: {output.failure}", AT_FAULT)
    return code


def _terminate(number: int, frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # while what was done so far is saved
    raise Terminated


def main(argv: Sequence[str]) -> int:
    """Run a command. Returns its exit code: 0 done, 1 bad input, 2 usage or environment, 130 after
    Ctrl-C, 143 after SIGTERM."""
    try:
        with visible_errors(argv):
            if launched_ranks() == 1:
                return _run(list(argv))
            from commands.in_ranks import run_in_ranks

            return run_in_ranks(argv, _run)
    except Terminated:
        return TERMINATED
    except KeyboardInterrupt:
        return INTERRUPTED


@contextlib.contextmanager
def visible_errors(argv: Sequence[str]) -> Iterator[None]:
    """Write control characters to stderr as escapes where the command line has some: messages about
    an argument repeat it."""
    if all(arg.isprintable() for arg in argv):
        yield
        return
    with contextlib.redirect_stderr(_VisibleStream(sys.stderr)):
        yield


class _VisibleStream(io.TextIOBase):
    """A text stream that writes control characters as escapes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(visible(text, keep="\n"))

    def flush(self) -> None:
        self._stream.flush()


def parse(argv: list[str]) -> Any:
    """Return the command that `argv` asks for. Raises AgentError, PackError; ValueError for options
    out of range."""
    if argv[0] == "train":
        from commands.train import parse_train

        return parse_train(argv, f"{program()} train")
    command = _parse_alone(argv)
    return _parse_among_all(argv) if command is None else command


def _parse_alone(argv: list[str]) -> Any:
    """Return the command of a line without help and errors, which loads no other command; None for
    other lines.

    Help and errors are left to all commands together: an error may suggest options of another one.
    """
    places, words = (LEVEL_COMMANDS, argv[1:]) if argv[0] == "levels" else (COMMANDS, argv)
    place = places.get(words[0]) if words else None
    if place is None:
        return None
    nowhere = io.StringIO()
    with (
        contextlib.suppress(SystemExit, ValueError),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        return tyro.cli(_load(place), args=words[1:], description="")
    return None


def _parse_among_all(argv: list[str]) -> Any:
    """Return the command of a line, or print help or an error and exit."""
    commands: Any = None
    for name, place in COMMANDS.items():
        command = Annotated[_load(place), subcommand(name)]  # type: ignore[valid-type]
        commands = command if commands is None else commands | command
    config = (OmitSubcommandPrefixes,)
    return tyro.cli(commands, args=argv, description=ABOUT, prog=program(), config=config)


def _load(place: str) -> type:
    """Return a class, given as module:class."""
    module, _, name = place.partition(":")
    kind: type = getattr(import_module(module), name)
    return kind


def program() -> str:
    """Return the name that the program was called by."""
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else "main.py"


def _run(argv: list[str]) -> int:
    try:
        try:
            if argv[:1] == ["train"] and "--window" in argv and not {"--help", "-h"} & set(argv):
                from commands.train_in_window import train_in_window

                return train_in_window(argv, f"{program()} train")
            command = together(partial(parse, argv)) if argv else _first_sight()
        except ValueError as error:  # an option out of its range
            return fail(error, UNUSABLE)
        code: int = command.run()
        return code
    except OSError as error:
        return fail(f"{error.filename or 'file'}: {error.strerror or error}", AT_FAULT)
    except Exception as error:
        if code := _fault_code(error):
            return fail(error, code)
        raise


def _first_sight() -> Any:
    """Return the command that opens the window where nothing is asked for."""
    from commands.watch import FirstSight

    return FirstSight()


def _fault_code(error: Exception) -> int:
    """Return the exit code of a fault of the input or the environment; 0 for any other error."""
    from agents.learner import AgentError
    from agents.sweep.spec import SpecError
    from game.session.messages import NoAgent
    from game.session.replay import ReplayError
    from game.tasks.pack_file import PackError
    from game.text.level import LevelError
    from game.world.features import CannotObserve
    from game.world.tables import TooLarge

    inputs = LevelError | PackError | ReplayError | SpecError | TooLarge | CannotObserve
    if isinstance(error, inputs | RankFailed | RankLost):
        return AT_FAULT
    return UNUSABLE if isinstance(error, AgentError | NoAgent) else 0
