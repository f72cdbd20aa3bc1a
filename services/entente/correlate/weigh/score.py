"""Two alerts, weighed: what speaks for their belonging together, in bits, each with its reason.

Pure and symmetric: a function of two alerts' features and of the model of one epoch. Most pairs
fail, so reasons are put into words only for those that do not.
"""

from collections import Counter
from math import inf

from rapidfuzz.distance import OSA
from stdnum import iso6346

from entente.correlate.evidence import Evidence, Link
from entente.correlate.weigh.alike import names_alike, share
from entente.correlate.weigh.features import SEALED, Actor, Features
from entente.correlate.weigh.model import Model
from entente.correlate.weigh.reason import FAMILIES, Reason, best_of_each, family
from entente.seal.normalise import MIDDLEMAN


def score(a: Features, b: Features, model: Model) -> Link | None:
    """The link of two alerts, or nothing when it does not reach the floor."""
    if b.subject < a.subject:
        a, b = b, a
    weights = model.link
    gap = abs(a.day - b.day)
    if gap > weights.window:
        return None
    shared = a.owner.keys() & b.owner.keys()
    if _hopeless(a, b, gap, shared, model):
        return None
    if not a.marks.isdisjoint(b.marks):
        shared = _without_middlemen(shared, a, b, model)
        if _hopeless(a, b, gap, shared, model):
            return None
    reasons = _identifying(a, b, shared, model)
    identifying = sum(r.bits for r in reasons) >= weights.identifying
    around = _circumstances(a, b, model)
    if identifying:
        sure = reasons[0].bits >= weights.sure
        share = weights.circumstance_beside_sure if sure else weights.circumstance_beside
        if not sure and gap <= weights.near[0][0]:
            reasons.append(when(gap, model))
        reasons += [r.times(share) for r in around]
    elif len(around) + len(reasons) < 2:
        return None
    else:
        reasons += around
        reasons.append(when(gap, model))
    if a.goods and b.goods:
        same = not a.goods.isdisjoint(b.goods)
        bits = weights.same_goods if same else weights.other_goods
        reasons.append(Reason(bits, "goods" if same else "other-goods", "", ""))
    total = round(sum(r.bits for r in reasons) + model.prior, 2)
    if total < weights.floor:
        return None
    evidence = [said(r, a, b, model) for r in reasons]
    evidence.append(Evidence("prior", model.prior))
    return Link(a.subject, b.subject, total, tuple(evidence), identifying)


def _hopeless(a: Features, b: Features, gap: int, shared: set[str], model: Model) -> bool:
    """Whether even the most that two alerts can have in common would not reach the floor.

    Nearly all pairs end here, so it adds up bounds and makes nothing.
    """
    weights = model.link
    near = _nearness(gap, model)
    sort = weights.same_goods
    if a.goods and b.goods and a.goods.isdisjoint(b.goods):
        sort = weights.other_goods
    most = model.prior + sort + max(0.0, near)
    apart = a.runs.isdisjoint(b.runs)
    if not apart:
        most += weights.slip
    telling = _telling(a, b, shared) if a.actors and b.actors else shared
    if not model.middlemen.isdisjoint(telling):
        telling = telling - model.middlemen
        most += 2.0 * weights.middleman
    most += sum(map(model.bits, telling))
    if most < weights.floor:
        least = 0
        named = sum(map(model.word, a.skeletons & b.skeletons))
        if named:
            each = min(weights.name_most, named + weights.name_left_over) + weights.name_trade
            most += each * min(len(a.actors), len(b.actors))
        elif apart and not shared:
            most += min(0.0, near)  # without an identifier it always counts
            least = 2
        if most < weights.floor:
            most += _around_most(a, b, least, model)
    return most < weights.floor - _ROUNDED


def _telling(a: Features, b: Features, shared: set[str]) -> set[str]:
    """Of values that two alerts share, those that not both name as of one who serves everybody."""
    here, there = a.owner, b.owner
    return {
        value
        for value in shared
        if not (
            (i := here[value]) >= 0 <= (j := there[value])
            and a.actors[i].service
            and b.actors[j].service
        )
    }


_ROUNDED = 0.01
"""Bits that rounding may add."""


_TELLING = 1.0
"""Bits below which a circumstance is left out."""


def _around_most(a: Features, b: Features, least: int, model: Model) -> float:
    """Bits of all that two alerts' goods, route and method have in common; none if that is less
    than ``least`` that tell."""
    best: dict[str, float] = {}
    for value in a.circumstances & b.circumstances:
        bits = model.around(value)
        kind = value[: value.index(":")]
        family = FAMILIES.get(kind, kind)
        if bits > best.get(family, 0.0):
            best[family] = bits
    if least and sum(bits >= _TELLING for bits in best.values()) < least:
        return -inf
    total, share = 0.0, 1.0
    for bits in sorted(best.values(), reverse=True):
        total += bits * share
        share *= model.link.circumstance_rest
    return total


def said(reason: Reason, a: Features, b: Features, model: Model) -> Evidence:
    """A reason as evidence of the link of ``a`` and ``b``."""
    value = reason.value
    sealed = a.owner.get(value) == SEALED
    plain = "" if sealed else value.partition(":")[2]
    return Evidence(
        kind=reason.kind,
        bits=round(reason.bits, 2),
        left=reason.left or a.shown.get(value) or plain,
        right=reason.right or b.shown.get(value) or plain,
        alerts=int(model.count(value)) if value else 0,
        sealed=sealed,
    )


def _identifying(a: Features, b: Features, shared: set[str], model: Model) -> list[Reason]:
    """Evidence of parties and things. Of one pair of parties the best counts whole, the rest in
    part: a name, an address and a telephone are three views of one party."""
    groups: dict[tuple[int, int], list[Reason]] = {}
    for value in shared:
        bits = model.bits(value)
        if bits > 0:
            reason = Reason(bits, value.partition(":")[0], "", "", value)
            groups.setdefault((a.owner[value], b.owner[value]), []).append(reason)
    if any(map(model.word, a.skeletons & b.skeletons)):
        theirs = [(j, other, other.name) for j, other in enumerate(b.actors) if other.name]
        for i, one in enumerate(a.actors):
            for j, other, name in theirs if one.name else ():
                if one.name and not share(one.name, name, model)[1]:
                    continue  # so it is with nearly all pairs
                named = names_alike(one, other, (i, j) in groups, model)
                if named:
                    groups.setdefault((i, j), []).append(named)
    kept: list[Reason] = []
    for (i, j), found in groups.items():
        here = a.actors[i] if i >= 0 else None
        there = b.actors[j] if j >= 0 else None
        kept += best_of_each(found) if i == j == -1 else _of_parties(here, there, found, model)
    if not a.runs.isdisjoint(b.runs):
        kept += _slips(a, b, model)
        kept += _neighbours(a, b, model)
    kept.sort(key=lambda r: (-r.bits, r.kind, r.value, r.left, r.right))
    return kept[:_MOST]


_MOST = 24
"""Pieces of evidence between two alerts: who shares more shares a list, and one that no proposal
could carry."""


def _without_middlemen(shared: set[str], a: Features, b: Features, model: Model) -> set[str]:
    """Of the sealed values that two alerts share, as many are taken for those of a middleman as
    they have marks in common, the most telling first: which they are cannot be seen."""
    theirs = Counter(m.removeprefix(MIDDLEMAN).partition(":")[0] for m in a.marks & b.marks)
    sealed: dict[str, list[str]] = {}
    for value in shared:
        kind = value[: value.index(":")]
        if kind in theirs and a.owner[value] == b.owner[value] == SEALED:
            sealed.setdefault(kind, []).append(value)
    for kind, values in sealed.items():
        values.sort(key=lambda v: (-model.bits(v), v))
        shared = shared.difference(values[: theirs[kind]])
    return shared


def _of_parties(
    here: Actor | None, there: Actor | None, found: list[Reason], model: Model
) -> list[Reason]:
    """What two parties share: the best whole, the rest in part, little if one serves everybody."""
    if here and there and here.service and there.service:
        return []
    first, *rest = best_of_each(found)
    ranked = [first, *(r.times(model.link.rest) for r in rest)]
    part = 1.0
    # Of sealed parties only tokens are known: what stands beside a middleman's is taken for his.
    sealed = here is None and there is None
    if (
        middleman(here, model)
        or middleman(there, model)
        or (sealed and any(r.value in model.middlemen for r in found))
    ):
        part = min(1.0, model.link.middleman / sum(r.bits for r in ranked))
    if sealed:
        part *= model.link.sealed
    keep = 1.0
    if here and there and _strangers(here, there, ranked):
        many = any(family(r) == "address" and model.count(r.value) > 4 for r in ranked)
        keep = model.link.other_name_hub if many else model.link.other_name
    if part == keep == 1.0:
        return ranked
    return [r.times(part).times(keep) if family(r) == "address" else r.times(part) for r in ranked]


def _strangers(here: Actor, there: Actor, found: list[Reason]) -> bool:
    """Whether two parties that share something bear names that have nothing in common."""
    return bool(here.name and there.name) and all(family(r) != "name" for r in found)


_OWN = ("phone.1:", "email.1:", "tax-id.1:", "lei.1:", "payment.1:", "shop.1:", "name-skeleton.1:")


def middleman(actor: Actor | None, model: Model) -> bool:
    """Whether a party serves everybody: by its role, or by what is learnt of its values."""
    if actor is None or actor.service:
        return actor is not None
    return not model.middlemen.isdisjoint(actor.values) and any(
        v in model.middlemen and v.startswith(_OWN) for v in actor.values
    )


def _slips(a: Features, b: Features, model: Model) -> list[Reason]:
    """Containers one slip apart, of which one has a wrong check digit."""
    for one in a.containers:
        for other in b.containers:
            if one == other or one[:4] != other[:4]:
                continue
            wrong = not (iso6346.is_valid(one) and iso6346.is_valid(other))
            if wrong and OSA.distance(one, other, score_cutoff=1) == 1:
                return [Reason(model.link.slip, "container-slip", one, other)]
    return []


def _neighbours(a: Features, b: Features, model: Model) -> list[Reason]:
    """Numbers of one series, issued one shortly after the other."""
    if abs(a.day - b.day) > model.link.neighbour_days:
        return []
    for one in a.numbers:
        for other in b.numbers:
            if one.series == other.series and one.value != other.value:
                apart = abs(one.value - other.value)
                for most, bits in model.link.neighbours:
                    if apart <= most:
                        told = min(bits, model.numbers(one.series, most))
                        if told <= 0:
                            return []
                        left, right = f"{one.series} {one.value}", f"{other.series} {other.value}"
                        return [Reason(told, "neighbour", left, right)]
    return []


def _circumstances(a: Features, b: Features, model: Model) -> list[Reason]:
    """What goods, route and method have in common; of one family only the most telling."""
    found = []
    for value in a.circumstances & b.circumstances:
        bits = model.around(value)
        if bits >= _TELLING:
            found.append(Reason(bits, value.partition(":")[0], "", "", value))
    if not found:
        return []
    kept, room, share = [], model.link.circumstance_most, 1.0
    for reason in best_of_each(found):
        bits = min(room, reason.bits * share)
        room -= bits
        share *= model.link.circumstance_rest
        if bits >= 0.5:
            kept.append(Reason(bits, reason.kind, "", "", reason.value))
    return kept


def when(gap: int, model: Model) -> Reason:
    """What it says that two events lie so many days apart."""
    return Reason(_nearness(gap, model), "time", str(gap), str(gap))


def _nearness(gap: int, model: Model) -> float:
    for days, bits in model.link.near:
        if gap <= days:
            return bits
    return model.link.far
