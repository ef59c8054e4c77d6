"""A program that uses the API as any other would: uploads a file and follows its study."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CHUNK = 8 * 1024 * 1024
HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The study that an upload became, and when its last byte left."""

    study_id: str
    last_byte_at: float


def connect(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)


def upload(api: httpx.Client, path: Path, *, patient: str = "Test Patient", record_number: str = "T-1") -> Uploaded:
    """Announce, send the head, confirm a new patient, send all chunks, wait until the study is there."""
    upload_id = _told(api.post("/uploads", json={"name": path.name, "size": path.stat().st_size}))["id"]
    with path.open("rb") as file:
        _told(api.put(f"/uploads/{upload_id}/head", content=file.read(HEAD)))
        confirmation = {"new_patient": {"name": patient, "record_number": record_number}, "accept_other_identity": True}
        _told(api.post(f"/uploads/{upload_id}/confirm", json=confirmation))
        file.seek(0)
        offset = 0
        while chunk := file.read(CHUNK):
            headers = {"Upload-Offset": str(offset), "Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
            api.patch(f"/uploads/{upload_id}", content=chunk, headers=headers).raise_for_status()
            offset += len(chunk)
    last_byte_at = time.perf_counter()
    while not (view := _told(api.get(f"/uploads/{upload_id}")))["study_id"]:
        if view["state"] == "refused":
            raise RuntimeError(view["refusal"])
        time.sleep(0.02)
    return Uploaded(view["study_id"], last_byte_at)


def _told(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    return answer.json()
