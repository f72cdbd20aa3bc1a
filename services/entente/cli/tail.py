"""``entente tail``: what a liaison office receives, as it comes."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from entente.bus.arrivals import Cursor
from entente.cli.catchup import or_offline
from entente.cli.context import As, Json, acting, commands, console, counting, examples
from entente.config import Settings
from entente.errors import StoreBusy
from entente.office import service, show
from entente.office.filter import Filter
from entente.office.follow import read_new
from entente.office.item import Item
from entente.office.opening import Closed, Opener
from entente.trust import files

_LOOK = 0.25

app = commands()


@app.command(
    epilog=examples(
        "entente tail --as RILO-AP --country NZ --hs 2939",
        "entente tail --as FR --open --issuer JP",
        "entente tail --as RILO-AP --json --no-follow > alerts.jsonl",
    )
)
def tail(
    context: typer.Context,
    as_: As,
    issuer: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only from this administration.")
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
    last: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Begin with the last N; else with the first."),
    ] = None,
    open_names: Annotated[
        bool, typer.Option("--open", help="Open sealed names where we were granted them.")
    ] = False,
    follow: Annotated[bool, typer.Option(help="Go on with what comes.")] = True,
    offline: Annotated[
        bool, typer.Option("--offline", help="Show what has come so far, and ask no broker.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the verified alerts of an office as they come.

    Reads the inbox that `entente office` fills, and fills it itself where that does not run. What
    is shown whole, without a filter and `--last`, counts as read: the office's receipts say so.
    Sealed names are opened with `--open` alone, and never kept open on the disk.
    """
    loaded = acting(context, "tail", as_)
    wanted = Filter(
        issuers=tuple(issuer or ()), kinds=tuple(kind or ()), countries=tuple(country or ()),
        hs=hs, since=since, text=text,
    )  # fmt: skip
    opener = Opener(loaded.party(as_), loaded.secret()) if open_names else None
    whole = wanted == Filter() and last is None
    look = _Look(loaded.party(as_), wanted, opener, whole=whole)
    if offline:
        look.show(last, as_json)
        return
    with or_offline():
        asyncio.run(_tail(loaded, as_, look, last, follow=follow, as_json=as_json))


class _Look:
    """What is shown, and how far it has been."""

    def __init__(self, folder: Path, wanted: Filter, opener: Opener | None, *, whole: bool) -> None:
        self._folder = folder
        self._wanted = wanted
        self._opener = opener
        self._cursor: Cursor = {}
        self._closed = Closed()
        self._whole = whole
        self._kept: Cursor = {}

    def show(self, last: int | None, as_json: bool) -> None:
        """Print what is new, or only the ``last`` so many."""
        items = self._new()
        _print(items if last is None else deque(items, last), as_json)
        if self._whole and self._cursor != self._kept:  # for receipts, as subscribers do
            files.write(self._folder / "tail.cursor.json", msgspec.json.encode(self._cursor))
            self._kept = {**self._cursor}

    def _new(self) -> Iterator[Item]:
        """What came since the last look, and what was granted since it was shown closed."""
        while block := read_new(
            self._folder, self._cursor, opener=self._opener, closed=self._closed
        ):
            yield from filter(self._wanted.wants, block)


async def _tail(
    loaded: Settings, as_: str, look: _Look, last: int | None, *, follow: bool, as_json: bool
) -> None:
    caught_up = asyncio.Event()
    with contextlib.ExitStack() as bar:
        progress = bar.enter_context(counting(as_))
        filling = asyncio.create_task(
            service.run(loaded, as_, progress=progress, caught_up=caught_up)
        )
        try:
            await _either(filling, caught_up)
            bar.close()
            look.show(last, as_json)
            while follow:
                await asyncio.sleep(_LOOK)
                look.show(None, as_json)
                if filling.done() and not isinstance(filling.exception(), StoreBusy):
                    filling.result()
        finally:
            filling.cancel()
            with contextlib.suppress(asyncio.CancelledError, StoreBusy):
                await filling


async def _either(filling: asyncio.Task[None], caught_up: asyncio.Event) -> None:
    """Return once our filling has caught up, or another process turns out to be filling."""
    waiting = asyncio.create_task(caught_up.wait())
    done, _ = await asyncio.wait({filling, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if filling in done:
        with contextlib.suppress(StoreBusy):
            filling.result()


def _print(items: Iterable[Item], as_json: bool) -> None:
    out = console()
    for one in items:
        if as_json:
            typer.echo(json.dumps(one.to_json(), ensure_ascii=False))
        else:
            out.print(show.line(one))
            for line in show.names(one):
                out.print(line)
