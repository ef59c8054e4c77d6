"""Make one synthetic recording of the demo in the child, and a study of it in the worker."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy.orm import Session

from app.db.work import Job
from app.services import demo
from app.services.header_facts import info_from_json, info_to_json
from workers.kinds import Bench, Json, Kind


def prepare(_session: Session, job: Job) -> Json:
    return dict(job.parameters)


def run(parameters: Json, bench: Bench) -> Json:
    """Write recording ``number`` of the demo into the store."""
    from ml.byte_source import FileBytes
    from ml.open_recording import open_recording
    from ml.synthetic.demo import demo_recordings
    from ml.synthetic.recording import write_edf

    wanted = demo_recordings()[parameters["number"]]
    bench.settings.uploads_dir.mkdir(parents=True, exist_ok=True)
    path = bench.settings.uploads_dir / f"demo-{uuid4().hex}"
    try:
        write_edf(path, hours=wanted.hours, seed=wanted.seed, patterns=wanted.patterns,
                  on_progress=lambda done, total: bench.on_progress("generating", done, total))
        sha256 = _sha256(path)
        bench.store.put_path(path, sha256)
        with FileBytes(path) as content:
            info = info_to_json(open_recording(content).info)
        return {"sha256": sha256, "size": path.stat().st_size, "name": wanted.name, "title": wanted.title, "info": info}
    finally:
        path.unlink(missing_ok=True)


def save(session: Session, job: Job, result: Json) -> None:
    """Add the patient, the study and its analysis."""
    made = demo.Made(
        number=job.parameters["number"], sha256=result["sha256"], size=result["size"], name=result["name"],
        title=result["title"], info=info_from_json(result["info"]),
    )
    demo.load(session, demo.owner(job), made)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


KINDS: Final = (Kind("load_demo", "workers.load_demo:run", prepare, save),)
