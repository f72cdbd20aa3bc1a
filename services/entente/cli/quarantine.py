"""``entente quarantine``: what a reader refused, or keeps waiting; nothing is dropped silently."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from entente.bus import grants
from entente.bus.refused import Refusal, refused
from entente.cli.context import As, Json, acting, commands, console, examples, printable
from entente.coordinate import heard, received
from entente.correlate.views import proposer
from entente.correlate.views import service as correlator
from entente.office import follow, witness
from entente.publish import receipts
from entente.store.reader import Reader
from entente.trust import files

INBOXES = (
    (follow.store, (follow.PROJECTION, grants.PROJECTION, witness.PROJECTION)),
    (lambda folder: folder / receipts.STORE, (receipts.PROJECTION,)),
    (received.store, (received.PROJECTION,)),
    (heard.store, (heard.PROJECTION,)),
    (correlator.store, (proposer.INBOX, proposer.DECISIONS)),
)
"""Where a member keeps what it receives."""

app = commands()


@app.command(
    epilog=examples(
        "entente quarantine --as RILO-AP", "entente quarantine --as RILO-AP --save refused"
    )
)
def quarantine(
    context: typer.Context,
    as_: As,
    save: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the records' bytes there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what a reader has refused or keeps waiting, and what to do about it.

    Reads what the reader keeps, and changes nothing. What waits is judged again when the register
    changes.
    """
    folder = acting(context, "quarantine", as_).party(as_)
    out = console()
    read = (one for store, names in INBOXES for one in _read(store(folder), names))
    # Two services of a member may read one topic; each record is listed once.
    found = {(one.record.topic, one.record.partition, one.record.offset): one for one in read}
    for one in found.values():
        if save is not None:
            files.write(save / file(one), one.record.value or b"")
        if as_json:
            typer.echo(json.dumps(plain(one), ensure_ascii=False))
        else:
            for line in lines(one):
                out.print(line)
    if save is not None:
        out.print(f"{len(found)} records written to {escape(str(save))}")
    elif not found and not as_json:
        out.print("Nothing was refused, and nothing waits.")


def file(one: Refusal) -> str:
    """A name for the record's bytes, by its place on the topic."""
    record = one.record
    return f"{record.topic}-{record.partition}-{record.offset}.avro"


def plain(one: Refusal) -> dict[str, object]:
    """The refusal in plain types, without the record's bytes."""
    record = one.record
    return {
        "topic": record.topic, "partition": record.partition, "offset": record.offset,
        "timestamp": record.timestamp, "lane": lane(one), "bytes": len(record.value or b""),
        "step": one.code.step, "code": one.code.value, "waiting": one.waiting,
        "advice": one.code.advice,
    }  # fmt: skip


def lines(one: Refusal) -> tuple[str, str]:
    """What it is and why, then what to do, as rich markup."""
    record, code = one.record, one.code
    when = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    state = "[yellow]waits  [/]" if one.waiting else "[red]refused[/]"
    return (
        f"{state}  {when:%Y-%m-%d %H:%M}  [bold]{escape(printable(lane(one)))}[/]"
        f"  step {code.step}, {code.value}"
        f"  [dim]{record.topic}, partition {record.partition}, offset {record.offset}[/]",
        f"         [dim]what to do:[/] {code.advice}",
    )


def lane(one: Refusal) -> str:
    """The lane that the record's key names: an administration's, if it is true."""
    return (one.record.key or b"no key").decode("utf-8", "replace")


def _read(store: Path, projections: Iterable[str]) -> list[Refusal]:
    if not store.exists():
        return []
    with Reader(store) as reader, reader.views(*projections) as views:
        return [one for view in views for one in refused(view)]
