"""Warnings to those who are silent on the route of a proposal (P24), ready to be published.

The correlator says on whom the goods may be moving in the proposal itself; whoever may publish
alerts, a liaison office above all, passes it on as a warning of its own. That owes feedback, as any
warning does.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from entente.alert.codes.lists import country_name
from entente.alert.proposal import Proposal, RouteSummary, Silent
from entente.alert.record import Goods, Leg, Right, Route, Text, Warning
from entente.errors import UsageError
from entente.trust.register import Register

PURPOSE = "warning of goods that may be on their way"


def lines(p: Proposal, register: Register, to: str | None = None) -> Iterator[dict[str, Any]]:
    """A line for ``entente publish`` for each who is silent; with ``to`` for that country alone.

    Each goes to the home regions of that country's administrations and to nobody else. Raises
    UsageError: nobody is silent there, or the alerts behind it may not be passed on.
    """
    quiet = [s for s in p.silent if s.look_for and to in (None, s.country)]
    if not quiet:
        raise UsageError(
            _nobody(p, to),
            advice=f"`entente proposals --show {p.case[:8]}` says who is silent on the route;"
            " another channel may reach them.",
        )
    if not p.releasability.passes_on:
        r = p.releasability
        raise UsageError(
            f"What this rests on may not be passed on (TLP:{r.tlp}, {' '.join(r.codes) or 'H0'}).",
            advice=f"Ask those who reported it: {', '.join(p.administrations)}.",
        )
    for one in quiet:
        members = [
            m
            for m in register.with_role("administration")
            if m.country == one.country and m.home and m.retired is None
        ]
        if not members:  # an empty audience would be everybody
            continue
        yield {
            "alert": msgspec.to_builtins(warning(p, one)),
            "handling": {
                "tlp": p.releasability.tlp,
                "codes": list(p.releasability.codes or ("H0",)),
                "purpose": PURPOSE,
                "source_grade": p.releasability.source_grade or "X",
                "information_grade": p.releasability.information_grade or 4,
            },
            "audience": {"administrations": [m.id for m in members]},
            "regions": sorted({m.home for m in members if m.home}),
        }


def _nobody(p: Proposal, to: str | None) -> str:
    """Why there is nobody to be warned."""
    mute = {s.country for s in p.silent if s.reason == "no_report_at_all"}
    where = country_name(to) if to else ", ".join(sorted(map(country_name, mute)))
    if where and (to is None or to in mute):
        return f"Nobody is warned: {where} reports nothing at all, so its silence is no sign."
    if to is None:
        return "Nobody on the route of this case is silent ahead of the goods."
    return f"The case does not say that goods may be on their way to {where} unnoticed."


def warning(p: Proposal, to: Silent) -> Warning:
    """The warning for one country: goods and route, nobody's name."""
    way = max(
        p.routes, key=lambda r: (_leads_to(r, to.country), r.alerts), default=RouteSummary(alerts=0)
    )
    rights = tuple(Right(brand=brand) for brand in p.brands[:5])
    return Warning(
        national_ref=f"warning-{p.case}-{to.country}",
        valid_from=p.window.last,
        valid_until=to.until,
        requested="specific_check",
        based_on=tuple(a.subject for a in p.alerts),
        route=Route(
            departure=Leg(country=way.departure) if way.departure else None,
            transit=tuple(Leg(country=c) for c in way.transit),
            destination=Leg(country=to.country),
        ),
        goods=tuple(
            Goods(
                group=g.group, hs=g.hs, description=Text(text=g.label, language="en"), rights=rights
            )
            for g in p.goods[:3]
        ),
        remarks=Text(text=f"{to.sentence} Look for: {to.look_for}.", language="en"),
    )


def _leads_to(route: RouteSummary, country: str) -> bool:
    return country in (*route.transit, route.destination)
