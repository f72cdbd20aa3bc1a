"""Which items a reader wants to see. Every condition given must hold."""

import msgspec

from entente.alert.record import Consignment, Seizure
from entente.office.item import Item


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions on an item; what is not given does not matter."""

    issuers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    """ISO alpha-2, anywhere on the route."""
    hs: str | None = None
    """The beginning of an HS code of any goods."""
    since: str | None = None
    """Event date, ISO 8601, of any precision."""
    text: str | None = None
    """Anywhere in the alert's values, whatever the case."""

    def wants(self, item: Item) -> bool:
        """Whether the item meets every condition. A withdrawal meets those it can be asked."""
        if self.issuers and item.issuer not in self.issuers:
            return False
        alert = item.alert
        if alert is None:
            return not (self.kinds or self.countries or self.hs or self.since or self.text)
        if self.kinds and type(alert).__name__.lower() not in self.kinds:
            return False
        if self.text and self.text.casefold() not in _values(msgspec.to_builtins(alert)):
            return False
        if not (self.countries or self.hs or self.since):
            return True
        return isinstance(alert, Consignment) and self._wants_consignment(alert)

    def _wants_consignment(self, alert: Consignment) -> bool:
        if self.countries and not set(self.countries) & countries(alert):
            return False
        if self.hs and not any((goods.hs or "").startswith(self.hs) for goods in alert.goods):
            return False
        return not (
            self.since and not (isinstance(alert, Seizure) and alert.event.date >= self.since)
        )


def countries(alert: Consignment) -> set[str]:
    """Every country on the route."""
    route = alert.route
    legs = (route.origin, route.departure, route.provenance, *route.transit, route.location,
            route.destination)  # fmt: skip
    return {leg.country for leg in legs if leg is not None and leg.country is not None}


def _values(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(map(_values, value.values()))
    if isinstance(value, (list, tuple)):
        return "\n".join(map(_values, value))
    return str(value).casefold()
