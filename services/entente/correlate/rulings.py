"""From the decisions that hold to what the engine obeys: a function of their set, in any order.

Where decisions contradict each other:

- apart is stronger than together (``fold``);
- one coordinator who accepts a case is stronger than any who declines it;
- of several who decline, each keeps the case quiet as far as its own decision goes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

import msgspec

from entente.alert.decision import Decision
from entente.alert.listing import Listing
from entente.correlate.inputs import number
from entente.correlate.listed import Listed, listed
from entente.wire.statement import Audience

MOST = 100_000
"""Pairs that one decision may judge; who names more is not obeyed."""
ALL = 1_000_000
"""Pairs that all decisions of one coordinator may judge; of more the smallest are obeyed."""
Pair = tuple[str, str]
_encode = msgspec.json.Encoder(order="deterministic").encode


class Ruled(NamedTuple):
    """A decision or an entry of a list, whose it is, and to whom it is said."""

    coordinator: str
    decision: Decision | Listing
    audience: Audience = Audience()
    statement: str = ""
    """SHA-256 of the statement's bytes, lower-case hexadecimal, where there is one."""


class Declined(NamedTuple):
    """What was declined of a case.

    The case stays quiet until another administration is in it, or more new alerts than were
    declined. What has left it is said at once: nobody is left with an alert that was taken back.
    """

    alerts: frozenset[str]
    administrations: frozenset[str]

    def covers(self, alerts: Iterable[str], administrations: Iterable[str]) -> bool:
        """Whether it still speaks of a case with these."""
        new = set(alerts) - self.alerts
        return self.administrations.issuperset(administrations) and len(new) <= len(self.alerts)


class Rulings(msgspec.Struct, frozen=True):
    """What coordinators want of the engine."""

    apart: frozenset[Pair] = frozenset()
    together: frozenset[Pair] = frozenset()
    accepted: frozenset[str] = frozenset()
    """Cases that stay, whatever becomes of their alerts."""
    declined: Mapping[str, tuple[Declined, ...]] = {}
    """By case; none that is accepted."""
    listed: frozenset[Listed] = frozenset()
    """Values of those who serve everybody, whatever is learnt of them."""
    count: int = 0
    """Decisions that made these."""
    number: int = 0
    """The sum of their numbers, see ``inputs``."""

    def quiet(self, case: str, alerts: Iterable[str], administrations: Iterable[str]) -> bool:
        """Whether a coordinator has said no to a case with these."""
        found = self.declined.get(case, ())
        return any(declined.covers(alerts, administrations) for declined in found)

    def listed_on(self, day: int) -> frozenset[str]:
        """The listed values that count on a day."""
        return frozenset(one.value for one in self.listed if not one.until or day <= one.until)


def obeyed(decision: Decision | Listing) -> bool:
    """Whether there is anything to obey: sides are there where they must be, and are not too many.

    A decision that is not obeyed is heard by contributors all the same.
    """
    if isinstance(decision, Listing):
        return bool(listed(decision))
    if decision.ruling in ("accept", "decline"):
        return bool(decision.alerts)
    one, other = set(decision.alerts), set(decision.others)
    return (
        decision.ruling != "other"
        and bool(one and other)
        and one.isdisjoint(other)
        and len(one) * len(other) <= MOST
    )


def rulings(decisions: Iterable[Ruled]) -> Rulings:
    """What follows from these decisions; those that cannot be obeyed are left out."""
    valid = _bounded([ruled for ruled in decisions if obeyed(ruled.decision)])
    apart: set[Pair] = set()
    together: set[Pair] = set()
    accepted: set[str] = set()
    declined: dict[str, set[Declined]] = {}
    served: set[Listed] = set()
    for decision in (one.decision for one in valid):
        if isinstance(decision, Listing):
            served |= listed(decision)
            continue
        match decision.ruling:
            case "split" | "apart":
                apart.update(_pairs(decision))
            case "merge" | "together":
                together.update(_pairs(decision))
            case "accept":
                accepted.add(decision.proposal.case)
            case "decline":
                what = Declined(frozenset(decision.alerts), frozenset(decision.administrations))
                declined.setdefault(decision.proposal.case, set()).add(what)
    return Rulings(
        frozenset(apart),
        frozenset(together),
        frozenset(accepted),
        {
            case: tuple(sorted(some, key=lambda one: (sorted(one.alerts), sorted(one[1]))))
            for case, some in sorted(declined.items())
            if case not in accepted
        },
        frozenset(served),
        len(valid),
        sum(number(_encode(ruled[:3])) for ruled in valid),
    )


def _bounded(valid: list[Ruled]) -> list[Ruled]:
    """What a stolen key can cost is bounded; which decisions fall out does not hang on order."""
    judged: Counter[str] = Counter()
    for one in valid:
        judged[one.coordinator] += _size(one)
    if all(total <= ALL for total in judged.values()):
        return valid
    judged.clear()
    kept = []
    for one in sorted(valid, key=lambda one: (_size(one), _encode(one[:3]))):
        judged[one.coordinator] += _size(one)
        if judged[one.coordinator] <= ALL:
            kept.append(one)
    return kept


def _size(ruled: Ruled) -> int:
    one = ruled.decision
    return len(one.alerts) * len(one.others) if isinstance(one, Decision) else 0


def _pairs(decision: Decision) -> Iterator[Pair]:
    for one, other in product(decision.alerts, decision.others):
        yield (one, other) if one < other else (other, one)
