"""The bytes of an upload on their way: one file, one writer at a time, synced before anybody hears of an offset."""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from app.errors import Conflict, Gone
from app.file_store import HASH_BLOCK_BYTES, disk_full, sync_directory
from app.keyring import Keyring
from app.services import part_cipher
from app.services.part_cipher import Keystream
from app.settings import Settings

LOST: Final = "A part of this upload is no longer on the disk of the server. Start the upload again."


HASHES_KEPT: Final = 1000
_hashed: dict[Path, tuple[int, hashlib._Hash]] = {}
"""Running hashes between the requests of an upload, in this process alone: they only save reading the file again."""


def part_path(settings: Settings, upload_id: UUID) -> Path:
    """Named by the upload's id alone: the original name is never part of a path."""
    return settings.uploads_dir / f"{upload_id}.part"


def remove(path: Path) -> None:
    """Forget the bytes of an upload that has ended."""
    _hashed.pop(path, None)
    path.unlink(missing_ok=True)
    part_cipher.key_path(path).unlink(missing_ok=True)


class PartFile:
    """Exclusive writer of one upload's bytes; use it as a context.

    A lock of the operating system keeps a second request (or web process) out and ends with the process that held it.
    What the row says of the upload is to be read again under the lock, before ``start_at``.
    """

    def __init__(self, path: Path, *, create: bool = False, keyring: Keyring | None = None) -> None:
        self._path = path
        self._keyring = keyring
        self._keystream = Keystream()
        self._create = os.O_CREAT if create else 0
        self._fd = -1
        self._synced = 0
        self._hash = hashlib.sha256()
        self.offset = 0                  # bytes that are here, from the start of the file

    @property
    def unsynced(self) -> int:
        """Bytes written since the last ``sync``."""
        return self.offset - self._synced

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | self._create, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            raise Gone(LOST) from None
        except BlockingIOError:
            os.close(self._fd)
            raise Conflict("Another request is still writing to this upload. Ask for its offset and go on from there.") from None
        except OSError as error:
            raise disk_full(error) from error
        return self

    def start_at(self, offset: int) -> None:
        """Go on from the bytes that were acknowledged; what came after them was not and is sent again."""
        if os.fstat(self._fd).st_size < offset:
            raise Gone(LOST)
        os.ftruncate(self._fd, offset)
        sync_directory(self._path.parent)
        self._keystream = (part_cipher.resume if offset else part_cipher.begin)(self._path, self._keyring)
        hashed, running = _hashed.pop(self._path, (0, hashlib.sha256()))
        self.offset = self._synced = offset
        self._hash = running if hashed == offset else self._hash_of(offset)

    def _hash_of(self, size: int) -> hashlib._Hash:
        """After a restart: hash again what is here."""
        digest, done = hashlib.sha256(), 0
        while done < size:
            block = os.pread(self._fd, min(HASH_BLOCK_BYTES, size - done), done)
            digest.update(self._keystream.apply(block, done))
            done += len(block)
        return digest

    def write(self, block: bytes | bytearray) -> None:
        """Append bytes; they count only after ``sync``."""
        view, hidden = memoryview(block), memoryview(self._keystream.apply(memoryview(block), self.offset))
        try:
            while view:
                written = os.pwrite(self._fd, hidden, self.offset)
                self._hash.update(view[:written])
                self.offset += written
                view, hidden = view[written:], hidden[written:]
        except OSError as error:
            raise disk_full(error) from error

    def sync(self) -> int:
        """Make all that was written durable; returns the offset that may be told to the client."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise disk_full(error) from error
        self._synced = self.offset
        return self.offset

    def sha256(self) -> str:
        """Hash of all bytes up to ``offset``."""
        return self._hash.hexdigest()

    def close(self, *, done: bool = False) -> None:
        """Give the lock back; unless the upload is ``done``, remember its hash for the next request."""
        if self.offset and not done and len(_hashed) < HASHES_KEPT:
            _hashed[self._path] = (self.offset, self._hash)
        os.close(self._fd)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
