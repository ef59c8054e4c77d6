"""A server with one recording whose analysis is known number by number, so that a test knows what must be on the screen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app import settings
from app.access import Actor
from app.db import migrate
from app.db.session import configure, writing
from app.db.studies import Study
from app.db.work import Job
from app.file_store import open_store
from app.services import analyses, studies
from app.settings import Settings
from ml import alike, result_archive, trends
from ml.analysis import AnalysisResult, Event, Quality, RegionalSpectrogram, Spans, Versions
from ml.byte_source import FileBytes
from ml.channels import ELECTRODES, REGIONS
from ml.classes import CLASSES
from ml.edf_writer import EdfWriter
from ml.open_recording import open_recording
from ml.recording import Annotation, RecordingInfo
from tests import builders
from tests.live_server import Server, running

USER = "noor"
EVENTS = (Event("seizure", 40.0, 70.0, 0.94, 0.81), Event("lpd", 130.0, 180.0, 0.77, 0.6), Event("grda", 240.0, 260.0, 0.66, 0.58))
NOTES = (Annotation(12.0, None, "eyes closed"), Annotation(150.0, 5.0, "nurse at the bed"))


@dataclass(frozen=True, slots=True)
class Site:
    """A running server and the study that waits there."""

    server: Server
    study_id: str
    events: Sequence[Event] = field(default=EVENTS)

    @property
    def review(self) -> str:
        return f"{self.server.url}/studies/{self.study_id}/review"

    def sign_in_link(self) -> str:
        return self.server.hms("sign-in-link", USER).strip()


@contextmanager
def site(folder: Path, recording: Path | None = None, *, result: AnalysisResult | None = None) -> Iterator[Site]:
    """Serve ``recording`` (by default five generated minutes) with ``result`` (by default ``known_result``)."""
    path = recording or write_waves(folder / "waves.edf")
    config = settings.use(Settings(data_dir=folder / "data"))
    migrate.upgrade(config)
    configure(config)
    with writing() as session:
        study_id = add_study(session, builders.actor(session, USER), path, result)
    with running(("web",), settings={"HMS_DATA_DIR": str(config.data_dir)}) as server:
        yield Site(server, str(study_id))


def write_waves(path: Path, *, seconds: int = 300, n_eeg: int = 19, sfreq_hz: int = 200) -> Path:
    """An EDF+ of sine waves: channel k swings with (k mod 7) + 3 Hz and 40 µV, the ECG with 1 mV at 1 Hz."""
    labels = [f"EEG {ELECTRODES[k]}" if k < len(ELECTRODES) else f"EEG X{k}" for k in range(n_eeg)]
    clock = np.arange(sfreq_hz) / sfreq_hz
    second = np.stack([40.0 * np.sin(2 * np.pi * (k % 7 + 3) * clock) for k in range(n_eeg)] + [1000.0 * np.sin(2 * np.pi * clock)])
    with EdfWriter(path, [*labels, "ECG EKG"], sfreq_hz, datetime(2026, 3, 2, 22, 15), annotations=NOTES) as writer:
        for _ in range(seconds):
            writer.append(second)
    return path


def add_study(
    session: Session, who: Actor, recording: Path, result: AnalysisResult | None = None, *, analysed: bool = True
) -> UUID:
    """Store ``recording`` as a study of ``who`` and save ``result`` (by default ``known_result``) as its analysis."""
    store = open_store(settings.current())
    with recording.open("rb") as stream:
        sha256 = store.put_stream(stream)
    info = open_recording(FileBytes(recording)).info
    patient_id = builders.patient(session, who, "Synthetic Viewer", synthetic=True)
    study_id = studies.create(session, who, patient_id=patient_id, sha256=sha256, size=recording.stat().st_size,
                              original_name=recording.name, info=info)
    if analysed:
        save_result(session, study_id, result or known_result(info))
    return study_id


def save_result(session: Session, study_id: UUID, result: AnalysisResult) -> None:
    """Save an analysis as a worker does when its job ends."""
    store, study = open_store(settings.current()), session.get_one(Study, study_id)
    job = Job(clinic_id=study.clinic_id, study_id=study_id, kind="analyse", key=hashlib.sha256(study_id.bytes).hexdigest(), state="done")
    session.add(job)
    session.flush()
    arrays, spectrogram = result_archive.to_bytes(result), result.spectrogram
    power = result_archive.spectrogram_to_bytes(spectrogram, result.trends) if spectrogram else None
    vectors = alike.to_bytes(result.embedding) if result.embedding is not None else None
    seconds = dict.fromkeys(CLASSES, 0.0)
    analyses.save(session, job, {
        "versions": {"pipeline": "1", "model": result.versions.model, "model_sha256": "0" * 64}, "elapsed_s": 1.0,
        "arrays": {"sha256": store.put_bytes(arrays), "size": len(arrays)},
        "spectrogram": {"sha256": store.put_bytes(power), "size": len(power)} if power else None,
        "embedding": {"sha256": store.put_bytes(vectors), "size": len(vectors)} if vectors else None,
        "events": [{"pattern": e.pattern, "start_s": e.start_s, "stop_s": e.stop_s, "max_prob": e.max_prob, "mean_prob": e.mean_prob}
                   for e in result.events],
        "summary": {"findings": list(result.findings), "quality": {}, "seconds_by_class": seconds, "prior": "balanced",
                    "assessed_s": float(result.spans.assessed.sum() * 10.0), "not_assessed_s": 0.0},
    })
    study.status = "analysed"


def known_result(info: RecordingInfo, events: Sequence[Event] = EVENTS) -> AnalysisResult:
    """Spans of 10 s that are 0.9 for the event they lie in and else 0.8 for "other"; a spectrogram of steps in frequency."""
    starts = np.arange(0.0, info.duration_s - 9.999, 10.0)
    winner = np.array([_class_at(start + 5.0, events) for start in starts])
    prob = np.where(np.arange(len(CLASSES)) == winner[:, None], 0.9, 0.02).astype(np.float32)
    spans = Spans(starts, np.ones(len(starts), np.float32), prob, np.ones(len(starts), bool), 10.0)
    times = np.arange(2.0, max(info.duration_s - 2.0, 3.0), 2.0)
    freqs = np.arange(0.5, 20.01, 0.25)
    steps = 30.0 - freqs[None, :, None] + 4.0 * np.arange(len(REGIONS))[:, None, None]
    power_db = np.broadcast_to(steps, (len(REGIONS), len(freqs), len(times))).astype(np.float32)
    spectrogram = RegionalSpectrogram(power_db, tuple(REGIONS), freqs, times, 2.0)
    return AnalysisResult(info, spans, tuple(events), Quality(assessed_s=10.0 * len(starts)), Versions("1", "test ensemble", "0" * 64),
                          spectrogram=spectrogram)


def with_trends(recording: Path) -> AnalysisResult:
    """``known_result`` of a recording with trends: the left side louder, faster and more rhythmic from half of it on."""
    info = open_recording(FileBytes(recording)).info
    found = trends.empty(info.duration_s)
    late = (found.times_s > info.duration_s / 2.0).astype(np.float32)
    found.aeeg_uv[:] = np.array([5.0, 15.0])[None, :, None] * (1.0 + np.array([3.0, 0.0])[:, None, None] * late)
    found.asymmetry[:], found.asymmetry_index[:] = -0.6 * late, 0.6 * late
    found.alpha_delta[:], found.suppression[:] = 0.2 + np.array([1.0, 0.0])[:, None] * late, 0.1
    found.rhythmicity_db[:] = 0.0
    found.rhythmicity_db[0, 3] = 9.0 * late
    return replace(known_result(info), trends=found)


def _class_at(seconds: float, events: Sequence[Event]) -> int:
    return next((CLASSES.index(event.pattern) for event in events if event.start_s <= seconds < event.stop_s), CLASSES.index("other"))
