"""A proposal as rows of a sheet, each with its heading: what, who, when, why, where, what to do.

In the order in which somebody with five minutes asks; plain text, so that any page can show it.
"""

from collections import Counter
from collections.abc import Iterator
from math import comb

from entente.alert.codes import locode
from entente.alert.codes.lists import country_name
from entente.alert.proposal import (
    ControlPoint,
    Evidence,
    GoodsSummary,
    Proposal,
    RouteSummary,
    Silent,
)
from entente.alert.quantity import quantity

ALERTS = 8
"""Alerts listed one by one, by date; the rest is counted."""
REASONS = 6
"""Reasons from single links; each kind first once."""
_ASIDE = frozenset({"prior", "time", "goods", "other-goods"})
"""What helps a link without being a reason of its own."""
_BASES = {
    "declared": "as declared", "cif": "CIF", "domestic_retail_genuine": "retail of the genuine",
}  # fmt: skip


def rows(p: Proposal, today: str) -> Iterator[tuple[str, list[str]]]:
    """Headings with their lines; a heading that has nothing to say is left out.

    ``today``: the day on which it is read, ``2026-05-04``; what is over is told as over.
    """
    for heading, lines in (
        ("what", list(_what(p))),
        ("danger", _danger(p)),
        ("who", list(_who(p))),
        ("when", [_when(p, today)]),
        ("patterns", list(_patterns(p))),
        ("why, in bits", list(_why(p))),
        ("innocent explanation", [p.innocent_explanation]),
        ("refuted by", [p.refuted_by]),
        ("alerts", list(_alerts(p))),
        ("way", [_way(r) for r in p.routes[:4]]),
        ("can still be stopped at", [_point(c) for c in p.control_points[:ALERTS]]),
        ("silent", list(_silent(p))),
        ("suggested", [suggestion(p)]),
        ("handling", [_handling(p)]),
        ("computed by", [_basis(p)]),
    ):
        if lines:
            yield heading, lines


def percent(p: Proposal) -> str:
    """The probability, never as certainty."""
    value = min(float(p.probability), 0.999)
    return f"{100 * value:.0f} %" if value < 0.99 else f"{100 * value:.1f} %"


def believed(p: Proposal) -> str:
    """How far the probability can be believed, as far as that is known."""
    known = p.calibrated
    if known is None:
        return ""
    parts = [f"{known.cases} judged cases"] if known.cases is not None else []
    if known.ece is not None:
        parts.append(f"off by {100 * known.ece:.0f} points on average on others")
    if known.cases is not None and known.ece is None:
        parts.append("not measured on others")
    return f"learnt from {', '.join(parts)}" if parts else known.made_by


def suggestion(p: Proposal) -> str:
    """What to do, in a sentence."""
    s = p.suggestion
    what = {
        "warning_only": "a warning, no operation yet", "bilateral": "a bilateral operation",
        "regional": "a regional operation", "global": "a global operation",
    }[s.type]  # fmt: skip
    if s.type != "warning_only":
        what += f" of {s.days} days, led by {s.leader}"
    return f"{what}: {s.reason}"


def _what(p: Proposal) -> Iterator[str]:
    if p.goods:
        sorts = ", ".join(f"{g.label} ({_how_much(g)})" for g in p.goods[:5])
        yield f"{sorts}{_of(p.brands)}"
    for basis in dict.fromkeys(v.basis for v in p.values):
        sums = ", ".join(f"{v.amount:,} {v.currency}" for v in p.values if v.basis == basis)
        yield f"worth {sums} {_BASES[basis]}"


def _how_much(g: GoodsSummary) -> str:
    alerts = f"{g.alerts} alert{'s' if g.alerts > 1 else ''}"
    return ", ".join((alerts, *(quantity(a.amount, a.unit) for a in g.amounts)))


def _of(brands: tuple[str, ...]) -> str:
    if not brands:
        return ""
    more = f" and {len(brands) - 5} more" if len(brands) > 5 else ""
    return f"; brands {', '.join(brands[:5])}{more}"


def _danger(p: Proposal) -> list[str]:
    return [
        ", ".join(f"{h.area.replace('_', ' ')} ({h.severity}, in {h.alerts})" for h in p.health)
    ] * bool(p.health)


def _who(p: Proposal) -> Iterator[str]:
    counts = Counter(a.issuer for a in p.alerts)
    yield ", ".join(f"{who} with {counts[who]}" for who in sorted(counts, key=lambda w: -counts[w]))
    if len(p.administrations) > 2 and len(p.without_agreement) == comb(len(p.administrations), 2):
        yield "no two of them have an agreement to share names"
    elif p.without_agreement:
        pairs = ", ".join(f"{pair.one} and {pair.other}" for pair in p.without_agreement)
        yield f"no agreement to share names between {pairs}"


def _when(p: Proposal, today: str) -> str:
    w = p.window
    days = w.first if w.first == w.last else f"{w.first} to {w.last}"
    if w.stale_after < today:
        return f"{days}; history since {w.stale_after}: nothing more has come"
    late = "was to come" if w.next_expected and w.next_expected < today else "may come"
    ahead = f"; the next one {late} about {w.next_expected}" if w.next_expected else ""
    return f"{days}{ahead}; history after {w.stale_after} unless more comes"


def _patterns(p: Proposal) -> Iterator[str]:
    for e in p.evidence:
        if e.pattern and e.kind == "pattern":
            rate = f" {e.base_rate}" if e.base_rate else ""
            yield f"{e.pattern}: {e.sentence}{rate}"  # its bits change no probability


def _why(p: Proposal) -> Iterator[str]:
    for e in p.evidence:
        if e.kind != "pattern":
            yield _reason(e)
    for e, links in _strongest(p):
        yield _reason(e) + (f" ({links} links)" if links > 1 else "")
    if p.links:
        yield f"{p.bits:>+6}  in each of the links that hold it together, on average, all told"
    else:
        yield f"{p.bits:>+6}  together; each bit doubles the odds"


def _reason(e: Evidence) -> str:
    bits = f"{e.bits:+.1f}" if e.bits else ""
    return f"{bits:>6}  {e.sentence}"


def _strongest(p: Proposal) -> list[tuple[Evidence, int]]:
    """The strongest reasons of links, each kind first once, and how many links have each."""
    found: dict[str, Evidence] = {}
    links: Counter[str] = Counter()
    for link in p.links:
        for e in link.evidence:
            if e.kind not in _ASIDE and e.bits > 0:
                links[e.sentence] += 1
                if e.sentence not in found or e.bits > found[e.sentence].bits:
                    found[e.sentence] = e
    ranked = sorted(found.values(), key=lambda e: (-e.bits, e.sentence))
    kinds: Counter[str] = Counter()
    turn = {}
    for e in ranked:
        turn[e.sentence] = kinds[e.kind]
        kinds[e.kind] += 1
    ranked.sort(key=lambda e: turn[e.sentence])
    return [(e, links[e.sentence]) for e in ranked[:REASONS]]


def _alerts(p: Proposal) -> Iterator[str]:
    ordered = sorted(p.alerts, key=lambda a: (a.event_date or "", a.subject))
    for a in ordered[:ALERTS]:
        who = f"{a.issuer:<6} grade {a.source_grade or '?'}{a.information_grade or '?'}"
        yield f"{a.event_date or '?':<10}  {who}  {a.subject[:8]}  {a.told or ''}".rstrip()
    if len(ordered) > ALERTS:
        yield f"and {len(ordered) - ALERTS} more"


def _way(route: RouteSummary) -> str:
    points = (route.departure, *route.transit, route.destination)
    return " → ".join(country_name(c) if c else "?" for c in points) + f" ({route.alerts})"


def _point(point: ControlPoint) -> str:
    place = point.place and (locode.name(point.place) or point.place)
    name = country_name(point.country) + (f", {place}" if place else "")
    done = f", has stopped {point.stopped}" if point.stopped else ""
    return f"{name} ({point.stage} of {point.alerts}{done})"


def _silent(p: Proposal) -> Iterator[str]:
    warned = [one for one in p.silent if one.look_for]
    if len(warned) == 1:
        yield f"{warned[0].sentence} {_hint(warned[0])}"
    elif warned:  # all are told the same
        names = [country_name(one.country) for one in warned]
        yield (
            f"{', '.join(names[:-1])} and {names[-1]} lie on this route and have reported nothing"
            f" of it: the next one may be on its way there. {_hint(warned[0])}"
        )
    for one in p.silent:
        if not one.look_for and one.reason == "no_report_on_route":
            yield one.sentence
    mute = [country_name(s.country) for s in p.silent if s.reason == "no_report_at_all"]
    if mute:
        yield f"Not a sign, as they report nothing at all: {', '.join(mute)}."


def _hint(one: Silent) -> str:
    return f"To look for until {one.until}: {one.look_for}."


def _handling(p: Proposal) -> str:
    r = p.releasability
    parts = [f"TLP:{r.tlp.replace('_', '+')} {' '.join(r.codes)}".strip(), *r.conditions]
    limits = [*(r.regions or ()), *(r.administrations or ())]
    if limits:
        parts.append(f"for {', '.join(limits)} only")
    grade = f"{r.source_grade or '?'}{r.information_grade or '?'}"
    return f"{'; '.join(parts)}; weakest grade {grade}"


def _basis(p: Proposal) -> str:
    b = p.basis
    return (
        f"engine {b.engine}, rules {b.rules}, weights {b.weights}, calibration {b.calibration}, "
        f"epoch {b.epoch}" + (f", {b.heads} alerts" if b.heads is not None else "")
    )
