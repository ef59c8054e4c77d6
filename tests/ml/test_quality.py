"""Bad electrodes, second by second."""

import numpy as np
import pytest

from ml import filters, quality
from ml.channels import ELECTRODES
from tests.recordings import eeg

RATE = 200


def judged(x: np.ndarray) -> quality.Verdict:
    return quality.judge(x.astype(np.float32), filters.clean(x, mains_hz=60.0))


def reasons(x: np.ndarray, electrode: int, second: int) -> set[str]:
    verdict = judged(x)
    assert verdict.bad.sum(axis=1)[[row for row in range(19) if row != electrode]].max() <= 1
    return {name for name, bad in zip(quality.REASONS, verdict.reasons[:, electrode, second], strict=True) if bad}


def sine(hz: float, n: int) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(n) / RATE)


def test_plain_eeg_has_no_bad_electrodes():
    assert judged(eeg(60)).bad.mean() < 0.005


def test_a_flat_electrode_is_flat_in_those_seconds_only():
    x = eeg(30)
    x[4, 2000:4000] = 12.0
    assert reasons(x, 4, 12) == {"flat"}
    assert not judged(x).bad[4, 22:].any()


def test_a_plateau_at_the_rail_is_clipped():
    x = eeg(30)
    x[5] = np.clip(8000.0 * sine(1.0, x.shape[1]), -3000, 3000)
    assert reasons(x, 5, 7) == {"clipped"}


def test_a_signal_stuck_at_the_rail_is_clipped_and_not_flat():
    x = eeg(30)
    x[5] = 3276.7
    assert "clipped" in reasons(x, 5, 7)
    assert "flat" not in reasons(x, 5, 7)


def test_missing_values_are_no_values():
    x = eeg(30)
    x[6, 1000:1010] = np.nan
    assert reasons(x, 6, 5) == {"no values"}


def test_a_few_missing_samples_are_bridged_without_a_word():
    x = eeg(30)
    x[6, 1000:1004] = np.nan
    assert not reasons(x, 6, 5)


def test_muscle_that_drowns_the_eeg_is_noise():
    x = eeg(30)
    x[7] += 300.0 * filters.zero_phase(np.random.default_rng(0).normal(size=(1, 6000)),
                                       filters.band_pass(50.0, None, 200.0, 4, 4), 200.0)[0]
    assert "noisy" in reasons(x, 7, 9)


def test_one_electrode_that_hums_alone_has_a_poor_contact():
    x = eeg(30)
    x[8] += 3000.0 * sine(60.0, x.shape[1])
    assert "mains" in reasons(x, 8, 9)


def test_a_room_that_hums_in_all_electrodes_makes_none_of_them_bad():
    x = eeg(30) + 3000.0 * sine(60.0, 6000) * np.linspace(0.5, 1.5, 19)[:, None]
    assert judged(x).bad[:, 2:-2].mean() < 0.01


def test_an_electrode_that_resembles_no_other_is_uncorrelated():
    x = eeg(60)
    x[9] = 10.0 * np.random.default_rng(1).normal(size=x.shape[1])
    share = judged(x).reasons[quality.REASONS.index("uncorrelated"), 9].mean()
    assert share > 0.9


def test_a_verdict_depends_on_nothing_outside_its_second():
    x = eeg(40, seed=8)
    clean = filters.clean(x, mains_hz=None)
    x[3, 4000:5000] *= 50.0
    whole = quality.judge(x, clean).reasons[:, :, 10:30]
    part = quality.judge(x[:, 2000:6000], clean[:, 2000:6000]).reasons
    assert np.array_equal(whole, part)


def test_an_incomplete_last_second_is_judged_too():
    assert judged(eeg(12.4)).bad.shape == (19, 13)


def test_a_plateau_is_seen_from_five_equal_samples_on():
    x = np.array([[0, 600, 600, 600, 600, 600, 0, 700, 700, 700, 700, 0, 5, 5, 5, 5, 5, 5]], dtype=np.float32)
    assert quality.clipped_samples(x)[0].tolist() == [False] + [True] * 5 + [False] * 12


def test_an_electrode_is_bad_for_a_span_from_three_of_ten_seconds_on():
    bad = np.zeros((1, 50), dtype=bool)
    bad[0, 20:22] = True
    recorded = np.ones(50, dtype=bool)
    first, last = np.array([20]), np.array([30])
    assert not quality.bad_for_spans(bad, recorded, first, last).any()
    bad[0, 29] = True
    assert quality.bad_for_spans(bad, recorded, first, last).all()


def test_context_that_was_not_recorded_does_not_count():
    bad, recorded = np.zeros((1, 50), dtype=bool), np.zeros(50, dtype=bool)
    recorded[20:32] = True
    bad[0, :20] = True
    bad[0, 30:32] = True
    assert not quality.bad_for_spans(bad, recorded, np.array([20]), np.array([30])).any()


@pytest.mark.parametrize("name, electrode", [("flat_channels_C3_Cz.edf", "C3"), ("saturated_T3.edf", "T3")])
def test_damaged_real_recordings_are_told(shared_data, name, electrode):
    from ml.byte_source import FileBytes
    from ml.open_recording import open_recording

    with FileBytes(shared_data / "malformed" / name) as source:
        recording = open_recording(source, name=name)
        x = np.stack(recording.read(0.0, 50.0, range(19)))
    assert judged(x).bad[ELECTRODES.index(electrode)].mean() > 0.95
