"""Goods on a route: what an alert says about who sends what from where to where, and when."""

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from entente.alert.record import Consignment, Detention, Event, Goods, Leg, Seizure
from entente.correlate.day import day_of
from entente.correlate.head import Head

ANY = "*"
"""In a route key: whatever that end is."""


class RouteKey(NamedTuple):
    """Departure and destination (ISO 3166-1 alpha-2 or ``ANY``) and one label of goods."""

    departure: str
    destination: str
    goods: str

    @property
    def named(self) -> bool:
        """Whether the goods are one brand or substance, not all of a heading or group."""
        return not self.goods.startswith(("category:", "hs:", "group:"))


class RouteEvent(NamedTuple):
    """One alert on a route. Alerts of one issuer and ``signature`` are copies of one seizure."""

    day: int
    issuer: str
    subject: str
    signature: str
    exact: bool
    """Whether the day is known; a month or a year cannot take part in a burst."""


class Routed(NamedTuple):
    """What an alert counts on: its event, and the routes. Most alerts share these keys with others,
    and all of one alert the event."""

    event: RouteEvent | None
    keys: tuple[RouteKey, ...]


NOWHERE = Routed(None, ())
"""On no route."""
_json = msgspec.json.Encoder(order="sorted")
_WORDS = re.compile(r"[^\W_]+")
_EVENTS = (Seizure, Detention)


def route_of(alert: Consignment) -> tuple[str | None, str | None]:
    """Departure and destination country. What the issuer says is unknown stays unknown.

    Where a departure is not given, provenance stands for it, or else the origin; where a
    destination of an import is not given, the country where the goods were stopped does.
    """
    route, unknown = alert.route, set(alert.unknown)

    def country(leg: Leg | None, pointer: str) -> str | None:
        if leg is None or pointer in unknown or f"{pointer}/country" in unknown:
            return None
        return leg.country

    departure = country(route.departure, "/route/departure")
    if departure is None and "/route/departure" not in unknown:
        departure = country(route.provenance, "/route/provenance")
        departure = departure or country(route.origin, "/route/origin")
    destination = country(route.destination, "/route/destination")
    event = event_of(alert)
    imported = event is not None and event.direction == "import"
    if destination is None and imported and "/route/destination" not in unknown:
        destination = country(route.location, "/route/location")
    return departure, destination


def goods_labels(line: Goods) -> tuple[str, ...]:
    """Labels of one line of goods, the most telling first: brand, substance or HS, group."""
    labels = []
    for right in line.rights:
        brand = plain(right.brand)
        if brand:
            labels.append(f"brand:{brand}")
    text = plain(line.description.text) if line.description else ""
    if line.group in ("drugs", "precursors", "medicines") and text and text.count(" ") < 3:
        labels.append(f"{line.group}:{text}")
    elif line.category and line.category != "12h":
        labels.append(f"category:{line.category}")
    elif line.hs and len(line.hs) >= 4:
        labels.append(f"hs:{line.hs[:4]}")
    return tuple(labels or ([f"group:{line.group}"] if line.group else []))


def plain(text: str | None) -> str:
    """Letters and digits only, case folded, single spaces."""
    return " ".join(_WORDS.findall((text or "").casefold()))


def event_of(alert: object) -> Event | None:
    """The event of an alert that has one: seizures and detentions, not wishes or answers."""
    return alert.event if isinstance(alert, _EVENTS) else None


def routed(head: Head) -> Routed:
    """Every route that this alert counts on. Warnings are wishes, not events: they count on none.

    Goods that stay in one country are on no route.
    """
    alert = head.alert
    if not isinstance(alert, _EVENTS):
        return NOWHERE
    departure, destination = route_of(alert)
    when = day_of(alert.event.date)
    if departure is None or destination is None or departure == destination or when is None:
        return NOWHERE
    same = msgspec.structs.replace(alert, national_ref="", remarks=None, attachments=())
    signature = hashlib.sha256(_json.encode(same)).hexdigest()[:16]
    event = RouteEvent(when[0], head.issuer, head.subject, signature, when[1] == 1)
    labels = dict.fromkeys(label for line in alert.goods for label in goods_labels(line))
    ends = ((departure, destination), (departure, ANY), (ANY, destination))
    return Routed(event, tuple(_key(*end, label) for label in labels for end in ends))


_key = lru_cache(maxsize=1 << 16)(RouteKey)
