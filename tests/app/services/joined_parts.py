"""Studies of real bytes that a recorder has split: what an upload of each file leaves."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor
from app.file_store import open_store
from app.services import joining, studies
from app.services.joining import Joined
from app.settings import Settings
from ml.byte_source import FileBytes
from ml.open_recording import open_recording
from tests.edf_files import edf

START = datetime(2026, 5, 4, 22, 30)


def part(session: Session, who: Actor, settings: Settings, patient_id: UUID, after_s: float, *, seconds: float = 20.0, patient: str = "X X X X") -> UUID:
    """A study of noise that begins ``after_s`` after the first one."""
    content = edf(seconds, seed=round(after_s), start=START + timedelta(seconds=after_s), patient=patient)
    sha256 = open_store(settings).put_bytes(content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.edf"
        path.write_bytes(content)
        info = open_recording(FileBytes(path)).info
    return studies.create(session, who, patient_id=patient_id, sha256=sha256, size=len(content), original_name=f"night_{after_s:g}.edf", info=info)


def join(session: Session, who: Actor, settings: Settings, *study_ids: UUID) -> Joined:
    """All three steps in one transaction."""
    return joining.finish(session, who, joining.put_together(joining.begin(session, who, study_ids), open_store(settings)))
