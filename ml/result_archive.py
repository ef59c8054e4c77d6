"""An analysis as bytes and back: one npz file without pickle, from which the JSON contract can be rebuilt exactly."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import AnalysisResult, ChannelQuality, Event, Quality, RegionalSpectrogram, Spans, Trends, Versions
from ml.electrode_seconds import ElectrodeSeconds
from ml.members import Members, Reading
from ml.recording import PatientField, RecordingField, RecordingInfo, Signal, Span

DB_STEP: Final = 0.5
DB_LOWEST: Final = -64.0
"""Spectrogram values are kept in half decibels from -63.5 to 63 dB re 1 µV²/Hz in one byte; 0 is "nothing recorded"."""
TREND: Final = "trend_"
APART: Final = ("spectrogram", "trends", "electrode_seconds", "members", "embedding")
"""Parts of a result that are arrays of their own."""
HALF_PRECISION: Final = ("asymmetry", "rhythmicity_db")
"""Images among the trends, kept to three digits."""


def to_bytes(result: AnalysisResult) -> bytes:
    """Everything but spectrogram, embedding and the header's fields that name people: those stay in the recording.

    The quality of every second lies in it, too, but is read by ``electrode_seconds_from_bytes`` only.
    """
    anonymous = replace(result.info, patient=PatientField(), recorded=RecordingField())
    described = replace(result, info=anonymous, spectrogram=None, trends=None, electrode_seconds=None, members=None, embedding=None)
    words = {key: value for key, value in asdict(described).items() if key not in ("spans", *APART)}
    spans, kept, members = result.spans, result.electrode_seconds, result.members
    said = {"member_logits": members.logits, "reading": _text(json.dumps(members.reading.to_json()))} if members else {}
    seconds = {"channels": _text(json.dumps(kept.names)), "marks": kept.marks, "snr": kept.snr, "hum": kept.hum} if kept else {}
    return _npz(
        words=_text(json.dumps(words | {"step_s": spans.step_s}, default=_iso)), label_start_s=spans.label_start_s,
        context=spans.context, prob=spans.prob, assessed=spans.assessed, **seconds, **said,
    )


def from_bytes(content: bytes) -> AnalysisResult:
    """What ``to_bytes`` wrote; archives of before the networks' own outputs were kept have no ``members``."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        words: dict[str, Any] = json.loads(arrays["words"].tobytes())
        spans = Spans(arrays["label_start_s"], arrays["context"], arrays["prob"], arrays["assessed"], words.pop("step_s"))
        members = _members(arrays) if "member_logits" in arrays else None
    words["info"] = _info(words["info"])
    words["events"] = tuple(Event(**event) for event in words["events"])
    words["quality"] = _quality(words["quality"])
    words["versions"] = Versions(**words["versions"])
    words["findings"] = tuple(words["findings"])
    return AnalysisResult(spans=spans, members=members, **words)


def electrode_seconds_from_bytes(content: bytes) -> ElectrodeSeconds | None:
    """Quality second by second, or ``None`` in an archive of an earlier version, which did not keep it."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        if "marks" not in arrays:
            return None
        names = tuple(json.loads(arrays["channels"].tobytes()))
        return ElectrodeSeconds(names, arrays["marks"], arrays["snr"], arrays["hum"])


def spectrogram_to_bytes(spectrogram: RegionalSpectrogram, trends: Trends | None = None) -> bytes:
    """One byte per value of the spectrogram; trends lie beside it and are read by ``trends_from_bytes`` only."""
    half_db = np.round((spectrogram.power_db - DB_LOWEST) / DB_STEP)
    levels = np.where(np.isfinite(half_db), np.clip(half_db, 1, 255), 0).astype(np.uint8)
    return _npz(
        levels=levels, freqs_hz=spectrogram.freqs_hz, times_s=spectrogram.times_s, step_s=np.float64(spectrogram.step_s),
        regions=_text(json.dumps(spectrogram.regions)), **(_trend_arrays(trends) if trends else {}),
    )


def spectrogram_from_bytes(content: bytes) -> RegionalSpectrogram:
    """Power within a quarter of a decibel of what was kept; NaN where nothing was recorded."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        levels: NDArray[np.uint8] = arrays["levels"]
        power_db = np.where(levels > 0, levels.astype(np.float32) * np.float32(DB_STEP) + np.float32(DB_LOWEST), np.float32(np.nan))
        regions = tuple(json.loads(arrays["regions"].tobytes()))
        return RegionalSpectrogram(power_db, regions, arrays["freqs_hz"], arrays["times_s"], float(arrays["step_s"]))


def trends_from_bytes(content: bytes) -> Trends | None:
    """Trends that were kept beside a spectrogram, or ``None`` in an archive of an earlier version, which did not keep them."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        if f"{TREND}times_s" not in arrays:
            return None
        found = {field.name: arrays[TREND + field.name] for field in fields(Trends)}
    narrow = {name: found[name].astype(np.float32) for name in HALF_PRECISION}
    return Trends(**found | narrow | {"step_s": float(found["step_s"])})


def _members(arrays: Any) -> Members:
    return Members(Reading.from_json(json.loads(arrays["reading"].tobytes())), arrays["member_logits"])


def _trend_arrays(trends: Trends) -> dict[str, Any]:
    wide = {TREND + field.name: np.asarray(getattr(trends, field.name)) for field in fields(trends)}
    return wide | {TREND + name: wide[TREND + name].astype(np.float16) for name in HALF_PRECISION}


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _text(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an analysis")


def _info(words: dict[str, Any]) -> RecordingInfo:
    start = words["start_time"]
    return RecordingInfo(**words | {
        "signals": tuple(Signal(**signal) for signal in words["signals"]),
        "gaps": tuple(Span(**gap) for gap in words["gaps"]),
        "start_time": datetime.fromisoformat(start) if start else None,
        "patient": PatientField(),
        "recorded": RecordingField(),
        "findings": tuple(words["findings"]),
    })


def _quality(words: dict[str, Any]) -> Quality:
    channels = tuple(ChannelQuality(**channel | {"reasons": tuple(channel["reasons"])}) for channel in words["channels"])
    return Quality(**words | {"channels": channels, "bridged": tuple(tuple(pair) for pair in words.get("bridged", ()))})
