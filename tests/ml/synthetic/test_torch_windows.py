"""The tensor generator beside the numpy one: same shape, same votes for the same facts, same statistics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.classes import CLASSES  # noqa: E402
from ml.synthetic import torch_votes, votes, windows  # noqa: E402
from ml.synthetic.pattern import Pattern  # noqa: E402
from ml.synthetic.torch_windows import TensorWindows, TorchGenerator  # noqa: E402

N = 320
"""Enough that the mean votes of a recipe are not those of a few windows."""
EMPTY = Pattern("periodic", np.zeros((19, 1), np.float32), np.zeros(1, np.float32), 1.0, 0.1, 0.5, 0)


@pytest.fixture(scope="module")
def drawn() -> TensorWindows:
    torch.set_num_threads(1)
    return TorchGenerator(5).draw(N)


@pytest.fixture(scope="module")
def made() -> windows.SyntheticWindows:
    return windows.generate(np.random.default_rng(5), N, sfreq_hz=50.0, per_patient=1)


def test_a_batch_has_the_shape_that_training_takes(drawn: TensorWindows) -> None:
    assert drawn.bipolar_uv.shape == (N, 18, 2500)
    assert drawn.present.shape == (N, 50)
    assert torch.isfinite(drawn.bipolar_uv).all()
    assert torch.allclose(drawn.votes.sum(dim=1), torch.ones(N), atol=1e-5)
    assert set(drawn.recipe.tolist()) == set(range(len(CLASSES)))


def test_the_same_seed_draws_the_same_batch() -> None:
    first, again, other = (TorchGenerator(seed).draw(6).bipolar_uv for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_windows_at_200_hz_are_those_that_serving_hands_over() -> None:
    assert TorchGenerator(1, sfreq_hz=200.0).draw(2).bipolar_uv.shape == (2, 18, 10_000)


@pytest.mark.parametrize(("name", "kind", "rate_hz"), [("lpd", "periodic", 1.1), ("grda", "rhythmic", 2.6), ("seizure", "seizure", 3.0)])
def test_the_votes_for_the_same_facts_are_those_of_the_numpy_generator(name: str, kind: str, rate_hz: float) -> None:
    seen = votes.Visibility(rms_db=3.0, peak_db=9.0, lateral_index=0.3, coverage=0.8)
    pattern = replace(EMPTY, kind=kind, frequency_hz=rate_hz, sharpness=0.4, evolution_hz=0.7, duration_s=14.0)
    facts = {key: torch.tensor([getattr(pattern, key)]) for key in ("frequency_hz", "variation", "duty", "evolution_hz", "sharpness", "duration_s")}
    there = torch_votes.Visibilities(*(torch.tensor([value]) for value in (3.0, 9.0, 0.3, 0.8)))
    ours = torch_votes.expected_votes(torch.tensor([CLASSES.index(name)]), facts, there)[0].numpy()
    assert ours == pytest.approx(votes.expected_votes(pattern, seen), abs=1e-5)


def test_both_generators_vote_alike_for_each_recipe(drawn: TensorWindows, made: windows.SyntheticWindows) -> None:
    recipes = np.array([CLASSES.index(truth.recipe) for truth in made.truth])
    for index in range(len(CLASSES)):
        ours, theirs = drawn.votes.numpy()[drawn.recipe.numpy() == index], made.votes[recipes == index]
        assert np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).max() < 0.22


def test_both_generators_make_windows_of_like_amplitude_and_spread(drawn: TensorWindows, made: windows.SyntheticWindows) -> None:
    ours, theirs = (np.median(np.log(uv[:, :, 1000:1500].std(axis=-1) + 0.1), axis=1) for uv in (drawn.bipolar_uv.numpy(), made.bipolar_uv))
    assert np.median(ours) == pytest.approx(np.median(theirs), abs=0.35)              # of log µV
    assert ours.std() == pytest.approx(theirs.std(), rel=0.4)


def test_a_generated_seizure_is_where_its_mask_says(drawn: TensorWindows) -> None:
    rows = drawn.recipe == CLASSES.index("seizure")
    power = drawn.bipolar_uv[rows].reshape(int(rows.sum()), 18, 50, 50).std(dim=3).median(dim=1).values.log()
    inside, outside = (power[mask].mean() for mask in (drawn.present[rows] > 0.9, drawn.present[rows] < 0.1))
    assert inside > outside + 0.3
