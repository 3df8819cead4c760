"""Experiments with an adaptation: move the goal, forget what was learned, change the sliders.

Each experiment yields a request: the screen then runs the adaptation that it describes.
"""

from __future__ import annotations

from dataclasses import replace

from game.session.messages import MOST_STEPS, Change, Request
from game.text.drawn_values import can_move_goal
from game.text.tiles import GOAL
from game.view.draw.sliders import Sliders, adaptation_sliders
from game.view.screens.watch_run import AdaptationRun

Cell = tuple[int, int]  # (row, column)


class Experiments:
    """The goal while it is being moved, and the sliders while they are open."""

    def __init__(self, steps: int) -> None:
        self.steps = steps  # adaptation steps of a run, and of what follows a change
        self.goal: Cell | None = None  # position of the goal while it is being moved
        self.sliders: Sliders | None = None  # None while they are closed
        self._placeable: tuple[object, bool] = (None, False)  # the last answer of `can_place`

    # --- the goal

    def pick_up_goal(self, run: AdaptationRun, cell: Cell | None = None) -> None:
        """Begin to move the goal: the one in `cell`, or else the level's first one."""
        goals = run.phase.task.level.find(GOAL)
        if run.playback.position() and goals and (cell is None or cell in goals):
            self.goal = cell or goals[0]

    def move_goal(self, run: AdaptationRun, down: int, right: int) -> None:
        """Move the goal that was picked up by a number of cells, within the map."""
        if self.goal:
            level = run.phase.task.level
            row, column = self.goal[0] + down, self.goal[1] + right
            self.goal = min(max(row, 0), level.height - 1), min(max(column, 0), level.width - 1)

    def can_place(self, run: AdaptationRun, cell: Cell) -> bool:
        """Whether the goal may be in a cell."""
        key = (run.number, cell)
        if self._placeable[0] != key:
            self._placeable = key, can_move_goal(run.task.level, cell)
        return self._placeable[1]

    # --- the sliders

    def toggle_sliders(self, request: Request) -> None:
        """Close the sliders, or open them at the values of a request."""
        if self.sliders:
            self.sliders = None
            return
        self.sliders = adaptation_sliders()
        values = request.step_size, request.episodes, self.steps
        for slider, value in zip(self.sliders.sliders, values):
            slider.put(value)

    def slider_request(self, request: Request) -> Request:
        """Return the request with the values of the sliders, without changes of the task."""
        assert self.sliders
        step_size, episodes, steps = (slider.value for slider in self.sliders.sliders)
        self.steps = int(steps or 1)
        return replace(
            request,
            step_size=step_size or 1.0,
            episodes=int(episodes) if episodes else None,
            steps=self.steps,
            changes=(),
        )

    # --- changes during a run

    def change_request(self, run: AdaptationRun, goal: Cell | None) -> Request | None:
        """Return the run's request with a change after the step on screen.

        The change moves the goal to `goal`, or makes the agent forget what it learned if that is
        None. The agent gets `steps` more steps after it, up to `MOST_STEPS` in all. Return None if
        the run cannot be changed now.
        """
        position = run.playback.position()
        if position is None or run.failure or not run.planned:
            return None
        step = position.step + 1
        steps = min(MOST_STEPS, max(run.request.steps, position.step + 1 + self.steps))
        if step > steps:
            return None
        earlier = (change for change in run.request.changes if change.step < step)
        return replace(run.request, steps=steps, changes=(*earlier, Change(step, goal)))
