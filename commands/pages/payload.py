"""The data of a page, ready for JSON: level, agents, tasks and recorded adaptations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from commands.pages.live_tables import NotLive, live_obstacle, live_tables
from commands.pages.packing import packed, packed_paths, packed_shares
from commands.pages.recorded_runs import RecordedRun, Recording, live_learners
from game.session.ending import HARM, ending_sentence, scratch_index, training_part
from game.session.glossary import TERMS
from game.session.trace import AdaptationStep
from game.tasks.hidden_variables import hidden_names, values_in_words
from game.tasks.packs import Pack
from game.tasks.task import Task
from game.text.level import ENDS_BOXES, Cell
from game.text.tiles import BOX_ON_TARGET, GOAL, OPPONENTS, TILES
from game.view.draw.board import badges_of
from game.view.draw.board_legend import BOXES_TEXT, GOAL_TEXT, listed_chars, thing_text
from game.view.draw.box_marks import IRON, SETTLED, STEEL, WOOD
from game.view.draw.ground_patterns import EMBER
from game.view.draw.marks import GOLD, HUNTER_HUE, PATROL_HUE, PORTAL
from game.view.draw.overlays import HEAT
from game.view.draw.theme import DARK_INK, PALETTES, WHITE, Palette
from game.view.model.tile_words import hidden_settings, tile_words
from game.world.batch import GridBatch
from game.world.bayes_optimal import first_episode_score
from game.world.planner import baseline_returns, optimal_path
from game.world.tables import Tables, compile_level

MARK_HUES = {  # of marks on the board, the same in all themes
    **{"white": WHITE, "ink": DARK_INK, "gold": GOLD, "portal": PORTAL, "patrol": PATROL_HUE},
    **{"hunter": HUNTER_HUE, "wood": WOOD, "steel": STEEL, "iron": IRON, "settled": SETTLED},
    **{"ember": EMBER, "heat": HEAT},
}
EPISODES_KEPT = 4  # of each adaptation step, at most
MOST_STATES = 2_000  # of a task whose policy a page holds
DIGITS = 7  # of a return
WORDS = (  # terms that the page uses, and explains
    *("adaptation", "adaptation step", "Bayes bound", "episode", "gradient step", "hidden"),
    *("meta-trained", "optimum", "policy", "random", "return", "score", "scratch", "seed"),
    "step size",
)
Json = dict[str, Any]


def look() -> Json:
    """Return the colours of both themes and of marks, and how tiles look."""
    tiles = {
        tile.char: {
            "char": tile.char,
            "name": tile.name,
            "colour": tile.colour,
            "pattern": tile.pattern,
            "passable": tile.passable,
        }
        for tile in TILES
    }
    palettes = {name: palette_facts(p) for name, p in PALETTES.items()}
    return {"tiles": tiles, "palettes": palettes, "hues": MARK_HUES}


def glossary() -> dict[str, str]:
    """Return the terms that a page explains."""
    return {word: TERMS[word] for word in WORDS}


def palette_facts(palette: Palette) -> Json:
    """Return the colours of a theme by name."""
    names = ("paper", "card", "ink", "muted", "rule", "faint", "goal", "alert", "night", "dim")
    lists = ("agents", "texts", "trails")
    return {name: getattr(palette, name) for name in (*names, *lists)}


def level_payload(pack: Pack, recording: Recording, runs: Sequence[RecordedRun]) -> Json:
    """Return all that a page shows of one level. Raises AgentError."""
    task, request = recording.request.task, recording.request
    level, live = task.level, _live_or_reason(recording)
    able = (live["live"] or {}).get("agents", {})
    goals = (*recording.goals, *_goals_beyond(recording, able))
    moved = dict.fromkeys(one.goal for one in request.changes if one.goal)
    goals = tuple(dict.fromkeys((*goals, *moved)))
    tables = {goal: compile_level(recording.task(goal).level) for goal in goals}
    kept = {goal: _kept_states(tables[goal], goal, runs, recording) for goal in goals}
    scratch = scratch_index(recording.cards)
    return {
        "title": level.title or task.name,
        "author": level.author,
        "pack": pack.title,
        "id": task.id,
        "hiddenGoal": level.goal == "hidden",
        "hidden": _hidden_text(task),
        "world": level.world.kind if level.world and not level.world.rules.by_moves else None,
        "actions": compile_level(level).n_actions,
        "opponents": [level.tiles[r][c] for r, c in level.find(*OPPONENTS)],
        "legend": _legend(task),
        "agents": _agents(recording, runs),
        "seeds": list(recording.seeds),
        "stepSizes": list(recording.step_sizes),
        "stepSize": request.step_size,
        "steps": request.steps,
        "episodes": request.episodes,
        "scratch": scratch,
        "training": training_part(recording.cards[0], scratch is not None),
        "harm": HARM,
        "endings": _endings(recording, runs),
        "tasks": [_task(recording.task(goal), goal, tables[goal], kept[goal]) for goal in goals],
        "runs": [_run(run, recording, tables, kept) for run in runs],
        "changes": [
            {"step": one.step, "goal": cell_number(task, one.goal)} for one in request.changes
        ],
        "bayes": None if request.changes else bayes_bound(pack, task),
        **live,
        "many": None,
    }


def _live(recording: Recording) -> Json:
    """Return what the page needs to adapt agents by itself: all that can adapt, or else the first
    one whose tables fit. Raises NotLive where there is none."""
    level = recording.request.task.level
    if recording.request.changes:
        raise NotLive("the task changes meanwhile")
    if compile_level(level).n_states > MOST_STATES:
        raise NotLive("the level has too many states")
    learners = live_learners(recording)
    obstacles = {name: live_obstacle(one, level) for name, one in learners.items()}
    able = {name: one for name, one in learners.items() if not obstacles[name]}
    if not able:
        raise NotLive(next(iter(obstacles.values()), "none of the agents takes gradient steps"))
    for fewer in (able, *({name: one} for name, one in able.items())):
        goals = [goal for goal in (*recording.goals, *_goals_beyond(recording, fewer)) if goal]
        with contextlib.suppress(NotLive):
            return live_tables(level, fewer, goals)
    raise NotLive("the level has too many states for so many places of the goal")


def _live_or_reason(recording: Recording) -> Json:
    """Return what the page adapts agents with, or a sentence that says why it does not."""
    try:
        return {"live": _live(recording), "notLive": ""}
    except NotLive as reason:
        return {"live": None, "notLive": not_live_text(f"{reason}")}


def not_live_text(reason: str) -> str:
    """Return the sentence of a page in which no agent adapts."""
    return f"All runs here are recorded: {reason}."


def _goals_beyond(recording: Recording, live: Mapping[str, object]) -> tuple[Cell, ...]:
    """Return goals of which nothing is recorded; none unless all agents are `live`: adapt in the
    page."""
    return recording.live_goals if len(live) == len(recording.agents) else ()


def cell_number(task: Task, cell: Cell | None) -> int | None:
    """Return the number of a cell of a task's map, row by row; None for None."""
    return None if cell is None else cell[0] * task.level.width + cell[1]


def _hidden_text(task: Task) -> str:
    names, values = hidden_names(task), values_in_words(task)
    text = f"Hidden from the agent: {', '.join(names)}." if names else ""
    return f"{text} Drawn here: {'; '.join(values)}." if values else text


def _legend(task: Task) -> list[Json]:
    """Return the characters that the legend lists, with the tiles to draw and their meaning."""
    level, hidden = task.level, hidden_settings(task)
    if level.world:
        tiles = [tile for tile, _ in level.world.things]
        return [{"tile": tile, "text": thing_text(tile), "thing": True} for tile in tiles]
    first = (BOX_ON_TARGET, BOXES_TEXT)
    if level.ends != ENDS_BOXES:
        first = (GOAL, GOAL_TEXT[level.goal])
    words = [
        (level.tile(char), tile_words(level, char, hidden, reveal=True))
        for char in listed_chars(level, hidden, reveal=True)
    ]
    return [{"tile": tile, "text": text} for tile, text in (first, *words)]


def _agents(recording: Recording, runs: Iterable[RecordedRun]) -> list[Json]:
    notes = {run.agent: run.trace.note for run in runs}
    return [
        {
            "name": label,
            "about": card.about or (f"adapts by {card.adapts_by}" if card.adapts_by else ""),
            "note": notes.get(i, ""),
            "learned": card.learned,
            "seen": recording.request.task.id in card.trained_on,
            "pack": card.pack,
            "episodes": card.episodes,
            "training": training_part(card, False),
            "byGradients": recording.adapts_by_gradients[i],
        }
        for i, (label, card) in enumerate(zip(recording.labels, recording.cards, strict=True))
    ]


# --- tasks ---------------------------------------------------------------------------------------


def bayes_bound(pack: Pack, task: Task) -> float | None:
    """Return the upper bound on the mean score in the first episode where the goal is hidden; None
    where no single level family, or no bound, is known."""
    families = pack.families(task) if task.level.goal == "hidden" else []
    return first_episode_score(families[0]) if len(families) == 1 else None


def _kept_states(
    tables: Tables, goal: Cell | None, runs: Iterable[RecordedRun], recording: Recording
) -> np.ndarray:
    """Return the states [K] that a page holds, in ascending order: all of a small task, or else
    those that its episodes and an optimal one visit."""
    if tables.n_states <= MOST_STATES:
        return np.arange(tables.n_states)
    paths = [
        step.paths[0].ravel()
        for run in runs
        for step in run.trace.steps
        if recording.goal_at(run.goal, step.step) == goal
    ]
    visited = np.unique(np.concatenate([*paths, optimal_path(tables)[0]]))
    return visited[visited >= 0]


def _task(task: Task, goal: Cell | None, tables: Tables, kept: np.ndarray) -> Json:
    """Return a task with its goal at one place: map, places in each kept state, and bounds."""
    width, returns = task.level.width, baseline_returns(GridBatch([tables]))

    def cells(places: np.ndarray) -> Json:
        """Return the numbers of cells [.., 2]."""
        return packed(places[kept][..., 0] * width + places[kept][..., 1])

    def bits(flags: np.ndarray) -> Json:
        return packed((flags[kept] << np.arange(flags.shape[1])).sum(1))

    changing = {
        "keys": bits(tables.keys) if tables.keys.any() else None,
        "coins": bits(tables.coins) if tables.coins.shape[1] else None,
        "gates": packed(tables.gates[kept]) if tables.gates.any() else None,
        "boxes": cells(tables.boxes) if tables.boxes.shape[1] else None,
        "opponents": cells(tables.opponents) if tables.opponents.shape[1] else None,
        "found": None if tables.found is None else packed(tables.found[kept]),
    }
    return {
        "goal": cell_number(task, goal),
        "goalCell": next((cell_number(task, cell) for cell in task.level.find(GOAL)), None),
        "rows": list(task.level.tiles),
        "badges": _badges(task),
        "things": _things(task),
        "cells": cells(tables.cell),
        "over": packed(tables.over[kept]),
        "start": int(np.searchsorted(kept, tables.starts[0])),
        **{name: value for name, value in changing.items() if value},
        "random": float(returns.random[0]),
        "optimal": float(returns.optimal[0]),
        "optimum": packed(np.searchsorted(kept, optimal_path(tables)[0])),
    }


def _badges(task: Task) -> list[tuple[int, str]]:
    """Return the cells of arms and of an MDP's states, each with its number, in their order."""
    badges = badges_of(task.level) if task.level.world else {}
    width = task.level.width
    return [(row * width + column, text) for (row, column), text in badges.items()]


def _things(task: Task) -> list[tuple[int | None, str]]:
    """Return the cells of the hidden things of a task's world, each with its tile."""
    things = task.level.world.things if task.level.world else ()
    return [(cell_number(task, cell), tile) for tile, cell in things]


# --- adaptations ---------------------------------------------------------------------------------


def _run(
    run: RecordedRun,
    recording: Recording,
    tables: Mapping[Cell | None, Tables],
    kept: Mapping[Cell | None, np.ndarray],
) -> Json:
    """Return a run. `tables` and `kept` states are those of each place of the goal."""
    goals = [recording.goal_at(run.goal, step.step) for step in run.trace.steps]
    return {
        "agent": recording.labels[run.agent],
        "seed": run.seed,
        "stepSize": run.step_size,
        "goal": cell_number(recording.request.task, run.goal),
        "steps": [
            _step(run, step, kept[goal])
            | {"visits": _visits(step, tables[goal], recording.request.task)}
            for step, goal in zip(run.trace.steps, goals, strict=True)
        ],
    }


def _endings(recording: Recording, runs: Sequence[RecordedRun]) -> list[Json]:
    """Return the sentences with which recorded adaptations end, for each choice.

    Agents without a step size have one run for all of them.
    """
    own, changes = recording.request.step_size, recording.request.changes
    known = {(run.goal, run.seed, run.step_size, run.agent): run.trace for run in runs}
    endings = []
    for goal, seed, size in dict.fromkeys((run.goal, run.seed, run.step_size) for run in runs):
        traces = [
            known.get((goal, seed, size, i)) or known[goal, seed, own, i]
            for i in range(len(recording.agents))
        ]
        text = ending_sentence(traces, recording.cards, changes)
        cell = cell_number(recording.request.task, goal)
        endings.append({"goal": cell, "seed": seed, "stepSize": size, "text": text})
    return endings


def _visits(step: AdaptationStep, tables: Tables, task: Task) -> Json | None:
    """Return how often the cells of the map were visited in a step's episodes, in shares of the
    most, rounded up to steps of 1/255; None where the page counts them in the episodes it has."""
    states = step.paths[0][step.paths[0] >= 0]
    if len(step.paths[0]) <= EPISODES_KEPT or not len(states):
        return None
    rows, columns = tables.cell[states].T
    counts = np.bincount(rows * task.level.width + columns)
    return packed(np.ceil(255 * counts / counts.max()).astype(np.uint8))


def _step(run: RecordedRun, step: AdaptationStep, kept: np.ndarray) -> Json:
    """Return one adaptation step; `probs` are None where the task has too many states."""
    exact = None if step.return_exact is None else round(float(step.return_exact[0]), DIGITS)
    paths = [path[path >= 0] for path in step.paths[0][:EPISODES_KEPT]]
    is_small = step.action_probs.shape[1] <= MOST_STATES
    return {
        "step": step.step,
        "episodes": step.episodes,
        "envSteps": int(step.env_steps[0]),
        "gradientSteps": step.gradient_steps,
        "returnExact": exact,
        "returnSampled": round(float(step.return_sampled[0]), DIGITS),
        "score": round(run.trace.score(step), DIGITS),
        "probs": packed_shares(step.action_probs[0]) if is_small else None,
        "paths": packed_paths([np.searchsorted(kept, path).tolist() for path in paths]),
    }
