"""What the model says of a stretch whose borders or pattern are a reader's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from app.services.standing import Finding
from ml.analysis import LABEL_S, Spans
from ml.classes import CLASSES


def with_prob(finding: Finding, spans: Spans | None) -> Finding:
    """The finding with what the model gives its pattern there, unless it is as the model found it."""
    if finding.max_prob is not None or spans is None:
        return finding
    within = windows_within(spans, finding.start_s, finding.stop_s)
    column = next(index for index, name in enumerate(CLASSES) if name == finding.pattern)
    prob = spans.prob[within, column]
    return replace(finding, max_prob=float(prob.max()), mean_prob=float(prob.mean())) if within.any() else finding


def disagrees(finding: Finding, spans: Spans | None) -> bool:
    """Whether a reader contradicts the model: dismissed what it suggests, or labelled what is not the likeliest to it there."""
    if finding.event_id is not None and not finding.changed:
        return finding.status == "dismissed"
    if spans is None or finding.status == "unsure":
        return False
    return likeliest(spans, finding.start_s, finding.stop_s) not in (None, finding.pattern)


def likeliest(spans: Spans, start_s: float, stop_s: float) -> str | None:
    """The class with the highest mean probability over the assessed windows whose middle lies in a span; None without such a window."""
    within = windows_within(spans, start_s, stop_s)
    return CLASSES[int(np.argmax(spans.prob[within].mean(axis=0)))] if within.any() else None


def windows_within(spans: Spans, start_s: float, stop_s: float) -> NDArray[np.bool_]:
    """Which assessed windows have their middle in a span, (n_spans,)."""
    middle_s = spans.label_start_s + LABEL_S / 2.0
    return spans.assessed & (middle_s >= start_s) & (middle_s < stop_s)
