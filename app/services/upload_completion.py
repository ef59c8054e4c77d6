"""The end of an upload: check as a whole, store, and one transaction for study, job and audit.

Three steps so that no transaction is open while a file is read; a server that stops between them repeats all three.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app import jobs
from app.access import Actor
from app.db.studies import Study, Upload
from app.errors import Conflict, Gone
from app.file_store import FileStore
from app.keyring import keyring_of
from app.services import analyses, audit, channel_names, part_cipher, studies, uploads
from app.services.part_cipher import FromStart, Keystream, PartBytes
from app.services.part_file import LOST, part_path
from app.services.recording_check import Refused, check
from app.services.uploads import HEAD_BYTES, UploadView
from app.settings import Settings
from ml.recording import RecordingInfo


@dataclass(frozen=True, slots=True)
class Whole:
    """An upload whose bytes are all here."""

    path: Path
    name: str
    size: int
    head_sha256: str
    keystream: Keystream


@dataclass(frozen=True, slots=True)
class Verified:
    """A recording that can be used, safe in the file store."""

    sha256: str
    info: RecordingInfo


def begin(session: Session, who: Actor, upload_id: UUID, settings: Settings) -> Whole:
    """Mark an upload as being verified."""
    upload = uploads.of_mine(session, who, upload_id, lock=True)
    if upload.state not in ("receiving", "verifying") or upload.received != upload.size:
        raise Conflict("Not all bytes of this upload are here. Ask for its offset and go on from there.")
    upload.state = "verifying"
    path = part_path(settings, upload.id)
    return Whole(path, upload.original_name, upload.size, upload.header["head_sha256"], part_cipher.resume(path, keyring_of(settings)))


def verify(whole: Whole, sha256: str, store: FileStore, settings: Settings) -> Verified | Refused:
    """Judge the file; what can be used is in the store afterwards under its hash. Reads the database at no point."""
    try:
        content = PartBytes(whole.path, whole.keystream)
        if hashlib.sha256(content.read_at(0, HEAD_BYTES)).hexdigest() != whole.head_sha256:
            return Refused("The file is not the one whose header was checked: its first bytes have changed. "
                           "Start the upload again.", "head_changed")
        verdict = check(whole.path, name=whole.name, memory_mib=settings.job_memory_mib, keystream=whole.keystream)
        if isinstance(verdict, Refused):
            return verdict
        if whole.keystream.key is None:
            store.put_path(whole.path, sha256)
        elif not store.has(sha256):
            store.put_stream(FromStart(content))
        return Verified(sha256, verdict)
    except FileNotFoundError:                        # cancelled in the meantime
        raise Gone(LOST) from None


def finish(session: Session, who: Actor, upload_id: UUID, verdict: Verified | Refused, *, now: datetime) -> UploadView:
    """Turn the verified bytes into a study with its job, or say why not; the same bytes twice are one study."""
    upload = uploads.of_mine(session, who, upload_id, lock=True)
    uploads.require_alive(upload, now)               # cancelled while its file was read
    if isinstance(verdict, Refused):
        uploads.refuse(session, who, upload, verdict.sentence, verdict.code)
        return uploads.view_of(session, upload)
    known = studies.with_bytes(session, who, verdict.sha256)
    upload.study_id = known or _new_study(session, who, upload, verdict)
    upload.state = "stored"
    upload.header = {"note": _note(session.get_one(Study, known), upload) if known else ""}   # identity is not kept
    audit.record(session, who, "upload_stored", "upload", upload.id, study_id=upload.study_id, sha256=verdict.sha256,
                 known_already=known is not None)
    return uploads.view_of(session, upload)


def _new_study(session: Session, who: Actor, upload: Upload, verified: Verified) -> UUID:
    assert upload.patient_id is not None
    labels = [signal.label for signal in verified.info.signals]
    study_id = studies.create(session, who, patient_id=upload.patient_id, sha256=verified.sha256, size=upload.size,
                              original_name=upload.original_name, info=verified.info,
                              channel_names=channel_names.of_site(session, who.clinic_id, labels))
    jobs.enqueue(session, analyses.request_for(session, who, study_id))
    return study_id


def _note(study: Study, upload: Upload) -> str:
    if study.patient_id == upload.patient_id:
        return "The same recording was here already; nothing was added. Open the existing study."
    return ("The same recording was here already, as a study of another patient than the one you chose; nothing was added. "
            "Open the existing study and check whose it is.")
