"""Recordings as they lie in the store: one file, or a list of the files that a joined recording is made of, read in place.

The list is an object like any other, known by its first bytes, so that whatever reads a recording needs its sha256 alone. Nobody can
upload one: a file is taken only if its first bytes are those of a recording.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from app.file_store import FileStore
from ml.joined import JoinedRecording, join_parts
from ml.open_recording import open_recording
from ml.recording import RecordingSource

MAGIC: Final = b"HMSPARTS"


def opened(store: FileStore, sha256: str, *, name: str = "") -> RecordingSource:
    """Open a stored recording; its files are closed when nobody reads it any longer.

    Raises
    ------
    RecordingError
        If it cannot be read, or its parts do not belong together.
    NotFound
        If a file is no longer in the store.
    """
    content = store.open(sha256)
    if content.read_at(0, len(MAGIC)) != MAGIC:
        return open_recording(content, name=name)
    return of_parts(store, json.loads(content.read_at(len(MAGIC), content.size))["parts"])


def of_parts(store: FileStore, sha256s: Sequence[str]) -> JoinedRecording:
    """Open the files of one recording on one clock."""
    return join_parts([open_recording(store.open(sha256)) for sha256 in sha256s])


def list_of(sha256s: Sequence[str]) -> bytes:
    """The list as it is stored; the same parts in the same order are the same bytes."""
    return MAGIC + json.dumps({"version": 1, "parts": list(sha256s)}, separators=(",", ":")).encode()
