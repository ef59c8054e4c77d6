"""Memory in proportion to a file: a header that states more than the file can hold must not fill the machine.

A limit on the address space of the whole process, for as long as a foreign reader runs; the worker's child and the process of a
conversion do nothing else meanwhile. Where there is no ``/proc`` nothing is limited.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROOM_BYTES: Final = 384 << 20
_PER_FILE_BYTE: Final = 16
"""Integers stored compressed are some ten times larger as the doubles that readers make of them."""


@contextmanager
def bounded(path: Path) -> Iterator[None]:
    """Let this process grow by no more than a reader of ``path`` and its companions may need; beyond, ``MemoryError`` is raised."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        yield
        return
    stored = sum(file.stat().st_size for file in path.parent.glob(f"{path.stem}.*") if file.is_file())
    held = int(statm.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = held + _ROOM_BYTES + _PER_FILE_BYTE * stored
    resource.setrlimit(resource.RLIMIT_AS, (wanted if soft == resource.RLIM_INFINITY else min(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
