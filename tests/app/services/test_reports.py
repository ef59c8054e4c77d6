"""Reports: from the accepted events of a study to a signed document."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.columns import utc_now
from app.db.findings import Analysis
from app.db.reports import Report, ReportDocument
from app.db.work import Job
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.services import report_material, reports, reviews, studies
from app.services.report_material import length_text, union_s
from tests import builders

NOW = utc_now()
EVENTS = [("lpd", 100.0, 160.0), ("lpd", 140.0, 200.0), ("seizure", 300.0, 340.0)]


@pytest.fixture
def study_id(session: Session, alice: Actor) -> UUID:
    """Two overlapping LPD events accepted, a seizure left open, 600 s assessed."""
    study = builders.study(session, alice)
    lpd_1, lpd_2, _seizure = builders.analysis(session, study, EVENTS)
    analysis = session.scalars(select(Analysis).where(Analysis.study_id == study)).one()
    analysis.summary = {"assessed_s": 600.0, "findings": ["The last record is short."]}
    for event in (lpd_1, lpd_2):
        reviews.decide(session, alice, event, decision="accepted")
    return study


def test_a_draft_takes_up_what_the_reader_accepted_and_nothing_else(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    row, = reports.findings(session, alice, draft.id)
    assert (draft.status, draft.n_accepted, row.count) == ("draft", 2, 2)
    assert row.pattern == "Lateralized periodic discharges (LPD)"


def test_overlapping_events_count_once_in_prevalence(session: Session, alice: Actor, study_id: UUID) -> None:
    row, = reports.findings(session, alice, reports.draft_for(session, alice, study_id, now=NOW).id)
    assert (row.total, row.share, row.prevalence) == ("1 min 40 s", "16.7 % of assessed time", "frequent")


def test_an_event_accepted_later_makes_a_new_version(session: Session, alice: Actor, study_id: UUID) -> None:
    first = reports.draft_for(session, alice, study_id, now=NOW)
    first_event = reviews.accepted_events(session, alice, study_id)[0]
    reviews.decide(session, alice, first_event.event_id, decision="dismissed")
    second = reports.draft_for(session, alice, study_id, now=NOW)
    assert (second.id, second.n_accepted) == (first.id, 1)
    assert second.version == first.version + 1


def test_saving_the_same_text_again_changes_nothing(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    once = reports.save(session, alice, draft.id, {"impression": "1. LPD, left"}, now=NOW)
    again = reports.save(session, alice, draft.id, {"impression": "1. LPD, left"}, now=NOW + timedelta(hours=1))
    assert once.version == draft.version + 1
    assert (again.version, again.changed_at) == (once.version, once.changed_at)


@pytest.mark.parametrize("texts", [{"diagnosis": "x"}, {"impression": "x" * 20_001}])
def test_unknown_fields_and_endless_texts_are_refused(session: Session, alice: Actor, study_id: UUID, texts: dict[str, str]) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    with pytest.raises(Invalid):
        reports.save(session, alice, draft.id, texts, now=NOW)


def test_a_report_without_impression_cannot_be_signed(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    with pytest.raises(Invalid, match="impression"):
        reports.sign(session, alice, draft.id, now=NOW)


def signed(session: Session, who: Actor, study_id: UUID) -> reports.ReportView:
    draft = reports.draft_for(session, who, study_id, now=NOW)
    reports.save(session, who, draft.id, {"impression": "1. LPD"}, now=NOW)
    return reports.sign(session, who, draft.id, now=NOW)


def test_a_signed_report_names_its_signer_and_ends_the_review(session: Session, alice: Actor, study_id: UUID) -> None:
    view = signed(session, alice, study_id)
    assert (view.status, view.signed_by, view.signed_at, view.pdf_pending) == ("final", "alice", NOW, True)
    assert studies.find(session, alice, study_id).status == "reported"
    assert session.get_one(Report, view.id).content_sha256


def test_a_signed_report_is_never_changed(session: Session, alice: Actor, study_id: UUID) -> None:
    view = signed(session, alice, study_id)
    with pytest.raises(Conflict):
        reports.save(session, alice, view.id, {"impression": "2. none"}, now=NOW)
    with pytest.raises(DatabaseError, match="final"), session.begin_nested():
        session.execute(update(Report).where(Report.id == view.id).values(content={}))


def test_asking_twice_for_a_pdf_makes_one_job_and_a_failed_one_is_asked_for_anew(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    for _ in range(2):
        assert reports.ask_pdf(session, alice, draft.id, now=NOW).pdf_pending
    job = session.scalars(select(Job).where(Job.kind == "render_report")).one()
    job.state, job.error_sentence = "failed", "The store is away."
    assert reports.find(session, alice, draft.id).pdf_problem == "The store is away."
    assert reports.ask_pdf(session, alice, draft.id, now=NOW).pdf_pending


def test_a_downloaded_pdf_is_of_the_present_version_and_audited(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    with pytest.raises(Conflict):
        reports.pdf(session, alice, draft.id)
    for _ in range(2):
        reports.add_document(session, draft.id, version=draft.version, draft=True, sha256="ab" * 32, size=10)
    assert reports.pdf(session, alice, draft.id).sha256 == "ab" * 32
    assert len(session.scalars(select(ReportDocument)).all()) == 1
    assert session.scalars(select(AuditEntry).where(AuditEntry.action == "report_downloaded")).one().object_id == draft.id


def test_bob_cannot_read_write_sign_or_download_alices_report(session: Session, alice: Actor, bob: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    for act in (reports.find, reports.pdf, reports.findings):
        with pytest.raises(NotFound):
            act(session, bob, draft.id)
    with pytest.raises(NotFound):
        reports.draft_for(session, bob, study_id, now=NOW)
    assert reports.listing(session, bob) == []


def test_a_technologist_neither_writes_nor_signs(session: Session, alice: Actor, study_id: UUID) -> None:
    tom = builders.actor(session, "tom", role=Role.TECHNOLOGIST, clinic="Clinic of alice")
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    for act in (lambda: reports.save(session, tom, draft.id, {"impression": "x"}, now=NOW), lambda: reports.pdf(session, tom, draft.id),
                lambda: reports.draft_for(session, tom, study_id, now=NOW)):
        with pytest.raises(Forbidden):
            act()


def test_the_material_has_one_figure_for_each_pattern_around_its_clearest_event(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    material = report_material.gather(session, draft.id, now=NOW)
    figure, = material.figures
    assert (figure.pattern, figure.start_s, figure.event_start_s) == ("lpd", 125.0, 100.0)
    assert [row.start for row in material.data.events] == ["2026-05-04 22:31:40", "2026-05-04 22:32:20"]
    assert any("age" in warning.lower() for warning in material.data.warnings)


def test_a_warning_about_the_age_is_printed_once(session: Session, alice: Actor, study_id: UUID) -> None:
    draft = reports.draft_for(session, alice, study_id, now=NOW)
    warning, = report_material.gather(session, draft.id, now=NOW).data.warnings
    analysis = session.scalars(select(Analysis)).one()
    analysis.summary = {**analysis.summary, "findings": ["The last record is short.", warning]}
    data = report_material.gather(session, draft.id, now=NOW).data
    assert (data.warnings, data.technical) == ((warning,), ("The last record is short.",))


def test_lengths_are_told_as_a_reader_says_them() -> None:
    assert [length_text(seconds) for seconds in (8.2, 59.6, 750, 7500)] == ["8 s", "1 min 0 s", "12 min 30 s", "2 h 5 min"]
    assert union_s([(0, 10), (5, 20), (30, 31)]) == 21
