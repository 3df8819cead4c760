"""The play screen's texts and its panel: the episodes so far, their plot and the result."""

from __future__ import annotations

import pygame

from game.tasks.hidden_variables import hidden_hints, values_in_words
from game.tasks.task import Task
from game.text.level import ENDS_BOXES
from game.text.percentage import percentage
from game.view.draw.number_table import TableRow, draw_table
from game.view.draw.panel import OUT_OF_RANGE
from game.view.draw.plot import draw_plot
from game.view.draw.plot_axes import Axes, Curve
from game.view.draw.score_bars import ScoreRow, draw_score_bars, least_bars_height
from game.view.draw.text_boxes import draw_card, draw_description, draw_pill
from game.view.draw.theme import Typeset, number
from game.view.model.human_trial import HumanTrial
from game.view.model.play_session import PlaySession, PlaySetup
from game.view.screens.level_pictures import is_goal_hidden
from game.view.screens.play_frame import AGENT_HUE, PERSON_HUE

LEAST_GAP = 1e-12  # of optimal and random return, from which on there are scores
COLUMNS = ("total", "last episode", "mean score")
DRAW_MARGIN = 0.005  # difference of total returns below which a duel is a draw


def header_sentence(session: PlaySession, goal_shown: bool) -> str:
    """Return the header's sentence: what to do now."""
    trial, boxes = session.trial, session.task.level.ends == ENDS_BOXES
    if session.failure:
        return "This level cannot be played."
    if trial is None:
        return "Computing the optimal return of this large level…"
    if trial.over:
        return "All episodes are played. Press R to play this level again, or N for the next one."
    if trial.resting:
        found = ("Solved! " if boxes else "Found! ") if trial.on_goal else ""
        return f"{found}Make any move to begin the next episode, with what you know now."
    if session.task.level.world:
        return _key_and_door_sentence(trial, goal_shown)
    if not goal_shown:
        return "The goal is hidden: walk onto it to find it, then reach it at a lower cost."
    if boxes:
        return "Push every box onto a target at the lowest cost."
    if hidden_hints(session.task):
        return "Find out what is hidden here, and reach the goal at the lowest cost."
    return "Reach the goal at the lowest cost."


def _key_and_door_sentence(trial: HumanTrial, is_door_known: bool) -> str:
    """Return what to do now where a key and a door are hidden, the only world that people play."""
    n_found = trial.tables.n_found(trial.state)
    if n_found > 1:
        return "You have been at the door with the key: nothing more pays in this episode."
    door = "go to the door" if is_door_known else "find the door"
    if n_found:
        return f"You have the key: now {door}."
    if is_door_known or trial.n_found:
        return f"Fetch the key, then {door}. Each pays 1."
    return "A key and a door are hidden: walk onto the key, then onto the door. Each pays 1."


def hidden_text(task: Task, is_revealed: bool) -> str:
    """Return what hidden values besides the goal may do, or what they are; "" if there are none."""
    hints = hidden_hints(task)
    if not hints:
        return ""
    if is_revealed:
        return f"This was hidden: {'; '.join(values_in_words(task))}."
    text = ", ".join(hints)
    return f"{text[0].upper()}{text[1:]}: find out by trying."


def verdict(session: PlaySession, trial: HumanTrial, percent: bool = True) -> str:
    """Return the result: against the agent, or against the optimum.

    `percent` chooses its unit: the score in percent, or the total return.
    """
    returns = session.agent_returns()
    if session.is_duel and len(returns) < session.setup.episodes:
        return "The agent is still playing…"
    if percent and _gap(session) > LEAST_GAP:
        return _verdict_by_score(scores(session, trial.returns), scores(session, returns))
    total = sum(trial.returns)
    if not session.is_duel:
        best = session.planned.optimal_return * session.setup.episodes
        world = session.task.level.world
        hidden = world.rules.hidden if world else "the goal"
        known = f"With {hidden} known, the" if is_goal_hidden(session.task.level) else "The"
        return f"Total return {number(total)}. {known} optimum is {number(best)}."
    difference = total - sum(returns)
    if abs(difference) < DRAW_MARGIN:
        return f"A draw: both have a total return of {number(total)}."
    winner = "You win" if difference > 0 else "The agent wins"
    totals = f"total return {number(total)} to {number(sum(returns))}"
    return f"{winner} by {number(abs(difference))}: {totals}."


def _verdict_by_score(mine: list[float], theirs: list[float]) -> str:
    """Return the result by scores (0..1) of all episodes: a person's, and an agent's in a duel."""
    count, mean = len(mine), sum(mine) / len(mine)
    tries = f"{count} {'tries' if count > 1 else 'try'}"
    if not theirs:
        average = f" Mean of all: {percentage(mean)}." if count > 1 else ""
        return f"{percentage(mine[-1])} after {tries}.{average}"
    other = sum(theirs) / len(theirs)
    if percentage(mean) == percentage(other):
        return f"A draw: both have a mean score of {percentage(mean)} in {tries}."
    winner = "You win" if mean > other else "The agent wins"
    return f"{winner}: mean score of {tries} {percentage(mean)} to {percentage(other)}."


def scores(session: PlaySession, returns: list[float]) -> list[float]:
    """Return the scores of episodes: 0 for the random return, 1 for the optimum."""
    lowest, gap = session.planned.random_return, _gap(session)
    return [(value - lowest) / gap if gap > LEAST_GAP else 0.0 for value in returns]


def _gap(session: PlaySession) -> float:
    """Return the difference of the optimal and the random return."""
    return session.planned.optimal_return - session.planned.random_return


def duel_rule(setup: PlaySetup, trial: HumanTrial) -> str:
    """Return the rule of a duel, with the agent's handicap if it has one."""
    each, usual = setup.agent_episodes, setup.usual_episodes
    rule = f"Same goal, same {trial.episodes} episodes."
    learns = f"The agent learns after every {f'{each} episodes' if each > 1 else 'episode'}."
    if usual:
        learns = f"Handicap: the agent learns from {each} episodes at a time instead of {usual}."
    return f"{rule} {learns}"


def table_rows(session: PlaySession, trial: HumanTrial, percent: bool = True) -> list[TableRow]:
    """Return the rows of the person and, in a duel, of the agent.

    `percent` chooses the unit of their curves: the score in percent, or the return.
    """
    rows = [_table_row(session, "you", trial.returns, PERSON_HUE, percent)]
    if session.is_duel:
        returns = session.agent_returns()
        rows.append(_table_row(session, session.setup.agent_name, returns, AGENT_HUE, percent))
    return rows


def _table_row(
    session: PlaySession, name: str, returns: list[float], hue: int, percent: bool
) -> TableRow:
    shares = scores(session, returns)
    values = [100 * share for share in shares] if percent else returns
    curve = Curve(name, tuple(range(len(returns))), tuple(values), hue)
    if not returns:
        return TableRow(curve, ("–",) * len(COLUMNS))
    mean = percentage(sum(shares) / len(shares))
    return TableRow(curve, (number(sum(returns)), number(returns[-1]), mean))


def _score_row(session: PlaySession, row: TableRow, returns: list[float]) -> ScoreRow:
    """Return the bars of a player's episodes, with their mean score, for a row of the table."""
    text = f"mean {row.numbers[-1]}"
    return ScoreRow(row.curve.name, row.curve.hue, tuple(scores(session, returns)), text)


def draw_play_panel(
    surface: pygame.Surface,
    rect: pygame.Rect,
    session: PlaySession,
    is_revealed: bool,
    type: Typeset,
    percent: bool = True,
) -> None:
    """Draw task, episode, plot and table from top to bottom; the plot takes the room left over.

    Where plot and table have no room, each player gets a row of small bars, and a duel's rule gives
    way to them once an episode is over. `is_revealed` says whether the
    values of hidden variables are told. `percent` chooses the plot's unit: the score in percent, or
    the return.
    """
    palette, unit = type.palette, type.unit
    pygame.draw.rect(surface, palette.card, rect, border_radius=unit + 4)
    pygame.draw.rect(surface, palette.rule, rect, 1, border_radius=unit + 4)
    inside = rect.inflate(-5 * unit, -4 * unit)
    y = _draw_task(surface, inside, session, type) + unit
    y = draw_description(surface, inside, y, session.task.level, type)
    if text := hidden_text(session.task, is_revealed):
        below = 2 + is_revealed + session.is_duel  # lines: of the episode or of the result
        hue, room = palette.agents[PERSON_HUE], inside.bottom - y - below * type.height("heading")
        y = draw_card(surface, inside, y, text, "small", hue, type, room) + unit
    trial = session.trial
    if trial is None:
        return
    if trial.over:
        text = verdict(session, trial, percent)
        y = draw_card(surface, inside, y, text, "heading", palette.goal, type) + unit
    else:
        y = _draw_episode(surface, inside, y, trial, type) + unit
    rows = table_rows(session, trial, percent)
    bars = least_bars_height(len(rows), type) + unit if trial.returns else 0
    bottom = _draw_duel_rule(surface, inside, y + bars, session, trial, type)
    table = (type.height("small") + unit * 3 // 4) * (len(rows) + 1) + unit
    area = pygame.Rect(inside.left, y, inside.width, bottom - table - y)
    if area.height > 6 * type.height("small"):
        baselines = session.planned.random_return, session.planned.optimal_return
        axes = Axes(trial.episodes - 1, 1, *baselines, word="episode")
        axes = axes.in_percent() if percent else axes
        now = None if trial.over else len(trial.paths) - 1
        curves = [row.curve for row in rows if row.curve.values]
        area = _draw_plot_title(surface, area, axes, curves, type)
        draw_plot(surface, area, axes, curves, now, type)
        draw_table(surface, inside, bottom - table, COLUMNS, rows, type)
    elif trial.returns:
        spare = pygame.Rect(inside.left, y, inside.width, bottom - y)
        _draw_bars(surface, spare, session, rows, type)


def _draw_bars(
    surface: pygame.Surface,
    rect: pygame.Rect,
    session: PlaySession,
    rows: list[TableRow],
    type: Typeset,
) -> None:
    """Draw the scores of all episodes as small bars, if `rect` has room for them."""
    if session.trial and rect.height >= least_bars_height(len(rows), type):
        returns = (session.trial.returns, session.agent_returns())
        bars = [_score_row(session, row, own) for row, own in zip(rows, returns)]
        draw_score_bars(surface, rect, bars, session.setup.episodes, type)


def _draw_plot_title(
    surface: pygame.Surface, area: pygame.Rect, axes: Axes, curves: list[Curve], type: Typeset
) -> pygame.Rect:
    """Draw the plot's title, and what arrows mean if there are some. Return the area below."""
    title = "Score of each episode" if axes.percent else "Return of each episode"
    place = type.write(surface, title, "label", type.palette.ink, topleft=area.topleft)
    if any(axes.is_out_of_range(value) for curve in curves for value in curve.values):
        at = (area.right, place.centery)
        type.write(surface, OUT_OF_RANGE, "small", type.palette.muted, midright=at)
    return pygame.Rect(area.left, place.bottom, area.width, area.bottom - place.bottom)


def _draw_task(
    surface: pygame.Surface, rect: pygame.Rect, session: PlaySession, type: Typeset
) -> int:
    """Draw the task's name and the seed, the opponent, a note about it or the pack's title, and
    settings that are not the agent's own. Return the y below them."""
    palette, unit, setup = type.palette, type.unit, session.setup
    seed = f"seed {setup.seed}"
    room = rect.width - type.width(seed, "mono") - 2 * unit
    name = type.fit(session.task.name, "title", room)
    title = type.write(surface, name, "title", palette.ink, topleft=rect.topleft)
    type.write(surface, seed, "mono", palette.muted, midright=(rect.right, title.centery))
    y = title.bottom
    text = f"against {setup.agent_name}" if session.is_duel else "on your own"
    hue = palette.agents[PERSON_HUE]
    badge = draw_pill(surface, text, hue, (rect.left, y + unit // 2), type)
    at = (badge.right + unit, badge.centery)
    about = type.fit(session.agent_note or setup.pack_title, "small", rect.right - at[0])
    type.write(surface, about, "small", palette.muted, midleft=at)
    if not settings_text(setup):
        return badge.bottom
    settings = type.fit(settings_text(setup), "label", rect.width - 2 * unit)
    at = (rect.left, badge.bottom + unit // 2)
    return draw_pill(surface, settings, palette.alert, at, type).bottom


def settings_text(setup: PlaySetup) -> str:
    """Return the settings of a duel's agent that are not its own, in words; "" if all are."""
    return "" if setup.step_size == 1 else f"{setup.step_size:g} × step size: Bksp resets"


def _draw_episode(
    surface: pygame.Surface, rect: pygame.Rect, y: int, trial: HumanTrial, type: Typeset
) -> int:
    """Draw the episode's number, the steps left and its return so far. Return the y below."""
    text = f"Episode {len(trial.paths)} of {trial.episodes}"
    status = f"{trial.steps_left} steps left   return {number(trial.earned)}"
    head = type.write(surface, text, "heading", type.palette.ink, topleft=(rect.left, y))
    at = (rect.right, head.centery)
    type.write(surface, status, "small", type.palette.muted, midright=at)
    return head.bottom


def _draw_duel_rule(
    surface: pygame.Surface,
    rect: pygame.Rect,
    above: int,
    session: PlaySession,
    trial: HumanTrial,
    type: Typeset,
) -> int:
    """Draw the rule of a duel at the bottom, if it has room below `above`. Return the y above it."""
    if not session.is_duel:
        return rect.bottom
    lines = type.wrap(duel_rule(session.setup, trial), "small", rect.width)
    top = y = rect.bottom - len(lines) * type.height("small")
    if top < above:
        return rect.bottom
    for line in lines:
        at = (rect.left, y)
        y = type.write(surface, line, "small", type.palette.muted, topleft=at).bottom
    return top
