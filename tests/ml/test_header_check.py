"""The gate before an upload never raises anything but a refusal."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.byte_source import HeadBytes
from ml.errors import RecordingError
from ml.header_check import check_header
from ml.recording import RecordingInfo
from tests.ml.edf_bytes import Edf, timekeeping

SEEDS = {
    "edf": Edf().build(),
    "edf+d": Edf(tals=timekeeping([0, 1, 5]), fields={"reserved": "EDF+D"}).build(),
    "bdf": Edf(fields={"version": b"\xffBIOSEMI"}).build(),
}
HOSTILE = (b"0", b"-1", b"99999999", b"2147483647", b"4294967296", b"nan", b"inf", b"1e300", b"1e-300", b"", b"\x00" * 8,
           b"\xff" * 8, b"%n%n", b"1_000", "²".encode(), b"+", b"1,5", b"0x10", b"1e", b".", b"\n\r\n")
EDITS = st.lists(st.tuples(st.integers(0, 1100), st.sampled_from(HOSTILE) | st.binary(max_size=8)), max_size=6)


def verdict(raw: bytes, total: int | None = None) -> RecordingInfo | RecordingError:
    try:
        return check_header(HeadBytes(raw, len(raw) if total is None else total))
    except RecordingError as refusal:
        return refusal


def edited(raw: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    for offset, patch in edits:
        raw = raw[:offset] + patch + raw[offset + len(patch):]
    return raw


@given(seed=st.sampled_from(sorted(SEEDS)), edits=EDITS, cut=st.integers(0, 2000))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_gate_answers_every_mutation_with_a_verdict(seed: str, edits: list[tuple[int, bytes]], cut: int) -> None:
    raw = edited(SEEDS[seed], edits)[: len(SEEDS[seed]) - (cut if cut < 1000 else 0)]
    answer = verdict(raw)
    if isinstance(answer, RecordingError):
        assert answer.sentence.endswith(".")


@given(raw=st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_the_gate_answers_any_bytes_with_a_verdict(raw: bytes) -> None:
    assert isinstance(verdict(raw), RecordingError | RecordingInfo)


@pytest.mark.parametrize("magic", [b"0       ", b"\xffBIOSEMI", b"PAR1"])
def test_nothing_but_the_magic_is_answered_with_a_verdict(magic: bytes) -> None:
    assert isinstance(verdict(magic), RecordingError | RecordingInfo)
    assert isinstance(verdict(magic.ljust(256), 10**12), RecordingError | RecordingInfo)


def test_the_head_of_a_long_recording_tells_its_length() -> None:
    edf = Edf(n_records=3, fields={"n_records": "86400"})
    info = verdict(edf.build(), len(edf.header()) + 86_400 * 40)
    assert isinstance(info, RecordingInfo)
    assert info.duration_s == 86_400.0
    assert info.findings == ()


def test_gaps_are_said_to_be_unknown_before_the_file_is_whole() -> None:
    raw = SEEDS["edf+d"]
    info = verdict(raw[:-20], len(raw))
    assert isinstance(info, RecordingInfo)
    assert info.gaps == ()
    assert "known when it has arrived whole" in info.findings[0]


def test_a_header_longer_than_the_head_is_judged_later() -> None:
    raw = Edf(labels=[f"X{i}" for i in range(300)], per_record=2).build()
    info = verdict(raw[: 64 << 10], len(raw))
    assert isinstance(info, RecordingInfo)
    assert "longer than the part that was sent first" in info.findings[0]


def test_a_parquet_file_is_known_by_its_magic_alone() -> None:
    info = verdict(b"PAR1" + bytes(1000), 10**9)
    assert isinstance(info, RecordingInfo)
    assert info.format == "HMS Parquet"
