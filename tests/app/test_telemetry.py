"""Metrics and logs: enough for an operator, nothing about people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import telemetry
from app.api import health
from app.db.session import writing
from app.settings import Settings, use
from tests import builders
from tests.app.api.conftest import Api
from tests.app.api.conftest import api as api
from tests.app.api.conftest import server as server
from tests.edf_files import edf
from tests.uploading import send

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


LOGGING = """
import logging, structlog
from app import telemetry
telemetry.configure_logging()
structlog.get_logger("test").info("patient found", patient_name="Jane Doe", study_id="1234")
logging.getLogger("library").warning("plain\\nwarning")
try:
    patient = "Jane" + " Doe"
    raise RuntimeError(len(patient))
except RuntimeError:
    structlog.get_logger("test").exception("went wrong")
"""


def log_lines() -> list[dict[str, str]]:
    """What a process logs, which has the whole of its logging to itself."""
    done = subprocess.run([sys.executable, "-c", LOGGING], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    return [json.loads(line) for line in done.stderr.splitlines()]


def metrics(client: TestClient) -> str:
    return client.get("http://127.0.0.1/metrics").text


def test_jobs_are_counted_by_state_from_the_database(api: Api) -> None:
    alice = api("alice")
    send(alice, edf())
    assert 'eeg_jobs{kind="analyse",state="queued"} 1' in metrics(alice)
    assert "eeg_workers_alive 0" in metrics(alice)


def test_bytes_of_uploads_are_counted(api: Api) -> None:
    alice, before = api("alice"), telemetry.UPLOAD_BYTES._value.get()
    content = edf()
    send(alice, content)
    assert telemetry.UPLOAD_BYTES._value.get() - before == len(content)


def test_metrics_hold_no_name_and_no_path(api: Api) -> None:
    alice = api("alice")
    send(alice, edf(patient="MRN-77 F 04-JUL-1950 Doe_Jane"), name="Jane Doe.edf", patient="Jane Doe", number="MRN-77")
    text = metrics(alice)
    assert not [word for word in ("Jane", "Doe", "MRN", "JUL-1950", "1950-07-04") if word in text]     # 1950 alone may be in any measured number


@pytest.mark.parametrize("path", ["/api/v1/uploads/1234", "/api/v1/x/y/z", "/studies/1234/review", "/wp-admin.php", "/"])
def test_labels_stay_few_whatever_is_asked(path: str, database: Settings) -> None:
    known = {"api/uploads", "api/studies", "api/other", "assets", "callback", "health", "metrics", "page"}
    assert telemetry._door(path) in known


def test_metrics_are_for_this_machine_alone_unless_a_token_is_set(api: Api, database: Settings) -> None:
    alice = api("alice")
    proxied = alice.get("http://127.0.0.1/metrics", headers={"X-Forwarded-For": "10.0.0.9"})
    assert proxied.status_code == 404
    use(database.model_copy(update={"metrics_token": "scrape-me"}))
    assert alice.get("http://127.0.0.1/metrics").status_code == 404
    assert alice.get("http://127.0.0.1/metrics", headers={"Authorization": "Bearer scrape-me"}).status_code == 200


def test_a_log_line_is_json_without_identity(database: Settings) -> None:
    found, plain, bug = log_lines()
    assert (found["patient_name"], found["study_id"]) == ("[left out]", "1234")
    assert plain["event"] == "plain\nwarning"
    assert "RuntimeError: 8" in bug["exception"]
    assert "Jane Doe" not in str([found, plain, bug])


def test_readiness_needs_no_signing_in_and_tells_no_paths(api: Api, database: Settings) -> None:
    answer = api().get("http://127.0.0.1/ready")
    assert str(database.data_dir) not in answer.text
    assert set(answer.json()) == {"status", "database", "store", "model"}
    with writing() as session:
        builders.actor(session, "carol")
    assert health._passes(health._write_to_store)
