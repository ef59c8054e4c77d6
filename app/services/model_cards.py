"""Model cards: what the served ensemble is, how it was tested, and which ones have served here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.columns import utc_now
from app.db.findings import ModelCard
from app.errors import NotFound
from app.settings import current


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One ensemble that serves or has served here."""

    name: str
    sha256: str
    since: datetime                  # aware UTC
    retired_at: datetime | None


def active(session: Session, who: Actor) -> dict[str, Any]:
    """The card of the served ensemble as its training wrote it, with ``name`` and ``sha256`` of its manifest.

    Raises
    ------
    NotFound
        If the weights are absent or changed.
    """
    require(who, Permission.SEE_MODELS)
    from ml.ensemble import MANIFEST, WEIGHTS, WeightsError, model_card

    folder = current().weights_dir or WEIGHTS
    try:
        card = model_card(folder)
        manifest = (folder / MANIFEST).read_bytes()
    except (WeightsError, OSError) as error:
        raise NotFound(str(error) or "There are no model weights. Reinstall the program.") from error
    named = json.loads(manifest)
    return {**card, "name": f"{named['name']} {named['version']}", "sha256": hashlib.sha256(manifest).hexdigest()}


def register(session: Session, *, name: str, sha256: str) -> None:
    """Note that an ensemble serves from now on, with its card; the one before it is retired. For the worker."""
    from ml.ensemble import model_card

    if session.scalar(select(ModelCard.id).where(ModelCard.sha256 == sha256, ModelCard.retired_at.is_(None))):
        return
    session.execute(update(ModelCard).where(ModelCard.retired_at.is_(None)).values(retired_at=utc_now()))
    known = session.scalar(select(ModelCard).where(ModelCard.sha256 == sha256))
    if known is None:
        session.add(ModelCard(name=name, sha256=sha256, card=model_card(current().weights_dir)))
    else:
        known.retired_at = None


def served(session: Session, who: Actor) -> list[ModelRow]:
    """Ensembles that serve or have served here, the newest first."""
    require(who, Permission.SEE_MODELS)
    cards = session.scalars(select(ModelCard).order_by(ModelCard.created_at.desc()))
    return [ModelRow(card.name, card.sha256, card.created_at, card.retired_at) for card in cards]
