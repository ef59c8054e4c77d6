"""Recordings for research, without what identifies a patient: permission and audit, then bytes as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.errors import Conflict
from app.file_store import FileStore
from app.services import audit, pseudonyms, studies
from ml import deidentify
from ml.deidentify import Disguise, Removed


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, and under which name."""

    sha256: str
    disguise: Disguise
    file_name: str


def preview(session: Session, who: Actor, study_id: UUID, store: FileStore) -> Removed:
    """What an export of this study would leave behind."""
    require(who, Permission.EXPORT_DEIDENTIFIED)
    with store.open(_file_of(session, who, study_id)[0]) as source:
        return deidentify.removed(source)


def begin(session: Session, who: Actor, study_id: UUID) -> Export:
    """Permission, code and audit; the trail does not say the code, or it would be a second map.

    Raises
    ------
    Conflict
        If the recording is neither EDF nor BDF.
    """
    study = studies.get(session, who, study_id)
    require(who, Permission.EXPORT_DEIDENTIFIED)
    sha256, ending = _file_of(session, who, study_id)
    assigned = pseudonyms.of_patient(session, who, study.patient)
    audit.record(session, who, "recording_exported_deidentified", "study", study_id)
    sex = cast("Literal['F', 'M'] | None", study.patient.sex)
    return Export(sha256, Disguise(assigned.code, assigned.shift_days, sex), f"{assigned.code}-{study_id.hex[:8]}.{ending}")


def content(export: Export, store: FileStore) -> tuple[int, Iterator[bytes]]:
    """Number of bytes, and the bytes; constant memory."""
    source = store.open(export.sha256)
    return deidentify.size(source), deidentify.blocks(source, export.disguise)


def _file_of(session: Session, who: Actor, study_id: UUID) -> tuple[str, str]:
    study = studies.get(session, who, study_id)
    family = study.format[:3]
    if study.header.get("parts"):
        raise Conflict("A joined recording is not exported without identity as one file. Separate it and export its parts.")
    if family not in ("EDF", "BDF"):
        raise Conflict(f"Only EDF and BDF files are exported without identity; this is a recording in {study.format}. "
                       "Export it as EDF+ from the recorder and upload that.")
    return study.file.sha256, family.lower()
