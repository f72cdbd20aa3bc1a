"""The correlator in memory: heads in, proposals out.

At one epoch the cases are a function of the set of heads: whatever the order, doubles and
overtaking. Ids and versions of proposals depend on history, as they must; a replay gives the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from entente.alert.proposal import AlertReference, Basis, Proposal
from entente.correlate.burst import YEAR, Burst, Season, reporting_of
from entente.correlate.bursting import PATTERN as BURST
from entente.correlate.bursting import burst_cases, overlaps
from entente.correlate.calibration import calibration
from entente.correlate.changes import Fate, says_more, withdraw
from entente.correlate.clusters import PATTERN as HEALTH
from entente.correlate.clusters import Clusters
from entente.correlate.day import day_of
from entente.correlate.describe import describe
from entente.correlate.evidence import Case
from entente.correlate.facts import Fact, facts
from entente.correlate.features import Features, features
from entente.correlate.head import Head, bare, supersedes
from entente.correlate.identity import Known, name
from entente.correlate.inputs import Inputs, of_head
from entente.correlate.model import Weights
from entente.correlate.network import Network
from entente.correlate.prices import Prices
from entente.correlate.route import NOWHERE, Routed, RouteKey, event_of, routed
from entente.correlate.routebook import RouteBook
from entente.correlate.rule import Rule, judge
from entente.correlate.rules import rules
from entente.correlate.rules import version as version_of
from entente.correlate.rulings import Rulings
from entente.correlate.siblings import reporters, silent
from entente.correlate.window import Window

ENGINE = "2"
"""Version of the code that computes proposals; it rises when the same alerts would give others."""
EVERY = 50
"""Alerts after which an epoch begins."""
JUDGED, STOCK = 100, 33
"""Bursts are judged when one alert in so many is new, and stock is taken of how administrations
report when one in so many is: both are about weeks, and cost as much as there are routes."""
SMALL = 1000
"""With so few alerts more than these shares, both are done in every epoch."""


Read = tuple[Head, Features | None]
"""A head with its features."""


class Engine:
    """All stages in one place, without a broker.

    ``apply`` takes one alert version, ``decide`` what coordinators have decided; ``settle`` gives
    what a coordinator has to hear since the last call. ``begin`` starts an epoch. ``salt``: mint
    ids of its own, see ``identity.mint``.
    """

    def __init__(
        self, weights: Weights, given: tuple[Rule, ...] | None = None, *, salt: str = ""
    ) -> None:
        self._weights = weights
        self._salt = salt
        self._rules = rules() if given is None else given
        self._rules_version = version_of(self._rules)
        self._calibration = calibration()
        self._epoch = 0
        self._heads: dict[str, Head] = {}
        self._past: dict[str, Head] = {}
        """What is left of alerts outside the window: which version was the last."""
        self._window = Window(weights.link.window)
        self._baseline = Window(weights.link.window + YEAR + max(weights.burst.windows))
        """What is compared; and what bursts compare with, a year more."""
        self._left = False
        self._inputs = Inputs()
        self._rulings = Rulings()
        self._routes: dict[str, Routed] = {}
        self._days: dict[str, Counter[int]] = {}
        self._told: dict[str, tuple[str, int]] = {}
        """By alert, the administration and day under which it stands there."""
        self._reported: set[str] = set()
        self._season = Season({})
        self._able: frozenset[str] = frozenset()
        self._book = RouteBook(self._season, weights.burst)
        self._bursts: dict[RouteKey, list[Burst]] = {}
        self._stale: set[RouteKey] = set()
        self._due = False
        """Bursts are judged once an epoch at most: a route may have had many alerts by then."""
        self._unjudged: set[str] = set()
        self._uncounted: set[str] = set()
        """Alerts that have changed since bursts were judged, and since stock was taken."""
        self._quiet = False
        """No alert has changed since the epoch began."""
        self._network = Network(weights)
        self._prices = Prices()
        self._made: dict[str, Fact] = {}
        self._clusters = Clusters()
        self._known: dict[str, Known] = {}
        self._holders: dict[str, set[str]] = {}
        self._last: dict[str, tuple[int, Proposal]] = {}
        self._corrected: set[str] = set()
        self._restored: set[str] = set()
        self._look_again = False
        """Whether every burst has to be told anew, though none may have changed."""
        self._tell_all = False
        """The same for networks."""

    def restore(self, said: Iterable[tuple[int, Proposal]], epoch: int = 0) -> None:
        """Take up where another run left off, by the last version of each proposal it said, after
        its last ``epoch``.

        Call it first, then ``apply`` all that run had. The first ``settle`` then says only what
        differs, and withdraws what is not found again.
        """
        self._epoch = max(self._epoch, epoch)
        for version, proposal in said:
            live = proposal.status == "open"
            gone = proposal.changes.removed if proposal.changes and not live else ()
            members = frozenset((*(a.subject for a in proposal.alerts), *gone))
            self._last[proposal.case] = (version, proposal)
            since = proposal.basis.epoch
            self._hold(Known(proposal.case, proposal.pattern, members, live, since))
            self._epoch = max(self._epoch, proposal.basis.epoch)
        self._restored = {case for case, known in self._known.items() if known.live}
        self._look_again = True

    @property
    def alerts(self) -> int:
        """How many alerts it compares, or would but for their withdrawal."""
        return self._inputs.count

    @property
    def past(self) -> int:
        """How many alerts are too old to be compared: they have left the window, or came late."""
        return len(self._past)

    @property
    def late(self) -> int:
        """How many versions of alerts came too late to be compared."""
        return self._window.late

    def holds(self, subject: str) -> int | None:
        """The version of an alert that is its head; None if there is none."""
        head = self._heads.get(subject) or self._past.get(subject)
        return None if head is None else head.version

    def issuer(self, subject: str) -> str | None:
        """Whose an alert is; None: nothing was told of it."""
        head = self._heads.get(subject) or self._past.get(subject)
        return head.issuer if head else None

    def fate(self, alert: AlertReference) -> Fate:
        """What became of an alert that a proposal has named."""
        subject = alert.subject
        head = self._heads.get(subject) or self._past.get(subject)
        if head is None or head.change == "WITHDRAWAL":
            return "withdrawn"
        if head.version != alert.version:
            return "corrected"
        return "stays" if subject in self._heads else "aged"

    def apply(self, head: Head, known: Features | None = None) -> bool:
        """Take one version of an alert. False when it is not above what is held.

        ``known``: its features, where they have been made already.
        """
        old = self._heads.get(head.subject)
        if not supersedes(head, old or self._past.get(head.subject)):
            return False
        of = known or features(head)
        self._past.pop(head.subject, None)
        self._count(head.subject, head if self._baseline.see(head, of) else None)
        if self._window.see(head, of):
            self._put(head.subject, old, head, of)
        else:
            self._past[head.subject] = bare(head)
            if old is not None:
                self._put(head.subject, old, None, None)
        return True

    def _put(self, subject: str, old: Head | None, head: Head | None, of: Features | None) -> None:
        """Put a head in the place of what is held of its subject; None: nothing."""
        if head is None:
            del self._heads[subject]
            self._due = True  # no burst may go on naming it
        else:
            self._heads[subject] = head
        self._unjudged.add(subject)
        self._uncounted.add(subject)
        self._quiet = False
        self._inputs.exchange(of_head(old) if old else None, of_head(head) if head else None)
        self._network.change(subject, of)
        self._clusters.change(subject, head, of)
        self._prices.change(old, head)
        self._made.pop(subject, None)
        if old is not None:
            self._corrected |= self._holders.get(subject, set())

    def _count(self, subject: str, head: Head | None) -> None:
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

    def _expire(self) -> None:
        """Let go of the alerts that the window has left behind, and of the cases made of them."""
        gone = list(self._window.cut())
        for subject in self._baseline.cut():
            self._count(subject, None)
        for subject in gone:
            head = self._heads[subject]
            self._past[subject] = bare(head)
            self._put(subject, head, None, None)
        if self._book.first != self._window.first:
            self._book.first = self._window.first
            self._stale |= self._bursts.keys()
            self._due = True
        if gone or self._left:
            self._forget()
        self._left = bool(gone)  # what is withdrawn for it now, can be forgotten next time

    def _forget(self) -> None:
        """Forget the withdrawn cases of which every alert has gone."""
        past = self._past.keys()
        for case in [k.case for k in self._known.values() if not k.live and past >= k.members]:
            for subject in self._known.pop(case).members:
                self._holders[subject].discard(case)
                if not self._holders[subject]:
                    del self._holders[subject]
            self._last.pop(case, None)
            self._corrected.discard(case)

    def decide(self, rulings: Rulings) -> None:
        """Obey these from now on, in the place of those before.

        Cases are then those of the alerts and these rulings, whatever came first.
        """
        old, self._rulings = self._rulings, rulings
        self._network.judge(apart=rulings.apart, together=rulings.together)
        if old.declined != rulings.declined:
            # What was not said while it was declined may have to be said now.
            self._tell_all = self._look_again = self._due = True

    def begin(self, *, whole: bool = False) -> None:
        """Start the next epoch: frequencies and histories are those of the heads held now.

        ``whole``: also those of words and circumstances, which otherwise wait until the history
        has trebled. The cases are then what a fresh engine makes of the same heads. Bursts wait
        for their share of new alerts, unless it is ``whole``, or none came since the last epoch.
        """
        everything = whole or self._quiet or not self._season.reporting
        self._epoch += 1
        self._expire()
        self._network.begin(whole=self._relist() or whole)
        self._prices.cut()
        self._made.clear()
        if everything or len(self._uncounted) * STOCK + SMALL >= self.alerts:
            self._begin_season()
            self._uncounted.clear()
            self._due = True
        if len(self._unjudged) * JUDGED + SMALL >= self.alerts:
            self._due = True
        if self._due:
            self._unjudged.clear()
        self._quiet = True

    @property
    def owing(self) -> bool:
        """Whether alerts have come that bursts were not judged by; an epoch without news does."""
        return bool(self._unjudged or self._uncounted)

    def _relist(self) -> bool:
        """Take the lists as they are on the day of the newest alert; whether words or places, which
        every pair may hang on, have changed."""
        listed = self._rulings.listed_on(
            self._window.newest if any(one.until for one in self._rulings.listed) else 0
        )
        changed = self._network.serve(listed)
        if changed:
            self._tell_all = True
        return any(value.startswith(("place:", "word:")) for value in changed)

    def _begin_season(self) -> None:
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
        able = reporters(reporting)
        if able != self._able:
            self._able = able
            self._look_again = self._tell_all = True
        self._season = Season(reporting, self._book.routes)
        self._stale |= self._book.begin(self._season)

    def cases(self, *, likely: bool = True) -> list[Case]:
        """Every case there is now: a function of the set of heads at this epoch.

        ``likely``: only those that are likely enough for a proposal.
        """
        self._settle_bursts()
        networks = self._network.all_cases()
        networks = self._likely(networks) if likely else [self._seen(c) for c in networks]
        members: dict[str, list[Collection[str]]] = {}
        for case in networks:
            for subject in case.members:
                members.setdefault(subject, []).append(case.members)
        return networks + self._aside(lambda s: members.get(s, []), likely=likely)

    def _networks_with(self, subject: str) -> list[Collection[str]]:
        """The members of each network that is told now and has this alert."""
        holding = (self._known[k] for k in self._holders.get(subject, ()))
        return [k.members for k in holding if k.live and not _is_aside(k)]

    def _aside(
        self, networks: Callable[[str], list[Collection[str]]], *, likely: bool = True
    ) -> list[Case]:
        """Bursts and health clusters that no network has found already, and better.

        ``networks``: those that have an alert.
        """
        every = burst_cases(b for found in self._bursts.values() for b in found)
        bursts = [
            case
            for case in every
            if not any(overlaps(case.members, m) for s in case.members for m in networks(s))
        ]
        model, known = self._network.model, self._network.features
        clusters = self._clusters.cases(model.rarity, model.prior, known, networks)
        return (self._likely(bursts) if likely else bursts) + [self._seen(c) for c in clusters]

    def _likely(self, cases: list[Case]) -> list[Case]:
        least = self._weights.fold.likelihood
        seen = map(self._seen, cases)
        return [c for c in seen if self._calibration.probability(c, self._heads) >= least]

    def _seen(self, case: Case) -> Case:
        """A case with who is silent on its route and, but for bursts, what rules see in it."""
        heads = [self._heads[s] for s in case.members]
        quiet = silent(heads, self._able)
        if case.pattern == BURST:
            return case._replace(silent=quiet)
        patterns = judge(self._rules, map(self._facts, case.members))
        return case._replace(patterns=patterns, silent=quiet)

    def _facts(self, subject: str) -> Fact:
        """What rules see of an alert, made once in an epoch."""
        known = self._made.get(subject)
        if known is None:
            middlemen = self._network.model.middlemen
            of = self._network.features[subject]
            usual = self._network.model.usual
            known = facts(self._heads[subject], of, self._prices.ordinary, middlemen, usual)
            self._made[subject] = known
        return known

    def settle(self) -> list[tuple[int, Proposal]]:
        """Proposals that are new, changed or withdrawn, each with its version."""
        said: list[tuple[int, Proposal]] = []
        touched, cases = self._network.settle()
        found = self._likely(cases)
        holders = self._restored.union(*(self._holders.get(s, ()) for s in touched))
        if self._tell_all:
            found = self._likely(self._network.all_cases())
            holders = set(self._known)
        related = [self._known[k] for k in sorted(holders)]
        # What a network has found as well goes on as that network, under its id.
        related = [
            k for k in related if not _is_aside(k) or any(_found(k, c.members) for c in found)
        ]
        if related or found:
            said += self._tell(related, found)
        corrected = any(_is_aside(self._known[k]) and self._known[k].live for k in self._corrected)
        judged = (self._due or corrected) and (
            self._settle_bursts() or self._look_again or bool(said) or corrected
        )
        lost = any(proposal.status == "withdrawn" for _, proposal in said)
        if judged or self._clusters.news(again=self._due or lost):
            known = [k for k in self._known.values() if _is_aside(k)]
            said += self._tell(known, self._aside(self._networks_with))
            self._look_again &= not judged
        self._corrected.clear()
        self._restored.clear()
        self._due = self._tell_all = False
        return said

    def _tell(self, known: list[Known], found: list[Case]) -> list[tuple[int, Proposal]]:
        said = []
        named = name(known, found, self._epoch, self._salt, self._rulings.accepted)
        for key in sorted(named.retired):
            gone = withdraw(self._last[key][1], named.retired[key], self.basis, self.fate)
            said.append(self._say(gone))
            self._known[key] = self._known[key]._replace(live=False)
        for key, case in sorted(named.cases.items()):
            last = self._last[key][1] if key in self._last else None
            now = describe(
                key,
                case,
                self._heads,
                probability=self._calibration.probability(case, self._heads),
                basis=self.basis,
                rules=self._rules,
                calibrated=self._calibration.told(case.pattern),
                before=last,
                fate=self.fate,
            )
            since = self._known[key].since if key in self._known else self._epoch
            self._hold(Known(key, case.pattern, frozenset(case.members), since=since))
            if says_more(now, last) and not self._declined(now, last):
                said.append(self._say(now))
        return said

    def _declined(self, now: Proposal, last: Proposal | None) -> bool:
        """Whether a coordinator need not hear of it, having declined what it is about."""
        alerts = {alert.subject for alert in now.alerts}
        if last is None or not alerts.issuperset(alert.subject for alert in last.alerts):
            return False
        return self._rulings.quiet(now.case, alerts, now.administrations)

    def _hold(self, known: Known) -> None:
        before = self._known.get(known.case)
        for subject in before.members - known.members if before else ():
            self._holders[subject].discard(known.case)
        for subject in known.members:
            self._holders.setdefault(subject, set()).add(known.case)
        self._known[known.case] = known

    def _say(self, proposal: Proposal) -> tuple[int, Proposal]:
        version = self._last[proposal.case][0] + 1 if proposal.case in self._last else 1
        self._last[proposal.case] = (version, proposal)
        return version, proposal

    @property
    def basis(self) -> Basis:
        """What computes the proposals of now."""
        return Basis(
            engine=ENGINE,
            rules=self._rules_version,
            weights=self._weights.version,
            calibration=self._calibration.version,
            epoch=self._epoch,
            heads=self._inputs.count,
            decisions=self._rulings.count,
            inputs=self._inputs.digest(self._rulings.number),
        )

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


def _found(known: Known, network: Collection[str]) -> bool:
    """Whether a network tells this burst or health cluster itself, and better."""
    if known.pattern == HEALTH:
        return known.members.issubset(network)
    return overlaps(known.members, network)


def _is_aside(known: Known) -> bool:
    """Whether it is no network: a burst or a health cluster."""
    return known.pattern in (BURST, HEALTH)


def run(
    heads: Iterable[Head | Read],
    weights: Weights,
    every: int = EVERY,
    given: tuple[Rule, ...] | None = None,
) -> Iterable[tuple[int, int, Proposal]]:
    """Every proposal version as heads arrive: index of the head, version, proposal.

    An epoch begins after each ``every`` heads, and once more, whole, at the end.
    """
    engine = Engine(weights, given)
    index = -1
    for index, head in enumerate(heads):
        changed = engine.apply(head) if isinstance(head, Head) else engine.apply(*head)
        if index % every == every - 1:
            engine.begin()
        elif not changed:
            continue
        for version, proposal in engine.settle():
            yield index, version, proposal
    engine.begin(whole=True)
    for version, proposal in engine.settle():
        yield max(index, 0), version, proposal
