"""The job engine: one row is the truth about one piece of work; queues carry nothing but a hint.

Doors and services ask (``enqueue``, ``view``, ``cancel``, ``retry``); workers claim rows by compare-and-swap, keep a lease
alive and end a job once (``claim``, ``heartbeat``, ``finish``, ``fail``, ``release``); ``reap`` takes back what was lost.
"""

from __future__ import annotations

from app.jobs.asking import JobRequest, JobView, cancel, canonical, enqueue, hasten, retry, view
from app.jobs.claiming import Claim, Progress, Verdict, claim, fail, finish, heartbeat, is_due, release
from app.jobs.hints import configure_hints
from app.jobs.reaping import Reaped, reap

__all__ = [
    "Claim", "JobRequest", "JobView", "Progress", "Reaped", "Verdict", "cancel", "canonical", "claim", "configure_hints", "enqueue",
    "fail", "finish", "hasten", "heartbeat", "is_due", "reap", "release", "retry", "view",
]
