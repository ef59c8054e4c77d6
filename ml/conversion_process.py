"""Conversion in a process of its own, under limits: a reader of foreign files may crash, and its crash is then one sentence.

``python -m ml.conversion_process ORIGINAL TARGET SCRATCH MEMORY_MIB CPU_S`` is the child. It writes one line of JSON to what was
standard output: ``{"done": identity}`` or ``{"refused": {code, sentence}}``; what libraries print goes to standard error.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from ml.errors import RecordingError
from ml.recording import PatientField

ROOT: Final = Path(__file__).resolve().parent.parent
_MIB: Final = 1 << 20
_PR_SET_PDEATHSIG: Final = 1         # linux/prctl.h
_MAX_FILE_MIB: Final = 32 << 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What a conversion may use; a day of 40 channels at 512 Hz needs minutes and some hundred MiB."""

    memory_mib: int = 4096           # address space: libraries reserve about half of it
    cpu_s: int = 2 * 3600
    wall_s: float = 2 * 3600.0


def convert_apart(original: Path, target: Path, scratch: Path, *, limits: Limits | None = None) -> PatientField:
    """Convert a recording of another maker, or a ZIP archive of one, to our own file.

    Parameters
    ----------
    original, target
        The file, beside its companions, and the copy to be written.
    scratch
        An empty folder for what an archive holds.

    Returns
    -------
    PatientField
        Identity that the original claims; the copy does not hold it.

    Raises
    ------
    RecordingError
        If it cannot be read, or its reader crashed or passed a limit.
    """
    allowed = limits or Limits()
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ml.conversion_process", original, target, scratch, str(allowed.memory_mib), str(allowed.cpu_s)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=allowed.wall_s, check=False, env=_environment())
    except subprocess.TimeoutExpired:
        raise _over(f"{allowed.wall_s / 60:.3g} minutes") from None
    if done.returncode == -signal.SIGXCPU:
        raise _over(f"{allowed.cpu_s / 60:.3g} minutes of processor time")
    if done.returncode != 0:
        how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"status {done.returncode}"
        raise RecordingError(f"The file makes the program that reads its format break off ({how}), so it is damaged or of a variant that is "
                             "not read; export the recording as EDF+.", code="reader_crashed")
    answer: dict[str, Any] = json.loads(done.stdout)
    if refused := answer.get("refused"):
        raise RecordingError(refused["sentence"], code=refused["code"])
    claimed = PatientField(**answer["done"])
    return replace(claimed, birth_date=date.fromisoformat(str(claimed.birth_date)) if claimed.birth_date else None)


def _over(limit: str) -> RecordingError:
    return RecordingError(f"Reading the file took more than {limit}, so it was stopped; export the recording as EDF+, which is read in "
                          "place.", code="time_limit")


def _environment() -> dict[str, str]:
    """Few threads and arenas, as each reserves address space; this package is found from any folder."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def main(original: str, target: str, scratch: str, memory_mib: str, cpu_s: str) -> None:
    """The child: convert one file and answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # Ctrl-C is the parent's to handle: it kills this process
    if sys.platform == "linux":                        # and nobody waits for an answer when the parent is gone
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _limit(int(memory_mib) * _MIB, int(cpu_s))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        answer: dict[str, Any] = {"done": _converted(Path(original), Path(target), Path(scratch))}
    except RecordingError as error:
        answer = {"refused": {"code": error.code, "sentence": error.sentence}}
    except MemoryError:
        answer = {"refused": {"code": "memory_limit", "sentence": f"Reading the file needs more than {memory_mib} MiB of memory, so it was "
                              "stopped; export the recording as EDF+, which is read in place."}}
    answers.write(json.dumps(answer))
    answers.flush()


def _converted(original: Path, target: Path, scratch: Path) -> dict[str, Any]:
    from ml import convert

    info = convert.convert(convert.open_foreign(original, scratch), target)
    return asdict(info.patient) | {"birth_date": info.patient.birth_date.isoformat() if info.patient.birth_date else None}


def _limit(memory_bytes: int, cpu_s: int) -> None:
    import resource

    for which, value in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_CORE, 0),
                         (resource.RLIMIT_FSIZE, _MAX_FILE_MIB * _MIB)):
        _, hard = resource.getrlimit(which)
        resource.setrlimit(which, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    main(*sys.argv[1:])
