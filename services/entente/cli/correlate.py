"""``entente correlate``: the correlation service, and the same engine on a file."""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer

from entente.cli.context import As, acting, commands, counting, examples
from entente.correlate import service
from entente.correlate.run import correlate_run

app = commands("Find cross-border patterns and propose joint operations.")


@app.command(epilog=examples("entente correlate serve --as CORRELATOR"))
def serve(context: typer.Context, as_: As = "CORRELATOR") -> None:
    """Read all alerts, keep looking for patterns, send signed proposals; until Ctrl-C."""
    loaded = acting(context, "correlate", as_)
    with counting(as_) as progress, contextlib.suppress(asyncio.CancelledError):
        asyncio.run(service.run(loaded, as_, progress=progress))


@app.command(epilog=examples("entente correlate run --alerts stream.jsonl --out proposals.jsonl"))
def run(
    alerts: Annotated[
        Path, typer.Option(metavar="FILE", help="Alert versions in order of arrival (JSON Lines).")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Every version of every proposal.")],
    rules: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Other rules than ours (YAML files).")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read the alerts.")] = 1,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Turn names into link tokens first and forget them.")
    ] = False,
) -> None:
    """Run the same engine on a file, without a broker.

    A line in: `{"subject", "issuer", "version", "change", "issued_at", "received_at", "alert"}`;
    `entente alert schema` prints what an alert is. A line out: a version of a proposal, and after
    which line it was said. Both are described in services/entente/correlate/README.md. A line that
    is none ends the run, by its number.
    """
    read, written = correlate_run(alerts, out, rules=rules, workers=workers, sealed=sealed)
    typer.echo(f"{read:,} alert versions read, {written:,} proposal versions written to {out}")
