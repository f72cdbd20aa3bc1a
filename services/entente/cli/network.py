"""``entente network``: who belongs to it, and what they may do."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from entente import clock
from entente.cli.context import settings
from entente.trust import members, network

app = typer.Typer(
    help="The network: its members, what they may write and read, what is about to expire.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command(epilog="Example: `entente network create members.csv`")
def create(
    context: typer.Context,
    table: Annotated[Path, typer.Argument(help="CSV: id, role, country, name, home, regions.")],
) -> None:
    """Make a network on this machine, for an exercise: root, register, keys and certificates.

    The private keys are not encrypted. Run it again to enrol those who are new in the table.
    """
    loaded = settings(context)
    register = network.create(
        loaded.home, loaded.network, members.load(table), now=clock.now(), secret=None
    )
    typer.echo(f"{register.network}: {len(register.administrations)} members,"
               f" register version {register.version}")  # fmt: skip


@app.command(epilog="Example: `entente network show`")
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
    console = Console(highlight=False)
    console.print(f"{register.network}, register version {register.version},"
                  f" good until {_day(register.expires)}")  # fmt: skip
    console.print(rows)
    for ending in network.endings(loaded.home, now):
        console.print(f"[yellow]ends {_day(ending.at)}:[/] {ending.what}")


def _day(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1_000_000, UTC).date().isoformat()
