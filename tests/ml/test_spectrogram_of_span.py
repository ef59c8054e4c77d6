"""Spectrograms of any span against SciPy, and on the clock of the recording."""

import numpy as np
import pytest
from scipy import signal

from ml import filters, spectrogram_of_span
from ml.channels import ELECTRODES, map_to_1020
from ml.recording import Signal, Span
from tests.recordings import ArrayRecording, eeg

FP1, F7 = ELECTRODES.index("Fp1"), ELECTRODES.index("F7")


def _of(source, what, span, **more):
    return spectrogram_of_span.of_span(source, map_to_1020(source.info.signals), what, Span(*span), **more)


def test_a_column_is_the_periodogram_of_the_cleaned_difference_around_its_center():
    uv = eeg(120)
    got = _of(ArrayRecording(uv), "longitudinal Fp1-F7", (30.0, 90.0), method="stft", window=2.0)
    clean = filters.clean(uv[[FP1]] - uv[[F7]], mains_hz=None)[0]
    for column in (0, 17, got.power_uv2_hz.shape[2] - 1):
        first = round((got.first_s + column * got.step_s - 1.0) * 200.0)
        freqs, wanted = signal.periodogram(clean[first : first + 400], 200.0, "hann", detrend="constant")
        assert got.power_uv2_hz[0, :, column] == pytest.approx(wanted[1:81], rel=0.02, abs=1e-3)
    assert got.freqs_hz.tolist() == freqs[1:81].tolist()


@pytest.mark.parametrize("method, window", [("multitaper", 4.0), ("stft", 1.0), ("wavelet", 10.0)])
def test_a_rhythm_stands_at_its_frequency_in_its_region_only(method, window):
    uv = eeg(60)
    uv[F7] += 25.0 * np.sin(2 * np.pi * 6.0 * np.arange(12_000) / 200.0)
    found = _of(ArrayRecording(uv), "regions", (20.0, 40.0), method=method, window=window)
    middle = np.nanmean(found.power_uv2_hz, axis=2) * found.freqs_hz**2      # the noise falls by the square
    assert found.names == ("LL", "RL", "LP", "RP")
    assert found.freqs_hz[middle[0].argmax()] == pytest.approx(6.0, abs=0.6)
    assert middle[0].max() > 8 * middle[1:].max()


def test_overlapping_spans_agree_column_by_column():
    source = ArrayRecording(eeg(200))
    early, late = (_of(source, "LL", span, window=2.0) for span in ((30.0, 90.0), (60.0, 120.0)))
    ahead = round((late.first_s - early.first_s) / early.step_s)
    both = early.power_uv2_hz[0][:, ahead:]
    assert both[:, 2:-2] == pytest.approx(late.power_uv2_hz[0][:, 2 : both.shape[1] - 2], rel=0.02, abs=1e-3)


@pytest.mark.parametrize("method, reach_s", [("multitaper", 2.0), ("wavelet", 0.0)])
def test_nothing_is_shown_in_a_gap(method, reach_s):
    found = _of(ArrayRecording(eeg(120), gaps=[(50.0, 60.0)]), "transverse F3-Fz", (0.0, 120.0), method=method, window={"multitaper": 4.0}.get(method, 6.0))
    at = found.first_s + np.arange(found.power_uv2_hz.shape[2]) * found.step_s
    inside = (at > 50.0 - reach_s + 0.01) & (at < 60.0 + reach_s - 0.01)
    assert np.isnan(found.power_uv2_hz[0][:, inside]).all()
    assert np.isfinite(found.power_uv2_hz[0, -1, (at > 25.0) & (at < 47.0)]).all()


def test_what_is_no_eeg_of_the_scalp_offers_nothing():
    signals = [Signal("ECG", 200.0), Signal("SpO2", 1.0)]
    assert spectrogram_of_span.signals_of(map_to_1020(signals), signals) == {}
    few = [Signal(name, 200.0) for name in ("Fp1", "F7", "C3")]
    assert list(spectrogram_of_span.signals_of(map_to_1020(few), few)) == ["longitudinal Fp1-F7", "transverse F7-Fp1", "referential Fp1", "referential C3", "referential F7"]
