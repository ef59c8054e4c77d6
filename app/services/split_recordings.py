"""Studies that look like files of one recording which its recorder has split: the same patient, the same signals, one after another.

They are only offered to be joined: whether they are one recording is said by a person (``joining``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.studies import Study
from app.services import studies
from app.services.joining import MAX_PARTS, Part, part_of, worked_on

NEAR_S: Final = 3600.0
"""Files of one recording follow one another at once; an hour leaves room for a patient who was away for imaging. Our own choice."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Files that look like one recording, in order of their start."""

    parts: tuple[Part, ...]
    patient_name: str
    record_number: str

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """Between each part and the next, in seconds; negative where they overlap."""
        return tuple(after.start_s - before.stop_s for before, after in pairwise(self.parts))

    @property
    def length_s(self) -> float:
        return self.parts[-1].stop_s - self.parts[0].start_s

    def number_of(self, study_id: UUID) -> int:
        """Which file a study is, counted from 1."""
        return [part.study_id for part in self.parts].index(study_id) + 1


def of_study(session: Session, who: Actor, study_id: UUID) -> Suggestion | None:
    """The files that look like one recording with a study, or None if it looks like a whole."""
    study = studies.get(session, who, study_id)
    require(who, Permission.READ_STUDIES)
    found = _suggestions(session, [study.patient_id])
    return next((one for one in found if any(part.study_id == study_id for part in one.parts)), None)


def uploaded_by(session: Session, who: Actor, *, since: datetime) -> list[Suggestion]:
    """What ``who`` has uploaded since then and looks like files of one recording."""
    require(who, Permission.UPLOAD)
    mine = {row.id: row.patient_id for row in session.scalars(select(Study).where(
        Study.clinic_id == who.clinic_id, Study.uploaded_by == who.user_id, Study.created_at > since, Study.stands()))}
    found = _suggestions(session, set(mine.values()))
    return [one for one in found if any(part.study_id in mine for part in one.parts)]


def _suggestions(session: Session, patient_ids: Iterable[UUID]) -> list[Suggestion]:
    rows = session.scalars(select(Study).where(Study.patient_id.in_(patient_ids), Study.stands(), Study.start_local.is_not(None))).all()
    worked = worked_on(session, [row.id for row in rows])
    fit = [row for row in rows if row.id not in worked and row.readable_file is not None and not row.header.get("parts")]
    alike = groupby(sorted(fit, key=_likeness), key=_likeness)
    return [_suggestion(chain) for _, group in alike for chain in _chains(list(group))]


def _suggestion(chain: Sequence[Study]) -> Suggestion:
    patient = chain[0].patient
    return Suggestion(tuple(map(part_of, chain)), patient.name, patient.record_number)


def _likeness(study: Study) -> tuple[str, list[tuple[str, float]]]:
    return str(study.patient_id), [(signal["label"], signal["sfreq_hz"]) for signal in study.header.get("signals", ())]


def _chains(alike: list[Study]) -> list[list[Study]]:
    """Studies of like signals in runs of two and more that follow one another; one that lies wholly within another is left out."""
    runs: list[list[Study]] = []
    for study in sorted(alike, key=lambda row: part_of(row).start_s):
        before = part_of(runs[-1][-1]) if runs else None
        if before is None or part_of(study).start_s > before.stop_s + NEAR_S or len(runs[-1]) == MAX_PARTS:
            runs.append([study])
        elif part_of(study).start_s > before.start_s and part_of(study).stop_s > before.stop_s:
            runs[-1].append(study)
    return [run for run in runs if len(run) > 1]
