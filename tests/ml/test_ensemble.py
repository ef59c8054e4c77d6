"""The served ensemble: verified bytes, its input, its pool of logits, and that it learned something."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml import calibration
from ml.classes import CLASSES
from ml.ensemble import WEIGHTS, Ensemble, WeightsError, model_card
from ml.events import EventRule
from ml.synthetic import windows


def divergence(votes: np.ndarray, prob: np.ndarray) -> float:
    """Mean KL(votes || prob) in nats."""
    terms = np.where(votes > 0, votes * np.log(np.clip(votes, 1e-12, 1) / np.clip(prob, 1e-9, 1)), 0)
    return float(terms.sum(axis=1).mean())


@pytest.fixture(scope="module")
def shipped() -> Ensemble:
    return Ensemble.load()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WEIGHTS, tmp_path / "weights"))


@pytest.mark.parametrize("name", ["model_card.json", "raw.onnx", "spectrogram.onnx"])
def test_a_changed_byte_is_refused(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(bytes(content))
    with pytest.raises(WeightsError, match=f"{name} was changed"):
        Ensemble.load(copied)


def test_an_absent_file_is_refused_by_name(copied: Path) -> None:
    (copied / "spectrogram.onnx").unlink()
    with pytest.raises(WeightsError, match=r"spectrogram\.onnx cannot be read"):
        Ensemble.load(copied)


def test_weights_for_other_classes_are_refused(copied: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_text())
    manifest["classes"] = manifest["classes"][::-1]
    (copied / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match="other channels, window lengths or classes"):
        Ensemble.load(copied)


def test_another_manifest_is_another_model(copied: Path, shipped: Ensemble) -> None:
    path = copied / "manifest.json"
    path.write_text(path.read_text().replace('"step_s"', ' "step_s"'))
    assert Ensemble.load(copied).sha256 != shipped.sha256


def test_the_pool_is_the_weighted_mean_of_its_members(shipped: Ensemble) -> None:
    windows_uv = np.random.default_rng(0).normal(0, 12, (3, 18, 10_000)).astype(np.float32)
    members = shipped.predict_members(windows_uv)
    assert members.shape == (len(shipped.members), 3, 6)
    assert shipped.weights.sum() == pytest.approx(1)
    assert np.allclose(shipped.predict(windows_uv), (shipped.weights[:, None, None] * members).sum(axis=0), atol=1e-5)


def test_every_window_gets_a_place_among_others(shipped: Ensemble) -> None:
    windows_uv = np.random.default_rng(3).normal(0, 12, (20, 18, 10_000)).astype(np.float32)
    windows_uv[18] = windows_uv[0]
    logits, place = shipped.answer(windows_uv)
    cosine = place.astype(np.float64) @ place.astype(np.float64).T
    assert np.allclose(logits, shipped.predict_members(windows_uv))
    assert np.allclose(np.diag(cosine), 1.0, atol=3e-3)
    assert cosine[0, 18] == pytest.approx(1.0, abs=3e-3)
    assert shipped.answer(windows_uv[:0])[1].shape[0] == 0


def test_limits_of_doubt_come_with_the_weights_or_not_at_all(copied: Path) -> None:
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in manifest.items() if key != "doubt"}))
    bare = Ensemble.load(copied)
    path.write_text(json.dumps(manifest | {"doubt": {"conformal": {"alpha": 0.1, "limit": [0.9] * 6}, "unsure_below": 0.4}}))
    whole = Ensemble.load(copied)
    assert (bare.conformal, bare.unsure_below) == (None, None)
    assert whole.conformal is not None
    assert (whole.conformal.limit.tolist(), whole.unsure_below) == ([0.9] * 6, 0.4)
    assert whole.reading.names == tuple(member.name for member in whole.members)


def test_an_answer_does_not_depend_on_its_neighbors_in_the_batch(shipped: Ensemble) -> None:
    windows_uv = np.random.default_rng(1).normal(0, 12, (18, 18, 10_000)).astype(np.float32)
    assert np.allclose(shipped.predict(windows_uv)[17:], shipped.predict(windows_uv[17:]), atol=1e-4)
    assert shipped.predict(windows_uv[:0]).shape == (0, 6)


def test_missing_context_gives_finite_answers(shipped: Ensemble) -> None:
    windows_uv = np.full((2, 18, 10_000), np.nan, dtype=np.float32)
    windows_uv[0, :, 4000:6000] = np.random.default_rng(2).normal(0, 12, (18, 2000))
    assert np.isfinite(shipped.predict(windows_uv)).all()


def test_windows_of_another_length_are_refused(shipped: Ensemble) -> None:
    with pytest.raises(ValueError, match=r"\(B, 18, 10000\)"):
        shipped.predict(np.zeros((1, 18, 2_000), dtype=np.float32))


def test_the_event_rule_comes_from_the_manifest(shipped: Ensemble) -> None:
    written = json.loads((WEIGHTS / "manifest.json").read_text())["events"]["rule"]
    assert shipped.event_rule == EventRule.from_json(written)
    assert 0 < shipped.step_s <= 10


def test_the_model_card_is_honest_about_what_it_is() -> None:
    card = model_card()
    assert "Not a medical device" in card["not_intended"]
    assert "no voted or labelled real window trained any weight" in card["training_data"]["kind"]
    assert card["evaluation"]["held_out_virtual_patients"]["n"] > 0
    assert card["limits"]


def test_reading_the_model_card_loads_no_runtime() -> None:
    code = "import sys; from ml.ensemble import model_card; model_card(); print('onnxruntime' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=WEIGHTS.parent.parent)
    assert done.stdout.split() == ["False", "False"]


def test_the_shipped_weights_beat_a_uniform_output_on_new_virtual_patients(shipped: Ensemble) -> None:
    made = windows.generate(np.random.default_rng(20_261_123), 60, per_patient=2)
    prob = calibration.apply(shipped.predict(made.bipolar_uv), shipped.temperature, shipped.class_bias)
    uniform = np.full_like(prob, 1 / len(CLASSES))
    assert divergence(made.votes, prob) < 0.6 * divergence(made.votes, uniform)
    assert np.mean(prob.argmax(axis=1) == made.votes.argmax(axis=1)) > 0.5


def test_the_shipped_weights_beat_a_uniform_output_on_real_voted_windows(shipped: Ensemble, shared_data: Path) -> None:
    from ml.training import real_windows

    found = real_windows.voted(shared_data, "iiic50")
    votes = np.stack([window.votes for window in found])
    windows_uv = np.stack([window.bipolar_uv for window in found if window.bipolar_uv is not None])
    prob = calibration.apply(shipped.predict(windows_uv), shipped.temperature, shipped.class_bias)
    assert len(windows_uv) == 12
    assert divergence(votes, prob) < 0.7 * divergence(votes, np.full((12, 6), 1 / 6))


def test_the_shipped_networks_name_no_machine() -> None:
    networks = [path.read_bytes() for path in WEIGHTS.glob("*.onnx")]
    assert len(networks) == 2
    assert not any(b".py" in network for network in networks)
