"""Train PPO of Stable-Baselines3 on a level with a visible goal, and print its return.

    python -m pip install stable-baselines3
    python docs/train_with_sb3.py [STEPS]

PPO observes the same features as Gridapt's agents. It learns this one level, without adaptation.
"""

from __future__ import annotations

import sys

import gymnasium
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

import game.env
from game.text.level import Level
from game.text.reading import parse
from game.world.batch import GridBatch
from game.world.planner import optimal_return

LEVEL = parse(
    """
title: Round the pond
goal: visible
steps: 40

map:
#########
#@..#...#
#.~~#.~.#
#.~~..~.#
#...#..G#
#########
"""
)


def train(level: Level, steps: int) -> tuple[float, float]:
    """Return the mean return of a PPO policy after `steps` steps, and the optimal return."""
    torch.set_num_threads(1)
    envs = make_vec_env(lambda: gymnasium.make(game.env.ID, level=level), n_envs=8, seed=0)
    model = PPO("MlpPolicy", envs, n_steps=128, batch_size=256, learning_rate=1e-3, seed=0)
    model.learn(steps)
    mean, _ = evaluate_policy(model, envs, n_eval_episodes=8, deterministic=True)
    return float(mean), float(optimal_return(GridBatch.of([level]))[0])


if __name__ == "__main__":
    reached, optimum = train(LEVEL, int(sys.argv[1]) if len(sys.argv) > 1 else 40_000)
    print(f"return {reached:.2f}, the optimum is {optimum:.2f}")
