"""From a case to a proposal: everything a coordinator needs to decide, and nothing computed twice.

A pure function of the case, the heads of its alerts and the version before.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median

import msgspec

from entente.alert import proposal as p
from entente.alert.record import Consignment, RiskArea, Severity, ValueBasis
from entente.correlate.day import day_of, iso
from entente.correlate.evidence import Case, Evidence, Link
from entente.correlate.head import Head
from entente.correlate.releasability import intersection
from entente.correlate.route import event_of, goods_labels, route_of
from entente.correlate.sentences import sentence

BANDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
"""A proposal is said again when its probability crosses one of these."""
_LINKS = 60
"""Links shown, strongest first; the rest add nothing for a reader."""


def describe(
    case_id: str,
    case: Case,
    heads: Mapping[str, Head],
    *,
    probability: float,
    basis: p.Basis,
    before: p.Proposal | None = None,
) -> p.Proposal:
    """The proposal for a case. ``heads`` holds the head of every member, none withdrawn."""
    members = [heads[s] for s in case.members]
    alerts = [h.alert for h in members if isinstance(h.alert, Consignment)]
    administrations = tuple(sorted({h.issuer for h in members}))
    window = _window(members)
    described = p.Proposal(
        case=case_id,
        pattern=case.pattern,
        claim=case.wording.claim,
        probability=_decimal(probability, 3),
        bits=_decimal(case.bits, 1),
        alerts=tuple(_reference(h) for h in members),
        links=tuple(
            _link(x) for x in sorted(case.links, key=lambda x: (-x.bits, x.a, x.b))[:_LINKS]
        ),
        evidence=tuple(_evidence(e) for e in (*case.evidence, *case.patterns)),
        administrations=administrations,
        silent=tuple(_silent(s.country, s.reports) for s in case.silent),
        goods=_goods(alerts),
        brands=tuple(
            sorted({r.brand for a in alerts for g in a.goods for r in g.rights if r.brand})
        ),
        health=_health(alerts),
        values=_values(alerts),
        routes=_routes(alerts),
        control_points=_control_points(alerts),
        window=window,
        suggestion=_suggestion(members, case),
        innocent_explanation=case.wording.innocent,
        refuted_by=case.wording.refuted_by,
        releasability=intersection(members),
        basis=basis,
    )
    return with_changes(described, before)


def withdraw(before: p.Proposal, heir: str | None, basis: p.Basis) -> p.Proposal:
    """The last word on a case that is no longer supported. It shows no alert."""
    why = f"It is now part of case {heir}." if heir else "Too little of it is left."
    removed = tuple(a.subject for a in before.alerts)
    return msgspec.structs.replace(
        before,
        status="withdrawn",
        heir=heir,
        alerts=(),
        links=(),
        evidence=(),
        administrations=(),
        silent=(),
        goods=(),
        brands=(),
        health=(),
        values=(),
        routes=(),
        control_points=(),
        probability=_decimal(0.0, 3),
        basis=basis,
        claim="No longer supported.",
        changes=p.Delta(
            removed=removed,
            administrations_removed=before.administrations,
            probability_before=before.probability,
            sentence=f"No longer supported by the alerts as they stand. {why}",
        ),
    )


def band(probability: Decimal) -> int:
    """The band that a probability lies in."""
    return sum(1 for edge in BANDS if float(probability) >= edge)


def says_more(now: p.Proposal, before: p.Proposal | None) -> bool:
    """Whether a coordinator has to hear of it: members or their versions, administrations, what is
    claimed and why, who is silent, status or probability band changed. What was said last holds
    the same words as if all had been known at once."""
    if before is None:
        return True
    return (
        now.status != before.status
        or [(a.subject, a.version) for a in now.alerts]
        != [(a.subject, a.version) for a in before.alerts]
        or now.claim != before.claim
        or [e.sentence for e in now.evidence] != [e.sentence for e in before.evidence]
        or now.silent != before.silent
        or band(now.probability) != band(before.probability)
    )


def with_changes(now: p.Proposal, before: p.Proposal | None) -> p.Proposal:
    """A proposal that says what has changed since the version ``before``, if there was one."""
    if before is None:
        return now
    new, old = {a.subject for a in now.alerts}, {a.subject for a in before.alerts}
    here, there = set(now.administrations), set(before.administrations)
    added, removed = tuple(sorted(new - old)), tuple(sorted(old - new))
    parts = []
    if added:
        parts.append(f"{_count(len(added), 'alert')} joined")
    if removed:
        parts.append(f"{_count(len(removed), 'alert')} left")
    if before.status == "withdrawn":
        parts.append("it is supported again")
    if now.probability != before.probability:
        parts.append(f"probability went from {before.probability} to {now.probability}")
    sentence_ = ("; ".join(parts) or "an alert in it was corrected") + "."
    delta = p.Delta(
        added=added,
        removed=removed,
        administrations_added=tuple(sorted(here - there)),
        administrations_removed=tuple(sorted(there - here)),
        probability_before=before.probability,
        sentence=sentence_[0].upper() + sentence_[1:],
    )
    return msgspec.structs.replace(now, changes=delta)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _decimal(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _reference(head: Head) -> p.AlertReference:
    event = event_of(head.alert)
    handling = head.handling
    return p.AlertReference(
        subject=head.subject,
        version=head.version,
        statement=head.statement,
        issuer=head.issuer,
        event_date=event.date if event else getattr(head.alert, "valid_from", None),
        source_grade=handling.source_grade if handling else None,
        information_grade=handling.information_grade if handling else None,
        tlp=handling.tlp if handling else None,
    )


def _evidence(evidence: Evidence) -> p.Evidence:
    by_rule = evidence.kind == "pattern"
    return p.Evidence(
        kind=evidence.kind,
        rule=evidence.left if by_rule else None,
        bits=_decimal(evidence.bits, 1),
        left=None if by_rule else evidence.left or None,
        right=evidence.right or None,
        sentence=sentence(evidence),
    )


def _link(link: Link) -> p.CaseLink:
    evidence = tuple(_evidence(e) for e in link.evidence)
    return p.CaseLink(a=link.a, b=link.b, bits=_decimal(link.bits, 1), evidence=evidence)


def _silent(country: str, reports: bool) -> p.Silent:
    return p.Silent(
        country=country,
        reason="no_report_on_route" if reports else "no_report_at_all",
        sentence=(
            f"{country} lies on this route and has reported nothing of it: the next one may be "
            "on its way there."
            if reports
            else f"{country} lies on this route but reports nothing at all: its silence is no sign."
        ),
    )


def _goods(alerts: Sequence[Consignment]) -> tuple[p.GoodsSummary, ...]:
    counts: Counter[tuple[str, str | None, str | None]] = Counter()
    for alert in alerts:
        lines = {(goods_labels(g) or ("not described",))[-1]: (g.group, g.hs) for g in alert.goods}
        counts.update((label, group, hs) for label, (group, hs) in lines.items())
    return tuple(
        p.GoodsSummary(group=group, label=label.partition(":")[2] or label, hs=hs, alerts=n)  # type: ignore[arg-type]  # a Counter forgets the Literal
        for (label, group, hs), n in sorted(
            counts.items(), key=lambda x: (-x[1], tuple(str(y) for y in x[0]))
        )[:12]
    )


def _health(alerts: Sequence[Consignment]) -> tuple[p.HealthRisk, ...]:
    counts: Counter[tuple[RiskArea, Severity]] = Counter()
    for alert in alerts:
        counts.update({(r.area, r.severity) for r in alert.risks})
    return tuple(
        p.HealthRisk(area=area, severity=severity, alerts=n)
        for (area, severity), n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))
    )


def _values(alerts: Sequence[Consignment]) -> tuple[p.ValueTotal, ...]:
    totals: dict[tuple[ValueBasis, str], Decimal] = {}
    for alert in alerts:
        for goods in alert.goods:
            for value in goods.values:
                key = (value.basis, value.currency)
                totals[key] = totals.get(key, Decimal(0)) + value.amount
    return tuple(
        p.ValueTotal(basis=basis, currency=currency, amount=amount)
        for (basis, currency), amount in sorted(totals.items())
    )


def _routes(alerts: Sequence[Consignment]) -> tuple[p.RouteSummary, ...]:
    counts: Counter[tuple[str | None, tuple[str, ...], str | None]] = Counter()
    for alert in alerts:
        departure, destination = route_of(alert)
        transit = tuple(leg.country for leg in alert.route.transit if leg.country)
        if departure or destination or transit:
            counts[departure, transit, destination] += 1
    return tuple(
        p.RouteSummary(departure=a, transit=t, destination=b, alerts=n)
        for (a, t, b), n in sorted(
            counts.items(), key=lambda x: (-x[1], tuple(str(y) for y in x[0]))
        )[:12]
    )


def _control_points(alerts: Sequence[Consignment]) -> tuple[p.ControlPoint, ...]:
    """Points of the routes where the next consignment can be stopped, most used first."""
    counts: Counter[tuple[str, str, p.ControlStage]] = Counter()
    for alert in alerts:
        route = alert.route
        points: set[tuple[str, str, p.ControlStage]] = set()
        if route.departure and route.departure.country:
            points.add((route.departure.country, route.departure.place or "", "departure"))
        for leg in route.transit:
            if leg.country:
                points.add((leg.country, leg.place or "", "transit"))
        if route.destination and route.destination.country:
            points.add((route.destination.country, route.destination.place or "", "destination"))
        counts.update(points)
    return tuple(
        p.ControlPoint(country=country, place=place or None, stage=stage, alerts=n)
        for (country, place, stage), n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))[:12]
    )


def _days(members: Sequence[Head]) -> list[int]:
    days = []
    for head in members:
        event = event_of(head.alert)
        when = day_of(event.date if event else getattr(head.alert, "valid_from", None))
        if when:
            days.append(when[0])
    return sorted(days)


def _window(members: Sequence[Head]) -> p.Window:
    days = _days(members) or [min(h.issued_at for h in members) // 86_400_000_000 + 719_163]
    steps = [b - a for a, b in pairwise(sorted(set(days)))]
    step = int(median(steps)) if steps else 0
    return p.Window(
        first=iso(days[0]),
        last=iso(days[-1]),
        next_expected=iso(days[-1] + step) if step else None,
        stale_after=iso(days[-1] + max(30, 3 * step)),
    )


def _suggestion(members: Sequence[Head], case: Case) -> p.Suggestion:
    counts = Counter(h.issuer for h in members)
    leader = min(counts, key=lambda issuer: (-counts[issuer], issuer))
    parties = len(counts) + sum(1 for s in case.silent if s.reports)
    days = _days(members) or [0]
    kind: p.OperationType
    if len(counts) == 1:
        kind = "warning_only"
    elif parties == 2:
        kind = "bilateral"
    else:
        kind = "regional" if parties <= 8 else "global"
    length = min(90, max(14, (days[-1] - days[0]) // 7 * 7))
    return p.Suggestion(
        type=kind,
        leader=leader,
        days=length,
        reason=(
            f"{leader} reported {counts[leader]} of {len(members)} alerts; "
            f"{_count(parties, 'administration')} can act on this route."
        ),
    )
