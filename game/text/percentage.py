"""Scores in percent, in one form for all texts."""

from __future__ import annotations


def percentage(score: float) -> str:
    """Return a score or a share in percent: "98%", with a true minus sign."""
    return f"{round(100 * score):,}%".replace("-", "−")
