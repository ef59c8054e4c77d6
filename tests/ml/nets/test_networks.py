"""Networks: the front end, what is shared and symmetric, and that ONNX computes the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")
from scipy import signal  # noqa: E402

from ml.nets.front_end import Decimate  # noqa: E402
from ml.training import export  # noqa: E402
from ml.training.augment import MIRROR  # noqa: E402
from ml.training.train import NETWORKS  # noqa: E402


def noise(batch: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 15, (batch, 18, 10_000)).astype(np.float32))


def test_decimation_agrees_with_scipy() -> None:
    windows = noise(1)
    ours = Decimate()(windows)[0].numpy()
    taps = Decimate().taps.numpy().ravel()
    theirs = signal.upfirdn(taps, windows[0].numpy(), down=1, axis=-1)[:, 40 : 40 + 10_000][:, ::4]
    assert ours.shape == (18, 2500)
    assert np.allclose(ours, theirs, atol=1e-3)


def test_decimation_keeps_eeg_and_removes_what_would_fold() -> None:
    seconds = torch.arange(10_000) / 200
    for hz, gain in ((2.0, 1.0), (15.0, 1.0), (32.0, 0.0), (60.0, 0.0)):
        wave = torch.sin(2 * torch.pi * hz * seconds).repeat(1, 18, 1)
        left = Decimate()(wave)[0, 0, 500:2000].std() / wave[0, 0].std()
        assert float(left) == pytest.approx(gain, abs=0.03)


def test_the_raw_network_does_not_care_which_side_is_which() -> None:
    network = NETWORKS["raw"]().eval()
    windows = noise(2)
    with torch.inference_mode():
        for ours, mirrored in zip(network(windows), network(windows[:, list(MIRROR)]), strict=True):
            assert torch.allclose(ours, mirrored, atol=1e-4)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_silent_window_gives_finite_logits_and_a_finite_embedding(name: str) -> None:
    with torch.inference_mode():
        logits, embedding = NETWORKS[name]().eval()(torch.zeros(1, 18, 10_000))
    assert logits.shape == (1, 6)
    assert embedding.shape == (1, 96)
    assert torch.isfinite(logits).all()
    assert torch.isfinite(embedding).all()


@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_logits_are_a_linear_reading_of_the_embedding(name: str) -> None:
    network = NETWORKS[name]().eval()
    with torch.inference_mode():
        logits, embedding = network(noise(2))
        assert torch.allclose(network.head[-1](embedding), logits, atol=1e-6)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_onnx_computes_what_torch_computes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "efficientnet":                                  # 11 million parameters: 64 windows would take a minute
        monkeypatch.setattr(export, "PARITY_BATCHES", (1, 2, 5))
    torch.manual_seed(3)
    network = NETWORKS[name]()
    for parameter in network.parameters():                      # random weights large enough to tell a wrong graph
        parameter.data.add_(0.02 * torch.randn_like(parameter))
    assert export.to_onnx(name, network, tmp_path / "network.onnx") < 1e-4
    assert outputs(tmp_path / "network.onnx") == {"logits": ["batch", 6], "embedding": ["batch", 96]}


def test_what_only_training_has_is_not_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PARITY_BATCHES", (1, 2, 5))
    torch.manual_seed(0)
    with_heads = NETWORKS["raw"](auxiliary=True)
    plain = NETWORKS["raw"]()
    plain.load_state_dict(with_heads.state_dict(), strict=False)
    export.to_onnx("raw", with_heads, tmp_path / "heads.onnx")
    export.to_onnx("raw", plain, tmp_path / "plain.onnx")
    assert with_heads.auxiliary is not None                     # the network itself keeps them
    assert outputs(tmp_path / "heads.onnx").keys() == {"logits", "embedding"}
    assert (tmp_path / "heads.onnx").stat().st_size == (tmp_path / "plain.onnx").stat().st_size


def test_an_export_that_differs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PARITY_BATCHES", (1,))
    network, other = NETWORKS["raw"]().eval(), NETWORKS["raw"]().eval()
    export.to_onnx("raw", network, tmp_path / "network.onnx")
    assert export.difference("raw", other, (tmp_path / "network.onnx").read_bytes()) > export.TOLERANCE


def outputs(path: Path) -> dict[str, list[str | int]]:
    """Names and shapes of what an ONNX file gives."""
    onnx = pytest.importorskip("onnx", reason="extra train absent")
    return {out.name: [dim.dim_param or dim.dim_value for dim in out.type.tensor_type.shape.dim] for out in onnx.load(path).graph.output}
