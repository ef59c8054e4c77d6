"""Long proof of uploads: ``python -m tests.proof.upload_survival [kills]`` prints one JSON object.

The web server is killed with SIGKILL at random moments while a client uploads file after file; every file that was
acknowledged must be in the store, as exactly one study with exactly one job. Embedded, and on PostgreSQL where it is there.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from app.db.session import reading
from app.db.studies import Study
from app.db.work import Job
from app.file_store import open_store
from tests.faults.installation import Installation, install
from tests.faults.upload_survival import Client, survive
from tests.servers import Postgres, free_port, postgres_bin


def verdict(house: Installation, client: Client) -> dict[str, object]:
    """What was acknowledged against what is there."""
    store = open_store(house.settings)
    with reading() as session:
        studies = {study.file.sha256: str(study.id) for study in session.scalars(select(Study))}
        jobs = Counter(str(job.study_id) for job in session.scalars(select(Job)))
    whole = [sha256 for sha256 in client.stored if store.has(sha256) and store.read_bytes(sha256)]
    return {"uploads": len(client.stored), "resumed": client.resumed, "lost_uploads": len(client.stored) - len(whole),
            "lost_bytes": client.lost, "other_study": sum(studies.get(key) != value for key, value in client.stored.items()),
            "jobs_not_one": sum(count != 1 for count in jobs.values())}


def prove(house: Installation, kills: int) -> dict[str, object]:
    began = time.perf_counter()
    try:
        found = verdict(house, survive(house, kills=kills, seed=kills))
    finally:
        house.close()
        shutil.rmtree(house.settings.data_dir, ignore_errors=True)
    return {"kills": kills, **found, "elapsed_s": round(time.perf_counter() - began, 1)}


def on_postgres(kills: int) -> dict[str, object]:
    tools = postgres_bin()
    if tools is None:
        return {"skipped": "PostgreSQL absent"}
    folder = Path(tempfile.mkdtemp(prefix="hms-pg-"))
    server = Postgres(tools, folder, free_port())
    try:
        server.create()
        server.start()
        return prove(install(server, None), kills)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(kills: int) -> int:
    found = {"sqlite": prove(install(None, None), kills), "postgresql": on_postgres(kills)}
    print(json.dumps({"upload_survival": found}, indent=2))
    wrong = ("lost_uploads", "lost_bytes", "other_study", "jobs_not_one")
    return int(any(part.get(key) for part in found.values() for key in wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
