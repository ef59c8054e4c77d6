"""An acknowledged upload is never lost: the web server is killed with SIGKILL at random moments."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from sqlalchemy import select

from app.api import uploads
from app.db.session import reading
from app.db.studies import Study
from app.db.work import Job
from app.file_store import open_store
from tests.faults.installation import Installation
from tests.faults.upload_survival import survive

pytestmark = [pytest.mark.fault, pytest.mark.service]
KILLS = 10


def test_no_acknowledged_upload_is_lost_when_the_web_server_is_killed(house: Installation) -> None:
    client = survive(house, kills=KILLS, seed=1)
    store = open_store(house.settings)
    assert client.lost == []
    assert client.resumed
    assert len(client.stored) >= 2
    for sha256 in client.stored:
        assert hashlib.sha256(store.read_bytes(sha256)).hexdigest() == sha256
    with reading() as session:
        studies = {str(study.id): study.file.sha256 for study in session.scalars(select(Study))}
        jobs = Counter(str(job.study_id) for job in session.scalars(select(Job)))
    assert {sha256: study for study, sha256 in studies.items()} == client.stored
    assert jobs == dict.fromkeys(studies, 1)
    uploads.tidy()                    # as the next start does, for what the last kill left behind
    assert not list(house.settings.uploads_dir.glob("*.part"))
