"""Explanations over the API: who may ask for one, what is told before and after it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.access import Actor, Role
from app.db.audit import AuditEntry
from app.db.findings import Analysis
from app.db.session import reading, writing
from app.db.work import Job
from app.services import accounts, analyses, explanations
from ml.explain.attribution import Attribution
from ml.explain.cells import cells_of
from ml.explain.document import to_json
from ml.pipeline import PIPELINE_VERSION
from tests import viewer_site
from tests.app.api.conftest import Api

SEIZURE = 5       # the window at 50 s of ``viewer_site.known_result``


@pytest.fixture
def alices(api: Api, tmp_path: Path) -> tuple[TestClient, str]:
    """A study of Alice's that the served model has analysed."""
    client = api("alice")
    with writing() as session:
        user, clinic = accounts.user_named(session, "alice"), accounts.clinic_named(session, "Clinic of alice")
        assert user
        assert clinic
        study_id = viewer_site.add_study(session, Actor(user, clinic, Role.NEUROLOGIST), viewer_site.write_waves(tmp_path / "waves.edf"))
        of_model(session, analyses.served_model_sha256())
    return client, str(study_id)


def of_model(session: Any, sha256: str) -> None:
    analysis = session.scalars(select(Analysis)).one()
    analysis.model_sha256, analysis.pipeline_version = sha256, PIPELINE_VERSION


def address(study_id: str, index: int = SEIZURE) -> str:
    return f"/studies/{study_id}/windows/{index}/explanation"


def end_jobs(kept: Attribution) -> None:
    """What a worker leaves behind."""
    with writing() as session:
        for job in session.scalars(select(Job).where(Job.kind == "explain")):
            job.state = "done"
            if job.parameters["method"] == kept.method:
                explanations.save(session, job, to_json(kept))


def made() -> Attribution:
    values = np.full(cells_of("signal").shape, 0.01)
    return Attribution("signal", "shap", cells_of("signal"), values, 0.9, 0.4, 1e-9, 204, 3.0, 1)


def test_looking_starts_nothing(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    found = client.get(address(study_id)).json()
    assert (found["state"], found["pattern"], found["attribution"]) == ("none", "seizure", None)
    assert (found["start_s"], found["label_start_s"]) == (30.0, 50.0)
    with reading() as session:
        assert session.scalars(select(Job).where(Job.kind == "explain")).all() == []


def test_asking_queues_both_methods_once_and_is_written_down(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    first, again = (client.post(address(study_id), json={}) for _ in range(2))
    assert (first.status_code, first.json()["state"], again.json()["job_id"]) == (202, "queued", first.json()["job_id"])
    with reading() as session:
        queued = session.scalars(select(Job).where(Job.kind == "explain").order_by(Job.created_at)).all()
        assert [(job.queue, job.parameters["method"]) for job in queued] == [("quick", "occlusion"), ("quick", "shap")]
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == UUID(study_id), AuditEntry.action == "explanation_asked")).first()


def test_what_was_computed_is_told_with_its_sum(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    client.post(address(study_id), json={})
    end_jobs(made())
    found = client.get(address(study_id)).json()
    told = found["attribution"]
    assert (found["state"], told["method"], told["regions"]) == ("done", "shap", ["LL", "RL", "LP", "RP", "midline"])
    assert told["base"] + np.sum(told["values"]) == pytest.approx(told["prob"])
    assert client.get(address(study_id), params={"view": "bands"}).json()["state"] == "none"


def test_the_model_that_serves_must_be_the_one_that_judged(alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    with writing() as session:
        of_model(session, "0" * 64)
    refused = client.post(address(study_id), json={})
    assert refused.status_code == 409
    assert "Analyse it again" in refused.json()["error"]["sentence"]


def test_who_may_only_read_is_shown_what_is_there_and_starts_nothing(api: Api, alices: tuple[TestClient, str]) -> None:
    client, study_id = alices
    vic = api("vic", role=Role.VIEWER, clinic="Clinic of alice")
    assert vic.get(address(study_id)).json()["state"] == "none"
    assert vic.post(address(study_id), json={}).status_code == 403
    assert client.get(address(study_id)).json()["state"] == "none"


@pytest.mark.parametrize(("index", "wish", "status"), [(999, {}, 404), (SEIZURE, {"view": "phase"}, 422), (SEIZURE, {"pattern": "spikes"}, 422)])
def test_what_is_not_there_is_refused(alices: tuple[TestClient, str], index: int, wish: dict[str, str], status: int) -> None:
    client, study_id = alices
    assert client.post(address(study_id, index), json=wish).status_code == status


def test_another_clinic_finds_nothing(api: Api, alices: tuple[TestClient, str]) -> None:
    _, study_id = alices
    bob = api("bob")
    assert {bob.get(address(study_id)).status_code, bob.post(address(study_id), json={}).status_code} == {404}
