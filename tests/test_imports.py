"""The floors of the house, and which floor may use which: imports point one way, in no circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("game", "agents", "commands")
SOURCES = [path for name in PACKAGES for path in sorted(ROOT.glob(f"{name}/**/*.py"))]
SOURCES.append(ROOT / "main.py")

# Each floor with the floors that it may use. A floor is a folder with all below it, or a file; a
# module belongs to the longest name that begins its own.
FLOORS: dict[str, set[str]] = {
    "game": set(),
    "game.files": set(),
    "game.filling": {"game.files"},
    "game.text": {"game.files"},
    "game.world": {"game.text"},
    "game.tasks": {"game.text", "game.world", "game.files", "game.filling"},
    "game.authoring": {"game.text", "game.world", "game.tasks", "game.files"},
    "game.session": {"game.text", "game.tasks"},
    "game.env": {"game.text", "game.world", "game.tasks"},
    "game.view.model": {"game.text", "game.world", "game.tasks", "game.session", "game.authoring"},
    "game.view.draw": {
        *("game.text", "game.world", "game.session", "game.authoring", "game.view.model"),
    },
    "game.view.screens": {
        *("game.text", "game.world", "game.tasks", "game.session", "game.authoring"),
        *("game.view.model", "game.view.draw"),
    },
    "game.view": {
        *("game.files", "game.filling", "game.text", "game.tasks", "game.session"),
        "game.authoring",
        *("game.view.model", "game.view.draw", "game.view.screens"),
    },
    "agents": {
        "game.text",
        "game.world",
        "game.tasks",
        "game.session",
        "game.files",
        "game.filling",
    },
    "agents.acting": {"agents", "agents.memory", "game.text", "game.world", "game.tasks"},
    "agents.graph": {"agents", "game.text", "game.world", "game.session"},
    "agents.graph.neural_map": {
        *("agents", "agents.graph", "agents.gradient", "game.world", "game.session"),
    },
    "agents.gradient": {"agents", "agents.graph", "game.world", "game.session"},
    "agents.memory": {
        *("agents", "agents.gradient", "agents.graph"),
        *("game.filling", "game.world", "game.session"),
    },
    "agents.reference": {"agents", "agents.graph", "game.text", "game.world", "game.session"},
    "agents.training": {
        *("agents", "game.files", "game.filling", "game.text", "game.world", "game.tasks"),
        *("agents.graph", "game.session"),
    },
    "agents.sweep": {
        *("agents", "agents.training", "game.files", "game.filling", "game.text"),
        *("game.tasks", "game.session", "game.world"),
    },
    "agents.studies": {
        *("agents", "agents.gradient", "agents.memory", "agents.training"),
        *("game.files", "game.text", "game.world", "game.tasks", "game.env"),
    },
    "agents.studies.reproduce": {
        *("agents", "agents.reference", "agents.training", "agents.sweep"),
        *("game.files", "game.filling", "game.text", "game.world", "game.tasks"),
    },
    "commands": {
        *("agents", "agents.training", "agents.sweep", "agents.studies"),
        "agents.studies.reproduce",
        *("game.files", "game.text", "game.world", "game.tasks", "game.authoring", "game.session"),
        *("game.view", "game.view.screens", "commands.pages"),
    },
    "commands.pages": {
        *("agents", "agents.training", "game.text", "game.world", "game.tasks", "game.session"),
        *("game.view.draw", "game.view.model"),
        *("commands.pages.live_tables", "commands.pages.packing"),
    },
    "commands.pages.live_tables": {
        *("agents", "agents.gradient", "agents.graph"),
        *("game.text", "game.world", "game.tasks", "game.session", "commands.pages.packing"),
    },
    "commands.pages.packing": set(),
    "main": {"commands"},
}
HEAVY = {"torch", "safetensors", "matplotlib"}  # not for `game`
WINDOW = {"pygame"}  # for `game.view` alone


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor_of(module: str) -> str:
    return max((f for f in FLOORS if module == f or module.startswith(f + ".")), key=len)


MODULES = {module_name(path): path for path in SOURCES}


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module that a file imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            inside = {name for name in names if name in MODULES}
            found |= inside or {node.module}
    return frozenset(found)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_uses_only_the_floors_that_its_own_may_use(module: str):
    floor = floor_of(module)
    used = {floor_of(name) for name in imported(MODULES[module]) if name.split(".")[0] in PACKAGES}
    assert used - {floor} <= FLOORS[floor]


@pytest.mark.parametrize("module", MODULES)
def test_torch_stays_out_of_the_game_and_pygame_in_the_view(module: str):
    others = {name.split(".")[0] for name in imported(MODULES[module])}
    if module.startswith("game"):
        assert not others & HEAVY
    if not module.startswith("game.view"):
        assert not others & WINDOW


def test_the_permitted_arrows_form_no_circle():
    above: set[str] = set()
    left = dict(FLOORS)
    while left:
        free = {floor for floor, uses in left.items() if uses <= above}
        assert free, f"a circle among {sorted(left)}"
        above |= free
        left = {floor: uses for floor, uses in left.items() if floor not in free}


def test_every_permitted_arrow_is_used():
    used = {
        (floor_of(module), floor_of(name))
        for module, path in MODULES.items()
        for name in imported(path)
        if name.split(".")[0] in PACKAGES
    }
    permitted = {(floor, other) for floor, others in FLOORS.items() for other in others}
    assert permitted <= used


def test_modules_of_a_floor_form_no_circle():
    uses = {module: imported(path) & set(MODULES) for module, path in MODULES.items()}
    left, done = dict(uses), set()
    while left:
        free = {module for module, used in left.items() if used - {module} <= done}
        assert free, f"a circle among {sorted(left)}"
        done |= free
        left = {module: used for module, used in left.items() if module not in free}


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


def printed_by(code: str) -> list[str]:
    """Return the words that Python code prints in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert not result.returncode, result.stderr
    return result.stdout.split()


@pytest.mark.parametrize(
    "arguments", [("--help",), ("levels", "list"), ("levels", "legend"), ("levels", "--help")]
)
def test_quick_commands_load_nothing_heavy(arguments: tuple[str, ...]):
    modules = loaded_after(*arguments)
    assert not modules & {"torch", "matplotlib", "pygame"}


def test_a_command_line_loads_its_command_alone_and_no_type_checker():
    modules = loaded_after("levels", "check", "levels/showcase/2-river-crossing.txt")
    commands = {name for name in modules if name.startswith("commands.levels.")}
    assert commands == {"commands.levels.check", "commands.levels.printing"}
    assert not modules & {"commands.watch", "commands.train", "agents.learner", "typeguard"}


def test_the_window_side_never_loads_torch():
    code = "import sys, agents.training.worker, game.view.window, game.view.screens.watch\n"
    code += "print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert not set(result.stdout.split()) & {"torch", "matplotlib"}


def test_the_process_that_makes_batches_loads_no_torch():
    code = "import sys, main, agents.training.batches; print('torch' in sys.modules)"
    assert printed_by(code) == ["False"]


def test_adapting_loads_no_kernels_of_tensors_without_data_until_a_compiler_asks():
    code = (
        "import sys; from agents.torch_start import load_torch; load_torch()\n"
        "from agents.training.worker import trace_task\n"
        "from game.tasks.packs import load_pack\n"
        "task = load_pack('goals-5x5').split('test').tasks[0]\n"
        "trace_task('maml', 'goals-5x5', task, 0, 1)\n"
        "print('torch._decomp' in sys.modules)\n"
        "import torch._dynamo; print('torch._decomp' in sys.modules)\n"
        "print(len(vars(torch._meta_registrations)) > 100)\n"
    )
    assert printed_by(code) == ["False", "True", "True"]


@pytest.mark.parametrize("before", ["import torch; ", "", "load_torch(); "])
def test_meta_kernels_are_complete_once_they_are_asked_for(before: str):
    code = (
        "import sys; from agents.torch_start import load_meta_kernels, load_torch\n"
        f"{before}load_torch(2); load_meta_kernels(); load_meta_kernels()\n"
        "import torch; print(len(vars(torch._meta_registrations)) > 100, torch.get_num_threads())\n"
        "print(torch._meta_registrations is sys.modules['torch._meta_registrations'])\n"
    )
    assert printed_by(code) == ["True", "2", "True"]


def test_the_process_of_the_window_loads_no_command_line_and_no_image_files():
    """The learners' process reads command lines only to train, and files are written rarely."""
    code = (
        "import sys, agents.training.worker, commands.open_window\n"
        "print('tyro' in sys.modules)\n"
        "import game.view.app; print('PIL' in sys.modules)\n"
    )
    assert printed_by(code)[-2:] == ["False", "False"]


def test_learners_load_no_compiler_even_in_training():
    code = (
        "import sys; import numpy as np\n"
        "from agents.learner_registry import BUILT_IN, learner_class, make_learner\n"
        "from game.tasks.packs import load_pack; from game.world.batch import GridBatch\n"
        "from agents.torch_start import load_torch; load_torch()\n"
        "batch = GridBatch.of([load_pack('goals-5x5').split('train').tasks[0].level])\n"
        "for name in BUILT_IN:\n"
        "    small = {'trials': 2} if hasattr(learner_class(name).Config, 'trials') else {}\n"
        "    make_learner(name, **small).meta_update(batch, [np.random.default_rng(0)], 0.5)\n"
        "print('torch' in sys.modules, 'torch._dynamo' in sys.modules)"
    )
    assert printed_by(code) == ["True", "False"]


def test_no_class_name_means_two_things():
    places: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


COUNTERPARTS = {  # modules of one name, which are about the same on their floors
    "watch": {"commands.watch", "game.view.screens.watch"},
    "play": {"commands.play", "game.view.screens.play"},
    "train": {"commands.train", "game.view.screens.train", "agents.training.train"},
    "evaluate": {"commands.evaluate", "agents.training.evaluate"},
    "microscope": {"commands.microscope", "agents.studies.microscope"},
    "bench": {"commands.bench", "agents.studies.bench"},
    "legend": {"commands.levels.legend", "game.text.legend"},
    "check": {"commands.levels.check", "game.authoring.check"},
    "main": {"main", "commands.main"},
    "bandits": {"game.world.bandits", "agents.studies.reproduce.bandits"},
    "random_mdps": {"game.world.random_mdps", "agents.studies.reproduce.random_mdps"},
}


def test_modules_of_one_name_are_counterparts():
    named: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        if path.stem != "__init__":
            named.setdefault(path.stem, set()).add(module)
    assert {name: found for name, found in named.items() if len(found) > 1} == COUNTERPARTS
