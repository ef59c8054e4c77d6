"""The prefilter field of a header, in the spellings of real recorders."""

from __future__ import annotations

import pytest

from ml import edf_identity
from ml.prefilter import Prefilter, parse_prefilter


@pytest.mark.parametrize(("text", "expected"), [
    ("HP:0.1Hz LP:75Hz N:50Hz", Prefilter(0.1, 75.0, 50.0)), ("HP: DC; LP: 410 Hz", Prefilter(None, 410.0, None)),
    ("HP:0,5Hz LP:45,0Hz N:50Hz", Prefilter(0.5, 45.0, 50.0)), ("BP:0.5-70Hz", Prefilter(0.5, 70.0, None)),
    ("HP:0.500000Hz LP:45.000000Hz RF:50Hz", Prefilter(0.5, 45.0, 50.0)), ("HPF 0.1 LPF 70", Prefilter(0.1, 70.0, None)),
    ("HP:-1Hz LP:-1Hz N:-1Hz", Prefilter()), ("HP:0Hz LP:0Hz N:0Hz", Prefilter()), ("pre1", Prefilter()), ("", Prefilter()),
])
def test_filters_are_read_and_what_is_not_understood_is_left_out(text: str, expected: Prefilter) -> None:
    assert parse_prefilter(text) == expected


def test_a_time_constant_becomes_a_frequency() -> None:
    assert parse_prefilter("HP:0.3s").highpass_hz == pytest.approx(0.5305, abs=1e-4)     # 1 / (2 pi 0.3 s)


def test_who_recorded_is_split_into_its_fields() -> None:
    field = edf_identity.recorded("Startdate 24-APR-1989 AB-7 A_Smith Amp_9")
    assert (field.admin_code, field.technician, field.equipment) == ("AB-7", "A Smith", "Amp 9")
    assert edf_identity.recorded("recorded by A Smith") == edf_identity.RecordingField()
