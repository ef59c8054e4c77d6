"""Encryption of an upload on its way: bytes may stop anywhere and go on there, so they are hidden by a keystream (AES-256-CTR).

The key is random, belongs to one upload and lies wrapped beside its bytes. What the keystream cannot do, notice a changed byte, the
sha256 of the whole does; the stored object is sealed again under a key of its own.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.errors import Conflict
from app.file_store import sync_directory
from app.keyring import KEY_BYTES, Keyring
from ml.byte_source import ByteSource, FileBytes

_BLOCK_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Keystream:
    """Hides and shows the bytes of one upload; without a key it leaves them as they are."""

    key: bytes | None = None

    def apply(self, content: bytes | memoryview, offset: int) -> bytes:
        """``content`` that lies at ``offset`` of the file, hidden or shown: the same step."""
        if self.key is None:
            return bytes(content)
        counter, ahead = divmod(offset, _BLOCK_BYTES)
        stream = Cipher(algorithms.AES(self.key), modes.CTR(counter.to_bytes(_BLOCK_BYTES, "big"))).encryptor()
        stream.update(bytes(ahead))
        return stream.update(content)


class PartBytes:
    """The plain bytes of an upload, read anywhere."""

    def __init__(self, path: Path, keystream: Keystream) -> None:
        self._file, self._keystream = FileBytes(path), keystream

    @property
    def size(self) -> int:
        return self._file.size

    def read_at(self, offset: int, size: int) -> bytes:
        return self._keystream.apply(self._file.read_at(offset, size), offset)


class FromStart:
    """Read a byte source from its start to its end, as a file is."""

    def __init__(self, source: ByteSource) -> None:
        self._source, self._at = source, 0

    def read(self, size: int, /) -> bytes:
        block = self._source.read_at(self._at, size)
        self._at += len(block)
        return block


def key_path(part: Path) -> Path:
    """Where the wrapped key of an upload lies."""
    return part.with_suffix(".key")


def begin(part: Path, keyring: Keyring | None) -> Keystream:
    """A new key for an upload that starts at its first byte; none where the installation has no keys."""
    path = key_path(part)
    if keyring is None:
        path.unlink(missing_ok=True)
        return Keystream()
    key = secrets.token_bytes(KEY_BYTES)
    whole = path.with_suffix(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(keyring.wrap(key))
        file.flush()
        os.fsync(file.fileno())
    whole.rename(path)
    sync_directory(path.parent)
    return Keystream(key)


def resume(part: Path, keyring: Keyring | None) -> Keystream:
    """The key of an upload that goes on.

    Raises
    ------
    Conflict
        If its bytes are encrypted and no key of the installation opens them.
    """
    try:
        wrapped = key_path(part).read_bytes()
    except FileNotFoundError:
        return Keystream()
    key = keyring.unwrap(wrapped) if keyring else None
    if key is None:
        raise Conflict("The key under which this upload began is no longer on the server. Start the upload again.")
    return Keystream(key)
