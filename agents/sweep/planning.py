"""The runs of a sweep, made from its spec; all problems of packs, learners and options at once.

Learners are loaded, and with them torch, since their Configs check the values of options.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from agents.learner import AgentError
from agents.learner_registry import (
    BUILT_IN,
    advised_config,
    is_file_learner,
    make_config,
    registered_name,
)
from agents.sweep.spec import MOST_RUNS, TRAINING_OPTIONS, SpecError, SweepSpec, close_to
from agents.sweep.sweep_run import Options, SweepRun, flat, nested
from agents.training.evaluated_agents import tasks_of
from agents.training.train_config import TrainConfig
from agents.training.training_checks import (
    check_has_tasks,
    check_training_maps,
    check_trains,
    check_work,
    default_tasks,
)
from game.files import name_text
from game.filling import Misfit, fill, update
from game.tasks.pack_file import PackError
from game.tasks.packs import Pack
from game.text.level import LevelError
from game.world.features import TooLargeToSee
from game.world.tables import TooLarge

MOST_LETTERS = 150  # the longest name of a run's folder, but for the hash of longer ones
FAULTS = (AgentError, PackError, LevelError, TooLarge, TooLargeToSee, LookupError, OSError)


def plan_runs(spec: SweepSpec, load: Callable[[str], Pack]) -> list[SweepRun]:
    """Return the runs of a sweep, those of one combination next to each other.

    `load` loads a pack by its name or path. Raises SpecError.
    """
    return _Plan(spec, load).runs()


@dataclass
class _Plan:
    """The packs and learners of a sweep that can be used, and all problems found so far."""

    spec: SweepSpec
    load: Callable[[str], Pack]
    problems: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.problems = list(self.spec.problems)

    def runs(self) -> list[SweepRun]:
        """See `plan_runs`."""
        packs, learners = self._packs(), self._learners()
        values = {learner: self._values(learner, packs) for learner in learners}
        self._check_known_options(learners)
        self._check_number(values.values())
        found: dict[str, SweepRun] = {}
        for pack, learner in itertools.product(packs.values(), learners):
            for run in self._runs_of(pack, learner, values[learner]):
                other = found.setdefault(run.name, run)
                if other != run:
                    what = f"{learner} and {other.learner} would both write '{run.name}'"
                    self._problem(f"{what} - rename one of them", learner, key="learners")
        if self.problems:
            raise SpecError(self.problems)
        return list(found.values())

    def _problem(self, what: object, *words: str, key: str) -> None:
        self.problems.append(f"{self.spec.source.place(*words, key, key=key)}{what}")

    # --- packs and learners ---

    def _packs(self) -> dict[str, Pack]:
        """Return the packs by name."""
        found: dict[str, Pack] = {}
        for name in self.spec.packs:
            try:
                pack = self.load(name)
                check_has_tasks(pack)
                if not tasks_of(pack, self.spec.evaluation.split):
                    raise PackError(f"{name}: has no {self.spec.evaluation.split} tasks")
                if found.setdefault(pack.name, pack).path != pack.path:
                    what = f"another pack is also called '{pack.name}' - rename one"
                    raise PackError(f"{name}: {what}")
            except OSError as error:
                self._problem(f"{name}: {error.strerror or error}", name, key="packs")
            except FAULTS as error:
                self._problem(error, name, key="packs")
        return found

    def _learners(self) -> dict[str, Any]:
        """Return the Configs of the learners, which have their default options."""
        found: dict[str, Any] = {}
        for learner in self.spec.learners:
            try:
                name = registered_name(learner)
                check_trains(name, "PACK")
                found[learner] = make_config(name)
            except FAULTS as error:
                self._problem(error, learner, key="learners")
        return found

    # --- options ---

    def _check_known_options(self, learners: Mapping[str, Any]) -> None:
        """Note the options that neither a learner nor training has.

        A learner that is not known may have been meant to be any that is built in.
        """
        unknown = [one for one in self.spec.learners if one not in learners]
        configs = [*learners.values()]
        if unknown:
            configs += [make_config(name) for name, entry in BUILT_IN.items() if entry.trains]
        may_have_others = any(map(is_file_learner, unknown))  # a file, which cannot be loaded
        known = dict.fromkeys(TRAINING_OPTIONS)
        for config in configs:
            known |= dict.fromkeys(name for name, _ in flat(config))
        for option, values in self.spec.set.items():
            if not values:
                self._problem_of_option(f"'{option}' has no values", option)
            owners = [one for one in configs if _meant_option(option, one)]
            if not (may_have_others or option in TRAINING_OPTIONS or owners):
                what = f"no learner of the sweep has an option '{option}'"
                self._problem_of_option(f"{what} - {close_to(option, list(known))}", option)

    def _problem_of_option(self, what: str, option: str) -> None:
        self._problem(what, option, option.rpartition(".")[2], key="set")

    def _values(self, learner: str, packs: Mapping[str, Pack]) -> dict[str, list[Any]]:
        """Return the values of each option that a learner or training has, as its type has them."""
        found: dict[str, list[Any]] = {}
        for option, values in self.spec.set.items():
            base = make_config(registered_name(learner))
            name = option if option in TRAINING_OPTIONS else _meant_option(option, base)
            if not name:
                continue
            if name in found:
                self._problem_of_option(f"'{option}' is '{name}', which is also given", option)
                continue
            found[name] = []
            for value in values:
                try:
                    found[name].append(_typed(name, value, base))
                except (Misfit, ValueError) as error:
                    text = f"{option} = {value_text(value)} for {learner}: {error}"
                    self._problem_of_option(text, option)
        return {name: list(dict.fromkeys(values)) for name, values in found.items()}

    def _check_number(self, values: Iterable[Mapping[str, Sequence[Any]]]) -> None:
        """Raise SpecError where there are too many runs to list, given the values of the options of
        each learner."""
        combinations = sum(math.prod(map(len, options.values())) for options in values)
        n = len(self.spec.packs) * combinations * len(self.spec.seeds)
        if n > MOST_RUNS:
            what = f"the sweep has {n:,} runs, over the limit of {MOST_RUNS:,} - split the sweep"
            raise SpecError([*self.problems, f"{self.spec.source.place('seeds')}{what}"])

    # --- runs ---

    def _runs_of(
        self, pack: Pack, learner: str, values: Mapping[str, Sequence[Any]]
    ) -> Iterator[SweepRun]:
        """Yield the runs of a learner on a pack."""
        for chosen in itertools.product(*values.values()):
            options = dict(zip(values, chosen))
            training = self._training(pack, options)
            own = _own(options)
            try:
                config = update(advised_config(pack, registered_name(learner)), nested(own))
                check_training_maps(pack, learner, config)
                check_work(pack, training["tasks"], config)
            except (Misfit, ValueError, *FAULTS) as error:
                text = ", ".join(f"{k} = {value_text(v)}" for k, v in own)
                with_options = f" with {text}" if text else ""
                self._problem(f"{learner} on {pack.name}{with_options}: {error}", key="set")
                continue
            for seed in self.spec.seeds:
                yield self._run(pack, learner, options, values, TrainConfig(**training, seed=seed))

    def _training(self, pack: Pack, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a run's training, but for its seed."""
        spec = self.spec
        training = {"iterations": spec.iterations, "minutes": spec.minutes}
        training |= {"tasks": spec.tasks or default_tasks(pack), "patience": spec.patience}
        return training | {k: v for k, v in options.items() if k in TRAINING_OPTIONS}

    def _run(
        self,
        pack: Pack,
        learner: str,
        options: Mapping[str, Any],
        values: Mapping[str, Sequence[Any]],
        training: TrainConfig,
    ) -> SweepRun:
        """Return a run. The options that vary name its combination, and all that are set its
        folder."""
        set_to = {name: f"{name}={value_text(value)}" for name, value in options.items()}
        varied = [text for name, text in set_to.items() if len(values[name]) > 1]
        label = learner.rpartition(":")[2]
        return SweepRun(
            _folder_name([label, pack.name, *set_to.values(), f"seed{training.seed}"]),
            name_text(" ".join([label, *varied])),
            pack.name if pack.is_shipped else str(pack.path.resolve()),
            _absolute(learner),
            _own(options),
            training,
            self.spec.evaluation,
        )


def _own(options: Mapping[str, Any]) -> Options:
    """Return those of the options that are not training's but the learner's."""
    return tuple((k, v) for k, v in options.items() if k not in TRAINING_OPTIONS)


def _meant_option(option: str, config: Any) -> str:
    """Return the dotted name of a learner's option, given by that or by its last part; "" where no
    option or more than one is meant."""
    names = [name for name, _ in flat(config)]
    found = [name for name in names if name.rpartition(".")[2] == option]
    return option if option in names else found[0] if len(found) == 1 else ""


def _typed(name: str, value: Any, config: Any) -> Any:
    """Return a value as an option of training or of a Config has it. Raises Misfit, ValueError."""
    if name in TRAINING_OPTIONS:
        return getattr(fill(TrainConfig, {name: value}), name)
    if isinstance(dict(flat(config))[name], tuple) and not isinstance(value, list):
        value = [value]
    return dict(flat(update(config, nested(((name, value),)))))[name]


def value_text(value: Any) -> str:
    """Return a value as it is written in the names of runs."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, tuple | list):
        return "x".join(map(value_text, value)) or "none"
    return str(value)


def _folder_name(parts: Sequence[str]) -> str:
    """Return a name that any file system takes; a long one is cut, and ends in a hash of it all."""
    whole = "-".join(parts)
    name = re.sub(r"[^A-Za-z0-9._=+-]", "_", name_text(whole))
    if len(name) <= MOST_LETTERS:
        return name
    return f"{name[:MOST_LETTERS]}-{sha256(whole.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _absolute(learner: str) -> str:
    """Return the name of a learner, with the absolute path where it is one of a file."""
    if not is_file_learner(learner):
        return learner
    file, _, name = learner.rpartition(":")
    return f"{Path(file).resolve()}:{name}"
