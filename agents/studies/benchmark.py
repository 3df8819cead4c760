"""What a benchmark is, and how its rate or time is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

SECONDS = 2.0  # of processor time for each figure, unless the caller says otherwise


@dataclass(frozen=True)
class Benchmark:
    """A quantity that `bench` measures.

    `measure` takes the processor time in seconds to spend on it, and returns the value in `unit`.
    """

    group: str
    about: str  # what the value counts, and what is included in it
    unit: str
    measure: Callable[[float], float]
    compared: bool = False  # with the plain Python loop, where both do the same


@dataclass(frozen=True)
class Figure:
    """The measured value of a benchmark.

    `ratio` is a rate of stepping divided by the rate `ratio_to` of the same run; None where the two
    do not count the same.
    """

    group: str
    about: str
    value: float
    unit: str
    ratio: float | None = None
    ratio_to: str | None = None


def rate(work: Callable[[], float], seconds: float) -> float:
    """Return the median rate of `work`, which returns the amount that it did, after a warm-up run.

    The work is repeated until it has taken `seconds` of processor time, and at least once. Rates
    are per second of processor time, so that other processes count as little as possible.
    """
    work()
    rates: list[float] = []
    spent = 0.0
    while not rates or spent < seconds:
        began = time.process_time()
        amount = work()
        took = time.process_time() - began
        rates.append(amount / took)
        spent += took
    return statistics.median(rates)


def milliseconds(work: Callable[[], object], seconds: float) -> float:
    """Return the median processor time of `work` in milliseconds; see `rate`."""

    def once() -> float:
        work()
        return 1.0

    return 1000 / rate(once, seconds)
