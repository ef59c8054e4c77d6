"""Features and trends of signals whose answer follows from their making: chaos, memory, spindles, tones at the edges of bands."""

from __future__ import annotations

import numpy as np
import pytest
import yasa
from numpy.typing import NDArray
from scipy import signal

from ml import trends
from ml.analysis import Trends
from ml.features import nonlinear, of_recording, transients
from ml.time_frequency import band_powers, multitaper
from tests.recordings import ArrayRecording, eeg

RATE = 200.0


def tone(hertz: float, uv: float, seconds: float = 60.0) -> NDArray[np.float64]:
    return uv * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def lorenz(samples: int, step: float, start: float) -> NDArray[np.float64]:
    """x of the Lorenz system (10, 28, 8/3) by Runge and Kutta; its largest exponent is .906 (Sprott 2003)."""
    def slope(s: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([10.0 * (s[1] - s[0]), s[0] * (28.0 - s[2]) - s[1], s[0] * s[1] - 8.0 / 3.0 * s[2]])
    state, values = np.array([1.0, start, 20.0]), np.empty(samples)
    for i in range(samples):
        a = slope(state)
        b = slope(state + step / 2 * a)
        c = slope(state + step / 2 * b)
        state = state + step / 6 * (a + 2 * b + 2 * c + slope(state + step * c))
        values[i] = state[0]
    return values


def test_the_lyapunov_exponent_is_that_of_the_lorenz_system_per_second() -> None:
    rows = np.stack([lorenz(2400, 5.0 / RATE, start)[400:] for start in (1.0, 2.0, 3.0)]).astype(np.float32)
    found = nonlinear.compute(rows[None], RATE)[0, :, [f.name for f in nonlinear.FEATURES].index("lyapunov_exponent")]
    assert found.mean() == pytest.approx(5.0 * 0.906, rel=0.2)


def test_the_hurst_exponent_is_the_slope_over_lags_of_one_to_twenty() -> None:
    x = signal.lfilter([1.0], [1.0, -0.9], np.random.default_rng(1).normal(size=(3, 2000)), axis=1)
    walk, lags = np.cumsum(x - x.mean(axis=1, keepdims=True), axis=1), np.arange(1, 21)
    spread = [[np.sqrt(np.mean((row[lag:] - row[:-lag]) ** 2)) for lag in lags] for row in walk]
    assert nonlinear.hurst(x) == pytest.approx(np.polyfit(np.log(lags), np.log(spread).T, 1)[0])


@pytest.mark.parametrize(("hertz", "count"), [(9.5, 0), (13.5, 1), (18.0, 0)])
def test_only_a_burst_of_the_sigma_band_is_a_spindle(hertz: float, count: int) -> None:
    times = np.arange(2000) / RATE
    burst = tone(hertz, 30.0, 10.0) * np.exp(-(((times - 5.0) / 0.45) ** 2))
    assert transients.spindle_counts((eeg(10, n=1) * 0.4 + burst), RATE) == count


def test_planted_spindles_are_found_where_yasa_finds_them() -> None:
    x, rng, starts = 0.8 * eeg(120, seed=5, n=1)[0].astype(np.float64), np.random.default_rng(0), np.arange(5.0, 115.0, 9.0)
    for start in starts:
        inside = slice(round(start * RATE), round((start + rng.uniform(0.7, 1.5)) * RATE))
        x[inside] += (tone(rng.uniform(12.3, 14.5), rng.uniform(15.0, 35.0))[: inside.stop - inside.start]) * np.hanning(inside.stop - inside.start)
    theirs = yasa.spindles_detect(x, RATE, verbose="error").summary()
    mask = transients.spindle_mask(x[None], RATE)[0]
    assert transients.spindle_counts(x[None], RATE)[0] == len(theirs) == len(starts)
    assert all(mask[round(RATE * a) : round(RATE * b)].mean() > 0.5 for a, b in zip(theirs["Start"], theirs["End"], strict=True))


@pytest.mark.parametrize(("level", "share"), [(4.9, 1.0), (-4.9, 1.0), (5.1, 0.0)])
def test_suppression_ends_at_five_microvolts(level: float, share: float) -> None:
    assert transients.suppressed(np.full((1, 400), level), RATE).mean() == share


def test_a_feature_stands_in_the_row_of_its_ten_seconds() -> None:
    uv = np.tile(eeg(60, n=1), (19, 1)) + eeg(60, seed=1)
    uv[:, round(20.1 * RATE) : round(20.4 * RATE)] += 300.0 * np.linspace(-1, 1, 19)[:, None].astype(np.float32)
    (block,) = of_recording.stream(ArrayRecording(uv), which="fast")
    size = block.table.by_channel[:, :, [f.name for f in block.table.features].index("peak_to_peak")].max(axis=1)
    assert block.start_s.tolist() == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert size.argmax() == 2
    assert size[[3, 4, 5]].max() < 0.7 * size[2]


@pytest.mark.parametrize(("hertz", "band"), [(3.5, "delta"), (4.5, "theta"), (7.5, "theta"), (8.5, "alpha"), (12.5, "alpha"), (13.5, "beta"), (29.0, "beta"), (31.0, "gamma")])
def test_bands_end_at_four_eight_thirteen_and_thirty_hertz(hertz: float, band: str) -> None:
    image = multitaper(tone(hertz, 30.0), RATE, window_s=10.0, step_s=10.0, half_bandwidth=2.0, band_hz=(0.5, 45.0))
    shares = band_powers(image).mean(axis=-1) / band_powers(image).sum(axis=-2).mean()
    assert ("delta", "theta", "alpha", "beta", "gamma")[int(shares.argmax())] == band
    assert shares.max() > 0.95


def trends_of(uv: NDArray[np.floating]) -> Trends:
    """Of 18 pairs, column after column of 10 s but the first and the last."""
    starts = np.arange(2000, uv.shape[1] - 2000, 2000)
    return trends.of_pairs(np.asarray(uv, dtype=np.float32), starts, np.ones((18, len(starts)), dtype=bool))


def test_the_alpha_delta_ratio_counts_eight_to_thirteen_over_one_to_four_hertz() -> None:
    counted, uncounted = tone(12.0, 40.0) + tone(2.0, 80.0), tone(15.0, 60.0) + tone(5.5, 60.0)
    assert trends_of(eeg(60, n=18) * 0.02 + counted + uncounted).alpha_delta == pytest.approx(0.25, rel=0.05)


def test_the_asymmetry_index_is_the_mean_of_one_to_twenty_hertz() -> None:
    uv = np.tile(eeg(120, n=1) * 2.0, (18, 1)).astype(np.float64)
    above = signal.sosfiltfilt(signal.butter(8, 10.0, "highpass", fs=RATE, output="sos"), uv[0])
    uv[list(trends.RIGHT)] += above                                  # four times the power above 10 Hz: (4 - 1) / (4 + 1)
    found = trends_of(uv + eeg(120, seed=3, n=18) * 0.05)
    assert found.asymmetry_index.mean() == pytest.approx(0.6 * 10.0 / 19.0, rel=0.1)
    assert found.asymmetry[found.freqs_hz > 12.0].mean() == pytest.approx(0.6, abs=0.05)


def test_the_margins_of_the_aeeg_are_the_tenth_and_ninetieth_percentile() -> None:
    sawtooth = 20.0 + 40.0 * (np.arange(12_000) % 2000) / 2000.0       # peak to peak, rising over each column of 10 s
    margins = trends_of(tone(30.0**0.5, 0.5) * sawtooth + eeg(60, n=18) * 0.02).aeeg_uv
    assert margins[:, 0] == pytest.approx(24.0, abs=2.5)
    assert margins[:, 1] == pytest.approx(56.0, abs=2.5)
