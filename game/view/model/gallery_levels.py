"""The levels of the gallery: those that match the search, and the selected one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from game.tasks.task import Task
from game.view.model.library import Library, LibraryPack

OWN_LEVELS = "Your levels"  # heading above the user's own files
NEW_LEVEL = "New level"  # the first card, which opens the editor


@dataclass(frozen=True)
class GalleryItem:
    """A task of a pack, or a pack without tasks because it cannot be used."""

    library_pack: LibraryPack
    task: Task | None

    @property
    def name(self) -> str:
        """The task's name, or the title of a pack that cannot be used."""
        return self.task.name if self.task else self.library_pack.title

    @property
    def can_be_trained_on(self) -> bool:
        """Whether the task's pack has training tasks."""
        pack = self.library_pack.pack
        train = pack.split("train") if pack and self.task else None
        return bool(train and (train.unlimited or train.tasks))

    def matches(self, query: str) -> bool:
        """Whether the names of task and pack contain every word of a query."""
        pack = self.library_pack
        text = f"{self.name} {pack.title} {pack.path.name}".casefold()
        return all(word in text for word in query.casefold().split())


NEW_ITEM = GalleryItem(LibraryPack(Path(), NEW_LEVEL), None)


@dataclass(frozen=True)
class GallerySection:
    """The items below one heading, from number `first` on, and what their pack says of itself."""

    title: str
    first: int
    count: int
    text: str = ""


class GalleryLevels:
    """The items that match the search, in the order of the library, one of them selected."""

    def __init__(
        self, library: Library, task: Task | None = None, for_training: bool = False
    ) -> None:
        """Select `task` as soon as it is loaded, or `for_training` the first level of a pack that
        agents can be trained on."""
        self.library = library
        self.query = ""
        self.packs: list[LibraryPack] = []  # loaded so far
        self.items: list[GalleryItem] = []
        self.selected = 0  # number of an item
        self.version: object = None  # equal as long as the items are the same
        self._awaited = task.id if task else None
        self._seeks_training = for_training

    @property
    def item(self) -> GalleryItem | None:
        """The selected item; None if no level matches the search."""
        return self.items[self.selected] if self.items else None

    @property
    def is_loading(self) -> bool:
        """Whether there are packs that have not been loaded yet, in which more may be found."""
        return len(self.packs) < self.library.size

    def update(self) -> bool:
        """Apply the search to the packs loaded so far. Return whether the items have changed."""
        self.packs = sorted(self.library.loaded_packs(), key=lambda pack: not pack.is_file)
        version = (self.query, tuple(id(pack) for pack in self.packs))
        if version == self.version:
            return False
        self.version = version
        kept = self._awaited or (self.item.task.id if self.item and self.item.task else None)
        items: list[GalleryItem] = []
        for pack in self.packs:
            items += [GalleryItem(pack, task) for task in pack.tasks] or [GalleryItem(pack, None)]
        self.items = [item for item in items if item.matches(self.query)]
        if not self.query:
            self.items.insert(0, NEW_ITEM)
        ids = [item.task.id if item.task else None for item in self.items]
        first = min(1, len(self.items) - 1) if not self.query else 0
        self.selected = ids.index(kept) if kept and kept in ids else first
        trainable = (i for i, item in enumerate(self.items) if item.can_be_trained_on)
        found = next(trainable, None) if self._seeks_training else None
        if found is not None:
            self.selected, self._seeks_training = found, False
        return True

    def select(self, number: int) -> None:
        """Select an item; a number out of range selects the first or the last one."""
        self._awaited, self._seeks_training = None, False
        self.selected = min(max(number, 0), max(0, len(self.items) - 1))

    def pack_start(self, by: int) -> int:
        """Return the number of the first item of the next (`by` = 1) or previous (-1) pack.

        There must be an item.
        """
        starts = [
            i
            for i, item in enumerate(self.items)
            if not i or item.library_pack.path != self.items[i - 1].library_pack.path
        ]
        current = max(k for k, start in enumerate(starts) if start <= self.selected)
        return starts[min(max(current + by, 0), len(starts) - 1)]

    def sections(self) -> list[GallerySection]:
        """Return the sections: one for the user's own files, then one for each folder."""
        sections, first = [], 0
        for path, group in itertools.groupby(self.items, self._section_path):
            items = list(group)
            shown = items[0].library_pack
            title, text = (shown.title, shown.text) if path else (OWN_LEVELS, "")
            sections.append(GallerySection(title, first, len(items), text))
            first += len(items)
        return sections

    def _section_path(self, item: GalleryItem) -> Path | None:
        """Return the path of an item's pack, or None for a new level and the user's own files."""
        pack = item.library_pack
        return None if item is NEW_ITEM or pack.is_file else pack.path
