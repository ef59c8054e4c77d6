"""The JSON of an analysis: a contract with everyone who reads results without this program."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.analysis import LABEL_S, WINDOW_S, AnalysisResult, Event, Quality
from ml.classes import CLASSES
from ml.members import Members, doubt
from ml.recording import RecordingInfo

PRIOR_NOTES: Final = {
    "balanced": (
        "Probabilities are calibrated for six equally frequent classes. On a ward most EEG is 'other', so a pattern is less "
        "likely there than the figure suggests."
    ),
}


def to_json(result: AnalysisResult) -> dict[str, Any]:
    """An analysis as plain lists, numbers and text; every number is finite.

    Probabilities are rounded to six digits, times to milliseconds. ``start_time`` is the recorder's local clock without a
    zone, ``duration_s`` is clock time with the gaps included.
    """
    return {
        "recording": _recording(result),
        "classes": list(CLASSES),
        "windows": _windows(result) | ({"uncertainty": _uncertainty(result, result.members)} if result.members else {}),
        "events": [_event(event) for event in result.events],
        "quality": quality_json(result.quality),
        "versions": {
            "pipeline": result.versions.pipeline,
            "model": result.versions.model,
            "model_sha256": result.versions.model_sha256,
        },
        "elapsed_s": round(result.elapsed_s, 3),
    }


def main_rate_hz(info: RecordingInfo) -> float | None:
    """Rate that most signals share, the higher one of a tie; ``None`` without signals."""
    counts = Counter(signal.sfreq_hz for signal in info.signals)
    return max(counts, key=lambda rate: (counts[rate], rate)) if counts else None


def _recording(result: AnalysisResult) -> dict[str, Any]:
    info = result.info
    return {
        "sha256": result.recording_sha256,
        "format": info.format,
        "channels": [signal.label for signal in info.signals],
        "sfreq_hz": main_rate_hz(info),
        "duration_s": round(info.duration_s, 3),
        "start_time": info.start_time.isoformat() if info.start_time else None,
        "gaps": [[round(gap.start_s, 3), round(gap.stop_s, 3)] for gap in info.gaps],
        "findings": list(result.findings),
    }


def _windows(result: AnalysisResult) -> dict[str, Any]:
    spans = result.spans
    prob = spans.prob.astype(np.float64)
    prob /= prob.sum(axis=1, keepdims=True)
    return {
        "length_s": WINDOW_S,
        "label_length_s": LABEL_S,
        "step_s": spans.step_s,
        "label_start_s": np.round(spans.label_start_s, 3).tolist(),
        "context": np.round(spans.context.astype(np.float64), 4).tolist(),
        "prob": np.round(prob, 7).tolist(),
        "assessed": spans.assessed.tolist(),
        "prior": result.prior,
        "prior_note": PRIOR_NOTES.get(result.prior, f"Probabilities assume the class prior named {result.prior!r}."),
    }


def _uncertainty(result: AnalysisResult, members: Members) -> dict[str, Any]:
    """Entropies in nats (``null`` where not assessed), classes that cannot be ruled out, and where the model is unsure.

    ``cannot_rule_out``, ``coverage``, ``unsure`` and ``unsure_below`` are ``null`` where the weights came without limits.
    """
    found, reading = doubt(members, result.spans.prob, result.prior), members.reading
    sets = None if found.sets is None else [[CLASSES[index] for index in np.flatnonzero(row)] for row in found.sets]
    return {
        "total_nats": _numbers(found.total), "aleatoric_nats": _numbers(found.aleatoric), "epistemic_nats": _numbers(found.epistemic),
        "cannot_rule_out": sets, "coverage": None if reading.conformal is None else round(1 - reading.conformal.alpha, 4),
        "unsure": None if found.unsure is None else found.unsure.tolist(), "unsure_below": reading.unsure_below,
        "members": list(reading.names), "member_weights": [round(weight, 4) for weight in reading.weights],
    }


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [round(value, 4) if value == value else None for value in values.tolist()]


def _event(event: Event) -> dict[str, Any]:
    return {
        "pattern": event.pattern,
        "start_s": round(event.start_s, 3),
        "stop_s": round(event.stop_s, 3),
        "max_prob": round(event.max_prob, 6),
        "mean_prob": round(event.mean_prob, 6),
    }


def quality_json(quality: Quality) -> dict[str, Any]:
    """Quality of all channels, and how much could be assessed."""
    return {
        "channels": [
            {
                "name": channel.name,
                "bad_share": round(channel.bad_share, 4),
                "reasons": list(channel.reasons),
                "interpolated": channel.interpolated,
                "snr_db": None if channel.snr_db is None else round(channel.snr_db, 2),
                "hum_uv": None if channel.hum_uv is None else round(channel.hum_uv, 3),
                "muscle_share": round(channel.muscle_share, 4),
                "movement_share": round(channel.movement_share, 4),
                "artifact_share": round(channel.artifact_share, 4),
            }
            for channel in quality.channels
        ],
        "mains_hz": quality.mains_hz,
        "assessed_s": round(quality.assessed_s, 3),
        "not_assessed_s": round(quality.not_assessed_s, 3),
        "bridged": [list(pair) for pair in quality.bridged],
    }
