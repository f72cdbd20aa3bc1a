"""A proposal as a coordinator reads it: the claim first, then why, then what to do."""

from collections.abc import Iterable, Iterator

from rich.markup import escape

from entente.alert.codes.lists import countries
from entente.alert.proposal import ControlPoint, Evidence, Proposal
from entente.coordinate import standing
from entente.coordinate.heard import HeardDecision
from entente.coordinate.received import ReceivedProposal

ALERTS = 6
"""Alerts listed by name; the rest is counted."""


def headline(rank: int, one: ReceivedProposal, decided: Iterable[HeardDecision] = ()) -> str:
    """One line: rank, case, probability, who, the claim, and what was decided."""
    p = one.proposal
    known = standing.status(decided)
    if p.status != "open":
        why = escape(p.changes.sentence if p.changes else p.claim)
        return f"[dim]{rank:>3}.  withdrawn  {why}  {p.case} version {one.version}[/]"
    return (
        f"[bold]{rank:>3}.[/]  {p.case[:8]}  {percent(p)}  {escape(p.claim)}"
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
    yield (
        f"   probability {percent(p)}, {p.bits} bits; case {p.case}, version {one.version};"
        f" [yellow]TLP:{p.releasability.tlp.replace('_', '+')}[/]"
        f" {' '.join(p.releasability.codes)}"
    )
    for said in decided:
        why = f": {said.decision.reason}" if said.decision.reason else ""
        yield f"   [green]{escape(standing.status((said,)) + why)}[/]"
    if p.changes is not None:
        yield f"   [cyan]since the last version:[/] {escape(p.changes.sentence)}"
    yield "   [cyan]why:[/]"
    for evidence in (*p.evidence, *_strongest(p)):
        yield f"     {evidence.bits:+6.1f}  {escape(evidence.sentence)}"
    yield "   [cyan]alerts:[/]"
    for alert in p.alerts[:ALERTS]:
        grade = f"{alert.source_grade or '?'}{alert.information_grade or '?'}"
        yield f"     {alert.issuer:<6} {alert.event_date or '?':<10} grade {grade}  {alert.subject}"
    if len(p.alerts) > ALERTS:
        yield f"     and {len(p.alerts) - ALERTS} more"
    if p.silent:
        yield f"   [cyan]silent:[/] {escape(' '.join(s.sentence for s in p.silent))}"
    if p.control_points:
        points = ", ".join(f"{_where(c)} ({c.stage})" for c in p.control_points[:ALERTS])
        yield f"   [cyan]can still be stopped at:[/] {escape(points)}"
    if p.health:
        risks = ", ".join(f"{h.area.replace('_', ' ')} ({h.severity})" for h in p.health)
        yield f"   [bold red]health:[/] {escape(risks)}"
    yield f"   [cyan]suggested:[/] {escape(suggestion(p))}"
    yield f"   [cyan]innocent explanation:[/] {escape(p.innocent_explanation)}"
    yield f"   [cyan]refuted by:[/] {escape(p.refuted_by)}"


def percent(proposal: Proposal) -> str:
    """The probability, never as certainty."""
    value = min(float(proposal.probability), 0.999)
    return f"{100 * value:.0f} %" if value < 0.99 else f"{100 * value:.1f} %"


def suggestion(proposal: Proposal) -> str:
    """What to do, in a sentence."""
    s = proposal.suggestion
    what = {
        "warning_only": "a warning", "bilateral": "a bilateral operation",
        "regional": "a regional operation", "global": "a global operation",
    }[s.type]  # fmt: skip
    return f"{what} of {s.days} days, led by {s.leader}: {s.reason}"


def _where(point: ControlPoint) -> str:
    country = point.country
    name = countries().name(country) if country in countries() else country
    return f"{name}, {point.place}" if point.place else name


def _strongest(proposal: Proposal) -> list[Evidence]:
    found = [evidence for link in proposal.links for evidence in link.evidence]
    unique = {evidence.sentence: evidence for evidence in found}
    return sorted(unique.values(), key=lambda e: (-e.bits, e.sentence))[:ALERTS]
