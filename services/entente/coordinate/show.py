"""A proposal as a coordinator reads it: the claim first, then why, then what to do."""

from collections.abc import Iterable, Iterator

from rich.markup import escape

from entente.coordinate import sheet, standing
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal


def headline(rank: int, one: ReceivedProposal, decided: Iterable[HeardDecision] = ()) -> str:
    """One line: rank, case, probability, who, the claim, and what was decided."""
    p = one.proposal
    known = standing.status(decided)
    if p.status != "open":
        why = escape(p.changes.sentence if p.changes else p.claim)
        return f"[dim]{rank:>3}.  withdrawn  {why}  {p.case} version {one.version}[/]"
    return (
        f"[bold]{rank:>3}.[/]  {p.case[:8]}  {sheet.percent(p)}  {escape(p.claim)}"
        f"  [dim]{len(p.alerts)} alerts of {escape(' '.join(p.administrations))}[/]"
        + (f"  [green]{escape(known)}[/]" if known else "")
    )


def explained(
    rank: int, one: ReceivedProposal, decided: Iterable[HeardDecision] = ()
) -> Iterator[str]:
    """The proposal in sentences, as rich markup, line by line."""
    p = one.proposal
    yield f"[bold]{rank}. {escape(p.claim)}[/]"
    if p.status != "open":
        yield f"   {escape(p.changes.sentence if p.changes else 'Withdrawn.')}"
        return
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
    for heading, lines in sheet.rows(p):
        colour = "bold red" if heading == "danger" else "cyan"
        if len(lines) == 1:
            yield f"   [{colour}]{heading}:[/] {escape(lines[0])}"
        else:
            yield f"   [{colour}]{heading}:[/]"
            yield from (f"     {escape(line)}" for line in lines)
