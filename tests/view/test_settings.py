"""The window's settings file: its content, and that a broken one is no error."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from game.view.draw.theme import DARK, MOST_ZOOM
from game.view.model.library import Library
from game.view.settings import MOST_RECENT, Settings, load, save, settings_file


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "settings.json"
    wanted = Settings(theme="dark", zoom=2).with_recent(tmp_path / "level.txt")
    save(file, wanted)
    assert load(file) == wanted
    assert load(file).appearance().palette is DARK
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b'{"theme": 3, "zoom": "big", "recent": 7}', b"[" * 99_999],
)
def test_a_broken_file_gives_the_defaults(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(content)
    assert load(file) == Settings()


def test_the_valid_values_of_a_file_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    bad = [1, "/\0", "/\ud800", f"/{'x' * 5000}", {}]
    file.write_text(json.dumps({"theme": "dark", "zoom": 10**9, "recent": [*bad, "a"], "new": 0}))
    assert load(file) == Settings("dark", MOST_ZOOM, ("a",))


def test_recent_entries_that_cannot_be_opened_are_left_out_of_the_library(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    file = tmp_path / "level.txt"
    file.write_text("map:\n@G\n")
    names = ["/\0", "/\ud800", f"/{'x' * 300}", str(loop), str(file), str(tmp_path / "caf\udce9")]
    assert Library(names).own == [file]


def test_a_user_without_a_home_has_no_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert settings_file() is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    save(tmp_path / "file" / "settings.json", Settings())
    assert load(tmp_path) == Settings()


def test_recent_files_are_first_and_listed_once(tmp_path: Path) -> None:
    settings = Settings()
    for i in (*range(20), 15):
        settings = settings.with_recent(tmp_path / f"{i}.txt")
    assert Path(settings.recent[0]).name == "15.txt"
    assert len(set(settings.recent)) == len(settings.recent) == MOST_RECENT


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_platform_has_its_own_path(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/config")
    file = settings_file()
    assert file
    assert file.parts[-2:] == ("gridapt", "settings.json")
