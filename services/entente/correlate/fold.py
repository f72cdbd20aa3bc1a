"""From links to cases: groups of alerts that hold together.

Links are taken strongest first. To join two groups it takes more bits the larger they are, for the
more pairs there are, the likelier one good pair arises by chance; so a pile of repeats cannot
swallow a stranger, and a chain of strong links still holds. Ties are broken by ids, never by
arrival: the result is a function of the set of links.
"""

from collections.abc import Iterable
from math import log2

from entente.correlate.evidence import Link
from entente.correlate.model import FoldWeights


def fold(
    links: Iterable[Link],
    weights: FoldWeights,
    apart: frozenset[tuple[str, str]] = frozenset(),
) -> list[tuple[tuple[str, ...], tuple[Link, ...]]]:
    """Groups of two and more, each with the links inside it, strongest first.

    ``apart``: pairs that a coordinator has said are not the same actor; no group holds both.
    """
    valid = _in_company(links)
    ranked = sorted(valid, key=lambda x: (-x.bits, x.a, x.b))
    between: dict[str, dict[str, Link]] = {}
    for link in ranked:
        between.setdefault(link.a, {})[link.b] = link
        between.setdefault(link.b, {})[link.a] = link
    group: dict[str, set[str]] = {s: {s} for s in between}
    enemies: dict[str, set[str]] = {}
    for this, that in apart:
        enemies.setdefault(this, set()).add(that)
        enemies.setdefault(that, set()).add(this)
    waiting = ranked
    while waiting:
        left = []
        joined = False
        for link in waiting:
            one, other = group[link.a], group[link.b]
            if one is other:
                continue
            if not _may_join(one, other, between, enemies, weights):
                left.append(link)
                continue
            small, large = sorted((one, other), key=lambda g: (len(g), min(g)))
            large |= small
            for subject in small:
                group[subject] = large
            joined = True
        waiting = left if joined else []
    groups = {id(g): g for g in group.values() if len(g) > 1}
    return sorted(
        (tuple(sorted(g)), tuple(x for x in ranked if x.a in g and x.b in g))
        for g in groups.values()
    )


def _may_join(
    one: set[str],
    other: set[str],
    between: dict[str, dict[str, Link]],
    enemies: dict[str, set[str]],
    weights: FoldWeights,
) -> bool:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    if any(not large.isdisjoint(enemies[s]) for s in small if s in enemies):
        return False
    crossing = sorted(
        (link for s in small for t, link in between[s].items() if t in large),
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
    return total >= weights.least + weights.join * log2(len(one) * len(other))


def _in_company(links: Iterable[Link]) -> list[Link]:
    """Links by circumstances alone count only where a third alert closes the triangle."""
    every = list(links)
    partners: dict[str, set[str]] = {}
    for link in every:
        partners.setdefault(link.a, set()).add(link.b)
        partners.setdefault(link.b, set()).add(link.a)
    return [x for x in every if x.identifying or not partners[x.a].isdisjoint(partners[x.b])]
