"""A new row in the tile table leaves every shipped agent as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agents.agent_catalog import CONFIG, list_pretrained
from agents.learner_registry import make_learner
from agents.memory.varibad import VaribadConfig
from agents.runs import describe, load_agent, write_weights
from commands.main import main
from game.files import write_json
from game.filling import fill
from game.tasks.packs import load_pack
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.beliefs import FIRST_QUESTIONS, BeliefQuestions, all_questions

ROOT = Path(__file__).resolve().parents[3]
MOSS = """
import game.text.tiles as tiles
moss = tiles.Tile("&", "moss", 2, True, "", (250, 250, 250), "dots", "terrain")
tiles.TILES += (moss,)
tiles.BY_CHAR["&"] = tiles.BY_NAME["moss"] = moss
"""
FIRST_STEPS = """
import hashlib, json, sys
import numpy as np
from agents.runs import load_agent
from game.tasks.packs import load_pack
from game.tasks.task import task_rng
from game.world.batch import GridBatch
tasks = load_pack("gridnavi").split("test").tasks[:2]
batch = GridBatch.of([task.level for task in tasks])
digests = {}
for name in sys.argv[1:]:
    step = next(load_agent(name).learner.adapt(batch, [task_rng(0, task) for task in tasks], 0))
    arrays = [value for value in vars(step).values() if isinstance(value, np.ndarray)]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays))
    digests[name] = digest.hexdigest()
print(json.dumps(digests))
"""
SAVE_NEW_AGENT = """
import sys
from pathlib import Path
from agents.agent_catalog import CONFIG
from agents.learner_registry import make_learner
from agents.runs import describe, write_weights
from game.files import write_json
learner, folder = make_learner("varibad", width=8), Path(sys.argv[1])
write_json(folder / CONFIG, describe("varibad", learner, pack="gridnavi"))
write_weights(folder / "agent.safetensors", learner)
"""


def run_python(code: str, *arguments: str) -> str:
    """Run code in a process of its own, since the tile table is read at import."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_shipped_agents_take_the_same_first_step_with_another_tile():
    names = list_pretrained()
    without = json.loads(run_python(FIRST_STEPS, *names))
    with_moss = json.loads(run_python(MOSS + FIRST_STEPS, *names))
    assert list(without) == names
    assert with_moss == without


def test_a_new_agent_asks_about_the_new_tile_and_still_loads_without_it(tmp_path: Path):
    run_python(MOSS + SAVE_NEW_AGENT, str(tmp_path))
    learner = load_agent(str(tmp_path)).learner
    assert "cost moss: less than shown, as shown, more than shown" in learner.config.beliefs
    task = load_pack("gridnavi").split("test").tasks[0]
    step = next(learner.adapt(GridBatch.of([task.level]), [np.random.default_rng(0)], 0))
    assert step.drawn.shape[2] == BeliefQuestions(learner.config.beliefs).n_answers
    with pytest.raises(ValueError, match="no variable is called 'cost moss'"):
        learner.questions.true_answers(task.level)


def test_a_config_without_a_list_means_the_first_questions():
    assert fill(VaribadConfig, {"width": 8}).beliefs == FIRST_QUESTIONS
    assert set(FIRST_QUESTIONS) <= set(all_questions())
    assert make_learner("varibad").config.beliefs == all_questions()
    assert BeliefQuestions(FIRST_QUESTIONS).n_answers == 62  # as in the shipped weights


def test_an_agent_keeps_its_list_and_its_order_on_disk(tmp_path: Path):
    beliefs = ("slip: less than shown, as shown, more than shown", "M kind: hunt, x, y")
    learner = make_learner("varibad", width=8, beliefs=beliefs)
    write_json(tmp_path / CONFIG, describe("varibad", learner, pack="gridnavi"))
    write_weights(tmp_path / "agent.safetensors", learner)
    loaded = load_agent(str(tmp_path)).learner
    assert loaded.config == learner.config
    level = parse("define: M kind=hunt\nmap:\n@.M\n..G\n")
    assert loaded.questions.true_answers(level).tolist() == [1, 0]
    step = next(loaded.adapt(GridBatch.of([level]), [np.random.default_rng(0)], 0))
    assert step.drawn[0, 0].tolist() == pytest.approx([1 / 3] * 6)


@pytest.mark.parametrize(
    ("beliefs", "what"),
    [
        ((), "'beliefs' has 0 answers"),
        (("slip",), "'slip' is not a new question"),
        (("slip: 0, 1", "slip: 0, 1"), "'slip: 0, 1' is not a new question"),
        (("slip: 0, , 1",), "is not a new question"),
        ((f"slip: {', '.join(map(str, range(1001)))}",), "'beliefs' has 1001 answers"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(beliefs: tuple[str, ...], what: str):
    with pytest.raises(ValueError, match=what):
        VaribadConfig(beliefs=beliefs)


def test_the_list_is_no_option_of_the_command_line(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["train", "--learner", "varibad", "--help"])
    help_text = capsys.readouterr().out
    assert "--encoder-rate" in help_text
    assert "--beliefs" not in help_text
