"""Any valid EDF, made at random, is read alike by us, edfio and pyedflib: every sample, every annotation."""

from __future__ import annotations

import io
from pathlib import Path

import edfio
import numpy as np
import pyedflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.byte_source import HeadBytes
from ml.edf import EdfRecording
from tests.ml.edf_bytes import Edf, timekeeping

LIMITS = st.tuples(st.integers(-99_999, 99_999), st.integers(-99_999, 99_999)).filter(lambda pair: pair[0] != pair[1])
DIGITAL = st.tuples(st.integers(-32768, 32766), st.integers(-32767, 32767)).filter(lambda pair: pair[0] < pair[1])
TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FFF, exclude_categories=("C", "Z")), min_size=1, max_size=8)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[Edf, list[tuple[float, str]]]:
    """A valid EDF+C with annotations, and these."""
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=5))
    n_records = draw(st.integers(1, 6))
    record_s = draw(st.sampled_from(["1", "2", "0.5", "0.25", "10"]))
    ranges = {index: {"pmin": str(p[0]), "pmax": str(p[1]), "dmin": str(d[0]), "dmax": str(d[1])}
              for index, (p, d) in enumerate(draw(st.tuples(LIMITS, DIGITAL)) for _ in sizes)}
    seconds = float(record_s)
    notes = sorted((round(draw(st.floats(0, 0.99)) * seconds * n_records, 3), draw(TEXTS)) for _ in range(draw(st.integers(0, 4))))
    lists: dict[int, bytes] = {}
    for onset, text in notes:
        record = int(onset // seconds)
        lists[record] = lists.get(record, b"") + f"+{onset}\x14{text}\x14\x00".encode()
    tals = timekeeping([f"{record * seconds:g}" for record in range(n_records)], lists)
    edf = Edf(labels=[f"S{i}" for i in range(len(sizes))], per_record=sizes, n_records=n_records, tals=tals, tal_bytes=220,
              fields={"record_s": record_s}, signal_fields=ranges)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    edf.data = [rng.integers(int(r["dmin"]), int(r["dmax"]) + 1, size * n_records).astype(np.int16)
                for size, r in zip(sizes, ranges.values(), strict=True)]
    return edf, notes


def steps(edf: Edf) -> list[float]:
    return [abs((float(r["pmax"]) - float(r["pmin"])) / (int(r["dmax"]) - int(r["dmin"]))) for r in edf.signal_fields.values()]


@given(made=recordings())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_edfio_and_we_agree_on_any_valid_file(made: tuple[Edf, list[tuple[float, str]]]) -> None:
    edf, notes = made
    raw = edf.build()
    ours, theirs = EdfRecording(HeadBytes(raw, len(raw))), edfio.read_edf(io.BytesIO(raw))
    uv = ours.read(0.0, ours.info.duration_s, range(len(edf.labels)))
    for row, signal, step in zip(uv, theirs.signals, steps(edf), strict=True):
        np.testing.assert_allclose(row, signal.data, atol=step, rtol=1e-6)
    assert sorted((note.onset_s, note.text) for note in ours.annotations()) == sorted(notes)
    assert sorted((note.onset, note.text) for note in theirs.annotations) == sorted(notes)


@given(made=recordings())
@settings(max_examples=100, deadline=None,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture])
def test_pyedflib_and_we_agree_on_any_valid_file(tmp_path: Path, made: tuple[Edf, list[tuple[float, str]]]) -> None:
    edf, notes = made
    raw = edf.build()
    (tmp_path / "made.edf").write_bytes(raw)
    ours = EdfRecording(HeadBytes(raw, len(raw)))
    uv = ours.read(0.0, ours.info.duration_s, range(len(edf.labels)))
    with pyedflib.EdfReader(str(tmp_path / "made.edf")) as theirs:
        for index, (row, step) in enumerate(zip(uv, steps(edf), strict=True)):
            np.testing.assert_allclose(row, theirs.readSignal(index), atol=step, rtol=1e-6)
        onsets, _, texts = theirs.readAnnotations()
    assert sorted(texts) == sorted(text for _, text in notes)
    np.testing.assert_allclose(sorted(onsets), [onset for onset, _ in notes], atol=1e-3)
    assert sorted((note.onset_s, note.text) for note in ours.annotations()) == sorted(notes)
