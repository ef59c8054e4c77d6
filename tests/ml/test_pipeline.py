"""The pipeline as a whole: what must not depend on how it is computed, and what must never be invented."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml import pipeline
from ml.channels import CHAIN_PAIRS, ELECTRODES
from ml.montage import CHAINS
from tests.recordings import ArrayRecording, eeg, loudness_ensemble

ROOT = Path(__file__).resolve().parents[2]


def analysed(uv: np.ndarray, *, step_s: float = 10.0, block_s: float = 600.0, **options):
    return pipeline.analyse(ArrayRecording(uv, **options), loudness_ensemble(step_s), block_s=block_s)


def with_a_loud_part(seconds: float, start_s: int, stop_s: int, factor: float = 6.0) -> np.ndarray:
    x = eeg(seconds, seed=4)
    x[:, start_s * 200 : stop_s * 200] *= factor
    return x


@pytest.mark.parametrize("gaps", [(), ((140.0, 143.37), (300.0, 305.0))])
def test_results_do_not_depend_on_the_block_size(gaps):
    x = with_a_loud_part(330, 200, 260) + 5000.0
    x[3, 20_000:26_000] = 0.0
    small, large = (analysed(x, step_s=4.0, block_s=size, gaps=gaps) for size in (90.0, 600.0))
    assert np.array_equal(small.spans.label_start_s, large.spans.label_start_s)
    assert np.abs(small.spans.prob - large.spans.prob).max() < 1e-3
    assert np.array_equal(small.spans.assessed, large.spans.assessed)
    assert np.nanmax(np.abs(small.spectrogram.power_db - large.spectrogram.power_db)) < 1e-2
    assert np.array_equal(np.isnan(small.spectrogram.power_db), np.isnan(large.spectrogram.power_db))
    assert small.quality == large.quality
    assert small.events == large.events


def test_a_loud_part_becomes_an_event_at_its_place():
    (event,) = analysed(with_a_loud_part(400, 200, 260), step_s=2.0).events
    assert event.pattern == "seizure"
    assert event.start_s == pytest.approx(200.0, abs=6.0)
    assert event.stop_s == pytest.approx(260.0, abs=6.0)


def test_a_gap_never_shifts_the_clock():
    x = with_a_loud_part(400, 200, 260)
    (event,) = analysed(x, step_s=2.0, gaps=[(100.0, 150.0)]).events
    assert event.start_s == pytest.approx(200.0, abs=6.0)


def test_no_span_touches_a_gap_and_context_says_what_was_recorded():
    spans = analysed(eeg(120), gaps=[(60.0, 65.0)]).spans
    inside = (spans.label_start_s < 65.0) & (spans.label_start_s + 10.0 > 60.0)
    assert not inside.any()
    assert spans.context[spans.label_start_s == 20.0] == pytest.approx(1.0)
    assert spans.context[spans.label_start_s == 65.0] == pytest.approx(0.6)


def test_the_networks_see_the_pairs_of_the_cleaned_signal_and_nan_beyond_the_stretch():
    seen: list[np.ndarray] = []
    ensemble = loudness_ensemble(10.0)
    watching = type(ensemble)(**{name: getattr(ensemble, name) for name in ensemble.__slots__} | {"members": (Watcher(seen),)})
    x = eeg(60)
    pipeline.analyse(ArrayRecording(x), watching)
    windows = np.concatenate(seen)
    assert windows.shape == (6, 18, 10_000)
    assert not windows[0, :, :4000].any()
    assert windows[0, :, 4000:].all(axis=1).any()
    cleaned = pipeline.filters.clean(x, mains_hz=None)
    assert np.abs(windows[2] - CHAINS @ cleaned[:, :10_000]).max() < 1e-2


class Watcher:
    """The loudness classifier, keeping what it is shown."""

    name = "watcher"

    def __init__(self, seen: list[np.ndarray]) -> None:
        self.seen = seen

    def logits(self, bipolar_uv: np.ndarray) -> np.ndarray:
        self.seen.append(bipolar_uv.copy())
        return np.zeros((len(bipolar_uv), 6), dtype=np.float32)


@pytest.mark.parametrize("missing", [("T5",), ("T5", "Fz", "Cz", "Pz")])
def test_up_to_four_absent_electrodes_are_interpolated_and_reported(missing):
    kept = [index for index, name in enumerate(ELECTRODES) if name not in missing]
    whole = analysed(eeg(60))
    result = analysed(eeg(60)[kept], names=[ELECTRODES[index] for index in kept])
    assert result.spans.assessed.all()
    assert np.abs(result.spans.prob - whole.spans.prob).max() < 0.1
    assert {channel.name for channel in result.quality.channels if channel.reasons == ("absent",)} == set(missing)
    assert any(missing[0] in finding and "interpolated" in finding for finding in result.findings)


@pytest.mark.parametrize("names", [ELECTRODES[:14], tuple(f"E{number}" for number in range(19))])
def test_with_more_than_four_absent_nothing_is_assessed_and_the_reason_is_told(names):
    result = analysed(eeg(60)[: len(names)], names=names)
    assert result.spans.prob.shape == (0, 6)
    assert any(finding.startswith("Nothing was assessed") for finding in result.findings)
    assert result.events == ()


def test_complete_chains_are_classified_from_the_pairs():
    x = eeg(60)
    from_pairs = analysed(CHAINS @ x, names=[f"{a}-{b}" for a, b in CHAIN_PAIRS])
    assert from_pairs.spans.assessed.all()
    assert np.abs(from_pairs.spans.prob - analysed(x).spans.prob).max() < 1e-3


def test_bad_electrodes_that_are_present_never_refuse_a_file():
    x = eeg(100)
    x[2], x[9] = 0.0, np.nan
    result = analysed(x)
    assert result.spans.assessed.all()
    assert {channel.name for channel in result.quality.channels if channel.interpolated} == {"C3", "Cz"}


def test_a_span_in_which_more_than_four_are_bad_is_not_assessed_and_uniform():
    x = eeg(200)
    x[:6, 100 * 200 : 115 * 200] = 0.0
    spans = analysed(x).spans
    lost = ~spans.assessed
    assert spans.label_start_s[lost].tolist() == [100.0, 110.0]
    assert spans.prob[lost] == pytest.approx(1 / 6)


def test_a_recording_of_flat_lines_is_not_assessed():
    result = analysed(np.zeros((19, 12_000)))
    assert not result.spans.assessed.any()
    assert result.quality.assessed_s == 0.0


@pytest.mark.parametrize("seconds, spans", [(50.0, 5), (10.0, 1), (9.9, 0), (0.5, 0)])
def test_short_recordings(seconds, spans):
    result = analysed(eeg(seconds))
    assert len(result.spans.label_start_s) == spans
    assert bool(result.findings) == (seconds < 50.0)


def test_progress_counts_every_block_once():
    told: list[tuple[int, int]] = []
    source = ArrayRecording(eeg(130), gaps=[(60.0, 70.0)])
    pipeline.analyse(source, loudness_ensemble(), block_s=30.0, on_progress=lambda _, done, total: told.append((done, total)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_channels_at_another_rate_give_the_same_answer():
    slow, fast = analysed(eeg(60)), analysed(resampled(eeg(60), 512), sfreq_hz=512.0)
    assert np.abs(slow.spans.prob - fast.spans.prob).max() < 0.02


def resampled(x: np.ndarray, sfreq_hz: int) -> np.ndarray:
    return np.fft.irfft(np.fft.rfft(x), n=x.shape[1] * sfreq_hz // 200) * sfreq_hz / 200


def test_memory_does_not_grow_with_the_length():
    done = subprocess.run([sys.executable, "-m", "tests.ml.peak_memory", "8", "24"], cwd=ROOT, capture_output=True, text=True, check=True)
    short, long = map(int, done.stdout.split())
    assert 1_000_000 < long < short * 1.1


def test_a_named_prior_is_applied_and_stated():
    source = ArrayRecording(eeg(60))
    plain, weighed = (pipeline.analyse(source, loudness_ensemble(10.0), prior=name) for name in (None, "iiic_votes"))
    assert (plain.prior, weighed.prior) == ("balanced", "iiic_votes")
    assert (weighed.spans.prob[:, 5] > plain.spans.prob[:, 5]).all()


def test_gaps_of_the_icu_recording_stay_on_the_clock(shared_data):
    from ml.byte_source import FileBytes
    from ml.open_recording import open_recording

    name = "subject01_2014APR12_142608_EDFplusD_gaps.edf"
    with FileBytes(shared_data / "icu_continuous" / name) as source:
        result = pipeline.analyse(open_recording(source, name=name), loudness_ensemble(10.0))
    assert result.info.duration_s == 2048.0
    assert result.quality.assessed_s + result.quality.not_assessed_s == pytest.approx(1820.0)
    assert result.spans.label_start_s.max() > 2000.0
