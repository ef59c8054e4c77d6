"""What a file seems to be, from its first bytes: the name is not asked, as it is often wrong."""

from __future__ import annotations

from typing import Final, Literal

ReadableKind = Literal["edf", "bdf", "parquet", "chunked"]

_READABLE: Final[tuple[tuple[bytes, ReadableKind], ...]] = (
    (b"0       ", "edf"), (b"0\x00\x00\x00\x00\x00\x00\x00", "edf"), (b"\xffBIOSEMI", "bdf"), (b"PAR1", "parquet"),
    (b"HMSCHUNK", "chunked"),
)
_CONVERTED: Final = (
    (b"PK\x03\x04", "ZIP archive"), (b"MATLAB ", "MATLAB or EEGLAB"), (b"\x89HDF\r\n", "HDF5"), (b"GDF ", "GDF"),
    (b"Version 3.0", "Neuroscan CNT"),
)
CONVERTED_FORMATS: Final = tuple(name for _, name in _CONVERTED)
"""What a file is called until it has been converted; then it has the name of its real format."""
_OFFICE: Final = (b"[Content_Types].xml", b"mimetypeapplication/", b"META-INF/")
_MANY_FILES: Final = ("BrainVision", "Nihon Kohden", "Persyst")
_OTHER_EEG: Final = (
    (b"Brain Vision Data Exchange", "a header or marker file of BrainVision"),
    (b"BrainVision Data Exchange", "a header or marker file of BrainVision"),
    (b"EEG-1100", "a file of Nihon Kohden"), (b"EEG-2100", "a file of Nihon Kohden"), (b"QI-403A", "a file of Nihon Kohden"),
    (b"[ELECTRODE]", "an electrode file of Nihon Kohden"), (b"[DisplayMontage", "a montage file of Nihon Kohden"),
    (b"[FileInfo]", "a layout file of Persyst"), (b"MATLAB ", "a MATLAB file, as EEGLAB writes it"),
    (b"\x89HDF\r\n", "an HDF5 file, as EEGLAB and MATLAB write it"), (b"GDF ", "a GDF recording"),
    (b"Version 3.0", "a Neuroscan recording"), (b"\x00\x05\x16\x07", "a companion file of macOS"),
)
_ANYTHING: Final = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"), (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"), (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"), (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ", "an xz archive"), (b"PARE", "an encrypted Parquet file"),
    (b"ARROW1", "an Arrow file"), (b"RIFF", "an audio or video file"), (b"SQLite format 3", "a SQLite database"),
    (b"\x93NUMPY", "a NumPy array"), (b"\x80\x04", "a Python pickle"), (b"<?xml", "an XML document"), (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"), (b"{\\rtf", "an RTF document"),
)
_RAW_DATA: Final = {
    ".eeg": "perhaps the raw data of a BrainVision or Nihon Kohden recording", ".dat": "perhaps the raw data of a Persyst recording",
    ".fdt": "perhaps the raw data of an EEGLAB recording", ".vhdr": "perhaps of BrainVision", ".set": "perhaps of EEGLAB",
    ".lay": "perhaps of Persyst", ".cnt": "perhaps a Neuroscan recording", ".e": "perhaps a Natus recording",
    ".trc": "perhaps a Micromed recording", ".mat": "perhaps a MATLAB file",
}


def readable_kind(head: bytes) -> ReadableKind | None:
    """Which reader takes this file, or None."""
    return next((kind for magic, kind in _READABLE if head.startswith(magic)), None)


def converted_kind(head: bytes) -> str | None:
    """One of ``CONVERTED_FORMATS`` if the file may be a recording that one file holds and the worker converts, else None."""
    if any(mark in head[:200] for mark in _OFFICE):
        return None
    return next((name for magic, name in _CONVERTED if head.startswith(magic)), None)


def way_out(words: str) -> str:
    """What to do with EEG of another format that ``describe`` called ``words``."""
    pack = "pack all files of the recording into one ZIP archive, or " if any(maker in words for maker in _MANY_FILES) else ""
    return f"{pack}export the recording as EDF+"


def describe(head: bytes, name: str = "") -> tuple[str, bool]:
    """What a file that no reader takes seems to be, and whether it seems to be EEG of another format."""
    plain = head.removeprefix(b"\xef\xbb\xbf")
    for magic, words in _OTHER_EEG:
        if plain.startswith(magic):
            return words, True
    if head[128:132] == b"DICM":
        return "a DICOM file", True
    if head[:4] == b"RIFF" and head[8:11] in (b"CNT", b"RAW"):
        return "a recording of ANT Neuro (EEProbe)", True
    for magic, words in _ANYTHING:
        if plain.startswith(magic):
            return words, False
    if _is_text(plain):
        return ("a web page" if b"<html" in plain[:1024].lower() else "a text file, such as a table (CSV)"), False
    hint = _RAW_DATA.get("." + name.rsplit(".", 1)[-1].lower()) if "." in name else None
    return (f"in no known format ({hint})" if hint else "in no known format"), hint is not None


def _is_text(head: bytes) -> bool:
    sample = head[:4096]
    try:
        text = sample.decode("utf-8", errors="strict" if len(sample) < 4096 else "ignore")
    except UnicodeDecodeError:
        return False
    return bool(text) and all(character.isprintable() or character in "\r\n\t\f" for character in text)
