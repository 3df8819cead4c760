"""A headless browser for tests of pages: the system's Chromium, driven by Playwright.

Without a browser these tests are skipped and say so. They fail instead where CI is true or
GRIDAPT_REQUIRE_BROWSER is 1, so that a check cannot pass by leaving them out.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "there is no browser (chromium or google-chrome) - install one to test pages"
NO_DRIVER = "there is no driver for a browser - install Gridapt with its extra 'test'"


@contextlib.contextmanager
def started_browser() -> Iterator[Browser]:
    """Start a browser, or skip the test that asks for it, or fail it where one is required."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        _do_without(NO_BROWSER)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _do_without(NO_DRIVER)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _do_without(why: str) -> None:
    if os.environ.get("CI") == "true" or os.environ.get("GRIDAPT_REQUIRE_BROWSER") == "1":
        pytest.fail(why)
    pytest.skip(why)


@contextlib.contextmanager
def opened(browser: Browser, path: Path, **context: Any) -> Iterator[Page]:
    """Open a page from its file. `context` are options of a browser context: size, theme, motion.

    Checks at the end that no request has left the file, and that nothing went wrong in it.
    """
    with contextlib.closing(browser.new_context(**context)) as window:
        requests: list[str] = []
        faults: list[str] = []
        window.on("request", lambda request: requests.append(request.url))
        page = window.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.goto(path.as_uri())
        yield page
        local = ("data:", "blob:", path.as_uri())
        assert [url for url in requests if not url.startswith(local)] == []
        assert faults == []
