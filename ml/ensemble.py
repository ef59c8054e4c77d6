"""The served ensemble: verified files, a log-linear pool of networks and what is needed to read their output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ml.backends.predictor import Predictor, ProviderName
from ml.channels import CHAIN_PAIRS
from ml.classes import CLASSES
from ml.events import EventRule

WEIGHTS: Final[Path] = Path(__file__).parent / "weights"
MANIFEST: Final[str] = "manifest.json"
INPUT_SHAPE: Final[tuple[int, int]] = (len(CHAIN_PAIRS), 10_000)
"""Pairs and samples of one window: 50 s at 200 Hz."""
BATCH: Final[int] = 16
"""Windows per call of a network: larger ones only cost memory (reference 7.3)."""


class WeightsError(Exception):
    """The weights are absent, changed or made for another input; the message names the file."""


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A few networks whose weighted mean of logits is the model's output.

    The logits become probabilities only through ``class_bias`` and ``temperature`` (``ml.calibration.apply``).
    """

    name: str
    sha256: str                              # of manifest.json, which holds the sha256 of every other file
    members: tuple[Predictor, ...]
    weights: NDArray[np.float32]             # (members,), sum 1
    temperature: float
    class_bias: NDArray[np.float32]          # (6,), added to the logits
    step_s: float
    event_rule: EventRule

    @classmethod
    def load(cls, directory: Path | None = None, *, provider: ProviderName = "cpu", threads: int = 2) -> Self:
        """Read and verify a directory of weights.

        Parameters
        ----------
        directory
            Holds ``manifest.json`` and the files it names; the shipped weights by default.
        provider
            Where ONNX Runtime computes.
        threads
            Threads within one operator.

        Raises
        ------
        WeightsError
            If a file is absent or its bytes are not those that the manifest names, or the input differs.
        """
        directory = WEIGHTS if directory is None else directory
        manifest_bytes = _read(directory, MANIFEST)
        manifest = json.loads(manifest_bytes)
        files = {name: _verified(directory, name, sha) for name, sha in manifest["files"].items()}
        _check_input(manifest)
        from ml.backends.onnx_runtime import OnnxPredictor  # the web process reads model cards without ONNX Runtime

        members = tuple(
            OnnxPredictor(member["name"], files[member["file"]], provider=provider, threads=threads)
            for member in manifest["members"]
        )
        return cls.of(members, manifest, sha256=hashlib.sha256(manifest_bytes).hexdigest())

    @classmethod
    def of(cls, members: Sequence[Predictor], manifest: dict[str, Any], *, sha256: str) -> Self:
        """Join networks that are already loaded, in the order of the manifest's members."""
        weights = np.array([member["weight"] for member in manifest["members"]], dtype=np.float32)
        return cls(
            name=f"{manifest['name']} {manifest['version']}",
            sha256=sha256,
            members=tuple(members),
            weights=weights / weights.sum(),
            temperature=float(manifest["temperature"]),
            class_bias=np.array(manifest["class_bias"], dtype=np.float32),
            step_s=float(manifest["step_s"]),
            event_rule=EventRule.from_json(manifest["events"]["rule"]),
        )

    def predict(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pooled logits (B, 6) of windows (B, 18, 10000), µV at 200 Hz, 0.5-40 Hz, NaN where nothing was recorded."""
        pooled = np.einsum("m,mbc->bc", self.weights, self.predict_members(bipolar_uv))
        return np.asarray(pooled, dtype=np.float32)

    def predict_members(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of every member (members, B, 6), before pooling.

        Raises
        ------
        ValueError
            If the windows are not (B, 18, 10000).
        """
        if bipolar_uv.shape[1:] != INPUT_SHAPE:
            raise ValueError(f"windows of shape {bipolar_uv.shape}; the networks take (B, 18, 10000)")
        windows = np.nan_to_num(bipolar_uv.astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)
        batches = [windows[start : start + BATCH] for start in range(0, len(windows), BATCH)]
        if not batches:
            return np.zeros((len(self.members), 0, len(CLASSES)), dtype=np.float32)
        return np.stack([np.concatenate([member.logits(batch) for batch in batches]) for member in self.members])


def model_card(directory: Path | None = None) -> dict[str, Any]:
    """The model card of a directory of weights, verified like the networks; loads no network.

    Raises
    ------
    WeightsError
        If a file is absent or changed.
    """
    directory = WEIGHTS if directory is None else directory
    manifest = json.loads(_read(directory, MANIFEST))
    card: dict[str, Any] = json.loads(_verified(directory, "model_card.json", manifest["files"]["model_card.json"]))
    return card


def _read(directory: Path, name: str) -> bytes:
    try:
        return (directory / name).read_bytes()
    except OSError as error:
        raise WeightsError(f"The model file {name} cannot be read from {directory}. Reinstall the weights.") from error


def _verified(directory: Path, name: str, expected_sha256: str) -> bytes:
    content = _read(directory, name)
    found = hashlib.sha256(content).hexdigest()
    if found != expected_sha256:
        raise WeightsError(
            f"The model file {name} was changed: its sha256 is {found[:12]}…, the manifest names "
            f"{expected_sha256[:12]}…. Nothing is analysed with it; reinstall the weights."
        )
    return content


def _check_input(manifest: dict[str, Any]) -> None:
    described = manifest["input"]
    pairs = tuple(tuple(pair) for pair in described["pairs"])
    if pairs != CHAIN_PAIRS or tuple(described["shape"][1:]) != INPUT_SHAPE or tuple(manifest["classes"]) != CLASSES:
        raise WeightsError("The weights were made for other channels, window lengths or classes; reinstall them.")
