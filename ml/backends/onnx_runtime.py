"""Networks on ONNX Runtime: what serves, on a CPU, with CUDA or with TensorRT."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ml.backends.predictor import ProviderName

PROVIDERS: Final[dict[str, tuple[str, ...]]] = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}
"""ONNX Runtime providers by name, in order of preference; each falls back to the CPU node by node."""


class ProviderMissing(Exception):
    """The asked accelerator is not offered by the installed ONNX Runtime."""


def providers(name: ProviderName) -> list[str]:
    """ONNX Runtime providers for a name.

    Raises
    ------
    ProviderMissing
        If ``cuda`` or ``tensorrt`` is asked for and the installed ONNX Runtime does not offer it.
    """
    available = ort.get_available_providers()
    if name == "auto":
        return [p for p in PROVIDERS["cuda"] if p in available]
    if PROVIDERS[name][0] not in available:
        raise ProviderMissing(
            f"ONNX Runtime {ort.__version__} offers {', '.join(available)}, not {PROVIDERS[name][0]}. "
            "Install the extra 'gpu' instead of 'cpu', or use the provider 'cpu'."
        )
    return [p for p in PROVIDERS[name] if p in available]


class OnnxPredictor:
    """One ONNX network in its own session.

    Parameters
    ----------
    name
        Short name of the network.
    model
        The bytes of the ONNX file, already verified.
    provider
        ``"auto"`` uses CUDA where it is offered; TensorRT only on request, since it builds engines for minutes.
    threads
        Threads within one operator. Two is what the reference machine has.
    """

    def __init__(self, name: str, model: bytes, *, provider: ProviderName = "cpu", threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._name = name
        self._session = ort.InferenceSession(model, options, providers=providers(provider))
        self._input = self._session.get_inputs()[0].name

    @property
    def name(self) -> str:
        return self._name

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6) of finite windows (B, 18, 10000)."""
        return np.asarray(self._session.run(None, {self._input: bipolar_uv})[0], dtype=np.float32)
