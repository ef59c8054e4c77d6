"""Whether ONNX Runtime may use a GPU, told without loading it."""

from __future__ import annotations

from importlib import metadata

from ml.backends.predictor import ProviderName


def may_use_gpu(name: ProviderName) -> bool:
    """Whether a session of this name may reserve memory for a GPU."""
    return name in ("cuda", "tensorrt") or (name == "auto" and gpu_build())


def gpu_build() -> bool:
    """Whether the installed ONNX Runtime is the one for GPUs."""
    try:
        return bool(metadata.version("onnxruntime-gpu"))
    except metadata.PackageNotFoundError:
        return False
