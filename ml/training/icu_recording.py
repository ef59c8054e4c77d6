"""The intensive-care recording whose every 2 s one expert labelled: the model and SPaRCNet beside that expert."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import pipeline
from ml.analysis import LABEL_S
from ml.byte_source import FileBytes
from ml.classes import CLASSES
from ml.ensemble import Ensemble
from ml.open_recording import open_recording
from ml.training import discrimination

NAME: Final[str] = "icu_continuous/subject01_2014APR12_142608"
UNIT_S: Final[float] = 2.0
KNOWN: Final[tuple[str, ...]] = ("lrda", "grda", "other")
"""Classes that the expert gave."""


def assess(ensemble: Ensemble, data: Path) -> dict[str, Any] | None:
    """Balanced accuracy and AUROC of each 2 s; ``None`` where the recording is absent.

    One expert, spread from clusters as a demonstration, in one patient: no votes, and neighbouring units are not independent.
    """
    signals, labels = data / f"{NAME}_EDFplusD_gaps.edf", data / f"{NAME}_labels_2s.csv"
    if not signals.exists() or not labels.exists():
        return None
    with labels.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with FileBytes(signals) as source:
        spans = pipeline.analyse(open_recording(source, name=signals.name), ensemble, step_s=UNIT_S).spans
    centre_s = spans.label_start_s + LABEL_S / 2
    unit_s = np.array([float(row["unit_start_s"]) for row in rows]) + UNIT_S / 2
    nearest = np.abs(centre_s[None] - unit_s[:, None]).argmin(axis=1)
    known = spans.assessed[nearest] & (np.abs(centre_s[nearest] - unit_s) <= LABEL_S / 2)
    expert = np.array([CLASSES.index(row["expert_JJ"].lower()) for row in rows])[known]
    published = np.array([[float(row[f"sparcnet_{name}"]) for name in CLASSES] for row in rows])[known]
    return {
        "n": int(known.sum()), "not_assessed": int((~known).sum()),
        "expert": {name: int((expert == CLASSES.index(name)).sum()) for name in KNOWN},
        "ensemble": figures(expert, spans.prob[nearest][known]), "sparcnet_published": figures(expert, published),
        "note": "one expert's labels of one patient in units of 2 s, spread from clusters: not votes",
    }


def figures(expert: NDArray[np.integer], prob: NDArray[np.floating]) -> dict[str, Any]:
    """Balanced accuracy over the expert's three classes, argmax of six, and AUROC of each of the three."""
    indices = [CLASSES.index(name) for name in KNOWN]
    called = prob.argmax(axis=1)
    hits = [float(np.mean(called[expert == k] == k)) for k in indices if (expert == k).any()]
    among = np.array(indices)[prob[:, indices].argmax(axis=1)]
    hits_among = [float(np.mean(among[expert == k] == k)) for k in indices if (expert == k).any()]
    areas = {name: discrimination.auroc(expert == k, prob[:, k]) for name, k in zip(KNOWN, indices, strict=True)}
    return {
        "balanced_accuracy": round(float(np.mean(hits)), 4), "balanced_accuracy_among_three": round(float(np.mean(hits_among)), 4),
        "auroc": {name: None if area is None else round(area, 4) for name, area in areas.items()},
        "called": {name: int((called == index).sum()) for index, name in enumerate(CLASSES)},
    }
