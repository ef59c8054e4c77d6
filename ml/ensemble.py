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

from ml import alike
from ml.backends.predictor import Answer, Predictor, ProviderName, answer_of
from ml.channels import CHAIN_PAIRS
from ml.classes import CLASSES
from ml.conformal import ConformalSets
from ml.events import EventRule
from ml.members import Reading

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
    conformal: ConformalSets | None = None   # these two are None for weights that came without them
    unsure_below: float | None = None        # highest probability under which the model had better say nothing

    @classmethod
    def load(
        cls, directory: Path | None = None, *, provider: ProviderName = "cpu", threads: int = 2, engines: Path | None = None
    ) -> Self:
        """Read and verify a directory of weights.

        Parameters
        ----------
        directory
            Holds ``manifest.json`` and the files it names; the shipped weights by default.
        provider
            Where ONNX Runtime computes.
        threads
            Threads within one operator.
        engines
            Folder in which TensorRT keeps what it builds.

        Raises
        ------
        WeightsError
            If a file is absent or its bytes are not those that the manifest names, or the input differs.
        ProviderMissing
            If an accelerator that was asked for by name is not there.
        """
        directory = WEIGHTS if directory is None else directory
        manifest_bytes = _read(directory, MANIFEST)
        manifest = json.loads(manifest_bytes)
        files = {name: _verified(directory, name, sha) for name, sha in manifest["files"].items()}
        _check_input(manifest)
        from ml.backends.onnx_runtime import OnnxPredictor  # the web process reads model cards without ONNX Runtime

        members = tuple(
            OnnxPredictor(member["name"], files[member["file"]], provider=provider, threads=threads, engines=engines)
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
            conformal=ConformalSets.from_json(manifest["doubt"]["conformal"]) if "doubt" in manifest else None,
            unsure_below=float(manifest["doubt"]["unsure_below"]) if "doubt" in manifest else None,
        )

    @property
    def reading(self) -> Reading:
        """How the networks' logits are read, for who keeps them."""
        return Reading(
            tuple(member.name for member in self.members), tuple(self.weights.tolist()), self.temperature,
            tuple(self.class_bias.tolist()), self.conformal, self.unsure_below,
        )

    def predict(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pooled logits (B, 6) of windows (B, 18, 10000), µV at 200 Hz, 0.5-40 Hz, NaN where nothing was recorded."""
        return self.pool(self.predict_members(bipolar_uv))

    def pool(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Weighted mean (B, 6) of the members' logits (members, B, 6)."""
        return np.asarray(np.einsum("m,mbc->bc", self.weights, logits), dtype=np.float32)

    def predict_members(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of every member (members, B, 6), before pooling.

        Raises
        ------
        ValueError
            If the windows are not (B, 18, 10000).
        """
        return self.answer(bipolar_uv)[0]

    def answer(self, bipolar_uv: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float16]]:
        """Logits of every member (members, B, 6), and where the windows lie among others (B, n) (``ml.alike``).

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
            return np.zeros((len(self.members), 0, len(CLASSES)), dtype=np.float32), np.zeros((0, 0), dtype=np.float16)
        answers = [_joined([answer_of(member, batch) for batch in batches]) for member in self.members]
        return np.stack([each.logits for each in answers]), alike.embed(answers, self.weights)


def _joined(parts: Sequence[Answer]) -> Answer:
    """The answers of one network to batches, as one."""
    embedding = [part.embedding for part in parts if part.embedding is not None]
    return Answer(np.concatenate([part.logits for part in parts]), np.concatenate(embedding) if embedding else None)


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
