"""ONNX Runtime as a back end: providers by name, the same answer alone or in a batch."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

from ml.backends import onnx_runtime
from ml.backends.onnx_runtime import OnnxPredictor, ProviderMissing
from ml.ensemble import WEIGHTS


def test_the_cpu_is_always_there() -> None:
    assert onnx_runtime.providers("cpu") == ["CPUExecutionProvider"]
    assert onnx_runtime.providers("auto")[-1] == "CPUExecutionProvider"


@pytest.mark.parametrize(("name", "provider"), [("cuda", "CUDAExecutionProvider"), ("tensorrt", "TensorrtExecutionProvider")])
def test_an_absent_accelerator_is_named(name: onnx_runtime.ProviderName, provider: str) -> None:
    if provider in ort.get_available_providers():
        pytest.skip(f"{provider} is offered here")
    with pytest.raises(ProviderMissing, match=provider):
        onnx_runtime.providers(name)


def test_a_batch_is_its_windows_one_by_one() -> None:
    predictor = OnnxPredictor("spectrogram", (WEIGHTS / "spectrogram.onnx").read_bytes())
    windows = np.random.default_rng(0).normal(0, 15, (3, 18, 10_000)).astype(np.float32)
    together = predictor.logits(windows)
    assert together.shape == (3, 6)
    assert np.allclose(together, np.concatenate([predictor.logits(windows[[i]]) for i in range(3)]), atol=1e-4)
