"""The inputs of the graph network before any experience: what a person sees of the level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.graph.experience import Experience
from agents.graph.graph_inputs import GraphInputs, graph_inputs
from game.world.batch import GridBatch, once_per_batch
from game.world.rules import Ints


@dataclass(frozen=True)
class ShownInputs:
    """The inputs of T tasks, and where their nodes are among them."""

    inputs: GraphInputs
    rows: Ints  # [T, M] the nodes of each task, padded with its last one
    next: Ints  # [T, M, A] the node after each move, numbered from 0 in each task
    node: Ints  # [T, S] the node of each state, numbered from 0 in each task


@once_per_batch
def shown_inputs(batch: GridBatch) -> ShownInputs:
    """Return the inputs of a batch. The batch keeps them: do not change them."""
    experience = Experience(batch)
    graph = experience.graph
    first, sizes = graph.first[:-1, None], np.diff(graph.first)[:, None]
    rows = first + np.minimum(np.arange(sizes.max()), sizes - 1)
    return ShownInputs(
        inputs=graph_inputs(experience, 1),
        rows=rows,
        next=graph.next[rows] - first[..., None],
        node=graph.node - first,
    )
