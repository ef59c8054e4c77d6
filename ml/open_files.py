"""Open recordings by their paths, whatever their format, and as one recording where they are its parts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ml.byte_source import FileBytes
from ml.chunked import ChunkedRecording
from ml.conversion_process import convert_apart
from ml.file_kind import readable_kind
from ml.open_recording import open_recording
from ml.recording import RecordingSource


@contextmanager
def open_files(paths: Sequence[Path]) -> Iterator[RecordingSource]:
    """Open one file, or several parts as one recording; other makers' files are converted into a temporary
    copy, in a process of its own, as their readers may crash.

    Raises
    ------
    RecordingError
        If one of them cannot be read, or they are not parts of one recording.
    OSError
        If a file cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="hms-") as folder:
        sources = [_opened(path, Path(folder) / str(number)) for number, path in enumerate(paths)]
        if len(sources) == 1:
            yield sources[0]
            return
        from ml.joined import join

        yield join(sources)


def _opened(path: Path, scratch: Path) -> RecordingSource:
    content = FileBytes(path)
    head = content.read_at(0, 4096)
    if content.size == 0 or readable_kind(head) is not None or not _may_be_foreign(head, path):
        return open_recording(content, name=path.name)
    scratch.mkdir()
    target = scratch / "converted.hms"
    claimed = convert_apart(path.absolute(), target, scratch)
    return ChunkedRecording(FileBytes(target), patient=claimed)


def _may_be_foreign(head: bytes, path: Path) -> bool:
    from ml.foreign.finding import maker_of

    return head.startswith(b"PK\x03\x04") or maker_of(path) is not None
