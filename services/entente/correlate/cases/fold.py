"""From links to cases: groups of alerts that hold together.

Links are taken strongest first. To join two groups it takes more bits the larger they are, for the
more pairs there are, the likelier one good pair arises by chance; so a pile of repeats cannot
swallow a stranger, and a chain of strong links still holds. Ties are broken by ids, never by
arrival: the result is a function of the set of links.
"""

from collections.abc import Iterable
from itertools import chain
from math import inf, log2

from entente.correlate.evidence import Link
from entente.correlate.weigh.model import FoldWeights


def fold(
    links: Iterable[Link],
    weights: FoldWeights,
    apart: frozenset[tuple[str, str]] = frozenset(),
    together: frozenset[tuple[str, str]] = frozenset(),
) -> list[tuple[tuple[str, ...], tuple[Link, ...]]]:
    """Groups of two and more, each with the links inside it, strongest first.

    ``apart``: pairs that a coordinator has said are not the same actor; no group holds both.
    ``together``: pairs said to be the same; they are joined first, with or without a link. Apart
    wins: a pair is not joined if that would bring two that are apart into one group. Where several
    pairs lead to that, those with the stronger links are joined, ties by ids.
    """
    valid = _in_company(links)
    ranked = sorted(valid, key=lambda x: (-x.bits, x.a, x.b))
    between: dict[str, dict[str, Link]] = {}
    for link in ranked:
        between.setdefault(link.a, {})[link.b] = link
        between.setdefault(link.b, {})[link.a] = link
    group: dict[str, set[str]] = {s: {s} for s in (*between, *chain(*together))}
    enemies: dict[str, set[str]] = {}
    for this, that in apart:
        enemies.setdefault(this, set()).add(that)
        enemies.setdefault(that, set()).add(this)
    bits = {(x.a, x.b): x.bits for x in ranked}
    for a, b in sorted(together, key=lambda pair: (-bits.get(pair, -inf), pair)):
        if group[a] is not group[b] and not _apart(group[a], group[b], enemies):
            _join(group[a], group[b], group)
    waiting = ranked
    while waiting:
        left = []
        joined = False
        for link in waiting:
            one, other = group[link.a], group[link.b]
            if one is other:
                continue
            if _apart(one, other, enemies) or not _hold(one, other, between, weights):
                left.append(link)
                continue
            _join(one, other, group)
            joined = True
        waiting = left if joined else []
    groups = {id(g): g for g in group.values() if len(g) > 1}
    return sorted(
        (tuple(sorted(g)), tuple(x for x in ranked if x.a in g and x.b in g))
        for g in groups.values()
    )


def _join(one: set[str], other: set[str], group: dict[str, set[str]]) -> None:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    large |= small
    for subject in small:
        group[subject] = large


def _apart(one: set[str], other: set[str], enemies: dict[str, set[str]]) -> bool:
    return any(not other.isdisjoint(enemies[s]) for s in one if s in enemies)


def _hold(
    one: set[str], other: set[str], between: dict[str, dict[str, Link]], weights: FoldWeights
) -> bool:
    """Whether the links between two groups are strong enough for their sizes."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    crossing = sorted(
        (link for s in small for t, link in between.get(s, {}).items() if t in large),
        key=lambda x: (-x.bits, x.a, x.b),
    )
    best = crossing[0]
    total, further, ends = best.bits, 0, {best.a, best.b}
    for link in crossing[1:]:
        if further == 2:
            break
        if (link.a not in ends and link.b not in ends) or len(small) == 1:
            total += weights.further * link.bits
            ends |= {link.a, link.b}
            further += 1
    least = weights.least + weights.join * log2(len(one) * len(other))
    return total >= least + (0.0 if any(x.identifying for x in crossing) else weights.loose)


def _in_company(links: Iterable[Link]) -> list[Link]:
    """Links by circumstances alone count only where a third alert closes the triangle."""
    every = list(links)
    partners: dict[str, set[str]] = {}
    for link in every:
        partners.setdefault(link.a, set()).add(link.b)
        partners.setdefault(link.b, set()).add(link.a)
    return [x for x in every if x.identifying or not partners[x.a].isdisjoint(partners[x.b])]
