"""Bursts (P03): goods on a route that several administrations seize within a window, more than
their own histories explain.

Each administration is compared with its own past on the route, by a negative binomial tail whose
baseline is the year before the window; the tails are combined by Fisher's method, so that one
administration's flood cannot carry the burst. Counts are of seizures, not of records (copies count
once), by event date (so late reports fall where they belong); an administration that began to
report during the year is judged only once eight weeks of its history are known. What remains is
weighed against the number of routes and windows tried.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import accumulate
from math import log2
from typing import NamedTuple

import msgspec

from entente.correlate.bursts.route import RouteEvent, RouteKey

YEAR = 364
"""52 weeks."""


class BurstWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a burst; part of the versioned weights."""

    windows: tuple[int, ...] = (14, 28)
    """Days."""
    administrations: int = 2
    """At least so many must each be above their own history."""
    seizures: int = 4
    above: float = 0.1
    """An administration is above its history when its own tail is smaller than this."""
    most: float = 10.0
    single: float = 4.0
    """Bits that one administration can give, and that each of its seizures can: few are rarer than
    what is not thought of, such as one consignment in two parcels."""
    patterns: float = 32.0
    """True bursts to be expected in a year, over all routes."""
    heading: float = 4.0
    """Bits less for what is not one brand or substance: a heading has the goods of many makers, and
    rises and falls by more than chance."""
    floor: float = 1.5
    """Bits that must remain after the prior: with less it is likelier chance than not, by the
    released calibration."""

    def bits(self, seizures: int) -> float:
        """The most that so many seizures of one administration can give."""
        return min(self.most, self.single * seizures)


class Reporting(NamedTuple):
    """How one administration reports as a whole, as of the epoch."""

    first: int
    """First day it reported an event of."""
    week: int
    """The week (day // 7) of that day."""
    totals: tuple[int, ...]
    """Seizures before week ``week + i``, so that any span is one subtraction."""
    monthly: bool = False
    """Its dates heap on the first of the month: a day of it is no better than a month."""

    def before(self, week: int) -> int:
        """Seizures before a week."""
        return self.totals[min(max(week - self.week, 0), len(self.totals) - 1)]


class Share(NamedTuple):
    """One administration's part of a burst."""

    issuer: str
    seizures: int
    expected: float
    bits: float


class Peak(NamedTuple):
    """One window that is a burst by itself."""

    first: int
    last: int
    bits: float
    shares: tuple[Share, ...]
    """Largest bits first."""


class Burst(NamedTuple):
    """A burst on one route: the widest run of overlapping windows that each are one."""

    key: RouteKey
    first: int
    last: int
    subjects: tuple[str, ...]
    peak: Peak
    """Its most surprising window."""
    prior: float
    """Bits against any window of any route being a burst."""

    @property
    def bits(self) -> float:
        """What remains of the evidence after the prior."""
        return self.peak.bits + self.prior


class _Totals(dict[int, int]):
    """By week, what an administration had reported before it: looked up by every window."""

    def __init__(self, of: Reporting | None) -> None:
        self._of = of

    def __missing__(self, week: int) -> int:
        found = self[week] = self._of.before(week) if self._of else 0
        return found


class _ByIssuer(dict[str, _Totals]):
    def __init__(self, reporting: Mapping[str, Reporting]) -> None:
        self._reporting = reporting

    def __missing__(self, issuer: str) -> _Totals:
        found = self[issuer] = _Totals(self._reporting.get(issuer))
        return found


class Season:
    """What the epoch knows of routes and reporters.

    ``routes``: how many have two administrations or more.
    """

    def __init__(self, reporting: Mapping[str, Reporting], routes: int = 64) -> None:
        self.reporting = reporting
        self.routes = routes
        self.totals: Mapping[str, Mapping[int, int]] = _ByIssuer(reporting)
        """By administration and week, what it had reported before."""

    def prior(self, weights: BurstWeights, *, named: bool) -> float:
        """Log2 odds that a window of a route is a burst, before any evidence. ``named``: the goods
        are one brand or substance."""
        windows = max(self.routes, 64) * YEAR / weights.windows[0]
        return log2(weights.patterns / windows) - (0.0 if named else weights.heading)

    def known(self, issuer: str, day: int) -> int:
        """Days of an administration's history before a day, a year at most; 0: too short to judge
        by."""
        reporting = self.reporting.get(issuer)
        known = min(YEAR, day - reporting.first) if reporting else 0
        return known if known >= _LEAST else 0


_LEAST = 8 * 7


def counts(event: RouteEvent, season: Season) -> bool:
    """Whether an event can take part: a month, or a first of the month by habit, is no day."""
    known = season.reporting.get(event.issuer)
    return event.exact and not (known and known.monthly)


def episodes(
    key: RouteKey,
    peaks: Iterable[Peak],
    subjects: Mapping[str, tuple[int, str]],
    season: Season,
    weights: BurstWeights,
) -> list[Burst]:
    """Overlapping windows joined into bursts, each with all alerts between its ends."""
    prior = season.prior(weights, named=key.named)
    runs: list[list[Peak]] = []
    end = -1
    for item in sorted(p for p in peaks if p.bits + prior >= weights.floor):
        if not runs or item.first > end:
            runs.append([])
        runs[-1].append(item)
        end = max(end, item.last)
    found = []
    for run in runs:
        first, last = run[0].first, max(p.last for p in run)
        members = sorted((d, s) for s, (d, _) in subjects.items() if first <= d <= last)
        best = max(run, key=lambda p: (p.bits, -p.first, p.last))
        names = tuple(sorted(s for _, s in members))
        found.append(Burst(key, members[0][0], members[-1][0], names, best, prior))
    return found


def reporting_of(by_day: Mapping[int, int]) -> Reporting | None:
    """How an administration reports, from its seizures by day."""
    kept = {day: n for day, n in by_day.items() if n}
    if not kept:
        return None
    first = min(kept)
    weeks = [0] * (max(kept) // 7 - first // 7 + 1)
    for day, n in kept.items():
        weeks[day // 7 - first // 7] += n
    heap = sum(n for day, n in kept.items() if date.fromordinal(day).day == 1)
    total = sum(weeks)
    return Reporting(
        first, first // 7, tuple(accumulate(weeks, initial=0)), heap >= 4 and heap * 4 >= total
    )
