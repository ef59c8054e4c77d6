"""Real backgrounds under generated windows: read from a folder, mirrored truly, refused where they cannot serve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.channels import ELECTRODES
from ml.synthetic import real_background, recording, windows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("healthy")
    recording.write_edf(path / "first.edf", hours=2 / 60, seed=2, patterns={}, healthy=True)
    (path / "notes.txt").write_text("not a recording")
    return path


def test_a_mirrored_head_has_left_and_right_exchanged() -> None:
    mirrored = [ELECTRODES[row] for row in real_background.MIRRORED]
    assert dict(zip(ELECTRODES, mirrored, strict=True)).items() >= {"Fp1": "Fp2", "T4": "T3", "O2": "O1", "Cz": "Cz", "F7": "F8"}.items()


def test_recordings_of_a_folder_become_backgrounds_of_windows(folder: Path) -> None:
    found = real_background.load(folder, sfreq_hz=windows.made_hz(50.0), least_s=windows.LENGTH_S)
    assert found.names == ("first.edf",)
    assert found.stretches_uv[0].shape == (19, 12_000)
    made = windows.generate(np.random.default_rng(1), 12, sfreq_hz=50.0, backgrounds=found)
    assert np.isfinite(made.bipolar_uv).all()
    assert not np.array_equal(made.bipolar_uv, windows.generate(np.random.default_rng(1), 12, sfreq_hz=50.0).bipolar_uv)


def test_a_folder_without_long_recordings_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="no recording of 19 electrodes and 600 s"):
        real_background.load(folder, sfreq_hz=100.0, least_s=600)


def test_backgrounds_at_another_rate_are_refused(folder: Path) -> None:
    found = real_background.load(folder, sfreq_hz=200.0, least_s=windows.LENGTH_S)
    with pytest.raises(ValueError, match="need 100 Hz"):
        windows.generate(np.random.default_rng(1), 1, sfreq_hz=50.0, backgrounds=found)
