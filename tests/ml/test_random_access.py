"""A day is opened by its header, and a page reads little more than itself: counted in bytes, on sparse files of full length."""

from pathlib import Path

import numpy as np
import pytest

from ml.byte_source import FileBytes
from ml.chunked import ChunkedWriter
from ml.open_recording import open_recording
from ml.recording import RecordingInfo, Signal
from tests.ml.edf_bytes import Edf

DAY_S, N, RATE = 86_400, 40, 512
NAMES = tuple(f"S{number}" for number in range(N))


class CountedBytes(FileBytes):
    """A file that counts what is read of it."""

    count = 0

    def read_at(self, offset: int, size: int) -> bytes:
        self.count += size
        return super().read_at(offset, size)


def _edf(path: Path) -> int:
    return _sparse(path, {"n_records": str(DAY_S)}, width=2)


def _bdf(path: Path) -> int:
    return _sparse(path, {"n_records": str(DAY_S), "version": b"\xffBIOSEMI", "reserved": "24BIT"}, width=3)


def _sparse(path: Path, fields: dict[str, str | bytes], width: int) -> int:
    with path.open("wb") as file:
        file.write(Edf(NAMES, per_record=RATE, n_records=1, fields=fields).header())
        file.truncate(file.tell() + DAY_S * N * RATE * width)
    return N * RATE * width


def _copy(path: Path) -> int:
    """At 2 Hz, as a copy is not written sparse."""
    with ChunkedWriter(path, [2.0] * N) as writer:
        writer.append([np.zeros(2 * DAY_S, dtype=np.float32)] * N)
        writer.finish(RecordingInfo("Test", tuple(Signal(name, 2.0) for name in NAMES), float(DAY_S)))
    return N * 2 * 4


@pytest.mark.parametrize("write", [_edf, _bdf, _copy])
def test_a_page_of_a_day_reads_little_more_than_itself(tmp_path: Path, write) -> None:
    bytes_per_s = write(tmp_path / "day")
    with CountedBytes(tmp_path / "day") as file:
        recording = open_recording(file)
        assert recording.info.duration_s == DAY_S
        assert file.count < 500_000
        for start_s in (0.0, 12_345.6, DAY_S - 10.0):
            file.count = 0
            assert len(recording.read(start_s, start_s + 10.0, range(N))) == N
            assert file.count <= 20 * bytes_per_s
