"""``entente broker``: a real Kafka on this machine, and the topics and rights of any cluster."""

from collections import Counter
from typing import Annotated

import typer

from entente import clock, config
from entente.bus.box import Box, Status
from entente.bus.connection import Connection
from entente.bus.provision import provision
from entente.cli.context import busy, commands, console, examples, settings
from entente.trust import network, pki

app = commands("Run a Kafka broker on this machine; make topics and rights on any cluster.")


@app.command(epilog=examples("entente broker up --port 19093"))
def up(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Port to listen on; else a free one.")
    ] = None,
) -> None:
    """Start the broker and wait until it answers. Harmless if it runs already."""
    box = _box(settings(context))
    with busy("starting Kafka"):
        found = box.up(port)
    _print(found)


@app.command(epilog=examples("entente broker down"))
def down(context: typer.Context) -> None:
    """Stop the broker. Its data stay."""
    box = _box(settings(context))
    with busy("stopping Kafka"):
        ran = box.down()
    typer.echo("stopped" if ran else "it was not running")


@app.command(epilog=examples("entente broker status"))
def status(context: typer.Context) -> int:
    """Say whether the broker runs, where, and where its log is. Exit code 69 if it is not up."""
    found = _box(settings(context)).status()
    _print(found)
    return 0 if found.state == "up" else 69


@app.command("provision", epilog=examples("entente broker provision"))
def provision_(context: typer.Context) -> None:
    """Make the cluster's topics and rights what the register says. Run it after each change."""
    loaded = settings(context)
    connection = Connection.of(
        loaded.kafka.bootstrap, loaded.home / network.SECRETARIAT, loaded.secret()
    )
    box = _box(loaded)
    if _same(box.status().bootstrap, loaded.kafka.bootstrap):
        connection = box.connection()
    register = network.open(loaded.home, clock.now())
    with busy("making topics and rights"):
        done = provision(connection, register)
    if done.created:
        typer.echo(f"{len(done.created)} topics are new")
    for what, topics in (("more partitions", done.extended), ("other settings", done.configured)):
        if topics:
            typer.echo(f"{what}: {', '.join(topics)}")
    for verb, rights in (("given", done.granted), ("taken", done.revoked)):
        members = Counter(right.principal for right in rights)
        for member, count in sorted(members.items()):
            typer.echo(f"{member}: {count} {'right' if count == 1 else 'rights'} {verb}")
    for setting in done.differing:
        typer.echo(f"left as an operator has set it: {setting}")
    typer.echo("topics and rights are what the register says")


def _same(box: str | None, configured: str) -> bool:
    """Whether the configured broker is the one in the box, by whichever name of this machine."""
    host, _, port = configured.rpartition(":")
    return box is not None and (host in pki.LOCAL_HOSTS) and box.rpartition(":")[2] == port


def _box(loaded: config.Settings) -> Box:
    return Box(loaded.home / network.BROKER, secret=loaded.secret())


def _print(found: Status) -> None:
    out = console()
    out.print(f"broker     {found.state}" + (f" (process {found.pid})" if found.pid else ""))
    out.print(f"bootstrap  {found.bootstrap or 'not known yet'}")
    out.print(f"log        {found.log}")
    if found.problem:
        out.print(f"problem    {found.problem}")
