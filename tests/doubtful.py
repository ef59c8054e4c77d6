"""A known result whose windows say what each network gave and where they lie among others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml import calibration
from ml.analysis import AnalysisResult, Spans
from ml.classes import CLASSES
from ml.conformal import ConformalSets
from ml.members import Members, Reading
from ml.recording import RecordingInfo
from tests import viewer_site

READING = Reading(("raw", "spectrogram"), (0.75, 0.25), 1.0, (0.0,) * 6, ConformalSets(np.full(6, 0.75)), 0.5)
UNSURE = 20
"""The window at 200 s: the networks name LPD and GPD, and it looks like those at 130-180 s."""
LOST = 29
"""The last window: not assessed."""


def doubtful_result(info: RecordingInfo) -> AnalysisResult:
    """``viewer_site.known_result`` of two networks that agree but for one window."""
    made = viewer_site.known_result(info)
    prob = made.spans.prob.copy()
    logits = np.log(np.stack([prob, prob], axis=1))
    logits[UNSURE] = np.log([[0.02, 0.60, 0.20, 0.06, 0.06, 0.06], [0.02, 0.10, 0.70, 0.06, 0.06, 0.06]])
    pooled = calibration.apply(np.einsum("m,nmc->nc", READING.weights, logits), 1.0, READING.class_bias)
    prob[UNSURE] = pooled[UNSURE]
    vectors = _vectors(prob.argmax(axis=1))
    logits[LOST], prob[LOST], vectors[LOST] = np.nan, 1 / len(CLASSES), np.nan
    assessed = np.arange(len(prob)) != LOST
    spans = Spans(made.spans.label_start_s, made.spans.context, prob, assessed, made.spans.step_s)
    return replace(made, spans=spans, members=Members(READING, logits.astype(np.float16)), embedding=vectors.astype(np.float16))


def _vectors(winner: np.ndarray) -> np.ndarray:
    """Unit vectors near the axis of the likeliest class, each a little further away than the one before it."""
    away = np.eye(12)[winner] + 0.01 * np.arange(len(winner))[:, None] * np.eye(12)[6 + winner % 6]
    return np.asarray(away / np.linalg.norm(away, axis=1, keepdims=True))
