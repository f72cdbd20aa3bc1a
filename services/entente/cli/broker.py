"""``entente broker``: a real Kafka on this machine, and the topics and rights of any cluster."""

from typing import Annotated

import typer
from rich.console import Console

from entente import clock, config
from entente.bus.box import Box, Status
from entente.bus.connection import Connection
from entente.bus.provision import provision
from entente.cli.context import settings
from entente.trust import network

app = typer.Typer(
    help="Run a Kafka broker on this machine; make topics and rights on any cluster.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command(epilog="Example: `entente broker up --port 19093`")
def up(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(help="Port to listen on; else a free one.")] = None,
) -> None:
    """Start the broker and wait until it answers. Harmless if it runs already."""
    _print(_box(settings(context)).up(port))


@app.command(epilog="Example: `entente broker down`")
def down(context: typer.Context) -> None:
    """Stop the broker. Its data stay."""
    ran = _box(settings(context)).down()
    typer.echo("stopped" if ran else "it was not running")


@app.command(epilog="Example: `entente broker status`")
def status(context: typer.Context) -> int:
    """Say whether the broker runs, where, and where its log is. Exit code 69 if it is not up."""
    found = _box(settings(context)).status()
    _print(found)
    return 0 if found.state == "up" else 69


@app.command("provision", epilog="Example: `entente broker provision`")
def provision_(context: typer.Context) -> None:
    """Make the cluster's topics and rights what the register says. Run it after each change."""
    loaded = settings(context)
    connection = Connection.of(loaded.kafka.bootstrap, loaded.home / network.SECRETARIAT)
    box = _box(loaded)
    if box.status().bootstrap == loaded.kafka.bootstrap:
        connection = box.connection()
    changes = provision(connection, network.open(loaded.home, clock.now()))
    typer.echo(str(changes))


def _box(loaded: config.Settings) -> Box:
    return Box(loaded.home / network.BROKER)


def _print(found: Status) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"broker     {found.state}" + (f" (process {found.pid})" if found.pid else ""))
    console.print(f"bootstrap  {found.bootstrap or 'not known yet'}")
    console.print(f"log        {found.log}")
    if found.problem:
        console.print(f"problem    {found.problem}")
