"""Who is silent on the route of a case (P24): the next one may be on its way there.

Silence is a sign only of somebody who reports at all; what others do not say says nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from entente.alert.record import Consignment
from entente.correlate.burst import Reporting
from entente.correlate.evidence import SilentCountry
from entente.correlate.head import Head
from entente.correlate.route import route_of

MOST = 6
"""Countries told, those on most routes first."""


def silent(
    members: Sequence[Head], reporting: Mapping[str, Reporting]
) -> tuple[SilentCountry, ...]:
    """The countries that goods of a case were to reach or pass, whose administrations are none of
    its reporters. ``reporting``: who reports at all, as of the epoch."""
    known = {country_of(head.issuer) for head in members}
    able = {country_of(issuer) for issuer in reporting}
    counts: Counter[str] = Counter()
    for head in members:
        if isinstance(head.alert, Consignment):
            ahead = {route_of(head.alert)[1], *(leg.country for leg in head.alert.route.transit)}
            counts.update(c for c in ahead if c and c not in known)
    ranked = sorted(counts, key=lambda country: (-counts[country], country))
    return tuple(SilentCountry(country, country in able) for country in ranked[:MOST])


def country_of(administration: str) -> str:
    """The country of an administration, by the form of its id."""
    return administration.partition("-")[0]
