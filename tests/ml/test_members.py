"""How sure the model is: entropies by hand, sets and silence by the limits that came with the weights, nothing where not assessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml import calibration
from ml.conformal import ConformalSets
from ml.members import Members, Reading, doubt

SETS = ConformalSets(np.array([0.7, 0.7, 0.7, 0.7, 0.7, 0.4]))
READING = Reading(("raw", "spectrogram"), (0.5, 0.5), 1.0, (0.0,) * 6, SETS, 0.5)


def logits_of(prob: list[float]) -> np.ndarray:
    return np.log(np.asarray(prob))


def two_networks(first: list[float], second: list[float], reading: Reading = READING) -> tuple[Members, np.ndarray]:
    """One window that two networks judge, and one that was not assessed."""
    logits = np.full((2, 2, 6), np.nan, dtype=np.float16)
    logits[0] = [logits_of(first), logits_of(second)]
    pooled = calibration.apply(logits[:1].astype(np.float32).mean(axis=1), reading.temperature, reading.class_bias)
    return Members(reading, logits), np.concatenate([pooled, np.full((1, 6), 1 / 6)])


def test_networks_that_agree_leave_the_doubt_to_the_eeg() -> None:
    members, prob = two_networks([0.5, 0.1, 0.1, 0.1, 0.1, 0.1], [0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    found = doubt(members, prob, "balanced")
    by_hand = -(0.5 * np.log(0.5) + 5 * 0.1 * np.log(0.1))
    assert found.total[0] == pytest.approx(by_hand, abs=2e-3)
    assert found.epistemic[0] == pytest.approx(0.0, abs=1e-6)


def test_networks_that_contradict_each_other_give_epistemic_doubt() -> None:
    sure = 1 - 5e-4
    members, prob = two_networks([sure, *[1e-4] * 5], [*[1e-4] * 5, sure])
    found = doubt(members, prob, "balanced")
    assert found.epistemic[0] == pytest.approx(np.log(2), abs=0.01)
    assert found.total[0] == pytest.approx(found.aleatoric[0] + found.epistemic[0])


def test_a_span_that_was_not_assessed_has_no_doubt_and_no_set() -> None:
    found = doubt(*two_networks([1 / 6] * 6, [1 / 6] * 6), "balanced")
    assert np.isnan([found.total[1], found.aleatoric[1], found.epistemic[1]]).all()
    assert found.sets is not None
    assert not found.sets[1].any()
    assert found.unsure is not None
    assert found.unsure.tolist() == [True, False]


def test_classes_under_their_limit_are_ruled_out() -> None:
    found = doubt(*two_networks([0.4, 0.31, 0.2, 0.03, 0.03, 0.03], [0.4, 0.31, 0.2, 0.03, 0.03, 0.03]), "balanced")
    assert found.sets is not None
    assert found.sets[0].tolist() == [True, True, False, False, False, False]       # a score of at most 0.7: 0.30 or more


def test_sets_do_not_depend_on_the_prior_that_a_result_was_asked_for() -> None:
    members, prob = two_networks([0.55, 0.05, 0.1, 0.1, 0.1, 0.1], [0.55, 0.05, 0.1, 0.1, 0.1, 0.1])
    weights = np.array(calibration.PRIORS["iiic_votes"])
    shifted = prob * weights / (prob * weights).sum(axis=1, keepdims=True)
    even, named = doubt(members, prob, "balanced"), doubt(members, shifted, "iiic_votes")
    assert shifted[0].argmax() != prob[0].argmax()
    assert even.sets is not None
    assert np.array_equal(even.sets, named.sets)
    assert np.array_equal(even.unsure, named.unsure)


def test_weights_without_limits_leave_sets_and_silence_open() -> None:
    bare = replace(READING, conformal=None, unsure_below=None)
    found = doubt(*two_networks([0.5, 0.1, 0.1, 0.1, 0.1, 0.1], [0.5, 0.1, 0.1, 0.1, 0.1, 0.1], bare), "balanced")
    assert (found.sets, found.unsure) == (None, None)
    assert np.isfinite(found.total[0])


def test_each_network_is_read_with_the_calibration_of_the_pool() -> None:
    warm = replace(READING, temperature=2.0, class_bias=(0.5, 0, 0, 0, 0, -0.5))
    members, _ = two_networks([0.6, 0.08, 0.08, 0.08, 0.08, 0.08], [1 / 6] * 6, warm)
    wanted = calibration.apply(members.logits[:1, 0].astype(np.float32), 2.0, (0.5, 0, 0, 0, 0, -0.5))
    assert members.prob().shape == (2, 2, 6)
    assert np.allclose(members.prob()[0, 0], wanted)
    assert np.isnan(members.prob()[:, 1]).all()


def test_a_reading_survives_json() -> None:
    again = Reading.from_json(READING.to_json())
    assert again.conformal is not None
    assert np.array_equal(again.conformal.limit, SETS.limit)
    assert replace(again, conformal=None) == replace(READING, conformal=None)


def test_logits_of_another_number_of_networks_are_refused() -> None:
    with pytest.raises(ValueError, match="2 networks"):
        Members(READING, np.zeros((4, 3, 6), dtype=np.float16))
