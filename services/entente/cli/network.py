"""``entente network``: who belongs to it, and what they may do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from entente import clock
from entente.cli.context import commands, console, examples, settings
from entente.errors import UsageError
from entente.trust import members, network

app = commands("The network: its members, what they may write and read, what ends soon.")


@app.command(
    epilog=examples(
        "ENTENTE_PASSPHRASE=... entente network create members.csv",
        "entente network create members.csv --no-passphrase",
    )
)
def create(
    context: typer.Context,
    table: Annotated[Path, typer.Argument(help="CSV: id, role, country, name, home, regions.")],
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Leave the private keys unencrypted.")
    ] = False,
) -> None:
    """Make a network on this machine, for an exercise: root, register, keys and certificates.

    The private keys are encrypted with the passphrase in $ENTENTE_PASSPHRASE, or in the file that
    `passphrase_file` names. Run it again to enrol those who are new in the table.
    """
    loaded = settings(context)
    secret = None if no_passphrase else loaded.secret()
    if secret is None and not no_passphrase:
        raise UsageError(
            "There is no passphrase for the private keys.",
            advice="Set ENTENTE_PASSPHRASE, or say --no-passphrase to leave them unencrypted.",
        )
    register = network.create(
        loaded.home, loaded.network, members.load(table), now=clock.now(), secret=secret
    )
    typer.echo(f"{register.network}: {len(register.administrations)} members,"
               f" register version {register.version}")  # fmt: skip


@app.command(epilog=examples("entente network show"))
def show(context: typer.Context) -> None:
    """List the members, and what ends within thirty days."""
    loaded = settings(context)
    now = clock.now()
    register = network.open(loaded.home, now)
    rows = Table("id", "name", "role", "home region", "further regions", "keys", box=None)
    for member in sorted(register.administrations.values(), key=lambda m: (m.role, m.id)):
        keys = sum(key.ended is None for key in member.signing)
        rows.add_row(
            member.id, member.name, member.role.replace("_", " "), member.home or "",
            ", ".join(member.regions) if len(member.regions) < 5 else f"{len(member.regions)} more",
            "retired" if member.retired else str(keys),
        )  # fmt: skip
    out = console()
    out.print(f"{register.network}, register version {register.version},"
                  f" good until {_day(register.expires)}")  # fmt: skip
    out.print(rows)
    for ending in network.endings(loaded.home, now):
        out.print(f"[yellow]ends {_day(ending.at)}:[/] {ending.what}")


def _day(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1_000_000, UTC).date().isoformat()
