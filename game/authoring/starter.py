"""The level and the pack.toml that `levels new` writes as a starting point."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from game.files import write_atomically
from game.tasks.pack_file import PACK_FILE, PackError

FIRST = "first.txt"

LEVEL = """\
; A level has header lines and then a map. A semicolon begins a comment.
; 'python main.py levels legend' lists the tiles; docs/authoring.md explains the format.

title: The causeway
goal: hidden              ; the agent has to find it (or: visible)
steps: 40                 ; length of an episode
vary: mirror rotate       ; mirrored and rotated maps are more tasks of the same family

; More header lines with their defaults. Uncomment one to try it.
; author:
; ends: goal              ; never: the episode goes on, and each step on the goal is rewarded
; reward: goal=1 step=-0.1 ; step=auto: the longest way costs half of what the goal pays
; cost: water=6 mud=4     ; cost of entering a tile; water=2..8 is drawn for each task
; slip: 0                 ; probability of a sideways move; {0, 0.2} is drawn for each task
; controls: normal        ; shuffled: up, down, left and right are permuted in each task
; wind: none              ; east 0.2: the wind moves the agent east with probability 0.2
; define: M kind=x        ; a setting of a tile; {x, hunt}: an opponent that patrols or pursues

; '@' is the start. The goal is at one of the '?', drawn for each task.
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
# A pack: all level files in this folder form one task distribution. Every line is optional.

title = "My first pack"
text = "What varies, and what there is to learn."
# agent = "runs/maml-{name}" # the agent to watch, once you have trained one on this pack
episodes = 4 # episodes in a trial, for agents with memory

# The tasks for training, for validation and for the test. No task is in two splits, and neither
# are its mirrored and rotated copies.
[split]
by = "share" # divides the tasks of all levels, whatever file they are from
train = 0.6
validation = 0.2
test = 0.2

# To hold out whole levels, once there are several, use these lines instead of the section above.
# [split]
# by = "file"
# train = ["first.txt", "second.txt", "third.txt"]
# validation = ["fourth.txt"]
# test = ["fifth.txt"]
"""


def write_first_pack(folder: Path) -> list[Path]:
    """Write a level and a pack.toml into a new folder and return their paths.

    Raises PackError where the folder is not empty or cannot be one, and OSError. Nothing is left
    behind after an error.
    """
    for path in (folder, *folder.parents):
        if (path.exists() or path.is_symlink()) and not path.is_dir():
            raise PackError(f"{path}: this is a file - name a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise PackError(f"{folder}: the folder is not empty - name a new one")
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    pack = PACK.replace("{name}", _name(folder))
    files = {folder / FIRST: LEVEL, folder / PACK_FILE: pack}
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
    """Return the folder's name, or NAME where it is not plain ASCII."""
    name = folder.resolve().name
    return name if name.isprintable() and name.isascii() else "NAME"
