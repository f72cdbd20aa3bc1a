"""``entente office``: a liaison office receives."""

import asyncio
import contextlib

import typer

from entente.bus.serve import together
from entente.cli.context import As, acting, commands, counting, examples
from entente.office import service
from entente.publish import sweeping

app = commands()


@app.command(epilog=examples("entente office --as RILO-AP"))
def office(context: typer.Context, as_: As) -> None:
    """Receive the alerts of an office's regions into its inbox, until Ctrl-C.

    Signed receipts go out every few seconds. Of a member that publishes too, grants whose time has
    come are taken back.
    """
    loaded = acting(context, "office", as_)
    with counting(as_) as progress, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(together(
            service.run(loaded, as_, progress=progress), sweeping.run(loaded, as_)
        ))  # fmt: skip
