"""What alerts of a case come to, taken together: goods, dangers, values, routes, days."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import TypeVar

from entente.alert import proposal as p
from entente.alert.codes import locode
from entente.alert.codes.lists import (
    categories,
    country_name,
    harmonized_system,
    transport_modes,
)
from entente.alert.quantity import quantity
from entente.alert.record import (
    CommodityGroup,
    Consignment,
    Goods,
    Leg,
    RiskArea,
    Severity,
    ValueBasis,
)
from entente.correlate.bursts.route import event_of, plain, route_of
from entente.correlate.bursts.siblings import country_of
from entente.correlate.day import day_of, iso
from entente.correlate.evidence import Case
from entente.correlate.head import Head
from entente.correlate.propose.changes import count

T = TypeVar("T")
_WAYS = ("1", "2", "3", "4", "5", "6", "8")
"""Modes of transport that say something."""
_KILOGRAMS = {"GRM": Decimal("0.001"), "KGM": Decimal(1), "TNE": Decimal(1000)}
_LINES = 2
"""Lines of goods that a line about an alert names."""
_LONGEST = 200


def goods(alerts: Sequence[Consignment]) -> tuple[p.GoodsSummary, ...]:
    """The sorts of goods, commonest first. A heading stands where all of a sort have it."""
    counts: Counter[tuple[str, CommodityGroup | None]] = Counter()
    headings: dict[tuple[str, CommodityGroup | None], set[str | None]] = {}
    amounts: dict[tuple[str, CommodityGroup | None], list[p.Amount]] = {}
    for alert in alerts:
        for line in alert.goods:
            amounts.setdefault((_called(line), line.group), []).extend(_amount(line))
        sorts = {(_called(line), line.group): line.hs for line in alert.goods}
        counts.update(sorts.keys())
        for sort, hs in sorts.items():
            headings.setdefault(sort, set()).add(hs)
    return tuple(
        p.GoodsSummary(
            group=group,
            label=label,
            hs=next(iter(found)) if len(found := headings[label, group]) == 1 else None,
            alerts=n,
            amounts=_sums(amounts[label, group]),
        )
        for (label, group), n in sorted(
            counts.items(), key=lambda x: (-x[1], tuple(str(y) for y in x[0]))
        )[:12]
    )


def _amount(line: Goods) -> Iterator[p.Amount]:
    """How much of it there is: as counted or measured, else its net mass."""
    if line.quantity is not None and line.unit is not None:
        yield p.Amount(amount=line.quantity, unit=line.unit)
    elif line.net_mass is not None:
        yield p.Amount(amount=line.net_mass, unit="KGM")


def _sums(amounts: Iterable[p.Amount]) -> tuple[p.Amount, ...]:
    """Sums by unit, which are never mixed; masses are told in kilograms."""
    totals: dict[str, Decimal] = {}
    for one in amounts:
        factor = _KILOGRAMS.get(one.unit)
        unit = one.unit if factor is None else "KGM"
        totals[unit] = totals.get(unit, Decimal(0)) + one.amount * (factor or 1)
    return tuple(p.Amount(amount=n, unit=unit) for unit, n in sorted(totals.items()))


def told(alert: Consignment) -> str:
    """What an alert reports, in a line of open facts: how much of what, how, where, which way."""
    lines = [
        " ".join([*(f"{quantity(a.amount, a.unit)} of" for a in _amount(line)), _called(line)])
        for line in alert.goods[:_LINES]
    ]
    if len(alert.goods) > _LINES:
        lines.append(f"{len(alert.goods) - _LINES} more sorts")
    mode = alert.transport.mode if alert.transport else None
    departure, destination = route_of(alert)
    event = event_of(alert)
    where = alert.route.location or Leg()
    code = where.place or (event and event.office)
    place = where.name or (code and (locode.name(code) or code))
    hidden = alert.concealment.place if alert.concealment else None
    parts = [
        ", ".join(lines) or "goods not described",
        f"by {transport_modes().name(mode).lower()}" if mode in _WAYS else "",
        f"hidden: {hidden.replace('_', ' ')}" if hidden not in (None, "other") else "",
        f"at {place}" if place else "",
        f"{departure or '?'} → {destination or '?'}" if departure or destination else "",
    ]
    return ", ".join(part for part in parts if part)[:_LONGEST]


def _called(line: Goods) -> str:
    """A sort of goods in words: by its category, its heading, or as the issuer described it, which
    may be pages."""
    known = (line.category, categories()), ((line.hs or "")[:4], harmonized_system())
    named = [table.name(code) for code, table in known if code and code in table]
    told = line.description.text[:_LONGEST] if line.description else None
    if line.group in ("drugs", "precursors", "medicines") and told:
        return told
    return named[0] if named else told or (line.group or "goods not described").replace("_", " ")


def lead(alerts: Sequence[Consignment]) -> str:
    """What the case is about, to begin its claim with: goods, brands and where from."""
    sorts = Counter(_called(line) for a in alerts for line in a.goods)
    named_brands = {plain(b): b for b in brands(alerts)}
    labels = Counter(
        named_brands[plain(r.brand)] for a in alerts for g in a.goods for r in g.rights if r.brand
    )
    sources = Counter(source for a in alerts if (source := _source(a)))
    words = ", ".join(_most(sorts, len(alerts)))
    if words and (named := _most(labels, len(alerts))):
        words = f"{words} of {' and '.join(named)}"
    if words and (places := _most(sources, len(alerts))):
        words = f"{words} from {' and '.join(country_name(c) for c in places)}"
    return words


def brands(alerts: Sequence[Consignment]) -> tuple[str, ...]:
    """Every brand, in one of the ways it is written."""
    written = sorted({r.brand for a in alerts for g in a.goods for r in g.rights if r.brand})
    return tuple(sorted({plain(brand): brand for brand in written}.values()))


def look_for(alerts: Sequence[Consignment]) -> str:
    """What officers on the route should look for: open facts only, nobody's name."""
    modes = Counter(
        a.transport.mode for a in alerts if a.transport and a.transport.mode not in (None, "9")
    )
    hidden = Counter(
        a.concealment.cover_load for a in alerts if a.concealment and a.concealment.cover_load
    )
    parts = [lead(alerts) or "goods not described"]
    if by := _most(modes, len(alerts)):
        parts.append("by " + " or ".join(transport_modes().name(m or "").lower() for m in by))
    if covers := _most(hidden, len(alerts)):
        parts.append("under " + " or ".join(str(c) for c in covers))
    return ", ".join(parts)


def _source(alert: Consignment) -> str | None:
    origin = alert.route.origin.country if alert.route.origin else None
    return origin or route_of(alert)[0]


def _most(counts: Counter[T], total: int) -> list[T]:
    """The two commonest, where a third of all alerts has them."""
    ranked = sorted(counts, key=lambda x: (-counts[x], str(x)))
    return [x for x in ranked[:2] if 3 * counts[x] >= total]


def health(alerts: Sequence[Consignment]) -> tuple[p.HealthRisk, ...]:
    """The dangers that alerts report."""
    counts: Counter[tuple[RiskArea, Severity]] = Counter()
    for alert in alerts:
        counts.update({(r.area, r.severity) for r in alert.risks})
    return tuple(
        p.HealthRisk(area=area, severity=severity, alerts=n)
        for (area, severity), n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))
    )


def values(alerts: Sequence[Consignment]) -> tuple[p.ValueTotal, ...]:
    """Sums by basis and currency, which are never mixed."""
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


def routes(alerts: Sequence[Consignment]) -> tuple[p.RouteSummary, ...]:
    """The ways that goods went, most used first."""
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


def control_points(members: Sequence[Head]) -> tuple[p.ControlPoint, ...]:
    """Points of the routes where the next consignment can be stopped, most used first, and how
    often this country has done so."""
    counts: Counter[tuple[str, str, p.ControlStage]] = Counter()
    stopped: Counter[str] = Counter()
    for head in members:
        if not isinstance(head.alert, Consignment):
            continue
        route = head.alert.route
        points: set[tuple[str, str, p.ControlStage]] = set()
        ends: tuple[tuple[Leg | None, p.ControlStage], ...] = (
            (route.departure, "departure"),
            *((leg, "transit") for leg in route.transit),
            (route.destination, "destination"),
        )
        for leg, stage in ends:
            if leg and leg.country:
                points.add((leg.country, leg.place or "", stage))
        counts.update(points)
        if event_of(head.alert):
            stopped[country_of(head.issuer)] += 1
    return tuple(
        p.ControlPoint(
            country=code, place=place or None, stage=stage, alerts=n, stopped=stopped[code]
        )
        for (code, place, stage), n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))[:12]
    )


def _days(members: Sequence[Head]) -> list[int]:
    days = []
    for head in members:
        event = event_of(head.alert)
        when = day_of(event.date if event else getattr(head.alert, "valid_from", None))
        if when:
            days.append(when[0])
    return sorted(days)


def window(members: Sequence[Head]) -> p.Window:
    """When it happens, and when it will have become history."""
    days = _days(members) or [min(h.issued_at for h in members) // 86_400_000_000 + 719_163]
    steps = [b - a for a, b in pairwise(sorted(set(days)))]
    step = int(median(steps)) if steps else 0
    return p.Window(
        first=iso(days[0]),
        last=iso(days[-1]),
        next_expected=iso(days[-1] + step) if step else None,
        stale_after=iso(days[-1] + max(30, 3 * step)),
    )


def suggestion(members: Sequence[Head], case: Case, probability: float) -> p.Suggestion:
    """What could be done: by whom, who leads, how long."""
    counts = Counter(h.issuer for h in members)
    leader = min(counts, key=lambda issuer: (-counts[issuer], issuer))
    parties = len(counts) + sum(1 for s in case.silent if s.reports and s.ahead)
    days = _days(members) or [0]
    kind: p.OperationType
    if len(counts) == 1 or len(members) < 3 or probability < 0.5:
        kind = "warning_only"
    elif parties == 2:
        kind = "bilateral"
    else:
        kind = "regional" if parties <= 8 else "global"
    length = min(90, max(14, (days[-1] - days[0]) // 7 * 7))
    why = f"{leader} reported {counts[leader]} of {count(len(members), 'alert')}"
    act = f"{count(parties, 'administration')} can act on this route"
    if kind == "warning_only":
        act += "; it is too little, or too uncertain, for an operation yet"
    return p.Suggestion(type=kind, leader=leader, days=length, reason=f"{why}; {act}.")
