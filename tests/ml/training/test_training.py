"""Training: reproducible data, augmentation that keeps labels true, calibration, and a loss that falls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.training import calibrate, config, dataset, metrics, train  # noqa: E402
from ml.training.augment import MIRROR, augment  # noqa: E402
from ml.training.config import TrainingConfig  # noqa: E402
from tests.ml.training.toy import toy_windows  # noqa: E402


@pytest.mark.parametrize("name", ["raw", "spectrogram"])
def test_a_tiny_training_lowers_the_loss(name: str, tmp_path: Path) -> None:
    settings = TrainingConfig("smoke", seed=1, n_train=48, n_held_out=48, epochs=8, batch=16, learning_rate=4e-3, centre_only=0.0)
    trained = train.fit(name, toy_windows(48), settings, checkpoint=tmp_path / "smoke.safetensors")
    assert np.mean(trained.losses[-4:]) < 0.8 * np.mean(trained.losses[:4])
    again = train.load(name, tmp_path / "smoke.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(again.state_dict().values(), trained.network.state_dict().values(), strict=True))


def test_the_data_set_depends_on_the_seed_and_not_on_when_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "CHUNK", 4)
    first, second = (dataset.build(tmp_path / str(i), n=8, seed=3, per_patient=2, processes=1) for i in range(2))
    assert first.bipolar_uv.shape == (8, 18, 2500)
    assert np.array_equal(first.bipolar_uv, second.bipolar_uv)
    assert np.array_equal(first.votes, second.votes)


def test_the_mirror_swaps_left_and_right_and_is_its_own_inverse() -> None:
    assert [MIRROR[MIRROR[row]] for row in range(18)] == list(range(18))
    assert MIRROR[0:4] == (4, 5, 6, 7)
    assert MIRROR[16:] == (16, 17)


def test_hiding_the_context_keeps_the_labelled_ten_seconds() -> None:
    windows = torch.ones(32, 18, 2500)
    hidden = augment(windows, torch.Generator().manual_seed(0), centre_only=1.0)
    assert (hidden[:, :, :1000] == 0).all()
    assert (hidden[:, :, 1500:] == 0).all()
    assert (hidden[:, :, 1000:1500].amax(dim=(1, 2)) > 0).all()


def test_calibration_finds_the_temperature_that_was_applied() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (1, 600, 6)).astype(np.float32)
    truth = calibrate.Calibration(np.ones(1), 2.0, np.zeros(6))
    fitted = calibrate.fit(logits, truth.prob(logits))
    assert fitted.temperature == pytest.approx(2.0, rel=0.05)
    assert np.abs(fitted.class_bias).max() < 0.1


def test_a_tied_majority_counts_as_right_for_both() -> None:
    votes = np.array([[0.5, 0, 0, 0, 0, 0.5]] * 3)
    prob = np.eye(6)[[0, 5, 1]]
    assert metrics.majority_hit(votes, prob).tolist() == [True, True, False]


def test_the_exact_interval_is_that_of_clopper_and_pearson() -> None:
    assert metrics.interval(10, 12) == pytest.approx([0.5159, 0.9791], abs=1e-4)


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text('name = "x"\nseed = 1\nn_train = 1\nn_held_out = 1\nepochs = 1\nlearn_rate = 1\n')
    with pytest.raises(ValueError, match="learn_rate"):
        config.read(path)
