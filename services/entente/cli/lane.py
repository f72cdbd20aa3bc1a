"""``entente lane``: what each issuer said, what is missing; a lane rebuilt from its topic."""

import asyncio
from pathlib import Path

import msgspec
import typer
from rich.table import Column, Table

from entente.cli.context import As, Json, acting, commands, console, examples
from entente.cli.times import minute
from entente.coordinate import heard, received
from entente.correlate.replay.recover import recover as remake
from entente.correlate.views import proposer
from entente.correlate.views import service as correlator
from entente.errors import InputError, StoreError
from entente.office import follow
from entente.office import receipts as said
from entente.office import witness as witnesses
from entente.office.lanes import LaneStatus, Seen, granted_lanes, own_lanes, read_lanes
from entente.proof import cosignature
from entente.publish import receipts
from entente.publish.desk import OUTBOX
from entente.publish.recover import recover as rebuild
from entente.trust import files, party
from entente.trust.audience import reader as member
from entente.trust.audience import register as known
from entente.wire.names import GRANTS, Origin

_WIDE = 1_000
"""Columns where no terminal is: a row stays a line."""

app = commands("What each issuer said and what is missing; rebuild a lane after a lost disk.")


@app.command(
    epilog=examples(
        "entente lane status --as RILO-AP", "entente lane status --as RILO-AP --json > seen.json"
    )
)
def status(context: typer.Context, as_: As, as_json: Json = False) -> None:
    """List the lanes that we have read, and our own: how many statements, what is missing, forks.

    With --json it is what the secretariat asks for when a key ends: `entente network revoke`. Only
    the member itself can name all its lanes, those of grants and those that it has not used yet.
    """
    found = _lanes(acting(context, "lane", as_).party(as_))
    if not found:
        raise StoreError(
            f"{as_} has read nothing and said nothing on this machine.",
            advice="Start `entente office --as <its id>`, or `entente tail`.",
        )
    _print(found, as_json)


@app.command(epilog=examples("entente lane gaps --as RILO-AP"))
def gaps(context: typer.Context, as_: As, as_json: Json = False) -> int:
    """List only lanes where statements are missing, or that say two things. Exit 65 if any."""
    bad = [lane for lane in _lanes(acting(context, "lane", as_).party(as_)) if not lane.good]
    if bad or as_json:
        _print(bad, as_json)
    else:
        console().print("Nothing is missing, and nobody has said two things.")
    return InputError.exit_code if bad else 0


@app.command(epilog=examples("entente lane witness --as RILO-AP"))
def witness(context: typer.Context, as_: As) -> None:
    """Be a witness: make the key with which `entente office` co-signs what it has read of lanes.

    Others compare: an issuer that shows two histories is caught, and a statement that a witness
    had existed by then, whatever date it claims.
    """
    loaded = acting(context, "lane", as_)
    folder, secret = loaded.party(as_), loaded.secret()
    files.signing_key(folder / "signing.key", secret)  # the new key opens as the others do
    key = party.signing_or_new(folder / witnesses.KEY, secret)
    public = cosignature.vkey(witnesses.name(loaded.network, as_), key.public)
    typer.echo(f"the secretariat enters it: entente network witness {as_} '{public}'")


@app.command(epilog=examples("entente lane recover --as JP"))
def recover(context: typer.Context, as_: As) -> None:
    """After a lost disk: rebuild our lanes from their topics, before anything new is said.

    A correlator also learns again what it has proposed and what that rested on: its cases keep
    their ids, and their versions go on.
    """
    loaded = acting(context, "lane", as_)
    if member(loaded.party(as_)).role == "correlator":
        known = asyncio.run(remake(loaded, as_, progress=typer.echo))
        typer.echo(f"{known:,} statements are known again")
        return
    done = asyncio.run(rebuild(loaded, as_, progress=typer.echo))
    typer.echo(f"{done.statements:,} statements in {len(done.sizes)} lanes are known again")
    if done.dropped:
        typer.echo(f"{done.dropped:,} that waited here had been said before")


def _lanes(folder: Path) -> list[LaneStatus]:
    """All that a member knows of lanes, whatever services it runs, in order of their names."""
    found = [
        *granted_lanes(follow.store(folder)),
        *read_lanes(follow.store(folder), follow.PROJECTION),
        *read_lanes(received.store(folder), received.PROJECTION),
        *read_lanes(heard.store(folder), heard.PROJECTION),
        *read_lanes(folder / receipts.STORE, receipts.PROJECTION),
        *read_lanes(correlator.store(folder), proposer.INBOX),
        *own_lanes(folder / OUTBOX, _duties(folder, "alerts.", "decisions.", GRANTS)),
        *own_lanes(folder / said.STORE, _duties(folder, "receipts.")),
        *own_lanes(correlator.store(folder), _duties(folder, "proposals.")),
    ]
    # Our own lanes are those that we sign, however far we have read them.
    one = {lane.lane: lane for lane in sorted(found, key=lambda lane: (lane.ours, lane.size))}
    return sorted(one.values(), key=lambda lane: lane.lane)


def _duties(folder: Path, *families: str) -> list[Origin]:
    """The lanes that the register gives us on topics of these families."""
    if not (folder / "register.json").exists():
        return []
    register = known(folder)
    return [
        lane for lane in register.administration(folder.name).origins(register.network)
        if lane.topic.startswith(families)
    ]  # fmt: skip


def _seen(one: Seen) -> str:
    who = one.witness.rpartition("/")[2]
    if one.differs:
        return f"[red]{who} saw another history at {one.size:,}[/]"
    return f"{one.size:,} by {who}, {minute(one.time)}"


def _print(found: list[LaneStatus], as_json: bool) -> None:
    if as_json:
        for lane in found:
            typer.echo(msgspec.json.encode(lane).decode())
        return
    whole = Column("lane", no_wrap=True)  # it is copied into other commands
    rows = Table(whole, "statements", "missing", "forked from", "witnessed", "", box=None)
    for lane in found:
        missing = ", ".join(f"{start} to {end - 1}" for start, end in lane.gaps[:5])
        more = f" and {len(lane.gaps) - 5} more" if len(lane.gaps) > 5 else ""
        rows.add_row(
            lane.lane, f"{lane.size:,}", missing + more,
            "" if lane.forked is None else str(lane.forked),
            ", ".join(_seen(one) for one in lane.witnessed), "ours" if lane.ours else "",
        )  # fmt: skip
    out = console()
    if not out.is_terminal:
        out.width = _WIDE
    out.print(rows)
