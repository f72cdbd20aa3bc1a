"""Bursts as cases: which of overlapping ones to show, and how to say it."""

from collections.abc import Collection, Iterable, Sequence

from entente.alert.codes.lists import categories, country_name, harmonized_system
from entente.correlate.bursts.burst import Burst
from entente.correlate.bursts.route import ANY, RouteKey
from entente.correlate.day import iso
from entente.correlate.evidence import Case, Evidence, Wording

PATTERN = "route_burst"


def burst_cases(found: Iterable[Burst]) -> list[Case]:
    """One case per burst; of bursts that share half their alerts only the most surprising.

    A route, its departure alone and its destination alone see the same seizures: they are one
    finding. So are a brand and its heading, and there the brand says it better, if it is a burst
    likelier than not. A pure function of the set of bursts.
    """
    kept: list[Burst] = []
    seen: list[frozenset[str]] = []
    for burst in sorted(found, key=_rank):
        members = frozenset(burst.subjects)
        if not any(overlaps(members, s) for s in seen):
            kept.append(burst)
            seen.append(members)
    return [_case(b) for b in kept]


def _rank(burst: Burst) -> tuple[bool, float, bool, RouteKey, int]:
    key = burst.key
    return not (key.named and burst.bits > 0), -burst.bits, ANY in key, key, burst.first


def overlaps(one: Collection[str], other: Collection[str]) -> bool:
    """Whether two groups share half of the smaller: then they are one finding."""
    shared = len(set(one).intersection(other))
    return bool(shared) and 2 * shared >= min(len(one), len(other))


def _case(burst: Burst) -> Case:
    goods = _goods(burst.key.goods)
    name = goods[:1].upper() + goods[1:]
    way = _way(burst)
    peak = burst.peak
    width = peak.last - peak.first + 1
    total = sum(s.seizures for s in peak.shares)
    expected = sum(s.expected for s in peak.shares)
    issuers = [s.issuer for s in peak.shares]
    evidence = [
        Evidence(
            kind=PATTERN,
            bits=round(s.bits, 2),
            left=str(s.seizures),
            right=f"{s.expected:.2f}",
            note=(
                f"{s.issuer} seized it {_times(s.seizures)} in {width} days; its own past year "
                f"lets one expect {_number(s.expected)}."
            ),
        )
        for s in peak.shares
    ]
    spent = burst.peak.bits - sum(s.bits for s in peak.shares)
    if spent < -0.05:
        evidence.append(
            Evidence(
                kind="several_reporters",
                bits=round(spent, 2),
                note=(
                    "Less, because several administrations were looked at together, and none of "
                    "them may carry it alone."
                ),
            )
        )
    evidence.append(
        Evidence(
            kind="prior",
            bits=round(burst.prior, 2),
            note=("Before any evidence, any fortnight of any route is taken for an ordinary one."),
        )
    )
    wording = Wording(
        claim=(
            f"{name} {way}: {_list(issuers)} seized it {total} times in {_span(burst)}; for any "
            f"{width} days their own histories explain {_number(expected)}."
        ),
        innocent=(
            "A campaign of controls, a season, or a change in how these administrations report "
            "would look alike; controls at one administration alone were allowed for."
        ),
        refuted_by=(
            f"If goods other than {goods} rose alike on this route in the same weeks, or if the "
            "seizures came from one joint control, the rise says nothing about the goods."
        ),
    )
    return Case(
        pattern=PATTERN,
        members=burst.subjects,
        bits=round(burst.bits, 2),
        anchor=(burst.subjects[0], burst.subjects[1]),
        evidence=tuple(evidence),
        wording=wording,
    )


def _goods(label: str) -> str:
    """The goods of a route in words."""
    kind, _, value = label.partition(":")
    table = {"category": categories(), "hs": harmonized_system()}.get(kind)
    return table.name(value) if table and value in table else value.replace("_", " ")


def _span(burst: Burst) -> str:
    """The days of the seizures that count: all of the burst, or those of its peak."""
    peak = burst.peak
    first, last = max(burst.first, peak.first), min(burst.last, peak.last)
    days = last - first + 1
    return f"{days} days, {iso(first)} to {iso(last)}" if days > 1 else f"one day, {iso(first)}"


def _way(burst: Burst) -> str:
    ends = (burst.key.departure, burst.key.destination)
    departure, destination = (c if c == ANY else country_name(c) for c in ends)
    if destination == ANY:
        return f"from {departure}"
    return f"to {destination}" if departure == ANY else f"from {departure} to {destination}"


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 0.95 else ("under 0.1" if value < 0.1 else f"{value:.1f}")


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
