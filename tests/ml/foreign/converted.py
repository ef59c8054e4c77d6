"""A recording of another maker, converted within the test's own process: the same code without the seconds of a child."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ml.byte_source import FileBytes
from ml.convert import convert, open_foreign
from ml.open_recording import open_recording
from ml.recording import RecordingSource


@contextmanager
def converted(path: Path) -> Iterator[RecordingSource]:
    """The converted copy, opened as the application opens it."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        convert(open_foreign(path, scratch), Path(folder) / "converted")
        yield open_recording(FileBytes(Path(folder) / "converted"))
