"""Which file of a folder is the recording, told by content and suffix, and of which maker it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ml.errors import RecordingError
from ml.file_kind import readable_kind

Maker = Literal["BrainVision", "Nihon Kohden", "Persyst", "EEGLAB", "Neuroscan CNT", "GDF", "MATLAB", "HDF5", "in place"]
_NIHON_KOHDEN: Final = (b"EEG-1100", b"EEG-1200", b"EEG-2100", b"QI-403A", b"DAE-2100D")
_HEAD_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class FoundFile:
    """The file to open; ``in place`` is EDF, BDF, Parquet or our own converted copy."""

    path: Path
    maker: Maker


def maker_of(path: Path) -> Maker | None:
    """What opens this file, or None for companions and anything else."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    suffix = path.suffix.lower()
    if readable_kind(head) is not None:
        return "in place"
    if head.startswith((b"Brain Vision Data Exchange", b"BrainVision Data Exchange")):
        return "BrainVision" if b"header" in head[:60].lower() else None
    if head.startswith(_NIHON_KOHDEN):
        return "Nihon Kohden" if suffix == ".eeg" else None
    if head.startswith(b"[FileInfo]") or (suffix == ".lay" and b"[FileInfo]" in head):
        return "Persyst"
    if head.startswith(b"GDF "):
        return "GDF"
    if head.startswith(b"Version 3.0"):
        return "Neuroscan CNT"
    if head.startswith(b"MATLAB 5.0"):
        return "EEGLAB" if suffix == ".set" else "MATLAB"
    if head.startswith(b"\x89HDF\r\n") or head[512:518] == b"\x89HDF\r\n":    # MATLAB 7.3 puts 512 bytes of text in front
        return "EEGLAB" if suffix == ".set" else "HDF5"
    return None


def recordings_in(paths: Iterable[Path]) -> list[FoundFile]:
    """The one recording that these files make up; several files only if all of them are read in place (parts of one night).

    Raises
    ------
    RecordingError
        If there is none, or more than one.
    """
    found = [FoundFile(path, maker) for path in sorted(paths) if path.is_file() and (maker := maker_of(path))]
    if not found:
        raise RecordingError("The archive holds no recording of a known format: EDF, BDF, BrainVision (.vhdr), Nihon Kohden (.EEG), "
                             "Persyst (.lay), EEGLAB (.set), Neuroscan (.cnt), GDF, MATLAB or HDF5. Pack all files of the recording.",
                             code="archive_empty")
    if len(found) > 1 and any(file.maker != "in place" for file in found):
        raise RecordingError(f"The archive holds {len(found)} recordings ({', '.join(sorted({f.maker for f in found}))}); only parts in "
                             "EDF or BDF are joined to one. Pack one recording only.", code="archive_many")
    return found
