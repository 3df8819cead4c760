"""What a sweep is to run: from a TOML file, from options of the command line, or from both.

All problems are reported at once, with the line of the file where possible.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from agents.learner import check_options
from agents.sweep.sweep_run import EvaluationPlan
from agents.training.train_config import TrainConfig
from game.files import open_regular
from game.filling import Misfit, TomlMisfit, fill, parse_toml
from game.session.messages import MOST_STEPS
from game.tasks.distribution import SPLITS

MOST_RUNS = 10_000
MOST_EVALUATION_SEEDS = 1000
MOST_BYTES = 1 << 20  # the largest file that is read
SET = "set"
VALUE = r"(?:\[[^][]*\]|[^][,]+)"  # regular expression for one value of `--set`
TRAINING_OPTIONS = ("tasks", "iterations", "patience")  # options of training that `set` may vary


class SpecError(Exception):
    """A sweep cannot be run as it is asked for; the message lists all problems."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(dict.fromkeys(problems))
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class SpecSource:
    """The file that a sweep comes from; "" if it comes from the command line alone."""

    path: str = ""
    text: str = ""
    overridden: frozenset[str] = frozenset()
    """Keys that the command line sets in place of the file."""

    def place(self, *words: str, key: str = "") -> str:
        """Return `FILE:LINE:1: ` of the first of the words that a line mentions.

        It begins a message, and is "" where the command line sets the key. Lines from that of the
        key on come first: `tasks` in `[set]` is not `tasks`.
        """
        if not self.path or key in self.overridden:
            return ""
        lines = [*enumerate((line.partition("#")[0] for line in self.text.split("\n")), 1)]
        of_key = next((i for i, (_, line) in enumerate(lines) if _mentions(line, key)), 0)
        for word in filter(None, words):
            for number, line in [*lines[of_key:], *lines[:of_key]]:
                if _mentions(line, word):
                    return f"{self.path}:{number}:1: "
        return f"{self.path}:1:1: "


def _mentions(line: str, word: str) -> bool:
    return bool(word and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", line))


@dataclass(frozen=True)
class SweepSpec:
    """What a sweep is to run: every combination of packs, learners, values and seeds."""

    packs: tuple[str, ...] = ()
    learners: tuple[str, ...] = ("maml",)
    seeds: tuple[int, ...] = (0,)
    iterations: int = TrainConfig.iterations
    minutes: float | None = None
    tasks: int | None = None  # as many as `train` takes for the pack
    patience: int = TrainConfig.patience
    set: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values to combine of each option: one of a learner, or one of TRAINING_OPTIONS."""
    evaluation: EvaluationPlan = field(default_factory=EvaluationPlan)
    source: SpecSource = SpecSource()
    problems: tuple[str, ...] = ()
    """What is wrong with the keys above; such keys have their defaults."""


KEYS = tuple(one.name for one in fields(SweepSpec) if one.name not in ("source", "problems"))


def read_spec(path: Path | None, given: Mapping[str, Any]) -> SweepSpec:
    """Return the sweep that a file asks for, where the command line takes precedence.

    `given` is what the command line sets, by the keys of a file; a value that is None or empty sets
    nothing. Raises SpecError where the file is not TOML, and OSError where it cannot be read.
    """
    text, table = _read_file(path) if path else ("", {})
    over = {key: value for key, value in given.items() if value not in (None, (), {})}
    source = SpecSource(str(path or ""), text, frozenset(over))
    reader = _Reader(source)
    inner = {key: table.get(key) for key in (SET, "evaluation")}
    merged = {**table, **over}
    for key, value in inner.items():
        if isinstance(value, dict) and isinstance(over.get(key), dict):
            merged[key] = {**value, **over[key]}
    return reader.read(merged)


def _read_file(path: Path) -> tuple[str, dict[str, Any]]:
    with open_regular(path) as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise SpecError([f"{path}:1:1: the file is over {MOST_BYTES:,} bytes"])
    try:
        text = content.decode("utf-8-sig")
        return text, parse_toml(text)
    except UnicodeDecodeError:
        raise SpecError([f"{path}:1:1: the file is not UTF-8 - save it as UTF-8"]) from None
    except TomlMisfit as misfit:
        place = SpecSource(str(path), text).place(misfit.key) if misfit.key else ""
        raise SpecError([f"{place or f'{path}:{misfit.place}: '}{misfit}"]) from None


class _Reader:
    """Turns a table into a SweepSpec, and collects what is wrong with it."""

    def __init__(self, source: SpecSource) -> None:
        self._source, self._problems = source, list[str]()

    def read(self, table: Mapping[str, Any]) -> SweepSpec:
        """Return the sweep, with all problems."""
        for key in table:
            if key not in KEYS:
                self._problem(key, f"is not a key of sweeps - {close_to(key, KEYS)}", key)
        self._check_length(table)
        readers: dict[str, Callable[[Any], Any]] = {
            "packs": _texts,
            "learners": _texts,
            "seeds": _seeds,
            SET: _values_by_option,
            "evaluation": _evaluation,
        }
        found: dict[str, Any] = {}
        for key in KEYS:
            if key not in table:
                continue
            try:
                found[key] = readers.get(key, _training_value(key))(table[key])
            except Misfit as misfit:
                self._problem(key, misfit.what, misfit.key, key)
            except ValueError as error:
                within = "evaluation: " if key == "evaluation" else ""
                self._problems.append(f"{self._source.place(key, key=key)}{within}{error}")
        if "packs" not in table:
            self._problems.append(f"{self._source.path or 'sweep'}: name at least one pack")
        return SweepSpec(**found, source=self._source, problems=tuple(self._problems))

    def _problem(self, key: str, what: str, *words: str) -> None:
        word = next((one for one in words if one), key)
        name = f"'{word}'" if self._source.place(key=key) else f"--{word}"
        self._problems.append(f"{self._source.place(*words, key, key=key)}{name} {what}")

    def _check_length(self, table: Mapping[str, Any]) -> None:
        """Note a problem where the length of training is given twice."""
        varied = table[SET] if isinstance(table.get(SET), dict) else {}
        if "minutes" in table and ("iterations" in table or "iterations" in varied):
            self._problem("minutes", "is given beside iterations - give one of them", "minutes")


def close_to(word: str, choices: Sequence[str]) -> str:
    """Return the choice that a word may have meant, or all of them."""
    close = difflib.get_close_matches(word, choices, 1)
    return f"did you mean '{close[0]}'?" if close else f"it is one of: {', '.join(choices)}"


# --- values of keys ------------------------------------------------------------------------------


def _texts(value: Any) -> tuple[str, ...]:
    """Return texts, given as a list, or as one text."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) and v for v in values):
        raise Misfit("", f"is {value!r}, and should be a list of texts")
    if not values:
        raise Misfit("", "has no values")
    return tuple(dict.fromkeys(values))


def _seeds(value: Any) -> tuple[int, ...]:
    """Return seeds, given as whole numbers or ranges `FIRST..LAST`."""
    seeds: dict[int, None] = {}
    for one in value if isinstance(value, list | tuple) else [value]:
        found = re.fullmatch(r"(\d{1,18})(?:\.\.(\d{1,18}))?", str(one))
        if not found or isinstance(one, bool):
            what = "and should be whole numbers or ranges FIRST..LAST"
            raise Misfit("", f"is {one!r}, {what}, such as 0..9")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise Misfit("", f"is {one!r}: its first seed is larger than its last")
        if last >= first + MOST_RUNS:
            raise Misfit("", f"is {one!r}: a range has at most {MOST_RUNS:,} seeds")
        seeds |= dict.fromkeys(range(first, last + 1))
    if not seeds:
        raise Misfit("", "has no values")
    return tuple(seeds)


def _training_value(key: str) -> Callable[[Any], Any]:
    """Return a function that reads an option of training, and checks it as `train` does."""

    def read(value: Any) -> Any:
        return getattr(fill(TrainConfig, {key: value}), key)

    return read


def _values_by_option(table: Any, prefix: str = "") -> dict[str, tuple[Any, ...]]:
    """Return the values of each option by its dotted name, from nested tables with one value or a
    list of values for each."""
    if not isinstance(table, dict):
        raise Misfit("", "is not a table - write a line OPTION = [VALUES] for each option")
    found: dict[str, tuple[Any, ...]] = {}
    for key, value in table.items():
        name = f"{prefix}{key}".replace("-", "_")
        if isinstance(value, dict):
            inner = _values_by_option(value, f"{name}.")
            if twice := found.keys() & inner:
                raise Misfit(min(twice), "is given twice")
            found |= inner
        elif name in found:
            raise Misfit(name, "is given twice")
        else:
            found[name] = tuple(value) if isinstance(value, list | tuple) else (value,)
    return found


def _evaluation(table: Any) -> EvaluationPlan:
    plan = fill(EvaluationPlan, table)
    if plan.split not in SPLITS:
        raise Misfit("split", f"is '{plan.split}' - {close_to(plan.split, SPLITS)}")
    check_options(plan, seeds=(1, MOST_EVALUATION_SEEDS), steps=(0, MOST_STEPS))
    return plan


def parse_values(text: str) -> tuple[str, tuple[Any, ...]]:
    """Return an option and its values from `NAME=VALUE,VALUE`. Raises ValueError.

    A value is a number, true or false, a text, or a list of these, as `[64,64]`.
    """
    name, equals, values = text.partition("=")
    if not (name and equals and values):
        raise ValueError(f"--set takes NAME=VALUE,VALUE... for each option, not '{text}'")
    if not re.fullmatch(f"{VALUE}(,{VALUE})*", values):
        raise ValueError(f"--set {text}: separate values by commas, lists as [64],[64,64]")
    parts = re.findall(VALUE, values)
    return name.replace("-", "_"), tuple(map(_value, parts))


def parse_settings(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Return the values of each option, from texts for `parse_values`. Raises ValueError."""
    found: dict[str, tuple[Any, ...]] = {}
    for name, values in map(parse_values, texts):
        if name in found:
            raise ValueError(f"--set gives {name} twice - write {name}=VALUE,VALUE...")
        found[name] = values
    return found


def _value(text: str) -> Any:
    if text.startswith("["):
        return [_value(part) for part in text.strip("[]").split(",") if part.strip()]
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
