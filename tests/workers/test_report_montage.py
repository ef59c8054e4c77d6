"""The EEG of a report stands in the montage with which its author reads, named, and with people's marks."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from app.access import Actor
from app.db.columns import utc_now
from app.db.session import writing
from app.file_store import open_store
from app.services import accounts, channel_marks, montages, report_material, reports, reviews, stored_recording
from app.settings import Settings
from tests import builders
from tests.app.services.joined_parts import part
from workers import render_report


@pytest.fixture
def written(database: Settings) -> tuple[Actor, UUID]:
    """Alice, and the report that she has begun: one event is accepted, F7 is marked as bad."""
    with writing() as session:
        alice = builders.actor(session, "alice")
        study_id = part(session, alice, database, builders.patient(session, alice), 0.0)
        event, = builders.analysis(session, study_id, [("lpd", 4.0, 16.0)])
        reviews.decide(session, alice, event, decision="accepted")
        channel_marks.mark(session, alice, study_id, "F7")
        return alice, reports.draft_for(session, alice, study_id, now=utc_now()).id


def printed(database: Settings, report_id: UUID) -> render_report.PrintedPage:
    """The page as the worker's child draws it, from what the database gave through JSON."""
    with writing() as session:
        gathered = report_material.gather(session, report_id, now=utc_now())
    material = render_report.MATERIAL.validate_python(render_report.MATERIAL.dump_python(gathered, mode="json"))
    assert material == gathered
    source = stored_recording.opened(open_store(database), material.recording_sha256)
    return render_report._printed(source, material, material.figures[0])


def test_without_a_setting_the_double_banana_is_printed(database: Settings, written: tuple[Actor, UUID]) -> None:
    assert printed(database, written[1]).status.startswith("longitudinal bipolar | LFF 1 Hz")


def test_an_own_default_montage_is_printed_and_named(database: Settings, written: tuple[Actor, UUID]) -> None:
    alice, report_id = written
    with writing() as session:
        mine = montages.create(session, alice, name="Left side", text="F7-Fp1\n\nC3-avg\nM1-Cz")
        accounts.save_settings(session, alice, {"montage": str(mine.id)})
    page = printed(database, report_id)
    assert page.names == ("F7-Fp1", "C3-avg")
    assert page.status.startswith("Left side | LFF 1 Hz")
    assert page.status.endswith("| marked bad for looking: F7")
    assert np.isfinite(page.traces_uv).all()
