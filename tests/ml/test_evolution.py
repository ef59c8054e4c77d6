"""Evolution of a stretch, on spectrograms of known signals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ml import evolution
from ml.analysis import RegionalSpectrogram

TIMES_S = np.arange(2.0, 120.0, 2.0)
FREQS_HZ = np.arange(0.5, 20.0, 0.25)


def spectrogram(peak_hz: NDArray[np.float64], *, gain_db: NDArray[np.float64] | float = 0.0, region: int = 1) -> RegionalSpectrogram:
    """A rhythm of changing frequency in one region over a background that falls with 1/f, the others weaker by 10 dB."""
    bump = np.exp(-((FREQS_HZ[:, None] - peak_hz[None, :]) ** 2) / (2 * 0.4**2))
    power = (10.0 * bump + 1.0 / FREQS_HZ[:, None]) * 10.0 ** (np.broadcast_to(gain_db, TIMES_S.shape) / 10.0)
    power_db = np.repeat(10.0 * np.log10(power)[None] - 10.0, 4, axis=0)
    power_db[region] += 10.0
    return RegionalSpectrogram(power_db.astype(np.float32), ("LL", "RL", "LP", "RP"), FREQS_HZ, TIMES_S, 2.0)


def test_a_rhythm_that_slows_from_six_to_two_hertz_falls_steadily() -> None:
    found = evolution.of_stretch(spectrogram(np.linspace(6.0, 2.0, len(TIMES_S)), region=2), 0.0, 120.0)
    assert found is not None
    assert (found.region, found.steady) == ("LP", -1)
    assert found.frequency_hz == pytest.approx((5.33, 4.0, 2.67), abs=0.35)


def test_a_rhythm_that_keeps_its_frequency_does_not_evolve() -> None:
    found = evolution.of_stretch(spectrogram(np.full(len(TIMES_S), 3.0), gain_db=np.linspace(0.0, 9.0, len(TIMES_S))), 0.0, 120.0)
    assert found is not None
    assert found.steady == 0
    assert found.frequency_hz == pytest.approx((3.0, 3.0, 3.0), abs=0.1)
    assert found.power_db == pytest.approx(6.0, abs=0.4)


def test_up_and_down_is_no_steady_change() -> None:
    found = evolution.of_stretch(spectrogram(3.0 + 2.0 * np.sin(np.linspace(0.0, np.pi, len(TIMES_S)))), 0.0, 120.0)
    assert found is not None
    assert found.steady == 0


def test_what_is_too_short_or_was_not_recorded_has_none() -> None:
    whole = spectrogram(np.full(len(TIMES_S), 3.0))
    gap = RegionalSpectrogram(np.full_like(whole.power_db, np.nan), whole.regions, FREQS_HZ, TIMES_S, 2.0)
    assert evolution.of_stretch(whole, 10.0, 20.0) is None
    assert evolution.of_stretch(gap, 0.0, 120.0) is None
