"""The play screen's drawing: the board with the person on it, for one task and window size."""

from __future__ import annotations

import numpy as np
import pygame

from game.view.draw.actors import (
    TRAILS_SHOWN,
    Token,
    draw_goal_ring,
    draw_walk,
    lane_of,
    past_trails,
    segments,
    trail_width,
)
from game.view.draw.board import Board, grid_size
from game.view.draw.board_legend import arrange_with_legend, draw_legend, legend_items
from game.view.draw.dynamic_tiles import DynamicTiles
from game.view.draw.layout import LEAST_BOARD, Heights, arrange
from game.view.draw.screen_header import header_height
from game.view.draw.theme import Typeset
from game.view.model.human_trial import HumanTrial
from game.view.model.play_session import PAUSE_SECONDS, PlaySession
from game.view.model.tile_words import hidden_settings
from game.view.screens.level_pictures import without_goal

FULL_PANEL, BRIEF_PANEL = 20, 10  # lines of text that a panel takes with a plot, and without
GLIDE_SECONDS = 0.09  # from cell to cell
AGENT_HUE, PERSON_HUE = 0, 1  # indices of the palette's agent colours
AGENT_LANE = 0.2  # beside the lanes of the person's trails, in cells
GOAL_TEXT = {"hidden": "goal, hidden until you find it", "visible": "goal"}
REVEALED_GOAL_TEXT = {"hidden": "goal, which was hidden", "visible": "goal"}


class PlayFrame:
    """The pictures of one task for one size of window."""

    def __init__(
        self,
        session: PlaySession,
        size: tuple[int, int],
        type: Typeset,
        footer_height: int,
        reveal: bool = False,
    ) -> None:
        """`reveal` says whether the legend tells what was hidden."""
        self.size, self.type, self.footer_height, self.reveal = size, type, footer_height, reveal
        self._planned = session.planned
        level, tables = session.task.level, session.planned.tables
        hidden = hidden_settings(session.task)
        goal_text = REVEALED_GOAL_TEXT if reveal else GOAL_TEXT
        legend = legend_items(level, type, goal_text, hidden, reveal)
        line = type.height("small")
        brief = BRIEF_PANEL + (2 if set(hidden) - {"goal"} else 0)  # lines of a riddle
        panel = {"panel": FULL_PANEL * line, "brief": brief * line}
        heights = Heights(header_height(size[0], type), 0, footer_height, **panel)
        self.layout = arrange_with_legend(size, grid_size(level), heights, legend, type)
        if max(self.layout.board.size) < LEAST_BOARD * min(size):
            legend = []
            self.layout = arrange(size, grid_size(level), type.unit, heights, type.scale)
        self.board = Board(level, self.layout.cell, type.palette)
        self.board_without_goal = Board(without_goal(level), self.layout.cell, type.palette)
        self.background = pygame.Surface(size)
        self.background.fill(type.palette.paper)
        if legend:
            draw_legend(self.background, self.layout.legend, legend, type)
        self.texts: object = None  # the state that the drawn texts depend on
        self._person_hue = type.palette.agents[PERSON_HUE]
        self._token = Token(self.board.cell, self._person_hue)
        self._dynamic_tiles = DynamicTiles(tables, self.board) if tables else None
        self._trails: tuple[object, pygame.Surface] | None = None

    def fits(
        self,
        session: PlaySession,
        size: tuple[int, int],
        type: Typeset,
        footer_height: int,
        reveal: bool,
    ) -> bool:
        """Whether the pictures are those of this size of window, these fonts and this task."""
        state = size, type, footer_height, reveal
        same = (self.size, self.type, self.footer_height, self.reveal) == state
        return same and self._planned is session.planned

    def draw_board(
        self, surface: pygame.Surface, session: PlaySession, trial: HumanTrial, goal_shown: bool
    ) -> None:
        """Draw the board, the trails and the person between the last two cells."""
        visible = self.layout.board.clip(surface.get_rect())
        if not visible.width or not visible.height:
            return
        view, board, cells = surface.subsurface(visible), self.board, trial.tables.cell
        view.blit((board if goal_shown else self.board_without_goal).surface, (0, 0))
        view.blit(self._past_trails(session, trial), (0, 0))
        episode = len(trial.paths) - 1
        trail = segments(board, cells, np.array(trial.paths[-1]), lane_of(episode))
        draw_walk(view, trail, self._person_hue, trail_width(board))
        share = min(1.0, session.since_step / GLIDE_SECONDS)
        before = session.last_step.before if session.last_step else trial.state
        start, end = cells[before].astype(float), cells[trial.state].astype(float)
        teleported = np.abs(end - start).sum() > 1
        row, column = end if teleported else start + (end - start) * share
        rests_on_goal = trial.resting and trial.on_goal and not trial.tables.level.world
        if rests_on_goal and session.since_step < PAUSE_SECONDS:
            ring = session.since_step / PAUSE_SECONDS
            draw_goal_ring(view, board, (float(row), float(column)), ring)
        if self._dynamic_tiles:
            state = before if share < 1 else trial.state
            n_shown = None if self.reveal else trial.n_found
            self._dynamic_tiles.draw(view, state, trial.state, share, n_shown)
        look = np.sign(end - start).astype(int)
        self._token.draw(view, board.centre(row, column), (int(look[0]), int(look[1])))

    def _past_trails(self, session: PlaySession, trial: HumanTrial) -> pygame.Surface:
        """Return the trails of past episodes; after a duel also that of the agent's last one."""
        show_agent = trial.over and bool(session.agent_steps)
        key = (len(trial.paths), show_agent)
        if self._trails is None or self._trails[0] != key:
            walks = [
                (self._person_hue, lane_of(i), np.array(trial.paths[i]))
                for i in range(max(0, len(trial.paths) - TRAILS_SHOWN), len(trial.paths) - 1)
            ]
            if show_agent:
                agent_path = session.agent_steps[-1].paths[0, 0]
                walks.append((self.type.palette.agents[AGENT_HUE], AGENT_LANE, agent_path))
            self._trails = (key, past_trails(self.board, trial.tables.cell, walks))
        return self._trails[1]
