"""Boosted trees on the fast features, as ONNX: a member that reads numbers instead of waves."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ml.analysis import LABEL_S, WINDOW_S
from ml.channels import REGIONS
from ml.features.extract import extract
from ml.features.feature import LEFT, RIGHT

LEAST_PROB: Final[float] = 1e-5
MIDLINE: Final[tuple[int, ...]] = (16, 17)
FRONT, BACK = ((0, 4, 8, 12), (3, 7, 11, 15))
"""First and last pairs of the four chains."""


class FeatureTrees:
    """One ensemble of trees in its own session.

    Parameters
    ----------
    name
        Short name of the member.
    model
        The bytes of the ONNX file: features in, probabilities out.
    threads
        Of ONNX Runtime.
    """

    def __init__(self, name: str, model: bytes, *, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._name = name
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @property
    def name(self) -> str:
        return self._name

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6), logarithms of probabilities, of finite windows (B, 18, 10000)."""
        return self.log_prob(assemble(bipolar_uv))

    def log_prob(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logarithms of probabilities (B, 6) of assembled features (B, n)."""
        prob = self._session.run(None, {self._session.get_inputs()[0].name: features})[0]
        return np.asarray(np.log(np.maximum(prob, LEAST_PROB)), dtype=np.float32)


def assemble(bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features (B, 6 times those of a pair) of the labelled 10 s of windows (B, 18, 10000); the same when sides are exchanged."""
    n = bipolar_uv.shape[-1]
    edge = round(n * (1 - LABEL_S / WINDOW_S) / 2)
    x = extract(np.ascontiguousarray(bipolar_uv[..., edge : n - edge]), which="fast").by_channel   # (B, 18, F)
    side = np.abs(_mean(x, LEFT) - _mean(x, RIGHT))
    chains = np.stack([_mean(x, rows) for rows in REGIONS.values()])                       # (4, B, F)
    with np.errstate(invalid="ignore"):
        greatest, least = np.max(chains, axis=0), np.min(chains, axis=0)
    along = _mean(x, FRONT) - _mean(x, BACK)
    return np.concatenate([_mean(x, (*LEFT, *RIGHT)), _mean(x, MIDLINE), greatest, least, side, along], axis=1).astype(np.float32)


def _mean(x: NDArray[np.float32], rows: tuple[int, ...]) -> NDArray[np.float32]:
    """Mean over pairs (B, F), of those that have a value; NaN where none has."""
    known = np.isfinite(x[:, list(rows)])
    total = np.where(known, x[:, list(rows)], 0).sum(axis=1)
    count = known.sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan), dtype=np.float32)
