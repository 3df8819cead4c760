"""The agents that are watched where nobody names any: the one place that decides it.

A pack may name an agent of its own. For all other levels there are generalists, which were trained
on the pack `worlds`; the best one is watched, with another and scratch beside it.
"""

from __future__ import annotations

from agents.agent_catalog import list_pretrained
from game.session.messages import BASELINE_AGENT
from game.tasks.packs import Pack, PackSummary

GENERALISTS = ("neural-map-worlds", "maml-worlds")  # the best one first
COURSE_AGENT = "maml-mazes-9x9"  # it shows what the course is about: adaptation by gradient steps


def default_agents(pack: Pack | PackSummary | None = None) -> tuple[str, ...]:
    """Return the agents for a pack, or for any level; the one to watch first and scratch last.

    Until a generalist is shipped, the agent of the course stands in for it. Where the tasks are no
    levels of the grid, no generalist can adapt to them, and without an agent of its own a pack has
    scratch alone.
    """
    own = (pack.agent,) if pack and pack.agent else ()
    if pack and pack.world:
        return (*own, BASELINE_AGENT)
    return (*(own or _shipped_generalists() or (COURSE_AGENT,)), BASELINE_AGENT)


def first_agents(pack: Pack) -> tuple[str, ...]:
    """Return the agents of the window's first sight: gradient steps, and next to them the best
    generalist for a pack, if there is one."""
    return tuple(dict.fromkeys((COURSE_AGENT, default_agents(pack)[0], BASELINE_AGENT)))


def _shipped_generalists() -> tuple[str, ...]:
    shipped = list_pretrained()
    return tuple(name for name in GENERALISTS if name in shipped)
