"""Networks on ONNX Runtime: what serves, on a CPU, with CUDA or with TensorRT."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from ml.backends.predictor import Answer, ProviderName

PROVIDERS: Final[dict[str, tuple[str, ...]]] = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "tensorrt": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}
"""ONNX Runtime providers by name, in order of preference; each falls back to the CPU node by node."""
INPUT, LOGITS, EMBEDDING = "bipolar_uv", "logits", "embedding"
"""Names in the ONNX files; an embedding is absent from older ones."""
PROFILE: Final[tuple[tuple[str, int], ...]] = (("min", 1), ("opt", 16), ("max", 64))
"""Batches that a TensorRT engine is built for (reference 7.4); the ensemble sends 16 at most."""


class ProviderMissing(Exception):
    """The asked accelerator is not offered by the installed ONNX Runtime, or did not start; the message is for people."""


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
            "Install the extra 'gpu' instead of 'cpu', or set HMS_PROVIDER=cpu."
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
        ``"auto"`` uses CUDA where it is offered and starts, else the CPU; TensorRT only on request, since it builds engines
        for minutes.
    threads
        Threads within one operator. Two is what the reference machine has.
    engines
        Folder in which TensorRT keeps its engines, made if absent: one for each network, GPU and TensorRT version. Without
        one they are built at each start.

    Raises
    ------
    ProviderMissing
        If an accelerator that was asked for by name is not offered or does not start.
    """

    def __init__(
        self, name: str, model: bytes, *, provider: ProviderName = "cpu", threads: int = 2, engines: Path | None = None
    ) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._name = name
        wanted = providers(provider)
        self._session = ort.InferenceSession(model, options, providers=[(each, _options(each, engines)) for each in wanted])
        started = self._session.get_providers()
        if provider in ("cuda", "tensorrt") and wanted[0] not in started:      # ONNX Runtime falls back without a word
            raise ProviderMissing(
                f"{wanted[0]} is installed but did not start (no GPU, driver or library that fits it); ONNX Runtime would use "
                f"{started[0]} instead. Repair it, or set HMS_PROVIDER=cpu."
            )
        self._input = self._session.get_inputs()[0].name
        named = [output.name for output in self._session.get_outputs()]
        self._outputs = [LOGITS if LOGITS in named else named[0], *([EMBEDDING] if EMBEDDING in named else [])]

    @property
    def name(self) -> str:
        return self._name

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class logits (B, 6) of finite windows (B, 18, 10000)."""
        return np.asarray(self._session.run(self._outputs[:1], {self._input: bipolar_uv})[0], dtype=np.float32)

    def answer(self, bipolar_uv: NDArray[np.float32]) -> Answer:
        """Logits and, where the file gives one, the embedding of the same windows."""
        found = [np.asarray(array, dtype=np.float32) for array in self._session.run(self._outputs, {self._input: bipolar_uv})]
        return Answer(found[0], found[1] if len(found) > 1 else None)


def _options(provider: str, engines: Path | None) -> dict[str, Any]:
    if provider != "TensorrtExecutionProvider":
        return {}
    shapes = {f"trt_profile_{which}_shapes": f"{INPUT}:{batch}x18x10000" for which, batch in PROFILE}
    if engines is None:
        return shapes
    engines.mkdir(parents=True, exist_ok=True)
    return shapes | {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(engines)}
