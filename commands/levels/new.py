"""`levels new`: a first level and pack to start from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from commands.exit_codes import DONE, say


@dataclass(frozen=True)
class NewCommand:
    """Write a commented first level and a pack.toml into a new folder."""

    folder: Positional[Path]
    """New folder. Nothing that exists is ever overwritten."""

    def run(self) -> int:
        from game.authoring.starter import write_first_pack

        files = write_first_pack(self.folder)
        folder = shlex.quote(str(self.folder))
        run = shlex.quote(f"runs/maml-{self.folder.resolve().name}")
        say(f"written: {', '.join(map(str, files))}")
        say("next: check it, watch an agent adapt to it, then train an agent on it:")
        for command in (
            f"levels check {folder}",
            f"levels sample {folder}",
            f"watch {folder}",
            f"train {folder} --minutes 2",
            f"watch {folder} --agent {run}",
        ):
            say(f"  python main.py {command}")
        return DONE
