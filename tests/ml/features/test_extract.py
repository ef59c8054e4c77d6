"""The extractor as a table."""

import numpy as np
import pytest

from ml.features import extract
from tests.recordings import eeg

WINDOWS = np.stack([eeg(10, seed=seed, n=18) for seed in range(5)])


def test_names_are_unique_and_every_feature_names_its_source():
    names = [feature.name for feature in extract.FEATURES]
    assert len(names) == len(set(names)) == 113
    assert all(feature.source for feature in extract.FEATURES)


def test_every_column_of_sound_windows_has_a_value():
    table = extract.extract(WINDOWS)
    assert table.rows.shape == (5, len(table.columns))
    assert len(set(table.columns)) == len(table.columns)
    told = np.isfinite(table.rows)
    assert {name for name, known in zip(table.columns, told.all(axis=0), strict=True) if not known} <= {
        "discharge_frequency", "discharge_regularity"}


def test_the_fast_set_is_part_of_the_full_one():
    full, fast = extract.extract(WINDOWS), extract.extract(WINDOWS, which="fast")
    assert set(fast.columns) < set(full.columns)
    assert np.array_equal(fast.rows, full.rows[:, [full.columns.index(name) for name in fast.columns]])


def test_windows_do_not_depend_on_their_neighbors():
    together = extract.extract(WINDOWS)
    alone = extract.extract(WINDOWS[3:4])
    assert together.rows[3] == pytest.approx(alone.rows[0], rel=1e-4, abs=1e-4, nan_ok=True)


def test_a_channel_that_was_not_recorded_is_empty_and_leaves_the_others_alone():
    x = WINDOWS[:1].copy()
    x[0, 4, 100:200] = np.nan
    table, whole = extract.extract(x), extract.extract(WINDOWS[:1])
    assert np.isnan(table.by_channel[0, 4]).all()
    others = [row for row in range(18) if row != 4]
    assert np.array_equal(table.by_channel[0, others], whole.by_channel[0, others])
    assert np.isfinite(table.by_window[0, : -8]).all()


def test_other_montages_and_short_windows_are_refused():
    for shape in ((1, 19, 2000), (1, 18, 1000)):
        with pytest.raises(ValueError, match="windows must be"):
            extract.extract(np.zeros(shape, dtype=np.float32))


def test_no_windows_make_an_empty_table():
    table = extract.extract(np.zeros((0, 18, 2000), dtype=np.float32))
    assert table.rows.shape == (0, len(table.columns))
