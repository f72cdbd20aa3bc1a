"""``entente publish``: a national file becomes signed alerts."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from entente.cli.context import As, acting, commands, console, examples, put
from entente.config import Settings
from entente.errors import EntenteError, InputError
from entente.publish import show
from entente.publish.intake import Published
from entente.publish.mapping import Mapping, load_mapping
from entente.publish.publisher import Publisher
from entente.publish.run import Progress, Run, dry_run

BUILT_IN = Path(show.__file__).parent / "mappings"
"""Mappings that come with Entente are named without folder and ending, e.g. ``unodc``."""

app = commands()


@app.command(
    epilog=examples(
        "entente publish --as JP --mapping seizures.yaml seizures.xlsx --dry-run",
        "entente publish --as NZ --mapping unodc unodc-seizures-2011-2014.csv.gz",
        "entente publish --as JP alerts.jsonl",
    )
)
def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, Excel or JSON Lines; .gz .bz2 .xz as well.")],
    as_: As,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", "-m", metavar="FILE", help="How columns become fields (YAML)."),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where rejected rows go; else FILE.rejects here."),
    ] = None,
    only_look: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent and what is wrong.")
    ] = False,
) -> int:
    """Publish a file of seizures, warnings or feedback as one administration.

    Publishing the same file again sends nothing twice. Rejected rows go to a file, with the reason
    and a repair; mend it there and publish that file. Exit code 65 if rows were rejected.
    """
    chosen = _mapping(mapping)
    target = rejects or Path(f"{file.name.removesuffix('.rejects')}.rejects")
    trouble: EntenteError | None = None
    kept: Path | None = None
    said = Published()
    with _reading() as progress:
        if only_look:
            found = dry_run(file, chosen, as_, progress)
        else:
            loaded = acting(context, "publish", as_)
            with Run(file, chosen, as_, rejects=target, progress=progress) as run:
                found = run.report
                try:
                    asyncio.run(_send(loaded, as_, run, said))
                except EntenteError as error:
                    if not found.rows:
                        raise
                    trouble = error
            kept = run.kept
    if only_look:
        put(show.report(found, verb="would be sent"))
        put(show.coverage(found))
    else:
        put(show.report(found, verb="accepted"))
        put(show.published(said, sent=trouble is None, of=found.accepted))
        if found.rejected:
            put((f"rejected rows are in {escape(str(target))}: mend them, publish that file",))
        if kept:
            put((f"the rejects of before, which differ, are kept as {escape(str(kept))}",))
    if trouble is not None:
        raise trouble
    return InputError.exit_code if found.rejected else 0


async def _send(loaded: Settings, as_: str, run: Run, said: Published) -> None:
    """Publish all of ``run``; ``said`` and its rejects are complete however this ends."""

    def note(done: Published) -> None:
        said.accepted, said.known, said.refused = done.accepted, done.known, done.refused

    try:
        async with Publisher(as_, loaded) as publisher:
            await publisher.publish_all(run, note)
    finally:
        for submission, error in said.refused:
            run.set_aside(submission, error)  # where the report tells of it
        said.refused = []


@contextlib.contextmanager
def _reading() -> Iterator[Progress]:
    """A bar on the terminal, moved on by what of the file is read."""
    with Bar(
        TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=console(stderr=True), transient=True, disable=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)
        yield lambda position, size, _: bar.update(task, completed=position, total=size)


def _mapping(name: str | None) -> Mapping:
    if name is None:
        return Mapping()
    built_in = BUILT_IN / f"{name}.yaml"
    return load_mapping(built_in if built_in.exists() else Path(name))
