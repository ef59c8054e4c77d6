"""Networks in torch as they are trained: for evaluation and export checks, never for serving."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from ml.backends.predictor import Answer


class TorchPredictor:
    """One torch network in evaluation mode; it gives logits, or logits and an embedding."""

    def __init__(self, name: str, network: torch.nn.Module, *, device: str = "cpu") -> None:
        self._name = name
        self._device = torch.device(device)
        self._network = network.to(self._device).eval()

    @property
    def name(self) -> str:
        return self._name

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6) of finite windows (B, 18, 10000)."""
        return self.answer(bipolar_uv).logits

    @torch.inference_mode()
    def answer(self, bipolar_uv: NDArray[np.float32]) -> Answer:
        """Logits and, where the network has one, the embedding of the same windows."""
        batch = torch.from_numpy(np.ascontiguousarray(bipolar_uv)).to(self._device)
        made = self._network(batch)
        outputs = made if isinstance(made, tuple) else (made,)
        arrays: list[NDArray[np.float32]] = [each.float().cpu().numpy() for each in outputs[:2]]
        return Answer(arrays[0], arrays[1] if len(arrays) > 1 else None)
