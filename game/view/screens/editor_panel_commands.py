"""What clicks on the editor's panel do: they choose tiles, change settings, and select text."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from game.view.model.editor_settings import ON_MAP
from game.view.model.settings_rows import SettingsRows
from game.view.model.text_area import TextArea
from game.view.model.text_caret import Caret
from game.view.screens.current_verdict import CurrentVerdict
from game.view.screens.editor_files import DialogHost
from game.view.screens.editor_keys import PANEL_KEYS
from game.view.screens.editor_panel import BOARD, SETTINGS, TEXT
from game.view.screens.editor_pointer import is_shift_held
from game.view.screens.editor_widgets import DoubleClick, LineField


class PanelHost(DialogHost, Protocol):
    """The screen that the panel is on; `area` is what its keys change."""

    settings: SettingsRows
    text: TextArea
    verdict: CurrentVerdict
    area: str

    def go_to_area(self, area: str) -> None: ...


class PanelCommands:
    """The commands of the panel; each lets the keys change what was clicked."""

    def __init__(self, host: PanelHost) -> None:
        self._host = host
        self._double_click = DoubleClick()
        self._place = Caret()  # where the mouse was last in the text

    def update(self, seconds: float) -> None:
        """Let a number of seconds pass."""
        self._double_click.advance(seconds)

    def go_to_area(self, area: str) -> None:
        """Let the keys change an area."""
        self._host.go_to_area(area)

    def press_key(self, cap: str) -> None:
        """Do what a key does whose picture is clicked."""
        next(key for key in PANEL_KEYS if key.cap == cap).action(self._host)

    def apply_advice(self, key: int) -> None:
        """Apply a piece of advice."""
        self._host.verdict.apply_advice(key)

    # --- tiles

    def choose_tile(self, char: str) -> None:
        """Choose the tile that the tools paint; a selection is filled with it."""
        self._host.area, self._host.editor.tile = BOARD, char
        if self._host.editor.selection:
            self._host.editor.type_tile(char)

    def add_tile(self) -> None:
        """Ask for a tile of one's own."""
        self._ask_for_tile("")

    def _ask_for_tile(self, line: str) -> None:
        label = "A tile of your own, as  q = o worth=-1  or  m = M kind=y"
        self._host.field = LineField(label, line, self._add_tile)

    def _add_tile(self, line: str) -> None:
        """Add a tile of one's own; a line that is wrong is asked for again."""
        if line.strip() and not self._host.editor.add_tile(line):
            self._ask_for_tile(line)

    # --- settings

    def step_control(self, number: int, by: int) -> None:
        """Change a setting to its next choice."""
        self._host.area = SETTINGS
        self._host.settings.step(by, number=number)

    def slide_control(self, number: int, share: float) -> None:
        """Move a knob of a setting."""
        self._host.area = SETTINGS
        self._host.settings.slide(number, share)

    def change_form(self, number: int) -> None:
        """Turn a setting from one value into a range, a set, and back."""
        self._host.area = SETTINGS
        self._host.settings.change_form(number)

    def edit_control(self, number: int | None = None) -> None:
        """Begin to type the value of a setting, by default of the chosen one."""
        self._host.area = SETTINGS
        found = self._host.settings.row(number)
        if found and found.value == ON_MAP:
            self._host.settings.step(1)
        elif found:
            done = partial(self._host.settings.write, found)
            name, row = found.control.name, self._host.settings.chosen
            self._host.field = LineField(name, found.value, done, row)

    # --- the text

    def press_text(self, place: Caret) -> None:
        """Put the caret to a place of the text; with Shift, or twice, select text."""
        self._host.area, self._place = TEXT, place
        if self._double_click.click(place):
            self._host.text.select_word(place)
        else:
            self._host.text.go_to(place, select=is_shift_held())

    def drag_text(self, place: Caret) -> None:
        """Select the text up to a place."""
        if place != self._place:  # the mouse trembles during a double click
            self._place, self._double_click = place, DoubleClick()
            self._host.text.go_to(place, select=True)
