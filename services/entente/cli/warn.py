"""``entente warn``: warn those who are silent on a proposal's route."""

import asyncio
from typing import Annotated

import msgspec
import typer

from entente.cli.catchup import or_offline
from entente.cli.context import As, acting, commands, examples
from entente.cli.proposals import renew
from entente.coordinate import received, warning
from entente.errors import UsageError
from entente.trust import files, metadata
from entente.trust.register import Register

app = commands()


@app.command(
    epilog=examples(
        "entente warn 0b9f4c1e --as RILO-WE --to BE > warning.jsonl",
        "entente publish --as RILO-WE warning.jsonl",
    )
)
def warn(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case, or its first digits.")],
    as_: As,
    to: Annotated[
        str | None, typer.Option(metavar="COUNTRY", help="Only this one; else all who are silent.")
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the broker for newer proposals.")
    ] = False,
) -> None:
    """Write a warning for whoever is silent on the route of a proposal, to be read and published.

    It names goods and route, and no party. It is refused where the alerts behind the proposal may
    not be passed on.
    """
    loaded = acting(context, "warn", as_)
    folder = loaded.party(as_)
    if not offline:
        with or_offline():
            asyncio.run(renew(loaded, as_))
    found = [p for p in received.read(folder) if p.proposal.case.startswith(case)]
    if len(found) != 1:
        raise UsageError(
            f"{len(found) or 'No'} proposals for {as_} begin with {case!r}.",
            advice="`entente proposals` shows the ids of cases; give more of one.",
        )
    data = files.read(folder / "register.json", metadata.REGISTER_LIMIT)
    register = Register.content(metadata.parse(data))
    for line in warning.lines(found[0].proposal, register, to):
        typer.echo(msgspec.json.encode(line).decode())
