"""A reader may take what its file can need, and no more."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

from ml.foreign.bounded_memory import bounded


@pytest.mark.skipif(sys.platform != "linux", reason="limits are set by /proc, which only Linux has")
def test_what_no_file_of_this_size_can_need_is_refused_and_the_limit_is_lifted_again(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(bytes(1000))
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), bounded(tmp_path / "a.mat"):
        bytearray(2 << 30)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    with bounded(tmp_path / "a.mat"):
        bytearray(100 << 20)
