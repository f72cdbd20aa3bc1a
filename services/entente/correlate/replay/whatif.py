"""What other rules or weights would have proposed: one history, two engines, side by side. Pure.

The engines obey no decisions here: what coordinators have decided is what they are judged by.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from entente.alert.decision import Decision
from entente.alert.proposal import Proposal
from entente.correlate.intake.intake import Read
from entente.correlate.loop import run
from entente.correlate.rules.rule import Rule
from entente.correlate.weigh.model import Weights

WEEK = 7 * 86_400_000_000
"""Microseconds."""
RIGHT, WRONG = "right", "wrong"
_WRONG = ("innocent", "weak")
"""Codes of a decline that say there is nothing in a case. Of the others, ``known`` says that there
is, and what came too late, or for want of a mandate or of people, says neither."""

Concerns = Callable[[Proposal], Iterable[str]]
"""The coordinators who would have been told of a proposal."""


class Load(msgspec.Struct, frozen=True):
    """What a coordinator has to read in a week: new cases, and versions of any case."""

    cases: float
    """On average;"""
    versions: float
    most: int
    """versions in the fullest week."""


class Precision(msgspec.Struct, frozen=True):
    """Open proposals by what coordinators have decided about the same alerts."""

    right: int
    wrong: int
    unjudged: int
    precision: float | None
    """Share of the right among the judged; None: nothing was judged."""
    accepted: int
    """Cases that were accepted, and of these"""
    found: int
    """those that are proposed."""
    parted: int
    """Pairs of alerts that were judged apart and stand together in a proposal."""


class Side(msgspec.Struct, frozen=True):
    """What one set of rules and weights has proposed."""

    open: int
    withdrawn: int
    versions: int
    load: dict[str, Load]
    """By coordinator."""
    precision: Precision


class Found(msgspec.Struct, frozen=True):
    """An open proposal, in short."""

    case: str
    claim: str
    pattern: str
    probability: float
    alerts: tuple[str, ...]
    administrations: tuple[str, ...]
    verdict: str | None = None
    """What was decided about these alerts: ``right``, ``wrong``, or nothing."""


class Change(msgspec.Struct, frozen=True):
    """A proposal that both make, and that differs."""

    today: Found
    candidate: Found


class Comparison(msgspec.Struct, frozen=True):
    """Today beside a candidate, over one history."""

    alerts: int
    """Versions of alerts in the history."""
    weeks: int
    today: Side
    candidate: Side
    new: list[Found]
    lost: list[Found]
    changed: list[Change]
    same: int


class Setting(NamedTuple):
    """Rules and weights."""

    rules: tuple[Rule, ...]
    weights: Weights


def compare(
    history: Sequence[tuple[int, Read]],
    today: Setting,
    candidate: Setting,
    *,
    decisions: Collection[Decision] = (),
    concerns: Concerns = lambda _: ("all",),
) -> Comparison:
    """Run both over a history: heads in order of arrival, each with its time in microseconds."""
    times = [at for at, _ in history]
    weeks = 1 + (max(times) - min(times)) // WEEK if times else 1
    judged = [(frozenset(d.alerts), verdict) for d in decisions if (verdict := _verdict(d))]
    sides, found = [], []
    for setting in (today, candidate):
        said = list(run([read for _, read in history], setting.weights, given=setting.rules))
        last = {proposal.case: proposal for _, _, proposal in said}
        still = [
            _found(p, _judge({a.subject for a in p.alerts}, judged))
            for p in last.values()
            if p.status == "open"
        ]
        found.append(sorted(still, key=lambda one: (-one.probability, one.case)))
        sides.append(
            Side(
                open=len(still),
                withdrawn=len(last) - len(still),
                versions=len(said),
                load=_load([(times[i], v, p) for i, v, p in said], concerns, weeks),
                precision=_precision(still, judged, decisions),
            )
        )
    pairs = _matched(*found)
    before, after = found
    differing = [(one, other) for one, other in pairs if _says(one) != _says(other)]
    return Comparison(
        alerts=len(history),
        weeks=weeks,
        today=sides[0],
        candidate=sides[1],
        new=[one for one in after if one.case not in {other.case for _, other in pairs}],
        lost=[one for one in before if one.case not in {other.case for other, _ in pairs}],
        changed=[Change(one, other) for one, other in differing],
        same=len(pairs) - len(differing),
    )


def _found(proposal: Proposal, verdict: str | None) -> Found:
    return Found(
        case=proposal.case,
        claim=proposal.claim,
        pattern=proposal.pattern,
        probability=float(proposal.probability),
        alerts=tuple(alert.subject for alert in proposal.alerts),
        administrations=proposal.administrations,
        verdict=verdict,
    )


def _says(one: Found) -> tuple[object, ...]:
    return one.alerts, one.pattern, round(one.probability, 2)


def _matched(before: list[Found], after: list[Found]) -> list[tuple[Found, Found]]:
    """Pairs that share most of their alerts, best first, each once: ids may differ."""
    holding: dict[str, list[Found]] = {}
    for one in after:
        for subject in one.alerts:
            holding.setdefault(subject, []).append(one)
    shares = []
    for one in before:
        met = {other.case: other for subject in one.alerts for other in holding.get(subject, ())}
        for case, other in met.items():
            shared = len(set(one.alerts).intersection(other.alerts))
            if 2 * shared >= min(len(one.alerts), len(other.alerts)):
                likeness = shared / (len(one.alerts) + len(other.alerts) - shared)
                shares.append((-likeness, one.case, case, one, other))
    done: set[str] = set()
    taken: set[str] = set()
    pairs = []
    for _, mine, theirs, one, other in sorted(shares, key=lambda share: share[:3]):
        if mine not in done and theirs not in taken:
            done.add(mine)
            taken.add(theirs)
            pairs.append((one, other))
    return pairs


def _load(
    said: Iterable[tuple[int, int, Proposal]], concerns: Concerns, weeks: int
) -> dict[str, Load]:
    cases: Counter[str] = Counter()
    versions: dict[str, Counter[int]] = {}
    for at, version, proposal in said:
        for coordinator in concerns(proposal):
            cases[coordinator] += version == 1
            versions.setdefault(coordinator, Counter())[at // WEEK] += 1
    return {
        coordinator: Load(
            cases=round(cases[coordinator] / weeks, 2),
            versions=round(by_week.total() / weeks, 2),
            most=max(by_week.values()),
        )
        for coordinator, by_week in sorted(versions.items())
    }


def _verdict(decision: Decision) -> str | None:
    if decision.ruling == "accept" or decision.code == "known":
        return RIGHT
    return WRONG if decision.ruling == "decline" and decision.code in _WRONG else None


def _judge(alerts: Collection[str], judged: Iterable[tuple[frozenset[str], str]]) -> str | None:
    """What was decided about most of these alerts; one who accepts outweighs all who decline."""
    said = {
        verdict
        for members, verdict in judged
        if 2 * len(members.intersection(alerts)) > max(len(members), len(alerts))
    }
    return RIGHT if RIGHT in said else WRONG if WRONG in said else None


def _precision(
    found: Collection[Found],
    judged: Collection[tuple[frozenset[str], str]],
    decisions: Iterable[Decision],
) -> Precision:
    counts = Counter(one.verdict for one in found)
    right, wrong = counts[RIGHT], counts[WRONG]
    accepted = {members for members, verdict in judged if verdict == RIGHT}
    proposed = [(frozenset(one.alerts), RIGHT) for one in found]
    where: Mapping[str, str] = {s: one.case for one in found for s in one.alerts}
    apart = {
        tuple(sorted((a, b)))
        for one in decisions
        if one.ruling in ("split", "apart")
        for a in one.alerts
        for b in one.others
    }
    return Precision(
        right=right,
        wrong=wrong,
        unjudged=counts[None],
        precision=round(right / (right + wrong), 3) if right + wrong else None,
        accepted=len(accepted),
        found=sum(_judge(members, proposed) == RIGHT for members in accepted),
        parted=sum(a in where and where[a] == where.get(b) for a, b in apart),
    )
