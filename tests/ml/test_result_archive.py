"""An analysis survives its archive, number for number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime

import numpy as np
import pytest

from ml import result_archive, trends
from ml.analysis import AnalysisResult, ChannelQuality, Event, Quality, RegionalSpectrogram, Spans, Versions
from ml.conformal import ConformalSets
from ml.members import Members, Reading
from ml.recording import PatientField, RecordingInfo, Signal, Span
from ml.result_json import to_json

RNG = np.random.default_rng(3)


def result(n: int = 50) -> AnalysisResult:
    prob = RNG.dirichlet(np.ones(6), n).astype(np.float32)
    spans = Spans(np.arange(n) * 10.0, RNG.random(n).astype(np.float32), prob, RNG.random(n) > 0.2, 10.0)
    info = RecordingInfo("EDF+D", (Signal("EEG Fp1-Ref", 256.0), Signal("µ", 1.0, calibrated=False)), 900.25,
                         datetime(2014, 4, 12, 14, 26, 8), (Span(100.0, 180.5),), PatientField("x", "c", "Jane", "F", date(1950, 1, 1)))
    quality = Quality((ChannelQuality("Fp1", 0.25, ("flat", "mains"), True),), 50.0, 400.0, 20.0)
    return AnalysisResult(info, spans, (Event("gpd", 10.0, 40.0, 0.9, 0.7),), quality, Versions("1.0", "m", "a" * 64),
                          ("Café is not an electrode.",), elapsed_s=1.23456, recording_sha256="b" * 64)


def with_members(made: AnalysisResult) -> AnalysisResult:
    """The same with what two networks said of the assessed spans."""
    logits = RNG.normal(0, 3, (len(made.spans.prob), 2, 6)).astype(np.float16)
    logits[~made.spans.assessed] = np.nan
    reading = Reading(("raw", "spectrogram"), (0.5681, 0.4319), 0.8268, (0.1, 0, 0, 0, 0, -0.1), ConformalSets(np.full(6, 0.8)), 0.45)
    return replace(made, members=Members(reading, logits))


@pytest.mark.parametrize("kept", [result, lambda n: with_members(result(n))], ids=["older", "with networks"])
@pytest.mark.parametrize("n", [0, 1, 50])
def test_the_json_contract_is_rebuilt_exactly(n: int, kept: Callable[[int], AnalysisResult]) -> None:
    made = kept(n)
    assert to_json(result_archive.from_bytes(result_archive.to_bytes(made))) == to_json(made)


def test_what_each_network_said_is_kept_bit_by_bit_and_older_archives_have_none() -> None:
    made = with_members(result())
    read = result_archive.from_bytes(result_archive.to_bytes(made))
    assert made.members is not None
    assert read.members is not None
    assert np.array_equal(read.members.logits, made.members.logits, equal_nan=True)
    assert read.members.logits.dtype == np.float16
    assert read.members.reading.to_json() == made.members.reading.to_json()
    assert result_archive.from_bytes(result_archive.to_bytes(result())).members is None


def test_the_archive_holds_no_identity() -> None:
    content = result_archive.to_bytes(result())
    assert result_archive.from_bytes(content).info.patient == PatientField()


def test_a_spectrogram_keeps_a_quarter_decibel_and_its_gaps() -> None:
    power = RNG.uniform(-60, 60, (4, 79, 30)).astype(np.float32)
    power[:, :, 10:15] = np.nan
    made = RegionalSpectrogram(power, ("LL", "RL", "LP", "RP"), np.arange(79) / 4, np.arange(30) * 2.0, 2.0)
    read = result_archive.spectrogram_from_bytes(result_archive.spectrogram_to_bytes(made))
    np.testing.assert_allclose(read.power_db, power, atol=0.2501, equal_nan=True)
    assert (read.regions, read.step_s) == (made.regions, made.step_s)
    np.testing.assert_array_equal(read.times_s, made.times_s)


def test_trends_lie_beside_the_spectrogram_and_old_archives_have_none() -> None:
    power = np.zeros((4, 79, 30), dtype=np.float32)
    image = RegionalSpectrogram(power, ("LL", "RL", "LP", "RP"), np.arange(79) / 4, np.arange(30) * 2.0, 2.0)
    made = trends.empty(100.0)
    for values in (made.aeeg_uv, made.asymmetry, made.rhythmicity_db, made.band_uv2):
        values[..., :8] = RNG.uniform(0, 1, values[..., :8].shape)
    read = result_archive.trends_from_bytes(result_archive.spectrogram_to_bytes(image, made))
    assert read is not None
    for field in fields(made):
        np.testing.assert_allclose(getattr(read, field.name), getattr(made, field.name), atol=1e-3, equal_nan=True)
    assert result_archive.trends_from_bytes(result_archive.spectrogram_to_bytes(image)) is None
