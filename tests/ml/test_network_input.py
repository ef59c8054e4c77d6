"""Which recorded signals feed the networks."""

import numpy as np
import pytest

from ml.channels import CHAIN_PAIRS, ELECTRODES, map_to_1020
from ml.montage import CHAINS
from ml.network_input import choose_input
from ml.recording import Signal


def chosen(*labels: str):
    return choose_input(map_to_1020([Signal(label, 200.0) for label in labels]))


def test_electrodes_come_in_their_order_whatever_the_file_has():
    found = chosen("ECG", *reversed(ELECTRODES))
    values = found.spread(np.arange(19.0)[:, None][np.argsort(found.rows)][list(found.rows)].astype(np.float32))
    assert found.signals == tuple(range(19, 0, -1))
    assert values.shape == (19, 1)


@pytest.mark.parametrize("absent, assessable", [(0, True), (4, True), (5, False), (19, False)])
def test_four_electrodes_may_be_absent(absent, assessable):
    found = chosen(*ELECTRODES[absent:], "ECG")
    assert found.assessable == assessable
    assert found.absent == tuple(range(absent))


def test_complete_chains_are_taken_where_electrodes_are_too_few():
    found = chosen(*(f"{a}-{b}" for a, b in CHAIN_PAIRS))
    assert found.of_pairs
    assert np.array_equal(found.matrix(()), np.eye(18))


def test_electrodes_are_preferred_to_pairs():
    assert not chosen(*ELECTRODES, *(f"{a}-{b}" for a, b in CHAIN_PAIRS)).of_pairs


def test_nothing_is_filled_in_for_more_than_four():
    found = chosen(*ELECTRODES)
    assert np.allclose(found.matrix(()), CHAINS)
    assert found.matrix((0, 1, 2, 3)) is not None
    assert found.matrix((0, 1, 2, 3, 4)) is None


def test_an_absent_electrode_makes_no_recorded_pair():
    found = chosen(*ELECTRODES)
    pairs, members = found.recorded_pairs(np.eye(19, dtype=np.float32))
    assert np.array_equal(pairs, CHAINS)
    assert members[0] == (ELECTRODES.index("Fp1"), ELECTRODES.index("F7"))


def test_what_one_electrode_lacks_is_missing_in_its_own_pairs_only():
    values = np.arange(38, dtype=np.float32).reshape(19, 2)
    values[ELECTRODES.index("F7"), 1] = np.nan
    pairs, members = chosen(*ELECTRODES).recorded_pairs(values)
    of_f7 = [ELECTRODES.index("F7") in pair for pair in members]
    assert sum(of_f7) == 2
    assert np.array_equal(np.isnan(pairs[:, 1]), of_f7)
    assert not np.isnan(pairs[:, 0]).any()
