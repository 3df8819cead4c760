"""Write metrics for TensorBoard."""

from __future__ import annotations

from pathlib import Path

from agents.learner import AgentError


class TensorBoardLog:
    """A writer of TensorBoard files. Raises AgentError if TensorBoard is not installed."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            todo = 'python -m pip install -e ".[tb]"'
            raise AgentError(f"TensorBoard is not installed - {todo}") from None
        self._writer = SummaryWriter(str(folder))

    def add(self, iteration: int, values: dict[str, float]) -> None:
        """Write an iteration's metrics, or a row of a validation."""
        group = "validation" if "score_0" in values else "training"
        for name, value in values.items():
            self._writer.add_scalar(f"{group}/{name}", value, iteration)

    def close(self) -> None:
        """Write buffered values and close the files."""
        self._writer.close()
