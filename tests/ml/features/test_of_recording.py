"""Features of recordings: windows never cross a gap, blocks never matter."""

import os
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from ml.channels import ELECTRODES
from ml.features import of_recording, processes
from tests.recordings import ArrayRecording, eeg


def _all(source, **options):
    blocks = list(of_recording.stream(source, which="fast", **options))
    return np.concatenate([block.start_s for block in blocks]), np.concatenate([block.table.rows for block in blocks])


def test_windows_tile_each_stretch_and_cross_no_gap():
    starts, rows = _all(ArrayRecording(eeg(100), gaps=[(33.0, 41.5)]))
    assert starts.tolist() == [0.0, 10.0, 20.0, 41.5, 51.5, 61.5, 71.5, 81.5]
    assert np.isfinite(rows).all()


def test_features_do_not_depend_on_where_the_blocks_were_cut(monkeypatch):
    source = ArrayRecording(eeg(200, seed=2))
    starts, whole = _all(source, step_s=5.0)
    monkeypatch.setattr(of_recording, "BLOCK_S", 30.0)
    again, pieces = _all(source, step_s=5.0)
    assert again.tolist() == starts.tolist()
    assert np.mean(np.isclose(pieces, whole, rtol=1e-3, atol=1e-3)) > 0.99     # peaks of equal height may change places
    assert pieces == pytest.approx(whole, rel=0.05, abs=0.5)


def test_a_dead_electrode_empties_its_pairs_only():
    uv = eeg(40)
    uv[0] = 0.0                       # Fp1
    blocks = list(of_recording.stream(ArrayRecording(uv), which="fast"))
    empty = np.isnan(blocks[0].table.by_channel).all(axis=(0, 2))
    assert [name for name, lost in zip(blocks[0].table.channel_names, empty, strict=True) if lost] == ["Fp1-F7", "Fp1-F3"]


def test_a_recording_without_one_electrode_has_the_features_of_the_other_pairs():
    source = ArrayRecording(eeg(40, n=18), names=[name for name in ELECTRODES if name != "Pz"])
    table = next(of_recording.stream(source, which="fast")).table
    empty = np.isnan(table.by_channel).all(axis=(0, 2))
    assert [name for name, lost in zip(table.channel_names, empty, strict=True) if lost] == ["Cz-Pz"]


def test_processes_give_the_same_features_in_the_same_order(monkeypatch):
    monkeypatch.setattr(of_recording, "MOST_WINDOWS", 2)
    source = ArrayRecording(eeg(62, seed=4), gaps=[(31.0, 32.0)])
    alone, together = (list(of_recording.stream(source, cores=cores)) for cores in (1, 3))
    assert [block.start_s.tolist() for block in together] == [[0.0, 10.0], [20.0], [32.0, 42.0], [52.0]]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other.table.rows, one.table.rows, rtol=1e-5, atol=1e-6)


def test_a_process_that_dies_is_an_error_and_no_table():
    with processes.pool(1) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(os._exit, 9).result()


def test_a_process_computes_in_one_thread():
    with processes.pool(1) as pool:
        pool.submit(processes.extract, np.zeros((1, 18, 2000), dtype=np.float32), which="fast").result()
        assert pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"
