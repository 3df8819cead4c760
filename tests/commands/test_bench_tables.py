"""Tables of `bench`: readable numbers, 80 columns."""

from __future__ import annotations

import pytest

from agents.studies.bench_growth import Growth
from agents.studies.bench_profile import StageTime
from agents.studies.benchmark import Figure
from commands.bench_tables import show_figures, show_growth, show_profile

ABOUT = "A sentence that is so long that it does not fit into one line of a terminal of 80 columns."


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    return [" ".join(line.split()) for line in lines]


def test_figures_have_three_digits_and_ratios_in_words(capsys: pytest.CaptureFixture[str]):
    figures = {
        "python_loop": Figure("Stepping", ABOUT, 12_345_678.9, "steps/s"),
        "vector_features_8192": Figure(
            "Stepping", ABOUT, 123_456_789.0, "steps/s", 9.9876, "python_loop"
        ),
        "slow": Figure("Stepping", ABOUT, 1.0, "steps/s", 0.0123, "python_loop"),
        "a_time": Figure("Learning", ABOUT, 0.012345, "ms"),
    }
    show_figures(iter(figures.items()))
    lines = printed(capsys)
    assert lines.count("Stepping") == lines.count("Learning") == 1
    assert "python_loop 12,300,000 steps/s" in lines
    assert "vector_features_8192 123,000,000 steps/s 9.99 x python_loop" in lines
    assert "slow 1 steps/s 1/81.3 of python_loop" in lines
    assert "a_time 0.0123 ms" in lines


def test_the_profile_ends_in_the_sum_of_its_stages(capsys: pytest.CaptureFixture[str]):
    show_profile({"network": StageTime(30.0, 0.75, 12), "other": StageTime(10.0, 0.25, 0)})
    lines = printed(capsys)
    assert "network 30.00 75.0% 12" in lines
    assert "other 10.00 25.0%" in lines
    assert "iteration 40.00 100.0%" in lines


def test_growth_says_its_factor_per_doubling(capsys: pytest.CaptureFixture[str]):
    show_growth({"tasks": Growth.of("An iteration", [1000, 2000], [10.0, 15.0])})
    lines = printed(capsys)
    assert "An iteration; exponent 0.58 (1 is linear)" in lines
    assert "1,000 10.0" in lines
    assert "2,000 15.0 x 1.50" in lines
