"""The listing: what coordinators know to serve everybody, so that it ties nobody to anybody.

Its issuer, who owns the entry, is a coordinator; when it was entered is in the statement. Each
value is a subject of its own for each coordinator: corrections and withdrawals work as those of
alerts, and what several list counts as long as one of them does.
"""

from typing import Literal

from entente.alert.record import Part

Service = Literal["courier", "forwarder", "broker", "marketplace", "hub_port", "free_zone", "other"]
Known = Literal["name", "phone", "email", "domain", "place", "other"]


class Listing(Part, frozen=True, kw_only=True):
    """An entry of a list."""

    service: Service
    """What it is: a courier, forwarder, customs broker, marketplace, a port through which all sorts
    of goods pass, a free zone."""
    known_by: Known
    """What ``value`` is: of ports and zones the ``place``."""
    value: str
    """As people write it; a place as UN/LOCODE."""
    reason: str
    """Why it is listed, in the coordinator's words."""
    until: str | None = None
    """The last day on which it counts, ``2027-12-31``, by the newest alert there is."""
