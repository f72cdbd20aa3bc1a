"""The events of every route, and the bursts among them, kept up to date change by change."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import takewhile, zip_longest

from entente.correlate.bursts.burst import Burst, BurstWeights, Peak, Season, episodes
from entente.correlate.bursts.burst import counts as takes_part
from entente.correlate.bursts.peaks import Window, peak, windows
from entente.correlate.bursts.route import NOWHERE, Routed, RouteEvent, RouteKey

NEVER = 10**9


def bursts(
    key: RouteKey, events: Iterable[RouteEvent], season: Season, weights: BurstWeights
) -> list[Burst]:
    """Every burst among the events of one route: a pure function of the set of events."""
    book = RouteBook(season, weights)
    for event in events:
        book.change(NOWHERE, Routed(event, (key,)))
    return book.bursts(key)


class _Route:
    """A route that several administrations report on: its events in the order the windows need,
    and the windows found to be bursts."""

    __slots__ = (
        "copies", "days", "events", "latest", "moved", "named", "peaks", "stale", "windows",
    )  # fmt: skip

    def __init__(self, named: bool, events: Iterable[RouteEvent], season: Season) -> None:
        self.named = named
        """Its goods are one brand or substance."""
        self.events: dict[str, RouteEvent] = {}
        self.days: dict[str, list[int]] = {}
        self.copies: dict[tuple[str, str], int] = {}
        self.peaks: dict[tuple[int, int], Peak] = {}
        self.latest = 0
        """No event is later; an earlier one may be gone."""
        self.stale = 0
        """Windows that end on this day or later have to be judged again."""
        self.moved = 0
        """On these days or later seizures have come or gone."""
        self.windows: list[Window] = []
        """Those worth judging as the seizures are, by their end."""

        for event in events:
            self.put_in(event, counted=takes_part(event, season))

    def put_in(self, event: RouteEvent, *, counted: bool) -> None:
        self.events[event.subject] = event
        if not counted:
            return
        copy = (event.issuer, event.signature)
        self.copies[copy] = self.copies.get(copy, 0) + 1
        if self.copies[copy] == 1:
            insort(self.days.setdefault(event.issuer, []), event.day)
        self.stale = min(self.stale, event.day)
        self.moved = min(self.moved, event.day)
        self.latest = max(self.latest, event.day)

    def take_out(self, event: RouteEvent, *, counted: bool) -> None:
        del self.events[event.subject]
        if not counted:
            return
        copy = (event.issuer, event.signature)
        self.copies[copy] -= 1
        if not self.copies[copy]:
            del self.copies[copy]
            self.days[event.issuer].remove(event.day)
            if not self.days[event.issuer]:
                del self.days[event.issuer]
        self.stale = min(self.stale, event.day)
        self.moved = min(self.moved, event.day)

    def begins(self, peak: Peak, first: int) -> bool:
        """Whether the first seizure of a window is on ``first`` or later."""
        return peak.first >= first or not any(
            bisect_left(own, first) > bisect_left(own, peak.first) for own in self.days.values()
        )

    @property
    def due(self) -> bool:
        """Whether any window may have to be judged again."""
        return self.stale != NEVER and (
            self.moved != NEVER or (bool(self.windows) and self.windows[-1].end >= self.stale)
        )

    def judge(self, season: Season, weights: BurstWeights, first: int) -> None:
        """Judge again what ends on the stale day or later, and on ``first`` or later."""
        if self.moved != NEVER:
            kept = [w for w in self.windows if w.end < self.moved]
            found = windows(self.days, self.moved, season, weights, named=self.named)
            self.windows = [*kept, *found]
            self.moved = NEVER
        self.windows = [w for w in self.windows if w.end >= first]
        for known in [w for w in self.peaks if w[0] >= self.stale]:
            del self.peaks[known]
        for window in self.windows:
            if window.end >= self.stale and (
                risen := peak(window, self.days, season, weights, named=self.named)
            ):
                self.peaks[window.end, window.width] = risen
        self.stale = NEVER


class RouteBook:
    """The events of every route, and the bursts among them.

    What a window says depends on events from a year before it to its end, so a new event leaves
    the windows that ended before it as they are: only later ones are judged again. The result
    equals ``bursts`` over the whole set. Most routes are one administration's alone: of these only
    the events are kept.
    """

    def __init__(self, season: Season, weights: BurstWeights) -> None:
        self._season, self._weights = season, weights
        self.first = 0
        """No burst has an earlier seizure; what lies before is only compared with."""
        self._alone: dict[RouteKey, list[RouteEvent]] = {}
        self._shared: dict[RouteKey, _Route] = {}

    @property
    def routes(self) -> int:
        """Routes with two administrations or more."""
        return sum(1 for r in self._shared.values() if len(r.days) > 1)

    def change(self, old: Routed, new: Routed) -> set[RouteKey]:
        """Take out the event of an old head, put in that of the new; the routes touched."""
        stay = set(old.keys).intersection(new.keys) if old.event == new.event else set()
        for key in old.keys:
            if old.event and key not in stay:
                self._take_out(key, old.event)
        for key in new.keys:
            if new.event and key not in stay:
                self._put_in(key, new.event)
        return {*old.keys, *new.keys} - stay

    def _take_out(self, key: RouteKey, event: RouteEvent) -> None:
        if route := self._shared.get(key):
            route.take_out(event, counted=takes_part(event, self._season))
            if not route.events:
                del self._shared[key]
            return
        alone = self._alone[key]
        alone.remove(event)
        if not alone:
            del self._alone[key]

    def _put_in(self, key: RouteKey, event: RouteEvent) -> None:
        route = self._shared.get(key)
        if route is None:
            alone = self._alone.setdefault(key, [])
            if not alone or alone[0].issuer == event.issuer:
                alone.append(event)
                return
            route = self._shared[key] = _Route(key.named, self._alone.pop(key), self._season)
        route.put_in(event, counted=takes_part(event, self._season))

    def begin(self, season: Season) -> set[RouteKey]:
        """A new epoch; the routes on which a window has to be judged again.

        A window is judged by what its administrations had reported by its end, so only those that
        end after something has changed are touched.
        """
        changed = _changes(self._season, season)
        turned = {issuer for issuer, (_, monthly) in changed.items() if monthly}
        begun = {issuer for issuer, (since, _) in changed.items() if not since}
        self._season = season
        touched = set()
        first = min((since for since, _ in changed.values()), default=NEVER)
        for key, route in self._shared.items():
            if turned and not turned.isdisjoint(e.issuer for e in route.events.values()):
                self._shared[key] = _Route(key.named, route.events.values(), season)
                touched.add(key)
                continue
            if not begun.isdisjoint(route.days):  # another first day: see ``windows``
                route.stale = route.moved = 0
            elif route.windows and route.windows[-1].end >= first:
                since = min([changed[i][0] for i in route.days if i in changed], default=NEVER)
                route.stale = min(route.stale, since)
            if route.due or route.peaks:
                touched.add(key)
        return touched

    def bursts(self, key: RouteKey) -> list[Burst]:
        """The bursts on one route."""
        route = self._shared.get(key)
        if route is None:
            return []
        if route.due:
            route.judge(self._season, self._weights, self.first)
        peaks = [p for p in route.peaks.values() if route.begins(p, self.first)]
        if not peaks:
            return []
        counted = {
            s: (e.day, e.issuer) for s, e in route.events.items() if takes_part(e, self._season)
        }
        return episodes(key, peaks, counted, self._season, self._weights)


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
