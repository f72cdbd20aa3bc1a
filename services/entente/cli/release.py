"""``entente release``: on a hit, let the other originator open what you choose."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.markup import escape

from entente.cli.catchup import or_offline
from entente.cli.context import As, Json, acting, commands, console, examples
from entente.cli.proposals import renew
from entente.config import Settings
from entente.coordinate import received
from entente.coordinate.hits import Hit, hits
from entente.errors import UsageError
from entente.office import follow
from entente.publish.publisher import Publisher
from entente.publish.references import named, references

app = commands()


@app.command(
    epilog=examples(
        "entente release --as JP",
        "entente release --as JP 0b9f4c1e --to FR",
        "entente release --as JP 0b9f4c1e --to FR --only JP-2026-0042",
    )
)
def release(
    context: typer.Context,
    as_: As,
    case: Annotated[
        str | None, typer.Argument(metavar="CASE", help="The case, or a beginning of its id.")
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
        with or_offline():
            asyncio.run(renew(loaded, as_))
    found = hits((one.proposal for one in received.read(loaded.party(as_))), as_)
    folder = loaded.party(as_)
    called = follow.references(folder, {hit.theirs for hit in found})
    ours = references(folder, {str(hit.ours) for hit in found})
    called |= {UUID(subject): name for subject, name in ours.items()}
    if case is None:
        _list(found, called, as_json)
        return
    wanted = {named(folder, loaded.network, one).subject for one in only or ()}
    chosen = _chosen(found, case, to, wanted)
    asyncio.run(_release(loaded, as_, chosen))
    given = ", ".join(sorted({called.get(hit.ours, str(hit.ours)) for hit in chosen}))
    typer.echo(f"{to} can open the names of {given}")


def _list(found: list[Hit], called: Mapping[UUID, str], as_json: bool) -> None:
    """Each hit in a line; alerts by what their issuers call them, where that is known here."""
    out = console()
    for hit in found:
        ours, theirs = (called.get(one, str(one)) for one in (hit.ours, hit.theirs))
        if as_json:
            plain = msgspec.to_builtins(hit) | {
                "ours_called": called.get(hit.ours), "theirs_called": called.get(hit.theirs)
            }  # fmt: skip
            typer.echo(json.dumps(plain))
        else:
            out.print(
                f"case {hit.case}: our {escape(ours)} and {hit.them}'s {escape(theirs)}"
                f" share {', '.join(hit.shared)}"
            )
    if not found and not as_json:
        out.print("Nothing sealed of ours meets anything of others.")


def _chosen(found: list[Hit], case: str, to: str | None, only: set[UUID]) -> list[Hit]:
    chosen = [hit for hit in found if hit.case.startswith(case.lower()) and hit.them == to]
    chosen = [hit for hit in chosen if not only or hit.ours in only]
    if len({hit.case for hit in chosen}) != 1:
        raise UsageError(
            f"There is no hit of ours with {to or 'anybody'} in case {case!r} that fits.",
            advice="`entente release --as <your id>` lists cases and originators.",
        )
    return chosen


async def _release(loaded: Settings, as_: str, chosen: list[Hit]) -> None:
    async with Publisher(as_, loaded) as publisher:
        for subject, to in sorted({(hit.ours, hit.them) for hit in chosen}):
            await publisher.grant(subject, to)
