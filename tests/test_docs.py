"""What the documents name is there: files, commands, exercises, options."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from agents.gradient.inner_loop import InnerConfig
from agents.gradient.maml import MamlConfig
from agents.studies.exercises import EXERCISES
from commands.evaluate import EvaluateCommand
from commands.exercise import ExerciseCommand
from commands.main import parse
from game.tasks.packs import find_pack

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
META_RL = ROOT / "docs" / "meta-rl.md"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
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
