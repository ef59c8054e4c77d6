"""Bytes by offset: no shared position, nothing beyond what is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ml.byte_source import FileBytes, HeadBytes


def test_a_file_is_read_at_any_offset_and_short_only_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(range(100)))
    with FileBytes(tmp_path / "x") as source:
        assert source.size == 100
        assert source.read_at(10, 5) == bytes(range(10, 15))
        assert source.read_at(98, 5) == bytes((98, 99))
        assert source.read_at(200, 5) == b""


def test_threads_do_not_share_a_position(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(range(250)) * 400)
    with FileBytes(tmp_path / "x") as source, ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda i: source.read_at(i * 250, 250), range(400)))
    assert set(parts) == {bytes(range(250))}


def test_a_file_that_cannot_be_opened_leaves_nothing_to_close(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(FileNotFoundError):
        FileBytes(tmp_path / "absent")
    assert not recwarn.list


def test_a_head_knows_the_size_of_the_whole() -> None:
    head = HeadBytes(b"abcdef", 1000)
    assert (head.size, head.read_at(4, 10), head.read_at(500, 10)) == (1000, b"ef", b"")
