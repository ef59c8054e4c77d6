"""One way to bytes: random access by offset, whatever holds the file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


class ByteSource(Protocol):
    """Bytes that can be read anywhere. Thread-safe: several pages may be read at once."""

    @property
    def size(self) -> int:
        """Total number of bytes, also of those that have not arrived yet."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``offset``; fewer only at the end of what is there."""


class FileBytes:
    """A plain file, read with ``pread`` so that threads do not share a position."""

    _fd = -1                         # until opened, so that a failed opening has nothing to close

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._fd = -1            # for __del__ of a file that could not be opened
        self._fd = os.open(Path(path), os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        self._size = os.fstat(self._fd).st_size

    @property
    def size(self) -> int:
        return self._size

    def read_at(self, offset: int, size: int) -> bytes:
        parts = []
        while size > 0 and (part := os.pread(self._fd, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class HeadBytes:
    """The first bytes of a file whose rest has not arrived: enough to judge a header."""

    head: bytes
    total_size: int

    @property
    def size(self) -> int:
        return self.total_size

    def read_at(self, offset: int, size: int) -> bytes:
        return self.head[offset : offset + size]
