"""``hms run``: everything on this machine. ``hms web``: the web server alone."""

from __future__ import annotations

import errno
import fcntl
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final

import click
import uvicorn

from app import security
from app import settings as settings_of_process
from app.access import Actor, Role
from app.db import migrate
from app.db.columns import utc_now
from app.db.session import configure, writing
from app.errors import Conflict
from app.services import accounts, demo, sign_in
from app.settings import Settings

LINK_VALID: Final = timedelta(hours=24)
GRACE_S: Final = 5


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of HMS_PORT; 0 takes any free one.")
@click.option("--demo/--no-demo", "with_demo", default=True, help="Load three synthetic studies at the first start.")
def run(port: int | None, with_demo: bool) -> None:
    """Run everything on this machine: migrate, web server, one worker; prints a fresh sign-in link."""
    from workers.supervisor import Supervisor

    config = _settings(port)
    with only_one(config), listening(config) as listener:
        migrate.upgrade(config)
        worker = Supervisor(("--quiet",))

        def started() -> None:
            for line in welcome(address(config, listener), prepare_site(with_demo=with_demo)):
                click.echo(line)
            worker.start()

        try:
            serve(config, listener, started)
        finally:
            worker.stop()
    click.echo("Stopped. The data are kept in " + str(config.data_dir))


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of HMS_PORT; 0 takes any free one.")
def web(port: int | None) -> None:
    """Run the web server only; start workers with hms worker."""
    config = _settings(port)
    migrate.check(configure(config))
    with listening(config) as listener:
        serve(config, listener, lambda: click.echo(f"HMS EEG is at {address(config, listener)}"))


def _settings(port: int | None) -> Settings:
    config = settings_of_process.current()
    if port is not None:
        config = settings_of_process.use(config.model_copy(update={"port": port}))
    security.check_bind(config)
    return config


@contextmanager
def only_one(config: Settings) -> Iterator[None]:
    """Refuse a second ``hms run`` on the same data: two would answer at two addresses and print two sets of links."""
    config.make_data_dir()
    with (config.data_dir / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"Another hms run uses the data in {config.data_dir} already. Stop it, or set HMS_DATA_DIR to "
                           "another folder.") from None
        yield


@contextmanager
def listening(config: Settings) -> Iterator[socket.socket]:
    """The listening socket, bound before anything slow so that a port in use is told at once.

    It names TCP: only then does asyncio send small answers at once; else the end of each waits 40 ms for the client's delayed ACK.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise Conflict(f"Port {config.port} of {config.host} is in use by another program. Stop that one, or choose another "
                           "with --port.") from None
        yield listener


def address(config: Settings, listener: socket.socket) -> str:
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{'https' if config.has_tls else 'http'}://{host}:{listener.getsockname()[1]}"


def prepare_site(*, with_demo: bool) -> dict[Role, str]:
    """Make the local accounts and a one-time code for each; ask for the demo where there is no study yet."""
    at = utc_now()
    with writing() as session:
        users = accounts.ensure_local_users(session)
        clinic_id = accounts.clinic_named(session, accounts.LOCAL_CLINIC)
        assert clinic_id is not None
        if with_demo:
            demo.ask(session, Actor(users[Role.NEUROLOGIST], clinic_id, Role.NEUROLOGIST))
        return {role: sign_in.issue_link(session, user_id, now=at, valid_for=LINK_VALID) for role, user_id in users.items()}


def welcome(base: str, codes: dict[Role, str]) -> list[str]:
    """The lines that a newcomer reads."""
    links = [f"  Sign in as {role.value}: {base}/login/link/{code}" for role, code in codes.items()]
    return [f"HMS EEG is at {base}", *links, "  Each link works once, within a day. Ctrl-C stops everything; the data are kept."]


def serve(config: Settings, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``started`` is called once requests are answered."""
    from app.asgi import create_asgi
    from app.telemetry import configure_logging

    configure_logging(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)    # uvicorn raises it again when it has shut down
    server = _Server(uvicorn.Config(
        create_asgi(config), log_config=None, access_log=False, server_header=False, proxy_headers=config.behind_tls_proxy,
        timeout_graceful_shutdown=GRACE_S, ssl_certfile=config.tls_certificate, ssl_keyfile=config.tls_key,
    ))
    server.started_hook = started
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Tells when it has started."""

    started_hook: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.started_hook()
