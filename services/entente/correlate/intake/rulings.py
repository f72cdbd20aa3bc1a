"""From the decisions that hold to what the engine obeys: a function of their set, in any order.

Where decisions contradict each other:

- apart is stronger than together (``fold``);
- one coordinator who accepts a case is stronger than any who declines it;
- who declines speaks for the administrations of its mandate (``trust/mandate.py``): a case is quiet
  when those who have declined speak for all of it.

Of two alerts that are judged, one at least must be of the mandate, and of a case that is accepted.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import NamedTuple

import msgspec

from entente.alert.decision import Decision
from entente.alert.listing import Listing
from entente.correlate.head import Token
from entente.correlate.intake.inputs import number
from entente.correlate.weigh.listed import Listed, listed, listed_tokens
from entente.wire.statement import Audience

MOST = 100_000
"""Pairs that one decision may judge; who names more is not obeyed."""
ALL = 1_000_000
"""Pairs that all decisions of one coordinator may judge; of more the smallest are obeyed."""
FOREVER = 10**9
Pair = tuple[str, str]
_encode = msgspec.json.Encoder(order="deterministic").encode


class Ruled(NamedTuple):
    """A decision or an entry of a list, whose it is, and to whom it is said."""

    coordinator: str
    decision: Decision | Listing
    audience: Audience = Audience()
    statement: str = ""
    """SHA-256 of the statement's bytes, lower-case hexadecimal, where there is one."""
    speaks_for: frozenset[str] | None = None
    """The administrations whose alerts it may decide about; None: all."""
    tokens: tuple[Token, ...] = ()
    """Of an entry of a list that does not say its value."""

    def named(self) -> Iterator[str]:
        """The alerts that it has to be known of whose they are."""
        one = self.decision
        if isinstance(one, Decision) and self.speaks_for is not None and one.ruling != "decline":
            yield from one.alerts
            yield from one.others


class Declined(NamedTuple):
    """What was declined of a case.

    The case stays quiet until another administration is in it, or more new alerts than were
    declined. What has left it is said at once: nobody is left with an alert that was taken back.
    """

    alerts: frozenset[str]
    administrations: frozenset[str]

    def covers(self, alerts: Iterable[str]) -> bool:
        """Whether it still speaks of a case with these, for its own administrations."""
        return len(set(alerts) - self.alerts) <= len(self.alerts)


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
        found = [one for one in self.declined.get(case, ()) if one.covers(alerts)]
        spoken_for = frozenset[str]().union(*(one.administrations for one in found))
        return bool(found) and spoken_for.issuperset(administrations)

    def listed_on(self, day: int) -> frozenset[str]:
        """The listed values that count on a day."""
        return frozenset(one.value for one in self.listed if not one.until or day <= one.until)


def obeyed(decision: Decision | Listing, tokens: tuple[Token, ...] = ()) -> bool:
    """Whether there is anything to obey: sides are there where they must be, and are not too many.

    A decision that is not obeyed is heard by contributors all the same.
    """
    if isinstance(decision, Listing):
        return bool(listed(decision) or tokens)
    if decision.ruling in ("accept", "decline"):
        return bool(decision.alerts)
    one, other = set(decision.alerts), set(decision.others)
    return (
        decision.ruling != "other"
        and bool(one and other)
        and one.isdisjoint(other)
        and len(one) * len(other) <= MOST
    )


def rulings(
    decisions: Iterable[Ruled], issuer: Callable[[str], str | None] = lambda _: None
) -> Rulings:
    """What follows from these decisions; those that cannot be obeyed, or that nobody with a mandate
    has made, are left out. ``issuer``: whose an alert is, None while that is not known."""
    valid = _bounded([ruled for ruled in decisions if obeyed(ruled.decision, ruled.tokens)])
    valid = [ruled for ruled in valid if _mandated(ruled, issuer)]
    apart: set[Pair] = set()
    together: set[Pair] = set()
    accepted: set[str] = set()
    declined: dict[str, set[Declined]] = {}
    served: set[Listed] = set()
    sealed: dict[str, dict[str, int]] = {}
    for one in valid:
        decision = one.decision
        if isinstance(decision, Listing):
            served |= listed(decision)
            for value in listed_tokens(decision, one.tokens):
                sealed.setdefault(value.value, {})[one.coordinator] = value.until
            continue
        match decision.ruling:
            case "split" | "apart":
                apart.update(_pairs(one, decision, issuer))
            case "merge" | "together":
                together.update(_pairs(one, decision, issuer))
            case "accept":
                accepted.add(decision.proposal.case)
            case "decline":
                whose = frozenset(decision.administrations)
                if one.speaks_for is not None:
                    whose &= one.speaks_for
                what = Declined(frozenset(decision.alerts), whose)
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
        frozenset(served | set(_agreed(sealed))),
        len(valid),
        sum(number(_encode((*ruled[:3], _ours(ruled, issuer), ruled.tokens))) for ruled in valid),
    )


def _agreed(sealed: Mapping[str, Mapping[str, int]]) -> Iterator[Listed]:
    """The tokens that two list, until the day on which fewer do."""
    for value, untils in sealed.items():
        days = sorted(untils.values(), key=lambda day: day or FOREVER, reverse=True)
        if len(days) > 1:
            yield Listed(value, days[1])


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


def _mandated(ruled: Ruled, issuer: Callable[[str], str | None]) -> bool:
    """Whether anything of it is of the mandate of who says it."""
    if ruled.speaks_for is None or isinstance(ruled.decision, Listing):
        return True
    if ruled.decision.ruling == "decline":
        return not ruled.speaks_for.isdisjoint(ruled.decision.administrations)
    return any(issuer(subject) in ruled.speaks_for for subject in ruled.named())


def _ours(ruled: Ruled, issuer: Callable[[str], str | None]) -> list[str]:
    """What of it is of the mandate, where that is not all: alerts, or administrations."""
    if ruled.speaks_for is None or isinstance(ruled.decision, Listing):
        return []
    if ruled.decision.ruling == "decline":
        return sorted(ruled.speaks_for.intersection(ruled.decision.administrations))
    return sorted({s for s in ruled.named() if issuer(s) in ruled.speaks_for})


def _pairs(ruled: Ruled, decision: Decision, issuer: Callable[[str], str | None]) -> Iterator[Pair]:
    mine = None if ruled.speaks_for is None else frozenset(_ours(ruled, issuer))
    for one, other in product(decision.alerts, decision.others):
        if mine is None or one in mine or other in mine:
            yield (one, other) if one < other else (other, one)
