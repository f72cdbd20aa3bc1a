"""The correlator in memory: heads in, proposals out.

At one epoch the cases are a function of the set of heads: whatever the order, doubles and
overtaking. Ids and versions of proposals depend on history, as they must; a replay gives the same.
"""

from collections import Counter
from collections.abc import Iterable

from entente.alert.proposal import Basis, Proposal
from entente.correlate.burst import Burst, RouteBook, Season, reporting_of
from entente.correlate.bursting import burst_cases
from entente.correlate.day import day_of
from entente.correlate.describe import describe, says_more, withdraw
from entente.correlate.evidence import Case
from entente.correlate.head import Head, supersedes
from entente.correlate.identity import Known, name
from entente.correlate.model import Weights
from entente.correlate.route import RouteEvent, RouteKey, event_of, route_events

ENGINE = "1"
"""Version of the code that computes proposals; it rises when the same alerts would give others."""


class Engine:
    """All stages in one place, without a broker.

    ``apply`` takes one alert version; ``settle`` gives what a coordinator has to hear since the
    last call. ``begin`` starts an epoch.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._epoch = 0
        self._heads: dict[str, Head] = {}
        self._routes: dict[str, tuple[tuple[RouteKey, RouteEvent], ...]] = {}
        self._days: dict[str, Counter[int]] = {}
        self._reported: set[str] = set()
        self._season = Season({})
        self._book = RouteBook(self._season, weights.burst)
        self._bursts: dict[RouteKey, list[Burst]] = {}
        self._stale: set[RouteKey] = set()
        self._known: dict[str, Known] = {}
        self._proposals: dict[str, tuple[int, Proposal]] = {}
        self._corrected: set[str] = set()

    def restore(self, said: Iterable[tuple[int, Proposal]]) -> None:
        """Take up where another run left off, by the last version of each proposal it said.

        Call it first. ``settle`` then says only what differs from that.
        """
        for version, proposal in said:
            live = proposal.status == "open"
            gone = proposal.changes.removed if proposal.changes and not live else ()
            members = frozenset((*(a.subject for a in proposal.alerts), *gone))
            self._proposals[proposal.case] = (version, proposal)
            self._known[proposal.case] = Known(proposal.case, proposal.pattern, members, live)
            self._epoch = max(self._epoch, proposal.basis.epoch)

    def apply(self, head: Head) -> bool:
        """Take one version of an alert. False when it is not above what is held."""
        old = self._heads.get(head.subject)
        if not supersedes(head, old):
            return False
        self._heads[head.subject] = head
        self._report(old, -1)
        self._report(head, 1)
        events = route_events(head)
        self._stale |= self._book.change(self._routes.get(head.subject, ()), events)
        self._routes[head.subject] = events
        if old is not None:
            self._corrected.add(head.subject)
        return True

    def _report(self, head: Head | None, count: int) -> None:
        event = event_of(head.alert) if head else None
        if head and event:
            when = day_of(event.date)
            if when and when[1] == 1:
                self._days.setdefault(head.issuer, Counter())[when[0]] += count
                self._reported.add(head.issuer)

    def begin(self) -> None:
        """Start the next epoch: frequencies and histories are those of the heads held now."""
        self._epoch += 1
        reporting = dict(self._season.reporting)
        for issuer in self._reported:
            known = reporting_of(self._days[issuer])
            if known:
                reporting[issuer] = known
            else:
                reporting.pop(issuer, None)
        self._reported.clear()
        self._season = Season(reporting, self._book.routes)
        self._stale |= self._book.begin(self._season)

    def cases(self) -> list[Case]:
        """Every case there is now: a function of the set of heads at this epoch."""
        self._settle_bursts()
        return burst_cases((b for found in self._bursts.values() for b in found), self._season)

    def settle(self) -> list[tuple[int, Proposal]]:
        """Proposals that are new, changed or withdrawn, each with its version."""
        if not self._settle_bursts() and not self._corrected:
            return []
        named = name(self._known.values(), self.cases(), self._epoch)
        said = []
        for key in sorted(named.retired):
            before = self._proposals[key][1]
            said.append(self._say(withdraw(before, named.retired[key], self.basis)))
            self._known[key] = self._known[key]._replace(live=False)
        for key, case in sorted(named.cases.items()):
            last = self._proposals.get(key)
            probability = 1.0 / (1.0 + 2.0**-case.bits)
            now = describe(
                key,
                case,
                self._heads,
                probability=probability,
                basis=self.basis,
                before=last[1] if last else None,
            )
            self._known[key] = Known(key, case.pattern, frozenset(case.members))
            if says_more(now, last[1] if last else None):
                said.append(self._say(now))
        self._corrected.clear()
        return said

    @property
    def basis(self) -> Basis:
        """What computes the proposals of now."""
        return Basis(
            engine=ENGINE,
            rules="0",
            weights=self._weights.version,
            calibration="none",
            epoch=self._epoch,
        )

    def _say(self, proposal: Proposal) -> tuple[int, Proposal]:
        version = self._proposals[proposal.case][0] + 1 if proposal.case in self._proposals else 1
        self._proposals[proposal.case] = (version, proposal)
        return version, proposal

    def _settle_bursts(self) -> bool:
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


def run(heads: Iterable[Head], weights: Weights) -> list[Proposal]:
    """The last word on every case, after all heads; an epoch begins every 200."""
    engine = Engine(weights)
    last: dict[str, Proposal] = {}
    for count, head in enumerate(heads, 1):
        engine.apply(head)
        if count % 200 == 0:
            engine.begin()
        last.update((p.case, p) for _, p in engine.settle())
    engine.begin()
    last.update((p.case, p) for _, p in engine.settle())
    return list(last.values())
