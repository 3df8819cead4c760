"""Whatever is painted is on the board afterwards, or the editor says why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from game.authoring.draft_file import open_draft
from game.text.tiles import BY_CHAR
from game.view.model.editor_regions import Regions
from game.view.model.level_editor import BRUSH, FILL, REPLACE, SELECT, LevelEditor

TEXTS = {  # name of a file: its text
    "own.txt": "map:\n#####\n#@\n#..G#\n",
    "open.xsb": "  ####\n###  #\n#@$. #\n######\n",
    "several.xsb": "; 1\n#####\n#@$.#\n#####\n\n; 2\n####\n#@.#\n# $#\n####\n",
    "encoded.sok": "Title: r\n5#|#@$.#|5#\n",
    "lake.txt": "SFFF\nFHFH\nFFFH\nHFFG\n",
    "city.map": "type octile\nheight 3\nwidth 4\nmap\n....\n.@T.\n....\n",
    "none.txt": "title: no map\n",
}


@pytest.fixture(params=TEXTS)
def editor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LevelEditor]:
    path = tmp_path / request.param
    path.write_text(TEXTS[request.param])
    draft = open_draft(f"{path}#1" if request.param == "several.xsb" else path, [tmp_path])
    yield LevelEditor(draft)
    draft.close(keep_copy=False)


@pytest.mark.parametrize("tool", [BRUSH, FILL, REPLACE])
def test_no_tile_is_painted_in_vain_without_a_word(editor: LevelEditor, tool: str) -> None:
    text, (height, width) = editor.text, editor.size
    for i, char in enumerate(BY_CHAR):
        for row in range(height):
            editor.go_to((row, (i + row) % width))
            editor.tool, editor.tile, editor.message = tool, char, ""
            editor.use()
            shown = editor.reading.level.rows[editor.cursor[0]][editor.cursor[1]]
            changed = editor.text != text
            assert editor.message or (changed and shown == char), (char, editor.cursor)
            if changed:
                editor.undo()
            assert editor.text == text


def test_commands_that_change_nothing_say_so(editor: LevelEditor) -> None:
    regions = Regions(editor)
    editor.choose_tool(SELECT)
    for command in (
        lambda: regions.rotate(),
        lambda: regions.mirror("left-right"),
        lambda: regions.shift(0, 1),
        lambda: regions.shift(-1, 0),
        lambda: regions.paste_rows(("#",)),
        lambda: editor.clear(),
        lambda: editor.pick(),
        lambda: editor.grow("up", -1),
    ):
        text, editor.message = editor.text, ""
        command()
        assert editor.text != text or editor.message


def test_it_says_that_a_map_was_converted_and_what_to_paint_next(tmp_path: Path) -> None:
    path = tmp_path / "boxes.xsb"
    path.write_text(TEXTS["open.xsb"])
    editor = LevelEditor(open_draft(path, [tmp_path]))
    editor.go_to((1, 3))
    editor.type_tile("a")
    assert "in Gridapt's own now" in editor.message
    assert "'A' (door), which is chosen" in editor.message
    editor.draft.close(keep_copy=False)


@pytest.mark.parametrize(
    ("rows", "cell", "message"),
    [
        (["~~~"] * 3, (1, 3), "1 row and 1 column did not fit. Ctrl Z undoes it, Ctrl with"),
        (["~~"] * 2, (2, 3), "1 row did not fit."),
        (["~~", "~~~"], (1, 3), "1 column did not fit."),
        (["~~"] * 2, (1, 3), "Pasted."),
    ],
)
def test_rows_that_do_not_fit_are_counted(
    tmp_path: Path, rows: list[str], cell: tuple[int, int], message: str
) -> None:
    path = tmp_path / "own.txt"
    path.write_text(TEXTS["own.txt"])
    editor = LevelEditor(open_draft(path, [tmp_path]))
    editor.go_to(cell)
    Regions(editor).paste_text("\n".join(rows))
    assert editor.message.startswith(message)
    editor.draft.close(keep_copy=False)


def test_a_map_larger_than_the_board_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text(TEXTS["own.txt"])
    editor = LevelEditor(open_draft(path, [tmp_path]))
    Regions(editor).paste_text("#######\n#@...?\n#######\n")
    assert editor.rows == ("#######", "#@...?.", "#######")
    assert editor.text.startswith(TEXTS["own.txt"].partition("map:")[0])
    editor.draft.close(keep_copy=False)


@pytest.mark.parametrize("text", ["hello world", "<p>x</p>", "```text\n#@.\n```"])
def test_text_that_is_no_map_is_not_painted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.txt"
    path.write_text(TEXTS["own.txt"])
    editor = LevelEditor(open_draft(path, [tmp_path]))
    Regions(editor).paste_text(text)
    assert editor.text == TEXTS["own.txt"]
    assert editor.message
    editor.draft.close(keep_copy=False)
