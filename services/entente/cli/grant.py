"""``entente grant``: let an administration open the sealed names of an alert."""

import asyncio
from typing import Annotated

import typer

from entente.cli.context import As, acting, commands, examples
from entente.config import Settings
from entente.publish.publisher import Publisher
from entente.publish.references import named

Subject = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="An alert of ours: its national reference or id.")
]
To = Annotated[str, typer.Option("--to", metavar="ID", help="Who is meant.")]

app = commands()


@app.command(epilog=examples("entente grant --as JP JP-2026-0042 --to FR"))
def grant(context: typer.Context, subject: Subject, as_: As, to: To) -> None:
    """Let an administration open the sealed names of an alert, in the version that holds.

    A register's agreement must let the two share names. A correction is sealed anew: who is to
    read it too is named in its `recipients`, or granted again.

    What is granted can be taken back with `entente ungrant`, but what was opened cannot be unread.
    """
    loaded = acting(context, "grant", as_)
    about = named(loaded.party(as_), loaded.network, subject)
    asyncio.run(_grant(loaded, as_, subject, to))
    typer.echo(f"{to} can open the names of {about.called}")


async def _grant(loaded: Settings, as_: str, subject: str, to: str) -> None:
    async with Publisher(as_, loaded) as publisher:
        await publisher.grant(subject, to)
