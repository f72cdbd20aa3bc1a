"""``entente proposals``: what a coordinator has to decide on."""

import asyncio
import json
from typing import Annotated

import msgspec
import typer

from entente.cli import decisions
from entente.cli.catchup import catch_up
from entente.cli.context import As, Json, acting, commands, examples, put
from entente.config import Settings
from entente.coordinate import heard, received, show, standing
from entente.coordinate.received import ReceivedProposal
from entente.errors import UsageError

app = commands()


@app.command(
    epilog=examples(
        "entente proposals --as COORD-1",
        "entente proposals --as COORD-1 --show 1",
        "entente proposals --as COORD-1 --json",
    )
)
def proposals(
    context: typer.Context,
    as_: As,
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
    """List the proposals of your regions by rank, verified, with their evidence.

    With each comes what was decided on it, by whom and when; `entente decide` says more.
    """
    loaded = acting(context, "proposals", as_)
    folder = loaded.party(as_)
    if not offline:
        asyncio.run(renew(loaded, as_))
        asyncio.run(decisions.renew(loaded, as_))
    found = received.read(folder)
    known = heard.read(folder)
    if as_json:
        for one in found:
            decided = standing.about(one.proposal.case, known)
            line = msgspec.to_builtins(one) | {"decisions": msgspec.to_builtins(decided)}
            typer.echo(json.dumps(line, ensure_ascii=False))
    elif show_ is not None:
        rank, one = _pick(found, show_)
        put(show.explained(rank, one, standing.about(one.proposal.case, known)))
    else:
        for rank, one in enumerate(found[:limit], 1):
            decided = standing.about(one.proposal.case, known)
            whole = rank <= explain
            put(
                show.explained(rank, one, decided)
                if whole
                else (show.headline(rank, one, decided),)
            )
        if len(found) > limit:
            put((f"[dim]and {len(found) - limit} more: --limit {len(found)}[/]",))
        if not found:
            put(("There are no proposals yet.",))


async def renew(loaded: Settings, coordinator: str) -> None:
    """Receive what is new, unless another process does."""
    await catch_up(lambda event: received.run(loaded, coordinator, caught_up=event))


def _pick(found: list[ReceivedProposal], which: str) -> tuple[int, ReceivedProposal]:
    for rank, one in enumerate(found, 1):
        if which == str(rank) or (len(which) >= 4 and one.proposal.case.startswith(which)):
            return rank, one
    raise UsageError(
        f"There is no proposal {which!r}.", advice=f"Give a rank from 1 to {len(found)}, or a case."
    )
