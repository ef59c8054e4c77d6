"""The bytes of an upload on their way: one file, one writer at a time, synced before anybody hears of an offset."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from app.errors import Conflict, Gone
from app.file_store import disk_full, sync_directory
from app.settings import Settings

LOST: Final = "A part of this upload is no longer on the disk of the server. Start the upload again."


def part_path(settings: Settings, upload_id: UUID) -> Path:
    """Named by the upload's id alone: the original name is never part of a path."""
    return settings.uploads_dir / f"{upload_id}.part"


class PartFile:
    """Exclusive writer of one upload's bytes; use it as a context.

    A lock of the operating system keeps a second request (or web process) out and ends with the process that held it.
    """

    def __init__(self, path: Path, *, offset: int) -> None:
        self._path = path
        self.offset = offset             # bytes that are here, from the start of the file
        self._synced = offset
        self._fd = -1

    @property
    def unsynced(self) -> int:
        """Bytes written since the last ``sync``."""
        return self.offset - self._synced

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        create = os.O_CREAT if self.offset == 0 else 0
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | create, 0o600)
        except FileNotFoundError:
            raise Gone(LOST) from None
        except OSError as error:
            raise disk_full(error) from error
        try:
            self._take()
            sync_directory(self._path.parent)
        except BaseException:
            self.close()
            raise
        return self

    def _take(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("Another request is still writing to this upload. Ask for its offset and go on from there.") from None
        if os.fstat(self._fd).st_size < self.offset:
            raise Gone(LOST)
        os.ftruncate(self._fd, self.offset)      # bytes that were never acknowledged are sent again

    def write(self, block: bytes | bytearray) -> None:
        """Append bytes; they count only after ``sync``."""
        view = memoryview(block)
        try:
            while view:
                written = os.pwrite(self._fd, view, self.offset)
                self.offset += written
                view = view[written:]
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

    def close(self) -> None:
        """Give the lock back."""
        os.close(self._fd)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
