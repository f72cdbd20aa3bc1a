"""``entente lane``: what each issuer said, what is missing; a lane rebuilt from its topic."""

import asyncio
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from entente.cli.context import As, Json, acting, commands, console, examples
from entente.office.lanes import read_lanes
from entente.publish.recover import recover as rebuild

app = commands("What each issuer said and what is missing; rebuild a lane after a lost disk.")


@app.command(
    epilog=examples("entente lane status --as RILO-AP", "entente lane status --as RILO-AP --gaps")
)
def status(
    context: typer.Context,
    as_: As,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Only lanes with gaps or a fork; exit 65 if any.")
    ] = False,
    as_json: Json = False,
) -> int:
    """List the lanes an office has read: how many statements, what is missing, forks."""
    found = read_lanes(acting(context, "lane", as_).party(as_))
    bad = [lane for lane in found if lane.gaps or lane.forked is not None]
    shown = bad if gaps else found
    if as_json:
        for lane in shown:
            typer.echo(msgspec.json.encode(lane).decode())
    else:
        rows = Table("lane", "statements", "missing", "forked from", box=None)
        for lane in shown:
            missing = ", ".join(f"{start} to {end - 1}" for start, end in lane.gaps[:5])
            more = f" and {len(lane.gaps) - 5} more" if len(lane.gaps) > 5 else ""
            rows.add_row(
                lane.lane, f"{lane.size:,}", missing + more,
                "" if lane.forked is None else str(lane.forked),
            )  # fmt: skip
        console().print(rows)
    return 65 if gaps and bad else 0


@app.command(epilog=examples("entente lane recover --as JP"))
def recover(context: typer.Context, as_: As) -> None:
    """After a lost disk: rebuild our lanes from their topics, before anything new is said."""
    done = asyncio.run(rebuild(acting(context, "lane", as_), as_, progress=typer.echo))
    typer.echo(f"{done.statements:,} statements in {len(done.sizes)} lanes are known again")
    if done.dropped:
        typer.echo(f"{done.dropped:,} that waited here had been said before")
