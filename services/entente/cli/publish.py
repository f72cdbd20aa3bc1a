"""``entente publish``: a national file becomes signed alerts."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from entente.cli.context import As, settings
from entente.config import Settings
from entente.publish import show
from entente.publish.mapping import Mapping, load_mapping
from entente.publish.publisher import Publisher
from entente.publish.report import Report
from entente.publish.run import Run, dry_run

BUILT_IN = Path(show.__file__).parent / "mappings"
"""Mappings that come with Entente are named without folder and ending, e.g. ``unodc``."""


def add(app: typer.Typer) -> None:
    """Put the command of this file on ``app``."""
    app.command(
        epilog="Examples: `entente publish --as JP --mapping seizures.yaml seizures.xlsx --dry-run`"
        " · `entente publish --as NZ --mapping unodc unodc-seizures-2011-2014.csv.gz`"
        " · `entente publish --as JP alerts.jsonl`"
    )(publish)


def publish(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, Excel or JSON Lines; .gz .bz2 .xz as well.")],
    as_: As,
    mapping: Annotated[
        str | None,
        typer.Option("--mapping", "-m", metavar="FILE", help="How columns become fields (YAML)."),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go; default: FILE.rejects here.")
    ] = None,
    only_look: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent and what is wrong.")
    ] = False,
) -> int:
    """Publish a file of seizures, warnings or feedback as one administration.

    Publishing the same file again sends nothing twice. Rejected rows go to a file, with the reason
    and a repair; mend it there and publish that file. Exit code 65 if rows were rejected.
    """
    loaded = settings(context, f"publish-{as_}")
    chosen = _mapping(mapping)
    target = rejects or Path(f"{file.name.removesuffix('.rejects')}.rejects")
    console = Console(highlight=False, soft_wrap=True)
    with Progress(
        TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)

        def progress(position: int, size: int, _: Report) -> None:
            bar.update(task, completed=position, total=size)

        if only_look:
            found = dry_run(file, chosen, as_, progress)
            lines = [*show.report(found, verb="would be sent"), *show.coverage(found)]
        else:
            with Run(file, chosen, as_, rejects=target, progress=progress) as run:
                lines = asyncio.run(_send(loaded, as_, run))
            found = run.report
    for line in lines:
        console.print(line)
    if found.rejected and not only_look:
        console.print(f"rejected rows: {target}; mend them and publish that file")
    return 65 if found.rejected else 0


async def _send(loaded: Settings, as_: str, run: Run) -> list[str]:
    async with Publisher.open(loaded, as_) as publisher:
        done = await publisher.publish_all(run)
    return [*show.report(run.report, verb="accepted"), *show.published(done)]


def _mapping(name: str | None) -> Mapping:
    if name is None:
        return Mapping()
    built_in = BUILT_IN / f"{name}.yaml"
    return load_mapping(built_in if built_in.exists() else Path(name))
