"""The options that a pack recommends for learners."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

from game.filling import Misfit, update
from game.tasks.pack_file import PackFile
from game.text.tiles import ACTIONS

Config = TypeVar("Config")


@dataclass(frozen=True)
class TrainAdvice:
    """The options that a pack recommends for learners: its tables [train.LEARNER] by learner.

    They are fields of the learner's own Config, and nothing else: a pack is data from strangers.
    """

    tables: dict[str, Any] = field(default_factory=dict)
    source: PackFile | None = field(default=None, compare=False)
    n_actions: int = len(ACTIONS)
    """The number of actions of the pack's tasks."""

    def apply(self, learner: str, config: Config) -> Config:
        """Return a learner's Config with the recommended options in place of its own, and with the
        number of actions of the tasks where it has such an option.

        Raises PackError where one is no field of the Config, or does not fit.
        """
        if getattr(config, "n_actions", self.n_actions) != self.n_actions:
            config = update(config, {"n_actions": self.n_actions})
        if self.source is None or learner not in self.tables:
            return config
        self._check_table(learner)
        try:
            return update(config, self.tables[learner])
        except Misfit as misfit:
            what = f"{misfit.what} (options of '{learner}')"
            raise self.source.error(misfit.key or learner, what, within=learner) from None
        except ValueError as error:
            raise self.source.error(learner, f"cannot be trained so: {error}") from None

    def check(self) -> None:
        """Raise PackError where the options of any learner are no table."""
        for learner in self.tables:
            self._check_table(learner)

    def _check_table(self, learner: str) -> None:
        if self.source and not isinstance(self.tables[learner], dict):
            name = learner if re.fullmatch(r"[\w-]+", learner, re.A) else f'"{learner}"'
            todo = f"write [train.{name}], and below it lines such as 'inner.discount = 0.8'"
            raise self.source.error(learner, f"is no table of options - {todo}", within="train")

    def text(self, learner: str) -> str:
        """Return the recommended options of a learner in one line, or "" if there are none."""
        return ", ".join(_assignments(self.tables.get(learner, {})))


def _assignments(table: dict[str, Any], prefix: str = "") -> list[str]:
    """Return a table's lines `key = value`, with dots between the keys of tables inside it."""
    lines: list[str] = []
    for key, value in table.items():
        name = f"{prefix}{key}"
        lines += _assignments(value, f"{name}.") if isinstance(value, dict) else []
        lines += [] if isinstance(value, dict) else [f"{name} = {json.dumps(value, default=str)}"]
    return lines
