"""The check, before any work begins, that agents can observe the maps of a pack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.agent_catalog import GRAPH_LAYOUT, find_agent, read_config, scratch_like
from agents.learner_registry import BUILT_IN, is_file_learner, learner_names
from game.tasks.pack_file import PACK_FILE
from game.tasks.packs import Pack
from game.world.features import TooLargeToSee, check_observable


def check_map_sizes(
    pack: Pack, splits: Sequence[str], agents: Sequence[str], home: str = ""
) -> None:
    """Raise TooLargeToSee, with the file, where a map of these splits is too large for the agents.

    The planner and its like observe nothing, and learners of one's own may take any map: they are
    not checked. Bare names of learners stand for their agents on the pack `home`, or else on this
    one. Raises AgentError where a map is too large and an agent does not exist.
    """
    for name in splits:
        split = pack.split(name)
        tasks = list(split.tasks)
        if split.draw and not tasks:
            tasks = split.sample(1, np.random.default_rng(0))
        for task in tasks:
            try:
                check_observable(task.level)
            except TooLargeToSee as error:
                if any(_observes(agent, home or pack.name) for agent in agents):
                    place = "" if task.level.file else f"{pack.path / PACK_FILE}:1:1: "
                    raise TooLargeToSee(f"{place}{error}") from None
                return


def _observes(agent: str, pack: str) -> bool:
    """Whether an agent, given by its name, or a learner observes features. Raises AgentError."""
    like = scratch_like(agent)
    if like:
        return like in BUILT_IN or _observes(like, pack)
    if agent in BUILT_IN:
        return BUILT_IN[agent].trains
    if agent in learner_names() or is_file_learner(agent):
        return False
    config = read_config(find_agent(agent, pack))
    return config.get("learner") in BUILT_IN and GRAPH_LAYOUT not in config
