"""The check of a whole recording, in a child process with limits: parsers never run inside the web server.

``python -m app.services.recording_check PATH NAME MEMORY_MIB CPU_S`` reads the key of an encrypted upload (hexadecimal, or nothing) from
standard input and prints one JSON object: the header of the recording, or the sentence of the refusal.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.services.header_facts import info_from_json, info_to_json
from app.services.part_cipher import Keystream, PartBytes
from ml.errors import RecordingError
from ml.recording import RecordingInfo

PLAIN: Final = Keystream()
CPU_S: Final = 120
WALL_S: Final = 300.0
CHILD_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Refused:
    """The recording cannot be used; the sentence says why."""

    sentence: str
    code: str


def check(path: Path, *, name: str, memory_mib: int, keystream: Keystream = PLAIN) -> RecordingInfo | Refused:
    """Judge a whole file in a child; a crash, a memory limit or a loop there is a refusal and no more."""
    command = [sys.executable, "-m", __name__, str(path), name, str(memory_mib), str(CPU_S)]
    environment = {key: os.environ[key] for key in CHILD_ENVIRONMENT if key in os.environ}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    try:
        child = subprocess.run(command, input=(keystream.key or b"").hex().encode(), capture_output=True, timeout=WALL_S, env=environment,
                               check=False, cwd=Path(__file__).parents[2])
        answer = json.loads(child.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return Refused("The file could not be read within the limits for time and memory, so it was not taken. "
                       "It is probably damaged: export it again from the recorder.", "unreadable")
    if "refused" in answer:
        return Refused(answer["refused"], answer["code"])
    return info_from_json(answer["info"])


def main() -> None:
    path, name, memory_mib, cpu_s = sys.argv[1:]
    for limit, value in ((resource.RLIMIT_AS, int(memory_mib) * 1024 * 1024), (resource.RLIMIT_CPU, int(cpu_s)),
                         (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (value, value))
    keystream = Keystream(bytes.fromhex(sys.stdin.read()) or None)
    sys.stdout.write(json.dumps(_judge(PartBytes(Path(path), keystream), name)))


def _judge(source: PartBytes, name: str) -> dict[str, object]:
    from ml.header_check import HEAD_BYTES, awaiting_conversion
    from ml.open_recording import open_recording

    try:
        if waiting := awaiting_conversion(source.read_at(0, HEAD_BYTES)):
            return {"info": info_to_json(waiting)}
        return {"info": info_to_json(open_recording(source, name=name).info)}
    except RecordingError as error:
        return {"refused": error.sentence, "code": error.code}


if __name__ == "__main__":
    main()
