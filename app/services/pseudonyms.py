"""Codes of exported patients: one for each, with one shift of all dates; what ties them together is encrypted.

The map is read by the key of the installation (``secret.key``), which is not in the database: whoever has the database alone has codes that
lead nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import settings
from app.access import Actor, Permission, require
from app.db.patients import Patient
from app.db.pseudonyms import Pseudonym
from app.errors import NotFound
from app.services import audit, patients

LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"      # none that are taken for one another
CODE_LETTERS: Final = 8                                  # 2^40: no two patients of a clinic share one by chance
LEAST_SHIFT_DAYS, GREATEST_SHIFT_DAYS = 366, 5 * 366
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Assigned:
    """Under which code a patient is exported, and by how many days all of the patient's dates are moved back."""

    patient_id: UUID
    code: str
    shift_days: int


def of_patient(session: Session, who: Actor, patient: Patient) -> Assigned:
    """The code of a patient, made at the first export; for services."""
    keys = _Keys.of_installation()
    found = session.scalar(select(Pseudonym).where(Pseudonym.patient_index == keys.index(patient.id.hex)))
    if found is not None:
        return keys.opened(found)
    shift = LEAST_SHIFT_DAYS + secrets.randbelow(GREATEST_SHIFT_DAYS - LEAST_SHIFT_DAYS)
    made = Assigned(patient.id, "HMS-" + "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS)), shift)
    try:
        with session.begin_nested():
            session.add(Pseudonym(clinic_id=patient.clinic_id, patient_index=keys.index(patient.id.hex), code_index=keys.index(made.code),
                                  sealed=keys.sealed(made)))
    except IntegrityError:                               # another export of this patient was first: its code holds
        return of_patient(session, who, patient)
    return made


def reidentify(session: Session, who: Actor, code: str) -> UUID:
    """Whose code it is; audited.

    Raises
    ------
    NotFound
        For a code that nobody of the clinic of ``who`` has.
    """
    require(who, Permission.REIDENTIFY)
    keys = _Keys.of_installation()
    found = session.scalar(select(Pseudonym).where(Pseudonym.code_index == keys.index(code.strip().upper()), Pseudonym.clinic_id == who.clinic_id))
    if found is None:
        raise NotFound("No patient of this clinic was exported under this code. Check how it is written.")
    patient = patients.get(session, who, keys.opened(found).patient_id)
    audit.record(session, who, "patient_reidentified", "patient", patient.id)
    return patient.id


@dataclass(frozen=True, slots=True)
class _Keys:
    seal: bytes
    lookup: bytes

    @classmethod
    def of_installation(cls) -> _Keys:
        made = HKDF(SHA256(), 64, salt=None, info=b"hms pseudonyms").derive(settings.current().secret)
        return cls(made[:32], made[32:])

    def index(self, text: str) -> str:
        return hmac.new(self.lookup, text.encode(), hashlib.sha256).hexdigest()

    def sealed(self, assigned: Assigned) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        content = {"patient": assigned.patient_id.hex, "code": assigned.code, "shift_days": assigned.shift_days}
        return nonce + AESGCM(self.seal).encrypt(nonce, json.dumps(content).encode(), None)

    def opened(self, row: Pseudonym) -> Assigned:
        content = json.loads(AESGCM(self.seal).decrypt(row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:], None))
        return Assigned(UUID(content["patient"]), content["code"], content["shift_days"])
