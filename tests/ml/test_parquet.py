"""HMS Parquet: 200 Hz and microvolts by convention, columns by name, gaps where nothing has a value."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ml import parquet
from ml.byte_source import HeadBytes
from ml.channels import ELECTRODES
from ml.errors import RecordingError
from ml.parquet import ParquetRecording
from ml.recording import Span


def eeg(rows: int = 1000) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(5)
    return {name: rng.normal(0, 30, rows).astype(np.float32) for name in (*ELECTRODES, "EKG")}


def written(columns: dict[str, object], **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def opened(raw: bytes) -> ParquetRecording:
    return ParquetRecording(HeadBytes(raw, len(raw)))


def test_columns_are_signals_at_200_hz_in_microvolts() -> None:
    columns = eeg()
    recording = opened(written(columns, row_group_size=300))
    assert (recording.info.format, recording.info.duration_s, recording.info.findings) == ("HMS Parquet", 5.0, ())
    assert {signal.sfreq_hz for signal in recording.info.signals} == {200.0}
    np.testing.assert_array_equal(np.array(recording.read(0, 5, range(20))), np.array(list(columns.values())))


def test_reading_beyond_the_ends_is_not_recorded() -> None:
    recording = opened(written(eeg()))
    (uv,) = recording.read(-0.5, 6.0, [3])
    assert len(uv) == 1300
    assert np.isnan(uv[:100]).all()
    assert np.isnan(uv[1100:]).all()
    np.testing.assert_array_equal(recording.read(1.0, 1.5, [3])[0], uv[300:400])


def test_a_gap_in_all_channels_is_a_gap_and_other_holes_are_said() -> None:
    columns = eeg()
    for values in columns.values():
        values[200:400] = np.nan
    columns["C3"][600:700] = np.nan
    recording = opened(written(dict(columns)))
    assert recording.info.gaps == (Span(1.0, 2.0),)
    assert recording.info.findings == (
        "C3 has no values for 0.50 s outside of gaps.",
        "The recording has 1 gap, 1.00 s in all; nothing was recorded there and times stay on the clock.")


def test_neither_a_dead_channel_nor_the_ecg_hides_a_gap() -> None:
    columns = eeg()
    columns["C3"][:] = np.nan
    assert opened(written(dict(columns))).info.gaps == ()
    for name in ELECTRODES:
        columns[name][:200] = np.nan
    assert opened(written(dict(columns))).info.gaps == (Span(0.0, 1.0),)


def test_nothing_infinite_is_delivered() -> None:
    columns = eeg()
    columns["O1"][:] = np.inf
    columns["O2"][3] = -np.inf
    recording = opened(written(dict(columns)))
    assert not np.isinf(np.array(recording.read(0, 5, range(20)))).any()
    assert [signal.label for signal in recording.info.signals if not signal.calibrated] == ["O1"]
    assert "O1 has only infinite values" in recording.info.findings[0]
    assert "O2 has infinite values" in recording.info.findings[1]


def test_missing_numbers_are_missing_values() -> None:
    columns: dict[str, object] = dict(eeg(4))
    columns["C3"] = pa.array([1, None, 3, 4], pa.int16())
    (uv,) = opened(written(columns)).read(0, 0.02, [2])
    np.testing.assert_array_equal(uv, np.array([1, np.nan, 3, 4], np.float32))


@pytest.mark.parametrize("kind", [pa.int16(), pa.int32(), pa.int64(), pa.float16(), pa.float64()])
def test_any_number_type_is_taken(kind: pa.DataType) -> None:
    columns = {name: pa.array(np.arange(400)).cast(kind) for name in ELECTRODES}
    np.testing.assert_array_equal(opened(written(dict(columns))).read(0, 2, [0])[0], np.arange(400))


@pytest.mark.parametrize(("columns", "words"), [
    ({"time": [1, 3], "LL_0.59": [1.0, 2.0], "LL_0.78": [1.0, 2.0], "RP_19.92": [1.0, 2.0]}, "spectrogram"),
    ({"eeg_id": [1], "seizure_vote": [3]}, "No column"),
    ({"Fp1": ["1.0", "2.0"]}, "not stored once and as numbers"),
    ({"Fp1": [[1.0], [2.0]]}, "not stored once and as numbers"),
    ({"Fp1": [True, False]}, "not stored once and as numbers"),
    ({"Fp1": pa.array([], pa.float32())}, "no rows"),
    ({"Fp1": [None, None]}, "not stored once and as numbers"),
    ({"Fp1": [float("nan")] * 5}, "holds a number"),
])
def test_what_is_no_eeg_is_refused_with_the_reason(columns: dict[str, object], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        opened(written(columns))


def test_too_many_rows_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_ROWS", 999)
    with pytest.raises(RecordingError, match="1,000 samples of 20 channels; at most 999"):
        opened(written(dict(eeg())))


def test_a_damaged_footer_is_refused() -> None:
    raw = written(dict(eeg()))
    for damaged in (raw[:-1], raw[: len(raw) // 2], raw[:-8] + b"\xff\xff\xff\x7fPAR1", b"PAR1PAR1", raw[:-2000] + bytes(1992) + raw[-8:]):
        with pytest.raises(RecordingError):
            opened(damaged)


SEED = written(dict(eeg(60)))


@given(edits=st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_mutation_is_read_or_refused(edits: list[tuple[int, bytes]]) -> None:
    raw = bytearray(SEED)
    for back, patch in edits:
        at = max(4, len(raw) - 8 - back)
        raw[at : at + len(patch)] = patch
    try:
        recording = opened(bytes(raw))
    except RecordingError:
        return
    assert len(recording.read(0, 0.3, [0])[0]) == 60
