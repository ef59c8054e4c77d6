"""The kinds of work: what the worker reads, what the child computes, what the worker saves.

A kind is split in three so that no transaction is open while heavy work runs, and so that the process which parses hostile
bytes holds no database connection: ``prepare`` (worker, reading session) → ``run`` (child, file store only) → ``save``
(worker, in the one transaction that ends the job).

Extension point: ``hms worker --kinds package.module`` adds the kinds in that module's ``KINDS``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.file_store import FileStore
from app.settings import Settings

if TYPE_CHECKING:                  # the child, which imports this module too, does without a database
    from sqlalchemy.orm import Session

    from app.db.work import Job

Json = dict[str, Any]
Progress = Callable[[str, int, int], None]
"""``on_progress(step, done, total)``."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the child gives to the function that does the work."""

    settings: Settings
    store: FileStore
    on_progress: Progress


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    Parameters
    ----------
    name
        As in ``JobRequest.kind``.
    run
        ``"package.module:function"``, imported in the child only; ``function(parameters, bench) -> result``, both JSON.
        Raises RecordingError or AppError for what can never succeed; any other error is tried again.
    prepare
        ``prepare(session, job) -> parameters``.
    save
        ``save(session, job, result)``: writes result rows; idempotent; must not commit.
    """

    name: str
    run: str
    prepare: Callable[[Session, Job], Json]
    save: Callable[[Session, Job, Json], None]


def load(extra_modules: tuple[str, ...] = ()) -> Mapping[str, Kind]:
    """All kinds by name: those of the product and those of ``extra_modules``."""
    found = {}
    for module in (*PRODUCT_MODULES, *extra_modules):
        for kind in importlib.import_module(module).KINDS:
            found[kind.name] = kind
    return found


PRODUCT_MODULES: Final[tuple[str, ...]] = ("workers.analyse", "workers.explain", "workers.render_report", "workers.load_demo")
