"""Imports point one way: the world knows no learner, learners know no window."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted([*ROOT.glob("game/**/*.py"), *ROOT.glob("agents/**/*.py"), ROOT / "main.py"])
ORDER = [
    "tiles",
    "dialects",
    "level",
    "rules",
    "tables",
    "features",
]  # each knows only those before it


def imported(path: Path) -> set[str]:
    """Every module that a file imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def uses(path: Path, *packages: str) -> set[str]:
    modules = imported(path)
    return {m for m in modules for p in packages if m == p or m.startswith(p + ".")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_direction_of_imports(path: Path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "game":
        assert not uses(path, "torch", "safetensors", "agents", "main", "matplotlib")
        if parts[1] != "view":
            assert not uses(path, "pygame", "game.view")
    elif parts[0] == "agents":
        assert not uses(path, "pygame", "game.view", "main")
    else:
        assert uses(path, "game.view")
        assert uses(path, "agents")


def test_the_core_of_the_world_is_layered():
    for i, name in enumerate(ORDER):
        later = [f"game.{other}" for other in ORDER[i + 1 :]]
        above = ["game.planner", "game.tasks", "game.trace", "game.authoring"]
        assert not uses(ROOT / "game" / f"{name}.py", *later, *above)
    assert not uses(ROOT / "game" / "trace.py", "game")


def test_sources_name_no_wildcard_and_no_utils():
    for path in SOURCES:
        assert not any(name.endswith(".*") for name in imported(path))
        assert path.stem != "utils"


def loaded_after(*arguments: str) -> set[str]:
    """Modules that are loaded once the command line has run, in a process of its own."""
    code = (
        "import sys, main\n"
        f"try: main.main({list(arguments)!r})\n"
        "except SystemExit: pass\n"
        "print('\\n'.join(['MODULES', *sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.partition("MODULES")[2].split())


@pytest.mark.parametrize(
    "arguments", [("--help",), ("levels", "list"), ("levels", "legend"), ("levels", "--help")]
)
def test_quick_commands_load_nothing_heavy(arguments: tuple[str, ...]):
    modules = loaded_after(*arguments)
    assert not modules & {"torch", "matplotlib", "pygame"}


def test_the_window_side_never_loads_torch():
    code = "import sys, agents.worker, game.view.window, game.view.watch; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert not set(result.stdout.split()) & {"torch", "matplotlib"}


def test_learners_that_do_not_train_load_no_compiler():
    code = (
        "import sys; from agents.learner import REGISTRY, make_learner\n"
        "for name in REGISTRY: make_learner(name)\n"
        "print('torch' in sys.modules, 'torch._dynamo' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.split() == ["True", "False"], result.stderr
