"""Who acts, and what each role may do: one table for pages, callbacks, API, tiles and downloads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.errors import Forbidden


class Role(StrEnum):
    NEUROLOGIST = "neurologist"
    TECHNOLOGIST = "technologist"
    VIEWER = "viewer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    READ_STUDIES = "read studies"
    UPLOAD = "upload recordings"
    EDIT_PATIENTS = "edit patients"
    ANALYSE = "start and cancel analyses"
    MARK_ELECTRODES = "mark electrodes as bad"
    REVIEW = "accept or dismiss findings"
    ANNOTATE = "annotate recordings"
    WRITE_REPORT = "write reports"
    SIGN_REPORT = "sign reports"
    DOWNLOAD = "download reports and exports"
    DOWNLOAD_QUALITY = "download signal quality"
    EXPORT_DEIDENTIFIED = "export recordings without identity"
    REIDENTIFY = "find the patient behind an export's code"
    SEE_MONITORING = "see queue and system state"
    SEE_MODELS = "see model metrics"
    MANAGE_USERS = "manage users"
    READ_AUDIT = "read the audit log"
    MANAGE_SITE = "change site settings"


ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.NEUROLOGIST: frozenset({
        Permission.READ_STUDIES, Permission.UPLOAD, Permission.EDIT_PATIENTS, Permission.ANALYSE, Permission.MARK_ELECTRODES, Permission.REVIEW,
        Permission.ANNOTATE, Permission.WRITE_REPORT, Permission.SIGN_REPORT, Permission.DOWNLOAD, Permission.DOWNLOAD_QUALITY,
        Permission.EXPORT_DEIDENTIFIED, Permission.SEE_MONITORING, Permission.SEE_MODELS,
    }),
    Role.TECHNOLOGIST: frozenset({
        Permission.READ_STUDIES, Permission.UPLOAD, Permission.EDIT_PATIENTS, Permission.ANALYSE, Permission.MARK_ELECTRODES, Permission.ANNOTATE,
        Permission.DOWNLOAD_QUALITY, Permission.SEE_MONITORING,
    }),
    Role.VIEWER: frozenset({Permission.READ_STUDIES}),
    Role.ADMINISTRATOR: frozenset(Permission) - {Permission.REVIEW, Permission.ANNOTATE, Permission.WRITE_REPORT, Permission.SIGN_REPORT},
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as every service takes it; never a row of another session."""

    user_id: UUID
    clinic_id: UUID
    role: Role

    def may(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]


def require(who: Actor, permission: Permission) -> None:
    """Raise ``Forbidden`` unless the role of ``who`` holds ``permission``."""
    if not who.may(permission):
        raise Forbidden(f"Your role ({who.role}) may not {permission}. Ask an administrator of your clinic.")
