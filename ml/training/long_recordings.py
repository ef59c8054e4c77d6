"""Events of whole generated recordings: awake, asleep and in intensive care, and of nights and days in which nothing happens.

Recordings are generated once and kept with their diaries in a folder, and so are the probabilities of one ensemble on them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from ml import pipeline, synthetic
from ml.analysis import Spans
from ml.byte_source import FileBytes
from ml.ensemble import MANIFEST, Ensemble
from ml.open_recording import open_recording
from ml.synthetic import recording
from ml.synthetic.recording import DiaryEvent
from ml.training import event_scoring
from ml.training.event_scoring import Judged

Say = Callable[[str], None]
SEED: Final[int] = 424_300
"""Virtual patients of whole recordings; no configuration trains or fits thresholds on these seeds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of recording."""

    title: str
    healthy: bool
    asleep: bool | None                  # None: by the recorder's clock
    eventful: bool
    seed: int
    share: float = 1.0                   # of the hours that are asked for


KINDS: Final[dict[str, Kind]] = {
    "awake": Kind("awake, normal background, events", True, False, True, SEED),
    "asleep": Kind("asleep, normal background, events", True, True, True, SEED + 100),
    "icu": Kind("intensive care, day and night, events", False, None, True, SEED + 200),
    "normal_awake": Kind("awake, normal, no events", True, False, False, SEED + 300, 0.5),
    "normal_asleep": Kind("asleep, normal, no events", True, True, False, SEED + 400, 0.5),
}


def assess(ensemble: Ensemble, *, hours: float, folder: Path, key: str = "", patients: int = 1, say: Say = lambda _: None) -> dict[str, Any]:
    """Figures of each kind of recording.

    Parameters
    ----------
    hours
        Length of an eventful recording; those without events are half as long.
    folder
        Where recordings and probabilities are kept.
    key
        What tells this ensemble from others in the folder (``identity``); nothing is kept of its probabilities without.
    patients
        Virtual patients of each kind, a recording each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, kind in KINDS.items():
        judged = []
        for number in range(patients):
            say(f"{kind.title}: recording {number + 1} of {patients}")
            judged.append(_judged(ensemble, kind, kind.seed + number, hours=hours * kind.share, folder=folder, key=key))
        rows[name] = {"title": kind.title, "eventful": kind.eventful, "virtual_patients": patients} | event_scoring.score(judged)
    return {
        "step_s": ensemble.step_s, "scorer": event_scoring.scorer(), "rule": ensemble.event_rule.to_json(),
        "tolerance": {name: row.said for name, row in event_scoring.TOLERANCES.items()}, "kinds": rows,
        "note": "generated recordings of virtual patients that no training and no threshold met; true events are the generator's diary",
    }


def identity(weights: Path) -> str:
    """Sixteen digits of everything in a manifest that changes probabilities: not the card, not the event rule."""
    manifest = json.loads((weights / MANIFEST).read_text())
    manifest["files"] = {name: sha for name, sha in manifest["files"].items() if not name.startswith("model_card")}
    for key in ("events", "fitted_on", "version", "name"):
        manifest.pop(key, None)
    return hashlib.sha256((json.dumps(manifest, sort_keys=True) + pipeline.PIPELINE_VERSION).encode()).hexdigest()[:16]


@cache
def generator() -> str:
    """Eight digits of the generator's source: another generator makes other recordings."""
    digest = hashlib.sha256()
    for path in sorted(Path(synthetic.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _judged(ensemble: Ensemble, kind: Kind, seed: int, *, hours: float, folder: Path, key: str) -> Judged:
    path = folder / f"{seed}_{hours:g}h_{generator()}.edf"
    diary = _diary(path, kind, seed, hours)
    spans = _spans(path, ensemble, key)
    return event_scoring.judge(spans, ensemble.event_rule, diary, length_s=np.ceil(hours * 60 - 1e-6) * 60)


def _diary(path: Path, kind: Kind, seed: int, hours: float) -> tuple[DiaryEvent, ...]:
    """Generate the recording unless it is there; the diary is written last, so half a file is never taken for one."""
    written = path.with_suffix(".json")
    if not written.exists():
        diary = recording.write_edf(path, hours=hours, seed=seed, patterns=None if kind.eventful else {}, healthy=kind.healthy, asleep=kind.asleep)
        written.write_text(json.dumps([asdict(event) for event in diary]))
    return tuple(DiaryEvent(**row) for row in json.loads(written.read_text()))


def _spans(path: Path, ensemble: Ensemble, key: str) -> Spans:
    kept = path.with_name(f"{path.stem}_{key}_{ensemble.step_s:g}s.npz")
    if key and kept.exists():
        with np.load(kept) as found:
            return Spans(found["label_start_s"], found["context"], found["prob"], found["assessed"], ensemble.step_s)
    with FileBytes(path) as source:
        spans = pipeline.analyse(open_recording(source, name=path.name), ensemble).spans
    if key:
        np.savez_compressed(kept, label_start_s=spans.label_start_s, context=spans.context, prob=spans.prob, assessed=spans.assessed)
    return spans
