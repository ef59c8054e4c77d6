"""The demo of a first start: three recordings of the project's own generator, marked synthetic wherever they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor, Role
from app.db.studies import Study
from app.db.work import Job
from app.services import analyses, patients, studies
from ml.recording import RecordingInfo

N_RECORDINGS: Final[int] = 3
BIRTH_DATES: Final[tuple[date, ...]] = (date(1961, 4, 12), date(1949, 11, 3), date(1987, 8, 26))
"""Adults: an unknown age would put a warning on every synthetic study."""
NOTE: Final[str] = "Synthetic: made by the generator of this program, not of a person."


@dataclass(frozen=True, slots=True)
class Made:
    """A generated recording whose bytes are in the file store."""

    number: int
    sha256: str
    size: int
    name: str
    title: str
    info: RecordingInfo


def ask(session: Session, who: Actor) -> int:
    """Have the demo made by the worker if the clinic of ``who`` has no study yet; how many jobs were asked for."""
    if session.scalar(select(Study.id).where(Study.clinic_id == who.clinic_id).limit(1)) is not None:
        return 0
    for number in range(N_RECORDINGS):
        jobs.enqueue(session, jobs.JobRequest(
            clinic_id=who.clinic_id, kind="load_demo", asked_by=who.user_id, parameters={"number": number},
        ))
    return N_RECORDINGS


def owner(job: Job) -> Actor:
    """In whose name a demo job adds its study: the local neurologist's, who asked for it."""
    assert job.asked_by is not None
    return Actor(job.asked_by, job.clinic_id, Role.NEUROLOGIST)


def load(session: Session, who: Actor, made: Made) -> UUID:
    """Add the synthetic patient and study of a generated recording and queue its analysis; does nothing the second time."""
    known = studies.with_bytes(session, who, made.sha256)
    if known is not None:
        return known
    patient = patients.create(
        session, who, name=f"Synthetic patient {made.number + 1}", record_number=f"SYNTHETIC-{made.number + 1}",
        birth_date=BIRTH_DATES[made.number], note=NOTE, synthetic=True,
    )
    study_id = studies.create(session, who, patient_id=patient.id, sha256=made.sha256, size=made.size, original_name=made.name,
                              info=made.info, synthetic=True, note=f"{made.title}. {NOTE}")
    jobs.enqueue(session, analyses.request_for(session, who, study_id))
    return study_id
