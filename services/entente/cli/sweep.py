"""``entente sweep``: take back what has come to its end."""

import asyncio

import typer

from entente.cli.context import As, acting, commands, examples
from entente.config import Settings
from entente.publish.publisher import Publisher

app = commands()


@app.command(epilog=examples("entente sweep --as JP"))
def sweep(context: typer.Context, as_: As) -> None:
    """Take back every grant of an alert whose `expires_at` has come, and clear it from its topic.

    `entente publish` does the same whenever it runs, and `entente office` of the same member every
    hour; let this run every hour where there is neither.
    What was opened before cannot be unread.
    """
    loaded = acting(context, "sweep", as_)
    taken = asyncio.run(_sweep(loaded, as_))
    typer.echo(f"{taken} {'grant' if taken == 1 else 'grants'} taken back")


async def _sweep(loaded: Settings, as_: str) -> int:
    async with Publisher(as_, loaded) as publisher:
        return await publisher.sweep()
