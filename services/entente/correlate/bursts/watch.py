"""How administrations report, and what rises on routes: stock taken at epochs, bursts judged then.

Both are about weeks and cost as much as there are routes, so neither is done for every alert.
"""

from collections import Counter
from collections.abc import Iterable

from entente.correlate.bursts.burst import Burst, BurstWeights, Season, reporting_of
from entente.correlate.bursts.bursting import burst_cases
from entente.correlate.bursts.route import NOWHERE, Routed, RouteKey, event_of, routed
from entente.correlate.bursts.routebook import RouteBook
from entente.correlate.bursts.siblings import reporters
from entente.correlate.day import day_of
from entente.correlate.evidence import Case
from entente.correlate.head import Head

JUDGED, STOCK = 100, 33
"""Bursts are judged when one alert in so many is new, and stock is taken of how administrations
report when one in so many is."""
SMALL = 1000
"""With so few alerts more than these shares, both are done in every epoch."""


class Watch:
    """The events of all alerts, by day and administration, and by route."""

    def __init__(self, weights: BurstWeights) -> None:
        self._routes: dict[str, Routed] = {}
        self._days: dict[str, Counter[int]] = {}
        self._told: dict[str, tuple[str, int]] = {}
        """By alert, the administration and day under which it stands there."""
        self._reported: set[str] = set()
        self._season = Season({})
        self.able: frozenset[str] = frozenset()
        """The countries that report at all."""
        self._book = RouteBook(self._season, weights)
        self._bursts: dict[RouteKey, list[Burst]] = {}
        self._stale: set[RouteKey] = set()
        self.due = False
        """Bursts are judged once an epoch at most: a route may have had many alerts by then."""
        self._unjudged: set[str] = set()
        self._uncounted: set[str] = set()
        """Alerts that have changed since bursts were judged, and since stock was taken."""
        self.quiet = False
        """No alert has changed since the epoch began."""

    @property
    def owing(self) -> bool:
        """Whether alerts have come that bursts were not judged by; an epoch without news does."""
        return bool(self._unjudged or self._uncounted)

    def changed(self, subject: str, *, gone: bool) -> None:
        """Note that what is compared of an alert has changed."""
        self.due |= gone  # no burst may go on naming it
        self._unjudged.add(subject)
        self._uncounted.add(subject)
        self.quiet = False

    def count(self, subject: str, head: Head | None) -> None:
        """Put the event of a head in the place of what histories hold of its subject."""
        event = event_of(head.alert) if head else None
        when = day_of(event.date) if event else None
        if subject in self._told:
            issuer, day = self._told.pop(subject)
            self._days[issuer][day] -= 1
            if not self._days[issuer][day]:
                del self._days[issuer][day]
            self._reported.add(issuer)
        if head and when and when[1] == 1:
            self._told[subject] = head.issuer, when[0]
            self._days.setdefault(head.issuer, Counter())[when[0]] += 1
            self._reported.add(head.issuer)
        routes = routed(head) if head else NOWHERE
        self._stale |= self._book.change(self._routes.pop(subject, NOWHERE), routes)
        if routes.keys:
            self._routes[subject] = routes

    def move(self, first: int) -> None:
        """Judge nothing that begins before this day from now on."""
        if self._book.first != first:
            self._book.first = first
            self._stale |= self._bursts.keys()
            self.due = True

    def begin(self, alerts: int, *, whole: bool) -> bool:
        """Begin an epoch, with so many alerts held; whether other countries report at all now.

        Stock and bursts wait for their share of new alerts, unless it is ``whole``.
        """
        news = False
        everything = whole or not self._season.reporting
        if everything or len(self._uncounted) * STOCK + SMALL >= alerts:
            news = self._take_stock()
            self._uncounted.clear()
            self.due = True
        if len(self._unjudged) * JUDGED + SMALL >= alerts:
            self.due = True
        if self.due:
            self._unjudged.clear()
        self.quiet = True
        return news

    def _take_stock(self) -> bool:
        """Take stock of who reports how much; it decides what a count is worth."""
        reporting = dict(self._season.reporting)
        for issuer in self._reported:
            known = reporting_of(self._days[issuer])
            if known:
                reporting[issuer] = known
            else:
                reporting.pop(issuer, None)
        self._reported.clear()
        # Who reports at all decides what a silence is worth.
        before, self.able = self.able, reporters(reporting)
        self._season = Season(reporting, self._book.routes)
        self._stale |= self._book.begin(self._season)
        return before != self.able

    def judge(self) -> bool:
        """Judge again the routes that have changed; whether any burst has."""
        changed = False
        for key in self._stale:
            found = self._book.bursts(key)
            if found != self._bursts.get(key, []):
                changed = True
                if found:
                    self._bursts[key] = found
                else:
                    self._bursts.pop(key, None)
        self._stale.clear()
        return changed

    def cases(self) -> Iterable[Case]:
        """Every burst there is, as of the last ``judge``."""
        return burst_cases(b for found in self._bursts.values() for b in found)
