"""The correlator in memory: heads in, proposals out.

At one epoch the cases are a function of the set of heads: whatever the order, doubles and
overtaking. Ids and versions of proposals depend on history, as they must; a replay gives the same.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import NamedTuple

from entente.alert.proposal import AlertReference, Basis, Proposal
from entente.correlate.ahead import Ahead
from entente.correlate.bursts.burst import YEAR
from entente.correlate.bursts.bursting import overlaps
from entente.correlate.bursts.watch import Watch
from entente.correlate.cases.clusters import Clusters
from entente.correlate.cases.network import Network
from entente.correlate.evidence import Case
from entente.correlate.head import Head
from entente.correlate.intake.intake import Change, Fate, Intake
from entente.correlate.intake.rulings import Rulings
from entente.correlate.named import named
from entente.correlate.propose.calibration import calibration
from entente.correlate.propose.describe import describe
from entente.correlate.propose.rating import Rating
from entente.correlate.propose.teller import Said, Teller, found_in, is_aside
from entente.correlate.rules.rule import Rule
from entente.correlate.rules.rules import rules
from entente.correlate.weigh.features import Features
from entente.correlate.weigh.model import Weights

ENGINE = "3"
"""Version of the code that computes proposals; it rises when the same alerts would give others."""


class Gone(NamedTuple):
    """What an epoch has let go of for good."""

    alerts: list[str]
    """Subjects of which nothing is compared or counted any more;"""
    cases: list[str]
    """withdrawn cases of which every alert has left the window."""


class Engine:
    """All stages in one place, without a broker.

    ``apply`` takes one alert version, ``decide`` what coordinators have decided; ``settle`` gives
    what a coordinator has to hear since the last call. ``begin`` starts an epoch. ``salt``: mint
    ids of its own, see ``identity.mint``. ``network``: one that another process keeps.
    """

    def __init__(
        self,
        weights: Weights,
        given: tuple[Rule, ...] | None = None,
        *,
        salt: str = "",
        network: Ahead | None = None,
    ) -> None:
        self._weights = weights
        self._rules = rules() if given is None else given
        self._rules_version = named(self._rules)
        self._calibration = calibration()
        self._named = weights.version, self._calibration.version
        self._epoch = 0
        self._intake = intake(weights)
        self._heads = self._intake.heads
        self._left = False
        self._rulings = Rulings()
        self._network: Network | Ahead = network or Network(weights)
        self._rating = Rating(self._rules, self._calibration, self._heads)
        self._watch = Watch(weights.burst)
        self._clusters = Clusters()
        self._teller = Teller(salt)
        self._corrected: set[str] = set()
        """Cases that held alerts as they were and are not any more."""
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
        self._epoch = max(self._epoch, epoch, self._teller.restore(said))
        self._restored = self._teller.live()
        self._look_again = True

    @property
    def alerts(self) -> int:
        """How many alerts it compares, or would but for their withdrawal."""
        return self._intake.inputs.count

    @property
    def past(self) -> int:
        """How many alerts are too old to be compared: they have left the window, or came late."""
        return len(self._intake.past)

    @property
    def late(self) -> int:
        """How many versions of alerts came too late to be compared."""
        return self._intake.window.late

    def holds(self, subject: str) -> int | None:
        """The version of an alert that is its head; None if there is none."""
        return self._intake.holds(subject)

    def issuer(self, subject: str) -> str | None:
        """Whose an alert is; None: nothing was told of it."""
        head = self._intake.last(subject)
        return head.issuer if head else None

    def fate(self, alert: AlertReference) -> Fate:
        """What became of an alert that a proposal has named."""
        return self._intake.fate(alert)

    def apply(self, head: Head, known: Features | None = None) -> bool:
        """Take one version of an alert. False when it is not above what is held.

        ``known``: its features, where they have been made already.
        """
        taken = self._intake.take(head, known)
        if taken is None:
            return False
        self._watch.count(head.subject, taken.counted)
        if taken.change:
            self._change(taken.change)
        return True

    def _change(self, change: Change) -> None:
        subject, old, head, of = change
        self._watch.changed(subject, gone=head is None)
        self._network.change(subject, of)
        self._clusters.change(subject, head, of)
        self._rating.change(subject, old, head)
        if old is not None:
            self._corrected.update(known.case for known in self._teller.of([subject]))

    def _expire(self) -> Gone:
        """Let go of the alerts that the window has left behind, and of the cases made of them."""
        cut = self._intake.cut()
        for subject in cut.ended:
            self._watch.count(subject, None)
        for change in cut.gone:
            self._change(change)
        self._watch.move(self._intake.window.first)
        cases = self._teller.forget(self._intake.past.keys()) if cut.gone or self._left else []
        self._corrected.difference_update(cases)
        self._left = bool(cut.gone)  # what is withdrawn for it now, can be forgotten next time
        return Gone(cut.ended, cases)

    def decide(self, rulings: Rulings) -> None:
        """Obey these from now on, in the place of those before.

        Cases are then those of the alerts and these rulings, whatever came first.
        """
        old, self._rulings = self._rulings, rulings
        self._network.judge(apart=rulings.apart, together=rulings.together)
        if old.declined != rulings.declined:
            # What was not said while it was declined may have to be said now.
            self._tell_all = self._look_again = self._watch.due = True

    def begin(self, *, whole: bool = False) -> Gone:
        """Start the next epoch: frequencies and histories are those of the heads held now.

        ``whole``: also those of words and circumstances, which otherwise wait until the history
        has trebled. The cases are then what a fresh engine makes of the same heads. Bursts wait
        for their share of new alerts, unless it is ``whole``, or none came since the last epoch.
        """
        self._epoch += 1
        quiet = self._watch.quiet
        gone = self._expire()
        self._network.begin(whole=self._relist() or whole)
        self._rating.begin()
        if self._watch.begin(self.alerts, whole=whole or quiet):
            self._look_again = self._tell_all = True
        return gone

    @property
    def owing(self) -> bool:
        """Whether alerts have come that bursts were not judged by; an epoch without news does."""
        return self._watch.owing

    def _relist(self) -> bool:
        """Take the lists as they are on the day of the newest alert; whether words or places, which
        every pair may hang on, have changed."""
        listed = self._rulings.listed_on(
            self._intake.window.newest if any(one.until for one in self._rulings.listed) else 0
        )
        changed = self._network.serve(listed)
        if changed:
            self._tell_all = True
        return any(value.startswith(("place:", "word:")) for value in changed)

    def cases(self, *, likely: bool = True) -> list[Case]:
        """Every case there is now: a function of the set of heads at this epoch.

        ``likely``: only those that are likely enough for a proposal.
        """
        self._watch.judge()
        networks = self._network.all_cases()
        networks = self._likely(networks) if likely else [self._seen(c) for c in networks]
        members: dict[str, list[Collection[str]]] = {}
        for case in networks:
            for subject in case.members:
                members.setdefault(subject, []).append(case.members)
        return networks + self._aside(lambda s: members.get(s, []), likely=likely)

    def _aside(
        self, networks: Callable[[str], list[Collection[str]]], *, likely: bool = True
    ) -> list[Case]:
        """Bursts and health clusters that no network has found already, and better.

        ``networks``: those that have an alert.
        """
        bursts = [
            case
            for case in self._watch.cases()
            if not any(overlaps(case.members, m) for s in case.members for m in networks(s))
        ]
        model, known = self._network.model, self._network.features
        clusters = self._clusters.cases(model.rarity, model.prior, known, networks)
        return (self._likely(bursts) if likely else bursts) + [self._seen(c) for c in clusters]

    def _likely(self, cases: Iterable[Case]) -> list[Case]:
        return self._rating.likely(map(self._seen, cases), self._weights.fold.likelihood)

    def _seen(self, case: Case) -> Case:
        network = self._network
        return self._rating.seen(case, self._watch.able, network.features, network.model)

    def settle(self) -> Said:
        """Proposals that are new, changed or withdrawn, each with its version."""
        said: Said = []
        news = self._network.settle()
        if self._tell_all:
            found = self._likely(self._network.all_cases())
            related = self._teller.every()
        else:
            found = self._likely(news.found)
            related = self._teller.of(news.touched, self._restored)
        # What a network has found as well goes on as that network, under its id.
        related = [
            k for k in related if not is_aside(k) or any(found_in(k, c.members) for c in found)
        ]
        tell = partial(
            self._teller.tell,
            describe=self._describe,
            fate=self._intake.fate,
            basis=self.basis,
            rulings=self._rulings,
        )
        if related or found:
            said += tell(related, found)
        watch = self._watch
        corrected = any(k.case in self._corrected and k.live for k in self._teller.aside())
        judged = (watch.due or corrected) and (
            watch.judge() or self._look_again or bool(said) or corrected
        )
        lost = any(proposal.status == "withdrawn" for _, proposal in said)
        if judged or self._clusters.news(again=watch.due or lost):
            said += tell(self._teller.aside(), self._aside(self._teller.networks))
            self._look_again &= not judged
        self._corrected.clear()
        self._restored.clear()
        watch.due = self._tell_all = False
        return said

    def _describe(self, key: str, case: Case, last: Proposal | None) -> Proposal:
        return describe(
            key,
            case,
            self._heads,
            probability=self._rating.probability(case),
            basis=self.basis,
            rules=self._rules,
            calibrated=self._calibration.told(case.pattern),
            before=last,
            fate=self._intake.fate,
        )

    @property
    def basis(self) -> Basis:
        """What computes the proposals of now."""
        inputs = self._intake.inputs
        weights, calibration = self._named
        return Basis(
            engine=ENGINE,
            rules=self._rules_version,
            weights=weights,
            calibration=calibration,
            epoch=self._epoch,
            heads=inputs.count,
            decisions=self._rulings.count,
            inputs=inputs.digest(self._rulings.number),
        )


def intake(weights: Weights) -> Intake:
    """An intake that holds alerts as long as these weights compare them."""
    return Intake(weights.link.window, YEAR + max(weights.burst.windows))
