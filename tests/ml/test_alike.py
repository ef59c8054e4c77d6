"""Windows that look alike: against cosines computed by hand, and what must never be named a neighbor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml import alike
from ml.backends.predictor import Answer
from ml.byte_source import FileBytes, HeadBytes

RNG = np.random.default_rng(5)
EQUAL = np.full(2, 0.5)


def rows_of(embedding: np.ndarray) -> alike.Rows:
    content = alike.to_bytes(embedding)
    return alike.Rows(HeadBytes(content, len(content)))


def unit(n: int, width: int = 12) -> np.ndarray:
    values = RNG.normal(size=(n, width))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float16)


def test_the_cosine_is_the_weighted_mean_of_those_of_the_networks() -> None:
    first, second = RNG.normal(size=(2, 96)).astype(np.float32), RNG.normal(size=(2, 96)).astype(np.float32)
    logits = np.zeros((2, 6), np.float32)
    made = alike.embed([Answer(logits, first), Answer(logits, 7 * second)], np.array([0.7, 0.3])).astype(np.float64)

    def cosine(pair: np.ndarray) -> float:
        return float(pair[0] @ pair[1] / np.linalg.norm(pair[0]) / np.linalg.norm(pair[1]))

    assert made.shape == (2, 192)
    assert made[0] @ made[1] == pytest.approx(0.7 * cosine(first) + 0.3 * cosine(second), abs=2e-3)
    assert made[0] @ made[0] == pytest.approx(1.0, abs=2e-3)


def test_a_network_without_an_embedding_counts_with_its_output() -> None:
    logits = np.array([[3, 0, 0, 0, 0, 0], [9, 6, 6, 6, 6, 6], [0, 3, 0, 0, 0, 0]], dtype=np.float32)
    made = alike.embed([Answer(logits, None)], np.ones(1)).astype(np.float64)
    assert made[0] @ made[1] == pytest.approx(1.0, abs=2e-3)          # the same probabilities
    assert made[0] @ made[2] == pytest.approx(-0.2, abs=2e-3)         # cos of (5, -1, -1, …)/6 and (-1, 5, -1, …)/6


def test_the_nearest_is_found_and_neither_the_window_itself_nor_one_that_shares_its_eeg() -> None:
    embedding = unit(40)
    embedding[[3, 12, 30]] = embedding[10]
    found = alike.nearest(rows_of(embedding), np.arange(40) * 10.0, embedding[10], count=3, at_s=100.0)
    assert [each.index for each in found[:2]] == [3, 30]              # 12 begins 20 s later and shares 30 s of context
    assert found[0].cosine == pytest.approx(1.0, abs=2e-3)
    assert found[2].cosine < 0.99


def test_overlapping_windows_are_named_once() -> None:
    embedding = unit(60)
    embedding[40:44] = embedding[0]
    found = alike.nearest(rows_of(embedding), np.arange(60) * 2.0, embedding[0], count=2, at_s=0.0)
    assert found[0].index in range(40, 44)
    assert found[1].cosine < 0.99


def test_windows_that_were_not_assessed_are_nobodys_neighbors() -> None:
    embedding = unit(20)
    embedding[1:] = np.nan
    assert alike.nearest(rows_of(embedding), np.arange(20) * 60.0, embedding[0], count=5, at_s=0.0) == []
    assert alike.nearest(rows_of(embedding[:0]), np.zeros(0), embedding[0], count=5) == []


def test_a_long_recording_is_compared_in_parts(tmp_path: Path) -> None:
    embedding = unit(2 * alike.ROWS + 7)
    (tmp_path / "rows.npy").write_bytes(alike.to_bytes(embedding))
    rows = alike.Rows(FileBytes(tmp_path / "rows.npy"))
    assert (len(rows), rows.width) == embedding.shape
    assert np.allclose(rows.cosines(embedding[5]), embedding.astype(np.float32) @ embedding[5].astype(np.float32))
    assert np.array_equal(np.load(tmp_path / "rows.npy", allow_pickle=False), embedding)
    assert np.array_equal(rows.part(alike.ROWS - 1, 3), embedding[alike.ROWS - 1 : alike.ROWS + 2])


def test_a_cut_file_is_refused() -> None:
    content = alike.to_bytes(unit(9))[:-4]
    with pytest.raises(ValueError, match="not a file of vectors"):
        alike.Rows(HeadBytes(content, len(content)))
