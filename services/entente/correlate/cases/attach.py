"""The second step: a lone alert, weighed against all that a case knows.

A link compares two alerts. A case knows more than any of its alerts: every spelling, address,
telephone, brand and way. An alert that shares a name with one of them, a street with another and
its goods with a third has no link to hang on, and belongs there all the same. Sleepers, who come
back after a year under another telephone, are found like this (core and attachment: robust group
linkage).

Pure. Alerts are weighed against cases as the first step left them, never against each other, so
nothing depends on who came first and no case can creep along a chain of attachments.
"""

from collections import Counter
from collections.abc import Mapping
from math import log2
from typing import NamedTuple

from entente.correlate.evidence import Evidence, Link
from entente.correlate.weigh.alike import names_alike
from entente.correlate.weigh.features import SEALED, Actor, Features
from entente.correlate.weigh.model import Model
from entente.correlate.weigh.reason import Reason, best_of_each
from entente.correlate.weigh.score import middleman, said, when


class Profile(NamedTuple):
    """What the alerts of a case have, taken together."""

    members: tuple[Features, ...]
    holders: Counter[str]
    """In how many of them each value and circumstance occurs."""
    actors: tuple[Actor, ...]
    """Those with a name, each spelling once."""
    goods: frozenset[str]


def profile(members: tuple[str, ...], features: Mapping[str, Features]) -> Profile:
    """The profile of a case of these subjects."""
    known = tuple(features[s] for s in members)
    named = {a.name: a for f in known for a in f.actors if a.name and not a.service}
    return Profile(
        known,
        Counter(v for f in known for v in (*f.ids, *f.circumstances)),
        tuple(named[name] for name in sorted(named)),
        frozenset().union(*(f.goods for f in known)),
    )


def attachment(of: Features, case: Profile, model: Model) -> Link | None:
    """The link of an alert with the alert of a case that shares most with it, or nothing.

    Its bits are those of the alert and the *case*. It takes identifying evidence: what an alert
    shares with many alerts only by goods and route is left to bursts.
    """
    weights = model.link
    reasons = _identifying(of, case, model)
    if sum(r.bits for r in reasons) < weights.identifying:
        return None
    reasons += _circumstances(of, case, model)
    gap = min(abs(of.day - f.day) for f in case.members)
    reasons.append(when(gap, model))
    if of.goods and case.goods:
        same = not of.goods.isdisjoint(case.goods)
        bits = weights.same_goods if same else weights.other_goods
        reasons.append(Reason(bits, "goods" if same else "other-goods", "", ""))
    prior = weights.attach + log2(len(case.members)) - model.size
    reasons.append(Reason(prior, "prior", "", ""))
    if sum(r.bits for r in reasons) < weights.floor:
        return None
    return _link(of, case, reasons, model)


def _worth(value: str, case: Profile, most: float, model: Model) -> float:
    """How much likelier an alert of the case has a value than any other: from its share in the
    case and its share outside."""
    inside = case.holders[value]
    share = (inside + 0.5) / (len(case.members) + 1)
    outside = max(0.0, model.count(value) - inside - 1) + 1
    return min(most, log2(share / outside) + model.size)


def _identifying(of: Features, case: Profile, model: Model) -> list[Reason]:
    """Of each party of the alert the best counts whole and the rest in part, as between two alerts;
    those who serve everybody count for nothing."""
    serving = {i for i, actor in enumerate(of.actors) if middleman(actor, model)}
    groups: dict[int, list[Reason]] = {}
    for value in of.ids:
        if value in case.holders and value not in model.middlemen:
            owner = of.owner[value]
            kind = value.partition(":")[0]
            bits = _worth(value, case, model.link.ids[kind].bits, model)
            if bits > 0 and owner not in serving:
                groups.setdefault(owner, []).append(Reason(bits, kind, "", "", value))
    for i, actor in enumerate(of.actors):
        if i not in serving:
            names = [
                r
                for other in (case.actors if actor.name else ())
                if (r := names_alike(actor, other, True, model))
            ]
            if names:
                groups.setdefault(i, []).extend(names)
    kept = []
    for owner, found in groups.items():
        share = model.link.sealed if owner == SEALED else 1.0
        rest = 1.0 if owner == -1 else model.link.rest
        first, *others = best_of_each(found)
        kept.append(first.times(share))
        kept += [r.times(share).times(rest) for r in others]
    kept.sort(key=lambda r: (-r.bits, r.kind, r.value, r.left, r.right))
    return kept


def _circumstances(of: Features, case: Profile, model: Model) -> list[Reason]:
    found = []
    for value in of.circumstances:
        if value in case.holders:
            kind = value.partition(":")[0]
            bits = _worth(value, case, model.link.circumstances[kind].most, model)
            if bits >= 1.0:
                found.append(Reason(bits, kind, "", "", value))
    kept, share = [], 1.0
    for reason in best_of_each(found):
        kept.append(reason.times(share))
        share *= model.link.circumstance_rest
    return kept


def _link(of: Features, case: Profile, reasons: list[Reason], model: Model) -> Link:
    """The evidence with the nearest alert of the case one by one, that with others as one."""

    def shared(other: Features) -> float:
        return sum(r.bits for r in reasons if _has(other, r))

    nearest = min(case.members, key=lambda f: (-shared(f), f.subject))
    a, b = sorted((of, nearest), key=lambda f: f.subject)
    evidence, elsewhere = [], 0.0
    for r in reasons:
        if r.kind == "time":
            gap = str(abs(a.day - b.day))
            evidence.append(said(Reason(r.bits, r.kind, gap, gap), a, b, model))
        elif _has(nearest, r) or not (r.value or r.left):
            there = r if of is a else Reason(r.bits, r.kind, r.right, r.left, r.value)
            evidence.append(said(there, a, b, model))
        else:
            elsewhere += r.bits
    if elsewhere:
        evidence.insert(-1, Evidence("elsewhere", round(elsewhere, 2)))
    total = round(sum(r.bits for r in reasons), 2)
    return Link(a.subject, b.subject, total, tuple(evidence))


def _has(of: Features, reason: Reason) -> bool:
    """Whether an alert of the case holds its side of a reason."""
    if reason.value:
        return reason.value in of.owner or reason.value in of.circumstances
    return bool(reason.right) and any(a.shown == reason.right for a in of.actors)
