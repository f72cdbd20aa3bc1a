"""``entente community``: the keys under which sealed values meet without being read."""

from pathlib import Path
from typing import Annotated

import typer

from entente import clock
from entente.cli.catchup import newest
from entente.cli.context import As, acting, commands, examples
from entente.publish import community
from entente.trust import files, party

app = commands("Community keys: sealed names of two administrations meet under them, unread.")


@app.command(epilog=examples("entente community create --as JP --epoch 2026Q4 --out keys"))
def create(
    context: typer.Context,
    as_: As,
    epoch: Annotated[str, typer.Option(metavar="QUARTER", help="Such as 2026Q4.")],
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the files for the others go.")
    ] = Path("."),
) -> None:
    """Make the key of an epoch and hand it to every administration, and to nobody else.

    It is used for 400 days from the quarter's first. One administration makes it; each of the
    others gets a file that only it can open, for `entente community add`. Who holds the key can try
    names that it guesses against tokens: so the correlator and the offices are given none.
    """
    loaded = acting(context, "community", as_)
    now = clock.now()
    signer = files.signing_key(loaded.party(as_) / "signing.key", loaded.secret())
    register = newest(loaded, as_)
    party.check_signing(register, as_, signer.public.raw, now)
    here, written = community.create(
        loaded, as_, epoch, out, signer=signer, register=register, now=now
    )
    for path in written:
        typer.echo(f"send {path}")
    typer.echo(f"{epoch}: {', '.join(here)} on this machine {'has' if len(here) == 1 else 'have'}"
               f" it; {len(written) or 'no'} others in the register need theirs sent")  # fmt: skip


@app.command(epilog=examples("entente community add --as FR FR.2026Q4.key"))
def add(
    context: typer.Context,
    as_: As,
    file: Annotated[Path, typer.Argument(help="What the maker of the key has sent.")],
) -> None:
    """Take in a key that another administration has made."""
    loaded = acting(context, "community", as_)
    register = newest(loaded, as_)
    epoch = community.add(loaded.party(as_), as_, file, register, loaded.secret())
    typer.echo(f"{epoch}: link tokens are made with it from the next start of `entente publish`")
