"""The keys of the watch screen: all of them, and those of a goal on the move and of slow motion."""

from __future__ import annotations

from functools import partial
from typing import Any

import pygame

from game.view.draw.overlays import OVERLAYS
from game.view.screens.key_binding import Key, do
from game.view.screens.overlay_keys import overlay_key
from game.view.screens.plot_key import PLOT_KEY
from game.view.screens.slider_keys import ARROWS, ENTER


def _move_goal(down: int, right: int, page: Any) -> None:
    """Move the goal of a watch screen that was picked up."""
    page.experiments.move_goal(page.run, down, right)


# fmt: off
KEYS: tuple[Key, ...] = (
    #   cap      text                codes                                action
    Key("Space", "pause or continue", (pygame.K_SPACE,),                   do("pause"), is_on=lambda page: page.run.playback.paused, short="pause", group="time"),
    Key("←",     "previous adaptation step", (pygame.K_LEFT,),            do("run.playback.previous_step"), short="", group="time"),
    Key("→",     "next adaptation step", (pygame.K_RIGHT,),               do("run.playback.next_step"), short="step", group="time"),
    Key("↑",     "previous episode", (pygame.K_UP,),                      do("run.playback.change_episode", -1), priority=2, short="", group="time"),
    Key("↓",     "next episode",     (pygame.K_DOWN,),                    do("run.playback.change_episode", 1), priority=2, short="episode", group="time"),
    Key(",",     "previous move",    (pygame.K_COMMA,),                   do("run.playback.change_move", -1), ",", priority=2, short="", group="time"),
    Key(".",     "next move",        (pygame.K_PERIOD,),                  do("run.playback.change_move", 1), ".", priority=2, short="move", group="time"),
    Key("Home",  "rewind",           (pygame.K_HOME,),                    do("run.playback.rewind"), priority=2, group="time"),
    Key("−",     "slower",           (pygame.K_MINUS, pygame.K_KP_MINUS), do("run.playback.change_speed", -1), "-", priority=2, short="", group="time"),
    Key("+",     "faster",           (pygame.K_PLUS, pygame.K_KP_PLUS),   do("run.playback.change_speed", 1), "+=", priority=2, short="speed", group="time"),
    Key("R",     "start over with a new seed", (pygame.K_r,),             do("restart"), priority=1, short="start over"),
    Key("N",     "next level",       (pygame.K_n,),                       do("next_task"), group="go", short="next"),
    *(overlay_key(overlay) for overlay in OVERLAYS),
    PLOT_KEY,
    Key("S",     "all agents side by side", (pygame.K_s,),                do("toggle_side_by_side"), priority=1, is_on=lambda page: page.side_by_side, short="side by side", group="look"),
    Key("Z",     "many tasks of the pack at once", (pygame.K_z,),         do("show_many"), priority=1, short="many tasks", group="look"),
    Key("W",     "watch the next agent", (pygame.K_w,),                   do("switch_agent"), priority=1, short="next agent", group="go"),
    Key("G",     "gallery: choose another level, agent or mode", (pygame.K_g,), do("open_gallery"), short="gallery", priority=1, group="go"),
    Key("I",     "play this level yourself", (pygame.K_i,),               do("play"), priority=1, short="play", group="go"),
    Key("Ctrl E", "edit this level",  (pygame.K_e,),                      do("edit"), ctrl=True, priority=1, short="edit", group="go"),
    Key("M",     "move the goal (or drag it)", (pygame.K_m,),             do("pick_up_goal"), priority=1, is_on=lambda page: page.experiments.goal is not None, short="move goal"),
    Key("A",     "amnesia: the agent forgets what it learned", (pygame.K_a,), do("forget"), priority=1, short="amnesia"),
    Key("X",     "sliders: step size, episodes, steps", (pygame.K_x,),    do("toggle_sliders"), priority=1, is_on=lambda page: page.experiments.sliders is not None, short="sliders"),
    Key("Bksp",  "reset the sliders to the agent's own settings", (pygame.K_BACKSPACE,), do("reset_settings"), priority=2, short="reset sliders"),
    Key("J",     "the inner loop in slow motion", (pygame.K_j,),          do("toggle_slow_motion"), priority=1, is_on=lambda page: page.slow is not None, short="slow motion", group="look"),
    Key("L",     "copy the line that replays this adaptation", (pygame.K_l,), do("copy_replay_line"), priority=2, short="copy line", group="go"),
    Key("F10",   "save the adaptation as a page for browsers", (pygame.K_F10,), do("save_page"), priority=2, short="page", group="go"),
    Key("F11",   "save the adaptation as a GIF", (pygame.K_F11,),         do("film"), priority=2, short="film", group="go"),
    Key("D",     "duel: play against the agent", (pygame.K_d,),           do("duel"), priority=2, short="duel", group="go"),
)
GOAL_KEYS: tuple[Key, ...] = (  # while the goal is being moved
    *(
        Key(cap, "move the goal", (code,), partial(_move_goal, *by), short="move the goal" if cap == "↓" else "")
        for cap, code, by in ARROWS
    ),
    Key("Enter", "put the goal down",              (*ENTER, pygame.K_m), do("put_goal_down"), short="put it down"),
    Key("Esc",   "leave the goal where it was",    (pygame.K_ESCAPE,),   do("cancel_goal_move"), short="cancel"),
)
SLOW_KEYS: tuple[Key, ...] = (  # while a step is shown in slow motion
    Key("←",   "previous phase",      (pygame.K_LEFT,),   do("change_slow_phase", -1), short="", group="time"),
    Key("→",   "next phase",          (pygame.K_RIGHT,),  do("change_slow_phase", 1), short="phase", group="time"),
    Key("Esc", "end the slow motion", (pygame.K_ESCAPE,), do("toggle_slow_motion"), short="end slow motion", group="time"),
)
# fmt: on
