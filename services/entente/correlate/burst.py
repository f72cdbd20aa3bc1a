"""Bursts (P03): goods on a route that several administrations seize within a window, more than
their own histories explain.

Each administration is compared with its own past on the route, by a negative binomial tail whose
baseline is the year before the window; the tails are combined by Fisher's method, so that one
administration's flood cannot carry the burst. Counts are of seizures, not of records (copies count
once), by event date (so late reports fall where they belong); an administration that began to
report during the year is judged only once eight weeks of its history are known. What remains is
weighed against the number of routes and windows tried.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import accumulate, chain
from math import comb, log2
from typing import NamedTuple

import msgspec

from entente.correlate.route import RouteEvent, RouteKey
from entente.correlate.tail import fisher, most_mean, negative_binomial_tail

YEAR = 364
SIZES = (0.7, 8.0)
"""Least and largest size of a negative binomial that an administration's past is taken for."""


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
    floor: float = -1.0
    """Bits that must remain after the prior: odds of one in two, which the proposal says."""

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

    def between(self, week: int, end: int) -> int:
        """Seizures in the weeks from ``week`` up to ``end``, without it."""
        last = len(self.totals) - 1
        low, high = min(max(week - self.week, 0), last), min(max(end - self.week, 0), last)
        return self.totals[high] - self.totals[low]


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


class Past(NamedTuple):
    """What an administration had reported by the beginning of a window, and inside it."""

    known: int
    """Days of its history, a year at most."""
    before: int
    """Seizures in the weeks of these days."""
    now: int
    """Seizures in the weeks of the window."""


class Season:
    """What the epoch knows of routes and reporters.

    ``routes``: how many have two administrations or more.
    """

    def __init__(self, reporting: Mapping[str, Reporting], routes: int = 64) -> None:
        self.reporting = reporting
        self.routes = routes
        self._past: dict[tuple[str, int, int], Past | None] = {}

    def prior(self, weights: BurstWeights) -> float:
        """Log2 odds that a window of a route is a burst, before any evidence."""
        return log2(weights.patterns / (max(self.routes, 64) * YEAR / weights.windows[0]))

    def past(self, issuer: str, first: int, last: int) -> Past | None:
        """The past of an administration before a window; nothing if it is too short to judge by."""
        key = (issuer, first, last)
        if key not in self._past:
            self._past[key] = _past(self.reporting.get(issuer), first, last)
        return self._past[key]

    def year(self, issuer: str, first: int) -> int:
        """What an administration reported in the year before a day."""
        known = self.reporting.get(issuer)
        return known.between((first - YEAR) // 7, first // 7) if known else 0


def _past(reporting: Reporting | None, first: int, last: int) -> Past | None:
    known = min(YEAR, first - reporting.first) if reporting else 0
    if reporting is None or known < 8 * 7:
        return None
    return Past(
        known,
        reporting.between((first - known) // 7, first // 7),
        reporting.between(first // 7, last // 7 + 1),
    )


Days = Mapping[str, list[int]]
"""Days of the seizures on one route, sorted, by administration."""


def counts(event: RouteEvent, season: Season) -> bool:
    """Whether an event can take part: a month, or a first of the month by habit, is no day."""
    known = season.reporting.get(event.issuer)
    return event.exact and not (known and known.monthly)


class Windows:
    """Judges windows of one route, of which none begins before ``start``."""

    def __init__(self, days: Days, start: int, weights: BurstWeights) -> None:
        self._days, self._weights = days, weights
        self._near = [
            (issuer, own, at)
            for issuer, own in days.items()
            if (at := bisect_left(own, start)) < len(own)
        ]

    def worth_judging(self, least: int) -> list[tuple[int, int]]:
        """End and width of the windows that end on day ``least`` or later, and could be bursts
        whatever the season is: enough seizures, and two administrations above their own past."""
        if len(self._near) < self._weights.administrations:
            return []
        every = sorted(chain.from_iterable(own[at:] for _, own, at in self._near))
        found = []
        for at, end in enumerate(every):
            if end < least or every[at + 1 : at + 2] == [end]:
                continue
            for width in self._weights.windows:
                if at + 1 - bisect_left(every, end - width + 1) < self._weights.seizures:
                    continue
                above = inside = 0
                for _, _, count, past in self._inside(end, width):
                    inside += 1
                    above += count * YEAR > width * past
                if min(inside, above) >= self._weights.administrations:
                    found.append((end, width))
        return found

    def _inside(self, last: int, width: int) -> Iterator[tuple[str, list[int], int, int]]:
        """Administrations with seizures in a window: how many, and how many in the year before."""
        first = last - width + 1
        for issuer, own, start in self._near:
            begin = bisect_left(own, first, start)
            count = bisect_left(own, last + 1, begin) - begin
            if count:
                yield issuer, own, count, begin - bisect_left(own, first - YEAR, 0, begin)

    def peak(self, last: int, width: int, season: Season) -> Peak | None:
        """A window that is worth judging, if it is a burst. Most are none, so what is cheap is
        asked first."""
        weights = self._weights
        least, first = weights.administrations, last - width + 1
        judged = [
            (issuer, own, count, past)
            for issuer, own, count, _ in self._inside(last, width)
            if (past := season.past(issuer, first, last))
        ]
        # Whatever share they had of the route: it can only raise the mean.
        most = [
            count
            for _, own, count, past in judged
            if _mean(own, first, width, past, 0.0) <= most_mean(count, weights.above)
        ]
        if len(most) < least or sum(most) < weights.seizures:
            return None
        known: list[tuple[str, list[int], int, float, Past]] = []
        above = seizures = 0
        seen = 0.5 + sum(_between(own, first - YEAR, first) for own in self._days.values())
        part = seen / (sum(season.year(issuer, first) for issuer in self._days) + 1)
        for issuer, own, count, past in judged:
            share = part * (season.year(issuer, first) + 1)
            mean = _mean(own, first, width, past, share)
            known.append((issuer, own, count, mean, past))
            if mean <= most_mean(count, weights.above):
                above += 1
                seizures += count
        if above < least or seizures < weights.seizures:
            return None
        shares = [
            Share(issuer, count, mean, min(weights.bits(count), -log2(max(tail, 1e-30))))
            for issuer, own, count, mean, past in known
            for tail in (_tail(own, count, mean, (first, width), past),)
        ]
        telling = [s for s in shares if s.bits >= -log2(weights.above)]
        if len(telling) < least or sum(s.seizures for s in telling) < weights.seizures:
            return None
        reporters = sum(1 for d in self._days.values() if _between(d, first - YEAR, last + 1))
        together = -log2(max(fisher(_tempered(shares)), 1e-60))
        # Each of many small administrations seldom sees one; that some of them do is no wonder.
        longest = max(past.known for *_, past in known)
        every = sum(s.seizures for s in shares)
        pooled = -log2(max(negative_binomial_tail(every, width * seen / longest, 2.0), 1e-60))
        bits = min(together - log2(comb(reporters, len(shares))), pooled)
        if bits + Season({}).prior(weights) < weights.floor:
            return None
        return Peak(first, last, bits, tuple(sorted(shares, key=lambda s: (-s.bits, s.issuer))))


def _tempered(shares: list[Share]) -> list[float]:
    """Tails of the shares; the strongest counts no more than the others and four bits together.

    A flood at one administration is that administration's affair until others see it as well.
    """
    bits = sorted((s.bits for s in shares), reverse=True)
    bits[0] = min(bits[0], sum(bits[1:]) + 4.0)
    return [2.0**-b for b in bits]


def _between(days: list[int], first: int, end: int) -> int:
    return bisect_left(days, end) - bisect_left(days, first)


def _mean(days: list[int], first: int, width: int, past: Past, share: float) -> float:
    """Seizures that one administration's own past lets one expect in one window.

    ``share``: its part of what all have seized on the route, by what each reports as a whole; up
    to a half, it stands for what it would have seized there in a longer past. The larger of two:
    its rate on the route, and the route's share of all it reported times all it reported in the
    window; so that a campaign or a new zeal to report explains itself.
    """
    seized = bisect_left(days, first) - bisect_left(days, first - past.known)
    smoothed = seized + min(0.5, share)
    mean = width * smoothed / past.known
    return max(mean, past.now * smoothed / (past.before + 1.0)) if past.before else mean


def _tail(days: list[int], count: int, mean: float, window: tuple[int, int], of: Past) -> float:
    """How likely so many are where ``mean`` are expected, by how much its past fortnights vary."""
    if count <= mean:
        return 1.0
    first, width = window
    past = days[bisect_left(days, first - of.known) : bisect_left(days, first)]
    if len(past) < 4:
        return negative_binomial_tail(count, mean, 2.0)
    bins = [0] * max(1, of.known // width)
    for day in past:
        bins[min((first - 1 - day) // width, len(bins) - 1)] += 1
    average = len(past) / len(bins)
    variance = sum((b - average) ** 2 for b in bins) / len(bins)
    size = average**2 / (variance - average) if variance > average else SIZES[1]
    return negative_binomial_tail(count, mean, min(SIZES[1], max(SIZES[0], size)))


def episodes(
    key: RouteKey,
    peaks: Iterable[Peak],
    subjects: Mapping[str, tuple[int, str]],
    season: Season,
    weights: BurstWeights,
) -> list[Burst]:
    """Overlapping windows joined into bursts, each with all alerts between its ends."""
    prior = season.prior(weights)
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
