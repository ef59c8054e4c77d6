"""From potentials to the recording: hum, clipping and a changed reference leave what they leave in reality."""

from __future__ import annotations

import numpy as np
import pytest

from ml.synthetic import acquisition, noise
from ml.synthetic.forward import bipolar_matrix
from ml.synthetic.noise import Timeline

LINE = Timeline(12_000, 200.0, -30.0)


def activity(seed: int = 0) -> np.ndarray:
    return np.asarray(20 * noise.band(np.random.default_rng(seed), 19, LINE, centre_hz=3, width_hz=1))


@pytest.mark.parametrize("seed", range(6))
def test_hum_is_at_50_or_60_hz_and_gone_after_the_analysis_filter(seed: int) -> None:
    hum = bipolar_matrix() @ acquisition.mains(np.random.default_rng(seed), LINE)
    density = np.abs(np.fft.rfft(hum, axis=1)).sum(axis=0)
    assert round(float(np.fft.rfftfreq(12_000, 1 / 200)[np.argmax(density)])) in (50, 60)
    assert acquisition.analysed(hum, sfreq_hz=200.0, decimated=False).std() < 0.01 * hum.std()


def test_a_saturated_electrode_stays_long_at_one_level() -> None:
    whole = activity()
    clipped = acquisition.saturate(np.random.default_rng(3), whole)
    changed = np.flatnonzero((clipped != whole).any(axis=1))
    assert len(changed) > 0
    for row in changed:
        assert np.sum(clipped[row] == clipped[row].max()) + np.sum(clipped[row] == clipped[row].min()) > 30
        assert np.ptp(clipped[row]) < np.ptp(whole[row])


def test_a_changed_reference_silences_all_electrodes_and_lets_each_settle_by_itself() -> None:
    whole = activity()
    recorded = acquisition.reconnect(np.random.default_rng(1), whole, LINE)
    silent = np.flatnonzero((recorded == 0).all(axis=0))
    settling = (recorded - whole)[:, silent[-1] + 1]
    assert 0.2 <= len(silent) / 200 <= 2.6
    assert np.unique(np.sign(settling)).size == 2
    assert np.abs(settling).max() > 5 * np.abs((recorded - whole)[:, -1]).max() or silent[-1] > 11_000


def test_amplifier_noise_is_independent_between_electrodes() -> None:
    white = acquisition._white(np.random.default_rng(0), 12_000)
    correlation = np.corrcoef(white) - np.eye(19)
    assert np.abs(correlation).max() < 0.06
    assert white.std() == pytest.approx(1, abs=0.02)


def test_noise_above_what_is_heard_is_not_drawn() -> None:
    deaf = Timeline(12_000, 200.0, -30.0, heard_hz=26.0)
    spectrum = np.abs(np.fft.rfft(noise.coloured(np.random.default_rng(0), 4, deaf, np.ones_like), axis=1))
    freqs_hz = np.fft.rfftfreq(12_000, 1 / 200)
    assert spectrum[:, freqs_hz > 27].max() < 1e-3 * np.median(spectrum[:, (freqs_hz > 1) & (freqs_hz < 26)])
