"""ONNX Runtime as a back end: providers by name, the same answer alone or in a batch, files with and without an embedding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from ml.backends import onnx_runtime, provider
from ml.backends.onnx_runtime import OnnxPredictor, ProviderMissing
from ml.backends.predictor import Embedder
from ml.ensemble import WEIGHTS

SHIPPED = "spectrogram"


def some_windows(n: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 15, (n, 18, 10_000)).astype(np.float32)


def gpu_predictor(name: onnx_runtime.ProviderName, **options: Path) -> OnnxPredictor:
    """A shipped network on an accelerator, or a skip that says why there is none."""
    try:
        return OnnxPredictor(SHIPPED, (WEIGHTS / f"{SHIPPED}.onnx").read_bytes(), provider=name, **options)
    except ProviderMissing as reason:
        pytest.skip(f"no GPU: {reason}")


def averaging_network(outputs: tuple[str, ...]) -> bytes:
    """An ONNX network whose embedding is the mean of every pair and whose logits are those of the first six, doubled."""
    onnx = pytest.importorskip("onnx", reason="extra train absent")
    from onnx import TensorProto, helper

    picked = np.zeros((18, 6), np.float32)
    picked[range(6), range(6)] = 2.0
    shapes = {"logits": 6, "embedding": 18}
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["bipolar_uv", "axes"], ["embedding"], keepdims=0), helper.make_node("MatMul", ["embedding", "picked"], ["logits"])],
        "averages", [helper.make_tensor_value_info("bipolar_uv", TensorProto.FLOAT, ["batch", 18, 10_000])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", shapes[name]]) for name in outputs],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [2]), helper.make_tensor("picked", TensorProto.FLOAT, [18, 6], picked.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def test_the_cpu_is_always_there() -> None:
    assert onnx_runtime.providers("cpu") == ["CPUExecutionProvider"]
    assert onnx_runtime.providers("auto")[-1] == "CPUExecutionProvider"


@pytest.mark.parametrize(("name", "wanted"), [("cuda", "CUDAExecutionProvider"), ("tensorrt", "TensorrtExecutionProvider")])
def test_an_absent_accelerator_is_named_with_the_way_out(name: onnx_runtime.ProviderName, wanted: str) -> None:
    if wanted in ort.get_available_providers():
        pytest.skip(f"{wanted} is offered here")
    with pytest.raises(ProviderMissing, match=rf"not {wanted}\. Install the extra 'gpu' instead of 'cpu', or set HMS_PROVIDER=cpu"):
        OnnxPredictor(SHIPPED, (WEIGHTS / f"{SHIPPED}.onnx").read_bytes(), provider=name)


def test_whether_a_gpu_may_be_used_is_known_without_loading_the_runtime() -> None:
    offers_cuda = "CUDAExecutionProvider" in ort.get_available_providers()
    assert [provider.may_use_gpu(name) for name in ("cpu", "cuda", "tensorrt", "auto")] == [False, True, True, offers_cuda]


def test_a_batch_is_its_windows_one_by_one() -> None:
    predictor = OnnxPredictor(SHIPPED, (WEIGHTS / f"{SHIPPED}.onnx").read_bytes())
    windows = some_windows()
    together = predictor.logits(windows)
    assert together.shape == (3, 6)
    assert np.allclose(together, np.concatenate([predictor.logits(windows[[i]]) for i in range(3)]), atol=1e-4)


@pytest.mark.parametrize("outputs", [("logits",), ("logits", "embedding"), ("embedding", "logits")])
def test_outputs_are_found_by_their_names(outputs: tuple[str, ...]) -> None:
    predictor, windows = OnnxPredictor("averages", averaging_network(outputs)), some_windows()
    answer, means = predictor.answer(windows), windows.mean(axis=2)
    assert isinstance(predictor, Embedder)
    assert np.allclose(answer.logits, 2 * means[:, :6], atol=1e-4)
    assert np.allclose(predictor.logits(windows), answer.logits)
    if "embedding" in outputs:
        assert answer.embedding is not None
        assert np.allclose(answer.embedding, means, atol=1e-4)
    else:
        assert answer.embedding is None


def test_cuda_gives_the_logits_of_the_cpu() -> None:
    there, windows = gpu_predictor("cuda"), some_windows()
    here = OnnxPredictor(SHIPPED, (WEIGHTS / f"{SHIPPED}.onnx").read_bytes())
    assert np.allclose(there.logits(windows), here.logits(windows), atol=1e-2)


def test_tensorrt_gives_the_logits_of_the_cpu_and_keeps_its_engine(tmp_path: Path) -> None:
    there, windows = gpu_predictor("tensorrt", engines=tmp_path / "engines"), some_windows()
    here = OnnxPredictor(SHIPPED, (WEIGHTS / f"{SHIPPED}.onnx").read_bytes())
    assert np.allclose(there.logits(windows), here.logits(windows), atol=1e-2)
    assert list((tmp_path / "engines").glob("*.engine"))
