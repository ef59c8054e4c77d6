"""How an attempt can end, and the sentence about it for the person who waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Done:
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Can never succeed: not tried again."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """May succeed when tried again."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A person asked to stop."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease went to another worker: nothing may be written."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """This worker is shutting down: the job goes back unharmed."""


Outcome = Done | Refused | Failed | Cancelled | Lost | Stopped


def failed(code: str, settings: Settings, *, reference: str = "") -> Failed:
    """An attempt that ended badly, with its sentence."""
    if code == "MEMORY_LIMIT":
        return Failed(code, f"The work needed more than the {settings.job_memory_mib} MiB of memory that one job may use.")
    if code == "CPU_LIMIT":
        return Failed(code, f"The work took more than the {settings.job_cpu_s} s of processor time that one job may use.")
    if code == "WALL_LIMIT":
        return Failed(code, f"The work was not done after {settings.job_wall_s:g} s, the longest that one job may take.")
    if code == "BUG":
        return Failed(code, f"Something went wrong in the program, reference {reference}.")
    return Failed(code, f"The process that did the work ended unexpectedly ({code.removeprefix('CRASH_')}).")
