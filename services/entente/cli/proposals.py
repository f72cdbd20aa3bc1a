"""``entente proposals``: what a coordinator has to decide on; each can be computed again."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from entente.cli import decisions
from entente.cli.catchup import catch_up, or_offline
from entente.cli.context import As, Json, acting, busy, counting, examples, put
from entente.cli.times import today
from entente.config import Settings
from entente.coordinate import heard, received, show, standing
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal
from entente.correlate.replay import replaying
from entente.errors import UsageError
from entente.trust.audience import reader

app = typer.Typer(
    help="List the proposals of your regions by rank, verified, with their evidence.\n\n"
    "With each comes what was decided on it, by whom and when; `entente decide` says more.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback(
    invoke_without_command=True,
    epilog=examples(
        "entente proposals --as COORD-1",
        "entente proposals --as COORD-1 --show 1",
        "entente proposals --as COORD-1 --json",
        "entente proposals replay 0b9f4c1e --as AUDIT",
    ),
)
def proposals(
    context: typer.Context,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="ID", help="Whom you act for: a coordinator.")
    ] = None,
    show_: Annotated[
        str | None, typer.Option("--show", metavar="RANK|CASE", help="Explain this one.")
    ] = None,
    explain: Annotated[int, typer.Option(min=0, metavar="N", help="Explain the first N.")] = 0,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="List at most N.")] = 25,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer ones.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the proposals of your regions by rank, verified, with their evidence."""
    if context.invoked_subcommand is not None:
        return
    if as_ is None:
        raise UsageError("Missing option '--as'.", advice="See `entente proposals --help`.")
    loaded = acting(context, "proposals", as_)
    folder = loaded.party(as_)
    if not offline:
        with or_offline():
            asyncio.run(renew(loaded, as_))
            asyncio.run(decisions.renew(loaded, as_))
    found, known = received.read(folder), heard.read(folder)
    decisions_on = {one.proposal.case: standing.about(one.proposal.case, known) for one in found}
    found.sort(key=lambda one: _over(one, decisions_on[one.proposal.case]))

    def explain_(rank: int, one: ReceivedProposal) -> Iterator[str]:
        decided, before = decisions_on[one.proposal.case], received.last_open(folder, one)
        return show.explained(rank, one, decided, today=today(), coordinator=as_, before=before)

    if as_json:
        for one in found:
            decided = decisions_on[one.proposal.case]
            line = msgspec.to_builtins(one) | {"decisions": msgspec.to_builtins(decided)}
            typer.echo(json.dumps(line, ensure_ascii=False))
    elif show_ is not None:
        rank, one = _pick(found, show_)
        put(explain_(rank, one))
    else:
        for rank, one in enumerate(found[:limit], 1):
            headline = show.headline(rank, one, decisions_on[one.proposal.case])
            put(explain_(rank, one) if rank <= explain else (headline,))
        if len(found) > limit:
            put((f"[dim]and {len(found) - limit} more: --limit {len(found)}[/]",))
        if not found:
            me = reader(folder)
            where = ", ".join(me.all_regions) or "no region"
            put((f"There are no proposals for {as_} ({where}): those of your regions come here.",))


@app.command(
    epilog=examples(
        "entente proposals replay 0b9f4c1e --as AUDIT",
        "entente proposals replay 0b9f4c1e --version 2 --as AUDIT --out statement.bin",
    )
)
def replay(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case, by its id.")],
    as_: As,
    version: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="This version; else the last.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the statement as computed here.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer statements.")
    ] = False,
) -> int:
    """Compute a version of a proposal again, from the log, and compare it byte for byte.

    For who may see all that it was computed from: the register must let you read the alerts, the
    decisions and the proposals of all regions. Exit code 65: other bytes come out here.
    """
    loaded = acting(context, "proposals", as_)
    if not offline:
        with or_offline():
            with counting("alerts") as progress:
                reading = partial(replaying.run, loaded, as_, progress=progress)
                asyncio.run(catch_up(lambda event: reading(caught_up=event)))
    done = replaying.again(loaded.party(as_), case, version)
    if out is not None:
        out.write_bytes(done.again)
    same = done.said == done.again
    what = f"{len(done.said):,} bytes, SHA-256 {sha256(done.said).hexdigest()}"
    put(
        (
            f"case {done.case} version {done.version}, computed again from {done.alerts:,} alerts"
            f" and {done.epochs:,} epochs",
            f"[bold green]the same[/] {what}"
            if same
            else f"[bold red]not the same[/] as what was said: {what}",
        )
    )
    return 0 if same else 65


async def renew(loaded: Settings, coordinator: str) -> None:
    """Receive what is new, unless another process does."""
    with busy("receiving proposals"):
        await catch_up(lambda event: received.run(loaded, coordinator, caught_up=event))


def _over(one: ReceivedProposal, decided: list[HeardDecision]) -> int:
    """What waits for a decision or was accepted comes first, then what was declined, then history,
    then what was withdrawn."""
    if one.proposal.status != "open":
        return 2 if one.proposal.history else 3
    return int(standing.declined(one.version, decided))


def _pick(found: list[ReceivedProposal], which: str) -> tuple[int, ReceivedProposal]:
    for rank, one in enumerate(found, 1):
        if which == str(rank) or (len(which) >= 4 and one.proposal.case.startswith(which)):
            return rank, one
    raise UsageError(
        f"There is no proposal {which!r}.", advice=f"Give a rank from 1 to {len(found)}, or a case."
    )
