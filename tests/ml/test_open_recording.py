"""The content decides what a file is; its name never does."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.byte_source import HeadBytes
from ml.errors import RecordingError
from ml.open_recording import open_recording
from tests.ml.edf_bytes import Edf, timekeeping


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


SEEDS = (
    Edf().build(),
    Edf(tals=timekeeping([0, 1, 2], {1: b"+1.5\x14Blink\x14\x00"})).build(),
    Edf(tals=timekeeping([0, 1, 5]), fields={"reserved": "EDF+D"}).build(),
    Edf(fields={"version": b"\xffBIOSEMI"}, per_record=[9, 12]).build(),
)
PATCHES = st.sampled_from((b"0", b"-1", b"1e5", b"nan", b"99999999", b"EDF+D", b"\x14\x14\x00", b"+9\x14\x14\x00", b"        "))


@given(seed=st.sampled_from(SEEDS), cut=st.integers(0, 60),
       edits=st.lists(st.tuples(st.integers(8, 1400), PATCHES | st.binary(max_size=4)), max_size=4))
@settings(max_examples=250, deadline=None)
def test_every_mutation_is_read_wholly_or_refused(seed: bytes, cut: int, edits: list[tuple[int, bytes]]) -> None:
    for at, patch in edits:
        seed = seed[:at] + patch + seed[at + len(patch):]
    raw = seed[: len(seed) - cut]
    try:
        source = open_recording(HeadBytes(raw, len(raw)))
    except RecordingError:
        return
    signals, duration_s = source.info.signals, min(source.info.duration_s, 20.0)
    source.annotations()
    uv = source.read(0.0, duration_s, range(len(signals)))
    assert [len(row) for row in uv] == [round(duration_s * signal.sfreq_hz) for signal in signals]
    assert not any(np.isinf(row).any() for row in uv)
