"""Networks in torch as they are trained: for evaluation and export checks, never for serving."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


class TorchPredictor:
    """One torch network in evaluation mode."""

    def __init__(self, name: str, network: torch.nn.Module, *, device: str = "cpu") -> None:
        self._name = name
        self._device = torch.device(device)
        self._network = network.to(self._device).eval()

    @property
    def name(self) -> str:
        return self._name

    @torch.inference_mode()
    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6) of finite windows (B, 18, 10000)."""
        batch = torch.from_numpy(np.ascontiguousarray(bipolar_uv)).to(self._device)
        logits: NDArray[np.float32] = self._network(batch).float().cpu().numpy()
        return logits
