"""The file store keeps bytes under their sha256, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import NotFound, StorageFull
from app.file_store import FileStore

CONTENT = b"EEG" * 100_000


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "objects")


def test_bytes_come_back_under_their_sha256(store: FileStore) -> None:
    name = store.put_bytes(CONTENT)
    assert name == hashlib.sha256(CONTENT).hexdigest()
    assert store.read_bytes(name) == CONTENT
    assert store.path(name).relative_to(store.directory).parts[:2] == (name[:2], name[2:4])


def test_a_stream_and_a_file_give_the_same_object(store: FileStore, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    name = store.put_stream(io.BytesIO(CONTENT))
    store.put_path(path, hashlib.sha256(CONTENT).hexdigest())
    assert store.has(name)
    assert path.read_bytes() == CONTENT
    assert len([found for found in store.directory.rglob("*") if found.is_file()]) == 1


def test_an_object_can_be_read_anywhere(store: FileStore) -> None:
    with store.open(store.put_bytes(CONTENT)) as source:
        assert source.size == len(CONTENT)
        assert source.read_at(3, 6) == b"EEGEEG"
        assert source.read_at(len(CONTENT) - 1, 10) == b"G"


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_only_a_sha256_is_a_name(name: str) -> None:
    with pytest.raises(ValueError):
        FileStore(Path("/nowhere")).path(name)


@pytest.mark.parametrize("name", ["../" * 21 + "etc/passwd"[:1], "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", ""])
def test_a_path_cannot_be_smuggled_in(store: FileStore, name: str) -> None:
    with pytest.raises(ValueError):
        store.open(name)


def test_a_missing_object_is_told_in_a_sentence(store: FileStore) -> None:
    with pytest.raises(NotFound, match="no longer in the store"):
        store.open("0" * 64)


def test_a_changed_byte_is_noticed(store: FileStore) -> None:
    name = store.put_bytes(CONTENT)
    store.path(name).write_bytes(b"eeg" + CONTENT[3:])
    with pytest.raises(OSError, match="does not match"):
        store.read_bytes(name)


def test_a_full_disk_leaves_nothing_behind(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull, match="disk of the server is full"):
        store.put_bytes(CONTENT)
    assert not [found for found in store.directory.rglob("*") if found.is_file()]


def test_the_same_bytes_are_stored_once(store: FileStore) -> None:
    first = store.path(store.put_bytes(CONTENT)).stat()
    second = store.path(store.put_bytes(CONTENT)).stat()
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)
