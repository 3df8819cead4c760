"""A person plays: the goal is hidden as the agent has it, for several episodes in a row.

In a duel an agent gets the same task and the same number of episodes; its curve grows with one's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pygame

from game.session.messages import Failed, Feed, Ready, Request, Stepped
from game.session.trace import AdaptationStep
from game.tasks.task import Task
from game.view.draw import hud
from game.view.draw.actors import (
    Cast,
    Token,
    draw_joy,
    draw_walk,
    lane_of,
    past_trails,
    segments,
    trail_hue,
    trail_width,
)
from game.view.draw.board import Board, grid_size
from game.view.draw.layout import Heights, Layout, arrange
from game.view.draw.plot import Axes, Curve, draw_plot
from game.view.draw.theme import Appearance, Colour, Palette, Typeset, number
from game.view.model.background_jobs import BackgroundJobs
from game.view.model.baselines import BaselineCache, PlannedTask
from game.view.model.human_trial import HumanTrial, Turn, episode_returns
from game.view.screens.gallery import without_goal
from game.view.screens.screen import Key, Navigation, Screen
from game.world.rules import ACTIONS, STAY

GLIDE = 0.09  # seconds from cell to cell
REPEAT_AFTER, REPEAT_EACH = 0.24, 0.12  # seconds that a key is held
JOY = 0.5  # seconds of the ring around one who has found the goal
EACH = 2  # episodes of the agent between two of its steps: the fewest that it can learn from
YOU, AGENT = 1, 0  # hues of the curves
TRAILS_SHOWN = 3
GOAL_TEXT = {"hidden": "goal, once you have found it", "visible": "goal"}
STICK = 0.6  # how far a stick is to be pushed

MOVES = {  # action: its keys
    ACTIONS.index("left"): (pygame.K_LEFT, pygame.K_a),
    ACTIONS.index("up"): (pygame.K_UP, pygame.K_w),
    ACTIONS.index("down"): (pygame.K_DOWN, pygame.K_s),
    ACTIONS.index("right"): (pygame.K_RIGHT, pygame.K_d),
}


@dataclass(frozen=True)
class PlaySetup:
    """What is played: the tasks of a pack, and in a duel, whom against."""

    tasks: tuple[Task, ...]
    pack_title: str
    pack: str = ""
    episodes: int = 8
    seed: int = 0
    agent: str = ""  # as the feed takes it; "" for no duel
    agent_name: str = ""


@dataclass
class PlayFrame:
    """Pictures for one level at one size of window."""

    size: tuple[int, int]
    type: Typeset
    layout: Layout
    board: Board
    blind: Board  # without the goal
    token: Token
    cast: Cast
    frame: pygame.Surface
    said: object = None
    trails: tuple[object, pygame.Surface] | None = None


class PlayScreen(Screen):
    """Play one task after the other."""

    def __init__(
        self,
        game: PlaySetup,
        feed: Feed | None = None,
        appearance: Appearance | None = None,
        numbers: Iterator[int] | None = None,
        show_goal: bool = False,
        jobs: BackgroundJobs | None = None,
    ) -> None:
        super().__init__(appearance)
        self.game, self.feed = game, feed
        self._plans = BaselineCache(jobs)
        self.show_goal = show_goal
        self._numbers = itertools.count() if numbers is None else numbers
        self._index = 0
        self._held: tuple[int, float] | None = None  # action, seconds until it is repeated
        self._begin()

    def _begin(self) -> None:
        self.known = PlannedTask()  # until it is planned
        self._number = -1  # of what the agent was asked for; so far nothing
        self.failure = ""
        self._turn: Turn | None = None
        self._since = 0.0  # seconds since the last turn
        self._stage: PlayFrame | None = None
        self._steps: list[AdaptationStep] = []  # of the agent
        self.trial: HumanTrial | None = None
        self._plan()

    def _plan(self) -> None:
        """Begin as soon as what there is to know of the task is known."""
        known = self._plans.of(self.task)
        if known is None:
            return
        self.known, self.failure = known, known.failure
        self._stage = None
        if known.tables:
            self.trial = HumanTrial(known.tables, self.game.episodes, self.game.seed)
            self._ask()

    def _ask(self) -> None:
        """Let the agent play the same task: with as few episodes a step as it can learn from."""
        self._number, self._steps = next(self._numbers), []
        if self.duel and self.feed:
            game = self.game
            asked = game.episodes - 1, (game.agent,), game.pack, EACH
            self.feed.request(Request(self._number, self.task, game.seed, *asked))

    def cover(self) -> None:
        """Another screen is on now."""
        self._stage = None

    def resume(self) -> None:
        """Ask again for what another screen's requests have cut short."""
        if self.trial and len(self._episodes()) < self.game.episodes:
            self._ask()

    @property
    def task(self) -> Task:
        """The task that is on."""
        return self.game.tasks[self._index]

    @property
    def duel(self) -> bool:
        return bool(self.game.agent)

    @property
    def goal_seen(self) -> bool:
        """Whether the goal is on the board: found, shown on request, or never hidden."""
        if self.trial is None or self.task.level.goal == "visible":
            return True
        asked = self.show_goal and not (self.duel and not self.trial.over)
        return self.trial.found or asked

    # --- what the keys do

    def act(self, action: int) -> None:
        """Take an action, or begin the next episode."""
        if self.trial is None:
            return
        if self.trial.resting:
            if self._since > JOY:
                self.trial.next_episode()
                self._turn, self._since = None, 0.0
            return
        self._turn, self._since = self.trial.act(action), 0.0
        if self.trial.resting:
            self._held = None

    def stay(self) -> None:
        """Stay where one is; or begin the next episode."""
        self.act(STAY)

    def reveal(self) -> None:
        """Show the goal, or hide it; in a duel only once it is over."""
        self.show_goal = not self.show_goal
        self._stage = None

    def again(self) -> None:
        """Play the same task from the first episode on."""
        self._begin()

    def advance(self) -> None:
        """Go on to the next task."""
        self._index = (self._index + 1) % len(self.game.tasks)
        self._begin()

    def to_gallery(self) -> None:
        """Choose another level, agent or mode."""
        self.navigation = Navigation("gallery", task=self.task)

    # --- time

    def on_event(self, event: pygame.event.Event) -> None:
        """Keys that are let go, and gamepads."""
        if event.type in (pygame.KEYUP, pygame.MOUSEBUTTONUP):
            self._held = None
        elif event.type == pygame.JOYHATMOTION:
            self._push(event.value[0], -event.value[1])
        elif event.type == pygame.JOYAXISMOTION and event.axis in (0, 1):
            far = event.value if abs(event.value) > STICK else 0.0
            self._push(far if event.axis == 0 else 0.0, far if event.axis == 1 else 0.0)
        elif event.type == pygame.JOYBUTTONDOWN:
            self.stay()

    def _push(self, x: float, y: float) -> None:
        """A stick or cross of a gamepad: x to the right, y down."""
        if not x and not y:
            self._held = None
            return
        name = ("right" if x > 0 else "left") if abs(x) >= abs(y) else ("down" if y > 0 else "up")
        action = ACTIONS.index(name)
        if self._held is None or self._held[0] != action:
            self.press(action)

    def press(self, action: int) -> None:
        """Take an action, again and again as long as its key is held."""
        self._held = (action, REPEAT_AFTER)
        self.act(action)

    def update(self, seconds: float) -> None:
        """Let time pass; take what the agent has done."""
        self._since += seconds
        if self.trial is None and not self.failure:
            self._plan()
        for message in self.feed.poll() if self.feed and self.duel else ():
            if isinstance(message, Ready) or message.number not in (None, self._number):
                continue
            if isinstance(message, Stepped):
                self._steps.append(message.step)
            elif isinstance(message, Failed):
                self.failure = message.text
        if self._held and self.trial and not self.trial.resting:
            action, left = self._held
            self._held = (action, left - seconds)
            if left <= seconds:
                self._held = (action, REPEAT_EACH)
                self.act(action)

    # --- results

    def _episodes(self) -> list[float]:
        if self.known.tables is None:
            return []
        return episode_returns(self.known.tables, self._steps, self.game.episodes)

    def agent_returns(self) -> list[float]:
        """The agent's episodes, as many as oneself has played: neither is ahead."""
        return self._episodes()[: len(self.trial.returns)] if self.trial else []

    def verdict(self) -> str:
        """Who has won, and by how much: the sum over all episodes counts."""
        assert self.trial
        mine = sum(self.trial.returns)
        if not self.duel:
            best = self.known.optimal_return * self.game.episodes
            return f"{number(mine)} in all; with the goal known, {number(best)} could be had."
        theirs = self.agent_returns()
        if len(theirs) < self.game.episodes:
            return "The agent is still playing…"
        ahead = mine - sum(theirs)
        if abs(ahead) < 0.005:
            return f"A draw: both have {number(mine)} in all."
        who = "You win" if ahead > 0 else "The agent wins"
        return f"{who} by {number(abs(ahead))}: {number(mine)} to {number(sum(theirs))} in all."

    def sentence(self) -> str:
        """The header: what to do now."""
        if self.failure:
            return "This level cannot be played."
        if self.trial is None:
            return "A large level: it is being planned…"
        if self.trial.over:
            return "All episodes are played: R plays this level again, N the next one."
        if self.trial.resting:
            found = "Found! " if self.trial.on_goal else ""
            return f"{found}Any move begins the next episode: start again, with what you know now."
        if not self.goal_seen:
            return "The goal is hidden: find it by walking on it, then get there more cheaply."
        return "Get to the goal as cheaply as you can."

    # --- drawing

    def current(self) -> object:
        """Where one stands, and how long since the last turn, as far as that is to be seen."""
        trial = self.trial
        told = (trial.moves, trial.resting, len(trial.paths), trial.over) if trial else ()
        return (
            told,
            min(self._since, JOY),
            len(self._steps),
            self.failure,
            self.show_goal,
            self.task,
        )

    def draw_body(self, surface: pygame.Surface) -> None:
        """The board with the person on it; on the right one chart of all episodes."""
        type = self.appearance.typeset(surface.get_size())
        stage = self._stage
        if stage is None or (stage.size, stage.type) != (surface.get_size(), type):
            stage = self._stage = self._set_stage(surface.get_size(), type)
        self._refresh(stage)
        surface.blit(stage.frame, (0, 0))
        if self.trial:
            self._draw_board(surface, stage, self.trial)
        if self.failure:
            hud.draw_notice(surface, stage.layout.board, "This did not work", self.failure, type)

    def _set_stage(self, size: tuple[int, int], type: Typeset) -> PlayFrame:
        level = self.task.level
        grid, legend = grid_size(level), hud.legend_items(level, type, GOAL_TEXT)
        footer, high = self.footer_height(max(size[0], 480) - 6 * type.unit, type), 0
        for _ in range(3):
            heights = Heights(hud.header_height(size[0], type), high, footer)
            layout = arrange(size, grid, type.unit, heights, type.scale)
            _, high = hud.legend_places(legend, layout.legend.width, type)
        board = Board(level, layout.cell, type.palette)
        blind = Board(without_goal(level), layout.cell, type.palette)
        frame = pygame.Surface(size)
        frame.fill(type.palette.paper)
        hud.draw_legend(frame, layout.legend, legend, type)
        token = Token(board.cell, type.palette.agents[YOU])
        cast = Cast(self.known.tables, board) if self.known.tables else None
        return PlayFrame(size, type, layout, board, blind, token, cast, frame)  # type: ignore[arg-type]

    def _refresh(self, stage: PlayFrame) -> None:
        """Draw the words again, if they have changed."""
        trial = self.trial
        told = (trial.moves, trial.resting, tuple(trial.returns), trial.found) if trial else ()
        said = (told, tuple(self.agent_returns()), self.sentence(), self.lit(), self.failure)
        if stage.said == said:
            return
        stage.said = said
        frame, layout, type = stage.frame, stage.layout, stage.type
        hud.draw_header(frame, layout.header, self.sentence(), type)
        self._draw_panel(frame, layout.panel, type)
        self.draw_footer(frame, layout.footer, type)

    def _draw_board(self, surface: pygame.Surface, stage: PlayFrame, trial: HumanTrial) -> None:
        board, tables = stage.board, trial.tables
        visible = stage.layout.board.clip(surface.get_rect())
        if not visible.width or not visible.height:
            return
        view = surface.subsurface(visible)
        view.blit((board if self.goal_seen else stage.blind).surface, (0, 0))
        view.blit(self._past(stage, trial), (0, 0))
        episode = len(trial.paths) - 1
        walk = np.array(trial.paths[-1])
        share = min(1.0, self._since / GLIDE)
        before = self._turn.before if self._turn else trial.state
        stretches = segments(board, tables.cell, walk, lane_of(episode))
        draw_walk(view, stretches, self._hue(episode, board.palette), trail_width(board))
        here, there = tables.cell[before].astype(float), tables.cell[trial.state].astype(float)
        far = np.abs(there - here).sum() > 1  # a teleporter
        at = there if far else here + (there - here) * share
        look = np.sign(there - here).astype(int)
        if trial.resting and trial.on_goal and self._since < JOY:
            draw_joy(view, board, (float(at[0]), float(at[1])), self._since / JOY)
        stage.cast.draw(view, before, trial.state, share)
        stage.token.draw(view, board.centre(*at), (int(look[0]), int(look[1])))

    def _hue(self, episode: int, palette: Palette) -> Colour:
        """Of one's own trail in an episode; in a duel it is never the agent's."""
        return palette.agents[YOU] if self.duel else trail_hue(palette, episode)

    def _past(self, stage: PlayFrame, trial: HumanTrial) -> pygame.Surface:
        """The trails of the episodes before; once a duel is over, the agent's last one, too."""
        last = trial.over and bool(self._steps)
        key = (len(trial.paths), last)
        if stage.trails is None or stage.trails[0] != key:
            palette, first = stage.board.palette, max(0, len(trial.paths) - TRAILS_SHOWN)
            walks = [
                (self._hue(i, palette), lane_of(i), np.array(trial.paths[i]))
                for i in range(first, len(trial.paths) - 1)
            ]
            if last:
                walks.append((palette.agents[AGENT], 0.2, self._steps[-1].paths[0, 0]))
            stage.trails = (key, past_trails(stage.board, trial.tables.cell, walks))
        return stage.trails[1]

    def _draw_panel(self, surface: pygame.Surface, rect: pygame.Rect, type: Typeset) -> None:
        """Level, episode, chart, and the numbers of both."""
        palette, unit = type.palette, type.unit
        pygame.draw.rect(surface, palette.card, rect, border_radius=unit + 4)
        pygame.draw.rect(surface, palette.rule, rect, 1, border_radius=unit + 4)
        inside = rect.inflate(-5 * unit, -4 * unit)
        name = type.fit(self.task.name, "title", inside.width)
        y = type.write(surface, name, "title", palette.ink, topleft=inside.topleft).bottom
        what = f"against {self.game.agent_name}" if self.duel else "on your own"
        badge = hud.draw_pill(
            surface, what, palette.agents[YOU], (inside.left, y + unit // 2), type
        )
        at = (badge.right + unit, badge.centery)
        title = type.fit(self.game.pack_title, "small", inside.right - at[0])
        type.write(surface, title, "small", palette.muted, midleft=at)
        y = badge.bottom + unit
        trial = self.trial
        if trial is None:
            return
        playing = len(trial.paths)
        text = "All episodes played" if trial.over else f"Episode {playing} of {trial.episodes}"
        head = type.write(surface, text, "heading", palette.ink, topleft=(inside.left, y))
        left = (
            "" if trial.over else f"{trial.steps_left} steps left   return {number(trial.earned)}"
        )
        type.write(surface, left, "small", palette.muted, midright=(inside.right, head.centery))
        y = head.bottom + unit
        y = self._draw_result(surface, inside, y, type) if trial.over else y
        rows = self._rows()
        line = type.height("small") + unit * 3 // 4
        table = line * (len(rows) + 1) + unit
        rule = f"Same goal, same {trial.episodes} episodes. The agent learns after every {EACH} of them."
        rules = type.wrap(rule, "small", inside.width) if self.duel else []
        below = len(rules) * type.height("small")
        area = pygame.Rect(inside.left, y, inside.width, inside.bottom - table - below - y)
        if area.height > 6 * type.height("small"):
            axes = Axes(
                trial.episodes - 1,
                1,
                self.known.random_return,
                self.known.optimal_return,
                word="episode",
            )
            now = None if trial.over else playing - 1
            draw_plot(
                surface, area, axes, [row.curve for row in rows if row.curve.values], now, type
            )
        y = inside.bottom - table - below
        hud.draw_table(surface, inside, y, PLAY_COLUMNS, rows, type)
        y = inside.bottom - below
        for text in rules:
            y = type.write(surface, text, "small", palette.muted, topleft=(inside.left, y)).bottom

    def _draw_result(
        self, surface: pygame.Surface, rect: pygame.Rect, y: int, type: Typeset
    ) -> int:
        """The card at the end; returns the y below."""
        palette, unit = type.palette, type.unit
        lines = type.wrap(self.verdict(), "heading", rect.width - 4 * unit)
        high = len(lines) * type.height("heading") + 2 * unit
        box = pygame.Rect(rect.left, y, rect.width, high)
        pygame.draw.rect(surface, palette.faint, box, border_radius=unit)
        pygame.draw.rect(surface, palette.goal, box, 2, border_radius=unit)
        y = box.top + unit
        for line in lines:
            at = (box.left + 2 * unit, y)
            y = type.write(surface, line, "heading", palette.ink, topleft=at).bottom
        return box.bottom + unit

    def _rows(self) -> list[hud.Row]:
        """The curves and numbers of the person and, in a duel, of the agent."""
        assert self.trial
        who = [("you", self.trial.returns, YOU)]
        if self.duel:
            who.append((self.game.agent_name, self.agent_returns(), AGENT))
        return [self._row(*one) for one in who]

    def _row(self, name: str, returns: list[float], hue: int) -> hud.Row:
        curve = Curve(name, tuple(range(len(returns))), tuple(returns), hue)
        if not returns:
            return hud.Row(curve, ("–",) * len(PLAY_COLUMNS))
        room = self.known.optimal_return - self.known.random_return
        scores = [(r - self.known.random_return) / room if room > 1e-12 else 0.0 for r in returns]
        mean = number(100 * sum(scores) / len(scores), 0)
        told = number(sum(returns)), number(returns[-1]), f"{mean} %"
        return hud.Row(curve, told)


def _press(action: int, screen: PlayScreen) -> None:
    screen.press(action)


PLAY_COLUMNS = ("sum", "last episode", "mean score")

# fmt: off
PlayScreen.keys = (
    *(
        Key(cap, f"{ACTIONS[action]} (arrows, WASD or a gamepad)", MOVES[action], partial(_press, action), short="move" if cap == "→" else "")
        for cap, action in zip("←↑↓→", MOVES)
    ),
    Key("Space", "stay; begin the next episode", (pygame.K_SPACE, pygame.K_RETURN), PlayScreen.stay, short="stay, go on"),
    Key("V",     "show the goal (in a duel once it is over)", (pygame.K_v,), PlayScreen.reveal, on=lambda page: page.goal_seen, short="show the goal"),
    Key("R",     "again from the first episode", (pygame.K_r,),              PlayScreen.again, short="again"),
    Key("N",     "next level",                   (pygame.K_n,),              PlayScreen.advance),
    Key("G",     "gallery: another level, agent or mode", (pygame.K_g,),     PlayScreen.to_gallery, short="gallery"),
)
# fmt: on
