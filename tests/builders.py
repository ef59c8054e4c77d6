"""Rows for tests: each builder makes one thing, with the least that it needs, and says who may see it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.accounts import User
from app.db.columns import utc_now
from app.db.findings import Analysis, FoundEvent
from app.db.studies import StoredFile, Study
from app.db.work import Job
from app.services import accounts, passwords, patients, sign_in, studies
from ml.recording import RecordingInfo, Signal, Span

PASSWORD = "seven-grey-herons"


def actor(session: Session, name: str, *, role: Role = Role.NEUROLOGIST, clinic: str = "") -> Actor:
    """A user without password, in the clinic of that name (by default one of his or her own)."""
    clinic = clinic or f"Clinic of {name}"
    clinic_id = accounts.clinic_named(session, clinic) or accounts.create_clinic(session, clinic)
    return Actor(accounts.add_user(session, name=name, role=role, clinic=clinic_id), clinic_id, role)


@cache
def password_hash() -> str:
    return passwords.hashed(PASSWORD)


def give_password(session: Session, who: Actor) -> str:
    """Let ``who`` sign in by ``PASSWORD``; returns the sign-in name."""
    user = session.get_one(User, who.user_id)
    user.password_hash = password_hash()     # hashed once for all tests: it takes long on purpose
    session.flush()
    return user.name


def signed_in(session: Session, who: Actor, now: datetime | None = None) -> str:
    """The raw token of a browser session of ``who``."""
    at = now or utc_now()
    return sign_in.with_link(session, sign_in.issue_link(session, who.user_id, now=at), now=at)


def patient(session: Session, who: Actor, name: str = "Rosa Ito", record_number: str = "", **more: object) -> UUID:
    number = record_number or uuid4().hex[:8]
    return patients.create(session, who, name=name, record_number=number, **more).id  # type: ignore[arg-type]


def info(duration_s: float = 600.0, *, start: datetime | None = datetime(2026, 5, 4, 22, 30), gaps: Sequence[Span] = ()) -> RecordingInfo:
    signals = tuple(Signal(label=label, sfreq_hz=200.0) for label in ("Fp1", "Fz", "ECG"))
    return RecordingInfo("EDF+C", signals, duration_s, start, tuple(gaps), findings=("The last record is short.",))


def study(
    session: Session, who: Actor, patient_id: UUID | None = None, *, content: bytes = b"", about: RecordingInfo | None = None,
    name: str = "night.edf",
) -> UUID:
    """A study whose stored bytes exist by name only."""
    sha256 = hashlib.sha256(content or uuid4().bytes).hexdigest()
    owner = patient_id or patient(session, who)
    return studies.create(session, who, patient_id=owner, sha256=sha256, size=1024, original_name=name, info=about or info())


def analysis(
    session: Session, study_id: UUID, events: Sequence[tuple[str, float, float]] = (), *, run: int = 1,
    seconds: dict[str, float] | None = None,
) -> list[UUID]:
    """A finished analysis of a study; the ids of its events, given as (pattern, start_s, stop_s)."""
    row = session.get_one(Study, study_id)
    job = Job(clinic_id=row.clinic_id, study_id=study_id, kind="analyse", key=uuid4().hex, run_number=run, state="done")
    file = StoredFile(clinic_id=row.clinic_id, sha256=uuid4().hex, size=1, kind="arrays")
    session.add_all([job, file])
    session.flush()
    done = Analysis(study_id=study_id, job_id=job.id, parameters_sha256="0", run_number=run, pipeline_version="1",
                    model_name="test", model_sha256="0", result_file_id=file.id, elapsed_s=1.0,
                    summary={"seconds_by_class": seconds or {}, "assessed_s": 600.0, "not_assessed_s": 0.0, "findings": [],
                             "quality": {}, "prior": "balanced classes"})
    session.add(done)
    session.flush()
    found = [FoundEvent(analysis_id=done.id, study_id=study_id, pattern=pattern, start_s=start, stop_s=stop, max_prob=0.9,
                        mean_prob=0.7) for pattern, start, stop in events]
    session.add_all(found)
    row.status = "analysed"
    session.flush()
    return [event.id for event in found]
