"""The keys of the editor: those of every area, and those of the area that the keys change.

Plain characters paint, so that commands take Ctrl, Alt or a function key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pygame

from game.authoring.goal_marks import HELD_OUT, TRAIN, VALIDATION
from game.authoring.goal_painting import MARK_NAMES
from game.view.draw.editor_overlays import EDITOR_OVERLAYS, EditorOverlay
from game.view.model.level_editor import (
    BRUSH,
    FILL,
    FILLED,
    LINE,
    RECTANGLE,
    REPLACE,
    SELECT,
    TOOL_HINTS,
)
from game.view.screens.key_binding import Key, do

ENTER = (pygame.K_RETURN, pygame.K_KP_ENTER)
ARROWS = (  # cap, key code, side, (down, right)
    ("←", pygame.K_LEFT, "left", (0, -1)),
    ("→", pygame.K_RIGHT, "right", (0, 1)),
    ("↑", pygame.K_UP, "up", (-1, 0)),
    ("↓", pygame.K_DOWN, "down", (1, 0)),
)


def _tool(cap: str, code: int, tool: str, text: str) -> Key:
    """Return the key of a tool."""
    return Key(
        cap, text, (code,), do("choose_tool", tool), hint=TOOL_HINTS[tool],
        ctrl=True, shift=False, priority=3, is_on=lambda page: page.editor.tool == tool,
    )  # fmt: skip


def _mark(cap: str, code: int, mark: str) -> Key:
    """Return the key of a mark of goals: it chooses the mark, and paints it at the cursor."""
    return Key(
        cap, f"mark the goal: {MARK_NAMES[mark]}", (code,), do("goals.type_mark", mark),
        typed=f"{mark}{mark.upper()}", short=MARK_NAMES[mark],
        is_on=lambda page: page.goals.painting.mark == mark,
    )  # fmt: skip


def _arrows(
    cap: str,
    text: str,
    short: str,
    action: Callable[..., Callable[[Any], None]],
    by_side: bool = False,
    ctrl: bool = False,
    alt: bool = False,
    shift: bool = False,
) -> list[Key]:
    """Return the keys of the four arrows with other keys held, in the order of ARROWS.

    `action` gets the side, or else (down, right).
    """
    return [
        Key(
            f"{cap}{arrow}",
            text,
            (code,),
            action(side) if by_side else action(*way),
            priority=4 if not short else 1 if shift else 0,
            short=(short or None) if arrow == "↓" else "",
            ctrl=ctrl,
            alt=alt,
            shift=shift,
        )
        for arrow, code, side, way in ARROWS
    ]


def _moves(
    cap: str, text: str, code: int, action: str, *args: object, ctrl: bool = False
) -> list[Key]:
    """Return the key that moves the caret of a text, and that with Shift, which selects."""
    held = "Ctrl " if ctrl else ""
    return [
        Key(f"{held}{cap}", text, (code,), do(action, *args), priority=3, shift=False, ctrl=ctrl),
        Key(
            f"{held}⇧ {cap}", text, (code,), do(action, *args, True),
            priority=4, shift=True, ctrl=ctrl,
        ),
    ]  # fmt: skip


def _is_shown(overlay: EditorOverlay, screen: Any) -> bool:
    """Whether the screen shows an overlay."""
    return overlay in screen.overlays


# fmt: off
TOOL_KEYS: tuple[Key, ...] = (
    _tool("Ctrl B", pygame.K_b, BRUSH,     "brush"),
    _tool("Ctrl L", pygame.K_l, LINE,      "line"),
    _tool("Ctrl R", pygame.K_r, RECTANGLE, "rectangle"),
    _tool("Ctrl G", pygame.K_g, FILLED,    "filled"),
    _tool("Ctrl F", pygame.K_f, FILL,      "fill"),
    _tool("Ctrl H", pygame.K_h, REPLACE,   "replace all"),
    _tool("Ctrl K", pygame.K_k, SELECT,    "select"),
    Key("Ctrl I", "pick",     (pygame.K_i,), do("editor.pick"), ctrl=True, priority=3, hint="Pick: chooses the tile at the cursor, as the right mouse button does on any cell."),
    Key("Ctrl N", "own tile", (pygame.K_n,), do("panel.add_tile"), ctrl=True, priority=3, hint="Own tile: makes a tile of your own: a character, a kind of tile and its settings."),
    Key("Ctrl J", "symmetry", (pygame.K_j,), do("editor.next_symmetry"), ctrl=True, priority=3, is_on=lambda page: page.editor.symmetry != "none", hint="Symmetry: paints mirrored cells, too: left-right, up-down, or four-fold."),
)
OVERLAY_KEYS = tuple(
    Key(
        overlay.cap, overlay.name, (ord(overlay.digit),), do("toggle_overlay", overlay),
        alt=True, priority=3, is_on=partial(_is_shown, overlay), hint=overlay.hint, group="look",
    )
    for overlay in EDITOR_OVERLAYS
)
PANEL_KEYS = (*TOOL_KEYS, *OVERLAY_KEYS)  # whose pictures are in the panel
EDIT_KEYS: tuple[Key, ...] = (
    Key("Ctrl Z", "undo",   (pygame.K_z,), do("undo"), ctrl=True, shift=False),
    Key("Ctrl Y", "redo",   (pygame.K_y,), do("redo"), ctrl=True, priority=1),
    Key("Ctrl ⇧ Z", "redo", (pygame.K_z,), do("redo"), ctrl=True, shift=True, priority=4),
    Key("Ctrl S", "save",   (pygame.K_s,), do("files.save"), ctrl=True, group="go"),
)
VIEW_KEYS: tuple[Key, ...] = (
    Key("Alt +", "zoom in on the board", (pygame.K_PLUS, pygame.K_EQUALS, pygame.K_KP_PLUS), do("camera.zoom", 1), "+=", alt=True, priority=2, short="", group="look"),
    Key("Alt −", "zoom out", (pygame.K_MINUS, pygame.K_KP_MINUS), do("camera.zoom", -1), "-", alt=True, priority=2, short="", group="look"),
    Key("Alt 0", "show the whole map", (pygame.K_0, pygame.K_KP0), do("camera.fit"), alt=True, priority=2, short="zoom", group="look"),
)
FILE_KEYS: tuple[Key, ...] = (
    Key("Alt D", "draw six other tasks",   (pygame.K_d,), do("verdict.live.reroll"), alt=True, priority=1, short="redraw", group="look"),
    Key("F3",  "mark goals for each split", (pygame.K_F3,), do("goals.toggle"), priority=1, short="goals"),
    Key("F4",  "text",                     (pygame.K_F4,), do("toggle_text"), is_on=lambda page: page.text_open, group="look"),
    Key("F5",  "play this level",          (pygame.K_F5,), do("departures.open", "play"), short="play", group="go"),
    Key("F6",  "watch agents adapt to it", (pygame.K_F6,), do("departures.open", "watch"), short="watch", group="go"),
    Key("F7",  "duel: play it against an agent", (pygame.K_F7,), do("departures.open", "duel"), short="duel", priority=1, group="go"),
    Key("F8",  "next problem",             (pygame.K_F8,), do("verdict.go_to_next_problem"), priority=1, short="error", group="look"),
    Key("F9",  "train an agent on it",     (pygame.K_F9,), do("departures.train"), short="train", priority=1, group="go"),
    Key("F10", "levels of this folder",    (pygame.K_F10,), do("folder.toggle"), priority=1, short="files", is_on=lambda page: page.folder.levels is not None, group="go"),
    Key("F11", "export the board as a PNG", (pygame.K_F11,), do("export"), priority=2, short="PNG", group="go"),
    Key("Tab", "next area of the screen", (pygame.K_TAB,), do("next_area"), shift=False, short="area", priority=1, group="go"),
)
BOARD_KEYS: tuple[Key, ...] = (
    *_arrows("", "move the cursor", "move", lambda *way: do("editor.move", *way), shift=False),
    *_arrows("⇧ ", "paint on the way, or select", "paint", lambda *way: do("editor.draw_move", *way), shift=True),
    Key("Enter", "use the tool at the cursor", ENTER, do("editor.use"), short="use"),
    Key("Del", "paint floor", (pygame.K_DELETE, pygame.K_BACKSPACE), do("editor.clear"), priority=2, short="floor"),
    Key("Ctrl A", "select all", (pygame.K_a,), do("regions.select_all"), ctrl=True, priority=4),
    Key("Ctrl C", "copy selection or text", (pygame.K_c,), do("regions.copy"), ctrl=True, priority=2, short="copy"),
    Key("Ctrl X", "cut", (pygame.K_x,), do("regions.cut"), ctrl=True, priority=4),
    Key("Ctrl V", "paste at the cursor, or a level", (pygame.K_v,), do("regions.paste"), ctrl=True, priority=2, short="paste"),
    Key("Alt M", "mirror left-right", (pygame.K_m,), do("regions.mirror", "left-right"), alt=True, shift=False, priority=4),
    Key("Alt U", "mirror up-down", (pygame.K_u,), do("regions.mirror", "up-down"), alt=True, priority=4),
    Key("Alt R", "turn by a quarter", (pygame.K_r,), do("regions.rotate"), alt=True, priority=4),
    *_arrows("Alt ", "move the selection, or shift the map", "", lambda *way: do("regions.shift", *way), alt=True, shift=False),
    *_arrows("Ctrl ", "enlarge the map at that side", "", lambda side: do("editor.grow", side, 1), True, ctrl=True, shift=False),
    *_arrows("Ctrl ⇧ ", "shrink the map at that side", "", lambda side: do("editor.grow", side, -1), True, ctrl=True, shift=True),
)
SETTINGS_KEYS: tuple[Key, ...] = (
    Key("↑", "setting above", (pygame.K_UP,), do("settings.choose", -1), short=""),
    Key("↓", "setting below", (pygame.K_DOWN,), do("settings.choose", 1), short="setting"),
    Key("←", "lower its value, or the first of its values", (pygame.K_LEFT,), do("settings.step", -1, 0), shift=False, short=""),
    Key("→", "raise its value, or the first of its values", (pygame.K_RIGHT,), do("settings.step", 1, 0), shift=False, short="change"),
    Key("⇧ ←", "lower the last of its values", (pygame.K_LEFT,), do("settings.step", -1, -1), shift=True, short=""),
    Key("⇧ →", "raise the last of its values", (pygame.K_RIGHT,), do("settings.step", 1, -1), shift=True, short="other end"),
    Key("Space", "one value, a range, or a set that tasks draw from", (pygame.K_SPACE,), do("settings.change_form"), short="fixed, range or set"),
    Key("Enter", "type the value", ENTER, do("panel.edit_control"), short="type"),
    Key("Del", "remove the line: the default counts", (pygame.K_DELETE, pygame.K_BACKSPACE), do("settings.reset"), short="default"),
)
STRIP_KEYS: tuple[Key, ...] = (
    Key("←", "task to the left", (pygame.K_LEFT,), do("choose_task", -1), short=""),
    Key("→", "task to the right", (pygame.K_RIGHT,), do("choose_task", 1), short="task"),
    Key("Enter", "play this task", ENTER, do("play_task"), short="play it"),
    Key("Space", "draw six other tasks", (pygame.K_SPACE,), do("verdict.live.reroll"), short="six others"),
)
TEXT_KEYS: tuple[Key, ...] = (
    *_arrows("", "move the caret", "caret", lambda *way: do("text.move", *way), shift=False),
    *_arrows("⇧ ", "select text", "select", lambda *way: do("text.move", *way, True), shift=True),
    *_moves("Home", "begin of line", pygame.K_HOME, "text.to_edge", False),
    *_moves("End", "end of line", pygame.K_END, "text.to_edge", True),
    *_moves("PgUp", "20 lines up", pygame.K_PAGEUP, "text.move", -20, 0),
    *_moves("PgDn", "20 lines down", pygame.K_PAGEDOWN, "text.move", 20, 0),
    *_moves("←", "word to the left", pygame.K_LEFT, "text.move_by_word", -1, ctrl=True),
    *_moves("→", "word to the right", pygame.K_RIGHT, "text.move_by_word", 1, ctrl=True),
    *_moves("Home", "top", pygame.K_HOME, "text.to_edge_of_text", False, ctrl=True),
    *_moves("End", "bottom", pygame.K_END, "text.to_edge_of_text", True, ctrl=True),
    Key("Enter", "new line", ENTER, do("text.type", "\n"), priority=2),
    Key("⌫", "delete to the left", (pygame.K_BACKSPACE,), do("text.delete", -1), priority=2, short=""),
    Key("Del", "delete to the right", (pygame.K_DELETE,), do("text.delete", 1), priority=2, short="delete"),
    Key("Ctrl A", "select the whole text", (pygame.K_a,), do("text.select_all"), ctrl=True, priority=2, short="all"),
    Key("Ctrl C", "copy selection or text", (pygame.K_c,), do("text.copy"), ctrl=True, priority=1, short="copy"),
    Key("Ctrl X", "cut the selection", (pygame.K_x,), do("text.cut"), ctrl=True, priority=1, short="cut"),
    Key("Ctrl V", "paste at the caret", (pygame.K_v,), do("text.paste"), ctrl=True, priority=1, short="paste"),
)
GOAL_KEYS: tuple[Key, ...] = (
    *_arrows("", "move the cursor", "move", lambda *way: do("editor.move", *way), shift=False),
    Key("Tab", "next goal", (pygame.K_TAB,), do("goals.next_goal"), shift=False, group="go"),
    _mark("T", pygame.K_t, TRAIN),
    _mark("V", pygame.K_v, VALIDATION),
    _mark("H", pygame.K_h, HELD_OUT),
    Key("Enter", "paint the chosen mark", ENTER, do("goals.use"), short="paint"),
    Key("Ctrl Z", "undo", (pygame.K_z,), do("goals.undo"), ctrl=True, shift=False),
    Key("Ctrl Y", "redo", (pygame.K_y,), do("goals.redo"), ctrl=True),
    Key("F3", "end the marking of goals", (pygame.K_F3,), do("goals.toggle"), short="done", is_on=lambda page: True),
)
FIELD_KEYS: tuple[Key, ...] = (
    Key("←", "move the caret", (pygame.K_LEFT,), do("field.move", -1), short=""),
    Key("→", "move the caret", (pygame.K_RIGHT,), do("field.move", 1), short="caret"),
    Key("⌫", "delete to the left", (pygame.K_BACKSPACE,), do("field.delete"), short="delete"),
    Key("Ctrl V", "paste", (pygame.K_v,), do("field.paste"), ctrl=True),
    Key("Enter", "take this value", (*ENTER, pygame.K_TAB), do("finish_field"), short="take it"),
    Key("Esc", "leave the value as it was", (pygame.K_ESCAPE,), do("cancel_field"), short="cancel", group="go"),
)
MOUSE = (  # what the mouse does, for the help
    ("Drag", "paint with the tool"),
    ("⇧ click", "paint a line from the cursor to there"),
    ("Right click", "pick the tile that is there"),
    ("Middle drag", "move a map that is not shown whole"),
    ("Wheel", "scroll the settings, the text, or such a map"),
    ("Ctrl wheel", "zoom about the mouse"),
)
THEME_KEY = Key("Ctrl T", "light or dark theme", (pygame.K_t,), do("switch_theme"), ctrl=True, priority=2, short="theme")
LAST_KEYS: tuple[Key, ...] = (
    THEME_KEY,
    Key("Esc", "give up the selection, or leave", (pygame.K_ESCAPE,), do("escape"), short="leave", group="go"),
)
LAST_GOAL_KEYS: tuple[Key, ...] = (
    THEME_KEY,
    Key("Esc", "end the marking of goals", (pygame.K_ESCAPE,), do("goals.close"), short="done", group="go"),
)
# fmt: on
