"""One window of the model: what each network says of it, how sure that leaves the model, and windows that look like it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Actor, Permission, require
from app.db.findings import Analysis
from app.db.studies import Study
from app.errors import NotFound
from app.file_store import open_store
from app.services import analyses, audit, blind_reads, studies
from app.settings import current
from ml import alike, members
from ml.analysis import LABEL_S, AnalysisResult, Spans
from ml.classes import CLASSES, PatternClass
from ml.members import Members

MOST: Final = 50
"""Similar windows in one answer."""
MOST_STUDIES: Final = 20
"""Other studies that are looked through, the newest analyses first: each costs one read of its arrays."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A study with the arrays of its newest analysis."""

    study: Study
    analysis: Analysis
    result: AnalysisResult

    @property
    def embedding_sha256(self) -> str:
        """Of the vectors of all windows (``ml.alike``); empty where none were kept."""
        return str(self.analysis.summary.get("embedding_sha256", ""))

    def clock(self, at_s: float) -> str:
        """The recorder's clock, or time from the start where the file states none."""
        return analyses.clock_at(self.study.start_local, at_s)


@dataclass(frozen=True, slots=True)
class MemberView:
    """One network: its weight in the pool and the probabilities that it alone would give."""

    name: str
    weight: float
    prob: tuple[float, ...]                  # (6,)


@dataclass(frozen=True, slots=True)
class WindowView:
    """One label span of the newest analysis. What is ``None`` or empty was not kept, not fitted, or not assessed."""

    index: int
    start_s: float
    stop_s: float
    clock: str
    assessed: bool
    context: float                           # share of the 50 s around it that was recorded
    prob: tuple[float, ...]                  # (6,) calibrated; empty where not assessed
    prior: str
    members: tuple[MemberView, ...]
    total_nats: float | None                 # entropy, at most 1.79
    aleatoric_nats: float | None             # on which the networks agree
    epistemic_nats: float | None             # their disagreement
    cannot_rule_out: tuple[PatternClass, ...] | None
    coverage: float | None                   # share of windows whose class is meant to be in that set
    unsure: bool | None
    unsure_below: float | None
    has_vectors: bool                        # whether similar windows can be looked for
    model_name: str
    model_sha256: str


@dataclass(frozen=True, slots=True)
class SimilarView:
    """A window that looks like another one to the networks."""

    study_id: UUID
    original_name: str                       # of the recording
    index: int
    start_s: float
    stop_s: float
    clock: str
    cosine: float                            # 1 = the same to the networks
    likeliest: PatternClass
    prob: float                              # of that class


def at(session: Session, who: Actor, study_id: UUID, at_s: float | None) -> WindowView | None:
    """The window whose middle is nearest to a moment; ``None`` where none holds it, or where no moment is given."""
    studies.get(session, who, study_id)
    if not isinstance(at_s, int | float):
        return None
    found = _kept(session, who, study_id)
    middle_s = found.result.spans.label_start_s + LABEL_S / 2.0
    if not len(middle_s) or (distance := np.abs(middle_s - at_s)).min() > LABEL_S / 2.0 + 1e-3:
        return None
    return _view(found, int(distance.argmin()))


def show(session: Session, who: Actor, study_id: UUID, index: int) -> WindowView:
    """A window by its number in the newest analysis.

    Raises
    ------
    NotFound
        If the study is another clinic's, was not analysed yet, or has no such window.
    """
    found = _kept(session, who, study_id)
    _check(found, index)
    return _view(found, index)


def similar(session: Session, who: Actor, study_id: UUID, index: int, *, count: int = 5, everywhere: bool = False) -> list[SimilarView]:
    """Windows that look like one to the networks, the most alike first.

    Windows that share EEG with it are left out, and of those that overlap one another only the most alike is named.

    Parameters
    ----------
    everywhere
        Also in other studies of the clinic that the same model analysed, at most ``MOST_STUDIES``; audited. Studies that the
        reader reads without the model are left out.

    Raises
    ------
    NotFound
        If there is no such window, or the analysis kept no vectors.
    """
    found = _kept(session, who, study_id)
    _check(found, index)
    if not found.embedding_sha256:
        raise NotFound("This analysis kept nothing to compare windows by. Analyse the study again.")
    if not found.result.spans.assessed[index]:
        return []
    with open_store(current()).open(found.embedding_sha256) as source:
        asked = alike.Rows(source).part(index, 1)[0]
    near = _nearest(found, asked, count=count, at_s=float(found.result.spans.label_start_s[index]))
    if everywhere:
        audit.record(session, who, "similar_windows_searched", "study", study_id, window=index)
        near += [each for other in _others(session, who, found.analysis) for each in _nearest(other, asked, count=count)]
    return sorted(near, key=lambda each: -each.cosine)[:count]


def _kept(session: Session, who: Actor, study_id: UUID) -> Kept:
    study = studies.get(session, who, study_id)
    return Kept(study, *analyses.kept(session, who, study_id))


def _others(session: Session, who: Actor, mine: Analysis) -> Iterator[Kept]:
    """Other studies of the clinic with vectors of the same model."""
    require(who, Permission.READ_STUDIES)
    wanted = (Analysis.id.in_(analyses.newest_ids(who)), Analysis.model_sha256 == mine.model_sha256, Analysis.study_id != mine.study_id)
    rows = session.scalars(select(Analysis).where(*wanted).order_by(Analysis.created_at.desc()).limit(MOST_STUDIES)).all()
    hidden = blind_reads.hidden_among(session, who, {row.study_id for row in rows})
    for row in rows:
        if row.study_id not in hidden and row.summary.get("embedding_sha256"):
            yield Kept(studies.get(session, who, row.study_id), row, analyses.result_of(row))


def _nearest(found: Kept, asked: NDArray[np.float16], *, count: int, at_s: float | None = None) -> list[SimilarView]:
    with open_store(current()).open(found.embedding_sha256) as source:
        near = alike.nearest(alike.Rows(source), found.result.spans.label_start_s, asked, count=min(count, MOST), at_s=at_s)
    return [_similar(found, each) for each in near]


def _check(found: Kept, index: int) -> None:
    n = len(found.result.spans.label_start_s)
    if not 0 <= index < n:
        raise NotFound(f"There is no window {index}: the newest analysis has {n}, counted from 0.")


def _similar(found: Kept, near: alike.Neighbor) -> SimilarView:
    start_s, prob = float(found.result.spans.label_start_s[near.index]), found.result.spans.prob[near.index]
    best = int(prob.argmax())
    return SimilarView(found.study.id, found.study.original_name, near.index, start_s, start_s + LABEL_S, found.clock(start_s), near.cosine, CLASSES[best], float(prob[best]))


def _view(found: Kept, index: int) -> WindowView:
    spans, versions = found.result.spans, found.result.versions
    start_s, assessed = float(spans.label_start_s[index]), bool(spans.assessed[index])
    said = _said(found.result.members, spans, found.result.prior, index) if assessed and found.result.members else _NOTHING
    return WindowView(
        index=index, start_s=start_s, stop_s=start_s + LABEL_S, clock=found.clock(start_s), assessed=assessed, context=float(spans.context[index]),
        prob=_numbers(spans.prob[index]) if assessed else (), prior=found.result.prior, has_vectors=bool(found.embedding_sha256),
        model_name=versions.model, model_sha256=versions.model_sha256, members=said.members, total_nats=said.total, aleatoric_nats=said.aleatoric,
        epistemic_nats=said.epistemic, cannot_rule_out=said.sets, coverage=said.coverage, unsure=said.unsure, unsure_below=said.unsure_below,
    )


@dataclass(frozen=True, slots=True)
class _Said:
    members: tuple[MemberView, ...] = ()
    total: float | None = None
    aleatoric: float | None = None
    epistemic: float | None = None
    sets: tuple[PatternClass, ...] | None = None
    coverage: float | None = None
    unsure: bool | None = None
    unsure_below: float | None = None


_NOTHING: Final = _Said()


def _said(kept: Members, spans: Spans, prior: str, index: int) -> _Said:
    one = Members(kept.reading, kept.logits[index : index + 1])
    found, reading = members.doubt(one, spans.prob[index : index + 1], prior), kept.reading
    each = tuple(
        MemberView(name, weight, _numbers(prob[0])) for name, weight, prob in zip(reading.names, reading.weights, one.prob(), strict=True)
    )
    return _Said(
        members=each, total=float(found.total[0]), aleatoric=float(found.aleatoric[0]), epistemic=float(found.epistemic[0]),
        sets=None if found.sets is None else tuple(CLASSES[i] for i in np.flatnonzero(found.sets[0])),
        coverage=None if reading.conformal is None else 1.0 - reading.conformal.alpha,
        unsure=None if found.unsure is None else bool(found.unsure[0]), unsure_below=reading.unsure_below,
    )


def _numbers(prob: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), 6) for value in prob)
