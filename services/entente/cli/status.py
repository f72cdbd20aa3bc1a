"""``entente status``: who has an alert of ours, and who has not."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from entente.cli.catchup import catch_up, or_offline
from entente.cli.context import As, Json, acting, busy, commands, console, examples
from entente.cli.grant import Subject
from entente.publish import receipts
from entente.publish.known import known_register
from entente.publish.receipts import Status
from entente.publish.references import named

_MARKS = {"delivered": "received", "read": "read", "withdrawn": "followed"}

app = commands()


@app.command(epilog=examples("entente status --as JP JP-2026-0042"))
def status(
    context: typer.Context,
    subject: Subject,
    as_: As,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer receipts.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show who has received, read or followed each version of an alert, and who has not.

    Offices send signed receipts every few seconds while they run. Received: it is verified and in
    the inbox. Read: a system was handed it, or a person by `entente tail`. Followed: the withdrawal
    holds there.
    """
    loaded = acting(context, "status", as_)
    if not offline:
        with or_offline():
            with busy("receiving receipts"):
                asyncio.run(catch_up(lambda event: receipts.run(loaded, as_, event)))
    register = known_register(loaded, as_)
    about = named(loaded.party(as_), loaded.network, subject)
    found = receipts.status(loaded.party(as_), register, *about)
    if not as_json:
        console().print(f"[bold]{escape(about.called)}[/] is {about.subject}")
    for one in found:
        if as_json:
            typer.echo(json.dumps(msgspec.to_builtins(one)))
        else:
            _print(one)


def _print(one: Status) -> None:
    out = console()
    where = ", ".join(one.places)
    day = datetime.fromtimestamp(one.issued_at / 1_000_000, UTC)
    out.print(f"[bold]version {one.version}[/] {one.change.lower()} of {day:%Y-%m-%d}: {where}")
    silent = [standing.reader for standing in one.readers if not standing.acts]
    for standing in one.readers:
        if standing.acts:
            words = ", ".join(_MARKS[act] for act in standing.acts)
            out.print(f"  {standing.reader:<16} {words}")
    if silent:
        out.print(f"  [yellow]nothing from[/] {' '.join(silent)}")
