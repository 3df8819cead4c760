"""A belief about what actions do: which move each one is, the wind, and how slippery the ground is.

Controls may be permuted, and wind and slip may be other than shown. The belief is an exact
posterior over a grid of hypotheses, given how often each action had which outcome.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from game.text.level import Level
from game.world.rules import LEFT_FIRST, SIDES, STAY, Bools, Floats, Ints
from game.world.tables import N_ACTIONS

CHANCES = (0.1, 0.2, 0.3, 0.5)  # of a wind
FACTORS = (0.0, 0.5, 1.0, 1.5, 2.0)  # of the slip that is shown
WINDS = ((STAY, 0.0), *itertools.product(range(STAY), CHANCES))  # (direction, chance)
CONTROLS = np.array(list(itertools.permutations(range(N_ACTIONS))))  # [G, A] the move of an action
SLIPS = 21  # the slip of a cell, in steps of 0.05
SHARES = 5  # the share of slips to the left of a move, in steps of a quarter
LEFT = SIDES[np.arange(N_ACTIONS), (LEFT_FIRST < 0).astype(int)]  # [A] the move to the left
RIGHT = SIDES[np.arange(N_ACTIONS), (LEFT_FIRST >= 0).astype(int)]  # [A]
PATTERNS = 1 << N_ACTIONS  # sets of moves that have the same outcome
OUTCOMES = PATTERNS * SLIPS * SHARES
WIND_CHANCES = np.array([chance * np.eye(N_ACTIONS)[move] for move, chance in WINDS])  # [W, A]
RARE = 1e-3  # prior weight of controls that make another move of `stay`
UNLIKELY = 1e-3  # probability of an outcome that no hypothesis explains
CERTAIN = 0.99  # probability from which on controls count as known
SURE = 0.999  # prior probability of what is shown, where it is not drawn per task


@lru_cache
def _log_likelihood() -> Floats:
    """Return the log-probability of outcomes [OUTCOMES, winds * factors * A (move)].

    An outcome is the set of moves that would have led to it, on ground of some slip.
    """
    matches = (np.arange(PATTERNS)[:, None] >> np.arange(N_ACTIONS) & 1).astype(float)  # [P, A]
    left = np.linspace(0, 1, SHARES)[:, None, None]  # [L, 1, 1]
    aside = left * matches[:, LEFT] + (1 - left) * matches[:, RIGHT]  # [L, P, A]
    slip = np.minimum(1, np.outer(np.arange(SLIPS) / (SLIPS - 1), FACTORS))  # [S, F]
    stray = (aside - matches).swapaxes(0, 1)  # [P, L, A]
    slid = matches[:, None, None, None] + slip[:, None, :, None] * stray[:, None, :, None]
    direction, chance = (np.array(column) for column in zip(*WINDS))
    blown = matches[:, direction] * chance  # [P, W]
    calm = (1 - chance)[:, None, None]  # [W, 1, 1]
    likely = calm * slid[:, :, :, None] + blown[:, None, None, :, None, None]  # [P, S, L, W, F, A]
    return np.log((1 - UNLIKELY) * likely + UNLIKELY).reshape(OUTCOMES, -1)


@dataclass(frozen=True)
class MoveEstimate:
    """What actions are believed to do in T tasks."""

    controls: Floats  # [T, A, A] probability that an action (row) is a move (column)
    wind: Floats  # [T, A] probability that the wind replaces any move by this one
    slip_factor: Floats  # [T] times the slip that is shown


class MovesBelief:
    """The belief in T tasks with these shown levels."""

    def __init__(self, shown: Sequence[Level], winds: Floats, slippery: Bools) -> None:
        """`winds` [T, A] are the shown ones; `slippery` [T] is whether any ground slips.

        Where all moves take effect, only an unexpected outcome casts doubt on what is shown.
        """
        self.winds = winds
        self.shown_wind = [_nearest_wind(wind) for wind in winds]  # [T]
        self.counts = np.zeros((len(shown), N_ACTIONS, OUTCOMES))
        self._estimate: MoveEstimate | None = None
        hidden = [_hidden(level) for level in shown]
        wind = [_prior(len(WINDS), w, "wind" in h) for w, h in zip(self.shown_wind, hidden)]
        factor = [_prior(len(FACTORS), FACTORS.index(1), "slip" in h) for h in hidden]
        self.prior = np.stack(wind)[:, :, None] + np.stack(factor)[:, None]  # [T, W, F]
        self.controls_prior = np.stack([_controls_prior("controls" in h) for h in hidden])  # [T, G]
        self.in_doubt: Bools = slippery | winds.any(1) | np.array([bool(h) for h in hidden])

    def add(self, task: Ints, action: Ints, matches: Bools, slip: Floats, lean: Floats) -> None:
        """Count n outcomes: of actions, with the moves [n, A] that would have led there, and the
        shown slip and lean of the cell."""
        pattern = (matches << np.arange(N_ACTIONS)).sum(1)
        level = np.rint(slip * (SLIPS - 1)).astype(int)
        left = 0.5 + np.divide(lean, slip, out=np.zeros_like(slip), where=slip > 0)
        share = np.rint(left * (SHARES - 1)).astype(int)
        outcome = (pattern * SLIPS + level) * SHARES + share
        np.add.at(self.counts, (task, action, outcome), 1)
        self._estimate = None
        self.in_doubt[task[~matches[np.arange(len(action)), action]]] = True

    def estimate(self) -> MoveEstimate:
        """Return the posterior of the controls, and the likeliest wind and slip.

        It is kept until the next outcomes: do not change it.
        """
        if self._estimate is None:
            self._estimate = self._computed_estimate()
        return self._estimate

    def _computed_estimate(self) -> MoveEstimate:
        """Return the estimate that the counts give."""
        n_tasks = len(self.counts)
        controls = np.tile(np.eye(N_ACTIONS), (n_tasks, 1, 1))
        wind, factor = self.winds.copy(), np.ones(n_tasks)
        for t in np.flatnonzero(self.in_doubt).tolist():
            controls[t], likeliest, factor[t] = self._posterior(t)
            if likeliest != self.shown_wind[t]:
                wind[t] = WIND_CHANCES[likeliest]
        return MoveEstimate(controls, wind, factor)

    def _posterior(self, t: int) -> tuple[Floats, int, float]:
        """Return the posterior of a task's controls [A, A], its likeliest wind and factor."""
        seen = np.flatnonzero(self.counts[t].any(0))
        log = (self.counts[t][:, seen] @ _log_likelihood()[seen]).reshape(N_ACTIONS, -1, N_ACTIONS)
        joint = self.prior[t].reshape(-1, 1) + self.controls_prior[t]  # [W * F, G]
        for action, moves in enumerate(CONTROLS.T):
            joint = joint + log[action][:, moves]
        weight = np.exp(joint - joint.max())
        weight /= weight.sum()
        wind, factor = divmod(int(weight.sum(1).argmax()), len(FACTORS))
        by_controls = weight.sum(0)  # [G]
        if by_controls.max() > CERTAIN:
            by_controls = np.eye(len(CONTROLS))[by_controls.argmax()]
        controls = np.stack([by_controls @ np.eye(N_ACTIONS)[moves] for moves in CONTROLS.T])
        return controls, wind, FACTORS[factor]


def _hidden(level: Level) -> set[str]:
    """Return which of wind, slip and controls are drawn per task."""
    words = {word for label in level.hidden for word in label.split()}
    return words & {"wind", "slip", "controls"}


def _nearest_wind(wind: Floats) -> int:
    """Return the hypothesis that is nearest to a wind [A]."""
    return int(np.abs(WIND_CHANCES - wind).sum(1).argmin())


def _prior(n: int, shown: int, is_hidden: bool) -> Floats:
    """Return the log-prior over n hypotheses: flat if hidden, else mostly the shown one."""
    prior = np.full(n, (1 - SURE) / (n - 1))
    prior[shown] = SURE
    return np.log(np.full(n, 1 / n) if is_hidden else prior)


def _controls_prior(is_hidden: bool) -> Floats:
    """Return the log-prior over CONTROLS: those that leave `stay` alone are likelier."""
    weight = np.where(CONTROLS[:, STAY] == STAY, 1.0, RARE)
    weight /= weight.sum()
    if not is_hidden:
        weight *= 1 - SURE
        weight[0] += SURE  # the first permutation is that of normal controls
    log: Floats = np.log(weight)
    return log
