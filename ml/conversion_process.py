"""Conversion in a process of its own, under limits: a reader of foreign files may crash, and its crash is then one sentence.

``python -m ml.conversion_process ORIGINAL TARGET SCRATCH NAME MEMORY_MIB CPU_S WALL_S`` is the child. It writes lines of JSON to what
was standard output: ``{"progress": [step, done, total]}``, and last ``{"done": identity}`` or ``{"refused": {code, sentence}}``; what
libraries print goes to standard error.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, TextIO

from ml.errors import RecordingError
from ml.recording import PatientField

ROOT: Final = Path(__file__).resolve().parent.parent
_MIB: Final = 1 << 20
_PR_SET_PDEATHSIG: Final = 1         # linux/prctl.h
_MAX_FILE_MIB: Final = 32 << 10
Progress = Callable[[str, int, int], None]


class ReaderKilled(RecordingError):
    """The conversion was ended from outside, which says nothing about the file: it may succeed when tried again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a conversion may use; a day of 40 channels at 512 Hz needs minutes and some hundred MiB."""

    memory_mib: int = 4096           # address space: libraries reserve about half of it
    cpu_s: int = 2 * 3600
    wall_s: float = 2 * 3600.0


def convert_apart(
    original: Path, target: Path, scratch: Path, *, name: str = "", limits: Limits | None = None, on_progress: Progress | None = None,
) -> PatientField:
    """Convert a recording of another maker, or a ZIP archive of one, to our own file.

    Parameters
    ----------
    original, target
        The file, beside its companions, and the copy to be written.
    scratch
        An empty folder for what an archive holds.
    name
        What the file was called where it came from (``ml.convert.open_foreign``).
    on_progress
        Told ``(step, done, total)``, first when the child has begun.

    Returns
    -------
    PatientField
        Identity that the original claims; the copy does not hold it.

    Raises
    ------
    RecordingError
        If it cannot be read, or its reader crashed or passed a limit.
    ReaderKilled
        If the child was ended from outside.
    """
    allowed = limits or Limits()
    order = [str(part) for part in (original, target, scratch, name, allowed.memory_mib, allowed.cpu_s, allowed.wall_s)]
    answer: dict[str, Any] = {}
    with subprocess.Popen([sys.executable, "-P", "-m", "ml.conversion_process", *order], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, env=_environment()) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                answer = json.loads(line)
                if on_progress and "progress" in answer:
                    on_progress(*answer["progress"])
            ended = child.wait()
        finally:
            child.kill()             # which does nothing unless the above was broken off
    _refuse_unless_ended_well(ended, allowed)
    if refused := answer.get("refused"):
        raise RecordingError(refused["sentence"], code=refused["code"])
    claimed = PatientField(**answer["done"])
    return replace(claimed, birth_date=date.fromisoformat(str(claimed.birth_date)) if claimed.birth_date else None)


def _refuse_unless_ended_well(status: int, allowed: Limits) -> None:
    if status == 0:
        return
    if status == -signal.SIGALRM:
        raise _over(f"{allowed.wall_s / 60:.3g} minutes")
    if status == -signal.SIGXCPU:
        raise _over(f"{allowed.cpu_s / 60:.3g} minutes of processor time")
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        raise ReaderKilled(f"The program that reads the format of the file was ended from outside ({how}), as when the machine runs out of "
                           "memory; try again, or export the recording as EDF+, which is read in place.", code="reader_killed")
    raise RecordingError(f"The file makes the program that reads its format break off ({how}), so it is damaged or of a variant that is "
                         "not read; export the recording as EDF+.", code="reader_crashed")


def _over(limit: str) -> RecordingError:
    return RecordingError(f"Reading the file took more than {limit}, so it was stopped; export the recording as EDF+, which is read in "
                          "place.", code="time_limit")


def _environment() -> dict[str, str]:
    """Few threads and arenas, as each reserves address space; this package is found from any folder."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def main(original: str, target: str, scratch: str, name: str, memory_mib: str, cpu_s: str, wall_s: str) -> None:
    """The child: convert one file and answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # Ctrl-C is the parent's to handle: it kills this process
    if sys.platform == "linux":                        # and nobody waits for an answer when the parent is gone
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _limit(int(memory_mib) * _MIB, int(cpu_s), float(wall_s))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _say(answers, {"progress": ["converting", 0, 1]})
    try:
        done = _converted(Path(original), Path(target), Path(scratch), name, lambda *how_far: _say(answers, {"progress": how_far}))
        _say(answers, {"done": done})
    except RecordingError as error:
        _say(answers, {"refused": {"code": error.code, "sentence": error.sentence}})
    except MemoryError:
        _say(answers, {"refused": {"code": "memory_limit", "sentence": f"Reading the file needs more than {memory_mib} MiB of memory, so it "
                       "was stopped; export the recording as EDF+, which is read in place."}})


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _converted(original: Path, target: Path, scratch: Path, name: str, on_progress: Progress) -> dict[str, Any]:
    from ml import convert

    info = convert.convert(convert.open_foreign(original, scratch, name=name), target, on_progress=on_progress)
    return asdict(info.patient) | {"birth_date": info.patient.birth_date.isoformat() if info.patient.birth_date else None}


def _limit(memory_bytes: int, cpu_s: int, wall_s: float) -> None:
    """Set limits, none above what the parent has for itself."""
    import resource

    for which, value in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_CORE, 0),
                         (resource.RLIMIT_FSIZE, _MAX_FILE_MIB * _MIB)):
        soft, hard = resource.getrlimit(which)
        resource.setrlimit(which, (value if soft == resource.RLIM_INFINITY else min(value, soft), hard))
    signal.setitimer(signal.ITIMER_REAL, wall_s)       # its signal ends the process


if __name__ == "__main__":
    main(*sys.argv[1:])
