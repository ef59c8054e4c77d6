"""Windows recorded worse: each variant changes what it says and no more."""

from __future__ import annotations

import numpy as np
import pytest

from ml.channels import ELECTRODES
from ml.ensemble import Ensemble
from ml.training import robustness
from tests.recordings import eeg

VARIANTS = dict(robustness.variants())
UV = eeg(50)


def test_the_grid_holds_what_is_asked_of_it() -> None:
    wanted = {"1 electrode absent"} | {f"{n} electrodes absent" for n in range(2, 9)} | {f"recorded at {hz} Hz" for hz in (100, 128, 250, 256, 500, 512)}
    wanted |= {"unchanged", "gain 0.5", "gain 2", "mains 50 Hz, 30 µV", "mains 60 Hz, 30 µV", "left and right exchanged", "T3 and T5 absent", "10 s only"}
    assert wanted <= set(VARIANTS)
    assert next(iter(VARIANTS)) == "unchanged"


def test_absent_electrodes_are_not_in_the_recording() -> None:
    made = VARIANTS["T3 and T5 absent"](UV, np.random.default_rng(0))
    assert set(ELECTRODES) - set(made.names) == {"T3", "T5"}
    assert np.array_equal(made.uv[list(made.names).index("Cz")], UV[ELECTRODES.index("Cz")])


def test_another_rate_keeps_a_slow_wave() -> None:
    seconds = np.arange(10_000) / 200
    wave = np.tile(np.sin(2 * np.pi * 2 * seconds), (19, 1)).astype(np.float32)
    made = VARIANTS["recorded at 512 Hz"](wave, np.random.default_rng(0))
    there = np.arange(made.uv.shape[1]) / 512
    assert made.sfreq_hz == 512
    assert np.abs(made.uv[0] - np.sin(2 * np.pi * 2 * there))[600:-600].max() < 0.01


def test_sides_are_exchanged_and_the_midline_stays() -> None:
    made = VARIANTS["left and right exchanged"](UV, np.random.default_rng(0))
    for name, other in (("Fp1", "Fp2"), ("T6", "T5"), ("Cz", "Cz")):
        assert np.array_equal(made.uv[ELECTRODES.index(name)], UV[ELECTRODES.index(other)])


def test_more_absent_electrodes_than_can_be_filled_in_are_not_assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ("unchanged", "1 electrode absent", "5 electrodes absent", "recorded at 500 Hz")
    monkeypatch.setattr(robustness, "variants", lambda: iter([(name, VARIANTS[name]) for name in few]))
    rows = robustness.grid(Ensemble.load(threads=1), n=1, seed=3)["variants"]
    assert [rows[name]["assessed"] for name in few] == [1, 1, 0, 1]
    assert rows["unchanged"]["change"] == 0
    assert rows["recorded at 500 Hz"]["change"] < 0.01
