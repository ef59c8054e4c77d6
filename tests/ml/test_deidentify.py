"""A recording without identity: no planted word is left in any byte, and the signals are the same."""

from __future__ import annotations

import io
from datetime import datetime

import edfio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import deidentify, tal
from ml.byte_source import HeadBytes
from ml.deidentified_words import harmless, is_label
from ml.deidentify import Disguise
from ml.edf import EdfRecording
from ml.edf_header import SIGNAL_FIELDS, read_header
from tests.ml.edf_bytes import Edf, timekeeping

DISGUISE = Disguise("HMS-7K2M9QRS", shift_days=400, sex="F")
PLANTED = (b"PLANTED", b"Planted^Jane", b"jane.planted", "Plantéd".encode(), "Plantéd".encode("latin-1"), "Пацієнтка".encode(), b"7781234",
           b"04-JUL-1950", b"0171-5550123")


def out_of(content: bytes, disguise: Disguise = DISGUISE) -> bytes:
    source = HeadBytes(content, len(content))
    made = b"".join(deidentify.blocks(source, disguise))
    assert len(made) == deidentify.size(source)
    return made


def opened(content: bytes) -> EdfRecording:
    return EdfRecording(HeadBytes(content, len(content)))


def planted(seed: int) -> tuple[bytes, bytes]:
    """A valid file with a planted word in every place that may hold text, and that word."""
    rng = np.random.default_rng(seed)
    word = PLANTED[seed % len(PLANTED)]
    text = {name: word[:width] for name, width in SIGNAL_FIELDS if name in ("label", "transducer", "prefilter", "reserved", "unit")}
    hidden = (word * 40)[: 2 * (len(word) * 40 // 2)][:40]
    data = [rng.integers(-3000, 3000, (3, 20), dtype=np.int16) for _ in range(2)] + [np.tile(np.frombuffer(hidden, "<i2"), (3, 1))] * 2
    fields: dict[str, str | bytes] = {"patient": word + b" F 04-JUL-1950 " + word, "recording": b"Startdate 02-MAR-2024 " + word + b" " + word,
                                      "reserved": b"EDF+C " + word}
    signals: dict[int, dict[str, str | bytes]] = {
        1: {**text}, 2: {"label": "my annotations", "transducer": word}, 3: {"label": word[:16], "pmin": b"x" if word.isdigit() else word[:8]}, 4: {"reserved": word[:32], "transducer": word},
    }
    notes = {0: b"+0.5\x14" + word + b"\x14\x00", 1: b"+1.5\x152\x14Eyes closed\x14" + word + b"\x14\x00" + word, 2: word + b"\x00+2\x14" + word}
    file = Edf(labels=("EEG Fp1-Ref", "x", "my annotations", "x"), data=data, per_record=20, tals=timekeeping([0, 1, 2], notes), tal_bytes=200,
               fields=fields, signal_fields=signals)
    return file.build() + word, word


@pytest.mark.parametrize("seed", range(200))
def test_no_planted_word_is_left_in_any_byte(seed: int) -> None:
    content, word = planted(seed)
    assert content.count(word) >= 8
    made = out_of(content)
    assert word.lower() not in made.lower()
    assert word[:6].lower() not in made.lower()


def test_signals_stay_sample_for_sample() -> None:
    content, _ = planted(0)
    before, after = opened(content), opened(out_of(content))
    assert [signal.label for signal in after.info.signals] == ["EEG Fp1-Ref", "Signal 2", "Signal 3", "Signal 4"]
    for mine, theirs in zip(after.read(0, 3, [0, 1]), before.read(0, 3, [0, 1]), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.any(np.nan_to_num(after.read(0, 3, [2])[0] - after.read(0, 3, [2])[0][0]))


def test_another_reader_finds_a_valid_anonymous_edf() -> None:
    """edfio 0.4, an independent implementation."""
    file = edfio.read_edf(io.BytesIO(out_of(Edf(tals=timekeeping([0, 1, 2], {1: b"+1.2\x14Eyes closed\x14\x00"})).build())))
    assert (file.patient.code, file.patient.sex, file.patient.name) == ("HMS-7K2M9QRS", "F", "X")
    assert file.startdate.isoformat() == "2023-01-27"            # 2 March 2024 less 400 days
    assert file.starttime.isoformat() == "10:11:12"
    assert [note.text for note in file.annotations] == ["Eyes closed"]


def test_all_dates_of_a_patient_move_alike() -> None:
    first = opened(out_of(Edf(fields={"date": "02.03.24", "recording": "Startdate 02-MAR-2024 X X X"}).build())).info.start_time
    second = opened(out_of(Edf(fields={"date": "09.03.24", "recording": "Startdate 09-MAR-2024 X X X"}).build())).info.start_time
    assert first == datetime(2023, 1, 27, 10, 11, 12)
    assert second is not None
    assert (second - first).days == 7


def test_a_date_that_two_digits_cannot_state_is_left_out() -> None:
    made = opened(out_of(Edf(fields={"date": "02.03.85", "recording": "Startdate 02-MAR-1985 X X X"}).build()))
    assert b"1984" not in out_of(Edf(fields={"date": "02.03.85"}).build())
    assert made.info.start_time != datetime(1985, 3, 2, 10, 11, 12)


def test_gaps_and_times_of_records_stay() -> None:
    content = Edf(tals=timekeeping([0.25, 1.25, 60.25]), fields={"reserved": "EDF+D"}).build()
    assert opened(out_of(content)).info.gaps == opened(content).info.gaps


def test_what_is_left_behind_is_told_before() -> None:
    content, _ = planted(0)
    told = deidentify.removed(HeadBytes(content, len(content)))
    assert (told.notes, told.notes_reworded, len(told.labels), told.silenced) == (4, 3, 3, 2)


@pytest.mark.parametrize("text", ["Eyes closed", "HV begin", "Photic 10 Hz", "seizure onset left temporal", "T3 artifact", "awake, eyes open!", "GPDs 1 Hz"])
def test_words_of_the_field_stay(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["Mrs Planted moved", "call 5550123", "born 04-JUL-1950", "Bed 12 Jane", "jane@clinic.org", "Пацієнтка", "room 1234"])
def test_anything_else_is_removed(text: str) -> None:
    assert harmless(text) == "[removed]"


def test_a_short_text_is_not_made_longer() -> None:
    assert (harmless("Jane"), harmless("")) == ("x", "")


@given(st.text(max_size=60))
def test_a_text_never_grows(text: str) -> None:
    assert len(harmless(text).encode()) <= max(len(text.encode()), len(text))


@given(st.binary(min_size=16, max_size=300))
def test_any_bytes_of_a_list_keep_their_number(raw: bytes) -> None:
    made = tal.rewritten(raw, harmless, latest_s=1e6)
    assert len(made) == len(raw)
    assert all(harmless(note.text) == note.text for note in tal.parse(made))


@pytest.mark.parametrize("label", ["EEG Fp1-Ref", "Fp1", "T3-A1", "ECG1", "EOG L", "EEG C3-(A1+A2)/2", "SpO2", "DC04", "Fz-Cz", "Resp Abd"])
def test_labels_of_electrodes_and_sensors_stay(label: str) -> None:
    assert is_label(label)


@pytest.mark.parametrize("label", ["Jane Planted", "Fp1-Planted", "EEG 7781234", "", "ECG Miller", "Пацієнтка"])
def test_any_other_label_is_replaced(label: str) -> None:
    assert not is_label(label)


@pytest.mark.parametrize("code", ["", "jane", "A B", "A" * 21, "Ä"])
def test_only_a_plain_code_is_taken(code: str) -> None:
    with pytest.raises(ValueError, match="is no code"):
        Disguise(code, 400)


def test_a_bdf_keeps_its_24_bits() -> None:
    content = b"\xffBIOSEMI" + Edf(labels=("Fp1",), per_record=30, fields={"reserved": "24BIT"}).build()[8:]
    short = content[:512] + content[512:][: 3 * 90]
    made = out_of(short)
    assert read_header(HeadBytes(made, len(made))).format == "BDF"
    assert made[512:] == short[512:512 + deidentify.size(HeadBytes(short, len(short))) - 512]
