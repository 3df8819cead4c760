"""The first level of a new author, and its pack.toml: to be read, played and changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from game.files import write_atomically
from game.tasks.pack_file import PACK_FILE, PackError

FIRST = "first.txt"

LEVEL = """\
; A level: header lines, then a map. All behind a semicolon is a comment.
; 'python main.py levels legend' lists the tiles, docs/authoring.md explains all of this.

title: The causeway
goal: hidden              ; the agent cannot see it, and has to find it (or: visible)
steps: 40                 ; of an episode
vary: mirror rotate       ; the map mirrored and turned makes more tasks of the same family

; More header lines, each as it is when it is left out. Uncomment one to try it.
; author:
; ends: goal              ; never: the goal goes on paying, for all the steps
; reward: goal=1 step=-0.1
; cost: water=6 mud=4     ; of entering a tile; water=2..8 is drawn for each task
; slip: 0                 ; chance that a move goes sideways; {0, 0.2} is drawn for each task
; controls: normal        ; shuffled: up, down, left and right do other things in each task
; wind: none              ; east 0.2: so often it blows the agent to the east
; define: M kind=x        ; of a tile; {x, hunt}: an opponent that patrols, or one that pursues

; '@' is where episodes begin. The goal is at one of the '?', another one in each task.
map:
###########
#?..~~~..?#
#...~~~...#
#.#.....#.#
#?..~~~..?#
#...~~~...#
#.#.~~~.#.#
#?..,@,..?#
#.%%...:::#
#?.%.?.:.?#
###########
"""

PACK = """\
# A pack: all level files of this folder are one task distribution. Every line may be left out.

title = "My first pack"
text = "What varies, and what there is to learn."
agent = "maml-mazes-9x9" # who is watched; once you have trained your own: "runs/maml-{name}"
episodes = 4 # of a trial, for agents with memory

# Which tasks are for training, which to choose by, and which are held out for the test. No task is
# in two of them, and neither are mirrored or turned copies of it.
[split]
by = "share" # the tasks of all levels are divided, whichever file they are from
train = 0.6
validation = 0.2
test = 0.2

# Or hold out whole levels, once there are some: take these four lines instead of the five above.
# [split]
# by = "file"
# train = ["first.txt", "second.txt", "third.txt"]
# validation = ["fourth.txt"]
# test = ["fifth.txt"]
"""


def write_first_pack(folder: Path) -> list[Path]:
    """Write a level and a pack.toml into a new folder; returns their paths.

    Raises PackError where something is there already, or OSError; then nothing is left behind.
    """
    for path in (folder, *folder.parents):
        if (path.exists() or path.is_symlink()) and not path.is_dir():
            raise PackError(f"{path}: there is a file of that name - name a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise PackError(f"{folder}: there is something in this folder already - name a new one")
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    files = {folder / FIRST: LEVEL, folder / PACK_FILE: PACK.replace("{name}", _name(folder))}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            write_atomically(path, partial(Path.write_text, data=text, encoding="utf-8"))
    except BaseException:
        for path in files:
            path.unlink(missing_ok=True)
        for path in made:
            if path.is_dir():
                path.rmdir()
        raise
    return list(files)


def _name(folder: Path) -> str:
    """The folder's name, fit for a comment."""
    name = folder.resolve().name
    return name if name.isprintable() and name.isascii() else "NAME"
