"""``entente lists``: who and what coordinators know to serve everybody."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from entente import clock
from entente.alert.listing import Known, Listing, Service
from entente.cli import decisions
from entente.cli.catchup import or_offline
from entente.cli.context import As, Json, acting, commands, console, examples, put
from entente.cli.times import day
from entente.config import Settings
from entente.coordinate import heard, listing
from entente.coordinate.decider import Decided, Decider
from entente.coordinate.heard import HeardListing
from entente.errors import UsageError
from entente.publish import community
from entente.wire.statement import LinkToken

app = commands("Lists that coordinators keep: couriers, forwarders, ports; they tie nobody.")
Reason = Annotated[str, typer.Option(help="Why; everybody reads it.")]


@app.command(
    epilog=examples(
        "entente lists add courier 'Blue Arrow' --as COORD-1 --reason 'carries for everybody'",
        "entente lists add forwarder '+86 20 8056 5199' --by phone --as COORD-1 --reason 'desk'",
        "entente lists add marketplace market.example --by domain --as COORD-1 --reason 'sellers'",
        "entente lists add hub_port NLRTM --by place --as COORD-1 --reason 'all goods pass'"
        " --until 2027-12-31",
        "entente lists add courier 'Blue Arrow' --sealed --as JP --reason 'carries for all'",
    )
)
def add(
    context: typer.Context,
    service: Annotated[
        Service, typer.Argument(metavar="WHAT", help=f"{', '.join(listing.services())}.")
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Whom or what.")],
    as_: As,
    reason: Reason,
    by: Annotated[Known, typer.Option("--by", help="What VALUE is.")] = "name",
    until: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="The last day, by the newest alert; else for ever."),
    ] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Do not say VALUE, but the link tokens of it.")
    ] = False,
) -> None:
    """Say a signed entry: what it names ties no alert to another, here and in every correlator.

    The same value again, with another reason or day, replaces the entry. Where names are sealed an
    entry in clear has no effect: --sealed is for an administration, which holds the community keys,
    and counts once two administrations have listed the same. Say it again when a new key begins.
    """
    loaded = acting(context, "lists", as_)
    entry = listing.entry(service, by, value, reason, until)
    tokens: tuple[LinkToken, ...] = ()
    if sealed:
        keys = community.load(loaded.party(as_), as_, loaded.secret())
        entry, tokens = listing.sealed(entry, keys, clock.now())
    done = asyncio.run(_enter(loaded, as_, entry, tokens))
    console().print(
        f"[bold]{escape(entry.value)}[/] listed as {service.replace('_', ' ')}, entry"
        f" {str(done.subject)[:8]}: said on {' '.join(done.topics)}"
    )
    if done.unheeded:
        console().print(f"  [yellow]{escape(done.unheeded)}[/]")


@app.command(epilog=examples("entente lists withdraw 3f2a91c0 --as COORD-1 --reason 'it is one'"))
def withdraw(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="Its id or the beginning of it.")],
    as_: As,
    reason: Reason,
) -> None:
    """Take back an entry of ours: from then on, what is learnt of the value counts."""
    loaded = acting(context, "lists", as_)
    asyncio.run(decisions.renew(loaded, as_))
    mine = [
        one
        for one in heard.listings(loaded.party(as_))
        if one.coordinator == as_ and one.subject.startswith(entry)
    ]
    if len(mine) != 1:
        raise UsageError(
            f"{entry!r} is {len(mine) or 'none'} of your entries.",
            advice="`entente lists show --as <your id>` lists them with their ids and owners.",
        )
    done = asyncio.run(_withdraw(loaded, as_, mine[0], reason))
    console().print(f"[bold]withdrawn:[/] {escape(mine[0].listing.value)} on {done.topics[0]}")


@app.command(
    epilog=examples("entente lists show --as COORD-1", "entente lists show --as COORD-1 --json")
)
def show(
    context: typer.Context,
    as_: As,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer ones.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the entries that stand in our regions: what, since when, until when, whose and why."""
    loaded = acting(context, "lists", as_)
    if not offline:
        with or_offline():
            asyncio.run(decisions.renew(loaded, as_))
    found = heard.listings(loaded.party(as_))
    today = datetime.now(UTC).date().isoformat()
    for one in found:
        if as_json:
            typer.echo(json.dumps(msgspec.to_builtins(one), ensure_ascii=False))
            continue
        said = one.listing
        until = f" until {said.until}" if said.until else ""
        over = "  [yellow]over[/]" if said.until and said.until < today else ""
        put(
            (
                f"{said.service.replace('_', ' '):<12} {escape(said.value)}"
                f"  [dim]{said.known_by}; {one.coordinator} since {day(one.issued_at)}"
                f"{escape(until)}; entry {one.subject[:8]}[/]{over}"
                + (f"  [yellow]{escape(one.unheeded)}[/]" if one.unheeded else ""),
                f"             {escape(said.reason)}",
            )
        )
    if not found and not as_json:
        put(("Nothing is listed.",))


async def _enter(
    loaded: Settings, as_: str, entry: Listing, tokens: tuple[LinkToken, ...]
) -> Decided:
    async with await Decider.open(loaded, as_) as decider:
        return await decider.enter(entry, tokens)


async def _withdraw(loaded: Settings, as_: str, one: HeardListing, reason: str) -> Decided:
    async with await Decider.open(loaded, as_) as decider:
        return await decider.withdraw(one, reason)
