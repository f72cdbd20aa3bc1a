"""``entente decisions``: what coordinators have decided, as far as it concerns us."""

import asyncio
import json
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from entente.cli.catchup import catch_up, or_offline
from entente.cli.context import As, Json, acting, commands, examples, put
from entente.cli.times import minute
from entente.config import Settings
from entente.coordinate import heard, standing
from entente.publish.references import references

app = commands()


@app.command(
    epilog=examples(
        "entente decisions --as JP",
        "entente decisions --as COORD-1 --case 0b9f4c1e",
        "entente decisions --as COORD-1 --json",
    )
)
def decisions(
    context: typer.Context,
    as_: As,
    case: Annotated[
        str | None, typer.Option("--case", metavar="CASE", help="Only those on this case.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer ones.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the decisions that stand, newest first: of an administration those on its own alerts.

    `entente decide` says new ones and takes them back.
    """
    loaded = acting(context, "decisions", as_)
    if not offline:
        with or_offline():
            asyncio.run(renew(loaded, as_))
    found = heard.read(loaded.party(as_))
    if case is not None:
        cases = {c for one in found for c in standing.cases(one.decision) if c.startswith(case)}
        found = [one for one in found if cases.intersection(standing.cases(one.decision))]
    for one in found:
        if as_json:
            typer.echo(json.dumps(msgspec.to_builtins(one), ensure_ascii=False))
            continue
        reason = f": {one.decision.reason}" if one.decision.reason else ""
        decided = (*one.decision.alerts, *one.decision.others)
        ours = ", ".join(references(loaded.party(as_), decided).values())
        put(
            (
                f"{minute(one.issued_at)}  [bold]{one.coordinator:<10}[/]"
                f" {escape(standing.sentence(one.decision) + reason)}"
                f"  [dim]{f'our {escape(ours)}, ' if ours else ''}alerts of"
                f" {escape(' '.join(one.decision.administrations))};"
                f" decision {one.subject[:8]}[/]"
                + (f"  [yellow]{escape(one.unheeded)}[/]" if one.unheeded else ""),
            )
        )
    if not found and not as_json:
        put(("Nothing has been decided that concerns you.",))


async def renew(loaded: Settings, member: str) -> None:
    """Receive what is new, unless another process does."""
    await catch_up(lambda event: heard.run(loaded, member, caught_up=event))
