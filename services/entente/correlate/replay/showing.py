"""A comparison of two sets of rules, as tables and sentences."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from entente.correlate.replay.whatif import Comparison, Found, Precision

MOST = 20
"""Proposals of one sort that are listed; the rest is counted."""


def tables(found: Comparison) -> Iterator[Table]:
    """Figures of both sides: proposals, precision, and the load of each coordinator."""
    today, other = found.today, found.candidate
    rows = Table(
        f"{found.alerts:,} alert versions, {found.weeks} weeks", "today", "candidate", box=None
    )
    for name in ("open", "withdrawn", "versions"):
        rows.add_row(f"proposals {name}" if name != "versions" else "versions said",
                     f"{getattr(today, name):,}", f"{getattr(other, name):,}")  # fmt: skip
    for what, values in _judged(today.precision, other.precision):
        rows.add_row(what, *values)
    yield rows
    load = Table("in a week", "new cases", "", "versions", "", "fullest", "", box=None)
    for coordinator in sorted(today.load.keys() | other.load.keys()):
        one, two = today.load.get(coordinator), other.load.get(coordinator)
        cells = []
        for name in ("cases", "versions", "most"):
            cells += [str(getattr(side, name)) if side else "0" for side in (one, two)]
        load.add_row(coordinator, *cells)
    yield load


def _judged(one: Precision, two: Precision) -> Iterator[tuple[str, tuple[str, str]]]:
    def both(name: str) -> tuple[str, str]:
        return str(getattr(one, name)), str(getattr(two, name))

    yield "right, by decisions", both("right")
    yield "wrong", both("wrong")
    yield "not judged", both("unjudged")
    if one.precision is not None or two.precision is not None:
        yield "precision", (_share(one.precision), _share(two.precision))
    if one.accepted:
        yield f"found of {one.accepted} accepted", both("found")
    if one.parted or two.parted:
        yield "pairs together that were judged apart", both("parted")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def lines(found: Comparison) -> Iterator[str]:
    """The proposals that are new, lost or changed."""
    for title, colour, some in (("new", "green", found.new), ("lost", "red", found.lost)):
        yield f"[bold {colour}]{title}: {len(some)}[/]"
        yield from (_line(one) for one in some[:MOST])
        yield from _more(len(some))
    yield f"[bold yellow]changed: {len(found.changed)}[/]"
    for change in found.changed[:MOST]:
        before, after = set(change.today.alerts), set(change.candidate.alerts)
        what = f"{len(after - before)} alerts more, {len(before - after)} less"
        if change.today.probability != change.candidate.probability:
            what += f"; probability {change.today.probability:.2f} today"
        yield f"{_line(change.candidate)}  [cyan]{what}[/]"
    yield from _more(len(found.changed))
    yield f"the same: {found.same}"


def _line(one: Found) -> str:
    verdict = f"  [magenta]{one.verdict}[/]" if one.verdict else ""
    return (
        f"  {one.case[:8]}  {one.probability:.2f}  {escape(one.claim)}"
        f"  [dim]{len(one.alerts)} alerts of {' '.join(one.administrations)}[/]{verdict}"
    )


def _more(count: int) -> Iterator[str]:
    if count > MOST:
        yield f"  [dim]and {count - MOST} more: --json has all[/]"
