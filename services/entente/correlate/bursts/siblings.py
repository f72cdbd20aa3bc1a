"""Who is silent on the route of a case (P24): the next one may be on its way there.

Silence is a sign only of somebody who reports at all; what others do not say says nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from entente.alert.record import Consignment
from entente.correlate.bursts.burst import Reporting
from entente.correlate.bursts.route import route_of
from entente.correlate.evidence import SilentCountry
from entente.correlate.head import Head

LEAST = 5
"""Seizures of anything; a country that has reported fewer is taken not to report."""
MOST = 6
"""Countries told, those on most routes first."""


def silent(members: Sequence[Head], able: Collection[str]) -> tuple[SilentCountry, ...]:
    """The countries on the routes of a case whose administrations are none of its reporters: first
    those ahead, then those that goods set out from. ``able``: who reports at all."""
    known = {country_of(head.issuer) for head in members}
    ahead: Counter[str] = Counter()
    behind: Counter[str] = Counter()
    for head in members:
        if isinstance(head.alert, Consignment):
            departure, destination = route_of(head.alert)
            ahead.update({destination or "", *(t.country or "" for t in head.alert.route.transit)})
            behind.update({departure or ""})
    ranked = [
        SilentCountry(country, country in able, counts is ahead)
        for counts in (ahead, behind)
        for country in sorted(counts, key=lambda country: (-counts[country], country))
        if country and country not in known and (counts is ahead or country not in ahead)
    ]
    return tuple(ranked[:MOST])


def reporters(reporting: Mapping[str, Reporting]) -> frozenset[str]:
    """The countries that report at all, as of the epoch."""
    counts: Counter[str] = Counter()
    for issuer, known in reporting.items():
        counts[country_of(issuer)] += known.totals[-1]
    return frozenset(country for country, n in counts.items() if n >= LEAST)


def country_of(administration: str) -> str:
    """The country of an administration, by the form of its id."""
    return administration.partition("-")[0]
