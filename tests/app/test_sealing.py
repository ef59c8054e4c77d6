"""Sealed objects: read anywhere, found out when a byte is not what it was, re-wrapped without being rewritten."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import sealing
from app.errors import Conflict, Damaged
from app.file_store import FileStore
from app.keyring import Keyring, add_key, read_keyring
from app.sealing import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES

KEY, OLD_KEY = bytes(range(32)), bytes(range(32, 64))
MARKER = b"Planted^Marker"
CONTENT = (MARKER + os.urandom(1000)) * 300           # five chunks and a part of one
FIXTURES_STAY = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "objects", Keyring.of([KEY]))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_sealed_is_read_again(store: FileStore, size: int) -> None:
    content = os.urandom(size)
    name = store.put_bytes(content)
    assert store.read_bytes(name) == content
    assert store.path(name).stat().st_size == HEADER_BYTES + size + TAG_BYTES * max(1, -(-size // CHUNK_BYTES))


@settings(max_examples=200, deadline=None, suppress_health_check=FIXTURES_STAY)
@given(reads=st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 3 * CHUNK_BYTES)), min_size=1, max_size=6))
def test_a_sealed_object_can_be_read_anywhere(store: FileStore, reads: list[tuple[int, int]]) -> None:
    with store.open(store.put_bytes(CONTENT)) as source:
        for offset, size in reads:
            assert source.read_at(offset, size) == CONTENT[offset:offset + size]


def test_nothing_of_the_plain_bytes_is_on_the_disk(store: FileStore) -> None:
    name = store.put_bytes(CONTENT)
    assert MARKER not in store.path(name).read_bytes()


def test_the_format_is_what_its_description_says(store: FileStore) -> None:
    """By the primitives alone: RFC 3394 unwraps the data key, AES-256-GCM opens the first chunk."""
    raw = store.path(store.put_bytes(CONTENT)).read_bytes()
    data_key = aes_key_unwrap(KEY, raw[16:56])
    prefix, size = raw[104:111], int.from_bytes(raw[111:119], "little")
    first = AESGCM(data_key).decrypt(prefix + bytes(5), raw[167:167 + CHUNK_BYTES + 16], None)
    assert (size, first) == (len(CONTENT), CONTENT[:CHUNK_BYTES])


@settings(max_examples=150, deadline=None, suppress_health_check=FIXTURES_STAY)
@given(st.data())
def test_a_flipped_bit_is_a_clean_error_and_never_a_wrong_byte(store: FileStore, data: st.DataObject) -> None:
    path = store.path(store.put_bytes(CONTENT))
    whole = path.read_bytes()
    at = data.draw(st.one_of(st.integers(8, HEADER_BYTES - 1), st.integers(8, len(whole) - 1)))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << data.draw(st.integers(0, 7))]) + whole[at + 1:])
    try:
        read = store.read_bytes(path.name)
    except (Damaged, Conflict):
        read = b""
    finally:
        path.write_bytes(whole)
    assert read in (b"", CONTENT) if at < 104 else read == b""       # the empty slot of the header carries nothing


@pytest.mark.parametrize("cut", [1, TAG_BYTES, CHUNK_BYTES + TAG_BYTES, len(CONTENT)])
def test_a_shortened_object_is_not_read(store: FileStore, cut: int) -> None:
    path = store.path(store.put_bytes(CONTENT))
    os.truncate(path, path.stat().st_size - cut)
    with pytest.raises(Damaged, match="changed or damaged"):
        store.open(path.name)


def test_chunks_that_changed_places_are_not_read(store: FileStore) -> None:
    path = store.path(store.put_bytes(CONTENT))
    raw, step = path.read_bytes(), CHUNK_BYTES + TAG_BYTES
    first, second = raw[HEADER_BYTES:HEADER_BYTES + step], raw[HEADER_BYTES + step:HEADER_BYTES + 2 * step]
    path.write_bytes(raw[:HEADER_BYTES] + second + first + raw[HEADER_BYTES + 2 * step:])
    with store.open(path.name) as source, pytest.raises(Damaged):
        source.read_at(0, 10)


def test_one_object_cannot_stand_for_another(store: FileStore) -> None:
    mine, other = store.path(store.put_bytes(CONTENT)), store.path(store.put_bytes(b"another patient"))
    mine.write_bytes(other.read_bytes())
    with pytest.raises(Damaged):
        store.open(mine.name)


def test_without_its_key_an_object_says_what_is_missing(store: FileStore) -> None:
    name = store.put_bytes(CONTENT)
    with pytest.raises(Conflict, match="HMS_ENCRYPTION_KEYS names no key file"):
        FileStore(store.directory).open(name)
    with pytest.raises(Conflict, match="No key of the key file opens"):
        FileStore(store.directory, Keyring.of([OLD_KEY])).open(name)


def test_rotation_wraps_anew_and_leaves_the_chunks(store: FileStore) -> None:
    name = store.put_bytes(CONTENT)
    before = store.path(name).read_bytes()
    rotated = FileStore(store.directory, Keyring.of([OLD_KEY, KEY]))
    assert (rotated.renew(name), rotated.renew(name)) == (True, False)
    assert store.path(name).read_bytes()[104:] == before[104:]
    assert FileStore(store.directory, Keyring.of([OLD_KEY])).read_bytes(name) == CONTENT
    with pytest.raises(Conflict):
        store.open(name)                              # the key of before opens nothing any more


def test_a_rotation_that_stops_between_its_two_writes_loses_nothing(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    name = store.put_bytes(CONTENT)
    both, write = Keyring.of([OLD_KEY, KEY]), sealing._write_slot

    def stop_after_the_first(*about: object) -> None:
        write(*about)   # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(sealing, "_write_slot", stop_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        sealing.rewrap(store.path(name), both)
    monkeypatch.undo()
    assert store.read_bytes(name) == FileStore(store.directory, both).read_bytes(name) == CONTENT
    sealing.rewrap(store.path(name), both)
    assert FileStore(store.directory, Keyring.of([OLD_KEY])).read_bytes(name) == CONTENT


def test_a_plain_object_is_sealed_in_its_place_while_somebody_reads_it(tmp_path: Path) -> None:
    plain = FileStore(tmp_path / "objects")
    name = plain.put_bytes(CONTENT)
    sealed = FileStore(plain.directory, Keyring.of([KEY]))
    with plain.open(name) as reading:
        assert list(sealed.names()) == [name]
        assert sealed.renew(name)
        assert reading.read_at(0, len(CONTENT)) == CONTENT
    assert MARKER not in sealed.path(name).read_bytes()
    assert sealed.read_bytes(name) == CONTENT


def test_a_program_that_knows_only_paths_gets_a_plain_copy_that_is_removed(store: FileStore, tmp_path: Path) -> None:
    with store.plain_file(store.put_bytes(CONTENT), tmp_path) as path:
        assert path.read_bytes() == CONTENT
    assert not path.exists()


def test_memory_does_not_grow_with_an_object(store: FileStore) -> None:
    class Endless(io.RawIOBase):
        left = 40

        def read(self, size: int = -1, /) -> bytes:
            self.left -= 1
            return bytes(size) if self.left >= 0 else b""

    name = store.put_stream(Endless())
    assert name == hashlib.sha256(bytes(40 * 1024 * 1024)).hexdigest()


def test_a_key_file_is_its_owners_alone_and_keeps_older_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    first = add_key(path)
    second = add_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert second.current != first.current
    assert set(first.keys) < set(second.keys)


@pytest.mark.parametrize("text", ["", "no key", base64.b64encode(b"short").decode(), "é"])
def test_a_damaged_key_file_is_told_and_never_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Conflict, match="something else than keys"):
        read_keyring(path)


def test_a_missing_key_file_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="hms keys new"):
        read_keyring(tmp_path / "none")
