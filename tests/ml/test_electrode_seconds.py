"""Quality second by second: what was found comes back from its three bytes, window by window and after the archive."""

from dataclasses import replace

import numpy as np
import pytest

from ml import not_assessed, pipeline, quality, quality_report, result_archive
from ml.electrode_seconds import DEFINITIONS, MARKS, NOT_RECORDED, STATES, ElectrodeSeconds
from ml.quality_measures import Measures
from tests.recordings import ArrayRecording, eeg, loudness_ensemble


def damaged(**options) -> ArrayRecording:
    x = eeg(125, seed=2)
    x[4, 40 * 200 : 60 * 200] = 7.0
    x[:7, 80 * 200 : 100 * 200] = 0.0
    return ArrayRecording(x, **options)


def one_second(reason: int | None = None, **figures: float) -> ElectrodeSeconds:
    values = {name: np.full((1, 1), figures.get(name, 1.0), np.float32) for name in ("rms_uv", "noise_uv", "hum_uv", "shift_uv")}
    reasons = np.zeros((len(quality.REASONS), 1, 1), bool)
    if reason is not None:
        reasons[reason] = True
    kept = ElectrodeSeconds.over(("Fp1",), 2.0)
    kept.put(0, reasons, Measures(alike=np.zeros((1, 1, 1), bool), **values))
    return kept


@pytest.mark.parametrize("reason", range(len(quality.REASONS)))
def test_every_reason_has_its_bit_and_its_word(reason):
    kept = one_second(reason, noise_uv=50.0, shift_uv=900.0)
    assert STATES[kept.states[0, 0]] == quality.REASONS[reason]
    assert {mark for mark, share in kept.shares(0).items() if share == 1.0} == {"muscle", "movement", quality.REASONS[reason]}
    assert kept.bad.tolist() == [[True, False]]
    assert kept.recorded.tolist() == [True, False]


def test_muscle_and_movement_are_marked_and_never_bad():
    kept = one_second(noise_uv=50.0, shift_uv=900.0)
    assert kept.marks[0, 0] == 3
    assert not kept.bad.any()


@pytest.mark.parametrize("hum_uv", [0.02, 1.7, 350.0, 20_000.0])
def test_figures_come_back_within_half_a_step(hum_uv):
    kept = one_second(hum_uv=hum_uv, rms_uv=30.0, noise_uv=2.0)
    assert kept.hum_uv[0, 0] == pytest.approx(hum_uv, rel=0.03)
    assert kept.snr_db[0, 0] == pytest.approx(10 * np.log10(900 / (4 * 39.5 / 50) - 1), abs=0.25)
    assert np.isnan(kept.hum_uv[0, 1])
    assert np.isnan(kept.snr_db[0, 1])


def test_the_analysis_keeps_what_the_inspection_finds_whatever_the_blocks():
    source = damaged(gaps=[(110.0, 115.0)])
    found = quality_report.inspect(source).seconds
    for block_s in (30.0, 600.0):
        kept = pipeline.analyse(source, loudness_ensemble(10.0), block_s=block_s).electrode_seconds
        assert np.array_equal(kept.marks, found.marks)
        assert np.array_equal(kept.snr, found.snr)


def test_the_archive_keeps_every_second_and_old_ones_open_without():
    result = pipeline.analyse(damaged(), loudness_ensemble(10.0))
    content = result_archive.to_bytes(result)
    kept = result_archive.electrode_seconds_from_bytes(content)
    assert kept.names == result.electrode_seconds.names
    assert np.array_equal(kept.marks, result.electrode_seconds.marks)
    assert np.array_equal(kept.hum, result.electrode_seconds.hum)
    assert result_archive.electrode_seconds_from_bytes(result_archive.to_bytes(replace(result, electrode_seconds=None))) is None


def test_a_day_takes_less_than_three_megabytes():
    rng = np.random.default_rng(1)
    day = ElectrodeSeconds(tuple("abcdefghijklmnopqrs"), np.where(rng.random((19, 86_400)) < 0.05, 1, 0).astype(np.uint8),
                           rng.integers(50, 80, (19, 86_400), dtype=np.uint8), rng.integers(60, 90, (19, 86_400), dtype=np.uint8))
    result = pipeline.analyse(ArrayRecording(eeg(20)), loudness_ensemble(10.0))
    assert len(result_archive.to_bytes(replace(result, electrode_seconds=day))) < 3_000_000


def test_what_was_not_assessed_has_its_stretch_and_its_electrodes():
    result = pipeline.analyse(damaged(), loudness_ensemble(10.0))
    part, = not_assessed.find(result, result.electrode_seconds)
    assert (part.start_s, part.stop_s) == (80.0, 100.0)
    assert part.reason.startswith("more than 4 electrodes were bad: Fp1 flat, F3 flat, C3 flat, P3 flat, F7 flat, T3 flat, T5 flat")
    assert "did not store which" in not_assessed.find(result, None)[0].reason


def test_a_stretch_that_is_too_short_says_so():
    result = pipeline.analyse(ArrayRecording(eeg(60), gaps=[(40.0, 53.0)]), loudness_ensemble(10.0))
    part, = not_assessed.find(result, result.electrode_seconds)
    assert (part.start_s, part.stop_s) == (53.0, 60.0)
    assert part.reason == "7.0 s without a gap, and the model needs 10 s"


@pytest.mark.parametrize("seconds", [60, 61.5, 65, 69.9])
def test_a_rest_that_no_window_fits_into_is_not_listed(seconds):
    result = pipeline.analyse(ArrayRecording(eeg(seconds)), loudness_ensemble(10.0))
    assert not_assessed.find(result, result.electrode_seconds) == ()


def test_windows_by_channel_agree_with_the_windows_of_all():
    kept = quality_report.inspect(damaged(gaps=[(60.0, 70.0)])).seconds
    by_channel, whole = kept.of_channels(), kept.windows()
    assert by_channel["artifact_share"].shape == (19, 13)
    assert np.isnan(by_channel["snr_db"][:, 6]).all()
    known = [at for at in range(12) if at != 6]
    assert by_channel["artifact_share"][:, known].mean(axis=0) == pytest.approx(whole["artifact_share"][known])


def test_every_mark_and_figure_has_a_definition():
    assert {*MARKS, "snr_db", "artifact_share", "hum_uv", "window"} == set(DEFINITIONS)
    assert 2 ** len(MARKS) - 1 == NOT_RECORDED
