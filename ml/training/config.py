"""Settings of one training run, read from a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that decides a run; with the seed it can be made again.

    Attributes
    ----------
    name
        Names the build directory.
    seed
        Of the generator, the initial weights and the order of batches.
    n_train, n_held_out
        Generated windows; held-out ones are of other virtual patients.
    per_patient
        Windows of each virtual patient.
    epochs, batch, learning_rate, weight_decay, ema
        Optimisation: AdamW, one cycle, exponential moving average of the weights.
    networks
        Names of the networks to train, keys of ``ml.training.train.NETWORKS``.
    max_minutes
        Ends training in time: the cycle is shortened by measured speed; 0 for no limit.
    """

    name: str
    seed: int
    n_train: int
    n_held_out: int
    epochs: float
    networks: tuple[str, ...] = ("raw", "spectrogram")
    per_patient: int = 6
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    ema: float = 0.995
    centre_only: float = 0.4
    threads: int = 2
    max_minutes: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """All settings, for the model card."""
        return dataclasses.asdict(self)


def read(path: Path) -> TrainingConfig:
    """Read a TOML file of settings.

    Raises
    ------
    ValueError
        If the file names an unknown setting or lacks one.
    """
    with path.open("rb") as file:
        settings = tomllib.load(file)
    if "networks" in settings:
        settings["networks"] = tuple(settings["networks"])
    try:
        return TrainingConfig(**settings)
    except TypeError as error:
        raise ValueError(f"{path}: {error}") from error
