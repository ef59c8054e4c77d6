"""``hms``: the one command of the house. A subcommand's module is imported only when it is asked for."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

# Before numpy is loaded: our matrices are small, and threads that wait for one another made an EEG page three times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command by the name of its module and of its function there."""

    module: str
    function: str
    summary: str


COMMANDS: Final[dict[str, Lazy]] = {
    "run": Lazy("app.commands.run", "run", "Run everything on this machine and print a sign-in link."),
    "web": Lazy("app.commands.run", "web", "Run the web server only."),
    "worker": Lazy("app.commands.worker", "worker", "Run a worker only."),
    "migrate": Lazy("app.commands.migrate", "migrate", "Bring the database to this version."),
    "add-user": Lazy("app.commands.users", "add_user", "Add a user."),
    "add-token": Lazy("app.commands.users", "add_token", "Issue a bearer token for the API."),
    "sign-in-link": Lazy("app.commands.users", "sign_in_link", "Print a one-time sign-in link for a user."),
    "analyse": Lazy("app.commands.analyse", "analyse", "Analyse one recording without a server."),
    "features": Lazy("app.commands.features", "features", "Write features of a recording as a Parquet table."),
    "inspect": Lazy("app.commands.inspect", "inspect", "Tell what a recording is and how good its signals are."),
    "synth": Lazy("app.commands.synth", "synth", "Write synthetic EEG recordings."),
    "train": Lazy("app.commands.train", "train", "Train the networks (extra train)."),
    "evaluate": Lazy("app.commands.evaluate", "evaluate", "Evaluate an ensemble: JSON, Markdown and plots (extra train)."),
    "export": Lazy("app.commands.export", "export", "Export trained networks as weights that serve (extra train)."),
    "keys": Lazy("app.commands.keys", "keys", "Make and change the keys under which objects are encrypted."),
    "bench": Lazy("app.commands.bench", "bench", "Measure speed and memory; prints JSON."),
}


class LazyGroup(click.Group):
    """Lists commands from the table above without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, lazy in COMMANDS.items() if find_spec(lazy.module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        lazy = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(lazy.module), lazy.function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].summary) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hms-eeg", prog_name="hms")
def hms() -> None:
    """Review of continuous EEG: upload, pattern analysis, signal review and reports."""


def main() -> None:
    """Run ``hms``; what is refused ends with one sentence on stderr and exit code 2."""
    from app.errors import AppError
    from ml.errors import RecordingError
    try:
        hms()
    except (AppError, RecordingError) as error:
        click.echo(error.sentence, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
