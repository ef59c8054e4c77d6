"""How readers of a study agree with the model and with each other, window by window.

Three kinds of reading are compared: first reads without the model, as they were when saved; what a reader has decided and labelled
with the model in view; and the model. A dismissed event says "none of the five patterns" there; an accepted one its pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor
from app.db.accounts import User
from app.db.findings import Review
from app.services import analyses, blind_reads, standing
from app.services.blind_reads import FirstRead
from app.services.standing import Finding
from ml.agreement import NOT_READ, UNSURE, Agreement, Labelled, compare, reading_of, windows_of
from ml.classes import CLASSES

Kind = Literal["without the model", "model was known", "model in view"]
OTHER: Final = CLASSES.index("other")
SEED: Final = 20210115      # any fixed number: the same study shows the same interval each time


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the compared windows: a class, unsure or not read for each."""

    name: str
    kind: Kind | Literal["model"]
    values: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings side by side."""

    first: str                           # rows of the confusion
    second: str                          # columns
    kind: Kind                           # of the person's reading; of two, the one that knew more
    with_model: bool
    agreement: Agreement


def of_study(session: Session, who: Actor, study_id: UUID) -> list[Comparison]:
    """Every reader against the model, then readers against each other; empty before anybody has read anything.

    Raises
    ------
    ModelHidden
        If ``who`` reads the study without the model.
    """
    blind_reads.refuse_hidden(session, who, study_id)
    analysis = analyses.latest(session, who, study_id)
    if analysis is None:
        return []
    spans = analyses.spans(session, who, study_id)
    chosen = windows_of(spans)
    starts_s, model = spans.label_start_s[chosen], Reading("model", "model", spans.prob[chosen].argmax(axis=1).astype(np.int64))
    blind = [_first_read(session, study_id, read, starts_s) for read in blind_reads.saved(session, study_id)]
    seen = [_review(session, study_id, analysis.id, user_id, name, starts_s) for user_id, name in _readers(session, study_id)]
    against_model = [_compared(reading, model) for reading in (*blind, *seen)]
    people = blind if len(blind) > 1 else seen
    return [one for one in (*against_model, *(_compared(first, second) for first, second in combinations(people, 2))) if one.agreement.n]


def _first_read(session: Session, study_id: UUID, read: FirstRead, starts_s: NDArray[np.float64]) -> Reading:
    kept = standing.findings(session, study_id, None, reader=read.user_id, until=read.saved_at)
    values = reading_of(_labels(kept), starts_s, rest=OTHER if read.rest == "other" else NOT_READ)
    return Reading(read.user_name, "model was known" if read.model_seen else "without the model", values)


def _review(session: Session, study_id: UUID, analysis_id: UUID, user_id: UUID, name: str, starts_s: NDArray[np.float64]) -> Reading:
    """What a reader has decided and labelled while the model was in view."""
    found = standing.findings(session, study_id, analysis_id, reader=user_id)
    saved_at = next((read.saved_at for read in blind_reads.saved(session, study_id) if read.user_id == user_id), None)
    before = standing.findings(session, study_id, None, reader=user_id, until=saved_at) if saved_at else []
    labelled_blind = {finding.id for finding in before}
    return Reading(name, "model in view", reading_of(_labels([finding for finding in found if finding.id not in labelled_blind]), starts_s))


def _labels(found: list[Finding]) -> list[Labelled]:
    """In the order in which they were made: the later one holds where two overlap."""
    decided = sorted((finding for finding in found if finding.status and finding.at), key=lambda finding: finding.at.timestamp() if finding.at else 0.0)
    return [(finding.start_s, finding.stop_s, _value(finding)) for finding in decided]


def _value(finding: Finding) -> int:
    if finding.status == "unsure":
        return UNSURE
    return OTHER if finding.status == "dismissed" else next(index for index, name in enumerate(CLASSES) if name == finding.pattern)


def _readers(session: Session, study_id: UUID) -> list[tuple[UUID, str]]:
    query = select(User.id, User.name).where(User.id.in_(select(Review.user_id).where(Review.study_id == study_id)))
    return [(user_id, name) for user_id, name in session.execute(query.order_by(User.name))]


def _compared(first: Reading, second: Reading) -> Comparison:
    with_model = second.kind == "model"
    kinds: list[Kind] = [reading.kind for reading in (first, second) if reading.kind != "model"]
    order: tuple[Kind, ...] = ("without the model", "model was known", "model in view")
    rng = np.random.default_rng(SEED)
    return Comparison(first.name, second.name, max(kinds, key=order.index), with_model, compare(first.values, second.values, rng))
