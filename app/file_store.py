"""Bytes by their sha256: written once, durable before the answer, never overwritten; encrypted where the installation has keys."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol
from uuid import uuid4

from app import sealing
from app.errors import Damaged, NotFound, StorageFull
from app.keyring import Keyring, keyring_of
from app.sealing import SealedBytes, Sealer
from app.settings import Settings
from ml.byte_source import FileBytes

SHA256_NAME: Final = re.compile(r"[0-9a-f]{64}")
HASH_BLOCK_BYTES: Final = 1024 * 1024


class Readable(Protocol):
    """What is read from its start to its end: a file, or bytes on their way."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """Content-addressed files ``ab/cd/<sha256>`` below one directory.

    An object appears under its name only when it is whole and synced, so a crash leaves at most a temporary file. The name is
    the hash of the plain bytes also where they are encrypted: whoever has a file can tell whether it is here, nobody what is here.
    """

    directory: Path
    keyring: Keyring | None = None       # None: objects are stored plain; sealed ones of before cannot be opened

    def path(self, sha256: str) -> Path:
        """Where the object lives; ``ValueError`` for a name that is not a sha256, so that no path can be smuggled in."""
        if not SHA256_NAME.fullmatch(sha256):
            raise ValueError(f"not a sha256: {sha256[:80]!r}")
        return self.directory / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def open(self, sha256: str) -> FileBytes | SealedBytes:
        """Random access to the plain bytes of an object; ``NotFound`` when they are gone, ``Damaged`` when they were changed."""
        path = self.path(sha256)
        try:
            return SealedBytes(path, sha256, self.keyring) if sealing.is_sealed(path) else FileBytes(path)
        except FileNotFoundError:
            raise NotFound("The file of this object is no longer in the store. Ask an administrator to restore it "
                           "from a backup.") from None

    def read_bytes(self, sha256: str) -> bytes:
        """The whole object, for small ones such as a PDF; verified against its name."""
        with self.open(sha256) as source:
            content = source.read_at(0, source.size)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise OSError(f"object {sha256} does not match its name any more")
        return content

    def put_bytes(self, content: bytes) -> str:
        """Store small content; returns its sha256."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not self.has(sha256):
            self.put_stream(io.BytesIO(content))
        return sha256

    def put_stream(self, stream: Readable) -> str:
        """Store everything that ``stream`` yields; returns its sha256. Memory does not grow with its length."""
        temporary = self._temporary()
        digest = hashlib.sha256()
        with _removed_at_the_end(temporary), _full_disk_told():
            with temporary.open("xb") as file:
                sealer = Sealer(file, self.keyring) if self.keyring else None
                target = sealer or file
                while block := stream.read(HASH_BLOCK_BYTES):
                    digest.update(block)
                    target.write(block)
                if sealer:
                    sealer.finish(digest.hexdigest())
                _sync(file)
            self._publish(temporary, digest.hexdigest())
        return digest.hexdigest()

    def put_path(self, path: Path, sha256: str) -> None:
        """Store a plain file whose sha256 the caller has computed; ``path`` itself stays, as a second name where possible."""
        if self.has(sha256):
            return
        if self.keyring or not self._linked(path, sha256):
            with path.open("rb") as file:
                self.put_stream(file)

    def _linked(self, path: Path, sha256: str) -> bool:
        """Give a plain file its name in the store; False on another file system, or one without links."""
        temporary = self._temporary()
        with _removed_at_the_end(temporary), _full_disk_told():
            try:
                os.link(path, temporary)
            except OSError:
                return False
            with temporary.open("rb") as file:
                _sync(file)
            self._publish(temporary, sha256)
        return True

    @contextmanager
    def plain_file(self, sha256: str, folder: Path) -> Iterator[Path]:
        """A path under which programs that know only paths find the plain bytes; a copy in ``folder`` lives as long as the context."""
        if not sealing.is_sealed(self.path(sha256)):
            yield self.path(sha256)
            return
        copy = folder / sha256
        with _removed_at_the_end(copy), _full_disk_told():
            with self.open(sha256) as source, copy.open("xb") as file:
                for offset in range(0, source.size, HASH_BLOCK_BYTES):
                    file.write(source.read_at(offset, HASH_BLOCK_BYTES))
            yield copy

    def names(self) -> Iterator[str]:
        """Every object that is here."""
        return (path.name for path in self.directory.glob("??/??/*") if SHA256_NAME.fullmatch(path.name))

    def renew(self, sha256: str) -> bool:
        """Bring an object under the current key: seal a plain one, wrap the data key of a sealed one anew. False: it was so already."""
        assert self.keyring is not None
        path = self.path(sha256)
        if sealing.is_sealed(path):
            return sealing.rewrap(path, self.keyring)
        with path.open("rb") as file:        # the sealed copy takes the name by a rename; who reads the plain one goes on
            if self.put_stream(file) != sha256:
                raise Damaged(f"Stored object {sha256[:12]} does not match its name any more. Restore it from a backup.")
        return True

    def _temporary(self) -> Path:
        folder = self.directory / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid4().hex

    def _publish(self, temporary: Path, sha256: str) -> None:
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(target)
        for folder in (target.parent, target.parent.parent, self.directory):   # new folders are entries to sync, too
            sync_directory(folder)


def open_store(settings: Settings) -> FileStore:
    """The store of this installation."""
    return FileStore(settings.objects_dir, keyring_of(settings))


def sync_directory(folder: Path) -> None:
    """Make renames and new names in ``folder`` durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _removed_at_the_end(temporary: Path) -> Iterator[None]:
    try:
        yield
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """Turn "no space" into the sentence that the user gets; every other failure stays a bug."""
    try:
        yield
    except OSError as error:
        raise disk_full(error) from error


def disk_full(error: OSError) -> Exception:
    """``StorageFull`` when the disk, the quota or the file size limit is reached; else ``error`` itself."""
    if error.errno in DISK_FULL:
        return StorageFull("The disk of the server is full, so the bytes could not be stored. "
                           "Ask an administrator to free space; the upload can then go on where it stopped.")
    return error


DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
