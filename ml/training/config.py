"""Settings of one training run, read from a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "precision": ("fp32", "bf16", "fp16"),
    "device": ("auto", "cpu", "cuda"),
    "loss": ("kl", "focal"),
    "networks": ("raw", "spectrogram", "efficientnet"),
    "augmentations": ("mirror", "reverse", "gain", "electrodes", "shift", "stretch", "chains", "band", "cutout", "mixup", "cutmix"),
    "logs": ("jsonl", "tensorboard"),
}
"""What a setting may say."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that decides a run; with the seed it can be made again.

    Attributes
    ----------
    name
        Names the build directory.
    seed
        Of the generator, the initial weights and the order of batches.
    n_train, n_held_out, n_monitor
        Generated windows; held-out ones, and those that early stopping looks at, are of other virtual patients.
    per_patient
        Windows of each virtual patient.
    epochs, batch, learning_rate, weight_decay, ema, clip_norm
        Optimisation: AdamW, exponential moving average of the weights, greatest norm of the gradient. ``batch`` is that of each
        process where several train together.
    warm_up, cycles
        Share of the run in which the rate rises; cosine cycles with warm restarts, each twice as long as the one before.
    precision, device, gradient_checkpointing
        Arithmetic of the forward pass; where; whether activations are computed twice to save memory.
    loss, focal_gamma, label_smoothing
        KL to the soft votes, or weighted by how far off a window still is; votes drawn to uniform by ``label_smoothing``.
    vote_weights
        Whether windows with few votes count less (HMS; generated windows have none).
    balance
        1 draws every class alike, 0 as frequent as it is.
    hard_share
        Share of a batch drawn by how large a window's loss was when it was last met.
    augmentations, centre_only, future_hidden
        Names in ``ml.training.augment`` and ``ml.training.mixing``; chance that all but the labelled 10 s is hidden; chance
        that all after them is, as in live use.
    lateral_weight, frequency_weight, presence_weight
        Of the losses of the raw network's auxiliary heads, beside 1 of the votes; 0 for none. Each begins between a third and
        one, as the divergence does, so that a tenth lets them guide the shared layers and never lead. Windows without the generator's truth
        (real ones, two mixed in one) have none.
    backgrounds, background_names
        Folder of real EEG without patterns that lies under a share of the windows trained on (never of those held out), and the
        beginnings of the names of its files to take.
    spectrogram_masks
        Stripes of time and of frequency blanked in training images, at most.
    check_every, patience
        Steps between looks at the monitor windows; looks without improvement after which training ends, 0 for never.
    networks
        Names of the networks to train, keys of ``ml.training.train.NETWORKS``.
    init
        Local checkpoint of timm for the backbone of "efficientnet"; nothing is downloaded.
    logs
        Where progress is written.
    max_minutes
        Ends training in time: the cycle is shortened by measured speed; 0 for no limit.
    """

    name: str
    seed: int
    n_train: int
    n_held_out: int
    epochs: float
    networks: tuple[str, ...] = ("raw", "spectrogram")
    n_monitor: int = 480
    per_patient: int = 6
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    ema: float = 0.995
    clip_norm: float = 1.0
    warm_up: float = 0.04
    cycles: int = 1
    precision: str = "bf16"
    device: str = "auto"
    gradient_checkpointing: bool = False
    loss: str = "kl"
    focal_gamma: float = 2.0
    label_smoothing: float = 0.0
    vote_weights: bool = False
    balance: float = 1.0
    hard_share: float = 0.0
    augmentations: tuple[str, ...] = ("mirror", "reverse", "gain", "electrodes")
    centre_only: float = 0.4
    future_hidden: float = 0.0
    lateral_weight: float = 0.1
    frequency_weight: float = 0.1
    presence_weight: float = 0.1
    backgrounds: str = ""
    background_names: tuple[str, ...] = ()
    spectrogram_masks: int = 0
    check_every: int = 200
    patience: int = 0
    logs: tuple[str, ...] = ("jsonl",)
    init: str = ""
    threads: int = 2
    max_minutes: float = 0.0

    def __post_init__(self) -> None:
        for setting, known in CHOICES.items():
            value = getattr(self, setting)
            for given in value if isinstance(value, tuple) else (value,):
                if given not in known:
                    raise ValueError(f"{setting} is {given!r}; it may be {', '.join(known)}")
        for setting in ("balance", "hard_share", "label_smoothing", "centre_only", "future_hidden", "warm_up"):
            if not 0 <= getattr(self, setting) <= 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; it lies between 0 and 1")

    @property
    def auxiliary(self) -> dict[str, float]:
        """Weights of the auxiliary losses, by the names that ``losses.auxiliary`` gives them; empty where all are 0."""
        weights = {"lateral": self.lateral_weight, "frequency": self.frequency_weight, "presence": self.presence_weight}
        return weights if any(weights.values()) else {}

    def to_json(self) -> dict[str, Any]:
        """All settings, for the model card."""
        return dataclasses.asdict(self)


def read(path: Path) -> TrainingConfig:
    """Read a TOML file of settings.

    Raises
    ------
    ValueError
        If the file names an unknown setting or value, or lacks a setting.
    """
    with path.open("rb") as file:
        settings = tomllib.load(file)
    listed = {key: tuple(value) for key, value in settings.items() if isinstance(value, list)}
    try:
        return TrainingConfig(**(settings | listed))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
