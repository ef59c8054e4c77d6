"""Files made at random by edfio and pyedflib read back as what was handed to these writers; random gaps stay on the clock."""

from __future__ import annotations

import io
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pyedflib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.byte_source import FileBytes, HeadBytes
from ml.edf import EdfRecording
from tests.ml.edf_bytes import Edf, timekeeping

WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=10)             # not X or 0, which stand for nobody
NOTES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24FF, exclude_categories=("C", "Z")), min_size=1, max_size=12)
UNITS = {"uV": 1.0, "mV": 1e3, "V": 1e6, "nV": 1e-3, "%": 1.0}
ANY_FILE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@st.composite
def arguments(draw: st.DrawFn) -> dict[str, Any]:
    """What a writer is handed: signals of their own rate, unit and range, notes, a person, a start."""
    seconds, rng = draw(st.integers(2, 6)), np.random.default_rng(draw(st.integers(0, 9999)))
    signals = [{
        "rate": draw(st.sampled_from([1, 10, 64, 200, 256])), "unit": draw(st.sampled_from(list(UNITS))), "label": f"{draw(WORDS)}{number}",
        "range": draw(st.tuples(st.integers(-9_999, -1), st.integers(1, 9_999))),
    } for number in range(draw(st.integers(1, 5)))]
    for signal in signals:
        signal["values"] = rng.uniform(*signal["range"], signal["rate"] * seconds)
    notes = sorted((draw(st.integers(0, 1000 * seconds - 1)) / 1000, draw(NOTES)) for _ in range(draw(st.integers(0, 4))))
    return {"signals": signals, "notes": notes, "name": draw(WORDS), "code": draw(WORDS), "sex": draw(st.sampled_from("FM")),
            "born": draw(st.dates(date(1900, 1, 1), date(2020, 1, 1))), "start": datetime(2026, 5, 4, 10, 11, 12, draw(st.integers(0, 999)) * 1000)}


def check(recording: EdfRecording, asked: dict[str, Any], bits: int) -> None:
    info = recording.info
    assert [signal.label for signal in info.signals] == [signal["label"] for signal in asked["signals"]]
    assert [signal.sfreq_hz for signal in info.signals] == [signal["rate"] for signal in asked["signals"]]
    assert (info.patient.code, info.patient.sex, info.patient.birth_date) == (asked["code"], asked["sex"], asked["born"])
    assert info.patient.name == asked["name"]
    assert info.start_time == asked["start"]
    for uv, signal in zip(recording.read(0, info.duration_s, range(len(info.signals))), asked["signals"], strict=True):
        step = (signal["range"][1] - signal["range"][0]) / (2**bits - 1) * UNITS[signal["unit"]]
        expected = signal["values"] * UNITS[signal["unit"]]
        np.testing.assert_allclose(uv[: len(expected)], expected, atol=1.01 * step, rtol=1e-6)
    found = sorted((round(note.onset_s, 3), note.text) for note in recording.annotations())
    assert found == asked["notes"]


@pytest.mark.parametrize(("file", "signal", "bits"), [(edfio.Edf, edfio.EdfSignal, 16), (edfio.Bdf, edfio.BdfSignal, 24)], ids=["EDF+C", "BDF+C"])
@given(asked=arguments())
@ANY_FILE
def test_what_edfio_writes_is_read_as_it_was_meant(file: type, signal: type, bits: int, asked: dict[str, Any]) -> None:
    rows = [signal(row["values"], row["rate"], label=row["label"], physical_dimension=row["unit"], physical_range=row["range"])
            for row in asked["signals"]]
    written = file(rows, data_record_duration=1, starttime=asked["start"].time(),
                   recording=edfio.Recording(startdate=asked["start"].date()), annotations=[edfio.EdfAnnotation(at, None, text) for at, text in asked["notes"]],
                   patient=edfio.Patient(code=asked["code"], sex=asked["sex"], birthdate=asked["born"], name=asked["name"]))
    raw = written.to_bytes()
    check(EdfRecording(HeadBytes(raw, len(raw))), asked, bits)


@pytest.mark.parametrize(("kind", "bits"), [(pyedflib.FILETYPE_EDFPLUS, 16), (pyedflib.FILETYPE_BDFPLUS, 24)], ids=["EDF+C", "BDF+C"])
@given(asked=arguments())
@ANY_FILE
def test_what_pyedflib_writes_is_read_as_it_was_meant(tmp_path: Path, kind: int, bits: int, asked: dict[str, Any]) -> None:
    # pyedflib 0.1.42 writes ten times the fraction of the start, and one annotation per record of a second
    asked = asked | {"start": asked["start"].replace(microsecond=0), "notes": asked["notes"][:2]}
    with pyedflib.EdfWriter(str(tmp_path / "a"), len(asked["signals"]), file_type=kind) as out:
        out.setSignalHeaders([{
            "label": row["label"], "dimension": row["unit"], "sample_frequency": row["rate"], "physical_min": row["range"][0],
            "physical_max": row["range"][1], "digital_min": -(2 ** (bits - 1)), "digital_max": 2 ** (bits - 1) - 1, "prefilter": "", "transducer": "",
        } for row in asked["signals"]])
        out.setStartdatetime(asked["start"])
        out.setPatientCode(asked["code"])
        out.setPatientName(asked["name"])
        out.setSex(1 if asked["sex"] == "M" else 0)
        out.setBirthdate(asked["born"])
        out.writeSamples([row["values"] for row in asked["signals"]])
        for at, text in asked["notes"]:
            out.writeAnnotation(at, -1, text)
    check(EdfRecording(FileBytes(tmp_path / "a")), asked, bits)


@given(pauses=st.lists(st.just(0) | st.integers(150, 5000), min_size=1, max_size=8), rate=st.sampled_from([10, 64, 200]), seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_random_gaps_stay_on_the_clock_and_the_samples_between_are_those_of_edfio(pauses: list[int], rate: int, seed: int) -> None:
    onsets = np.cumsum([0, *(1000 + pause for pause in pauses)]) / 1000                  # pauses in ms between records of 1 s
    digits = [np.random.default_rng(seed).integers(-30_000, 30_000, rate * len(onsets)).astype(np.int16)]
    raw = Edf(labels=["Fp1"], data=digits, n_records=len(onsets), tals=timekeeping([f"{onset:g}" for onset in onsets]),
              fields={"reserved": "EDF+D"}).build()
    ours = EdfRecording(HeadBytes(raw, len(raw)))
    joined = edfio.read_edf(io.BytesIO(raw)).signals[0].data
    pauses_s = [(before + 1, after) for before, after in pairwise(onsets.tolist()) if after > before + 1.01]
    np.testing.assert_allclose([(gap.start_s, gap.stop_s) for gap in ours.info.gaps], pauses_s or np.zeros((0,)), atol=1e-9)
    for onset, record in zip(onsets, joined.reshape(len(onsets), rate), strict=True):
        np.testing.assert_allclose(ours.read(onset, onset + 1, [0])[0], record, atol=0.11)
