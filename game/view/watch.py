"""The watch screen: an agent adapts to a level before one's eyes.

`WatchScreen` knows nothing of windows: it takes events, lets time pass and draws onto any surface.
So the window, the pictures written without a display and the tests all run the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pygame

from game.feed import Failed, Feed, Finished, Message, Ready, Stepped
from game.planner import optimal_return, random_return
from game.tables import GridBatch, Tables, TooLarge, compile_level
from game.tasks import Task
from game.tiles import GOAL
from game.trace import AdaptationStep, AdaptationTrace, Ints
from game.view import hud
from game.view.actors import (
    Cast,
    Token,
    draw_joy,
    draw_walk,
    lane_of,
    past_trails,
    place,
    policy_arrows,
    segments,
    stretch,
    trail_width,
)
from game.view.board import Board, grid_size
from game.view.layout import Layout, arrange, scale_for
from game.view.playback import Moment, Pace, Playback
from game.view.plot import Axes, Curve
from game.view.theme import (
    AGENT,
    AGENT_TEXT,
    PAPER,
    SCRATCH,
    SCRATCH_TEXT,
    TRAILS,
    Typeset,
)

LOOKS = ((AGENT, AGENT_TEXT, "dot"), (SCRATCH, SCRATCH_TEXT, "square"))  # of the agents' curves
UNSEEN = "A meta-trained agent meets a level it has never seen, and learns it in a few steps."
FROM_SCRATCH = "An agent that has learned nothing before learns a level in a few steps."
SEEN = "A meta-trained agent meets a level from its training, and adapts to it in a few steps."
TRAILS_SHOWN = 3
LOOKS_AROUND = ((0, 0), (0, 1), (0, 0), (0, -1))  # what the agent does while it waits


def never(task: Task) -> bool:
    """No task was in the agent's training."""
    return False


@dataclass(frozen=True)
class Subject:
    """What is watched: everything but where the adaptation steps come from."""

    tasks: tuple[Task, ...]
    pack_title: str
    agents: tuple[str, ...]  # names; the first is watched, the others are curves to compare with
    seed: int = 0
    steps: int = 5
    episodes: int = 20  # of each adaptation step
    seen: Callable[[Task], bool] = never  # whether the agent met the task in training
    sentence: str | None = None  # the header, where the usual one would not be true


@dataclass(frozen=True)
class Known:
    """What can be said of a task before any agent has met it."""

    tables: Tables | None = None
    random_return: float = 0.0
    optimal_return: float = 1.0
    failure: str = ""


def know(task: Task) -> Known:
    """Compile the task and plan; where it is too large, say so."""
    try:
        tables = compile_level(task.level)
    except TooLarge as error:
        return Known(failure=str(error))
    batch = GridBatch([tables])
    return Known(tables, float(random_return(batch)[0]), float(optimal_return(batch)[0]))


class Run:
    """One adaptation: what was asked of the feed, and what has come of it."""

    def __init__(
        self, number: int, task: Task, known: Known, subject: Subject, seed: int, pace: Pace
    ) -> None:
        self.number, self.task, self.seed = number, task, seed
        self.failure = known.failure
        self.finished = False
        self.playback = Playback(subject.steps, pace)
        self.tables = known.tables
        random, optimal = known.random_return, known.optimal_return
        self.axes = Axes(subject.steps, subject.episodes, random, optimal)
        self.traces = tuple(AdaptationTrace(name, random, optimal) for name in subject.agents)

    def take(self, agent: int, step: AdaptationStep) -> None:
        """An adaptation step has arrived."""
        self.traces[agent].steps.append(step)
        if agent == 0:
            self.playback.add((step.moves[0] >= 0).sum(-1).tolist())

    def path(self, step: int, index: int) -> tuple[Ints, Ints]:
        """States [H + 1] and moves [H] of an episode of the watched agent."""
        shown = self.traces[0].steps[step]
        return shown.paths[0, index], shown.moves[0, index]

    def ends_well(self, step: int, index: int) -> bool:
        """Whether the episode stands on a goal at its end."""
        assert self.tables is not None
        states, _ = self.path(step, index)
        row, column = self.tables.cell[states[states >= 0][-1]]
        return self.task.level.rows[row][column] == GOAL


@dataclass
class Stage:
    """Pictures for one level at one size of window, and layers that last a while."""

    type: Typeset
    layout: Layout
    board: Board
    token: Token
    cast: Cast | None
    frame: pygame.Surface  # all that stands still
    size: tuple[int, int]
    facts: hud.Facts | None = None  # what `frame` says
    trails: tuple[object, pygame.Surface] | None = None
    arrows: tuple[object, pygame.Surface] | None = None


class WatchScreen:
    """Watch agents adapt to one task after the other."""

    def __init__(self, subject: Subject, feed: Feed, pace: Pace | None = None) -> None:
        self.subject, self.feed = subject, feed
        self.pace = pace or Pace()
        self.ready = False
        self.quit = False
        self.show_policy = False
        self.broken = ""  # why no agent can adapt any more
        self._known: dict[str, Known] = {}  # by task id
        self._index = 0
        self._age = 0.0  # seconds
        self._stage: Stage | None = None
        self.run = self._request(0, subject.seed)

    # --- what the keys do

    def pause(self) -> None:
        """Stop the clock, or let it go on."""
        self.run.playback.paused = not self.run.playback.paused

    def next_step(self) -> None:
        """Go on to the next adaptation step."""
        self.run.playback.next_step()

    def restart(self) -> None:
        """Adapt to the same task again, with new randomness."""
        self._restart(self.run.seed + 1)

    def faster(self) -> None:
        """The next higher speed."""
        self.run.playback.change_speed(1)

    def slower(self) -> None:
        """The next lower speed."""
        self.run.playback.change_speed(-1)

    def advance(self) -> None:
        """Go on to the next task; after the last comes the first."""
        self._index = (self._index + 1) % len(self.subject.tasks)
        self._stage = None
        self._restart(self.subject.seed)

    def arrows(self) -> None:
        """Show or hide the arrows of the policy."""
        self.show_policy = not self.show_policy

    def leave(self) -> None:
        """Ask for the window to be closed."""
        self.quit = True

    # --- time

    def handle(self, event: pygame.event.Event) -> None:
        """React to a key, or to the close button."""
        if event.type == pygame.QUIT:
            self.leave()
        elif event.type == pygame.KEYDOWN:
            for key in KEYS:
                if event.key in key.codes or (event.unicode and event.unicode in key.typed):
                    key.act(self)
                    return

    def update(self, seconds: float) -> None:
        """Take what the feed has, and let time pass. Never blocks."""
        for message in self.feed.poll():
            self._take(message)
        self.run.playback.advance(seconds)
        self._age += seconds

    def _take(self, message: Message) -> None:
        if isinstance(message, Ready):
            self.ready = True
        elif message.number not in (None, self.run.number):
            return  # nobody waits for it any more
        elif isinstance(message, Stepped):
            self.run.take(message.agent, message.step)
        elif isinstance(message, Failed):
            self.run.failure = message.text
            if message.number is None:
                self.broken = message.text
        elif isinstance(message, Finished):
            self.run.finished = True

    def _request(self, number: int, seed: int) -> Run:
        task = self.subject.tasks[self._index]
        if task.id not in self._known:
            self._known[task.id] = know(task)
        run = Run(number, task, self._known[task.id], self.subject, seed, self.pace)
        run.failure = run.failure or self.broken
        if not run.failure:
            self.feed.request(number, task, seed, self.subject.steps)
        return run

    def _restart(self, seed: int) -> None:
        speed = self.run.playback.speed_index
        self.run = self._request(self.run.number + 1, seed)
        self.run.playback.speed_index = speed

    # --- drawing

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the screen as it is now onto a surface of any size."""
        stage = self._stage
        if stage is None or stage.size != surface.get_size():
            stage = self._stage = self._set_stage(surface.get_size())
        facts = self.facts()
        if facts != stage.facts:
            hud.draw_panel(stage.frame, stage.layout.panel, facts, stage.type)
            stage.facts = facts
        surface.blit(stage.frame, (0, 0))
        tables, moment = self.run.tables, self.run.playback.moment()
        visible = stage.layout.board.clip(surface.get_rect())
        if not visible:
            return  # the window is too small for a board
        board = surface.subsurface(visible)
        if moment is not None:
            self._draw_moment(board, stage, moment)
        elif tables is not None:
            waiting = stage.board.centre(*tables.cell[tables.starts[0]])
            look = LOOKS_AROUND[int(self._age / 0.7) % len(LOOKS_AROUND)]
            begin = int(tables.starts[0])
            if stage.cast:
                stage.cast.draw(board, begin, begin, 0.0)
            stage.token.draw(board, waiting, look)
        if self.run.failure:
            rect, text = stage.layout.board, self.run.failure
            hud.draw_notice(surface, rect, "This did not work", text, stage.type)

    def _set_stage(self, size: tuple[int, int]) -> Stage:
        level = self.run.task.level
        type = Typeset(scale_for(size))
        grid, legend = grid_size(level), hud.legend_items(level, type)
        keys = [(key.cap, key.text) for key in KEYS]
        footer = hud.footer_height(keys, size[0] - 6 * type.unit, type)
        header, high = type.height("heading"), 0
        for _ in range(3):  # a higher legend makes the board smaller, and so the legend higher
            layout = arrange(size, grid, type.unit, (header, high, footer), type.scale)
            _, high = hud.legend_places(legend, layout.legend.width, type)
        board = Board(level, layout.cell)
        frame = pygame.Surface(size)
        frame.fill(PAPER)
        hud.draw_header(frame, layout.header, self.sentence(), type)
        hud.draw_footer(frame, layout.footer, keys, type)
        hud.draw_legend(frame, layout.legend, legend, type)
        frame.blit(board.surface, layout.board)
        cast = Cast(self.run.tables, board) if self.run.tables else None
        return Stage(type, layout, board, Token(layout.cell), cast, frame, size)

    def sentence(self) -> str:
        """The header: what there is to see."""
        return self.subject.sentence or (SEEN if self.subject.seen(self.run.task) else UNSEEN)

    def _draw_moment(self, board: pygame.Surface, stage: Stage, moment: Moment) -> None:
        """Trails, policy, the agent, its joy at the goal; `board` is that part of the window."""
        run = self.run
        assert run.tables is not None
        cells = run.tables.cell
        path, moves = run.path(moment.step, moment.index)
        board.blit(self._past_trails(stage, moment), (0, 0))
        at, look = place(cells, path, moves, moment.move, moment.fraction)
        lane = lane_of(moment.episode)
        stretches = segments(stage.board, cells, path[: moment.move + 1], lane)
        stretches.append(stretch(stage.board, cells[path[moment.move]], at, lane))
        colour = TRAILS[moment.episode % len(TRAILS)]
        draw_walk(board, stretches, colour, trail_width(stage.board))
        if self.show_policy:
            board.blit(self._arrows(stage, moment.step), (0, 0))
        if moment.rested and run.ends_well(moment.step, moment.index):
            draw_joy(board, stage.board, at, moment.rested)
        assert stage.cast is not None
        state, ahead = int(path[moment.move]), path[moment.move + 1 : moment.move + 2]
        following = int(ahead[0]) if len(ahead) and ahead[0] >= 0 else state
        stage.cast.draw(board, state, following, moment.fraction)
        stage.token.draw(board, stage.board.centre(*at), look)

    def _past_trails(self, stage: Stage, moment: Moment) -> pygame.Surface:
        key = (self.run.number, moment.step, moment.episode)
        if stage.trails is None or stage.trails[0] != key:
            assert self.run.tables is not None
            carried = len(self.run.traces[0].steps[moment.step].moves[0])
            past = range(max(0, moment.episode - TRAILS_SHOWN + 1), moment.episode)
            paths = [(e, self.run.path(moment.step, e % carried)[0]) for e in past]
            stage.trails = (key, past_trails(stage.board, self.run.tables.cell, paths))
        return stage.trails[1]

    def _arrows(self, stage: Stage, step: int) -> pygame.Surface:
        key = (self.run.number, step)
        if stage.arrows is None or stage.arrows[0] != key:
            tables = self.run.tables
            assert tables is not None
            probs = self.run.traces[0].steps[step].action_probs[0]
            layer = policy_arrows(stage.board, tables.cell, probs, tables.over.tolist())
            stage.arrows = (key, layer)
        return stage.arrows[1]

    # --- what the panel says

    def facts(self) -> hud.Facts:
        """All that the panel says at this moment."""
        subject, run = self.subject, self.run
        moment, playback = run.playback.moment(), run.playback
        seen = subject.seen(run.task)
        step = moment.step if moment else None
        return hud.Facts(
            title=run.task.name,
            badge="seen in training" if seen else "unseen in training",
            seen=seen,
            about=subject.pack_title,
            identity=f"task {run.task.id}  seed {run.seed}  {subject.agents[0]}",
            step=step,
            steps=subject.steps,
            state=self._state(step),
            doing=self._doing(moment),
            hue=TRAILS[moment.episode % len(TRAILS)] if moment else None,
            tempo="paused" if playback.paused else f"speed {playback.speed:g}×",
            axes=run.axes,
            rows=tuple(self._row(i, trace, step) for i, trace in enumerate(run.traces)),
        )

    def _state(self, step: int | None) -> str:
        if self.run.failure:
            return "stopped"
        if step is None:
            return "adapting" if self.ready else "loading"
        return (
            "before adaptation"
            if step == 0
            else "adapted"
            if step == self.subject.steps
            else "adapting"
        )

    def _doing(self, moment: Moment | None) -> str:
        if self.run.failure:
            return "press R to start over"
        if moment is None:
            return "waiting for the first episodes" if self.ready else "the agent is loading…"
        if moment.step == self.subject.steps and moment.episode >= self.pace.episodes:
            return "replaying the adapted policy"
        if self.subject.episodes == 1:
            return "one episode a step"
        return f"episode {moment.index + 1} of {self.subject.episodes} in this step"

    def _row(self, agent: int, trace: AdaptationTrace, step: int | None) -> hud.Row:
        """An agent's curve up to the step on screen, and its numbers there."""
        shown = trace.steps[: 0 if step is None else step + 1]
        name = "agent" if agent == 0 else trace.name
        colour, text_colour, marker = LOOKS[min(agent, len(LOOKS) - 1)]
        values = tuple(trace.exact(s) for s in shown)
        curve = Curve(name, values, colour, text_colour, marker)
        if not shown:
            return hud.Row(curve, hud.NO_NUMBERS)
        last = shown[-1]
        spent = last.episodes, int(last.env_steps[0])
        return hud.Row(curve, hud.numbers_of(values[-1], trace.score(last), *spent))


@dataclass(frozen=True)
class Key:
    """A key, as it is drawn on the screen and as it is handled."""

    cap: str
    text: str
    codes: tuple[int, ...]
    typed: str  # characters that mean the same on any keyboard
    act: Callable[[WatchScreen], None]


# fmt: off
KEYS: tuple[Key, ...] = (
    #   cap      what it does     codes                                typed action
    Key("Space", "pause",         (pygame.K_SPACE,),                   "",   WatchScreen.pause),
    Key("→",     "one step",      (pygame.K_RIGHT,),                   "",   WatchScreen.next_step),
    Key("R",     "start over",    (pygame.K_r,),                       "",   WatchScreen.restart),
    Key("+",     "faster",        (pygame.K_PLUS, pygame.K_KP_PLUS),   "+=", WatchScreen.faster),
    Key("−",     "slower",        (pygame.K_MINUS, pygame.K_KP_MINUS), "-",  WatchScreen.slower),
    Key("N",     "next level",    (pygame.K_n,),                       "",   WatchScreen.advance),
    Key("P",     "policy arrows", (pygame.K_p,),                       "",   WatchScreen.arrows),
    Key("Esc",   "quit",          (pygame.K_ESCAPE,),                  "",   WatchScreen.leave),
)
# fmt: on
