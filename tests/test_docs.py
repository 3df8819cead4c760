"""The documents are true: files, commands, exercises, options, keys and learners that they name."""

from __future__ import annotations

import ast
import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from agents.gradient.maml import MamlConfig
from agents.inner_config import InnerConfig
from agents.learner_registry import BUILT_IN
from agents.studies.exercises import EXERCISES
from commands.evaluate import EvaluateCommand
from commands.exercise import ExerciseCommand
from commands.main import COMMANDS, parse
from game.tasks.packs import find_pack
from game.text.header import HEADER
from game.text.tiles import TILES
from game.view.screens.screen import COMMON
from game.view.screens.watch import WatchScreen

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = ROOT / "README.md"
META_RL = ROOT / "docs" / "meta-rl.md"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (path.parent / target).exists(), target


def commands(text: str) -> list[list[str]]:
    """Arguments of every `python main.py ...` in back quotes."""
    found = re.findall(r"`python\s+main\.py\s*([^`]*)`", text)
    return [shlex.split(arguments) for arguments in found]


def test_commands_of_the_page_on_meta_rl_can_be_run():
    for arguments in commands(META_RL.read_text(encoding="utf-8")):
        command = parse(arguments)
        if isinstance(command, ExerciseCommand):
            assert command.name in EXERCISES
        if isinstance(command, EvaluateCommand):
            for pack in (command.pack, *command.also):
                find_pack(pack)


def test_commands_of_the_page_on_scale_can_be_run():
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    lines = re.findall(r"(?:python|^torchrun .*|`torchrun .*) main\.py ([^`\n]*)", text, flags=re.M)
    found = [parse(shlex.split(line, comments=True)) for line in lines]
    assert {type(command).__name__ for command in found} >= {"SweepCommand", "TrainCommand"}


def test_each_paragraph_points_at_a_file_and_at_an_exercise():
    _, *sections = META_RL.read_text(encoding="utf-8").split("\n## ")
    for section in sections:
        assert re.search(r"\]\(\.\./[\w/.-]+\)", section), section.split("\n")[0]
        assert re.search(r"python\s+main\.py exercise", section), section.split("\n")[0]
    named = {args[1] for args in commands("".join(sections)) if args[:1] == ["exercise"]}
    assert named == set(EXERCISES)


def test_options_that_the_page_names_exist():
    options = {f.name for f in (*dataclasses.fields(MamlConfig), *dataclasses.fields(InnerConfig))}
    for name in re.findall(r"option\s+`(\w+)`", META_RL.read_text(encoding="utf-8")):
        assert name in options


def first_column(page: Path, heading: str) -> list[str]:
    """The words in back quotes in the first column of the table with this heading."""
    text = page.read_text(encoding="utf-8")
    rows = text[text.index(f"| {heading} |") :].partition("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_the_readmes_table_of_keys_has_every_key_of_the_watch_screen():
    caps = {key.cap for key in (*WatchScreen.keys, *COMMON)}
    assert set(first_column(README, "key")) == caps


def test_the_readmes_table_of_learners_has_every_learner():
    assert first_column(README, "learner") == list(BUILT_IN)


def test_the_reference_of_the_format_names_every_tile_and_header_key():
    text = (ROOT / "docs" / "level-format.md").read_text(encoding="utf-8")
    for name in {tile.name for tile in TILES}:
        assert re.search(rf"\b{name}", text), name
    for key in HEADER:
        assert f"`{key}`" in text, key


def test_readme_or_docs_name_every_command():
    pages = [README, *sorted((ROOT / "docs").glob("*.md"))]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for name in COMMANDS:
        assert f"python main.py {name}" in text, name


NESTED = {"command", "graph", "inner", "outer", "ppo"}  # fields that hold options of their own


def options() -> dict[str, str]:
    """The help text of every option of the command line and of the learners, "" if it has none."""
    found = {}
    for path in [*ROOT.glob("commands/**/*.py"), *ROOT.glob("agents/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith(("Command", "Config")):
                for field, after in zip(node.body, [*node.body[1:], None]):
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        text = after.value if isinstance(after, ast.Expr) else None
                        said = text.value if isinstance(text, ast.Constant) else ""
                        found[f"{node.name}.{field.target.id}"] = " ".join(str(said).split())
    return {name: text for name, text in found.items() if name.split(".")[1] not in NESTED}


OPTIONS = options()


@pytest.mark.parametrize("name", OPTIONS)
def test_the_help_of_an_option_stands_alone(name: str):
    """It begins with a capital letter, ends in a full stop, and leans on no neighbour."""
    text = OPTIONS[name]
    assert re.fullmatch(r"[A-Z].*[.)]", text), text
    first, second = text.split(" ")[:2] if " " in text else (text, "")
    assert first not in ("Of", "Those", "It", "What", "This", "Its", "And", "By"), text
    assert second, text
