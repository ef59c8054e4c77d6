"""The steps of an upload, as a program takes them."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


def begin(client: TestClient, content: bytes, *, name: str = "night.edf", number: str = "1", patient: str = "Rosa Ito",
          accept: bool = False, patient_id: str = "") -> Any:
    """Announce, send the head, confirm a new patient (or a known one by id); the id of the upload, or the answer that refused."""
    made = client.post("uploads", json={"name": name, "size": len(content)})
    if made.status_code != 201:
        return made
    upload_id = made.json()["id"]
    head = client.put(f"uploads/{upload_id}/head", content=content[:65536])
    whose = {"patient_id": patient_id} if patient_id else {"new_patient": {"name": patient, "record_number": number}}
    confirmation = whose | {"accept_other_identity": accept}
    confirmed = head if head.is_error else client.post(f"uploads/{upload_id}/confirm", json=confirmation)
    return confirmed if confirmed.is_error else upload_id


def send(client: TestClient, content: bytes, **about: Any) -> Any:
    """The whole way; the view of the upload, or the answer that refused."""
    upload_id = begin(client, content, **about)
    if not isinstance(upload_id, str):
        return upload_id
    answer = client.patch(f"uploads/{upload_id}", content=content, headers=TUS | {"Upload-Offset": "0"})
    return answer if answer.is_error else client.get(f"uploads/{upload_id}")
