"""Open a recording by what it holds, whatever it is called."""

from __future__ import annotations

from ml.byte_source import ByteSource
from ml.chunked import ChunkedRecording
from ml.edf import EdfRecording
from ml.errors import RecordingError
from ml.file_kind import describe, readable_kind, way_out
from ml.recording import RecordingSource

_HEAD_BYTES = 4096


def open_recording(source: ByteSource, *, name: str = "") -> RecordingSource:
    """Open EDF, EDF+C, EDF+D, BDF, BDF+, our own converted copy (all read in place) or HMS Parquet (read wholly).

    Parameters
    ----------
    source
        The bytes of the file.
    name
        Its name, used only to say what an unknown file may be; the content decides.

    Raises
    ------
    RecordingError
        If it cannot be read; the sentence says why and what to do.
    """
    kind = readable_kind_or_refuse(source, name)
    if kind == "parquet":
        from ml.parquet import ParquetRecording  # pyarrow is loaded only where a Parquet file is read

        return ParquetRecording(source)
    if kind == "chunked":
        return ChunkedRecording(source)
    return EdfRecording(source)


def readable_kind_or_refuse(source: ByteSource, name: str = "") -> str:
    """Return "edf", "bdf", "parquet" or "chunked", or refuse with what the file seems to be."""
    if source.size == 0:
        raise RecordingError("The file is empty (0 bytes); copy it again from the recorder.", code="empty")
    head = source.read_at(0, _HEAD_BYTES)
    kind = readable_kind(head)
    if kind is None:
        words, is_eeg = describe(head, name)
        advice = way_out(words) if is_eeg else "choose the recording itself, as EDF, BDF or HMS Parquet"
        raise RecordingError(f"This is {words}, not an EDF, BDF or HMS Parquet recording; {advice}.", code="not_a_recording")
    return kind
