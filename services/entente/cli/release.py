"""``entente release``: on a hit, let the other originator open what you choose."""

import asyncio
import json
from typing import Annotated

import msgspec
import typer

from entente.cli.context import As, Json, acting, commands, console, examples
from entente.cli.grant import named
from entente.cli.proposals import renew
from entente.config import Settings
from entente.coordinate import received
from entente.coordinate.hits import Hit, hits
from entente.errors import UsageError
from entente.publish.publisher import Publisher

app = commands()


@app.command(
    epilog=examples(
        "entente release --as JP",
        "entente release --as JP 0b9f4c1e-6f0e-5c3c-8f7e-2f6f3a1f9f11 --to FR",
        "entente release --as JP 0b9f4c1e-6f0e-5c3c-8f7e-2f6f3a1f9f11 --to FR --only JP-2026-0042",
    )
)
def release(
    context: typer.Context,
    as_: As,
    case: Annotated[
        str | None, typer.Argument(metavar="CASE", help="The case to release for.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="The other originator.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="SUBJECT", help="Of several alerts only these; repeat it."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer proposals.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List whose sealed names meet ours, or let one of them open ours.

    A hit says that two sealed parts share a value, of which kind, and whose they are: nobody, not
    even the correlator, has seen the value. Both originators are told, and each chooses. A release
    lets the other open the names of our alerts in that case; `entente tail --as ID --open` shows
    what was released to us. `entente ungrant` takes it back, but what was opened is known.
    """
    loaded = acting(context, "release", as_)
    if not offline:
        asyncio.run(renew(loaded, as_))
    found = hits((one.proposal for one in received.read(loaded.party(as_))), as_)
    if case is None:
        _list(found, as_json)
        return
    chosen = _chosen(found, case, to, {str(named(loaded, as_, one)) for one in only or ()})
    asyncio.run(_release(loaded, as_, chosen))
    typer.echo(f"{to} can open the names of {len({hit.ours for hit in chosen})} of our alerts")


def _list(found: list[Hit], as_json: bool) -> None:
    out = console()
    for hit in found:
        if as_json:
            typer.echo(json.dumps(msgspec.to_builtins(hit)))
        else:
            out.print(
                f"case {hit.case}: our {hit.ours} and {hit.them}'s {hit.theirs}"
                f" share {', '.join(hit.shared)}"
            )
    if not found and not as_json:
        out.print("Nothing sealed of ours meets anything of others.")


def _chosen(found: list[Hit], case: str, to: str | None, only: set[str]) -> list[Hit]:
    chosen = [hit for hit in found if (hit.case, hit.them) == (case, to)]
    chosen = [hit for hit in chosen if not only or str(hit.ours) in only]
    if not chosen:
        raise UsageError(
            f"There is no hit of ours with {to or 'anybody'} in case {case!r} that fits.",
            advice="`entente release --as <your id>` lists cases and originators.",
        )
    return chosen


async def _release(loaded: Settings, as_: str, chosen: list[Hit]) -> None:
    async with Publisher(as_, loaded) as publisher:
        for subject, to in sorted({(hit.ours, hit.them) for hit in chosen}):
            await publisher.grant(subject, to)
