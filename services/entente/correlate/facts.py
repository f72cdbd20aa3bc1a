"""What a rule may ask of an alert: a flat set of facts, each a set of strings."""

from collections.abc import Mapping
from typing import NamedTuple

from entente.alert.record import Consignment
from entente.correlate.features import Features
from entente.correlate.forms import plain
from entente.correlate.head import Head
from entente.correlate.route import event_of, route_of
from entente.seal.identifiers import code

Facts = Mapping[str, frozenset[str]]
FIELDS = frozenset({
    "administration", "origin", "departure", "transit", "destination", "mode", "direction",
    "detection", "group", "category", "hs2", "hs4", "brand", "lot", "defect", "modus", "risk",
    "container", "zone", "place", "cover", "means", "trader", "contact", "forwarder",
})  # fmt: skip
"""Every field that a rule can name."""


class Fact(NamedTuple):
    """An alert as rules see it."""

    subject: str
    day: int
    fields: Facts


def facts(head: Head, of: Features) -> Fact:
    """The facts of an alert. What is unknown or not given is an empty set: no rule fires on it."""
    alert = head.alert
    assert isinstance(alert, Consignment)  # noqa: S101  # features exist of these alone
    route, transport, hiding = alert.route, alert.transport, alert.concealment
    departure, destination = route_of(alert)
    event = event_of(alert)
    legs = (route.origin, route.departure, route.provenance, *route.transit, route.destination)
    found: dict[str, set[str | None]] = {
        "administration": {head.issuer},
        "origin": {of.source},
        "departure": {departure},
        "transit": {leg.country for leg in route.transit},
        "destination": {destination},
        "mode": {transport.mode if transport else None},
        "direction": {event.direction if event else None},
        "detection": set(event.detection) if event else set(),
        "group": {g.group for g in alert.goods},
        "category": {g.category for g in alert.goods},
        "hs2": {(g.hs or "")[:2] for g in alert.goods},
        "hs4": {g.hs[:4] for g in alert.goods if g.hs and len(g.hs) >= 4},
        "brand": {plain(r.brand or "") for g in alert.goods for r in g.rights},
        "lot": {g.lot for g in alert.goods},
        "defect": {plain(g.defect or "") for g in alert.goods},
        "modus": set(alert.modus),
        "risk": {r.area for r in alert.risks},
        "container": set(of.containers),
        "zone": {leg.zone for leg in legs if leg and leg.free_zone},
        "place": {hiding.place if hiding else None},
        "cover": {plain((hiding.cover_load if hiding else None) or "")},
        "means": {
            f"{c.kind} {code(c.number)}"
            for c in (transport.conveyances if transport else ())
            if c.number
        },
        "trader": _values(of, _TRADER),
        "contact": _values(of, _CONTACT),
        "forwarder": {
            " ".join(sorted(a.name.skeletons)) for a in of.actors if a.service and a.name
        },
    }
    fields = {name: frozenset(v for v in values if v) for name, values in found.items()}
    return Fact(head.subject, of.day, fields)


_TRADER = ("tax-id.1:", "lei.1:")
_CONTACT = ("phone.1:", "email.1:", "address.1:")


def _values(of: Features, kinds: tuple[str, ...]) -> set[str | None]:
    """Of all but services, open or sealed, what a rule may ask to be the same or another."""
    return {
        value
        for value, owner in of.owner.items()
        if value.startswith(kinds) and not (owner >= 0 and of.actors[owner].service)
    }
