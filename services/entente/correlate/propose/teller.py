"""What has been told: cases by the id that stays, and the last version of each proposal."""

from collections.abc import Callable, Collection, Iterable, Set

from entente.alert.proposal import AlertReference, Basis, Proposal
from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.bursts.bursting import overlaps
from entente.correlate.cases.clusters import PATTERN as HEALTH
from entente.correlate.cases.identity import Known, name
from entente.correlate.evidence import Case
from entente.correlate.intake.intake import Fate
from entente.correlate.intake.rulings import Rulings
from entente.correlate.propose.changes import says_more, withdraw

Said = list[tuple[int, Proposal]]
"""Versions of proposals."""


class Teller:
    """Names cases and tells what is new of them. ``salt``: see ``identity.mint``."""

    def __init__(self, salt: str = "") -> None:
        self._salt = salt
        self._known: dict[str, Known] = {}
        self._holders: dict[str, set[str]] = {}
        """By alert, the cases that hold it or did."""
        self._last: dict[str, tuple[int, Proposal]] = {}

    def restore(self, said: Iterable[tuple[int, Proposal]]) -> int:
        """Take up where another run left off, by the last version of each proposal it said; the
        last epoch that any of them is of."""
        epoch = 0
        for version, proposal in said:
            live = proposal.status == "open"
            gone = proposal.changes.removed if proposal.changes and not live else ()
            members = frozenset((*(a.subject for a in proposal.alerts), *gone))
            self._last[proposal.case] = (version, proposal)
            since = proposal.basis.epoch
            self._hold(Known(proposal.case, proposal.pattern, members, live, since))
            epoch = max(epoch, since)
        return epoch

    def live(self) -> set[str]:
        """The ids of the cases that are told now."""
        return {case for case, known in self._known.items() if known.live}

    def every(self) -> list[Known]:
        """Every case that was ever told, and is not forgotten, in order of ids."""
        return [self._known[case] for case in sorted(self._known)]

    def of(self, subjects: Iterable[str], more: Iterable[str] = ()) -> list[Known]:
        """The cases that hold any of these or did, and ``more``, in order of ids."""
        found = set(more).union(*(self._holders.get(s, ()) for s in subjects))
        return [self._known[case] for case in sorted(found)]

    def aside(self) -> list[Known]:
        """Those that are bursts and health clusters."""
        return [k for k in self._known.values() if is_aside(k)]

    def networks(self, subject: str) -> list[Collection[str]]:
        """The members of each network that is told now and has this alert."""
        holding = (self._known[k] for k in self._holders.get(subject, ()))
        return [k.members for k in holding if k.live and not is_aside(k)]

    def tell(
        self,
        known: list[Known],
        found: list[Case],
        *,
        describe: Callable[[str, Case, Proposal | None], Proposal],
        fate: Callable[[AlertReference], Fate],
        basis: Basis,
        rulings: Rulings,
    ) -> Said:
        """Put the cases ``found`` in the place of those ``known``; what is to be said of it.

        ``describe`` makes the proposal of an id and its case, after the one before; ``fate`` tells
        what became of an alert.
        """
        said: Said = []
        named = name(known, found, basis.epoch, self._salt, rulings.accepted)
        for key in sorted(named.retired):
            gone = withdraw(self._last[key][1], named.retired[key], basis, fate)
            said.append(self._say(gone))
            self._known[key] = self._known[key]._replace(live=False)
        for key, case in sorted(named.cases.items()):
            last = self._last[key][1] if key in self._last else None
            now = describe(key, case, last)
            since = self._known[key].since if key in self._known else basis.epoch
            self._hold(Known(key, case.pattern, frozenset(case.members), since=since))
            if says_more(now, last) and not _declined(now, last, rulings):
                said.append(self._say(now))
        return said

    def forget(self, past: Set[str]) -> list[str]:
        """Forget the withdrawn cases of which every alert has gone; which these were."""
        gone = [k for k in self._known.values() if not k.live and past >= k.members]
        for known in gone:
            for subject in self._known.pop(known.case).members:
                self._let_go(subject, known.case)
            self._last.pop(known.case, None)
        return [known.case for known in gone]

    def _hold(self, known: Known) -> None:
        before = self._known.get(known.case)
        for subject in before.members - known.members if before else ():
            self._let_go(subject, known.case)
        for subject in known.members:
            self._holders.setdefault(subject, set()).add(known.case)
        self._known[known.case] = known

    def _let_go(self, subject: str, case: str) -> None:
        self._holders[subject].discard(case)
        if not self._holders[subject]:
            del self._holders[subject]

    def _say(self, proposal: Proposal) -> tuple[int, Proposal]:
        version = self._last[proposal.case][0] + 1 if proposal.case in self._last else 1
        self._last[proposal.case] = (version, proposal)
        return version, proposal


def _declined(now: Proposal, last: Proposal | None, rulings: Rulings) -> bool:
    """Whether a coordinator need not hear of it, having declined what it is about."""
    alerts = {alert.subject for alert in now.alerts}
    if last is None or not alerts.issuperset(alert.subject for alert in last.alerts):
        return False
    return rulings.quiet(now.case, alerts, now.administrations)


def is_aside(known: Known) -> bool:
    """Whether it is no network: a burst or a health cluster."""
    return known.pattern in (BURST, HEALTH)


def found_in(known: Known, network: Collection[str]) -> bool:
    """Whether a network tells this burst or health cluster itself, and better."""
    if known.pattern == HEALTH:
        return known.members.issubset(network)
    return overlaps(known.members, network)
