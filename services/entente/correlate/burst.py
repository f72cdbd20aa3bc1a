"""Bursts (P03): goods on a route that several administrations seize within a window, more than
their own histories explain.

Each administration is compared with its own past on the route, by a negative binomial tail whose
baseline is the year before the window; the tails are combined by Fisher's method, so that one
administration's flood cannot carry the burst. Counts are of seizures, not of records (copies count
once), by event date (so late reports fall where they belong); an administration that began to
report during the year is judged only once eight weeks of its history are known. What remains is
weighed against the number of routes and windows tried.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import accumulate, takewhile, zip_longest
from math import comb, log2
from typing import NamedTuple

import msgspec

from entente.correlate.route import RouteEvent, RouteKey
from entente.correlate.tail import fisher, negative_binomial_tail

YEAR = 364
NEVER = 10**9


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
    """Bits that one administration can give."""
    patterns: float = 32.0
    """True bursts to be expected in a year, over all routes."""
    floor: float = -1.0
    """Bits that must remain after the prior: odds of one in two, which the proposal says."""


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


class Season(NamedTuple):
    """What the epoch knows of routes and reporters."""

    reporting: Mapping[str, Reporting]
    routes: int = 64
    """Routes with two administrations or more."""

    def prior(self, weights: BurstWeights) -> float:
        """Log2 odds that a window of a route is a burst, before any evidence."""
        return log2(weights.patterns / (max(self.routes, 64) * YEAR / weights.windows[0]))


Days = Mapping[str, list[int]]
"""Days of the seizures on one route, sorted, by administration."""


def counts(event: RouteEvent, season: Season) -> bool:
    """Whether an event can take part: a month, or a first of the month by habit, is no day."""
    known = season.reporting.get(event.issuer)
    return event.exact and not (known and known.monthly)


def peak(days: Days, last: int, width: int, season: Season, weights: BurstWeights) -> Peak | None:
    """The window of ``width`` days that ends with ``last``, if it is a burst."""
    first = last - width + 1
    counts = {i: _between(d, first, last + 1) for i, d in days.items()}
    inside = {issuer: n for issuer, n in counts.items() if n}
    if len(inside) < weights.administrations or sum(inside.values()) < weights.seizures:
        return None
    if sum(_above(days[i], n, first, width) for i, n in inside.items()) < weights.administrations:
        return None
    shares = []
    for issuer, count in inside.items():
        reporting = season.reporting.get(issuer)
        known = min(YEAR, first - reporting.first) if reporting else 0
        if reporting is None or known < 8 * 7:
            continue
        mean, size = _expected(days[issuer], count, (first, last), reporting)
        tail = negative_binomial_tail(count, mean, size) if count > mean else 1.0
        shares.append(Share(issuer, count, mean, min(weights.most, -log2(max(tail, 1e-30)))))
    above = [s for s in shares if s.bits >= -log2(weights.above)]
    if len(above) < weights.administrations or sum(s.seizures for s in above) < weights.seizures:
        return None
    reporters = sum(1 for d in days.values() if _between(d, first - YEAR, last + 1))
    together = -log2(max(fisher(_tempered(shares)), 1e-60))
    bits = together - log2(comb(reporters, len(shares)))
    if bits + Season({}).prior(weights) < weights.floor:
        return None
    return Peak(first, last, bits, tuple(sorted(shares, key=lambda s: (-s.bits, s.issuer))))


def _above(days: list[int], count: int, first: int, width: int) -> bool:
    """Whether a count is above the mean of the year before, at the least that this can be."""
    return count * YEAR > width * _between(days, first - YEAR, first)


def _tempered(shares: list[Share]) -> list[float]:
    """Tails of the shares; the strongest counts no more than the others and four bits together.

    A flood at one administration is that administration's affair until others see it as well.
    """
    bits = sorted((s.bits for s in shares), reverse=True)
    bits[0] = min(bits[0], sum(bits[1:]) + 4.0)
    return [2.0**-b for b in bits]


def _between(days: list[int], first: int, end: int) -> int:
    return bisect_left(days, end) - bisect_left(days, first)


def _expected(
    days: list[int], count: int, window: tuple[int, int], reporting: Reporting
) -> tuple[float, float]:
    """Mean and size of the negative binomial for one administration in one window.

    The mean is the larger of two: its rate on the route, and the route's share of all it reported
    times all it reported in the window; so that a campaign or a new zeal to report explains itself.
    """
    first, last = window
    width, known = last - first + 1, min(YEAR, first - reporting.first)
    past = days[bisect_left(days, first - known) : bisect_left(days, first)]
    smoothed = len(past) + 0.5
    mean = width * smoothed / known
    before = reporting.between((first - known) // 7, first // 7)
    if before:
        now = reporting.between(first // 7, last // 7 + 1)
        mean = max(mean, now * smoothed / (before + 1.0))
    if len(past) < 4 or count <= mean:
        return mean, 2.0
    bins = [0] * max(1, known // width)
    for day in past:
        bins[min((first - 1 - day) // width, len(bins) - 1)] += 1
    average = len(past) / len(bins)
    variance = sum((b - average) ** 2 for b in bins) / len(bins)
    size = average**2 / (variance - average) if variance > average else 8.0
    return mean, min(8.0, max(0.7, size))


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


def bursts(
    key: RouteKey, events: Iterable[RouteEvent], season: Season, weights: BurstWeights
) -> list[Burst]:
    """Every burst among the events of one route: a pure function of the set of events."""
    book = RouteBook(season, weights)
    book.change((), ((key, event) for event in events))
    return book.bursts(key)


class _Route:
    """The events of one route in the order the windows need, and the windows found to be bursts."""

    def __init__(self) -> None:
        self.events: set[RouteEvent] = set()
        self.days: dict[str, list[int]] = {}
        self.copies: dict[tuple[str, str], int] = {}
        self.subjects: dict[str, tuple[int, str]] = {}
        self.peaks: dict[tuple[int, int], Peak] = {}
        self.latest = 0
        """No event is later; an earlier one may be gone."""
        self.stale = 0
        """Windows that end on this day or later have to be judged again."""

    def add(self, event: RouteEvent) -> None:
        copy = (event.issuer, event.signature)
        self.subjects[event.subject] = (event.day, event.issuer)
        self.copies[copy] = self.copies.get(copy, 0) + 1
        if self.copies[copy] == 1:
            insort(self.days.setdefault(event.issuer, []), event.day)
        self.stale = min(self.stale, event.day)
        self.latest = max(self.latest, event.day)

    def remove(self, event: RouteEvent) -> None:
        copy = (event.issuer, event.signature)
        del self.subjects[event.subject]
        self.copies[copy] -= 1
        if not self.copies[copy]:
            del self.copies[copy]
            self.days[event.issuer].remove(event.day)
            if not self.days[event.issuer]:
                del self.days[event.issuer]
        self.stale = min(self.stale, event.day)

    def judge(self, season: Season, weights: BurstWeights) -> None:
        for window in [w for w in self.peaks if w[0] >= self.stale]:
            del self.peaks[window]
        if len(self.days) >= weights.administrations:
            every = sorted(d for days in self.days.values() for d in days)
            for at, end in enumerate(every):
                if end < self.stale or every[at + 1 : at + 2] == [end]:
                    continue
                for width in weights.windows:
                    if at + 1 - bisect_left(every, end - width + 1) < weights.seizures:
                        continue
                    if found := peak(self.days, end, width, season, weights):
                        self.peaks[end, width] = found
        self.stale = NEVER


class RouteBook:
    """The events of every route, and the bursts among them, kept up to date change by change.

    What a window says depends on events from a year before it to its end, so a new event leaves
    the windows that ended before it as they are: only later ones are judged again. The result
    equals ``bursts`` over the whole set.
    """

    def __init__(self, season: Season, weights: BurstWeights) -> None:
        self._season, self._weights = season, weights
        self._routes: dict[RouteKey, _Route] = {}

    @property
    def routes(self) -> int:
        """Routes with two administrations or more."""
        return sum(1 for r in self._routes.values() if len(r.days) > 1)

    def change(
        self,
        old: Iterable[tuple[RouteKey, RouteEvent]],
        new: Iterable[tuple[RouteKey, RouteEvent]],
    ) -> set[RouteKey]:
        """Take out the events of an old head, put in those of the new; the routes touched."""
        before, after = set(old), set(new)
        for key, event in before - after:
            route = self._routes[key]
            route.events.discard(event)
            if self._counts(event):
                route.remove(event)
        for key, event in after - before:
            route = self._routes.setdefault(key, _Route())
            route.events.add(event)
            if self._counts(event):
                route.add(event)
        return {key for key, _ in before ^ after}

    def _counts(self, event: RouteEvent) -> bool:
        return counts(event, self._season)

    def begin(self, season: Season) -> set[RouteKey]:
        """A new epoch; the routes on which a window has to be judged again.

        A window is judged by what its administrations had reported by its end, so only those that
        end after something has changed are touched.
        """
        changed = _changes(self._season, season)
        turned = {issuer for issuer, (_, monthly) in changed.items() if monthly}
        self._season = season
        touched = set()
        first = min((since for since, _ in changed.values()), default=NEVER)
        for key, route in self._routes.items():
            quiet = route.latest < first and route.stale == NEVER
            if quiet and not turned:
                if route.peaks:
                    touched.add(key)
                continue
            if turned and not turned.isdisjoint(e.issuer for e in route.events):
                fresh = self._routes[key] = _Route()
                fresh.events = route.events
                for event in sorted(route.events):
                    if self._counts(event):
                        fresh.add(event)
                touched.add(key)
                continue
            since = min((changed[i][0] for i in route.days if i in changed), default=NEVER)
            if since <= route.latest:
                route.stale = min(route.stale, since)
            if route.stale != NEVER or route.peaks:
                touched.add(key)
        return touched

    def keys(self) -> list[RouteKey]:
        """Every route with an event, in order."""
        return sorted(key for key, route in self._routes.items() if route.events)

    def bursts(self, key: RouteKey) -> list[Burst]:
        """The bursts on one route."""
        route = self._routes.get(key)
        if route is None:
            return []
        if route.stale != NEVER:
            route.judge(self._season, self._weights)
        if not route.peaks:
            return []
        found = route.peaks.values()
        return episodes(key, found, route.subjects, self._season, self._weights)


def _changes(old: Season, new: Season) -> dict[str, tuple[int, bool]]:
    """Per administration that reported otherwise: since which day, and whether its dates became
    monthly or ceased to be."""
    changed = {}
    for issuer in old.reporting.keys() | new.reporting.keys():
        before, after = old.reporting.get(issuer), new.reporting.get(issuer)
        if before is None or after is None or before.first != after.first:
            monthly = (before is not None and before.monthly) != (
                after is not None and after.monthly
            )
            changed[issuer] = (0, monthly)
        elif before.totals != after.totals:
            pairs = zip_longest(before.totals, after.totals)
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            changed[issuer] = ((before.week + same - 1) * 7, before.monthly != after.monthly)
    return changed


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
