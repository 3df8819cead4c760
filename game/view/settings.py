"""The window's settings, kept in one small JSON file in the user's own folder.

A broken or missing file is no error: settings that cannot be read have their default values.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from game.files import can_be_path, open_regular, user_folder, write_json
from game.filling import Misfit, parse_json
from game.view.draw.theme import LEAST_ZOOM, LIGHT, MOST_ZOOM, PALETTES, Appearance

FILE = "settings.json"
MOST_RECENT = 12
MOST_BYTES = 100_000
MOST_NAME = 100  # characters, of a stop
MOST_PATH = 4096  # characters


@dataclass(frozen=True)
class Settings:
    """All settings.

    `recent` lists the level files opened last, the newest first; `tour` names the stop where the
    guided tour was left, and `tour_offered` says whether it was offered once.
    """

    theme: str = LIGHT.name
    zoom: int = 0
    recent: tuple[str, ...] = ()
    tour: str = ""
    tour_offered: bool = False

    def appearance(self) -> Appearance:
        """Return the appearance that these settings describe."""
        return Appearance(PALETTES[self.theme], self.zoom)

    def with_appearance(self, appearance: Appearance) -> Settings:
        """Return the settings with the theme and the zoom of an appearance."""
        return replace(self, theme=appearance.palette.name, zoom=appearance.zoom)

    def with_recent(self, path: Path) -> Settings:
        """Return the settings with a level file put first among the recent ones."""
        name = os.path.realpath(path)
        others = [one for one in self.recent if one != name]
        return replace(self, recent=(name, *others)[:MOST_RECENT])


def settings_file() -> Path | None:
    """Return the path of the settings file on this platform; None for a user without a home."""
    folder = user_folder("XDG_CONFIG_HOME", ".config")
    return folder / FILE if folder else None


def load(path: Path) -> Settings:
    """Read the settings from a file. Values that are missing or not valid are the defaults."""
    try:
        with open_regular(path) as file:
            content = parse_json(file.read(MOST_BYTES), any_text=True)
    except (OSError, Misfit):
        return Settings()
    if not isinstance(content, dict):
        return Settings()
    known = {f.name: content[f.name] for f in fields(Settings) if f.name in content}
    return Settings(**_valid(known))


def _valid(content: dict[str, Any]) -> dict[str, Any]:
    """Return the settings whose values are valid."""
    kept: dict[str, Any] = {}
    theme, zoom, recent = (content.get(name) for name in ("theme", "zoom", "recent"))
    if isinstance(theme, str) and theme in PALETTES:
        kept["theme"] = theme
    if type(zoom) is int:
        kept["zoom"] = min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
    if isinstance(content.get("tour"), str):
        kept["tour"] = content["tour"][:MOST_NAME]
    if isinstance(content.get("tour_offered"), bool):
        kept["tour_offered"] = content["tour_offered"]
    if isinstance(recent, list):
        kept["recent"] = tuple(filter(_is_path, recent))[:MOST_RECENT]
    return kept


def _is_path(value: Any) -> bool:
    """Whether a value is a path that a file can have."""
    return isinstance(value, str) and len(value) <= MOST_PATH and can_be_path(value)


def save(path: Path, settings: Settings) -> None:
    """Write the settings atomically. A folder that cannot be written is ignored."""
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, asdict(settings))
