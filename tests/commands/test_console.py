"""Tables of any width, and texts that are printed as they are."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from agents.studies.microscope import EstimatorReading
from commands.console import Terminal, show_evaluation, show_readings, show_table, show_written
from commands.exit_codes import AT_FAULT, fail, say
from commands.main import main

HOSTILE = "a [/red] [bold]b[/bold] :smile: $x$ %s {x} \x1b[31m\x9b0m\r\u202e\n\tend"
SHOWN = r"a [/red] [bold]b[/bold] :smile: $x$ %s {x} \x1b[31m\x9b0m\r\u202e\n\tend"


def facts(steps: int) -> dict[str, Any]:
    """The statistics of an agent, with long numbers."""
    return {
        "episodes": [1000 * k for k in range(steps)],
        "return_mean": [-12.345] * steps,
        "score_iqm": [-0.123] * steps,
        "score_low": [-0.25] * steps,
        "score_high": [0.95] * steps,
        "score_mean": [0.123] * steps,
        "score_p20": [-1.111] * steps,
        "worse_fraction": [0.987] * steps,
        "improvement": [0.56] * steps,
        "area": 0.789,
    }


def evaluation(*names: str) -> dict[str, Any]:
    return {
        "agents": {name: facts(6) for name in names},
        "bayes_optimal_return": [-98.765] * 4,
        "optimal_return": 11.071,
        "random_return": -1.165,
    }


def printed(width: int, *names: str, title: str = "title") -> str:
    console = Console(width=width, file=io.StringIO())
    show_evaluation(title, evaluation(*names), console)
    reading = EstimatorReading("truth", "an estimator", 20, 0.123, 0.011, 45.6, 0.789)
    show_readings([reading], title, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [*range(20, 60), 60, 70, 80, 100, 120])
def test_numbers_are_whole_at_any_width(width: int) -> None:
    output = printed(width, "scratch", "maml-of-a-long-name")
    lines = output.splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in output
    found = re.findall(r"[-.,–\d]+%?", output)
    for number, times in {
        "-0.123": 12,
        "-.25–.95": 12,
        "98.7%": 2,
        "5,000": 2,
        "-98.765": 4,
    }.items():
        assert found.count(number) == times
    assert output.count("0.123 ± 0.022") == 1


def test_a_wide_table_has_a_line_for_each_agent() -> None:
    lines = printed(120, "scratch", "maml").splitlines()
    (head,) = [line for line in lines if "step 0" in line]
    assert head.split() == ["agent", *(word for k in range(6) for word in ("step", str(k)))]


def test_tables_say_where_steps_take_different_numbers_of_episodes() -> None:
    summary = evaluation("scratch", "rl2", "transformer")
    outputs = []
    for episodes in ([0], [0, 1000], [0, 20_000]):  # the first without adaptation
        summary["agents"]["scratch"]["episodes"] = episodes
        console = Console(width=200, file=io.StringIO())
        show_evaluation("title", summary, console)
        outputs.append(console.file.getvalue())  # type: ignore[attr-defined]
    said = "episodes of a step differ (rl2, transformer: 1,000; scratch: 20,000), and scores"
    assert [said in output for output in outputs] == [False, False, True]
    assert ["differ" in output for output in outputs] == [False, False, True]
    assert "--episodes 1000 where agents let them be chosen" in outputs[2]


def test_names_and_titles_are_printed_as_they_are() -> None:
    output = printed(300, HOSTILE, title=HOSTILE)
    assert output.count(SHOWN) == 4  # two titles, and a row in each of two tables
    assert "\x1b" not in output


def test_the_terminal_prints_strings_as_they_are(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a[\x1b[31m" / "b]"
    folder.mkdir(parents=True)
    console = Terminal(width=200)
    console.print(HOSTILE)
    show_table(console, [], {HOSTILE: [HOSTILE]}, {"n": ["1"]})
    show_written(folder, console)
    say("a\x1b\nb")
    assert fail("c\x9b", AT_FAULT) == AT_FAULT
    output, errors = capsys.readouterr()
    assert output.count(SHOWN) == 3
    assert r"a[\x1b[31m/b]" in output
    assert output.endswith("a\\x1b\nb\n")
    assert errors == "c\\x9b\n"


@pytest.mark.parametrize(
    "argv", [["watch", "[/red]\x1b"], ["levels", "\x1b"], ["watch", "--\x1b[31m[/red]"]]
)
def test_messages_about_arguments_are_plain(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(argv)
    except SystemExit as error:
        code = error.code
    errors = capsys.readouterr().err
    assert code
    assert r"\x1b" in errors
    assert "\x1b" not in errors
