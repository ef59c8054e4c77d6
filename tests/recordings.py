"""Builders: recordings from arrays, and a classifier whose answer can be computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ml.channels import CHAIN_PAIRS, ELECTRODES
from ml.ensemble import Ensemble
from ml.events import EventRule
from ml.recording import Annotation, RecordingInfo, Signal, Span

RATE_HZ = 200.0


class ArrayRecording:
    """A recording held in memory; all-NaN gaps are given in seconds."""

    def __init__(
        self,
        uv: NDArray[np.floating],
        *,
        names: Sequence[str] = ELECTRODES,
        sfreq_hz: float = RATE_HZ,
        gaps: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.uv = np.array(uv, dtype=np.float32)
        for start_s, stop_s in gaps:
            self.uv[:, round(start_s * sfreq_hz) : round(stop_s * sfreq_hz)] = np.nan
        self.info = RecordingInfo(
            format="EDF+D" if gaps else "EDF+C",
            signals=tuple(Signal(name, sfreq_hz) for name in names),
            duration_s=self.uv.shape[1] / sfreq_hz,
            start_time=datetime(2024, 3, 1, 8, 30),
            gaps=tuple(Span(*gap) for gap in gaps),
        )

    def annotations(self) -> tuple[Annotation, ...]:
        return ()

    def read(self, start_s: float, stop_s: float, signals: Sequence[int]) -> list[NDArray[np.float32]]:
        rate = self.info.signals[0].sfreq_hz
        first, stop = round(start_s * rate), round(stop_s * rate)
        low, high = max(first, 0), min(stop, self.uv.shape[1])
        rows = []
        for index in signals:
            row = np.full(max(0, stop - first), np.nan, dtype=np.float32)
            row[low - first : high - first] = self.uv[index, low:high]
            rows.append(row)
        return rows


def eeg(seconds: float, *, seed: int = 0, n: int = 19, sfreq_hz: float = RATE_HZ) -> NDArray[np.float32]:
    """Correlated noise that looks like EEG to the quality checks: a shared slow part and an own one, about 30 µV."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * sfreq_hz)
    spectrum = np.fft.rfftfreq(max(samples, 2), 1.0 / sfreq_hz)
    shape = 1.0 / np.maximum(spectrum, 1.0)

    def pink(rows: int) -> NDArray[np.float64]:
        noise = np.fft.irfft(np.fft.rfft(rng.normal(size=(rows, max(samples, 2)))) * shape)[:, :samples]
        return np.asarray(noise / max(float(noise.std()), 1e-9))

    mixing = np.exp(-np.abs(np.subtract.outer(np.arange(n), np.arange(n))) / 6.0)
    return np.asarray(20.0 * mixing @ pink(n) / 2.0 + 5.0 * pink(n), dtype=np.float32)


class Loudness:
    """A classifier that calls a window a seizure the more, the larger its central 10 s are: log RMS in µV minus log 25."""

    name = "loudness"

    def logits(self, bipolar_uv: NDArray[np.float32]) -> NDArray[np.float32]:
        assert bipolar_uv.shape[1:] == (len(CHAIN_PAIRS), 10_000)
        rms = np.sqrt(np.mean(bipolar_uv[:, :, 4000:6000] ** 2, axis=(1, 2)))
        logits = np.zeros((len(bipolar_uv), 6), dtype=np.float32)
        logits[:, 0] = 4.0 * (np.log(rms + 1e-3) - np.log(25.0))
        logits[:, 5] = 1.0
        return logits


def loudness_ensemble(step_s: float = 2.0) -> Ensemble:
    """An ensemble of the one classifier above."""
    return Ensemble(
        name="loudness 1",
        sha256="0" * 64,
        members=(Loudness(),),
        weights=np.ones(1, dtype=np.float32),
        temperature=1.0,
        class_bias=np.zeros(6, dtype=np.float32),
        step_s=step_s,
        event_rule=EventRule(),
    )
