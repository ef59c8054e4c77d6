"""Studies of real bytes, as an upload leaves them."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from uuid import UUID

from app import jobs
from app.access import Actor
from app.db.session import writing
from app.file_store import open_store
from app.services import analyses, studies
from app.settings import Settings
from ml.byte_source import FileBytes
from ml.open_recording import open_recording
from tests import builders


def add(who: Actor, path: Path, settings: Settings, born: date | None = date(1960, 1, 1)) -> UUID:
    """A study of the bytes at ``path``, and its queued analysis."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    open_store(settings).put_path(path, sha256)
    with FileBytes(path) as content:
        info = open_recording(content).info
    with writing() as session:
        patient = builders.patient(session, who, birth_date=born)
        study_id = studies.create(session, who, patient_id=patient, sha256=sha256, size=path.stat().st_size,
                                  original_name=path.name, info=info)
        jobs.enqueue(session, analyses.request_for(session, who, study_id))
    return study_id
