"""``entente export``: evidence that proves itself, out of an office's inbox."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from entente import clock
from entente.bus.connection import Connection
from entente.bus.membership import entries
from entente.cli.context import As, commands, console, counted, examples, printable, settings
from entente.config import Settings
from entente.errors import BusError, UsageError, disk
from entente.office import evidence
from entente.office.cover import WHY
from entente.office.filter import Filter
from entente.office.release import stamps
from entente.office.selection import Asked
from entente.trust import files, metadata, network
from entente.trust.chain import Chain

app = commands()


@app.command(
    epilog=examples(
        "entente export --as RILO-AP --out evidence.zip --issuer JP",
        "entente export --as RILO-AP --out one.zip --issuer JP --subject JP-2026-0042",
        "entente export --as RILO-AP --out lane.zip --lane JP/alerts.asia-pacific/0",
    )
)
def export(
    context: typer.Context,
    as_: As,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write; must not exist.")],
    issuer: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only from this administration.")
    ] = None,
    subject: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SUBJECT",
            help="Only this alert: what its issuer calls it, or its id; repeat it.",
        ),
    ] = None,
    lane: Annotated[
        list[str] | None,
        typer.Option(metavar="LANE", help="Only this lane, e.g. JP/alerts.asia-pacific/0."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only seizure, detention, warning or feedback."),
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only with this country on the route.")
    ] = None,
    hs: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only goods whose HS code begins so.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only events from then on, e.g. 2013-06.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="WORD", help="Only with this anywhere in the alert.")
    ] = None,
) -> None:
    """Write what an office holds as evidence that proves itself, for `entente verify`.

    A zip with the signed bytes, their proofs, the register's chain and the schemas. Subjects go
    whole, with their corrections and withdrawals; whole issuers or lanes prove that nothing was
    left out. What may not leave the office is left out, and the export says where.
    """
    loaded = settings(context)
    asked = Asked(
        filter=Filter(
            issuers=tuple(issuer or ()), kinds=tuple(kind or ()), countries=tuple(country or ()),
            hs=hs, since=since, text=text,
        ),
        subjects=tuple(subject or ()), lanes=tuple(lane or ()),
    )  # fmt: skip
    now = clock.now()
    folder = loaded.party(as_)
    chain = _chain(loaded, as_)
    register = (
        Chain(files.read(folder / "root.json", metadata.ROOT_LIMIT)).follow(chain, now).load(now)
    )
    with _whole(out) as file, _bar() as progress:
        done = evidence.export(
            folder, register.administration(as_), register, chain, asked,
            file=file, made_at=now, progress=progress,
        )  # fmt: skip
    shown = console()
    manifest = done.manifest
    lanes = counted(len(manifest.lanes), "lane")
    shown.print(f"{counted(manifest.records, 'record')} from {lanes} in {out}")
    for one in manifest.lanes:
        missing = ", ".join(sorted({WHY[gap.why] for gap in one.gaps}))
        what = f"with gaps ({missing})" if one.gaps else "complete"
        shown.print(f"  {one.origin}: from {one.start:,} to {one.end - 1:,}, {what}")
    shown.print(f"  {done.witnessed:,} of them with a witness's word since when they exist")
    for reason in sorted({one.why_not or "" for one in done.left_out}):
        count = sum(one.why_not == reason for one in done.left_out)
        shown.print(f"[yellow]left out[/] {count:,}: {escape(reason)}")
    for name in done.unmet:
        shown.print(f"[yellow]not held here[/] {escape(printable(name))}")
    for stamp in stamps(manifest.marks):
        shown.print(f"[bold]{escape(printable(stamp))}[/]")


def _chain(loaded: Settings, member: str) -> Mapping[str, bytes]:
    """Root and register: from the network's public files if they are as new as what we know."""
    known = loaded.party(member) / "register.json"
    if known.exists():
        newest = metadata.parse(files.read(known, metadata.REGISTER_LIMIT))
        found = network.entries(loaded.home)
        if f"register/{newest.version}" in found:
            return found
    connection = Connection.of(loaded.kafka.bootstrap, loaded.party(member), loaded.secret())
    try:
        return asyncio.run(entries(connection))
    except BusError as error:
        error.advice += " An export has every version of the root in it; only the topic has them."
        raise


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all, readable by its owner only."""
    if path.exists():
        raise UsageError(f"{path} is there already.", advice="Name another file, or remove it.")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", advice="Name another file.") from error
    except OSError as error:
        raise disk(error, f"cannot write {path}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _bar() -> Iterator[evidence.Progress]:
    shown = console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=shown, disable=not shown.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total or None
        )
