"""Kinds of work for fault tests, given to a worker by ``--kinds tests.faults.kinds``: good ones and poison."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import AuditEntry
from app.db.work import Job
from ml.errors import RecordingError
from workers.kinds import Bench, Kind

RESULT = "fault_result"
"""Action of the audit row that stands for a result: one per accepted job, or something was lost or done twice."""


def prepare(_session: Session, job: Job) -> dict[str, Any]:
    return dict(job.parameters)


def save(session: Session, job: Job, result: dict[str, Any]) -> None:
    session.add(AuditEntry(clinic_id=job.clinic_id, action=RESULT, object_id=job.id, detail=result))


def steady(parameters: dict[str, Any], bench: Bench) -> dict[str, Any]:
    """Work for ``work_s`` in tenths."""
    tenths = round(parameters.get("work_s", 0.1) * 10)
    for done in range(tenths):
        time.sleep(0.1)
        bench.on_progress("working", done + 1, tenths)
    return {"pid": os.getpid()}


def segfault(_parameters: dict[str, Any], _bench: Bench) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def hog(_parameters: dict[str, Any], _bench: Bench) -> dict[str, Any]:
    """Ask for 20 GB, piece by piece, and touch it."""
    return {"held": sum(len(piece) for piece in [bytes(200_000_000) for _ in range(100)])}


def spin(_parameters: dict[str, Any], _bench: Bench) -> dict[str, Any]:
    while True:
        pass


def hang(_parameters: dict[str, Any], _bench: Bench) -> dict[str, Any]:
    time.sleep(3600)
    return {}


def refuse(_parameters: dict[str, Any], _bench: Bench) -> dict[str, Any]:
    raise RecordingError("The recording has 0 channels; at least 1 is needed. Export it again.", code="no_channels")


def stumble(_parameters: dict[str, Any], _bench: Bench) -> dict[str, Any]:
    raise ZeroDivisionError


def chatter(_parameters: dict[str, Any], bench: Bench) -> dict[str, Any]:
    """Print as careless libraries do, and tell what this process knows of the installation."""
    os.write(1, b'{"done": "forged"}\n')
    sys.stdout.write("Extracting EDF parameters\n")
    known = {**os.environ, **bench.settings.model_dump(mode="json")}
    return {"known": [str(value) for value in known.values()], "loaded": sorted(sys.modules)}


KINDS = tuple(
    Kind(function.__name__, f"tests.faults.kinds:{function.__name__}", prepare, save)
    for function in (steady, segfault, hog, spin, hang, refuse, stumble, chatter)
)
