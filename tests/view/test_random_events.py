"""Random events at random screens, with faulty files around that change meanwhile.

The environment variable GRIDAPT_RANDOM_EVENTS sets how many seconds this takes, with the learner's
process behind the window. Without it there are a few hundred events, and no such process.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from agents.agent_catalog import PRETRAINED
from agents.training.worker import Worker
from commands.agent_choices import AgentChoices
from commands.train import training_of
from game.session.messages import Failed, Feed, Finished, Stop
from game.tasks.packs import load_pack
from game.view.app import App
from game.view.model.background_jobs import BackgroundJobs
from game.view.screens.gallery import Gallery
from game.view.screens.many import KEYS as MANY_KEYS
from game.view.screens.navigation_request import Navigation
from game.view.screens.screen import COMMON
from game.view.screens.watch_keys import KEYS
from tests.view_data import Script

pytestmark = pytest.mark.usefixtures("fonts")
SECONDS = float(os.environ.get("GRIDAPT_RANDOM_EVENTS", 0))
EVENTS = 150  # of the short run
LEVELS = (
    "map:\n#######\n#@...?#\n#..?..#\n#?...?#\n#######\n",
    "title: a [/red] $\\foo$ %s {x}\nvary: mirror\nmap:\n@.?\n?..\n",
    "title: " + "t" * 5000 + "\ngoal: visible\nslip: 0.2\nmap:\n@..M..G\n",
    "steps: 10000\nmap:\n@" + "o" * 45 + "G\n",  # too many states
    "map:\n@xG\n",
    "\0",
)
PACKS = (
    '[split]\nby = "file"\ntest = ["."]\n',
    '[split]\nby = "share"\ntrain = 1.0\nvalidation = 0.0\ntest = 0.0\n',
    'title = "\\u001b[31m\\n[/red] \\u202e\\u0000"\ntext = "%s"\nagent = "runs/bad0"\n'
    % ("w " * 9000),
    "a = " + "[" * 5000,
    "episodes = 1e400\n",
    '[split]\nby = ["x"]\n',
    '[generate]\ngenerator = "maze"\nvalidation = 1\ntest = 2\n',
)
CONFIGS = ("{}", "[" * 100_000, '{"options": {}, "learner": "\\ud800"}', "null")
KEY_CODES = [code for key in (*KEYS, *MANY_KEYS, *COMMON, *Gallery.keys) for code in key.codes]
SIZES = ((960, 640), (300, 200), (200, 900), (1, 1))


class FaultyFolder:
    """A folder with faulty packs, levels and agents, some of which change when a test asks."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._rng = rng
        self.packs = [folder / f"pack{i}" for i in range(len(PACKS))]
        for path, text in zip(self.packs, PACKS):
            path.mkdir()
            (path / "pack.toml").write_text(text)
            (path / "a.txt").write_text(LEVELS[0])
        self.levels = [folder / f"level{i}.txt" for i in range(len(LEVELS))]
        for path, text in zip(self.levels, LEVELS):
            path.write_text(text)
        for i, text in enumerate(CONFIGS):
            agent = folder / "runs" / f"bad{i}"
            agent.mkdir(parents=True)
            (agent / "config.json").write_text(text)
            (agent / "agent.safetensors").write_bytes(b"x" * 50)
        half = folder / "runs" / "half[1m"
        half.mkdir()
        config = (PRETRAINED / "maml-goals-5x5" / "config.json").read_bytes()
        (half / "config.json").write_bytes(config)
        (half / "results.json").write_text("[" * 50_000)
        (half / "agent.safetensors").write_bytes(b"x" * 50)
        odd = (
            folder / "empty",
            folder / "missing.txt",
            Path("a\0b"),
            folder / ("x" * 300),
            Path("/"),
        )
        odd[0].mkdir()
        self.paths = [*self.packs, *self.levels, *odd]

    def change(self) -> None:
        """Write other contents into one of the files."""
        rng = self._rng
        pack = rng.choice(self.packs)
        path, text = rng.choice(
            [
                (pack / "pack.toml", rng.choice(PACKS)),
                (pack / "a.txt", rng.choice(LEVELS)),
                (rng.choice(self.levels), rng.choice(LEVELS)),
            ]
        )
        path.write_text(text)


def random_event(rng: random.Random, size: tuple[int, int], paths: list[Path]) -> object:
    """An event of keyboard, mouse or gamepad, a dropped file, or the close button."""
    pos = rng.randrange(-5, size[0] + 5), rng.randrange(-5, size[1] + 5)
    code = rng.choice(KEY_CODES)
    letter = chr(code) if 32 <= code < 127 else rng.choice(["", "\0", "é", "\u202e"])
    kinds = {
        pygame.KEYDOWN: {
            "key": code,
            "unicode": letter,
            "mod": rng.choice([0, 0, pygame.KMOD_CTRL]),
        },
        pygame.KEYUP: {"key": code, "unicode": letter, "mod": 0},
        pygame.MOUSEMOTION: {"pos": pos, "rel": (1, 1), "buttons": (rng.randrange(2), 0, 0)},
        pygame.MOUSEBUTTONDOWN: {"pos": pos, "button": rng.choice([1, 1, 3])},
        pygame.MOUSEBUTTONUP: {"pos": pos, "button": 1},
        pygame.MOUSEWHEEL: {"x": 0, "y": rng.choice([-5, 100])},
        pygame.DROPFILE: {"file": str(rng.choice(paths))},
        pygame.JOYAXISMOTION: {"axis": rng.randrange(3), "value": rng.choice([-1.0, 0.0, 1.0])},
        pygame.JOYBUTTONDOWN: {"button": 0},
        pygame.QUIT: {},
    }
    kind = rng.choices(list(kinds), [50, 3, 15, 12, 6, 3, 5, 2, 1, 0.5])[0]
    return pygame.event.Event(kind, kinds[kind])


def opened(rng: random.Random, feed: Feed, folder: FaultyFolder, jobs: BackgroundJobs) -> App:
    """A window on some screen, with the faulty files in its library."""
    pack = load_pack(rng.choice(["showcase", "goals-5x5"]))
    agents = rng.choice([("maml-goals-5x5", "scratch"), ("scratch",)])
    first = Navigation(rng.choice(["watch", "play", "duel"]), pack, agents=agents)
    app = App(first, AgentChoices(), feed, steps=rng.choice([0, 1, 5]), jobs=jobs)
    for path in folder.paths:
        app.library.add(path)
    return app


def settle(feed: Feed) -> None:
    """Wait until a feed has sent all messages for a window that is closed: the next window numbers
    its requests from 0 again."""
    if isinstance(feed, Script):
        return
    feed.request(Stop(-1))
    while Finished(-1) not in feed.poll():
        time.sleep(0.01)


def moments(seconds: float) -> Iterator[int]:
    """Count up for so many seconds, or to EVENTS."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end if seconds else number < EVENTS:
        yield number
        number += 1


@pytest.mark.timeout(SECONDS + 120)
def test_no_event_and_no_file_ends_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = random.Random(1)
    folder = FaultyFolder(tmp_path, rng)
    feed: Feed = Worker(training_of) if SECONDS else Script()
    jobs = BackgroundJobs()
    app, size, slowest = opened(rng, feed, folder, jobs), SIZES[0], 0.0
    for number in moments(SECONDS):
        began = time.thread_time()
        if rng.random() < 0.02 and isinstance(feed, Script):
            feed.messages.append(Failed(None, "[/red]\x1b\0" * 50))
        app.handle(random_event(rng, size, folder.paths))
        app.update(rng.choice([0.016, 0.05, 0.1]))
        size = rng.choice(SIZES) if number % 40 == 0 else size
        if number % 4 == 0:
            app.draw(pygame.Surface(size))
        if app.quit:
            settle(feed)
            app = opened(rng, feed, folder, jobs)
        slowest = max(slowest, time.thread_time() - began)
        if number % 20 == 0:
            folder.change()
    feed.close()
    assert jobs.ask("last", lambda: "done", str, 30.0) == "done"
    assert slowest < 1
