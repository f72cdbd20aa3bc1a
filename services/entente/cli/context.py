"""What every command shares: the options before the command, settings and identity."""

from pathlib import Path
from typing import Annotated

import typer

from entente import config, logs
from entente.config import Settings

As = Annotated[
    str, typer.Option("--as", metavar="ID", help="The administration or office you act for.")
]
"""The ``--as`` option."""

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings; default $ENTENTE_CONFIG, entente.toml."
    ),
]


def options(context: typer.Context, config: Config = None) -> None:
    """Remember what was said before the command."""
    context.obj = config


def settings(context: typer.Context, service: str | None = None) -> Settings:
    """Load the settings and start logging: to a file of its own for ``service``, else to stderr.

    Raises ConfigError.
    """
    loaded = config.load(context.obj)
    logs.setup(loaded.log, loaded.home / "logs" / f"{service}.log" if service else None)
    return loaded
