"""``entente correlate``: the correlation service, and the same engine on a file."""

import asyncio
import contextlib

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from entente.cli.context import As, settings
from entente.correlate import service

app = typer.Typer(
    help="Find cross-border patterns and propose joint operations.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command(epilog="Example: `entente correlate serve --as CORRELATOR`")
def serve(context: typer.Context, as_: As = "CORRELATOR") -> None:
    """Read all alerts, keep looking for patterns, send signed proposals; until Ctrl-C."""
    loaded = settings(context, f"correlate-{as_}")
    with Progress(
        TextColumn(as_), BarColumn(), MofNCompleteColumn(), TextColumn("records"),
        console=Console(stderr=True),
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)

        def progress(done: int, behind: int) -> None:
            bar.update(task, completed=done, total=done + behind)

        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(service.run(loaded, as_, progress=progress))
