"""``entente verify``: what an export proves, from a root alone; no network, no service."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from entente import clock
from entente.cli.context import commands, console, examples, printable
from entente.errors import FileError, ProofError, TrustError
from entente.office.cover import moment
from entente.office.release import stamps
from entente.trust import evidence, files, metadata
from entente.trust.findings import Found, Report

app = commands()
_GAPS = 10
_DAY = 86_400 * clock.SECOND


@app.command(epilog=examples("entente verify evidence.zip --root root.json"))
def verify(
    file: Annotated[Path, typer.Argument(help="An export, made by `entente export`.")],
    root: Annotated[
        Path, typer.Option(metavar="FILE", help="The network's root file that you trust.")
    ],
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Judge as of this time (UTC) and not of the one that the export gives.",
        ),
    ] = None,
) -> None:
    """Check an export whole: signatures, proofs, the register's chain, and what is missing.

    Needs no network, no service and no settings, only the root that you trust. Ends with 0 only if
    all of it holds, else with 65.
    """
    now = clock.now()
    trusted = _root(root)
    judged = None if at is None else int(at.replace(tzinfo=UTC).timestamp()) * clock.SECOND
    shown = console(stderr=True)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise FileError(f"cannot read {file}: {error.strerror}") from error
    with opened, Progress(
        TextColumn("verifying"), BarColumn(), MofNCompleteColumn(),
        console=shown, disable=not shown.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)
        report = evidence.verify(
            opened, trusted, now=now, at=judged,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    for line in _lines(report, now):
        console().print(line)
    if report.refused is not None:
        where, why = report.refused.where, report.refused.message
        raise ProofError(
            printable(f"{file} does not hold: {where}: {why} ({report.refused.code})"),
            advice=report.refused.advice,
        )
    if report.fault_count:
        raise ProofError(
            f"{file} does not hold: {report.fault_count:,} of {report.records:,} records fail",
            advice="Rely on none of it, keep the file, and show it to the secretariat.",
        )


def _root(path: Path) -> bytes:
    """The file of ``--root``: whether it may be trusted, only its reader can say."""
    data = files.read(path, metadata.ROOT_LIMIT)
    with contextlib.suppress(TrustError):
        if metadata.parse(data).kind == "root":
            return data
    raise FileError(
        f"{path} is no root of a network.",
        advice="Give the root.json that you trust: in a member's folder, or from the secretariat,"
        " its fingerprint compared over the phone.",
    )


def _lines(report: Report, now: int) -> list[str]:
    """What was found, as rich markup; every text of others is made harmless."""
    manifest = report.manifest
    if manifest is None or (report.refused is not None and not report.records):
        return []
    lines = [
        f"an export of [bold]{_safe(manifest.network)}[/], by its own words made by"
        f" {_safe(manifest.made_by)} at {moment(manifest.made_at)},"
        f" {max(0, now - manifest.made_at) // _DAY:,} days ago",
        f"  asked for: {_safe(manifest.asked or 'everything')}",
        f"  judged as of {moment(report.at)} by register {report.register} under root"
        f" {report.root}, which your root leads to: what was said of keys since then is not in it",
    ]
    for fault in report.faults:
        lines.append(
            f"[red]fails[/] {_safe(fault.where)}: {_safe(fault.message)} ([bold]{fault.code}[/])"
        )
    if report.fault_count > len(report.faults):
        lines.append(f"[red]fails[/] and {report.fault_count - len(report.faults):,} more")
    if report.refused is not None:
        return lines
    for lane in report.lanes:
        issuer, topic, number = lane.origin[1:]
        place = (
            f"{issuer} said on {topic} in lane {number} from index {lane.start} to {lane.end - 1}"
        )
        if lane.faults:
            lines.append(f"[red]fails[/] what {place}: {lane.faults:,} of {lane.records:,} records")
        elif lane.complete:
            lines.append(
                f"[green]complete[/] this is all that {place}; nothing was inserted, reordered,"
                " rewritten or left out"
            )
        else:
            lines.append(
                f"[yellow]gaps[/] these are {lane.records:,} of what {place}, as it was said and in"
                " its order; not here are "
                + ", ".join(_indexes(a, b) for a, b in lane.gaps[:_GAPS])
                + (f" and {len(lane.gaps) - _GAPS:,} more ranges" if len(lane.gaps) > _GAPS else "")
            )
        lines += _witnessed(lane)
    for one in report.absent[:_GAPS]:
        lines.append(
            f"[yellow]missing[/] {one.administration} may have said more on {one.topic} in lane"
            f" {one.lane}, of which nothing is here"
        )
    if len(report.absent) > _GAPS:
        lines.append(f"[yellow]missing[/] and {len(report.absent) - _GAPS:,} more lanes")
    for id in report.ended:
        lines.append(f"[yellow]note[/] a key of {id} has ended; what is believed of it is shown")
    lines += [f"[bold]{_safe(stamp)}[/]" for stamp in stamps(report.marks)]
    if report.holds:
        lines.append(f"[green]holds[/] all {report.records:,} records, each in all eight steps")
    return lines


def _witnessed(lane: Found) -> Iterator[str]:
    """Since when what is here of a lane existed, beside what its issuer says of it."""
    for one in lane.witnessed[:_GAPS]:
        where, who = _indexes(one.start, one.end), _safe(one.witness)
        yield f"  index {where} existed {moment(one.at)} at the latest: {who} had it then"
    if len(lane.witnessed) > _GAPS:
        yield f"  and {len(lane.witnessed) - _GAPS:,} more ranges have such a time"
    if lane.unwitnessed:
        yield (
            f"  [yellow]no witness[/] says when {lane.unwitnessed:,} of these {lane.records:,}"
            " existed; only their issuer does"
        )


def _indexes(start: int, end: int) -> str:
    return f"{start} to {end - 1}" if end - start > 1 else f"{start}"


def _safe(text: str) -> str:
    return escape(printable(text))
