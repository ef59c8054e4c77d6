"""Uploads: header first, then a person's word on whose recording it is, then bytes that survive anything.

States: checking (head wanted) → confirming (waits for the person) → receiving → verifying → stored, or refused, cancelled
or expired on the way.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, Role, require
from app.db.accounts import User
from app.db.studies import Study, Upload
from app.db.work import Job
from app.errors import Conflict, Gone, Invalid, NotFound, StorageFull, TooLarge
from app.services import audit, channel_names, part_file, patients
from app.services.header_facts import HeaderFacts, differences, info_from_json, info_to_json
from app.services.part_file import part_path
from app.services.patients import PatientView
from app.settings import MIB, Settings
from ml.byte_source import HeadBytes
from ml.errors import RecordingError
from ml.header_check import check_header

HEAD_BYTES: Final = 64 * 1024
OPEN_STATES: Final = ("checking", "confirming", "receiving", "verifying")
SHOWN_FOR: Final = timedelta(days=1)
SPARE_BYTES: Final = 64 * MIB
"""Left free beside an upload, for the database and the results."""


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload as its owner sees it."""

    id: UUID
    original_name: str
    fingerprint: str
    size: int
    received: int
    state: str
    facts: HeaderFacts | None
    refusal: str
    note: str
    patient_id: UUID | None
    study_id: UUID | None
    job_id: UUID | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What is known of a patient who is not in the clinic's list yet."""

    name: str
    record_number: str
    sex: str | None = None
    birth_date: date | None = None


class OtherIdentity(Conflict):
    """The header names somebody else than the chosen patient; goes on only when told that it is right."""

    code = "other_identity"


def create(session: Session, who: Actor, settings: Settings, *, name: str, size: int, fingerprint: str,
           now: datetime) -> UploadView:
    """Announce a file; nothing of it has moved yet."""
    require(who, Permission.UPLOAD)
    if size <= 0:
        raise Invalid("The file is empty (0 bytes), so there is nothing to analyse. Choose the recording itself.")
    if size > settings.max_upload_bytes:
        raise TooLarge(f"The file has {size / 1e9:.2f} GB; at most {settings.max_upload_bytes / 1e9:.2f} GB are taken. "
                       "Split the recording, or ask an administrator to raise the limit.")
    _require_space(settings, size)
    upload = Upload(clinic_id=who.clinic_id, user_id=who.user_id, original_name=shown_name(name), size=size,
                    fingerprint=fingerprint[:200], expires_at=now + timedelta(seconds=settings.upload_expires_s))
    session.add(upload)
    session.flush()
    audit.record(session, who, "upload_started", "upload", upload.id, size=size)
    return view_of(session, upload)


def check_head(session: Session, who: Actor, upload_id: UUID, head: bytes, *, now: datetime) -> UploadView:
    """Judge the first 64 KiB; the state of the answer is ``confirming``, or ``refused`` with the sentence."""
    upload = _open(session, who, upload_id, now)
    _require_state(upload, "checking", "confirming")
    wanted = min(HEAD_BYTES, upload.size)
    if len(head) != wanted:
        raise Invalid(f"The head has {len(head)} bytes; the first {wanted} bytes of the file are wanted.")
    try:
        info = check_header(HeadBytes(head, upload.size), name=upload.original_name)
    except RecordingError as error:
        refuse(session, who, upload, error.sentence, error.code)
    else:
        upload.header = {"info": info_to_json(info), "head_sha256": hashlib.sha256(head).hexdigest()}
        upload.state = "confirming"
    return view_of(session, upload)


def confirm(session: Session, who: Actor, upload_id: UUID, *, patient: UUID | NewPatient, accept_other_identity: bool,
            now: datetime) -> UploadView:
    """Say whose recording it is; only then may its bytes come.

    Raises
    ------
    OtherIdentity
        The header contradicts the patient and nobody has said that this is right.
    """
    upload = _open(session, who, upload_id, now)
    _require_state(upload, "confirming")
    chosen = (patients.find(session, who, patient) if isinstance(patient, UUID)
              else patients.create(session, who, name=patient.name, record_number=patient.record_number,
                                   sex=patient.sex, birth_date=patient.birth_date))
    _require_same_person(upload, chosen, accepted=accept_other_identity)
    upload.patient_id = chosen.id
    upload.state = "receiving"
    audit.record(session, who, "upload_confirmed", "upload", upload.id, patient_id=str(chosen.id),
                 other_identity_accepted=accept_other_identity)
    return view_of(session, upload)


def find(session: Session, who: Actor, upload_id: UUID, *, now: datetime) -> UploadView:
    """One upload of mine; ``Gone`` when it has expired or was cancelled."""
    return view_of(session, _open(session, who, upload_id, now))


def mine(session: Session, who: Actor, *, now: datetime) -> list[UploadView]:
    """My open uploads and those that ended within a day, newest first."""
    require(who, Permission.UPLOAD)
    rows = session.scalars(
        select(Upload)
        .where(Upload.clinic_id == who.clinic_id, Upload.user_id == who.user_id,
               Upload.state.in_((*OPEN_STATES, "stored", "refused")))
        .order_by(Upload.created_at.desc()).limit(50)
    )
    shown = [row for row in rows if not _is_expired(row, now) and (row.state in OPEN_STATES or row.created_at > now - SHOWN_FOR)]
    return [view_of(session, row) for row in shown]


def begin_append(session: Session, who: Actor, upload_id: UUID, *, offset: int, length: int | None, now: datetime) -> UploadView:
    """May ``length`` bytes be appended at ``offset``? ``Conflict`` on a wrong offset or state."""
    upload = _open(session, who, upload_id, now)
    _require_state(upload, "receiving", "verifying")
    if offset != upload.received:
        raise Conflict(f"The upload stands at byte {upload.received}, not at {offset}. Go on from there.")
    if length is not None and offset + length > upload.size:
        raise TooLarge(f"The file was announced with {upload.size} bytes; these bytes would make it {offset + length}. "
                       "Start a new upload with the right size.")
    return view_of(session, upload)


def received(session: Session, who: Actor, upload_id: UUID, *, offset: int) -> None:
    """Remember that the bytes up to ``offset`` are on disk and synced."""
    upload = of_mine(session, who, upload_id)
    upload.received = max(upload.received, offset)


def cancel(session: Session, who: Actor, upload_id: UUID, settings: Settings) -> None:
    """Give an open upload up and forget its bytes; ``Conflict`` when it has become a study already."""
    upload = of_mine(session, who, upload_id, lock=True)
    _require_state(upload, *OPEN_STATES, "refused")
    _forget(upload, "cancelled", settings)
    audit.record(session, who, "upload_cancelled", "upload", upload.id)


def expire(session: Session, settings: Settings, *, now: datetime) -> int:
    """Forget open uploads past their time; returns how many."""
    late = list(session.scalars(select(Upload).where(Upload.state.in_(OPEN_STATES), Upload.expires_at < now)))
    for upload in late:
        _forget(upload, "expired", settings)
        audit.record(session, None, "upload_expired", "upload", upload.id)
    _remove_strays(session, settings)
    return len(late)


def left_behind(session: Session) -> list[tuple[Actor, UUID, int]]:
    """Owner, id and size of uploads whose bytes are all here but which a stopped server has not finished."""
    rows = session.execute(select(Upload, User).join(User, User.id == Upload.user_id).where(
        Upload.state.in_(("receiving", "verifying")), Upload.received == Upload.size))
    return [(Actor(user.id, user.clinic_id, Role(user.role)), upload.id, upload.size) for upload, user in rows]


def shown_name(name: str) -> str:
    """The last part of a file name without control characters, for display alone."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[:255] or "recording"


def _require_space(settings: Settings, size: int) -> None:
    folder = settings.uploads_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise StorageFull(f"The file has {size / 1e9:.2f} GB; the server has only {free / 1e9:.2f} GB of disk left. "
                          "Ask an administrator to free space.")


def _require_same_person(upload: Upload, patient: PatientView, *, accepted: bool) -> None:
    claimed = info_from_json(upload.header["info"]).patient
    differing = differences(claimed, name=patient.name, record_number=patient.record_number,
                            birth_date=patient.birth_date, sex=patient.sex)
    if differing and not accepted:
        raise OtherIdentity(f"The file names another patient: {_listed(differing)} in its header "
                            f"{'differs' if len(differing) == 1 else 'differ'} from the chosen patient. "
                            "Choose another patient, or confirm that the file belongs to this one.")


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def of_mine(session: Session, who: Actor, upload_id: UUID, *, lock: bool = False) -> Upload:
    """The row of an upload of ``who``, for services only; ``lock`` where its state is read and then changed."""
    require(who, Permission.UPLOAD)
    query = select(Upload).where(Upload.id == upload_id, Upload.clinic_id == who.clinic_id, Upload.user_id == who.user_id)
    upload = session.scalar(query.with_for_update() if lock else query)
    if upload is None:
        raise NotFound("There is no such upload.")
    return upload


def _open(session: Session, who: Actor, upload_id: UUID, now: datetime) -> Upload:
    upload = of_mine(session, who, upload_id)
    require_alive(upload, now)
    return upload


def require_alive(upload: Upload, now: datetime) -> None:
    """``Gone`` for an upload that was cancelled or has expired."""
    if upload.state in ("cancelled", "expired") or _is_expired(upload, now):
        raise Gone("This upload was cancelled or has expired, and its bytes are gone. Start the upload again.")


def _is_expired(upload: Upload, now: datetime) -> bool:
    return upload.state in OPEN_STATES and upload.expires_at < now


def _require_state(upload: Upload, *states: str) -> None:
    if upload.state not in states:
        raise Conflict(_WRONG_STATE[upload.state])


_WRONG_STATE: Final = {
    "checking": "The header of this upload has not been checked yet. Send the first 64 KiB first.",
    "confirming": "Nobody has confirmed yet whose recording this is. Choose the patient, then send the bytes.",
    "receiving": "The patient of this upload is confirmed already; its bytes are on their way.",
    "verifying": "All bytes of this upload have arrived; it is being verified.",
    "stored": "This upload is complete; its study is in the list.",
    "refused": "This file was refused; choose another file.",
    "cancelled": "This upload was cancelled. Start it again.",
    "expired": "This upload has expired. Start it again.",
}


def refuse(session: Session, who: Actor, upload: Upload, sentence: str, code: str) -> None:
    upload.state, upload.refusal = "refused", sentence
    upload.header = {"code": code}                       # the identity in the header is not kept
    audit.record(session, who, "upload_refused", "upload", upload.id, code=code)


def _remove_strays(session: Session, settings: Settings) -> None:
    """Remove bytes whose upload has ended: what a server leaves that stops between its commit and the removal."""
    wanted = {part_path(settings, upload_id) for upload_id in
              session.scalars(select(Upload.id).where(Upload.state.in_(OPEN_STATES)))}
    for path in {found.with_suffix(".part") for found in settings.uploads_dir.glob("*.*")} - wanted:
        part_file.remove(path)


def _forget(upload: Upload, state: str, settings: Settings) -> None:
    upload.state, upload.header = state, {}
    part_file.remove(part_path(settings, upload.id))


def view_of(session: Session, upload: Upload) -> UploadView:
    study = session.get(Study, upload.study_id) if upload.study_id else None
    study_id = (study.joined_into_id or study.id) if study else None         # a part leads to the joined recording
    job_id = session.scalar(select(Job.id).where(Job.study_id == study_id, Job.kind == "analyse")
                            .order_by(Job.created_at.desc()).limit(1)) if study_id else None
    info = upload.header.get("info")
    return UploadView(
        id=upload.id, original_name=upload.original_name, fingerprint=upload.fingerprint, size=upload.size,
        received=upload.received, state=upload.state, facts=_facts(session, upload, info) if info else None,
        refusal=upload.refusal, note=upload.header.get("note", ""), patient_id=upload.patient_id,
        study_id=study_id, job_id=job_id, created_at=upload.created_at, expires_at=upload.expires_at,
    )


def _facts(session: Session, upload: Upload, stored: dict[str, Any]) -> HeaderFacts:
    """Header facts with the channels as the site has read such labels before."""
    info = info_from_json(stored)
    return HeaderFacts.of(info, channel_names.of_site(session, upload.clinic_id, [signal.label for signal in info.signals]))
