"""A proposal as a coordinator reads it: the claim first, then why, then what to do."""

from collections.abc import Collection, Iterable, Iterator

from rich.markup import escape

from entente.alert.proposal import Proposal
from entente.coordinate import sheet, standing
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal


def headline(rank: int, one: ReceivedProposal, decided: Collection[HeardDecision] = ()) -> str:
    """One line: rank, case, probability, who, the claim, and what was decided."""
    p = one.proposal
    known = standing.status(decided)
    if p.status != "open":
        return f"[dim]{rank:>3}.  {p.case[:8]}  {_ended(one)}[/]"
    if standing.declined(one.version, decided):
        claim = escape(f"{p.case[:8]}  {sheet.percent(p)}  {p.claim}")
        return f"[dim]{rank:>3}.  {claim}[/]  [yellow]{escape(known)}[/]"
    return (
        f"[bold]{rank:>3}.[/]  {p.case[:8]}  {sheet.percent(p)}  {escape(p.claim)}"
        f"  [dim]{len(p.alerts)} alerts of {escape(' '.join(p.administrations))}[/]"
        + (f"  [green]{escape(known)}[/]" if known else "")
    )


def _ended(one: ReceivedProposal) -> str:
    """Why a proposal is no longer open, and what it was about where that still holds."""
    p = one.proposal
    why = p.changes.sentence if p.changes else "Withdrawn."
    what = f"history  {p.claim} " if p.history else "withdrawn  "
    return escape(f"{what}{why} (version {one.version})")


def explained(
    rank: int,
    one: ReceivedProposal,
    decided: Iterable[HeardDecision] = (),
    *,
    today: str,
    coordinator: str | None = None,
    before: ReceivedProposal | None = None,
) -> Iterator[str]:
    """The proposal in sentences, as rich markup, line by line; and what to type next, if a
    ``coordinator`` reads it. ``today``: as in ``sheet.rows``; ``before``: what one that has ended
    said while it was open."""
    p = one.proposal
    if p.status != "open":
        yield f"[bold]{rank}. Case {p.case}:[/] {_ended(one)}"
        if before is not None:
            yield f"   [bold]What version {before.version} said:[/]"
            yield from _rows(before.proposal, today)
        return
    yield f"[bold]{rank}. {escape(p.claim)}[/]"
    believed = f" ({escape(sheet.believed(p))})" if p.calibrated else ""
    yield (
        f"   probability {sheet.percent(p)}{believed}; case {p.case}, version {one.version};"
        f" [yellow]TLP:{p.releasability.tlp.replace('_', '+')}[/]"
    )
    for said in decided:
        why = f": {said.decision.reason}" if said.decision.reason else ""
        yield f"   [green]{escape(standing.status((said,)) + why)}[/]"
    if p.changes is not None:
        yield f"   [cyan]since the last version:[/] {escape(p.changes.sentence)}"
    yield from _rows(p, today)
    if coordinator is not None:
        yield f"   [cyan]next:[/] {escape(_next(p, coordinator))}"


def _rows(p: Proposal, today: str) -> Iterator[str]:
    for heading, lines in sheet.rows(p, today):
        colour = "bold red" if heading == "danger" else "cyan"
        if len(lines) == 1:
            yield f"   [{colour}]{heading}:[/] {escape(lines[0])}"
        else:
            yield f"   [{colour}]{heading}:[/]"
            yield from (f"     {escape(line)}" for line in lines)


def _next(p: Proposal, coordinator: str) -> str:
    short = p.case[:8]
    warned = " ".join(dict.fromkeys(s.country for s in p.silent if s.look_for))
    warn = f"; `entente warn {short} --as <liaison office>` writes a warning for {warned}"
    return (
        f"`entente decide {short} accept|decline --as {coordinator}`, with --reason, and --code to "
        f"decline" + warn * bool(warned)
    )
