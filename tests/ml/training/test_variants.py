"""Variants of shipped networks: each computes about the same, and serves only behind both gates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="extra train absent")
pytest.importorskip("torch", reason="extra train absent")

from ml.backends.onnx_runtime import OnnxPredictor  # noqa: E402
from ml.classes import CLASSES  # noqa: E402
from ml.ensemble import WEIGHTS, Ensemble  # noqa: E402
from ml.synthetic import windows  # noqa: E402
from ml.training import variants  # noqa: E402
from ml.training.variants import Verdict  # noqa: E402

MEMBERS = ("raw", "spectrogram")


@pytest.fixture(scope="module")
def seen() -> np.ndarray:
    return windows.generate(np.random.default_rng(5), 24, per_patient=1).bipolar_uv.astype(np.float32)


def shipped(name: str) -> bytes:
    return (WEIGHTS / f"{name}.onnx").read_bytes()


def quick(both: object, seen: object) -> dict[int, tuple[float, float]]:
    """Times of a variant that is twice as fast."""
    return {1: (0.002, 0.001), 16: (0.02, 0.01)}


def slow(both: object, seen: object) -> dict[int, tuple[float, float]]:
    """Times of a variant that is slower for one window."""
    return {1: (0.002, 0.003), 16: (0.02, 0.01)}


def operators(model: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_model_from_string(model).graph.node]


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_a_variant_says_nearly_what_its_network_says(kind: str, name: str, seen: np.ndarray) -> None:
    ours = OnnxPredictor(name, shipped(name)).answer(seen)
    theirs = OnnxPredictor(name, variants.KINDS[kind](shipped(name))).answer(seen)
    assert theirs.logits.dtype == np.float32
    assert np.isfinite(theirs.logits).all()
    assert 0 < np.abs(ours.logits - theirs.logits).max() < (0.05 if kind == "fp16" else 2.0)
    assert np.corrcoef(ours.logits.ravel(), theirs.logits.ravel())[0, 1] > (0.9999 if kind == "fp16" else 0.97)


@pytest.mark.parametrize("name", MEMBERS)
def test_half_precision_bears_windows_of_high_voltage(name: str) -> None:
    loud = np.random.default_rng(0).normal(0, 900, (4, 18, 10_000)).astype(np.float32).cumsum(axis=-1).clip(-6000, 6000)
    ours, theirs = (OnnxPredictor(name, each).logits(loud) for each in (shipped(name), variants.half(shipped(name))))
    assert np.abs(ours - theirs).max() < 0.05


@pytest.mark.parametrize("name", MEMBERS)
def test_half_precision_spares_the_front_end_and_the_recurrent_layer(name: str) -> None:
    graph = onnx.load_model_from_string(variants.half(shipped(name))).graph
    kinds = {each.name: each.data_type for each in graph.initializer}
    assert kinds["decimate.taps"] == onnx.TensorProto.FLOAT
    halves = [each for each in graph.initializer if each.data_type == onnx.TensorProto.FLOAT16]
    assert sum(each.name.endswith("weight") for each in halves) > 10
    assert {out.type.tensor_type.elem_type for out in (*graph.input, *graph.output)} == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize("name", MEMBERS)
def test_eight_bits_spare_front_end_first_convolutions_gates_and_heads(name: str) -> None:
    model = variants.eight_bits(shipped(name))
    kept = {each.name for each in onnx.load_model_from_string(model).graph.initializer}
    learned = {"raw": "stem.0.weight", "spectrogram": "zoom_branch.blocks.0.weight"}[name]
    assert {"decimate.taps", learned, "head.1.weight"} <= kept
    assert any(each.endswith("_quantized") for each in kept)
    assert "DequantizeLinear" in operators(model)
    assert len(model) < len(shipped(name))


@pytest.mark.parametrize("name", MEMBERS)
def test_pruning_takes_out_channels_and_leaves_a_network_that_runs(name: str, seen: np.ndarray) -> None:
    model = variants.pruned(shipped(name))
    assert len(model) < 0.95 * len(shipped(name))
    assert OnnxPredictor(name, model).logits(seen[:2]).shape == (2, 6)


@pytest.mark.parametrize("name", MEMBERS)
def test_channels_that_nobody_reads_can_be_pruned_without_any_change(name: str, seen: np.ndarray) -> None:
    proto = onnx.load_model_from_string(shipped(name))
    for each in proto.graph.initializer:
        if each.name.endswith(("narrow.0.weight", "body.3.weight", "gate.0.weight")):
            values = onnx.numpy_helper.to_array(each).copy()
            values[:, ::4] = 0                                  # every fourth inner channel is read by nobody
            each.CopyFrom(onnx.numpy_helper.from_array(values, each.name))
    model = proto.SerializeToString()
    ours, theirs = (OnnxPredictor(name, each).logits(seen[:4]) for each in (model, variants.pruned(model, share=0.25)))
    assert np.allclose(ours, theirs, atol=1e-3)


def test_a_network_without_inner_channels_is_not_pruned() -> None:
    proto = onnx.load_model_from_string(shipped("raw"))
    for each in proto.graph.initializer:
        each.name = each.name.replace("body", "trunk")
    with pytest.raises(ValueError, match="no inner channels"):
        variants.pruned(proto.SerializeToString())


def test_both_gates_must_be_passed() -> None:
    fast, late = {1: (2.0, 1.0), 16: (9.0, 8.0)}, {1: (2.0, 2.1), 16: (9.0, 8.0)}
    assert Verdict("x", (0.5, 0.5049), fast, (10, 5)).accepted
    assert not Verdict("x", (0.5, 0.5051), fast, (10, 5)).accepted
    assert not Verdict("x", (0.5051, 0.5), fast, (10, 5)).accepted     # another model, even if a better one
    assert not Verdict("x", (0.5, 0.5), late, (10, 5)).accepted
    assert not Verdict("x", (0.5, 0.5), fast, (10, 0), reason="cannot be built").accepted


def test_a_slower_variant_is_not_written(tmp_path: Path) -> None:
    report = variants.make("fp16", WEIGHTS, tmp_path / "out", n=12, timer=slow)
    assert not report["written"]
    assert not (tmp_path / "out").exists()
    assert all(row["accurate"] and not row["faster"] for row in report["members"].values())


def test_an_accepted_variant_serves_as_a_model_of_its_own(tmp_path: Path, seen: np.ndarray) -> None:
    assert variants.make("fp16", WEIGHTS, tmp_path / "out", n=12, timer=quick)["written"]
    ours, theirs = Ensemble.load(), Ensemble.load(tmp_path / "out")
    assert theirs.name == f"{ours.name}+fp16"
    assert theirs.sha256 != ours.sha256
    assert np.abs(ours.predict(seen) - theirs.predict(seen)).max() < 0.05
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["variant"]["members"].keys() == set(MEMBERS)
    assert manifest["classes"] == list(CLASSES)


def test_networks_are_timed_in_turns() -> None:
    calls: list[str] = []

    class Timed:
        def __init__(self, name: str) -> None:
            self.name = name

        def logits(self, part: np.ndarray) -> np.ndarray:
            calls.append(f"{self.name}{len(part)}")
            return np.zeros((len(part), 6), np.float32)

    found = variants.seconds_of([Timed("full"), Timed("variant")], np.zeros((16, 18, 10), np.float32))
    assert found.keys() == {1, 16}
    assert calls.count("full16") == calls.count("variant16") == variants.REPEATS + 1
    assert calls[2:8] == ["variant1", "full1", "full1", "variant1", "variant1", "full1"]
