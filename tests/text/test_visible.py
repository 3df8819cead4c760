"""Texts of strangers are shown as they are, and cannot act on what shows them."""

from __future__ import annotations

import pytest

from game.text.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [/red] $x$ %s {x}", "plain [/red] $x$ %s {x}"),
        (
            "žluťoučký 中文 עברית na\u00a0me \U0001f600",
            "žluťoučký 中文 עברית na\u00a0me \U0001f600",
        ),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner belongs to the word
        ("a\x1b[31mb\x9b0m", r"a\x1b[31mb\x9b0m"),
        ("a\rb\tc\x00\x07", r"a\rb\tc\x00\x07"),
        ("\u202etxt.\u2066exe\u2028", r"\u202etxt.\u2066exe\u2028"),
        ("\udcff\ufeff", r"\udcff\ufeff"),
    ],
)
def test_control_characters_are_escaped_and_nothing_else(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_ends_are_kept_on_request() -> None:
    assert visible("a\nb\x1b") == r"a\nb\x1b"
    assert visible("a\nb\x1b", keep="\n") == "a\nb\\x1b"
