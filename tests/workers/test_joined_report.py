"""The report of a joined recording: its EEG page is drawn from the file that holds the event."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from app.db.columns import utc_now
from app.db.session import writing
from app.file_store import open_store
from app.services import report_material, reports, reviews, stored_recording
from app.settings import Settings
from tests import builders
from tests.app.services.joined_parts import join, part
from workers import render_report
from workers.kinds import Bench


@pytest.fixture
def report_id(database: Settings) -> UUID:
    """Of two files of 20 s with a pause of 10 s between; one event is accepted in the second."""
    with writing() as session:
        alice = builders.actor(session, "alice")
        patient_id = builders.patient(session, alice)
        study_id = join(session, alice, database, *(part(session, alice, database, patient_id, after_s) for after_s in (0.0, 30.0))).study_id
        event, = builders.analysis(session, study_id, [("lpd", 34.0, 46.0)])
        reviews.decide(session, alice, event, decision="accepted")
        return reports.draft_for(session, alice, study_id, now=utc_now()).id


def test_the_figure_shows_the_second_file_on_the_clock_of_the_whole(database: Settings, report_id: UUID) -> None:
    with writing() as session:
        material = report_material.gather(session, report_id, now=utc_now())
    figure, = render_report._figures(material, Bench(database, open_store(database), lambda *_: None))
    assert "22:30:35" in figure.alt
    source = stored_recording.opened(open_store(database), material.recording_sha256)
    assert np.isfinite(render_report._printed(source, material, material.figures[0]).traces_uv[:18]).all()
