"""Resumable uploads: tus 1.0 core after a look at the header and a person's word on whose recording it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime
from email.utils import format_datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app import settings, telemetry
from app.access import Actor
from app.api.errors import DOCUMENTED
from app.auth import SignedIn
from app.db.columns import utc_now
from app.db.session import reading, writing
from app.errors import AppError, Invalid, TooLarge
from app.file_store import open_store
from app.keyring import keyring_of
from app.services import part_file, upload_completion, uploads
from app.services.part_file import PartFile, part_path
from app.services.recording_check import Refused
from app.services.studies import KnownBytes
from app.services.upload_completion import Verified
from app.services.uploads import HEAD_BYTES, NewPatient, UploadView
from app.settings import MIB

TUS_VERSION = "1.0.0"
BYTES_TYPE = "application/offset+octet-stream"
STALL_S = 60.0
BINARY = {"requestBody": {"required": True, "content": {BYTES_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}
HEAD_BINARY = {"requestBody": {"required": True, "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary", "maxLength": HEAD_BYTES}}}}}


class WrongProtocol(AppError):
    status = 412
    code = "wrong_protocol"


class WrongType(AppError):
    status = 415
    code = "wrong_type"


class Stalled(AppError):
    status = 408
    code = "stalled"


class FileRefused(AppError):
    status = 422
    code = "refused"


class NewUpload(BaseModel):
    """A file that is about to come."""

    name: str = Field(min_length=1, max_length=1000, description="Shown, never used as a path")
    size: int = Field(ge=0, le=2**53, description="Bytes")
    fingerprint: str = Field(default="", max_length=200, description="Finds the upload again after a reload")


class PatientIn(BaseModel):
    """A patient who is not in the clinic's list yet; the record number is unique in it."""

    name: str
    record_number: str
    sex: Literal["F", "M"] | None = None
    birth_date: date | None = None


class Confirmation(BaseModel):
    """Whose recording it is: a patient of the clinic, or a new one."""

    patient_id: UUID | None = None
    new_patient: PatientIn | None = None
    accept_other_identity: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.patient_id is None) == (self.new_patient is None):
            raise ValueError("give either patient_id or new_patient")
        return self


class Channel(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    label: str
    sfreq_hz: float
    unit: str
    kind: str
    electrode: str | None


class Identity(BaseModel):
    """Who the file says was recorded; compared with the chosen patient, never trusted."""

    model_config = ConfigDict(from_attributes=True)

    name: str | None
    code: str | None
    sex: str | None
    birth_date: date | None


class Facts(BaseModel):
    """What the header says. A Parquet file tells no channels before it has wholly arrived."""

    model_config = ConfigDict(from_attributes=True)

    format: str
    duration_s: float | None
    start_time: datetime | None = Field(description="The recorder's own clock; EDF states no time zone")
    channels: tuple[Channel, ...]
    sfreqs_hz: tuple[float, ...]
    n_electrodes: int
    missing: tuple[str, ...]
    gaps: tuple[tuple[float, float], ...]
    findings: tuple[str, ...]
    equipment: str
    patient: Identity


class UploadOut(BaseModel):
    """An upload of mine. States: checking, confirming, receiving, verifying, stored, refused."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    original_name: str
    fingerprint: str
    size: int
    received: int
    state: str
    facts: Facts | None
    refusal: str
    note: str
    patient_id: UUID | None
    study_id: UUID | None
    job_id: UUID | None
    created_at: datetime
    expires_at: datetime


def _speak_tus(response: Response) -> None:
    response.headers["Tus-Resumable"] = TUS_VERSION


def _expiry(view: UploadView) -> dict[str, str]:
    """Of the extension "expiration" of tus."""
    return {"Upload-Expires": format_datetime(view.expires_at, usegmt=True)}


router = APIRouter(prefix="/uploads", tags=["uploads"], responses=DOCUMENTED, dependencies=[Depends(_speak_tus)])


@router.options("", status_code=204)
def capabilities(response: Response) -> None:
    """What this server can do, in the words of tus 1.0."""
    response.headers.update({"Tus-Version": TUS_VERSION, "Tus-Extension": "expiration,termination",
                             "Tus-Max-Size": str(settings.current().max_upload_bytes)})


@router.post("", status_code=201)
def announce(file: NewUpload, response: Response, who: SignedIn) -> UploadOut:
    """Announce a file; its first 64 KiB are wanted next."""
    with writing() as session:
        view = uploads.create(session, who, settings.current(), name=file.name, size=file.size,
                              fingerprint=file.fingerprint, now=utc_now())
    response.headers.update({"Location": f"/api/v1/uploads/{view.id}"} | _expiry(view))
    return UploadOut.model_validate(view)


@router.get("")
def list_mine(who: SignedIn) -> list[UploadOut]:
    """My open uploads and those of the last day, newest first."""
    with reading() as session:
        return [UploadOut.model_validate(view) for view in uploads.mine(session, who, now=utc_now())]


@router.get("/{upload_id}")
def show(upload_id: UUID, who: SignedIn) -> UploadOut:
    """One upload of mine."""
    with reading() as session:
        return UploadOut.model_validate(uploads.find(session, who, upload_id, now=utc_now()))


@router.put("/{upload_id}/head", openapi_extra=HEAD_BINARY)
async def check_head(upload_id: UUID, request: Request, who: SignedIn) -> UploadOut:
    """Send the first 64 KiB (or the whole of a smaller file); the answer is what the header says."""
    head = bytearray()
    async for block in request.stream():
        head += block
        if len(head) > HEAD_BYTES:
            raise TooLarge(f"The head may have at most {HEAD_BYTES} bytes. Send only the beginning of the file.")
    return UploadOut.model_validate(_accepted(await run_in_threadpool(_check_head, who, upload_id, bytes(head))))


@router.post("/{upload_id}/confirm")
def confirm(upload_id: UUID, confirmation: Confirmation, who: SignedIn) -> UploadOut:
    """Say whose recording it is; 409 ``other_identity`` when the header names somebody else."""
    new = confirmation.new_patient
    patient = confirmation.patient_id or (NewPatient(**new.model_dump()) if new else None)
    if patient is None:
        raise Invalid("Choose a patient, or enter a new one.")
    with writing() as session:
        view = uploads.confirm(session, who, upload_id, patient=patient,
                               accept_other_identity=confirmation.accept_other_identity, now=utc_now())
    return UploadOut.model_validate(view)


@router.head("/{upload_id}", status_code=200)
def offset(upload_id: UUID, response: Response, who: SignedIn) -> None:
    """How many bytes are here and safe."""
    with reading() as session:
        view = uploads.find(session, who, upload_id, now=utc_now())
    response.headers.update({"Upload-Offset": str(view.received), "Upload-Length": str(view.size)} | _expiry(view))


@router.patch("/{upload_id}", status_code=204, openapi_extra=BINARY)
async def append(upload_id: UUID, request: Request, response: Response, who: SignedIn,
                 upload_offset: Annotated[int, Header(ge=0)], tus_resumable: Annotated[str, Header()] = "",
                 content_length: Annotated[int | None, Header(ge=0)] = None) -> None:
    """Append bytes; they are synced to disk before the answer. The last ones are answered when the study is stored.

    An empty request at the end asks again for what a stopped server has not finished.
    """
    if tus_resumable != TUS_VERSION:
        raise WrongProtocol(f"This server speaks tus {TUS_VERSION}. Send the header Tus-Resumable: {TUS_VERSION}.")
    if request.headers.get("content-type") != BYTES_TYPE:
        raise WrongType(f"Bytes of an upload are sent as {BYTES_TYPE}.")
    part = await run_in_threadpool(_open_part, who, upload_id, upload_offset, content_length)
    done = False
    try:
        view = await run_in_threadpool(_begin, who, upload_id, upload_offset, content_length)
        await run_in_threadpool(part.start_at, upload_offset)
        await _receive(request, who, view, part)
        if done := part.offset == view.size:
            _accepted(await run_in_threadpool(complete, who, upload_id, part.sha256()))
    finally:
        await run_in_threadpool(part.close, done=done)
    response.headers.update({"Upload-Offset": str(part.offset)} | _expiry(view))


@router.delete("/{upload_id}", status_code=204)
def cancel(upload_id: UUID, who: SignedIn) -> None:
    """Give an upload up; its bytes are removed."""
    with writing() as session:
        uploads.cancel(session, who, upload_id, settings.current())
    telemetry.UPLOADS_ENDED.labels("cancelled").inc()


def complete(who: Actor, upload_id: UUID, sha256: str) -> UploadView:
    """Verify an upload whose bytes are all here, hashed already, and store its study; safe to repeat."""
    limits = settings.current()
    with writing() as session:
        task = upload_completion.begin(session, who, upload_id, limits)
    verdict = upload_completion.verify(task, sha256, open_store(limits), limits)
    view = _finish(who, upload_id, verdict)
    part_file.remove(task.path)
    telemetry.UPLOADS_ENDED.labels(view.state).inc()
    return view


def _finish(who: Actor, upload_id: UUID, verdict: Verified | Refused) -> UploadView:
    try:
        with writing() as session:
            return upload_completion.finish(session, who, upload_id, verdict, now=utc_now())
    except (IntegrityError, KnownBytes):               # another request stored the same bytes at this very moment: now they are known
        with writing() as session:
            return upload_completion.finish(session, who, upload_id, verdict, now=utc_now())


def tidy() -> None:
    """Finish uploads that a stopped server has left with all their bytes; forget those past their time."""
    with writing() as session:
        uploads.expire(session, settings.current(), now=utc_now())
    with reading() as session:
        left = uploads.left_behind(session)
    for who, upload_id, size in left:
        with suppress(AppError), _part(upload_id) as part:
            part.start_at(size)
            complete(who, upload_id, part.sha256())


def _open_part(who: Actor, upload_id: UUID, at: int, length: int | None) -> PartFile:
    """The locked file of an upload that may be appended to; the caller asks ``_begin`` again under the lock."""
    _begin(who, upload_id, at, length)
    return _part(upload_id, create=at == 0).__enter__()


def _part(upload_id: UUID, *, create: bool = False) -> PartFile:
    config = settings.current()
    return PartFile(part_path(config, upload_id), create=create, keyring=keyring_of(config))


def _begin(who: Actor, upload_id: UUID, at: int, length: int | None) -> UploadView:
    with reading() as session:
        return uploads.begin_append(session, who, upload_id, offset=at, length=length, now=utc_now())


def _check_head(who: Actor, upload_id: UUID, head: bytes) -> UploadView:
    with writing() as session:
        return uploads.check_head(session, who, upload_id, head, now=utc_now())


def _accepted(view: UploadView) -> UploadView:
    """A refusal is remembered first and raised then, so that it can be read again."""
    if view.state == "refused":
        raise FileRefused(view.refusal)
    return view


async def _receive(request: Request, who: Actor, view: UploadView, part: PartFile) -> None:
    """Write what comes; whatever has arrived when the connection ends is kept."""
    try:
        async for block in _blocks(request, view.size - part.offset):
            await run_in_threadpool(part.write, block)
            if part.unsynced >= settings.current().chunk_bytes:
                await run_in_threadpool(_keep, who, view.id, part)
    except ClientDisconnect:
        return                                     # nobody waits for an answer any more
    finally:
        await run_in_threadpool(_keep, who, view.id, part)


async def _blocks(request: Request, room: int) -> AsyncIterator[bytes]:
    """The body in blocks of about 1 MiB; never more than ``room`` bytes, never waiting longer than ``STALL_S``."""
    stream, waiting = request.stream(), bytearray()
    try:
        while True:
            block = await asyncio.wait_for(anext(stream, b""), STALL_S)
            room -= len(block)
            if room < 0:
                raise TooLarge("More bytes came than the file was announced with. Start a new upload with the right size.")
            waiting += block
            if len(waiting) >= MIB or not block:
                yield bytes(waiting)
                waiting.clear()
            if not block:
                return
    except TimeoutError:
        raise Stalled(f"No byte came for {STALL_S:.0f} s. Ask for the offset and go on from there.") from None


def _keep(who: Actor, upload_id: UUID, part: PartFile) -> None:
    """Sync first, then remember: an offset that was told is on disk."""
    new = part.unsynced
    if new == 0:
        return
    safe = part.sync()
    with writing() as session:
        uploads.received(session, who, upload_id, offset=safe)
    telemetry.UPLOAD_BYTES.inc(new)
