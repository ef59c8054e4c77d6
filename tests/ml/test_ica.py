"""Planted eyes and hearts are removed, planted discharges stay: the answer is known because removal is linear."""

import mne
import numpy as np
import pytest

from ml import filters, ica
from ml.channels import ELECTRODES, map_to_1020
from ml.interpolation import POSITIONS
from ml.recording import Signal
from tests.recordings import ArrayRecording, eeg

RATE, SECONDS = 200, 200
N = RATE * SECONDS


def field(center: tuple[float, float, float], width: float) -> np.ndarray:
    """Potential of a source beneath a place of the head, (19,), largest 1."""
    away = np.linalg.norm(POSITIONS - np.array(center), axis=1)
    return np.exp(-0.5 * (away / width) ** 2) / np.exp(-0.5 * (away / width) ** 2).max()


def train(times_s: np.ndarray, shape: np.ndarray) -> np.ndarray:
    course = np.zeros(N + len(shape))
    for at in (times_s * RATE).astype(int):
        course[at : at + len(shape)] += shape
    return course[:N]


def background(rng: np.random.Generator) -> np.ndarray:
    sources = eeg(SECONDS, seed=int(rng.integers(1000)), n=19).astype(np.float64)
    mixing = np.exp(-0.5 * (np.linalg.norm(POSITIONS[:, None] - POSITIONS[None], axis=2) / 0.5) ** 2)
    return 0.6 * mixing @ sources + rng.normal(size=(19, N))


def blinks(rng: np.random.Generator) -> np.ndarray:
    t = np.arange(80) / RATE
    return 120.0 * field((0.0, 1.3, -0.4), 0.45)[:, None] * train(np.sort(rng.uniform(0, SECONDS - 2, 50)), np.sin(np.pi * t / 0.4) ** 2)


def heart(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    beats = np.cumsum(rng.normal(0.85, 0.05, 400))
    t = (np.arange(40) - 20) / RATE
    course = train(beats[beats < SECONDS - 2], np.exp(-0.5 * (t / 0.012) ** 2) - 0.3 * np.exp(-0.5 * ((t - 0.03) / 0.015) ** 2))
    return 50.0 * (0.3 + POSITIONS @ np.array([-0.7, 0.2, -0.5]))[:, None] * course, 1000.0 * course


def spike_wave(rng: np.random.Generator, where: np.ndarray) -> np.ndarray:
    """Bouts of 3-Hz spike and wave."""
    t = np.arange(RATE // 3) / RATE
    one = -150.0 * np.exp(-0.5 * ((t - 0.03) / 0.012) ** 2) + 90.0 * np.sin(np.pi * np.clip(t - 0.07, 0, None) / 0.26)
    times = np.concatenate([start + np.arange(18) / 3.0 for start in (20.0, 65.0, 110.0, 140.0)])
    return where[:, None] * train(times, -one)


def recording(parts: np.ndarray, ecg: np.ndarray) -> ArrayRecording:
    return ArrayRecording(np.vstack([parts, ecg[None]]), names=(*ELECTRODES, "ECG"))


def change(unmixing: ica.Unmixing, part: np.ndarray) -> float:
    """Share of a part (by its norm) that removal takes away from it or adds."""
    return float(np.linalg.norm(unmixing.remove(part) - part) / np.linalg.norm(part))


@pytest.mark.parametrize("where", [
    field((-0.74, 0.08, 0.66), 0.6),             # focal, left central
    field((0.0, 0.8, 0.6), 1.0),                 # generalized with a frontal maximum
    field((-0.76, 0.61, -0.21), 0.4),            # left anterior temporal, beside the eye
])
def test_blinks_and_heart_go_and_spike_waves_stay(where):
    rng = np.random.default_rng(3)
    eyes, (beats, ecg), discharge = blinks(rng), heart(rng), spike_wave(rng, where)
    source = recording(background(rng) + eyes + beats + discharge, ecg)
    found = ica.fit(source, map_to_1020(source.info.signals))
    assert found.eyes
    assert found.heart
    assert np.linalg.norm(found.remove(eyes)) < 0.2 * np.linalg.norm(eyes)
    assert np.linalg.norm(found.remove(beats)) < 0.2 * np.linalg.norm(beats)
    assert change(found, discharge) < 0.05


def test_the_parts_are_those_of_mne():
    rng = np.random.default_rng(4)
    eyes, (beats, ecg) = blinks(rng), heart(rng)
    source = recording(background(rng) + eyes + beats, ecg)
    found = ica.fit(source, map_to_1020(source.info.signals))
    raw = mne.io.RawArray(source.uv[:19] * 1e-6, mne.create_info(list(ELECTRODES), 200.0, "eeg"), verbose="error")
    theirs = mne.preprocessing.ICA(19, method="fastica", random_state=1, max_iter=100, verbose="error")
    theirs.fit(raw.filter(1.0, 40.0, verbose="error"), decim=2, verbose="error")
    for part in found.eyes + found.heart:
        likeness = np.abs(np.corrcoef(found.to_electrodes[:, part], theirs.get_components().T)[0, 1:])
        assert likeness.max() > 0.99


def test_without_eye_movements_or_ecg_nothing_is_removed():
    rng = np.random.default_rng(5)
    source = ArrayRecording(background(rng) + spike_wave(rng, field((0.0, 0.8, 0.6), 1.0)))
    found = ica.fit(source, map_to_1020(source.info.signals))
    assert found.eyes == found.heart == ()
    assert np.array_equal(found.matrix, np.eye(19))
    assert "nothing removed" in found.banner


def muscle(rng: np.random.Generator, where: str) -> np.ndarray:
    """Bursts of the frontalis or temporalis: power at 20-90 Hz beneath one electrode."""
    fast = filters.zero_phase(rng.normal(size=(1, N)), filters.band_pass(20.0, 90.0, 200.0, 2, 2), 200.0)[0]
    bursts = np.repeat(rng.random(SECONDS // 4) < 0.6, 4 * RATE)
    return 12.0 * field(tuple(POSITIONS[ELECTRODES.index(where)]), 0.35)[:, None] * fast / fast.std() * bursts


def test_muscle_goes_only_if_asked_for_and_discharges_stay():
    rng = np.random.default_rng(6)
    temporal, discharge = muscle(rng, "T3"), spike_wave(rng, field((0.74, 0.08, 0.66), 0.6))
    source = ArrayRecording(background(rng) + temporal + discharge)
    layout = map_to_1020(source.info.signals)
    without, found = ica.fit(source, layout), ica.fit(source, layout, muscle=True)
    assert without.muscle == ()
    assert change(without, temporal) < 1e-6
    assert found.muscle
    assert np.linalg.norm(found.remove(temporal)) < 0.4 * np.linalg.norm(temporal)
    assert change(found, discharge) < 0.05
    assert f"muscle ({len(found.muscle)})" in found.banner


@pytest.mark.parametrize("seed", [7, 8, 9, 10])
def test_the_noise_of_an_amplifier_is_no_muscle(seed):
    rng = np.random.default_rng(seed)
    source = ArrayRecording(background(rng))
    assert ica.fit(source, map_to_1020(source.info.signals), muscle=True).muscle == ()


def test_a_fit_is_refused_in_one_sentence_that_says_why():
    short = ArrayRecording(eeg(60))
    with pytest.raises(ica.NotFitted, match="needs 110 s"):
        ica.fit(short, map_to_1020(short.info.signals))
    few = [Signal(name, 200.0) for name in ELECTRODES[1:]]
    with pytest.raises(ica.NotFitted, match="lacks Fp1"):
        ica.fit(ArrayRecording(eeg(150, n=18), names=ELECTRODES[1:]), map_to_1020(few))


def test_the_blinks_of_a_real_recording_become_small_and_its_alpha_rhythm_stays(shared_data):
    from ml.byte_source import FileBytes
    from ml.open_recording import open_recording
    from ml.resample import read_at_rate

    with FileBytes(shared_data / "eegmmidb" / "S001R03.edf") as data:
        source = open_recording(data, name="S001R03.edf")
        layout = map_to_1020(source.info.signals)
        found = ica.fit(source, layout)
        x = read_at_rate(source, [layout.electrodes[name] for name in ELECTRODES], 0.0, 120.0, 200.0)
    clean = filters.clean(x, mains_hz=None)
    after = found.remove(clean)
    assert np.percentile(np.abs(after[0]), 99) < 0.5 * np.percentile(np.abs(clean[0]), 99)
    occipital = ELECTRODES.index("O1")
    assert np.corrcoef(after[occipital], clean[occipital])[0, 1] > 0.95


def test_a_cleaned_recording_is_read_like_any_other():
    rng = np.random.default_rng(3)
    eyes, (beats, ecg) = blinks(rng), heart(rng)
    source = recording(background(rng) + eyes + beats, ecg)
    cleaned = ica.clean(source, map_to_1020(source.info.signals))
    rows = cleaned.read(10.0, 20.0, [0, 19, 7])
    wanted = cleaned.unmixing.remove(source.uv[:19, 2000:4000])
    assert rows[0] == pytest.approx(wanted[0], abs=1e-3)
    assert np.array_equal(rows[1], source.uv[19, 2000:4000])
    assert rows[2] == pytest.approx(wanted[7], abs=1e-3)
