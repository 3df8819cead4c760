"""The names of level files in the text of a pack.toml, when a file is renamed or copied."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from game.authoring.goal_marks import content_of, goal_drawing, quoted, set_goal_drawing
from game.tasks.authored_splits import matches_pattern
from game.tasks.distribution import SPLITS
from game.text.header_edits import EditError
from game.text.reading import split_number

_TOKEN = re.compile(
    r'''#[^\n]*|"""(?:\\.|.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*\'''', re.DOTALL
)
UNUSUAL = "pack.toml names the level in an unusual way - rename it there as text"
Split = dict[str, Any]  # the table [split]


def rename_level(pack: str, old: str, new: str) -> str:
    """Return the text of a pack.toml after a level file was renamed: it stays in its split.

    Its drawings get the new name, and so do the lists of files; a file that only a pattern named is
    listed by its name if the pattern does not match the new one. Raises EditError.
    """

    def renamed(name: str) -> str:
        return new + name[len(old) :] if _file_of(name) == old else name

    wanted = _split_of(pack)
    if isinstance(wanted.get("goals"), dict):
        if any(_file_of(name) == new for name in wanted["goals"]):
            raise EditError(f"pack.toml has a drawing of {new} already - remove it there")
        wanted["goals"] = {renamed(name): one for name, one in wanted["goals"].items()}
    for _, names in _lists(wanted):
        names[:] = map(renamed, names)
    text = _with_names(pack, renamed)
    if _split_of(text) != wanted:
        raise EditError(UNUSUAL)
    return _listed_like(text, wanted, _splits_with(_split_of(pack), old), new)


def copy_level(pack: str, old: str, new: str) -> str:
    """Return the text of a pack.toml after a level file was copied: the copy is in the same split.

    It gets the same drawings, or a place in the same list of files. Raises EditError.
    """
    split = _split_of(pack)
    text, goals = pack, split.get("goals")
    for name in reversed(goals if isinstance(goals, dict) else {}):  # each goes to the front
        drawing = goal_drawing(pack, name)
        if _file_of(name) == old and drawing is not None:
            text = set_goal_drawing(text, new + name[len(old) :], drawing)
    return _listed_like(text, split, _splits_with(split, old), new)


def _file_of(name: str) -> str:
    """The file of a level of a pack, which is called `FILE#NUMBER` if there are several in it."""
    return split_number(name)[0]


def _split_of(pack: str) -> Split:
    """A copy of the table [split] of a pack; empty where that is no table. Raises EditError."""
    found = content_of(pack).get("split", {})
    return deepcopy(found) if isinstance(found, dict) else {}


def _lists(split: Split) -> Iterator[tuple[str, list[str]]]:
    """The lists of files in a table [split], by the names of the splits."""
    if split.get("by") == "file":
        for name in SPLITS:
            if isinstance(split.get(name), list) and all(isinstance(x, str) for x in split[name]):
                yield name, split[name]


def _splits_with(split: Split, file: str) -> list[str]:
    """The names of the splits whose list has a file."""
    return [key for key, names in _lists(split) if any(matches_pattern(file, x) for x in names)]


def _with_names(pack: str, renamed: Callable[[str], str]) -> str:
    """The text with other names of files wherever [split] has them; comments stay."""
    others = {**content_of(pack), "split": None}
    at = 0
    while token := _TOKEN.search(pack, at):
        at = token.end()
        name = _string(token[0])
        if name is None or renamed(name) == name:
            continue
        text = f"{pack[: token.start()]}{quoted(renamed(name))}{pack[at:]}"
        if {**content_of(text), "split": None} == others:
            at += len(text) - len(pack)
            pack = text
    return pack


def _string(token: str) -> str | None:
    """The value of a string of TOML in one line; None for comments and drawings."""
    if token[0] == "#" or token[:3] in ('"""', "'''"):
        return None
    return str(content_of(f"x = {token}")["x"])


def _listed_like(pack: str, split: Split, keys: list[str], new: str) -> str:
    """The text with a file in these lists, unless they have it already."""
    for key in keys:
        if key in _splits_with(_split_of(pack), new):
            continue
        found = re.search(rf"^[ \t]*{key}[ \t]*=[ \t]*\[", pack, re.MULTILINE)
        if not found:
            raise EditError(UNUSUAL)
        pack = f"{pack[: found.end()]}{quoted(new)}, {pack[found.end() :]}"
        if _split_of(pack).get(key) != [new, *split[key]]:
            raise EditError(UNUSUAL)
    return pack
