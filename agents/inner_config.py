"""Options of the inner loop; without torch, so that the window can compare them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self

from agents.learner import check_options
from game.world.tables import N_ACTIONS

STEP_SIZES = "log_alpha."  # begins the names of learned step sizes, which are logarithms
TABLE, VALUES = "table", "values"  # parameters that start at zero on every task


@dataclass(frozen=True)
class InnerConfig:
    """Options of the inner loop."""

    episodes: int = 20
    """Episodes sampled on each task for every gradient step (1 to 10000)."""
    discount: float = 0.9
    """Discount factor of the returns in the inner loop (0 to 1): less variance, more bias."""
    surrogate: Literal["lvc", "plain", "dice"] = "lvc"
    """Inner loss; 'lvc' and 'dice' credit the pre-update policy for its data, 'plain' does not."""
    shrink: float = 1.0
    """Shrinkage of state baselines towards the time-step mean, in visits (0 to 1e6)."""
    rarity: float = 10.0
    """Bonus for reaching the goal, times the share of episodes that missed it (0 to 1e6)."""
    curiosity: float = 0.3
    """Bonus for new states in steps whose episodes all miss the goal (0 to 1e6)."""
    kept: int = 0
    """Best episodes that reached the goal, kept for the losses of later steps (0 to 10000)."""
    kept_weight: float = 0.5
    """Weight of a kept episode in the inner loss; that of a new one is 1 (0 to 1e6)."""
    trust: float = 0.7
    """Trust region: largest KL divergence of a step in nats (0 to 1e6; 0 turns it off)."""
    narrowing: float = 0.5
    """Decay of the trust region: after k steps it is trust / (1 + narrowing k) (0 to 1e6)."""
    scaled: bool = False
    """Divide rewards by the largest that a level shows: bonuses then mean the same everywhere."""
    lost_undiscounted: bool = False
    """Use discount 1 in steps whose episodes all miss the goal, so losses are not put off."""

    def __post_init__(self) -> None:
        check_options(self, episodes=(1, 10_000), discount=(0, 1), shrink=(0, 1e6))
        check_options(self, rarity=(0, 1e6), curiosity=(0, 1e6))
        check_options(self, kept=(0, 10_000), kept_weight=(0, 1e6))
        check_options(self, trust=(0, 1e6), narrowing=(0, 1e6))


@dataclass(frozen=True)
class GraphConfig:
    """Options of the body 'graph'."""

    channels: int = 32
    """Channels of the graph network (1 to 1024)."""
    rounds: int = 10
    """Rounds of messages while adapting (1 to 1000); training draws half to 1.5 times as many."""
    head: tuple[int, ...] = (32,)
    """Units in each hidden layer of the head, which adapts (1 to 4096 each)."""
    table_step: float = 20.0
    """Initial step size of the table of logits, one for each state and action (1e-6 to 1000)."""
    values_step: float = 2.0
    """Initial step size of the table of values, one for each state (1e-6 to 1000)."""

    def __post_init__(self) -> None:
        check_options(self, channels=(1, 1024), rounds=(1, 1000))
        check_options(self, table_step=(1e-6, 1000), values_step=(1e-6, 1000))
        check_options(self, head=(1, 4096))

    @property
    def table_steps(self) -> dict[str, float]:
        """The initial step sizes of the tables, by parameter."""
        return {TABLE: self.table_step, VALUES: self.values_step}

    @property
    def n_weights(self) -> int:
        """The number of weights between the channels of the graph network, and in the head."""
        head = sum(a * b for a, b in pairwise((self.channels, *self.head, 1)))
        return 12 * self.channels**2 + head


@dataclass(frozen=True)
class InnerOptions:
    """All options of a gradient learner that its inner loop depends on; scratch shares them."""

    hidden: tuple[int, ...]
    step_size: float
    inner: InnerConfig
    body: Literal["features", "graph"] = "features"
    graph: GraphConfig = GraphConfig()
    n_actions: int = N_ACTIONS

    @classmethod
    def of(cls, config: Any) -> Self:
        """Return the shared options of a gradient learner's Config."""
        names = ("hidden", "step_size", "inner", "body", "graph", "n_actions")
        return cls(*(getattr(config, name) for name in names))
