"""The server as a whole: which door answers what, in which process, under which headers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.asgi import create_asgi
from app.db.columns import utc_now
from app.db.session import writing
from app.services import sign_in
from app.settings import Settings
from tests import builders

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HEAVY = ("torch", "timm", "shap", "onnxruntime", "tensorrt", "mne")


@pytest.fixture
def server(database: Settings) -> Iterator[TestClient]:
    with TestClient(create_asgi(database), base_url="http://127.0.0.1", client=("127.0.0.1", 50_000), follow_redirects=False) as client:
        yield client


def as_nora(server: TestClient) -> dict[str, str]:
    with writing() as session:
        token = sign_in.issue_api_token(session, builders.actor(session, "nora").user_id, label="test", now=utc_now())
    return {"Authorization": f"Bearer {token}"}


def test_each_door_answers(server: TestClient) -> None:
    nora = as_nora(server)
    assert server.get("/health").json() == {"status": "ok"}
    assert server.get("/api/v1/studies", headers=nora).json() == []
    assert server.get("/login").headers["content-type"].startswith("text/html")
    assert (server.get("/studies").status_code, server.get("/studies").headers["location"]) == (303, "/login?next=/studies")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/studies", "/api/v1/studies/../x"])
def test_an_unknown_api_path_is_json_404(server: TestClient, path: str) -> None:
    answer = server.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/openapi.json", "/api/v1/docs/swagger-ui.css", "/api/v1/uploads", "/api/v1/studies"])
def test_nothing_of_the_api_answers_nobody(server: TestClient, path: str) -> None:
    answer = server.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


def test_the_docs_page_needs_nothing_from_elsewhere_and_no_inline_script(server: TestClient) -> None:
    nora = as_nora(server)
    page = server.get("/api/v1/docs", headers=nora).text
    assert "https://" not in page
    assert page.count("<script") == page.count("<script src=") == 2
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert server.get(f"/api/v1/docs/{name}", headers=nora).status_code == 200
    assert server.get("/api/v1/docs/bootstrap-5.3.9.min.css", headers=nora).status_code == 422


def test_the_contract_names_how_to_sign_in_and_every_verb(server: TestClient) -> None:
    contract = server.get("/api/v1/openapi.json", headers=as_nora(server)).json()
    assert {"cookie", "bearer", "csrf"} == set(contract["components"]["securitySchemes"])
    assert contract["security"]
    assert {"/uploads", "/uploads/{upload_id}", "/studies/{study_id}/analysis", "/jobs/{job_id}"} <= set(contract["paths"])
    assert all(verb.get("summary") for path in contract["paths"].values() for verb in path.values())


@pytest.mark.parametrize("path", ["/health", "/api/v1/nothing", "/login", "/nothing", "/assets/upload.mjs"])
def test_every_answer_carries_the_security_headers_and_a_request_id(server: TestClient, path: str) -> None:
    headers = server.get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-request-id"]


def test_scripts_are_compressed_for_whom_takes_it_and_pages_and_tiles_are_not(server: TestClient) -> None:
    script = "/assets/vendor/swagger-ui-bundle.js"
    plain, packed = (server.get(script, headers={"Accept-Encoding": encoding}) for encoding in ("identity", "gzip"))
    assert (plain.headers.get("content-encoding"), packed.headers["content-encoding"]) == (None, "gzip")
    assert packed.content == plain.content
    for path in ("/login", "/health", "/api/v1/openapi.json"):
        assert "content-encoding" not in server.get(path, headers={"Accept-Encoding": "gzip"}).headers


def test_a_bug_is_told_by_its_reference_only(server: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail of the inside")

    monkeypatch.setattr("app.services.studies.worklist", broken)
    answer = server.get("/api/v1/studies", headers=as_nora(server) | {"X-Request-ID": "0123456789abcdef"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "went_wrong")
    assert answer.json()["error"]["sentence"].startswith("Something went wrong, reference 01234567.")


def test_a_wrong_request_names_the_field_and_not_its_value(server: TestClient) -> None:
    body = {"patient_id": "Rosa Ito", "accept_other_identity": True}
    answer = server.post(f"/api/v1/uploads/{'0' * 8}-0000-4000-8000-{'0' * 12}/confirm", json=body, headers=as_nora(server))
    assert answer.status_code == 422
    assert "patient_id" in answer.json()["error"]["sentence"]
    assert "Rosa" not in answer.text


def test_ready_tells_what_is_missing(server: TestClient, database: Settings) -> None:
    answer = server.get("/ready")
    assert answer.json()["database"] == answer.json()["store"] == "ok"
    assert (answer.status_code == 200) == (answer.json()["model"] == "ok")


def test_the_stream_process_serves_no_pages(database: Settings) -> None:
    with TestClient(create_asgi(database, role="stream"), base_url="http://127.0.0.1") as stream:
        assert stream.get("/health").status_code == 200
        assert stream.get("/login").status_code == stream.get("/api/v1/studies").status_code == 404


def test_the_web_process_imports_no_heavy_library(database: Settings) -> None:
    code = ("import sys; from app.asgi import create_asgi; from app.settings import Settings; create_asgi(Settings()); "
            f"print(sorted({set(HEAVY)!r} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2],
                          env=os.environ | {"HMS_DATA_DIR": str(database.data_dir)}, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr[-2000:]
