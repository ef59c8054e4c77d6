"""What a back end offers: one network that turns bipolar EEG into logits."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

ProviderName = Literal["auto", "cpu", "cuda", "tensorrt"]


class Answer(NamedTuple):
    """What one network says of a batch of windows."""

    logits: NDArray[np.float32]                  # (B, 6)
    embedding: NDArray[np.float32] | None        # (B, n) of its penultimate layer; None where its file gives none


class Predictor(Protocol):
    """One trained network, wherever it runs."""

    @property
    def name(self) -> str:
        """Short name of the network, e.g. ``"raw"``."""

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6) of finite windows (B, 18, 10000) in µV at 200 Hz; 0 where nothing was recorded."""


@runtime_checkable
class Embedder(Predictor, Protocol):
    """A network that also says where windows lie among others."""

    def answer(self, bipolar_uv: NDArray[np.float32]) -> Answer:
        """Logits and embedding of the same windows, in one run."""


def answer_of(member: Predictor, bipolar_uv: NDArray[np.float32]) -> Answer:
    """What a network says of a batch, whether or not it embeds."""
    return member.answer(bipolar_uv) if isinstance(member, Embedder) else Answer(member.logits(bipolar_uv), None)
