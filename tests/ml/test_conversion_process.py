"""What crashes, or takes too long or too much, in a reader of foreign files ends as one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from ml.conversion_process import Limits, convert_apart
from ml.errors import RecordingError
from ml.open_files import open_files

MATRIX = {"data": np.ones((2, 400)), "fs": 200.0, "unit": "uV", "channels": np.array(["Fp1", "F7"], dtype=object)}


def refusal(path: Path, limits: Limits) -> RecordingError:
    (path.parent / "scratch").mkdir()
    with pytest.raises(RecordingError) as refused:
        convert_apart(path, path.parent / "copy", path.parent / "scratch", limits=limits)
    return refused.value


def crashing(path: Path) -> Path:
    """A matrix whose first channel name states the type of its own array name wrongly: SciPy 1.17 writes out of bounds."""
    savemat(path, MATRIX)
    raw = bytearray(path.read_bytes())
    name = raw.index(b"\x01\0\0\0\0\0\0\0\x10\0\x03\0Fp1")
    raw[name] = 9
    path.write_bytes(raw)
    return path


def test_a_file_that_kills_its_reader_is_refused_in_one_sentence(tmp_path: Path) -> None:
    refused = refusal(crashing(tmp_path / "a.mat"), Limits())
    assert "EDF+" in refused.sentence
    assert refused.code in ("reader_crashed", "foreign_unreadable")        # the latter once SciPy raises instead


@pytest.mark.parametrize(("limits", "code"), [
    (Limits(wall_s=0.01), "time_limit"), (Limits(cpu_s=0), "time_limit"), (Limits(memory_mib=64), "memory_limit"),
])
def test_a_conversion_that_passes_a_limit_is_stopped(tmp_path: Path, limits: Limits, code: str) -> None:
    savemat(tmp_path / "a.mat", MATRIX)
    refused = refusal(tmp_path / "a.mat", limits)
    assert (refused.code, refused.sentence[-1]) == (code, ".")


def test_a_good_file_is_converted_apart(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", MATRIX)
    with open_files([tmp_path / "a.mat"]) as recording:
        assert recording.info.format == "MATLAB matrix"
        np.testing.assert_array_equal(recording.read(0, 2, [0, 1]), MATRIX["data"])
