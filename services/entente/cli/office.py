"""``entente office``: a liaison office receives."""

import asyncio
import contextlib

import typer

from entente.cli.context import As, acting, commands, counting, examples
from entente.office import service

app = commands()


@app.command(epilog=examples("entente office --as RILO-AP"))
def office(context: typer.Context, as_: As) -> None:
    """Receive the alerts of an office's regions into its inbox, until Ctrl-C."""
    loaded = acting(context, "office", as_)
    with counting(as_) as progress, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(service.run(loaded, as_, progress=progress))
