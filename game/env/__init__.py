"""Levels as Gymnasium environments: `LevelEnv`, one at a time, and `LevelVectorEnv`, many.

Gymnasium imports this package by itself when its name stands before that of the environment:

    gymnasium.make("game.env:gridapt/Level-v0", level="mazes-9x9")
    gymnasium.make_vec("game.env:gridapt/Level-v0", num_envs=64,
                       vectorization_mode="vector_entry_point",
                       level="levels/showcase/3-four-rooms.txt")

After `import game.env` the name `gridapt/Level-v0` alone will do.
"""

from __future__ import annotations

import gymnasium

from game.env.level_env import LevelEnv
from game.env.vector_env import LevelVectorEnv

__all__ = ["ID", "LevelEnv", "LevelVectorEnv"]

ID = "gridapt/Level-v0"

gymnasium.register(
    ID, entry_point="game.env:LevelEnv", vector_entry_point="game.env:LevelVectorEnv"
)
