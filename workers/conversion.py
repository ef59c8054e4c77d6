"""Convert a stored recording of another maker in the child, and keep the copy with its study."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from pathlib import Path

from sqlalchemy.orm import Session

from app.db.studies import Study
from app.services import channel_names, studies
from app.services.header_facts import info_from_json, info_to_json
from app.settings import Settings
from ml.byte_source import FileBytes
from ml.chunked import ChunkedRecording
from ml.conversion_process import Limits, ReaderKilled, convert_apart
from workers.kinds import Bench, Json


def convert(sha256: str, name: str, bench: Bench) -> Json:
    """Put a converted copy of a stored file into the store.

    Foreign readers run in a process of their own below the child, since what crashes one crashes it at every attempt: that is a
    refusal, where a lost child is tried again. It may use as much as the child.

    Raises
    ------
    RecordingError
        If the file is no recording, or one that cannot be read.
    """
    settings = bench.settings
    limits = Limits(memory_mib=settings.job_memory_mib, cpu_s=settings.job_cpu_s, wall_s=settings.job_wall_s)
    with tempfile.TemporaryDirectory(dir=_folder(settings)) as scratch:
        unpacked, target = Path(scratch) / "original", Path(scratch) / "converted"
        unpacked.mkdir()
        try:
            with bench.store.plain_file(sha256, Path(scratch)) as original:
                claimed = convert_apart(original, target, unpacked, name=name, limits=limits, on_progress=bench.on_progress)
        except ReaderKilled as killed:
            raise ChildProcessError(killed.sentence) from killed      # no refusal: tried again
        with FileBytes(target) as content:
            info = ChunkedRecording(content, patient=claimed).info
        with target.open("rb") as file:
            made = hashlib.file_digest(file, "sha256").hexdigest()
        bench.store.put_path(target, made)
        return {"sha256": made, "size": target.stat().st_size, "info": info_to_json(info)}


def keep(session: Session, study: Study, copy: Json) -> None:
    """Give the study its copy and what is known of the recording since."""
    info = info_from_json(copy["info"])
    names = channel_names.of_site(session, study.clinic_id, [signal.label for signal in info.signals])
    studies.converted(session, study, sha256=copy["sha256"], size=copy["size"], info=info, channel_names=names | dict(study.channel_names))


def _folder(settings: Settings) -> Path:
    """Where copies grow, on the disk of the store; what a killed child left there is removed."""
    folder = settings.data_dir / "converting"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for stray in folder.iterdir():
        if stray.stat().st_mtime < time.time() - settings.job_wall_s:
            shutil.rmtree(stray, ignore_errors=True)
    return folder
