"""Uploads when two write at once, the line breaks, the disk fills or the client stalls."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api import uploads
from app.services import upload_completion
from app.services.part_file import PartFile, part_path
from app.settings import Settings
from tests.app.api.conftest import Api
from tests.edf_files import edf
from tests.uploading import TUS, begin

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EDF = edf()


def test_a_second_writer_is_told_to_wait(api: Api, database: Settings) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    with PartFile(part_path(database, UUID(upload_id)), create=True):
        answer = alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"})
    assert (answer.status_code, "Another request" in answer.json()["error"]["sentence"]) == (409, True)


def test_two_writers_at_once_never_lose_what_one_was_told(api: Api, database: Settings) -> None:
    alice = api("alice")
    upload_id, path = begin(alice, EDF), None
    for offset in range(0, 60_000, 3_000):
        def send(size: int, at: int = offset) -> Any:
            return alice.patch(f"uploads/{upload_id}", content=EDF[at : at + size], headers=TUS | {"Upload-Offset": str(at)})

        with ThreadPoolExecutor(2) as pool:
            told = [int(answer.headers["Upload-Offset"]) for answer in pool.map(send, (3_000, 1)) if answer.status_code == 204]
        stands = int(alice.head(f"uploads/{upload_id}").headers["Upload-Offset"])
        path = part_path(database, UUID(upload_id))
        assert max(told) <= stands <= path.stat().st_size
        alice.patch(f"uploads/{upload_id}", content=EDF[stands : offset + 3_000], headers=TUS | {"Upload-Offset": str(stands)})
    assert path is not None
    assert path.read_bytes() == EDF[:60_000]


def test_what_came_before_the_line_broke_is_kept(api: Api, server: FastAPI) -> None:
    alice = api("alice")
    upload_id = begin(alice, big := EDF + bytes(3_000_000))
    messages = iter([{"type": "http.request", "body": big[:2_500_000], "more_body": True}, {"type": "http.disconnect"}])
    asyncio.run(server(_patch(upload_id, alice.headers["authorization"]), lambda: _next(messages), _ignore))
    kept = int(alice.head(f"uploads/{upload_id}").headers["Upload-Offset"])
    assert 1_000_000 <= kept <= 2_500_000


def test_a_client_that_sends_nothing_is_let_go(api: Api, server: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "STALL_S", 0.2)
    alice, sent = api("alice"), []
    upload_id = begin(alice, EDF)

    async def silent() -> Any:
        await asyncio.sleep(60)

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(server(_patch(upload_id, alice.headers["authorization"]), silent, keep), 30))
    assert sent[0]["status"] == 408
    assert alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"}).status_code == 204


def test_a_full_disk_is_507_and_the_upload_goes_on_when_there_is_room(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, write = api("alice"), os.pwrite
    upload_id = begin(alice, EDF)

    def full(fd: int, block: Any, at: int) -> int:
        if at + len(block) > 50_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, block, at)

    alice.patch(f"uploads/{upload_id}", content=EDF[:50_000], headers=TUS | {"Upload-Offset": "0"})
    monkeypatch.setattr(os, "pwrite", full)
    answer = alice.patch(f"uploads/{upload_id}", content=EDF[50_000:], headers=TUS | {"Upload-Offset": "50000"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "storage_full")
    monkeypatch.setattr(os, "pwrite", write)
    assert alice.patch(f"uploads/{upload_id}", content=EDF[50_000:], headers=TUS | {"Upload-Offset": "50000"}).status_code == 204


def test_an_upload_that_is_cancelled_while_it_is_verified_makes_no_study(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, check = api("alice"), upload_completion.check
    upload_id = begin(alice, EDF)

    def cancel_meanwhile(*about: Any, **more: Any) -> Any:
        found = check(*about, **more)
        assert alice.delete(f"uploads/{upload_id}").status_code == 204
        return found

    monkeypatch.setattr(upload_completion, "check", cancel_meanwhile)
    answer = alice.patch(f"uploads/{upload_id}", content=EDF, headers=TUS | {"Upload-Offset": "0"})
    assert (answer.status_code, alice.get("studies").json()) == (410, []), answer.text


def test_bytes_that_vanished_are_told_and_not_invented(api: Api, database: Settings) -> None:
    alice = api("alice")
    upload_id = begin(alice, EDF)
    alice.patch(f"uploads/{upload_id}", content=EDF[:1000], headers=TUS | {"Upload-Offset": "0"})
    os.truncate(part_path(database, UUID(upload_id)), 999)
    answer = alice.patch(f"uploads/{upload_id}", content=EDF[1000:], headers=TUS | {"Upload-Offset": "1000"})
    assert (answer.status_code, "no longer on the disk" in answer.json()["error"]["sentence"]) == (410, True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 4000), st.booleans()), max_size=12))
def test_the_hash_is_of_the_bytes_whatever_was_cut_or_restarted(tmp_path: Any, database: Settings, steps: list[tuple[int, int, bool]]) -> None:
    path, kept, source = tmp_path / "part", 0, os.urandom(60_000)
    path.unlink(missing_ok=True)
    for size, unsynced, restarted in steps:
        if restarted:
            uploads.part_file._hashed.clear()
        with PartFile(path, create=True) as part:
            part.start_at(kept)
            part.write(source[kept : kept + size])
            kept = part.sync()
            digest = part.sha256()
            part.write(bytes(unsynced))                        # never acknowledged: the next request cuts it off
        assert digest == hashlib.sha256(source[:kept]).hexdigest()


def _patch(upload_id: str, authorization: str) -> dict[str, Any]:
    headers = TUS | {"Upload-Offset": "0", "Authorization": authorization}
    return {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PATCH", "scheme": "http", "query_string": b"",
            "path": f"/api/v1/uploads/{upload_id}", "raw_path": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]}


async def _next(messages: Iterator[dict[str, Any]]) -> dict[str, Any]:
    return next(messages)


async def _ignore(_message: Any) -> None:
    return None
