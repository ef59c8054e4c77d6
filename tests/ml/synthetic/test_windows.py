"""Generated windows: reproducible, true to their description, labelled by the criteria."""

from __future__ import annotations

import numpy as np
import pytest

from ml.classes import CLASSES
from ml.synthetic import background, noise, periodic, rhythmic, seizure, variants, windows
from ml.synthetic.continuum import Style
from ml.synthetic.forward import bipolar_matrix
from ml.synthetic.noise import Timeline

LINE = Timeline(8000, 200.0, -20.0)
LEFT, RIGHT = [0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]


def dominant_hz(course: np.ndarray, sfreq_hz: float, *, low_hz: float = 0.35, high_hz: float = 5.0) -> float:
    """Frequency of the highest peak of a plain periodogram: independent of how the course was made."""
    spectrum = np.abs(np.fft.rfft(course * np.hanning(len(course)), 8 * len(course)))
    freqs_hz = np.fft.rfftfreq(8 * len(course), 1 / sfreq_hz)
    inside = (freqs_hz >= low_hz) & (freqs_hz <= high_hz)
    return float(freqs_hz[inside][np.argmax(spectrum[inside])])


def strongest(electrodes: np.ndarray) -> np.ndarray:
    pairs = bipolar_matrix() @ electrodes
    return np.asarray(pairs[np.argmax(pairs.std(axis=1))])


def test_the_same_seed_makes_the_same_windows() -> None:
    first, again = (windows.generate(np.random.default_rng(5), 6, sfreq_hz=50.0) for _ in range(2))
    assert np.array_equal(first.bipolar_uv, again.bipolar_uv)
    assert np.array_equal(first.votes, again.votes)
    assert not np.array_equal(first.bipolar_uv, windows.generate(np.random.default_rng(6), 6, sfreq_hz=50.0).bipolar_uv)


def test_windows_have_the_shape_that_serving_hands_over() -> None:
    made = windows.generate(np.random.default_rng(1), 3)
    assert made.bipolar_uv.shape == (3, 18, 10_000)
    assert made.bipolar_uv.dtype == np.float32
    assert np.isfinite(made.bipolar_uv).all()
    assert np.allclose(made.votes.sum(axis=1), 1, atol=1e-6)
    assert (made.votes >= 0).all()


def test_other_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="not 128 Hz"):
        windows.generate(np.random.default_rng(1), 1, sfreq_hz=128.0)


@pytest.mark.parametrize("side", [-1, 0, 1])
def test_rhythmic_delta_has_the_rate_that_it_claims(side: int) -> None:
    errors = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        patient = background.draw_patient(rng)
        made = rhythmic.draw(rng, patient, LINE, side=side, envelope=np.ones(8000, dtype=np.float32), style=Style(rate_hz=1.5))
        errors.append(abs(dominant_hz(strongest(made.electrodes), 200.0) - made.frequency_hz))
    assert np.median(errors) < 0.25                          # the rate wanders by up to a third


def test_periodic_discharges_come_at_the_rate_that_they_claim() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        times_s = periodic.discharge_times(rng, LINE, rate_hz=1.2, variation=0.1)
        inside = times_s[(times_s > -20) & (times_s < 20)]
        assert 1 / np.mean(np.diff(inside)) == pytest.approx(1.2, rel=0.12)


@pytest.mark.parametrize(("side", "stronger", "weaker"), [(-1, LEFT, RIGHT), (1, RIGHT, LEFT)])
def test_lateralized_discharges_are_on_their_side(side: int, stronger: list[int], weaker: list[int]) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        patient = background.draw_patient(rng)
        made = periodic.draw(rng, patient, LINE, side=side, envelope=np.ones(8000, dtype=np.float32))
        power = (bipolar_matrix() @ made.electrodes).var(axis=1)
        assert power[stronger].sum() > power[weaker].sum()


def test_a_window_knows_its_side() -> None:
    made = windows.generate(np.random.default_rng(2), 30, sfreq_hz=50.0, recipe="lpd")
    sides = np.array([(truth.side, np.sign(truth.lateral_index)) for truth in made.truth if abs(truth.lateral_index) > 0.2])
    assert len(sides) > 10
    assert np.mean(sides[:, 0] == -sides[:, 1]) > 0.9       # the index is positive on the left, where the side is -1


@pytest.mark.parametrize("onset", seizure.ONSETS)
def test_acns_2021_seizure_is_fast_or_evolves_for_ten_seconds(onset: seizure.Onset) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        made = seizure.draw(rng, background.draw_patient(rng), LINE, start_s=-12, stop_s=12, onset=onset)
        assert made.duration_s >= 10
        assert made.frequency_hz > 2.5 or made.evolution_hz >= 0.5 or onset == "slow_wave"


def test_expected_votes_are_somewhat_softer_than_those_of_a_committee() -> None:
    made = windows.generate(np.random.default_rng(11), 240, sfreq_hz=50.0)
    entropy = -(made.votes * np.log(made.votes)).sum(axis=1).mean()
    assert 0.70 < entropy < 1.0                               # 0.694 nats in votes as drawn (IIIC-IRR), of finite committees


def test_a_window_says_when_and_where_its_pattern_is() -> None:
    made = windows.generate(np.random.default_rng(3), 24, sfreq_hz=50.0, recipe="gpd")
    for truth in made.truth:
        inside = np.abs(truth.times_s) < 5
        assert truth.present.shape == (50,)
        assert truth.pair_share.max() == pytest.approx(1)
        assert inside.sum() <= 10 * 2.8 * 2
        assert truth.coverage == pytest.approx(truth.present[20:30].mean(), abs=0.05)


def test_windows_labelled_other_hold_no_pattern() -> None:
    made = windows.generate(np.random.default_rng(4), 12, sfreq_hz=50.0, recipe="other")
    assert (made.votes.argmax(axis=1) == CLASSES.index("other")).all()
    assert all(truth.present.sum() == 0 and len(truth.times_s) == 0 for truth in made.truth)


@pytest.mark.parametrize("variant", [variant for state in variants.STATES for variant in state])
def test_a_normal_variant_is_finite_and_of_moderate_size(variant: variants.Variant) -> None:
    rng = np.random.default_rng(1)
    patient = background.draw_patient(rng, healthy=True)
    pairs = bipolar_matrix() @ variant(rng, patient, LINE)
    assert np.isfinite(pairs).all()
    assert 0 < np.abs(pairs).max() < 40                       # of the background's bipolar SD


def test_no_class_is_missing_from_the_mix() -> None:
    made = windows.generate(np.random.default_rng(12), 240, sfreq_hz=50.0)
    counts = np.bincount(made.votes.argmax(axis=1), minlength=len(CLASSES))
    assert (counts > 12).all()


def test_noise_has_the_variance_that_its_spectrum_promises() -> None:
    rng = np.random.default_rng(0)
    assert noise.band(rng, 40, LINE, centre_hz=4, width_hz=0.5).std() == pytest.approx(1, rel=0.1)
    flat = noise.coloured(rng, 40, LINE, lambda f: np.full_like(f, 0.02))
    assert flat.std() == pytest.approx(np.sqrt(0.02 * 100), rel=0.05)
