"""How findings change while they last, from the spectrogram that the analysis kept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor
from app.errors import NotFound
from app.services import analyses
from app.services.analyses import EventView
from ml import evolution
from ml.evolution import Evolution


def of_events(session: Session, who: Actor, study_id: UUID, found: Sequence[EventView]) -> dict[UUID, Evolution]:
    """By finding, where it can be told: those are absent that are too short, were not recorded or have no spectrogram."""
    try:
        spectrogram = analyses.spectrogram(session, who, study_id)
    except NotFound:
        return {}
    told = {event.id: evolution.of_stretch(spectrogram, event.start_s, event.stop_s) for event in found}
    return {key: one for key, one in told.items() if one is not None}
