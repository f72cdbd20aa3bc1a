"""``entente correlate``: the correlation service, and the same engine on a file."""

import asyncio
import contextlib

import typer

from entente.cli.context import As, acting, commands, counting, examples
from entente.correlate import service

app = commands("Find cross-border patterns and propose joint operations.")


@app.command(epilog=examples("entente correlate serve --as CORRELATOR"))
def serve(context: typer.Context, as_: As = "CORRELATOR") -> None:
    """Read all alerts, keep looking for patterns, send signed proposals; until Ctrl-C."""
    loaded = acting(context, "correlate", as_)
    with counting(as_) as progress, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(service.run(loaded, as_, progress=progress))
