"""Wrapping keys of an installation: the file that holds them, and what they do to the data keys of objects."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from app.errors import Conflict
from app.settings import Settings

KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
SLOT_BYTES: Final = _ID_BYTES + KEY_BYTES + 8
"""A wrapped data key with the id of the key that wraps it."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Wrapping keys by id; ``current`` wraps what is new, the others still open what is old."""

    current: bytes
    keys: Mapping[bytes, bytes]

    @classmethod
    def of(cls, keys: list[bytes]) -> Keyring:
        """A ring of 32-byte keys, the first of which is the current one."""
        return cls(key_id(keys[0]), {key_id(key): key for key in keys})

    def wrap(self, data_key: bytes) -> bytes:
        return self.current + aes_key_wrap(self.keys[self.current], data_key)

    def unwrap(self, slot: bytes) -> bytes | None:
        """The data key in a slot; None where this ring cannot open it."""
        key = self.keys.get(slot[:_ID_BYTES])
        try:
            return aes_key_unwrap(key, slot[_ID_BYTES:]) if key else None
        except InvalidUnwrap:
            return None


def key_id(key: bytes) -> bytes:
    """What a key is known by: tells nothing about it."""
    return hashlib.sha256(b"hms wrapping key" + key).digest()[:_ID_BYTES]


def read_keyring(path: Path) -> Keyring:
    """The keys of a file: one per line, base64 of 32 bytes, the current one first.

    Raises
    ------
    Conflict
        If the file is missing or a line is no key: without its keys nothing stored can be read, so nothing is guessed.
    """
    try:
        return _read_keyring(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise Conflict(f"The key file {path} cannot be read ({error.strerror}). Put it back, or make one with: hms keys new {path}") from error


@lru_cache(maxsize=8)
def _read_keyring(path: Path, _changed_ns: int) -> Keyring:
    try:
        keys = [base64.b64decode(line, validate=True) for line in path.read_text("ascii").split()]
    except (UnicodeDecodeError, binascii.Error):
        keys = [b""]
    if not keys or {len(key) for key in keys} != {KEY_BYTES}:
        raise Conflict(f"The key file {path} holds something else than keys of {KEY_BYTES} bytes in base64, one per line. Restore it from its copy.")
    return Keyring.of(keys)


def keyring_of(settings: Settings) -> Keyring | None:
    """The keys of this installation; None where it stores plain bytes."""
    return read_keyring(settings.encryption_keys) if settings.encryption_keys else None


def add_key(path: Path) -> Keyring:
    """Put a new current key on top of a key file, which is made where there is none; its owner alone may read it."""
    old = path.read_text("ascii") if path.exists() else ""
    whole = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    fd = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n" + old)
        file.flush()
        os.fsync(file.fileno())
    whole.rename(path)
    return read_keyring(path)
