"""Metrics for TensorBoard."""

from __future__ import annotations

from pathlib import Path

from agents.learner import AgentError


class TensorBoardLog:
    """TensorBoard beside metrics.csv. Raises AgentError where it is not installed."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            todo = 'python -m pip install -e ".[tb]"'
            raise AgentError(f"tensorboard is not installed - {todo}") from None
        self._writer = SummaryWriter(str(folder))

    def add(self, iteration: int, values: dict[str, float]) -> None:
        """Metrics of an iteration, or a validation's row."""
        group = "validation" if "score_0" in values else "training"
        for name, value in values.items():
            self._writer.add_scalar(f"{group}/{name}", value, iteration)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
