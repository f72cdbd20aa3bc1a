"""What a rule may ask of an alert: a flat set of facts, each a set of strings."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from entente.alert.record import Consignment, Goods, Route
from entente.correlate.bursts.route import event_of, route_of
from entente.correlate.head import Head
from entente.correlate.sentences import THINGS
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.forms import plain
from entente.correlate.weigh.prices import Bounds, dearness
from entente.seal.identifiers import code

Facts = Mapping[str, frozenset[str]]
FIELDS = frozenset({
    "administration", "kind", "origin", "departure", "source", "transit", "destination", "detour",
    "mode", "direction", "detection", "group", "category", "sort", "hs2", "hs4", "brand", "lot",
    "defect", "modus", "risk", "misdeclared", "dearness", "container", "document", "series",
    "consignment", "seal", "zone", "place", "cover", "means", "party", "consignor", "consignee",
    "pair", "trader", "contact", "seller", "forwarder", "tie", "small",
})  # fmt: skip
"""Every field that a rule can name; the room's README says what each holds."""


class Fact(NamedTuple):
    """An alert as rules see it."""

    subject: str
    day: int
    fields: Facts


def _never(_: str) -> bool:
    return False


def facts(
    head: Head,
    of: Features,
    ordinary: Mapping[str, Bounds],
    middlemen: Collection[str] = (),
    usual: Callable[[str], bool] = _never,
) -> Fact:
    """The facts of an alert. What is unknown or not given is not among them: no rule fires on it.

    As of the epoch, ``ordinary``: what goods cost; ``middlemen``: values of those who serve
    everybody; ``usual``: whether a circumstance is so common that it tells nothing.
    """
    alert = head.alert
    assert isinstance(alert, Consignment)  # noqa: S101  # features exist of these alone
    found: dict[str, set[str | None]] = {
        "administration": {head.issuer},
        "kind": {type(alert).__name__.lower()},
        "group": {g.group for g in alert.goods},
        "category": {g.category for g in alert.goods},
        "sort": {of.sort},
        "hs2": {(g.hs or "")[:2] for g in alert.goods},
        "hs4": {g.hs[:4] for g in alert.goods if g.hs and len(g.hs) >= 4},
        "brand": {plain(r.brand or "") for g in alert.goods for r in g.rights},
        "defect": {plain(g.defect or "") for g in alert.goods},
        "modus": set(alert.modus),
        "risk": set(dangers(alert)),
        "misdeclared": {_misdeclared(g) for g in alert.goods},
        "dearness": set(dearness(alert, ordinary)) if ordinary else set(),
        **_route(alert, of, middlemen, usual),
        **_transport(alert, of, usual),
        **_parties(alert, of, middlemen),
    }
    found["tie"] = found["party"] | found["consignment"]
    for values in found.values():
        values.discard(None)
        values.discard("")
    fields = {name: frozenset(values) for name, values in found.items() if values}
    return Fact(head.subject, of.day, fields)  # type: ignore[arg-type]  # None is discarded


def said(value: str) -> str:
    """How a sentence names a value: what is sealed by its kind alone."""
    kind, _, form = value.partition(":")
    if " & " in value:
        return " and ".join(said(part) for part in value.split(" & "))
    thing = THINGS.get(kind)
    if kind == "name-skeleton.1":
        return "one name, as the links show"
    if thing is None:
        return value.replace("_", " ")
    return f"a sealed {thing}" if _TOKEN.search(form) else f"{thing} {form}"


_TOKEN = re.compile("/[0-9a-f]{32}$")
_RISKS = {
    "1a": "food", "1b": "food", "1c": "food", "2a": "cosmetic", "2b": "cosmetic",
    "7e": "electrical", "9a": "toy", "11": "medicine", "12b": "vehicle_part",
}  # fmt: skip
"""The danger that goods of a category are, where the issuer names none."""
_MASSES = ("KGM", "GRM", "TNE", "LTR")
_FEW = 20
"""Pieces, pairs or kilograms of a parcel."""
_VAGUE = frozenset(
    {
        "parts",
        "spare parts",
        "accessories",
        "gift",
        "gifts",
        "plastic articles",
        "samples",
        "articles of plastics",
        "sample",
        "goods",
        "merchandise",
        "general cargo",
        "general goods",
        "various",
        "various goods",
        "miscellaneous",
        "personal effects",
        "household goods",
        "other",
        "unknown",
        "consolidated cargo",
        "cadeau",
        "cadeaux",
        "marchandises",
        "effets personnels",
        "échantillons",
        "divers",
        "regalo",
        "regalos",
        "muestras",
        "mercancías",
        "varios",
        "efectos personales",
        "presente",
        "amostras",
        "mercadorias",
        "geschenk",
        "muster",
        "waren",
        "подарок",
        "образцы",
        "товары",
        "هدية",
        "عينات",
        "礼品",
        "样品",
        "配件",
    }
)
"""Declared of anything; two such declarations have nothing in common."""
_TRADER = ("tax-id.1:", "lei.1:")
_CONTACT = ("phone.1:", "email.1:", "address.1:")
_SELLER = ("shop.1:", "seller:", "url.1:", "payment.1:")
_TELLING = (*_TRADER, *_CONTACT, *_SELLER, "person-document.1:", "name-skeleton.1:", "born.1:")
"""Kinds that name somebody; others, such as a postcode, name many."""
_SENDING = frozenset({"consignor", "exporter"})
_RECEIVING = frozenset({"consignee", "importer", "notify"})


def dangers(alert: Consignment) -> frozenset[str]:
    """The areas in which goods are a danger: as the issuer says, or else as their sort is."""
    return frozenset(r.area for r in alert.risks) or frozenset(
        danger
        for g in alert.goods
        if (danger := "medicine" if g.group == "medicines" else _RISKS.get(g.category or ""))
    )


def _misdeclared(goods: Goods) -> str | None:
    """What it was declared as and what it was, where headings say that these differ."""
    declared = goods.declared
    if declared is None or not declared.hs or not goods.hs:
        return None
    shared = min(len(declared.hs), len(goods.hs), 4)
    vague = declared.description and plain(declared.description.text) in _VAGUE
    if shared < 4 or declared.hs[:4] == goods.hs[:4] or declared.hs.startswith("392690") or vague:
        return None
    return f"{declared.hs[:4]} for {goods.hs[:4]}"


def _route(
    alert: Consignment, of: Features, middlemen: Collection[str], usual: Callable[[str], bool]
) -> dict[str, set[str | None]]:
    route: Route = alert.route
    departure, destination = route_of(alert)
    origin = route.origin.country if route.origin else None
    event, hiding = event_of(alert), alert.concealment
    legs = (route.origin, route.departure, route.provenance, *route.transit, route.destination)
    return {
        "origin": {origin},
        "departure": {departure},
        "source": {of.source},
        "transit": {leg.country for leg in route.transit},
        "destination": {destination},
        "detour": {f"{origin} by {departure}"}
        if origin and departure not in (origin, None)
        else set(),
        "direction": {event.direction if event else None},
        "detection": set(event.detection) if event else set(),
        "zone": {
            leg.zone
            for leg in legs
            if leg and (leg.free_zone or f"zone:{code(leg.zone or '')}" in middlemen)
        },
        "place": {hiding.place if hiding else None},
        "cover": set()
        if any(c.startswith("cover:") and usual(c) for c in of.circumstances)
        else {plain((hiding.cover_load if hiding else None) or "")},
    }


def _transport(
    alert: Consignment, of: Features, usual: Callable[[str], bool]
) -> dict[str, set[str | None]]:
    transport = alert.transport
    things: dict[str, set[str | None]] = {"lot": set(), "document": set(), "seal": set()}
    for value in of.owner:
        kind, _, form = value.partition(".1:")
        name = "seal" if kind == "seal-number" else kind
        if name in things:
            things[name].add(form)
    return things | {
        "mode": {transport.mode if transport else None},
        "container": set(of.containers),
        "consignment": {*of.containers, *things["document"], *things["seal"]},
        "series": {run for run in of.runs if run.startswith("near:")},
        "means": {
            f"{c.kind} {code(c.number)}"
            for c in (transport.conveyances if transport else ())
            if c.number and not any(map(usual, _voyages(code(c.number), of)))
        },
        "small": {"yes" if _small(alert) else None},
    }


def _voyages(number: str, of: Features) -> Iterator[str]:
    """A means of transport as a circumstance, with its voyage."""
    yield from (
        c for c in of.circumstances if c.startswith("vessel:") and c[7:].split(" ")[0] == number
    )


def _small(alert: Consignment) -> bool:
    """A parcel, by the way it came or by what is in it; nothing in a container is one."""
    transport = alert.transport
    if transport is None or transport.containers:
        return False
    if transport.mode == "5" or transport.express:
        return True
    return bool(alert.goods) and all(
        (g.quantity is not None and g.unit not in _MASSES and g.quantity <= _FEW)
        or (g.net_mass is not None and g.net_mass <= _FEW)
        or (g.unit == "KGM" and g.quantity is not None and g.quantity <= _FEW)
        or (g.unit == "GRM" and g.quantity is not None and g.quantity <= 1000 * _FEW)
        for g in alert.goods
    )


def _parties(
    alert: Consignment, of: Features, middlemen: Collection[str]
) -> dict[str, set[str | None]]:
    """Who is named, services left out. A sealed value belongs to no role: that is sealed too."""
    who = alert.nominal.parties if alert.nominal else ()
    found: dict[str, set[str | None]] = {
        "party": {
            value
            for value, owner in of.owner.items()
            if value.startswith(_TELLING)
            and value not in middlemen
            and not (owner >= 0 and of.actors[owner].service)
        },
        "consignor": set(), "consignee": set(), "pair": set(), "forwarder": set(),
    }  # fmt: skip
    for index, actor in enumerate(of.actors):
        if actor.service:
            if actor.name:
                found["forwarder"].add(" ".join(sorted(actor.name.skeletons)))
            continue
        values = sorted(v for v in actor.values if v.startswith(_TELLING) and v not in middlemen)
        found["party"].update(values)
        role = who[index].role if index < len(who) else None
        if role in _SENDING:
            found["consignor"].update(values)
        elif role in _RECEIVING:
            found["consignee"].update(values)
            found["pair"].update(_pairs(values))
    for field, kinds in (("trader", _TRADER), ("contact", _CONTACT), ("seller", _SELLER)):
        found[field] = {v for v in found["party"] if v and v.startswith(kinds)}
    return found


def _pairs(values: list[str]) -> Iterator[str]:
    """Two attributes of different kinds that one receiver has."""
    for one, other in combinations(values, 2):
        if one.partition(":")[0] != other.partition(":")[0]:
            yield f"{one} & {other}"
