"""The settings of the editor: what clicks and keys make of a level."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from game.authoring.draft_file import Draft
from game.text.reading import LevelFile
from game.view.model.level_editor import LevelEditor
from game.view.model.settings_rows import SettingsRows

ROOM = "map:\n@..?\n...?\n"
LEVELS = {
    "plain": ROOM,
    "anywhere": "starts: any\nreward: step=auto\nwind: west 0.5\nmap:\n...?\nI%.?\n",
    "boxes": "ends: boxes\nslip: left=0.6 right=0.3\nmap:\n@...\n.$X.\n....\n",
    "own tiles": (
        "legend: s = @\nlegend: q = o worth=1..2\nlegend: y = M kind=y\nlegend: g = G pays=2\n"
        "vary: rotate mirror\ndefine: M kind={x, hunt}\nmap:\ns.qyM\n....g\n"
    ),
    "hunted": "cost: mud=0 floor=1\nreward: step=auto\ndefine: I slip=0.2\nmap:\n%@.G\nILH.\n",
    "lake.frozenlake": "SFFF\nFHFG\n",
    "push.xsb": "#####\n#@$.#\n#####\n",
}


def opened(text: str, name: str = "level.txt") -> tuple[LevelEditor, SettingsRows]:
    """Return an editor with a text, and its settings."""
    draft = Draft(Path(name))
    draft.change(text)
    editor = LevelEditor(draft)
    return editor, SettingsRows(editor)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def problems(editor: LevelEditor) -> set[str]:
    source = editor.reading.source
    return {one.what for one in LevelFile(source.text, source.name).examine()[1]}


def uses(settings: SettingsRows, number: int) -> Iterator[str]:
    """Use a row in every way, and yield what was done."""
    for by in (1, -1):
        for knob in (0, -1):
            settings.step(by, knob, number)
            yield f"step {by} of knob {knob}"
    settings.change_form(number)
    yield "form"
    for share in (0.0, 0.3, 1.0) if settings.rows[number].control.is_number else ():
        settings.slide(number, share)
        yield f"slide to {share}"
    settings.row(number)
    settings.reset()
    yield "reset"


@pytest.mark.parametrize("name", LEVELS)
def test_no_click_on_a_setting_adds_a_problem(name: str) -> None:
    text = LEVELS[name]
    editor, settings = opened(text, name if "." in name else "level.txt")
    assert not problems(editor)
    for number, row in enumerate(settings.rows):
        editor.apply(text)
        for used in uses(settings, number):
            assert not problems(editor), (row.control.name, used, editor.text)
            if number >= len(settings.rows):
                break


@pytest.mark.parametrize(
    ("text", "name", "after", "message"),
    [
        (ROOM, "starts", ROOM, "'any' is not possible: "),
        (ROOM.replace("@", "."), "starts", "starts: any\nmap:\n...?\n...?\n", ""),
        (f"ends: never\n{ROOM}", "ends", f"ends: goal\n{ROOM}", "'boxes' is not possible: "),
        ("map:\n@...\n.$X.\n....\n", "ends", "ends: never\nmap:\n@...\n.$X.\n....\n", ""),
    ],
)
def test_a_choice_that_adds_a_problem_is_passed_over(
    text: str, name: str, after: str, message: str
) -> None:
    editor, settings = opened(text)
    names = [row.control.name for row in settings.rows]
    settings.step(1, number=names.index(name))
    assert editor.text == after
    assert editor.message.startswith(message)
    assert bool(editor.message) == bool(message)


@pytest.mark.parametrize(
    "line",
    [
        "controls: down up left right",
        "controls: {normal, stay down left right up}",
        "wind: {east 0.1, none}",
        "wind: {none, north 0.5}",
        "vary: rotate mirror",
        "define: M kind={y, hunt}",
    ],
)
@pytest.mark.parametrize("by", [1, -1])
def test_clicks_come_back_to_a_value_of_the_authors_own(line: str, by: int) -> None:
    text = f"{line}\nmap:\n@M.?\n...?\n"
    _, settings = opened(text)
    path = ("define", "M", "kind") if "define" in line else (line.partition(":")[0],)
    number = [row.control.path for row in settings.rows].index(path)
    seen = []
    for _ in range(12):
        settings.step(by, number=number)
        seen.append(settings.rows[number].value)
    own = {line.partition(": ")[2].removeprefix("M kind="), "mirror rotate"}
    assert seen[0] not in own
    assert own & {*seen}


def test_rows_of_foreign_files_show_what_their_map_implies() -> None:
    room = "#" * 33 + "\n#@" + " " * 28 + "$.#\n" + "#" * 33 + "\n"
    editor, _ = opened(room, "a.xsb")
    settings = SettingsRows(editor, lambda: LevelFile(editor.text, "a.xsb").examine()[0])
    shown = {row.control.name: row for row in settings.rows}
    assert (shown["steps"].value, shown["step reward"].value) == ("58", "-0.0172")
    assert not shown["steps"].written
    settings.step(1, number=0)
    assert settings.rows[0].value == "59"
    assert "steps: 59\n" in editor.text


def test_the_chosen_row_stays_chosen_where_others_appear():
    editor, rows = opened("map:\n@..?\n...?\n")
    paths = [row.control.path for row in rows.rows]
    rows.chosen = paths.index(("description",))
    editor.go_to((0, 1))
    editor.type_tile("M")
    assert len(rows.rows) > len(paths)
    assert rows.row().control.path == ("description",)
    editor.undo()
    assert rows.row().control.path == ("description",)
