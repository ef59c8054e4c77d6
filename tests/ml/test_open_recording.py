"""The content decides what a file is; its name never does."""

from __future__ import annotations

import io
import zipfile

import pytest

from ml.byte_source import HeadBytes
from ml.errors import RecordingError
from ml.open_recording import open_recording
from tests.ml.edf_bytes import Edf


def refusal_of(raw: bytes, name: str = "recording.edf") -> str:
    with pytest.raises(RecordingError) as refusal:
        open_recording(HeadBytes(raw, len(raw)), name=name)
    return refusal.value.sentence


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.edf", b"x")
    return out.getvalue()


@pytest.mark.parametrize(("raw", "words"), [
    (b"", "empty"), (b"\x89PNG\r\n\x1a\n" + bytes(300), "PNG image"), (b"time,Fp1\n1,2\n", "text file"), (zipped(), "ZIP archive"),
    (b"%PDF-1.7\n", "PDF"), (b"\x1f\x8b\x08" + bytes(9), "gzip"), (b"<html><body>", "web page"), (bytes(500), "no known format"),
    (b"EEG-1100C V01.00", "Nihon Kohden"), (b"Brain Vision Data Exchange Header File", "BrainVision"),
    (b"\xef\xbb\xbfBrain Vision Data Exchange Marker File", "BrainVision"), (b"[FileInfo]\r\nFile=x.dat", "Persyst"),
    (b"MATLAB 5.0 MAT-file", "EEGLAB"), (b"\x89HDF\r\n\x1a\n", "HDF5"), (bytes(128) + b"DICM", "DICOM"),
    ("Ωmega,τable\n".encode(), "text file"),
])
def test_other_files_are_named_for_what_they_seem_to_be(raw: bytes, words: str) -> None:
    sentence = refusal_of(raw)
    assert words in sentence
    assert sentence.endswith(".")


def test_another_eeg_format_is_told_the_way_out() -> None:
    assert refusal_of(b"EEG-1100C V01.00").endswith("export the recording as EDF+.")
    assert "Persyst" in refusal_of(b"\x25\x02\x00\x00" * 50, "clip.dat")


def test_a_wrong_name_does_not_matter() -> None:
    raw = Edf().build()
    assert open_recording(HeadBytes(raw, len(raw)), name="holiday.png").info.format == "EDF"


def test_an_edf_of_a_few_bytes_is_refused_as_cut_short() -> None:
    assert "cut short" in refusal_of(Edf().build()[:100])
    assert "cut short" in refusal_of(Edf().build()[:300])
