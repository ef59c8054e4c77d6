"""What crashes, or takes too long or too much, in a reader of foreign files ends as one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
import pytest
from scipy.io import savemat

from ml.conversion_process import Limits, ReaderKilled, convert_apart
from ml.errors import RecordingError
from ml.open_files import open_files
from tests.ml.foreign.crashing_matrix import MATRIX, endless, overwriting


def refusal(path: Path, limits: Limits) -> RecordingError:
    (path.parent / "scratch").mkdir()
    with pytest.raises(RecordingError) as refused:
        convert_apart(path, path.parent / "copy", path.parent / "scratch", limits=limits)
    return refused.value


def test_a_file_that_kills_its_reader_is_refused_in_one_sentence(tmp_path: Path) -> None:
    refused = refusal(endless(tmp_path / "a.mat"), Limits())
    assert refused.code == "reader_crashed"
    assert "break off (SIGSEGV)" in refused.sentence
    assert "EDF+" in refused.sentence


def test_a_file_that_overwrites_memory_of_its_reader_is_refused(tmp_path: Path) -> None:
    refused = refusal(overwriting(tmp_path / "a.mat"), Limits())
    assert "EDF+" in refused.sentence
    assert refused.code in ("reader_crashed", "foreign_unreadable")        # as memory happens to lie


@pytest.mark.parametrize(("limits", "code"), [
    (Limits(wall_s=0.01), "time_limit"), (Limits(cpu_s=0), "time_limit"), (Limits(memory_mib=64), "memory_limit"),
])
def test_a_conversion_that_passes_a_limit_is_stopped(tmp_path: Path, limits: Limits, code: str) -> None:
    savemat(tmp_path / "a.mat", MATRIX)
    refused = refusal(tmp_path / "a.mat", limits)
    assert (refused.code, refused.sentence[-1]) == (code, ".")


def test_a_conversion_that_is_killed_from_outside_blames_no_file(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", MATRIX)
    (tmp_path / "scratch").mkdir()
    with pytest.raises(ReaderKilled, match="SIGKILL"):
        convert_apart(tmp_path / "a.mat", tmp_path / "copy", tmp_path / "scratch", on_progress=kill_children)


def kill_children(step: str, done: int, total: int) -> None:
    for child in psutil.Process().children():
        child.kill()


def test_a_conversion_tells_how_far_it_is(tmp_path: Path) -> None:
    long = MATRIX | {"data": np.ones((2, 200 * 150), np.int8)}
    savemat(tmp_path / "a.mat", long)
    (tmp_path / "scratch").mkdir()
    told: list[tuple[str, int, int]] = []
    convert_apart(tmp_path / "a.mat", tmp_path / "copy", tmp_path / "scratch", on_progress=lambda *how_far: told.append(how_far))
    assert told == [("converting", 0, 1), ("converting", 1, 3), ("converting", 2, 3), ("converting", 3, 3)]


def test_a_good_file_is_converted_apart(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", MATRIX)
    with open_files([tmp_path / "a.mat"]) as recording:
        assert recording.info.format == "MATLAB matrix"
        np.testing.assert_array_equal(recording.read(0, 2, [0, 1]), MATRIX["data"])
