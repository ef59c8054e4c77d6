"""components/ribbon.py: a short seizure in a long recording, gaps, and the image that carries a row."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from components import ribbon
from ml.analysis import Spans

DAY_S = 86_400.0


def spans(starts: NDArray[np.float64], prob: NDArray[np.float32], assessed: NDArray[np.bool_] | None = None) -> Spans:
    everything = np.ones(len(starts), dtype=bool) if assessed is None else assessed
    return Spans(starts, np.ones(len(starts), np.float32), prob, everything, 10.0)


def quiet(n: int) -> NDArray[np.float32]:
    return np.tile(np.array([0, 0, 0, 0, 0, 1], dtype=np.float32), (n, 1))


def test_ten_seconds_of_seizure_stay_visible_in_a_day() -> None:
    starts = np.arange(0, DAY_S - 10, 10.0)
    prob = quiet(len(starts))
    prob[4000] = (0.9, 0, 0, 0, 0, 0.1)
    assert ribbon.pooled(spans(starts, prob), DAY_S)[0].max() == pytest.approx(0.9)


def test_other_classes_take_the_mean_of_a_column() -> None:
    prob = quiet(2)
    prob[0] = (0, 1, 0, 0, 0, 0)
    pooled = ribbon.pooled(spans(np.array([0.0, 10.0]), prob), 20.0, n_columns=1)
    assert pooled[1, 0] == pytest.approx(0.5)


def test_what_was_not_assessed_is_no_number() -> None:
    assessed = np.array([True, False])
    pooled = ribbon.pooled(spans(np.array([0.0, 50.0]), quiet(2), assessed), 60.0, n_columns=6)
    assert np.isfinite(pooled[:, 0]).all()
    assert np.isnan(pooled[:, 5]).all()


def test_a_column_lies_at_its_time() -> None:
    prob = quiet(6)
    prob[3] = (1, 0, 0, 0, 0, 0)
    pooled = ribbon.pooled(spans(np.arange(0, 60, 10.0), prob), 60.0, n_columns=6)
    assert pooled[0].argmax() == 3


def test_the_image_of_a_row_decodes_to_its_probabilities() -> None:
    prob = np.array([0.0, 0.5, 1.0, np.nan], dtype=np.float32)
    content = base64.b64decode(ribbon._mask(prob).split(",", 1)[1])
    alpha = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))[0, :, 3]
    assert alpha.tolist() == [0, 128, 255, 0]


def test_a_recording_of_ten_seconds_has_a_ribbon() -> None:
    drawn = ribbon.ribbon(
        spans(np.array([0.0]), quiet(1)), duration_s=10.0, start=None, gaps=(), href="/studies/1/review"
    )
    assert "+00:00:00" in str(drawn)
