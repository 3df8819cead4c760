"""Limits of numeric options: what multiplies work or memory is refused before any work begins."""

from __future__ import annotations

MOST_SEED = 2**63 - 1
MOST_ADAPTATION_SEEDS = 1000
MOST_RESULTS = 1_000_000  # of an evaluation: agents x seeds x tasks x adaptation steps
MOST_SAMPLES = 20_000  # of each estimator in the microscope
MOST_GROUPS = MOST_GROUP_TASKS = 1000  # in the search for a fixed policy
MOST_THREADS = 1024
MOST_PROCESSES = 2
MOST_WORKERS = 1024  # of a sweep


def out_of_range(command: object, **limits: tuple[float, float]) -> str:
    """Return the rule that an option of a command breaks, or "" if none does.

    `limits` are the least and the greatest value by option; an option that is not given is None.
    """
    for option, (low, high) in limits.items():
        value = getattr(command, option)
        if value is not None and not low <= value <= high:
            return f"--{option.replace('_', '-')} is at least {low:,}, and at most {high:,}"
    return ""
