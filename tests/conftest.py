"""What tests share: no display, and one torch thread so that results do not hang on cores."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.view_data import Script

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
settings.register_profile("untimed", deadline=None)  # machines differ, and are shared
settings.load_profile("untimed")
os.environ.pop("COLUMNS", None)  # tables are as wide as they are


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _no_state_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Recovery copies of the editor go to a folder of the tests."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture
def fonts() -> Iterator[None]:
    """For what draws words."""
    import pygame

    pygame.font.init()
    yield
    pygame.font.quit()


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let SIGINT interrupt this process and those that it starts.

    A shell makes its background jobs ignore SIGINT, and what they start inherits that.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def script() -> Script:
    """A feed that says what it is told to, and keeps what it is asked."""
    from tests.view_data import Script

    return Script()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless browser; see `tests.browser`."""
    from tests.browser import started_browser

    with started_browser() as found:
        yield found
