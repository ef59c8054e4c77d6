"""Encryption of stored objects: a data key for each, wrapped by the installation's key, and chunks that can be read anywhere.

A sealed object, little endian:

=====  ==========  =================================================================================================
bytes  field       meaning
=====  ==========  =================================================================================================
8      magic       ``HMSSEAL1``
48     slot 0      id of the wrapping key (8) and the data key wrapped by it (AES key wrap, RFC 3394: 40)
48     slot 1      the same; one of the two is in force, so that re-wrapping survives a crash
7      prefix      random start of every nonce of this object
8      size        of the plain bytes
48     seal        the object's sha256 under the data key: binds name, size and prefix to it
rest   chunks      64 KiB each, AES-256-GCM; nonce = prefix, number of the chunk, 1 for the last one (STREAM, Hoang et al. 2015)
=====  ==========  =================================================================================================

A changed, moved, shortened or lengthened byte is found when it is read. Rotation replaces the wrapping, never the chunks.
"""

from __future__ import annotations

import os
import secrets
import struct
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import Conflict, Damaged
from app.keyring import KEY_BYTES, SLOT_BYTES, Keyring
from ml.byte_source import FileBytes

MAGIC: Final = b"HMSSEAL1"
CHUNK_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
_SLOTS_AT: Final = len(MAGIC)
_FACTS: Final = struct.Struct("<7sQ48s")
_FACTS_AT: Final = _SLOTS_AT + 2 * SLOT_BYTES
HEADER_BYTES: Final = _FACTS_AT + _FACTS.size
_SEAL_NUMBER: Final = 0xFFFF_FFFF     # no chunk has it: it would begin at 256 TiB


class Sealer:
    """Write one sealed object: ``write`` plain bytes, then ``finish`` with their sha256. Constant memory."""

    def __init__(self, file: BinaryIO, keyring: Keyring) -> None:
        self._file = file
        self._data_key = secrets.token_bytes(KEY_BYTES)
        self._aes = AESGCM(self._data_key)
        self._prefix = secrets.token_bytes(7)
        self._slot = keyring.wrap(self._data_key)
        self._pending = bytearray()
        self._chunks = self._size = 0
        file.write(bytes(HEADER_BYTES))

    def write(self, block: bytes) -> None:
        self._pending += block
        self._size += len(block)
        while len(self._pending) > CHUNK_BYTES:           # the last chunk, also a full one, waits for ``finish``
            self._put(bytes(self._pending[:CHUNK_BYTES]), last=False)
            del self._pending[:CHUNK_BYTES]

    def finish(self, sha256: str) -> None:
        """Write what is left, and the header that makes the file an object."""
        self._put(bytes(self._pending), last=True)
        bound = self._aes.encrypt(nonce(self._prefix, _SEAL_NUMBER, last=True), bytes.fromhex(sha256), _bound_to(self._prefix, self._size))
        self._file.seek(0)
        self._file.write(MAGIC + self._slot + bytes(SLOT_BYTES) + _FACTS.pack(self._prefix, self._size, bound))

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._aes.encrypt(nonce(self._prefix, self._chunks, last=last), chunk, None))
        self._chunks += 1


class SealedBytes:
    """Random access to a sealed object. Thread-safe: what is remembered is replaced as a whole."""

    def __init__(self, path: Path, sha256: str, keyring: Keyring | None) -> None:
        self._sha256 = sha256
        self._file = FileBytes(path)
        header = self._file.read_at(0, HEADER_BYTES)
        if len(header) != HEADER_BYTES:
            raise self._damaged()
        self._prefix: bytes
        self._size: int
        self._prefix, self._size, bound = _FACTS.unpack(header[_FACTS_AT:])
        self._aes = AESGCM(self._data_key(header, keyring))
        self._chunks = max(1, -(-self._size // CHUNK_BYTES))
        self._require_bound(bound)
        self._latest: tuple[int, bytes] = (-1, b"")

    @property
    def size(self) -> int:
        return self._size

    def read_at(self, offset: int, size: int) -> bytes:
        end = min(offset + size, self._size)
        if end <= offset:
            return b""
        first, last = offset // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        plain = b"".join(self._opened(first, last))
        return plain[offset - first * CHUNK_BYTES:end - first * CHUNK_BYTES]

    def _opened(self, first: int, last: int) -> list[bytes]:
        """Chunks ``first`` to ``last`` in clear; one read of the file for all that is not remembered."""
        known, remembered = self._latest
        head = [remembered] if known == first else []
        begin = first + len(head)
        if begin > last:
            return head
        step = CHUNK_BYTES + TAG_BYTES
        sealed = memoryview(self._file.read_at(HEADER_BYTES + begin * step, (last - begin + 1) * step))
        fresh = [self._open_chunk(number, sealed[(number - begin) * step:(number - begin + 1) * step]) for number in range(begin, last + 1)]
        self._latest = (last, fresh[-1])
        return head + fresh

    def _open_chunk(self, number: int, sealed: memoryview) -> bytes:
        try:
            return self._aes.decrypt(nonce(self._prefix, number, last=number == self._chunks - 1), sealed, None)
        except (InvalidTag, ValueError):
            raise self._damaged() from None

    def _data_key(self, header: bytes, keyring: Keyring | None) -> bytes:
        if keyring is None:
            raise Conflict("This object is encrypted, and HMS_ENCRYPTION_KEYS names no key file. Name the file that holds its key.")
        found = [key for key in map(keyring.unwrap, slots_of(header)) if key]
        if not found:
            raise Conflict("No key of the key file opens this object. Put the key back that was current when it was stored.")
        return found[0]

    def _require_bound(self, bound: bytes) -> None:
        whole = HEADER_BYTES + self._size + self._chunks * TAG_BYTES
        try:
            name = self._aes.decrypt(nonce(self._prefix, _SEAL_NUMBER, last=True), bound, _bound_to(self._prefix, self._size))
        except InvalidTag:
            raise self._damaged() from None
        if name.hex() != self._sha256 or self._file.size != whole:
            raise self._damaged()

    def _damaged(self) -> Damaged:
        return Damaged(f"Stored object {self._sha256[:12]} has been changed or damaged and is not used. Ask an administrator to restore it from a backup.")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def is_sealed(path: Path) -> bool:
    """Tell whether a stored file is a sealed one, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def rewrap(path: Path, keyring: Keyring) -> bool:
    """Wrap the data key of an object by the current key; False where it is so already. A crash leaves a slot that opens.

    Raises
    ------
    Conflict
        If no key of the ring opens the object.
    """
    with path.open("r+b") as file:
        slots = slots_of(file.read(HEADER_BYTES))
        keys = [keyring.unwrap(slot) for slot in slots]
        living = next((number for number, key in enumerate(keys) if key), None)
        if living is None:
            raise Conflict(f"No key of the key file opens object {path.name[:12]}. Put its old key back below the new one.")
        done = slots[living].startswith(keyring.current) and not any(slots[1 - living])
        if not done:
            key = keys[living]
            assert key is not None
            _write_slot(file, 1 - living, keyring.wrap(key))
            _write_slot(file, living, bytes(SLOT_BYTES))
        return not done


def slots_of(header: bytes) -> tuple[bytes, bytes]:
    first, second = _SLOTS_AT, _SLOTS_AT + SLOT_BYTES
    return header[first:second], header[second:_FACTS_AT]


def _write_slot(file: BinaryIO, number: int, slot: bytes) -> None:
    file.seek(_SLOTS_AT + number * SLOT_BYTES)
    file.write(slot)
    file.flush()
    os.fsync(file.fileno())


def nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    """The 12 bytes that are used once with a data key."""
    return prefix + struct.pack("<IB", number, last)


def _bound_to(prefix: bytes, size: int) -> bytes:
    return MAGIC + prefix + struct.pack("<Q", size)
