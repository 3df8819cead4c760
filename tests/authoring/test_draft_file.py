"""The file that an editor has open: history, saving, changes by others, and recovery copies."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from game.authoring.draft_file import COPY, KEEP, TAKE, Draft, empty_level, open_draft
from game.authoring.history import History
from game.authoring.recovery import find_recoveries
from game.text.reading import parse

ROOT = Path(__file__).resolve().parents[2]
N_KILLS = int(os.environ.get("GRIDAPT_KILLS", 1))  # of an editor at random moments


@pytest.fixture
def level(tmp_path: Path) -> Path:
    path = tmp_path / "level.txt"
    path.write_bytes(b"\xef\xbb\xbftitle: caf\xe9\r\nmap:\r\n@G")
    return path


@pytest.fixture
def open_level(tmp_path: Path):
    """Return a function that opens drafts with a folder of their own for copies."""
    opened: list[Draft] = []

    def open_one(path: Path | None) -> Draft:
        opened.append(open_draft(path, [tmp_path / "state" / "drafts"]))
        return opened[-1]

    yield open_one
    for draft in opened:
        draft.close()


def copies(tmp_path: Path) -> list[Path]:
    return list(tmp_path.rglob("*.draft"))


# --- history -----------------------------------------------------------------------------------


def test_a_thousand_steps_are_undone_and_made_again():
    rng = random.Random(1)
    text = "".join(rng.choice("#.\n") for _ in range(3000))
    history, texts = History(text), [text]
    for _ in range(1200):
        begin = rng.randrange(len(text))
        end = begin + rng.choice((0, 1, 5, 2000))
        text = text[:begin] + rng.choice(("x", "y\udce9", "z" * 1500)) + text[end:]
        history.record(text, "edit")
        texts += [text] if text != texts[-1] else []
    for one in texts[-2::-1]:
        history.undo()
        assert history.text == one
    assert len(texts) > 1001
    assert history.undo() is None
    for one in texts[1:]:
        history.redo()
        assert history.text == one
    assert history.redo() is None


def test_a_stroke_is_one_step():
    history = History("....")
    for text in ("#...", "##..", "###."):
        history.record(text, "brush", stroke=1)
    history.record("###G", "brush", stroke=2)
    history.end_stroke()
    history.record("##.G", "brush", stroke=2)
    assert history.steps == 3
    history.undo()
    history.undo()
    assert history.text == "###."
    assert history.undo() == 0
    assert (history.text, history.redo_label) == ("....", "brush")
    history.record("@...")
    assert history.redo() is None
    history.record("....", stroke=3)
    history.record("@...", stroke=3)
    assert (history.text, history.steps) == ("@...", 1)


# --- the file ----------------------------------------------------------------------------------


def test_a_file_is_saved_byte_for_byte_with_its_permissions(level: Path, open_level):
    before = level.read_bytes()
    level.chmod(0o640)
    draft = open_level(level)
    assert not draft.is_changed
    draft.change(draft.text.replace("@G", "@.G"))
    assert draft.is_changed
    assert draft.save()
    assert level.read_bytes() == before.replace(b"@G", b"@.G")
    assert stat.S_IMODE(level.stat().st_mode) == 0o640
    assert not draft.is_changed
    draft.undo()
    draft.save()
    assert level.read_bytes() == before


def test_a_new_level_has_no_file_until_it_is_saved(tmp_path: Path, open_level):
    draft = open_level(tmp_path / "deep" / "new.txt")
    assert draft.is_new
    assert not draft.is_changed
    assert draft.text == empty_level()
    draft.change(draft.text.replace("#.", "#@").replace(".#", "G#"))
    assert draft.save()
    assert parse((tmp_path / "deep" / "new.txt").read_bytes()).rows[1].startswith("#@")
    unnamed = open_level(None)
    with pytest.raises(OSError, match="name one"):
        unnamed.save()
    assert unnamed.save(tmp_path / "named.txt")
    assert (tmp_path / "named.txt").read_text() == empty_level()


def test_a_change_by_another_program_is_a_step_of_undo(level: Path, open_level):
    draft = open_level(level)
    before = draft.text
    level.write_text("map:\nG@\n")
    assert draft.poll().startswith("Another program changed level.txt")
    assert (draft.text, draft.is_changed, draft.history.steps) == ("map:\nG@\n", False, 1)
    assert draft.poll() == ""
    draft.undo()
    assert draft.text == before
    assert draft.is_changed


@pytest.mark.parametrize("choice", [KEEP, TAKE, COPY])
def test_where_both_changed_no_answer_loses_a_text(choice, level: Path, open_level):
    draft = open_level(level)
    draft.change("map:\n@GG")
    level.write_text("map:\nGG@")
    assert not draft.save()
    assert draft.conflict
    assert level.read_text() == "map:\nGG@"
    draft.resolve(choice)
    assert draft.text == ("map:\n@GG" if choice is KEEP else "map:\nGG@")
    draft.undo()
    assert draft.text == ("map:\nGG@" if choice is KEEP else "map:\n@GG")
    draft.redo()
    assert draft.save()
    assert level.read_text() == draft.text
    copied = level.with_name("level-mine.txt")
    assert copied.exists() == (choice is COPY)


def test_a_change_while_the_file_is_being_saved_is_not_overwritten(
    level: Path, open_level, monkeypatch: pytest.MonkeyPatch
):
    draft = open_level(level)
    draft.change("map:\n@GG")
    sync = os.fsync

    def meanwhile(number: int) -> None:
        sync(number)
        if threading.current_thread() is threading.main_thread():  # not the one of the copies
            level.write_text("map:\nGG@")

    monkeypatch.setattr(os, "fsync", meanwhile)
    assert not draft.save()
    monkeypatch.undo()
    assert draft.conflict
    assert draft.conflict.theirs == level.read_text() == "map:\nGG@"
    assert [path.name for path in level.parent.glob("*level*")] == ["level.txt"]


def test_a_file_that_is_gone_is_written_anew(level: Path, open_level):
    draft = open_level(level)
    level.unlink()
    assert draft.poll() == "level.txt was removed or renamed. Ctrl S writes it again."
    assert draft.is_changed
    assert draft.save()
    assert level.read_bytes().endswith(b"@G")
    level.unlink()
    level.mkdir()
    assert draft.poll()
    with pytest.raises(OSError, match="this is a folder - save under another name"):
        draft.save()
    assert draft.is_changed


def test_of_a_collection_the_first_level_is_opened(tmp_path: Path, open_level):
    path = tmp_path / "boxes.xsb"
    path.write_text("; one\n#####\n#@$.#\n#####\n\n; two\n######\n#@ $.#\n######\n")
    assert open_level(path).address == tmp_path / "boxes.xsb#1"
    assert open_level(f"{path}#2").address == tmp_path / "boxes.xsb#2"


def test_what_cannot_be_read_any_more_is_not_replaced_but_by_name(level: Path, open_level):
    draft = open_level(level)
    draft.change("map:\n@.G")
    level.write_bytes(b"." * ((1 << 20) + 1))
    assert "too large to edit. Your text is kept" in draft.poll()
    with pytest.raises(OSError, match="too large to edit - save under another name"):
        draft.save()
    assert level.stat().st_size > 1 << 20
    assert draft.save(level)
    assert level.read_text() == "map:\n@.G"
    level.write_text("map:\n@G")
    draft.poll()
    assert (draft.text, draft.conflict) == ("map:\n@G", None)


def test_a_file_that_another_program_has_just_emptied_is_not_replaced(level: Path, open_level):
    draft = open_level(level)
    draft.change("map:\n@.G")
    level.write_bytes(b"")
    assert not draft.save()
    assert level.read_bytes() == b""
    assert draft.conflict is None
    os.utime(level, (1, 1))  # an hour that has passed, or a clock that was set back
    assert not draft.save()
    assert draft.conflict


def test_what_a_killed_save_left_is_removed_and_nothing_else(level: Path, open_level):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = level.with_name(f".level.txt.{dead.pid}.part")
    others = [
        level.with_name(f".level.txt.{os.getppid()}.part"),  # of a program that is alive
        level.with_name(f".other.txt.{dead.pid}.part"),
        level.with_name(".level.txt.mine.part"),
        level.with_name(f"level.txt.{dead.pid}.part"),
    ]
    for path in (left, *others):
        path.write_text("half")
        os.utime(path, (1, 1))
    draft = open_level(level)
    assert not left.exists()
    left.write_text("half")
    draft.change(draft.text + "!")
    draft.save()
    assert left.exists()  # another machine may be at it
    os.utime(left, (1, 1))
    draft.save()
    assert not left.exists()
    assert all(path.exists() for path in others)


def test_a_file_with_the_longest_of_names_is_saved(tmp_path: Path, open_level):
    draft = open_level(tmp_path / f"{'m' * 251}.txt")
    draft.change("map:\n@G")
    assert draft.save()
    assert [path.name for path in tmp_path.glob("*m*")] == [f"{'m' * 251}.txt"]


def test_a_file_too_large_is_not_opened(tmp_path: Path, open_level):
    (tmp_path / "large.txt").write_bytes(b"." * ((1 << 20) + 1))
    with pytest.raises(OSError, match="too large to edit"):
        open_level(tmp_path / "large.txt")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="such files are on Linux alone")
def test_a_file_whose_disk_fails_is_named(open_level):
    with pytest.raises(OSError, match="error: '/proc/self/mem'"):
        open_level(Path("/proc/self/mem"))


# --- recovery ----------------------------------------------------------------------------------


def test_a_copy_is_kept_while_a_text_is_unsaved(level: Path, open_level, tmp_path: Path):
    draft = open_level(level)
    draft.change(draft.text + "!")
    assert draft._writer.flush()
    assert len(copies(tmp_path)) == 1
    assert open_level(level).recoveries == []  # its editor lives
    draft.undo()
    assert draft._writer.flush()
    assert copies(tmp_path) == []
    draft.redo()
    draft.save()
    assert draft._writer.flush()
    assert copies(tmp_path) == []


def test_a_copy_is_offered_at_the_next_start(level: Path, open_level, tmp_path: Path):
    draft = open_level(level)
    draft.change(draft.text + "\udce9")
    text = draft.text
    draft.close(keep_copy=True)
    again = open_level(level)
    assert [one.text for one in again.recoveries] == [text]
    again.restore(again.recoveries[0])
    assert (again.text, again.is_changed, again.recoveries) == (text, True, [])
    assert len(copies(tmp_path)) == 1
    again.close(keep_copy=True)
    third = open_level(level)
    third.dismiss(third.recoveries[0])
    assert copies(tmp_path) == []
    assert not list(tmp_path.rglob("*.lock"))


def test_a_copy_goes_beside_the_file_where_there_is_no_other_place(level: Path, tmp_path: Path):
    blocked = tmp_path / "blocked"
    blocked.write_text("")  # a file where the folder would be
    draft = open_draft(level, [blocked / "drafts", level.parent])
    draft.change("map:\n@.G")
    assert draft._writer.flush()
    assert [one.parent for one in copies(tmp_path)] == [level.parent]
    blocked.unlink()
    draft.change("map:\n@..G")
    assert draft._writer.flush()
    assert [path.parent for path in level.parent.rglob(".gridapt-*")] == [blocked / "drafts"] * 2
    draft.close()
    blocked.rename(tmp_path / "state")
    blocked.write_text("")
    nowhere = open_draft(level, [blocked / "drafts"])
    nowhere.change("map:\n@.G")
    assert not nowhere._writer.flush(0.3)
    assert "no recovery copy in" in nowhere.problem
    nowhere.close()


EDITOR = """
import sys, time
from pathlib import Path
from game.authoring.draft_file import open_draft
draft = open_draft(Path(sys.argv[1]), [Path(sys.argv[2])])
for number in range(10**6):
    draft.change(f"map:\\n@{'.' * (number % 90)}G\\n; {time.time()}")
    print(time.time(), flush=True)
    time.sleep(0.005)
"""


def test_a_killed_editor_loses_less_than_a_second(level: Path, tmp_path: Path):
    folder, printed = tmp_path / "drafts", tmp_path / "printed"
    rng = random.Random(3)
    for _ in range(N_KILLS):
        with printed.open("w") as out:
            command = [sys.executable, "-c", EDITOR, str(level), str(folder)]
            editor = subprocess.Popen(command, stdout=out, cwd=ROOT)
            while not printed.stat().st_size:
                time.sleep(0.01)
            time.sleep(rng.uniform(0.1, 1.0))
            editor.send_signal(signal.SIGKILL)
            editor.wait()
        [recovery] = find_recoveries(level, [folder])
        last = float(printed.read_text().split()[-1])
        assert last - float(recovery.text.split()[-1]) < 1
        draft = open_draft(level, [folder])
        draft.dismiss(draft.recoveries[0])
        draft.close()
        assert list(folder.iterdir()) == []
