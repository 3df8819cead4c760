"""The shipped packs whose tasks are levels of the grid, and not worlds of their own."""

from __future__ import annotations

from game.tasks.packs import list_packs
from game.tasks.tables_pack import KIND

GRID_PACKS = [
    folder
    for folder in list_packs()
    if f'kind = "{KIND}"' not in (folder / "pack.toml").read_text(encoding="utf-8")
]
