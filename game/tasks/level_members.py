"""The levels of files: one, or several in a collection, whose members are called `boxes.xsb#3`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from game.files import name_text
from game.tasks.family import nth_task
from game.tasks.pack_file import PackError
from game.text.level import Level
from game.text.reading import MAX_PROBLEMS, open_levels, split_address, split_number
from game.world.tables import TooLarge, check_states

Named = tuple[str, Level]  # a file's name, with `#` and a number in a collection, and the level


@dataclass(frozen=True)
class Members:
    """The levels of a file that can be used, and for each other one why it cannot."""

    levels: tuple[Named, ...]
    refused: tuple[str, ...] = ()


def level_name(file: str) -> str:
    """Return the name of a level without a title: that of its file, and its number there."""
    collection, number = split_number(file)
    if number is None or "." not in collection:
        return name_text(Path(file).stem)
    return f"{name_text(Path(collection).stem)}-{number}"


def read_members(path: Path) -> Members:
    """Return the level of a file or an address, or the members of a collection.

    Members that have problems or are too large are left out. Raises LevelError where there is only
    one level, PackError where all of them are left out, and OSError.
    """
    file, number = split_address(path)
    text = open_levels(file)
    if number is not None or len(text) == 1:
        return Members(((path.name, text.level(number)),))
    levels: list[Named] = []
    refused: list[str] = []
    for i in range(1, len(text) + 1):
        level, problems = text.examine(i)
        why = "\n".join(map(str, problems))
        try:
            if level:
                check_states(nth_task(level, 0, "").level)
        except TooLarge as error:
            why = str(error)
        if level and not why:
            levels.append((f"{file.name}#{i}", level))
        else:
            refused.append(why)
    if not levels:
        raise PackError("\n".join(refused[:MAX_PROBLEMS]))
    return Members(tuple(levels), tuple(refused))
