"""`levels`: look at levels and packs; write and check your own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import OmitSubcommandPrefixes, subcommand

from commands.levels.check import CheckCommand
from commands.levels.convert import ConvertCommand
from commands.levels.fixed import FixedCommand
from commands.levels.hash import HashCommand
from commands.levels.legend import LegendCommand
from commands.levels.list import ListCommand
from commands.levels.new import NewCommand
from commands.levels.sample import SampleCommand
from commands.levels.show import ShowCommand

LevelCommand = (
    Annotated[ListCommand, subcommand("list")]
    | Annotated[NewCommand, subcommand("new")]
    | Annotated[CheckCommand, subcommand("check")]
    | Annotated[ShowCommand, subcommand("show")]
    | Annotated[LegendCommand, subcommand("legend")]
    | Annotated[HashCommand, subcommand("hash")]
    | Annotated[SampleCommand, subcommand("sample")]
    | Annotated[ConvertCommand, subcommand("convert")]
    | Annotated[FixedCommand, subcommand("fixed")]
)


@dataclass(frozen=True)
class LevelsCommand:
    """Look at levels and packs; write and check your own."""

    command: OmitSubcommandPrefixes[LevelCommand]

    def run(self) -> int:
        return self.command.run()
