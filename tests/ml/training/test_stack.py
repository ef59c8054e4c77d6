"""What joins the members: a candidate replaces the pool only where it is better on other patients."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra train absent")

from ml.training import calibrate, fusion, stack  # noqa: E402


def members(n: int, *, seed: int, switched: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits of two members, votes and patients; with ``switched`` the sign of one score says which member is right."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, (n, 6))
    good, bad = truth + rng.normal(0, 0.3, (n, 6)), rng.normal(0, 1.5, (n, 6))
    which = rng.random(n) < 0.5
    logits = np.stack([np.where(which[:, None], good, bad), np.where(which[:, None], bad, good)])
    if switched:
        logits[0, :, 5] = np.where(which, 8.0, -8.0)
    votes = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    return logits.astype(np.float32), votes, np.arange(n) // 3


def plain(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two members that err by chance alone: the log-linear pool is all there is to gain."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, (n, 6))
    votes = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    return np.stack([truth + rng.normal(0, s, (n, 6)) for s in (0.4, 0.8)]).astype(np.float32), votes, np.arange(n) // 3


def test_the_pool_stays_where_nothing_is_to_be_gained() -> None:
    fitting, judging = plain(150, seed=0), plain(150, seed=1)
    found = stack.compare(fitting[:2], judging)
    assert found["use"] == "pool"
    assert found["candidates"]["pool"]["gain_95"] == [0, 0]
    assert found["candidates"]["pool"]["kl"] < found["candidates"]["equal mean"]["kl"]


def test_a_network_that_knows_when_to_trust_whom_replaces_the_pool() -> None:
    found = stack.compare(members(900, seed=0, switched=True)[:2], members(600, seed=1, switched=True))
    assert found["use"] == "meta-learner"
    assert found["candidates"]["meta-learner"]["gain_95"][0] > 0


def test_doubt_draws_probabilities_to_uniform_where_members_differ() -> None:
    logits, votes, _ = members(600, seed=0)
    pool = calibrate.fit(logits, votes)
    made = stack.DoubtWeighted(pool, logits, votes)
    agree = np.zeros((2, 1, 6), dtype=np.float32)
    agree[:, 0, 0] = 3
    differ = agree.copy()
    differ[:, 0] = [[6, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]
    assert np.allclose(made.prob(agree), pool.prob(agree), atol=1e-5)
    assert made.prob(differ).max() <= pool.prob(differ).max()


def test_the_gain_of_few_patients_is_less_certain() -> None:
    rng = np.random.default_rng(0)
    by_patient = rng.normal(0.1, 0.3, 20)
    many = stack.gain_by_patient(np.repeat(by_patient, 10), np.arange(200), seed=0)
    few = stack.gain_by_patient(np.repeat(by_patient, 10), np.repeat(np.arange(20), 10), seed=0)
    assert few[1] - few[0] > 2 * (many[1] - many[0])


def test_what_was_not_recorded_makes_a_window_poor() -> None:
    x = np.ones((2, 18, 100), dtype=np.float32)
    x[1, :, :25] = 0
    assert stack.poor_share(x) == pytest.approx([0, 0.25])


def with_places(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray | None]]:
    """Two members of which the embedding of the first says which is right, and nothing else does."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, (n, 6))
    good, bad = truth + rng.normal(0, 0.3, (n, 6)), rng.normal(0, 1.5, (n, 6))
    which = rng.random(n) < 0.5
    logits = np.stack([np.where(which[:, None], good, bad), np.where(which[:, None], bad, good)]).astype(np.float32)
    place = rng.normal(0, 1, (n, 8))
    place[:, 3] += np.where(which, 2.0, -2.0)
    votes = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    return logits, votes, np.arange(n) // 3, [place, None]


def test_attention_over_embeddings_replaces_the_pool_where_they_say_whom_to_trust() -> None:
    logits, votes, _, places = with_places(900, seed=0)
    others, truth, patient, elsewhere = with_places(600, seed=1)
    found = stack.compare((logits, votes), (others, truth, patient), places=(places, elsewhere))
    assert found["use"] == "attention"
    assert found["candidates"]["attention"]["kl"] < 0.8 * found["candidates"]["meta-learner"]["kl"]


def test_attention_begins_as_the_pool() -> None:
    begun = fusion.Attention([3, 3], 6).eval()
    weight, correction = begun([torch.randn(5, 3), torch.randn(5, 3)], torch.log(torch.tensor([0.3, 0.7])))
    assert torch.allclose(weight, torch.tensor([0.3, 0.7]).expand(5, 2))
    assert (correction == 0).all()


def test_attention_stops_early_and_does_not_replace_the_pool_where_embeddings_are_noise() -> None:
    (logits, votes, _), judging = plain(200, seed=0), plain(150, seed=1)
    noise = [[np.random.default_rng(seed + n).normal(0, 1, (n, 96)) for seed in range(2)] for n in (200, 150)]
    assert fusion.AttentionFusion(calibrate.fit(logits, votes), logits, noise[0], votes).epochs < fusion.EPOCHS / 2
    assert stack.compare((logits, votes), judging, places=(noise[0], noise[1]))["use"] == "pool"


def test_equally_good_members_share_the_weight_and_a_bad_one_gets_none() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, (300, 6))
    votes = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    alike, worse = ([truth + rng.normal(0, s, (300, 6)) for s in sizes] for sizes in ((0.5, 0.5), (0.5, 2.0)))
    shared = stack.BayesianAverage(np.stack(alike).astype(np.float32), votes).weights
    assert shared.min() > 0.02
    assert stack.BayesianAverage(np.stack(worse).astype(np.float32), votes).weights[1] < 0.01


def test_ten_windows_of_each_of_few_patients_are_not_ten_times_as_sure() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 1.5, (24, 6))
    logits = np.stack([truth + rng.normal(0, s, (24, 6)) for s in (0.5, 0.6)]).repeat(10, axis=1).astype(np.float32)
    votes = (np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)).repeat(10, axis=0)
    each, by_patient = (stack.BayesianAverage(logits, votes, patient).weights.max() for patient in (None, np.arange(240) // 10))
    assert 0.5 < by_patient < each
