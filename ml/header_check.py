"""The gate before an upload: what the first bytes of a file say, judged in plain Python within milliseconds."""

from __future__ import annotations

from ml.byte_source import ByteSource
from ml.edf import EdfRecording
from ml.edf_header import FIXED_BYTES, header_bytes_needed
from ml.errors import RecordingError
from ml.file_kind import converted_kind
from ml.open_recording import readable_kind_or_refuse
from ml.recording import RecordingInfo

HEAD_BYTES = 64 << 10
"""What a browser sends of a file before anything else."""


def check_header(head: ByteSource, *, name: str = "") -> RecordingInfo:
    """Judge a file by its first bytes.

    Parameters
    ----------
    head
        At least the first 64 KiB, with the total size of the file (``HeadBytes``).
    name
        Name of the file, used only to say what an unknown file may be.

    Returns
    -------
    RecordingInfo
        As far as the head tells: gaps of an EDF+D and the channels of a Parquet file are known only when the file has
        arrived whole; a finding says so.

    Raises
    ------
    RecordingError
        If the file is refused.
    """
    if waiting := awaiting_conversion(head.read_at(0, FIXED_BYTES)):
        return waiting
    kind = readable_kind_or_refuse(head, name)
    if kind == "chunked":
        raise RecordingError("This is a copy that HMS EEG converted for itself, without the identity of the original; upload the "
                             "original recording.", code="converted_copy")
    if kind == "parquet":
        return RecordingInfo(
            format="HMS Parquet", signals=(), duration_s=0.0,
            findings=("The channels and the length of a Parquet file are known when it has arrived whole.",))
    fixed = head.read_at(0, FIXED_BYTES)
    if len(fixed) == FIXED_BYTES and _is_cut(head, header_bytes_needed(fixed)):
        return RecordingInfo(
            format=kind.upper(), signals=(), duration_s=0.0,
            findings=("The header is longer than the part that was sent first; it is judged when the file has arrived whole.",))
    return EdfRecording(head, whole=False).info


def awaiting_conversion(head: bytes) -> RecordingInfo | None:
    """What can be said of a file that the worker converts after the upload: its kind and no more, as no parser may run here."""
    kind = converted_kind(head)
    if kind is None:
        return None
    return RecordingInfo(
        format=kind, signals=(), duration_s=0.0,
        findings=(f"The file ({kind}) is read and converted after the upload; its channels, its length and whom it names are known then.",))


def _is_cut(head: ByteSource, needed: int) -> bool:
    return len(head.read_at(0, needed)) < needed <= head.size
