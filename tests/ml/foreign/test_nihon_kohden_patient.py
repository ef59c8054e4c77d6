"""The companion file .PNT of Nihon Kohden: claimed identity, in any language of the recorder, or nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ml.foreign.nihon_kohden_patient import claimed
from ml.recording import PatientField


def companion(folder: Path, *, name: bytes = b"Ito_Rosa", sex: bytes = b"Female", born: bytes = b"1950/03/31") -> Path:
    raw = bytearray(0x700)
    for at, value in ((0, b"EEG-1100C V01.00"), (0x604, b"4711"), (0x62E, name), (0x64A, sex), (0x660, born)):
        raw[at : at + len(value)] = value
    (folder / "night.PNT").write_bytes(raw)
    return folder / "night.EEG"


def test_code_name_sex_and_birth_date_are_claimed(tmp_path: Path) -> None:
    assert claimed(companion(tmp_path)) == PatientField(code="4711", name="Ito Rosa", sex="F", birth_date=date(1950, 3, 31))


@pytest.mark.parametrize(("sex", "read"), [(b"M\xe4nnl.", "M"), (b"Mujer", "F"), (b"M", None), (b"", None)])
def test_the_sex_is_read_in_the_language_of_the_recorder_and_never_guessed(tmp_path: Path, sex: bytes, read: str | None) -> None:
    assert claimed(companion(tmp_path, sex=sex)).sex == read


@pytest.mark.parametrize("born", [b"", b"2019/13/01", b"0001/01/01"])
def test_an_impossible_birth_date_is_none(tmp_path: Path, born: bytes) -> None:
    assert claimed(companion(tmp_path, born=born)).birth_date is None


def test_without_the_companion_nobody_is_named(tmp_path: Path) -> None:
    assert not claimed(tmp_path / "night.EEG").names_somebody


def test_the_birth_date_of_a_real_file_is_that_of_its_own_export(shared_data: Path) -> None:
    folder = shared_data / "formats" / "mne" / "NihonKohden"
    assert b"01-JAN-2019" in (folder / "MB0400FU.EDF").read_bytes()[8:88]
    assert claimed(folder / "MB0400FU.EEG").birth_date == date(2019, 1, 1)
