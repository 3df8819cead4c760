"""The available agents, and the facts about them that need no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.learner import AgentError
from agents.learner_registry import BUILT_IN, find_entry
from agents.run_folder import run_file, run_path
from game.session.messages import BASELINE_AGENT, AgentCard
from game.world.features import LAYOUT

PRETRAINED = Path(__file__).resolve().parent / "pretrained"
RUNS = Path("runs")  # default folder of `train`
CONFIG, WEIGHTS, RESULTS = "config.json", "agent.safetensors", "results.json"
CHECKPOINT = "last.safetensors"  # for `train --resume`
EPISODES_PER_STEP = "episodes_per_step"  # key in config.json; older configs lack it
SHARED_WITH_SCRATCH = ("hidden", "step_size", "inner")
UNTRAINED = tuple(name for name, entry in BUILT_IN.items() if not entry.needs_run)


def list_pretrained() -> list[str]:
    """Return the names of the agents that are shipped with the project."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{CONFIG}"))


def list_runs() -> list[str]:
    """Return the folders of the user's runs in the default folder of `train`."""
    folders = sorted(RUNS.glob("*/"))
    return [str(folder) for folder in folders if _is_run(folder) and run_file(folder, WEIGHTS)]


def _is_run(folder: Path) -> bool:
    return run_file(folder, CONFIG) is not None


def scratch_like(name: str) -> str | None:
    """Return the agent of `scratch:AGENT`, whose network and inner loop it has, or None."""
    prefix, colon, agent = name.partition(":")
    return agent if colon and agent and prefix == BASELINE_AGENT else None


def inner_options(name: str, pack: str = "") -> dict[str, Any] | None:
    """Return the options of an agent that scratch shares: network, step size and inner loop.

    None if the agent does not adapt by gradients. Raises AgentError.
    """
    if name in UNTRAINED:
        return None
    options = read_config(find_agent(name, pack))["options"]
    if not isinstance(options.get("inner"), dict):
        return None
    return {key: options[key] for key in SHARED_WITH_SCRATCH if key in options}


def _same_options(a: Any, b: Any) -> bool:
    """Whether options agree; one that an older config lacks has its default."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(_same_options(a[key], b[key]) for key in a.keys() & b.keys())
    return bool(a == b)


def share_inner_loop(agent: str, scratch: str, pack: str = "") -> bool:
    """Whether a scratch has the network and inner loop of an agent. Raises AgentError."""
    like = scratch_like(scratch)
    options = None if scratch_like(agent) or not like else inner_options(agent, pack)
    return bool(options and like and _same_options(options, inner_options(like, pack)))


def scratch_for(agents: Mapping[str, str], pack: str = "") -> dict[str, str]:
    """Return the scratch agents that agents are compared with: one for each distinct inner loop.

    Both mappings are from display name to agent. Where no agent adapts by gradients, there is one
    `scratch`, with the options that the pack recommends for `maml`. Raises AgentError.
    """
    found: list[tuple[str, str, dict[str, Any]]] = []
    for label, name in agents.items():
        options = inner_options(name, pack) if scratch_like(name) is None else None
        if options and not any(_same_options(options, other) for *_, other in found):
            folder = find_agent(name, pack)
            agent = folder.name if folder.parent == PRETRAINED else name
            found.append((label, f"{BASELINE_AGENT}:{agent}", options))
    if not found:
        return {BASELINE_AGENT: BASELINE_AGENT}
    if len(found) == 1:
        return {BASELINE_AGENT: found[0][1]}
    return {f"{BASELINE_AGENT} ({label})": name for label, name, _ in found}


def with_scratch(agents: Sequence[str], pack: str = "") -> list[str]:
    """Return the agents with `scratch` replaced as `scratch_for` says. Raises AgentError."""
    others = {name: name for name in agents if name != BASELINE_AGENT}
    if len(others) == len(agents):
        return list(agents)
    place = agents.index(BASELINE_AGENT)
    before, after = agents[:place], [name for name in agents[place:] if name != BASELINE_AGENT]
    return [*before, *scratch_for(others, pack).values(), *after]


def is_shipped(learner: str, pack: str) -> bool:
    """Whether an agent LEARNER-PACK is shipped with the project."""
    return (PRETRAINED / f"{learner}-{pack}" / CONFIG).is_file()


def find_agent(name: str, pack: str = "") -> Path:
    """Return the folder of an agent: a run, a shipped agent, or `pack`'s agent of a learner.

    Raises AgentError.
    """
    choices = [Path(name), PRETRAINED / name, PRETRAINED / f"{name}-{pack}"]
    for folder in choices:
        if _is_run(folder):
            return folder
    if Path(name).is_dir():
        raise AgentError(f"{name}: no {CONFIG} in this folder - it is not (yet) a run of 'train'")
    if name in BUILT_IN and pack:
        todo = f"train one: python main.py train {pack} --learner {name} --out runs/{name}-{pack}"
        raise AgentError(f"no agent '{name}-{pack}' is shipped - {todo}")
    learner = Path(name).name.partition("-")[0]
    if learner in BUILT_IN and BUILT_IN[learner].trains and Path(name).name != name and pack:
        todo = f"train it first: python main.py train {pack} --learner {learner} --out {name}"
        raise AgentError(f"{name}: no such run - {todo}")
    known = ", ".join([*list_pretrained(), *UNTRAINED])
    raise AgentError(f"{name}: no such run or agent - give a run's folder, or one of: {known}")


def read_config(folder: Path) -> dict[str, Any]:
    """Return the contents of an agent's config.json. Raises AgentError."""
    path = run_path(folder, CONFIG)
    try:
        config = json.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise AgentError(f"{path}: cannot be read: {error}") from None
    if not isinstance(config, dict) or not isinstance(config.get("options"), dict):
        raise AgentError(f"{path}: this is not the config of a run")
    if config.get("features") != LAYOUT:
        raise AgentError(f"{path}: the agent was trained on other features - train it again")
    return config


def agent_card(name: str, pack: str = "") -> AgentCard:
    """Return the card of an agent, given as for `find_agent`.

    Raises AgentError, also if the agent's learner is unknown.
    """
    if name in UNTRAINED:
        return AgentCard(name, BUILT_IN[name].episodes, learned=False)
    like = scratch_like(name)
    if like is not None:
        card = agent_card(like, pack)
        name = f"{BASELINE_AGENT} ({card.name})"
        return AgentCard(name, card.episodes, short_name=BASELINE_AGENT, learned=False)
    folder = find_agent(name, pack)
    config = read_config(folder)
    try:
        find_entry(str(config.get("learner")))
    except AgentError as error:
        raise AgentError(f"{folder / CONFIG}: {error}") from None
    ids = config.get("trained_on")
    return AgentCard(
        name=folder.resolve().name,
        episodes=_episodes_per_step(config),
        pack=str(config.get("pack", "")),
        trained_on=frozenset(map(str, ids)) if isinstance(ids, list) else frozenset(),
        usual=_held_out_scores(folder),
    )


def _episodes_per_step(config: dict[str, Any]) -> int:
    """Return the environment episodes of each adaptation step; older configs only imply them."""
    inner = config["options"].get("inner")
    implied = inner.get("episodes") if isinstance(inner, dict) else None
    episodes = config.get(EPISODES_PER_STEP, implied)
    if type(episodes) is int and episodes > 0:
        return episodes
    return find_entry(str(config.get("learner"))).episodes


def _held_out_scores(folder: Path) -> tuple[tuple[int, float], ...]:
    """Return (episodes, mean score) pairs on held-out tasks; empty without a results file."""
    try:
        results = json.loads(run_path(folder, RESULTS).read_bytes().decode("utf-8"))
        curve = results["agents"][folder.resolve().name]
        pairs = zip(curve["episodes"], curve["score_mean"], strict=True)
        return tuple((int(episodes), float(score)) for episodes, score in pairs)
    except (OSError, ValueError, KeyError, TypeError):
        return ()
