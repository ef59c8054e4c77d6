"""``hms worker``: does the work that the web server accepts."""

from __future__ import annotations

import logging

import click

from app import settings


@click.command()
@click.option("--queues", default="", help="Comma-separated, of quick, cpu, gpu and background; all that HMS_WORKER_QUEUES names by default.")
@click.option("--threads", type=click.IntRange(1, 64), help="Jobs at a time.")
@click.option("--kinds", "modules", multiple=True, metavar="MODULE", help="Python module with further kinds of work (KINDS).")
@click.option("--quiet", is_flag=True, help="Log warnings and errors only.")
@click.option("--parent", type=int, hidden=True, help="End when this process does.")
def worker(queues: str, threads: int | None, modules: tuple[str, ...], quiet: bool, parent: int | None) -> None:
    """Run a worker: polls the job table, or follows Celery's hints where HMS_REDIS_URL is set."""
    from workers import serving

    config = settings.current()
    asked: dict[str, object] = {}
    if queues:
        asked["worker_queues"] = tuple(name.strip() for name in queues.split(","))
    if threads:
        asked["worker_threads"] = threads
    level = logging.WARNING if quiet else logging.INFO
    serving.serve(config.model_copy(update=asked), modules, parent=parent, log_level=level)
