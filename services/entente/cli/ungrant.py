"""``entente ungrant``: take back what an administration may open."""

import asyncio
from typing import Annotated

import typer

from entente.cli.context import As, acting, commands, counted, examples
from entente.cli.grant import Subject, To
from entente.config import Settings
from entente.publish.publisher import Publisher
from entente.publish.references import named

app = commands()


@app.command(epilog=examples("entente ungrant --as JP JP-2026-0042 --to FR --reason 'other man'"))
def ungrant(
    context: typer.Context,
    subject: Subject,
    as_: As,
    to: To,
    reason: Annotated[str, typer.Option(help="Why; everybody on the topic reads it.")] = "ended",
) -> None:
    """Take back what an administration may open of an alert, in every version of it.

    A signed withdrawal is said and the grant cleared from its topic: the broker drops the wrapped
    key within hours. An office of this software forgets it too, and shows the names no more.

    What cannot be undone: names that were read, and copies that were made of them, of the key, of
    the topic or of a backup. Who never opened it and kept no copy never will.
    """
    loaded = acting(context, "ungrant", as_)
    about = named(loaded.party(as_), loaded.network, subject)
    taken = asyncio.run(_ungrant(loaded, as_, subject, to, reason))
    typer.echo(
        f"{counted(taken, 'grant')} of {about.called} to {to} taken back"
        if taken
        else f"{to} has no grant of {about.called}"
    )


async def _ungrant(loaded: Settings, as_: str, subject: str, to: str, reason: str) -> int:
    async with Publisher(as_, loaded) as publisher:
        return await publisher.ungrant(subject, to, reason)
