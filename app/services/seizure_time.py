"""Seizure burden of a study: what readers stand behind apart from what the model suggests and nobody has reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import Actor
from app.services import analyses, blind_reads, standing, studies
from app.services.standing import Finding
from app.services.studies import StudyView
from ml.analysis import LABEL_S, Spans
from ml.seizure_burden import SeizureBurden, Stretch, burden, joined, without


@dataclass(frozen=True, slots=True)
class SeizureTime:
    """The burden, twice; seconds count from the start of the recording."""

    reviewed: SeizureBurden              # accepted by a reader, or labelled
    unreviewed: SeizureBurden | None     # suggested by the model and open; None without a result that may be shown
    n_reviewed: int
    n_unreviewed: int
    by_model: bool                       # assessed time is the model's; else all that was recorded


def of_study(session: Session, who: Actor, study_id: UUID) -> SeizureTime:
    """Burden of a study as it stands now; who reads without the model gets that of his or her own labels."""
    study, hidden = studies.find(session, who, study_id), blind_reads.hides(session, who, study_id)
    analysis_id = None if hidden else analyses.newest_id(session, study_id)
    found = standing.findings(session, study_id, analysis_id, reader=who.user_id if hidden else None)
    spans = analyses.spans(session, who, study_id) if analysis_id else None
    return of_findings(study, found, spans)


def of_findings(study: StudyView, found: list[Finding], spans: Spans | None) -> SeizureTime:
    """The same from values at hand."""
    assessed = _assessed(study, spans)
    seizures = [finding for finding in found if finding.pattern == "seizure"]
    reviewed = [_stretch(finding) for finding in seizures if finding.status == "accepted"]
    open_ = [_stretch(finding) for finding in seizures if not finding.status]
    labelled = joined(_stretch(finding) for finding in found if finding.event_id is None)
    unreviewed = without(joined(open_), joined([*labelled, *reviewed]))
    return SeizureTime(
        burden(reviewed, [*assessed, *reviewed], duration_s=study.duration_s),      # a reader may see a seizure where the model could not judge
        burden(unreviewed, assessed, duration_s=study.duration_s) if spans is not None else None,
        len(reviewed), len(open_), spans is not None,
    )


def _stretch(finding: Finding) -> Stretch:
    return finding.start_s, finding.stop_s


def _assessed(study: StudyView, spans: Spans | None) -> list[Stretch]:
    if spans is None:
        return without([(0.0, study.duration_s)], joined(study.gaps))
    starts = spans.label_start_s[spans.assessed].tolist()
    return joined((start, start + LABEL_S) for start in starts)
