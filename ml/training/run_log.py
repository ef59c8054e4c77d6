"""Progress of a run, written where people look."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class RunLog(Protocol):
    """Takes figures as a run goes on."""

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Note figures of one step."""

    def close(self) -> None:
        """Everything has been said."""


class JsonLines:
    """One line of JSON per note; lines beyond the step that a run goes on from are taken back."""

    def __init__(self, path: Path, *, from_step: int = 0) -> None:
        kept = [line for line in path.read_text().splitlines() if _step(line) <= from_step] if path.exists() and from_step else []
        path.write_text("".join(line + "\n" for line in kept))
        self._file = path.open("a")

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        self._file.write(json.dumps({"step": step} | dict(figures)) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class TensorBoard:
    """Event files for TensorBoard, one folder per run."""

    def __init__(self, folder: Path, *, from_step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter  # only those who ask for it need the package

        self._writer: Any = SummaryWriter(str(folder), purge_step=from_step + 1 if from_step else None)

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class Several:
    """Writes to any number of logs."""

    def __init__(self, logs: Sequence[RunLog]) -> None:
        self._logs = logs

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        for log in self._logs:
            log.write(step, figures)

    def close(self) -> None:
        for log in self._logs:
            log.close()


def open_logs(names: Sequence[str], stem: Path, *, from_step: int = 0) -> RunLog:
    """Logs of a run by their names in the configuration, beside its weights: ``STEM.jsonl`` and the folder ``STEM``."""
    made: dict[str, Any] = {"jsonl": lambda: JsonLines(stem.with_suffix(".jsonl"), from_step=from_step),
                            "tensorboard": lambda: TensorBoard(stem.with_suffix(""), from_step=from_step)}
    return Several([made[name]() for name in names])


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError):          # a line that a kill cut short
        return 1 << 62
