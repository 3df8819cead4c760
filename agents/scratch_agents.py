"""Which scratch agents other agents are compared with: one for each distinct inner loop.

No learner is made here, so that the window knows them as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from agents.agent_catalog import PRETRAINED, UNTRAINED, find_agent, read_config, scratch_like
from agents.inner_config import InnerOptions
from agents.learner import AgentError
from game.filling import Misfit, fill
from game.session.messages import BASELINE_AGENT, MOST_AGENTS


def is_scratch(name: str) -> bool:
    """Whether an agent is `scratch` or `scratch:AGENT`."""
    return name == BASELINE_AGENT or scratch_like(name) is not None


def inner_options(name: str, pack: str = "") -> InnerOptions | None:
    """Return the options of an agent that scratch shares: network, step size and inner loop.

    None if the agent does not adapt by gradients. Raises AgentError.
    """
    if name in UNTRAINED or is_scratch(name):
        return None
    options = read_config(find_agent(name, pack))["options"]
    try:
        shared = [field.name for field in fields(InnerOptions)]
        return fill(InnerOptions, {key: options[key] for key in shared if key in options})
    except (Misfit, ValueError):
        return None


def scratch_for(agents: Mapping[str, str], pack: str = "") -> dict[str, str]:
    """Return the scratch agents that agents are compared with: one for each distinct inner loop.

    Both mappings are from display name to agent. Where no agent adapts by gradients, there is one
    `scratch`, with the options that the pack recommends for `maml`. Raises AgentError.
    """
    found: dict[InnerOptions, tuple[str, str]] = {}
    for label, name in agents.items():
        options = inner_options(name, pack)
        if options and options not in found:
            folder = find_agent(name, pack)
            agent = folder.name if folder.parent == PRETRAINED else name
            found[options] = label, f"{BASELINE_AGENT}:{agent}"
    if not found:
        return {BASELINE_AGENT: BASELINE_AGENT}
    if len(found) == 1:
        [(_, only)] = found.values()
        return {BASELINE_AGENT: only}
    return {f"{BASELINE_AGENT} ({label})": name for label, name in found.values()}


def with_scratch(agents: Sequence[str], pack: str = "") -> list[str]:
    """Return the agents with `scratch` replaced as `scratch_for` says.

    Raises AgentError, also where there are more than the window shows.
    """
    if BASELINE_AGENT not in agents:
        return list(agents)
    others = {name: name for name in agents if name != BASELINE_AGENT}
    place = list(agents).index(BASELINE_AGENT)
    after = [name for name in agents[place:] if name != BASELINE_AGENT]
    found = [*agents[:place], *scratch_for(others, pack).values(), *after]
    if len(found) > MOST_AGENTS:
        what = f"with a scratch for each distinct inner loop these are {len(found)} agents"
        todo = f"name fewer agents, or one scratch as {BASELINE_AGENT}:AGENT"
        raise AgentError(f"{what}, and at most {MOST_AGENTS} fit - {todo}")
    return found
